"""Laws of the distance."""

import numpy as np

from ..arrays import ambient_norm, epsilon, wide
from ..deviation import deviation, unit_scale


def dist_is_symmetric(space, point_a, point_b):
    """Symmetric distance: dist(a, b) = dist(b, a)."""
    there = wide(space.metric.dist(point_a, point_b))
    back = wide(space.metric.dist(point_b, point_a))
    scale = there + unit_scale(space, point_a, point_b)
    return deviation(space, there - back, scale, point_a)


def dist_vanishes_on_the_diagonal(space, point):
    """Points are at no distance from themselves: dist(a, a) = 0."""
    dist = wide(space.metric.dist(point, point))
    return deviation(space, dist, unit_scale(space, point), point)


def dist_separates_points(space, point_a, point_b):
    """Distinct points are apart: dist(a, b) > 0 if a - b exceeds rounding."""
    dist = wide(space.metric.dist(point_a, point_b))
    gap = ambient_norm(space, wide(point_a) - wide(point_b))
    lost = np.where(dist > 0, 0.0, np.where(np.isnan(dist), np.nan, gap))
    return deviation(space, lost, unit_scale(space, point_a, point_b), point_a)


def triangle_inequality(space, point_a, point_b, point_c):
    """Triangle inequality: dist(a, c) <= dist(a, b) + dist(b, c)."""
    first = wide(space.metric.dist(point_a, point_b))
    second = wide(space.metric.dist(point_b, point_c))
    direct = wide(space.metric.dist(point_a, point_c))
    excess = np.maximum(direct - first - second, 0.0)
    return deviation(
        space, excess, first + second + unit_scale(space, point_a, point_c), point_a
    )


def squared_dist_is_the_square_of_dist(space, point_a, point_b):
    """Squared distance: squared_dist(a, b) = dist(a, b)^2."""
    squared = wide(space.metric.squared_dist(point_a, point_b))
    dist = wide(space.metric.dist(point_a, point_b))
    # Of a distance d that is right to e, the square is right to 2 d e + e^2.
    unit = unit_scale(space, point_a, point_b)
    scale = dist**2 + dist * unit + epsilon(point_a) * unit**2
    return deviation(space, squared - dist**2, scale, point_a)
