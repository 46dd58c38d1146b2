"""Riemannian optimal transport on any geomstats space."""

from .cost import pairwise_squared_dist
from .coupling import ExactCoupling, IndependentCoupling, Pairs

__all__ = ["ExactCoupling", "IndependentCoupling", "Pairs", "pairwise_squared_dist"]
