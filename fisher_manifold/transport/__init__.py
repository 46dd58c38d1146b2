"""Riemannian optimal transport on any geomstats space."""

from .conditional import ConditionalCoupling
from .cost import pairwise_squared_dist
from .coupling import ExactCoupling, IndependentCoupling
from .pairs import Pairs
from .semidiscrete import SemidiscreteCoupling, SemidiscreteFit
from .sinkhorn import SinkhornCoupling, SinkhornPlan, sinkhorn_plan
from .sinkhorn_divergence import sinkhorn_divergence

__all__ = [
    "ConditionalCoupling",
    "ExactCoupling",
    "IndependentCoupling",
    "Pairs",
    "SemidiscreteCoupling",
    "SemidiscreteFit",
    "SinkhornCoupling",
    "SinkhornPlan",
    "pairwise_squared_dist",
    "sinkhorn_divergence",
    "sinkhorn_plan",
]
