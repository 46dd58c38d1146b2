"""Laws of points, tangent spaces and projections."""

from ..arrays import ambient_norm, seeded, wide
from ..deviation import beside, deviation, truth, unit_scale

_SEED = 271828  # another than points are drawn with, so as not to draw them again


def random_point_belongs(space, point):
    """Random points belong to the space."""
    return truth(space.belongs(point))


def projection_belongs(space, point, vector):
    """Projected points belong to the space."""
    return truth(space.belongs(space.projection(beside(space, point, vector))))


def projection_is_idempotent(space, point, vector):
    """Projecting to the space twice is projecting once."""
    once = space.projection(beside(space, point, vector))
    twice = space.projection(once)
    gap = ambient_norm(space, wide(twice) - wide(once))
    return deviation(space, gap, unit_scale(space, once), point)


def projection_keeps_points(space, point):
    """Points of the space are their own projection."""
    gap = ambient_norm(space, wide(space.projection(point)) - wide(point))
    return deviation(space, gap, unit_scale(space, point), point)


def to_tangent_is_tangent(space, vector, base_point):
    """Vectors projected to the tangent space are tangent."""
    return truth(space.is_tangent(space.to_tangent(vector, base_point), base_point))


def to_tangent_is_idempotent(space, vector, base_point):
    """Projecting to the tangent space twice is projecting once."""
    once = space.to_tangent(vector, base_point)
    twice = space.to_tangent(once, base_point)
    gap = ambient_norm(space, wide(twice) - wide(once))
    return deviation(space, gap, ambient_norm(space, vector), base_point)


def random_tangent_vec_is_tangent(space, base_point):
    """Random tangent vectors are tangent."""
    base_point = base_point.reshape((-1, *space.shape))
    with seeded(_SEED):
        drawn = space.random_tangent_vec(base_point, n_samples=len(base_point))
    return truth(space.is_tangent(drawn, base_point))


def random_unit_tangent_vec_is_tangent(space, base_point):
    """Random unit tangent vectors are tangent."""
    return truth(space.is_tangent(*_random_unit(space, base_point)))


def random_unit_tangent_vec_has_norm_one(space, base_point):
    """Random unit tangent vectors have norm 1."""
    norm = wide(space.metric.norm(*_random_unit(space, base_point)))
    return deviation(space, norm - 1.0, 1.0, base_point)


def _random_unit(space, base_point):
    base_point = base_point.reshape((-1, *space.shape))
    with seeded(_SEED):
        return space.metric.random_unit_tangent_vec(base_point), base_point
