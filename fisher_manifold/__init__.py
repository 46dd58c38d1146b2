"""Fisher-Rao geometry, Riemannian optimal transport and flow matching for geomstats.

Public names are loaded on first use: importing this package imports neither geomstats
nor torch.
"""

import importlib

__version__ = "0.1.0"

_GEOMETRY = (
    "AlphaConnection",
    "DualCoordinates",
    "FisherRaoMetric",
    "FisherRaoSimplex",
    "PositiveHypersphere",
    "PositiveHypersphereMetric",
    "SequenceManifold",
    "SequenceMetric",
    "SimplexToSphere",
    "alpha_divergence",
    "check_point",
    "natural_gradient",
)
_MODULES = (
    *("adapters", "baselines", "data", "descent", "features", "flow", "geometry"),
    *("learning", "metrics", "networks", "plotting", "testing", "transport"),
)

__all__ = ["__version__", *_GEOMETRY, *_MODULES]


def __getattr__(name):
    """Load a public name on first use (PEP 562)."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _GEOMETRY:
        return getattr(importlib.import_module(f"{__name__}.geometry"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    """Public names, loaded or not."""
    return sorted(__all__)
