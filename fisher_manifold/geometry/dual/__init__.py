"""Dual geometry of the simplex: alpha-connections, divergences, natural gradient."""

from .connection import AlphaConnection
from .coordinates import DualCoordinates, natural_gradient
from .divergence import alpha_divergence

__all__ = ["AlphaConnection", "DualCoordinates", "alpha_divergence", "natural_gradient"]
