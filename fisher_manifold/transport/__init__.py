"""Riemannian optimal transport on any geomstats space."""

from .cost import pairwise_squared_dist
from .coupling import ExactCoupling, IndependentCoupling
from .pairs import Pairs

__all__ = ["ExactCoupling", "IndependentCoupling", "Pairs", "pairwise_squared_dist"]
