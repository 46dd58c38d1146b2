"""Riemannian optimal transport on any geomstats space."""

from .conditional import ConditionalCoupling
from .cost import pairwise_squared_dist
from .coupling import ExactCoupling, IndependentCoupling
from .pairs import Pairs

__all__ = [
    "ConditionalCoupling",
    "ExactCoupling",
    "IndependentCoupling",
    "Pairs",
    "pairwise_squared_dist",
]
