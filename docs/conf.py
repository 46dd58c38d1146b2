"""Sphinx configuration: ``sphinx-build -W docs docs/_build``."""

import fisher_manifold

project = "fisher_manifold"
author = "The fisher_manifold developers"
copyright = "2026, The fisher_manifold developers"  # noqa: A001 (Sphinx's name)
release = fisher_manifold.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
