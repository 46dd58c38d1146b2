"""Riemannian optimal transport on any geomstats space."""

from .barycenter import Barycenter, wasserstein_barycenter
from .conditional import ConditionalCoupling
from .cost import pairwise_squared_dist
from .coupling import ExactCoupling, IndependentCoupling
from .interpolation import Interpolation, displacement_interpolation
from .pairs import Pairs
from .semidiscrete import SemidiscreteCoupling
from .semidiscrete_fit import SemidiscreteFit
from .sinkhorn import SinkhornCoupling, SinkhornPlan, sinkhorn_plan
from .sinkhorn_divergence import sinkhorn_divergence
from .wasserstein import wasserstein_distance

__all__ = [
    "Barycenter",
    "ConditionalCoupling",
    "ExactCoupling",
    "IndependentCoupling",
    "Interpolation",
    "Pairs",
    "SemidiscreteCoupling",
    "SemidiscreteFit",
    "SinkhornCoupling",
    "SinkhornPlan",
    "displacement_interpolation",
    "pairwise_squared_dist",
    "sinkhorn_divergence",
    "sinkhorn_plan",
    "wasserstein_barycenter",
    "wasserstein_distance",
]
