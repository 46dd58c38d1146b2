"""Fisher-Rao geometry of categorical distributions, as geomstats spaces."""

from .checks import check_point
from .hypersphere import PositiveHypersphere, PositiveHypersphereMetric
from .isometry import SimplexToSphere
from .sequences import SequenceManifold, SequenceMetric
from .simplex import FisherRaoMetric, FisherRaoSimplex

__all__ = [
    "FisherRaoMetric",
    "FisherRaoSimplex",
    "PositiveHypersphere",
    "PositiveHypersphereMetric",
    "SequenceManifold",
    "SequenceMetric",
    "SimplexToSphere",
    "check_point",
]
