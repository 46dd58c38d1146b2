r"""The laws of a Riemannian manifold, each a function of a space and of points.

A law takes a geomstats space and the arrays that its arguments name, in geomstats'
words (`point_a`, `base_point`, `tangent_vec`, ...; any batch shape that the space
takes), and returns a :class:`~fisher_manifold.testing.deviation.Deviation`: the error
at each point of the batch and its tolerance.  The first line of its docstring states
the law.  Laws on geodesics, logarithms and transport presuppose points joined by one
shortest geodesic, and tangent vectors inside the injectivity radius.
"""

import numpy as np

from .arrays import ambient_norm, epsilon, point_axes, smallest, wide
from .deviation import (
    TIMES,
    along_geodesic,
    beside,
    deviation,
    product_of_norms,
    truth,
    unit_scale,
)


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


def norm_of_log_is_dist(space, point_a, point_b):
    """Length of the logarithm: |log_a(b)| = dist(a, b)."""
    log = space.metric.log(point_b, point_a)
    norm = wide(space.metric.norm(log, point_a))
    dist = wide(space.metric.dist(point_a, point_b))
    scale = dist + unit_scale(space, point_a, point_b)
    return deviation(space, norm - dist, scale, point_a)


def exp_inverts_log(space, point_a, point_b):
    """Exponential of the logarithm: exp_a(log_a(b)) = b."""
    log = space.metric.log(point_b, point_a)
    back = space.metric.exp(log, point_a)
    gap = ambient_norm(space, wide(back) - wide(point_b))
    return deviation(space, gap, unit_scale(space, point_a, point_b, log), point_a)


def log_inverts_exp(space, tangent_vec, base_point):
    """Logarithm of the exponential: log_p(exp_p(v)) = v."""
    end_point = space.metric.exp(tangent_vec, base_point)
    back = space.metric.log(end_point, base_point)
    gap = ambient_norm(space, wide(back) - wide(tangent_vec))
    scale = unit_scale(space, base_point, end_point, tangent_vec)
    return deviation(space, gap, scale, base_point)


def exp_of_zero_is_the_base_point(space, base_point):
    """Exponential of zero: exp_p(0) = p."""
    end_point = space.metric.exp(0.0 * base_point, base_point)
    gap = ambient_norm(space, wide(end_point) - wide(base_point))
    return deviation(space, gap, unit_scale(space, base_point), base_point)


def exp_belongs(space, tangent_vec, base_point):
    """Exponentials belong to the space."""
    return truth(space.belongs(space.metric.exp(tangent_vec, base_point)))


def log_is_tangent(space, point_a, point_b):
    """Logarithms are tangent: log_a(b) at a."""
    return truth(space.is_tangent(space.metric.log(point_b, point_a), point_a))


def geodesic_joins_its_end_points(space, point_a, point_b):
    """Geodesics join their ends: c(0) = a, c(1) = b."""
    start, *_, end = along_geodesic(space, point_a, point_b)
    gap = ambient_norm(space, wide(start) - wide(point_a))
    gap = gap + ambient_norm(space, wide(end) - wide(point_b))
    return deviation(space, gap, 2.0 * unit_scale(space, point_a, point_b), point_a)


def geodesic_has_constant_speed(space, point_a, point_b):
    """Geodesics have constant speed: dist(c(s), c(t)) = |s - t| dist(a, b)."""
    path = along_geodesic(space, point_a, point_b)
    total = wide(space.metric.dist(point_a, point_b))
    gaps = [
        wide(space.metric.dist(start, end)) - (t - s) * total
        for s, t, start, end in zip(
            TIMES[:-1], TIMES[1:], path[:-1], path[1:], strict=True
        )
    ]
    worst = np.max(np.abs(gaps), axis=0)
    return deviation(space, worst, total + unit_scale(space, point_a, point_b), point_a)


def transport_is_an_isometry(
    space, tangent_vec_a, tangent_vec_b, base_point, end_point
):
    """Parallel transport keeps inner products: <Tv, Tw> = <v, w>."""
    metric = space.metric
    moved = [
        metric.parallel_transport(vec, base_point, end_point=end_point)
        for vec in (tangent_vec_a, tangent_vec_b)
    ]
    before = wide(metric.inner_product(tangent_vec_a, tangent_vec_b, base_point))
    after = wide(metric.inner_product(*moved, end_point))
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    return deviation(space, after - before, scale, base_point)


def transport_keeps_the_velocity(space, point_a, point_b):
    """Parallel transport keeps velocities: T log_a(b) = -log_b(a)."""
    log = space.metric.log(point_b, point_a)
    back = space.metric.log(point_a, point_b)
    moved = space.metric.parallel_transport(log, point_a, end_point=point_b)
    gap = ambient_norm(space, wide(moved) + wide(back))
    return deviation(space, gap, unit_scale(space, point_a, point_b, log), point_a)


def transport_is_undone_by_transport_back(space, tangent_vec, base_point, end_point):
    """Parallel transport there and back gives the same vector."""
    transport = space.metric.parallel_transport
    moved = transport(tangent_vec, base_point, end_point=end_point)
    back = transport(moved, end_point, end_point=base_point)
    gap = ambient_norm(space, wide(back) - wide(tangent_vec))
    scale = ambient_norm(space, tangent_vec) + ambient_norm(space, moved)
    scale = scale + wide(space.metric.norm(tangent_vec, base_point))
    return deviation(space, gap, scale, base_point)


def transported_vector_is_tangent(space, tangent_vec, base_point, end_point):
    """Parallel transport gives vectors tangent at the end point."""
    moved = space.metric.parallel_transport(
        tangent_vec, base_point, end_point=end_point
    )
    return truth(space.is_tangent(moved, end_point))


def inner_product_is_symmetric(space, tangent_vec_a, tangent_vec_b, base_point):
    """Symmetric inner product: <v, w> = <w, v>."""
    one = wide(space.metric.inner_product(tangent_vec_a, tangent_vec_b, base_point))
    other = wide(space.metric.inner_product(tangent_vec_b, tangent_vec_a, base_point))
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    return deviation(space, one - other, scale, base_point)


def inner_product_is_bilinear(space, tangent_vec_a, tangent_vec_b, base_point):
    """Bilinear inner product: <v - w/2, w> = <v, w> - <w, w>/2."""
    inner = space.metric.inner_product
    mixed = inner(tangent_vec_a - 0.5 * tangent_vec_b, tangent_vec_b, base_point)
    parts = wide(inner(tangent_vec_a, tangent_vec_b, base_point)) - 0.5 * wide(
        inner(tangent_vec_b, tangent_vec_b, base_point)
    )
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    scale = scale + product_of_norms(space, base_point, tangent_vec_b, tangent_vec_b)
    return deviation(space, wide(mixed) - parts, scale, base_point)


def inner_product_is_positive(space, tangent_vec, base_point):
    """Positive inner product: <v, v> > 0 unless v = 0 or squares underflow."""
    squared = wide(space.metric.inner_product(tangent_vec, tangent_vec, base_point))
    tiny = ambient_norm(space, tangent_vec) ** 2 <= smallest(tangent_vec)
    return truth(np.where(tiny, squared >= 0, squared > 0))


def squared_norm_is_inner_product(space, tangent_vec, base_point):
    """Norm: norm(v)^2 = squared_norm(v) = <v, v>."""
    squared = wide(space.metric.squared_norm(tangent_vec, base_point))
    norm = wide(space.metric.norm(tangent_vec, base_point))
    inner = wide(space.metric.inner_product(tangent_vec, tangent_vec, base_point))
    error = np.abs(squared - inner) + np.abs(norm**2 - inner)
    return deviation(space, error, np.abs(inner), base_point)


def to_tangent_is_idempotent(space, vector, base_point):
    """Projecting to the tangent space twice is projecting once."""
    once = space.to_tangent(vector, base_point)
    twice = space.to_tangent(once, base_point)
    gap = ambient_norm(space, wide(twice) - wide(once))
    return deviation(space, gap, ambient_norm(space, vector), base_point)


def to_tangent_is_tangent(space, vector, base_point):
    """Vectors projected to the tangent space are tangent."""
    return truth(space.is_tangent(space.to_tangent(vector, base_point), base_point))


def projection_is_idempotent(space, point, vector):
    """Projecting to the space twice is projecting once."""
    once = space.projection(beside(space, point, vector))
    twice = space.projection(once)
    gap = ambient_norm(space, wide(twice) - wide(once))
    return deviation(space, gap, unit_scale(space, once), point)


def projection_belongs(space, point, vector):
    """Projected points belong to the space."""
    return truth(space.belongs(space.projection(beside(space, point, vector))))


def projection_keeps_points(space, point):
    """Points of the space are their own projection."""
    gap = ambient_norm(space, wide(space.projection(point)) - wide(point))
    return deviation(space, gap, unit_scale(space, point), point)


def random_point_belongs(space, point):
    """Random points belong to the space."""
    return truth(space.belongs(point))


def gradient_of_squared_dist_is_minus_two_log(space, tangent_vec, point_a, point_b):
    """Gradient of dist(a, b)^2 in a is -2 log_a(b) (torch tensors)."""
    if not hasattr(point_a, "detach"):
        raise NotImplementedError("needs points that are torch tensors")
    import torch

    # A point broadcast against several others would collect all their gradients.
    shape = torch.broadcast_shapes(point_a.shape, point_b.shape, tangent_vec.shape)
    moving = point_a.detach().expand(shape).clone().requires_grad_()
    squared = space.metric.squared_dist(moving, point_b)
    (gradient,) = torch.autograd.grad(squared.sum(), moving)
    log = space.metric.log(point_b, point_a)
    along = np.sum(wide(gradient) * wide(tangent_vec), axis=point_axes(space))
    inner = wide(space.metric.inner_product(log, tangent_vec, point_a))
    terms = np.sum(np.abs(wide(gradient) * wide(tangent_vec)), axis=point_axes(space))
    scale = terms + 2.0 * product_of_norms(space, point_a, log, tangent_vec)
    scale = scale + ambient_norm(space, tangent_vec)
    return deviation(space, along + 2.0 * inner, scale, point_a)


LAWS = (
    random_point_belongs,
    projection_belongs,
    projection_is_idempotent,
    projection_keeps_points,
    to_tangent_is_tangent,
    to_tangent_is_idempotent,
    inner_product_is_symmetric,
    inner_product_is_bilinear,
    inner_product_is_positive,
    squared_norm_is_inner_product,
    dist_is_symmetric,
    dist_vanishes_on_the_diagonal,
    dist_separates_points,
    triangle_inequality,
    squared_dist_is_the_square_of_dist,
    exp_of_zero_is_the_base_point,
    exp_belongs,
    exp_inverts_log,
    log_inverts_exp,
    log_is_tangent,
    norm_of_log_is_dist,
    geodesic_joins_its_end_points,
    geodesic_has_constant_speed,
    transport_is_an_isometry,
    transport_keeps_the_velocity,
    transport_is_undone_by_transport_back,
    transported_vector_is_tangent,
    gradient_of_squared_dist_is_minus_two_log,
)
"""All laws."""
