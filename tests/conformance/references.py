"""geomstats' own metrics of the same manifolds, to compare with."""

import geomstats.backend as gs
from geomstats.geometry.diffeo import Diffeo
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.pullback_metric import PullbackDiffeoMetric
from geomstats.information_geometry.categorical import CategoricalDistributions


class SquareRoot(Diffeo):
    """Textbook map p -> sqrt(p), right inside."""

    def __call__(self, base_point):
        return gs.sqrt(base_point)

    def inverse(self, image_point):
        return image_point**2

    def tangent(self, tangent_vec, base_point=None, image_point=None):
        root = gs.sqrt(base_point) if image_point is None else image_point
        return tangent_vec / (2.0 * root)

    def inverse_tangent(self, image_tangent_vec, image_point=None, base_point=None):
        root = gs.sqrt(base_point) if image_point is None else image_point
        return 2.0 * root * image_tangent_vec


def round_sphere(dim):
    """geomstats' sphere with its metric times 4: radius 2."""
    space = Hypersphere(dim)
    return space.equip_with_metric(4.0 * space.metric)


def pulled_back_simplex(dim):
    """Simplex with geomstats' pull-back of the sphere of radius 2."""
    return CategoricalDistributions(dim, equip=False).equip_with_metric(
        PullbackDiffeoMetric, diffeo=SquareRoot(), image_space=round_sphere(dim)
    )
