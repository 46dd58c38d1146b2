"""The subcommands of ``fisher-manifold``: one module each, with ``run(arguments)``.

`settings` and `arguments` are light; the other modules import torch and geomstats and
are loaded only when their command runs.
"""
