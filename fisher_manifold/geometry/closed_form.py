"""Everything that a metric of categorical distributions has, in closed form."""

from typing import Any

from .arrays import array_namespace
from .curvature import Curvature
from .distances import Distances
from .frames import Frames
from .geodesics import Geodesics
from .inner_products import InnerProducts
from .volume import Volume


class ClosedFormMetric(InnerProducts, Frames, Geodesics, Distances, Curvature, Volume):
    """Mixin: the Fisher-Rao metric of one distribution or of a product of many.

    The class it is mixed into is a geomstats metric.  It says in which coordinates its
    points are: `_chart` is a chart of :mod:`~fisher_manifold.geometry.charts`.  Points
    have shape [*sites, dim + 1]; maps act site by site, squares of lengths are summed.
    """

    _space: Any
    _chart: Any

    def __repr__(self):
        """Class and space."""
        return f"{type(self).__name__}({self._space!r})"

    def _sum_over_sites(self, each):
        """Sum over the axes of sites, if there are any."""
        for _ in self._space.shape[:-1]:
            each = array_namespace(each).sum(each, axis=-1)
        return each
