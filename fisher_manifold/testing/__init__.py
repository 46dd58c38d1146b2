"""Laws that every Riemannian manifold must obey, for any geomstats space.

:func:`check_manifold` runs them all and reports, as :func:`check_isometry` and
:func:`check_symmetry` do for maps; :mod:`~fisher_manifold.testing.laws`
holds them as functions for tests of one's own; and
:mod:`~fisher_manifold.testing.strategies` (which needs hypothesis) draws the points,
tangent vectors and pairs to try them on.
"""

import importlib

_HOMES = {
    "ISOMETRY_LAWS": "laws",
    "LAWS": "laws",
    "SYMMETRY_LAWS": "laws",
    "Deviation": "deviation",
    "LawResult": "report",
    "ManifoldReport": "report",
    "check_isometry": "check",
    "check_manifold": "check",
    "check_symmetry": "check",
}

__all__ = [*_HOMES, "laws", "strategies"]


def __getattr__(name):
    """Load a public name, and with it geomstats or hypothesis, on first use."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    """Public names, loaded or not."""
    return sorted(__all__)
