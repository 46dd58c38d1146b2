"""Laws that every Riemannian manifold must obey, for any geomstats space.

:func:`check_manifold` runs them all and reports; :mod:`~fisher_manifold.testing.laws`
holds them as functions for tests of one's own; and
:mod:`~fisher_manifold.testing.strategies` (which needs hypothesis) draws the points,
tangent vectors and pairs to try them on.
"""

import importlib

from . import laws
from .check import LawResult, ManifoldReport, check_manifold
from .deviation import Deviation
from .laws import LAWS

__all__ = [
    "LAWS",
    "Deviation",
    "LawResult",
    "ManifoldReport",
    "check_manifold",
    "laws",
    "strategies",
]


def __getattr__(name):
    """Load the strategies, and with them hypothesis, on first use."""
    if name == "strategies":
        return importlib.import_module(f"{__name__}.strategies")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
