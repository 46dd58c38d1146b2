"""Fisher-Rao geometry of categorical distributions, as geomstats spaces."""

from .checks import check_point
from .dual import (
    AlphaConnection,
    DualCoordinates,
    alpha_divergence,
    natural_gradient,
)
from .hypersphere import PositiveHypersphere, PositiveHypersphereMetric
from .isometry import SimplexToSphere
from .sequences import SequenceManifold, SequenceMetric
from .simplex import FisherRaoMetric, FisherRaoSimplex

__all__ = [
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
]
