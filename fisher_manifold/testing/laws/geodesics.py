"""Laws of the exponential, the logarithm, geodesics and the connection."""

import numpy as np

from ..arrays import ambient_norm, epsilon, like, per_point, to_numpy, wide
from ..coordinates import NOISE, in_coordinates, limit_at_zero, symbols_times
from ..deviation import (
    TIMES,
    Deviation,
    along_geodesic,
    deviation,
    truth,
    unit_scale,
    widened,
)

_INSIDE = 0.99
"""Share of the injectivity radius at which the exponential is inverted."""


def exp_of_zero_is_the_base_point(space, base_point):
    """Exponential of zero: exp_p(0) = p."""
    end_point = space.metric.exp(0.0 * base_point, base_point)
    gap = ambient_norm(space, wide(end_point) - wide(base_point))
    return deviation(space, gap, unit_scale(space, base_point), base_point)


def exp_belongs(space, tangent_vec, base_point):
    """Exponentials belong to the space."""
    return truth(space.belongs(space.metric.exp(tangent_vec, base_point)))


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


def log_is_tangent(space, point_a, point_b):
    """Logarithms are tangent: log_a(b) at a."""
    return truth(space.is_tangent(space.metric.log(point_b, point_a), point_a))


def norm_of_log_is_dist(space, point_a, point_b):
    """Length of the logarithm: |log_a(b)| = dist(a, b)."""
    log = space.metric.log(point_b, point_a)
    norm = wide(space.metric.norm(log, point_a))
    dist = wide(space.metric.dist(point_a, point_b))
    scale = dist + unit_scale(space, point_a, point_b)
    return deviation(space, norm - dist, scale, point_a)


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


def exp_is_injective_inside_the_injectivity_radius(space, tangent_vec_a, base_point):
    """Injectivity radius r: log_p(exp_p(v)) = v for |v| = 0.99 r, if finite."""
    radius = wide(space.metric.injectivity_radius(base_point))
    radius = np.broadcast_to(
        radius, wide(space.metric.norm(tangent_vec_a, base_point)).shape
    )
    finite = np.isfinite(radius)
    length = per_point(space, np.where(finite, _INSIDE * radius, 0.0), tangent_vec_a)
    tangent_vec = length * tangent_vec_a
    end_point = space.metric.exp(tangent_vec, base_point)
    back = space.metric.log(end_point, base_point)
    gap = ambient_norm(space, wide(back) - wide(tangent_vec))
    scale = unit_scale(space, base_point, end_point, tangent_vec)
    # Near a conjugate point at the radius, the logarithm loses this factor.
    return deviation(space, gap, scale / (1.0 - _INSIDE), base_point)


def christoffels_are_symmetric(space, tangent_vec_a, tangent_vec_b, base_point):
    """Symbols of the connection are symmetric: Gamma(v, w) = Gamma(w, v)."""
    symbols = in_coordinates(space, space.metric.christoffels, base_point, 3)
    v, w = wide(tangent_vec_a), wide(tangent_vec_b)
    gap = symbols_times(symbols, v, w) - symbols_times(symbols, w, v)
    scale = symbols_times(np.abs(symbols), np.abs(v), np.abs(w))
    scale = scale + symbols_times(np.abs(symbols), np.abs(w), np.abs(v))
    return deviation(
        space, ambient_norm(space, gap), ambient_norm(space, scale), base_point
    )


def christoffels_accelerate_geodesics(space, tangent_vec, base_point):
    """Symbols of the connection: exp_p(tv)'' = -Gamma(v, v) at t = 0."""
    symbols = in_coordinates(space, space.metric.christoffels, base_point, 3)
    vec = wide(tangent_vec)
    return _accelerates(
        space,
        *(tangent_vec, base_point, -symbols_times(symbols, vec, vec)),
        symbols_times(np.abs(symbols), np.abs(vec), np.abs(vec)),
    )


def geodesic_equation_accelerates_geodesics(space, tangent_vec, base_point):
    """Geodesic equation: of the state (p, v) it is (v, exp_p(tv)'') at t = 0."""
    metric = space.metric
    in_coordinates(space, metric.christoffels, base_point, 3)
    axis = -len(space.shape) - 1
    pair = np.broadcast_arrays(to_numpy(base_point), to_numpy(tangent_vec))
    flow = metric.geodesic_equation(like(np.stack(pair, axis), base_point))
    velocity, acceleration = np.moveaxis(wide(flow), axis, 0)
    law = _accelerates(
        space, tangent_vec, base_point, acceleration, np.abs(acceleration)
    )
    gap = ambient_norm(space, velocity - wide(tangent_vec))
    return Deviation(law.error + gap, law.tolerance)


def _accelerates(space, tangent_vec, base_point, acceleration, terms):
    """Deviation of an acceleration from the second difference of a geodesic."""
    point, vec = wide(base_point), wide(tangent_vec)

    def estimate(t):
        end_point = wide(space.metric.exp(t * tangent_vec, base_point))
        return 2.0 * (end_point - point - t * vec) / t**2

    # Noise and truncation, eps / t^2 and t^3, meet about here.
    step = epsilon(base_point) ** 0.2
    limit, truncation = limit_at_zero(estimate, step)
    gap = ambient_norm(space, limit - acceleration)
    unit = unit_scale(space, base_point, tangent_vec)
    scale = NOISE * 6.0 * unit / step**2 + ambient_norm(space, terms)
    law = deviation(space, gap, scale, base_point)
    return widened(law, ambient_norm(space, truncation))
