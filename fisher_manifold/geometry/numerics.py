r"""Numerical core: the unit sphere without cancellation, for any array library.

Every function takes and returns arrays of one library (numpy, torch, or the
autograd boxes of geomstats' autograd backend), of one dtype, on one device.
Angles and logarithms are functions of the *difference* of two points, never of
an inner product close to one, so that nearby points keep full relative accuracy.
With :math:`w = u_b - u_a` and :math:`x = |w|^2 / 4 = \sin^2(\theta / 2)`:

.. math:: \theta = 2 \arcsin \sqrt{x}, \qquad
          \log_{u_a}(u_b)
          = \frac{\theta}{\sin \theta} (w - \langle w, u_a \rangle u_a).

The functions of :math:`x` and of :math:`\theta^2` are analytic at zero.  There they
are evaluated by their power series, which makes derivatives of every order right
at coincident points.
"""

import sys

import numpy as np

from .arrays import (
    array_namespace,
    epsilon,
    in_blocks,
    needs_derivatives,
    smallest_normal,
)


def polynomial(x, coefficients):
    """Evaluate sum_n coefficients[n] x^n by Horner's rule."""
    value = coefficients[-1] * x
    for coefficient in coefficients[-2:0:-1]:
        value = (value + coefficient) * x
    return value + coefficients[0]


# sin(sqrt y)/sqrt y, cos(sqrt y) and theta/sin(theta) in powers of y, y and
# x = sin^2(theta/2); below the thresholds the truncation is under float64's eps.
_SINC = (1.0, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800)
_COS = (1.0, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600)
_SMALL_SQUARED_ANGLE = 0.05
_THETA_OVER_SIN = (
    *(1.0, 2 / 3, 8 / 15, 16 / 35, 128 / 315, 256 / 693, 1024 / 3003),
    *(2048 / 6435, 32768 / 109395),
)
_SMALL_SQUARED_SINE = 0.01


_SHORT, _MANY = 8, 16_384
"""Longest last axis that torch's sums are slower on than a loop over its entries, and
number of entries that makes up for the loop's own cost."""


def raise_to(lowest, array):
    """Entries raised to a lowest value; NaN stays."""
    if hasattr(array, "detach"):
        return array.clamp(min=lowest)
    return np.maximum(array, lowest)


def scaled_quotient(factor, array_a, array_b):
    """Quotient times a number, in one pass for torch."""
    if hasattr(array_a, "detach"):
        zero = array_a.new_zeros(())
        return zero.addcdiv(array_a, array_b, value=factor)
    quotient = array_a / array_b
    quotient *= factor
    return quotient


def scaled_product(factor, array_a, array_b):
    """Product times a number, in one pass for torch."""
    if hasattr(array_a, "detach"):
        zero = array_a.new_zeros(())
        return zero.addcmul(array_a, array_b, value=factor)
    product = array_a * array_b
    product *= factor
    return product


def squared_norms_of_tails(vector):
    """Squared norms of (v_k, ..., v_d) for every k, small entries first."""
    xp = array_namespace(vector)
    backwards = xp.flip(vector * vector, axis=-1)
    return xp.flip(xp.cumulative_sum(backwards, axis=-1), axis=-1)


def safe_sqrt(x):
    """Square root of x >= 0 with derivative 0 (not infinity) at 0."""
    xp = array_namespace(x)
    if not needs_derivatives(x):
        return xp.sqrt(x)
    nonzero = x != 0
    return xp.where(nonzero, xp.sqrt(xp.where(nonzero, x, 1.0)), 0.0)


def dot(vec_a, vec_b, smooth):
    """Inner products over the last axis, which is kept with length 1."""
    if smooth:
        return (vec_a * vec_b).sum(axis=-1, keepdims=True)
    if not hasattr(vec_a, "detach"):
        return np.vecdot(vec_a, vec_b)[..., None]
    if vec_a.shape[-1] <= _SHORT and vec_a.numel() > _MANY:
        # torch sums short axes one by one; adding whole columns is faster.
        columns = zip(vec_a.unbind(-1), vec_b.unbind(-1), strict=True)
        return sum(a * b for a, b in columns)[..., None]
    if vec_a is vec_b:
        return _torch_norm(vec_a).square()
    return (vec_a * vec_b).sum(axis=-1, keepdims=True)


def norm(vector, smooth):
    """Norms over the last axis, which is kept; derivative 0 at 0."""
    if not smooth and hasattr(vector, "detach") and vector.shape[-1] > _SHORT:
        return _torch_norm(vector)
    return safe_sqrt(dot(vector, vector, smooth))


def _torch_norm(vector):
    # One pass over memory; but its second derivative at 0 is wrong.
    return sys.modules["torch"].linalg.vector_norm(vector, dim=-1, keepdim=True)


def combine(coefficient_a, vec_a, coefficient_b, vec_b, smooth):
    """Linear combination a x + b y, in place unless it must be smooth."""
    first = coefficient_a * vec_a
    if not smooth and hasattr(first, "detach") and _covers(first, vec_b):
        return first.addcmul_(coefficient_b, vec_b)
    return add_to(first, coefficient_b * vec_b, smooth)


def _covers(array, other):
    """Whether broadcasting the arrays gives the shape of the first."""
    sizes = zip(array.shape[::-1], other.shape[::-1], strict=False)
    return array.ndim >= other.ndim and all(b in (1, a) for a, b in sizes)


def add_to(total, array, smooth):
    """Sum of a new array and another, in place unless it must be smooth."""
    if smooth or not _covers(total, array):
        return total + array
    total += array
    return total


def cos_and_sinc(squared_angle, smooth=True):
    """Cosine and sin(t)/t of the angle t whose square is given."""
    xp = array_namespace(squared_angle)
    if not smooth:
        angle = raise_to(smallest_normal(squared_angle), xp.sqrt(squared_angle))
        return xp.cos(angle), xp.sin(angle) / angle
    small = squared_angle < _SMALL_SQUARED_ANGLE
    near = xp.where(small, squared_angle, 0.0)
    angle = xp.sqrt(xp.where(small, 1.0, squared_angle))
    cosine = xp.where(small, polynomial(near, _COS), xp.cos(angle))
    sinc = xp.where(small, polynomial(near, _SINC), xp.sin(angle) / angle)
    return cosine, sinc


def angle_over_sine(squared_half_sine):
    """Ratio theta / sin(theta) as a function of sin^2(theta/2); smooth at 0."""
    xp = array_namespace(squared_half_sine)
    small = squared_half_sine < _SMALL_SQUARED_SINE
    near = xp.where(small, squared_half_sine, 0.0)
    far = xp.where(small, 0.5, squared_half_sine)
    exact = xp.asin(xp.sqrt(far)) / xp.sqrt(far * (1.0 - far))
    return xp.where(small, polynomial(near, _THETA_OVER_SIN), exact)


def _angle_over_sine_of_chord(chord):
    """Ratio theta / sin(theta) as a function of 2 sin(theta/2); not smooth at 0."""
    xp = array_namespace(chord)
    sine = raise_to(smallest_normal(chord), 0.5 * chord)
    half_angle = xp.asin(sine)
    return half_angle / (sine * xp.cos(half_angle))


def angle(difference, radius=1.0):
    """Angle between two unit vectors times a radius; subgradient 0 where they agree."""
    chord = norm(difference, needs_derivatives(difference))[..., 0]
    return (2.0 * radius) * array_namespace(chord).asin(0.5 * chord)


def squared_angle(difference):
    """Squared angle between two unit vectors; smooth where they agree.

    As sin^2(theta) (theta / sin(theta))^2 with sin^2(theta) = 4 x (1 - x).
    """
    smooth = needs_derivatives(difference)
    if not smooth:
        return angle(difference) ** 2
    x = dot(difference, difference, smooth)[..., 0] / 4.0
    return 4.0 * x * (1.0 - x) * angle_over_sine(x) ** 2


def sphere_log(difference, base_point):
    """Logarithm on the unit sphere of base_point + difference at base_point."""
    smooth = needs_derivatives(difference, base_point)
    if smooth:
        ratio = angle_over_sine(dot(difference, difference, smooth) / 4.0)
    else:
        ratio = _angle_over_sine_of_chord(norm(difference, smooth))
    # <w, u> is -2x for unit vectors.  Computed, it also removes the rounding of |u|,
    # an error of eps / theta in the result: 1e8 eps at a separation of 1e-8.  Divided
    # by <u, u>, so that steps of exp and log do not amplify that rounding.
    squared_norm = dot(base_point, base_point, smooth)
    inward = dot(difference, base_point, smooth) / -squared_norm
    return combine(ratio, difference, ratio * inward, base_point, smooth)


def sphere_exp(tangent_vec, base_point):
    """Exponential on the unit sphere: follows the great circle, for any length."""
    smooth = needs_derivatives(tangent_vec, base_point)
    cosine, sinc = cos_and_sinc(dot(tangent_vec, tangent_vec, smooth), smooth)
    return combine(cosine, base_point, sinc, tangent_vec, smooth)


def sphere_geodesic_velocity(difference, base_point, end_point, t):
    """Velocity at time t of the great circle to end_point = base_point + difference.

    Seen from the nearer end, where no entry is a difference of larger ones.
    """
    xp = array_namespace(difference, base_point, end_point, t)
    late = t > 0.5
    one = 0.0 * t + 1.0
    sign = xp.where(late, -one, one)
    near = xp.where(late, end_point, base_point)
    since = xp.where(late, 1.0 - t, t)
    away = sphere_log(sign * difference, near)
    smooth = needs_derivatives(away, near, t)
    squared = dot(away, away, smooth)
    cosine, sinc = cos_and_sinc(since * since * squared, smooth)
    inward = -sign * since * squared * sinc
    return combine(sign * cosine, away, inward, near, smooth)


def sphere_geodesic_point(difference, base_point, end_point, t):
    """Point at time t of the great circle to end_point = base_point + difference.

    As a sum of both points, each entry of which is relatively accurate on the orthant:
    sin((1 - t) theta) / sin(theta) and sin(t theta) / sin(theta) times one of them.
    """
    smooth = needs_derivatives(difference, base_point, end_point, t)
    squared = squared_angle(difference)[..., None]
    whole, before, after = (
        cos_and_sinc(share * share * squared, smooth)[1] for share in (1.0, t, 1.0 - t)
    )
    back, forth = (1.0 - t) * after / whole, t * before / whole
    return combine(back, base_point, forth, end_point, smooth)


def sphere_transport_along(tangent_vec, base_point, direction):
    """Transport along the great circle with initial velocity direction, to time 1."""
    smooth = needs_derivatives(tangent_vec, base_point, direction)
    squared = dot(direction, direction, smooth)
    along = dot(tangent_vec, direction, smooth)
    _, sinc = cos_and_sinc(squared, smooth)
    _, half_sinc = cos_and_sinc(squared / 4.0, smooth)
    # (1 - cos t) / t^2 = sinc(t/2)^2 / 2, free of cancellation.
    bend = -0.5 * along * half_sinc**2
    turn = combine(bend, direction, -along * sinc, base_point, smooth)
    return add_to(turn, tangent_vec, smooth)


def sphere_transport_to(tangent_vec, base_point, end_point):
    r"""Transport along the shortest great circle.

    :math:`v - \langle u_b, v \rangle (u_a + u_b) / (1 + \langle u_a, u_b \rangle)`;
    on the orthant the denominator is at least 1.
    """
    smooth = needs_derivatives(tangent_vec, base_point, end_point)
    factor = dot(tangent_vec, end_point, smooth)
    factor = -factor / (dot(base_point, end_point, smooth) + 1.0)
    turn = combine(factor, end_point, factor, base_point, smooth)
    return add_to(turn, tangent_vec, smooth)


def sphere_exit_time(tangent_vec, base_point):
    """First time >= 0 at which the great circle leaves the closed positive orthant.

    The coordinate i vanishes at time atan2(u_i |v|, -v_i) / |v|.  Geodesics of
    length zero never leave: infinity.
    """
    xp = array_namespace(tangent_vec, base_point)
    speed = safe_sqrt(xp.sum(tangent_vec * tangent_vec, axis=-1, keepdims=True))
    still = speed == 0
    speed = xp.where(still, 1.0, speed)
    downwards = xp.where(still, 1.0, -tangent_vec)
    # atan2 of -0.0, or of an entry negative by rounding, would be near -pi.
    base_point = xp.where(base_point > 0, base_point, 0.0)
    # A coordinate that is and stays zero, up to rounding, does not leave.
    along = (base_point == 0) & (downwards <= 4.0 * epsilon(speed) * speed)
    along = along & (downwards >= -4.0 * epsilon(speed) * speed)
    crossing = xp.atan2(xp.where(along, 1.0, base_point) * speed, downwards)
    crossing = xp.where(along | still, np.inf, crossing)
    return xp.min(crossing / speed, axis=-1)


def angles_to_vertices(point):
    """Angles between a unit vector of the orthant and every coordinate axis.

    Entries near 1 are measured by the chord, the others by the arc cosine: full
    absolute accuracy, and finite derivatives except at the vertex itself (where
    the angle to it has subgradient 0).
    """
    xp = array_namespace(point)
    if not needs_derivatives(point):
        return with_near_vertices(xp.acos(point.clip(max=0.9)), point)
    near = point > 0.9
    others = xp.where(near, 0.0, point)
    rest = xp.sum(others * others, axis=-1, keepdims=True)
    gap = 1.0 - xp.where(near, point, 1.0)
    chord = safe_sqrt(xp.where(near, gap * gap + rest, 0.0))
    return xp.where(near, 2.0 * xp.asin(0.5 * chord), xp.acos(others))


def with_near_vertices(angles, point):
    """Put the angles of entries above 0.9 in their places."""
    near, near_angles = near_vertices(point)
    angles.reshape(-1, point.shape[-1])[near] = near_angles
    return angles


def near_vertices(point):
    """Rows and columns of the entries above 0.9, one in a vector at most; angles."""
    xp = array_namespace(point)
    flat = point.reshape(-1, point.shape[-1])
    (row,) = xp.nonzero(xp.max(flat, axis=-1) > 0.9)
    if not row.shape[0]:
        return (row, row), flat[row, row]
    close = flat[row]  # a copy, by advanced indexing
    column = xp.argmax(close, axis=-1)
    each = xp.arange(row.shape[0], device=flat.device)
    close[each, column] = 1.0 - close[each, column]
    chord = xp.sqrt(xp.sum(close * close, axis=-1))
    return (row, column), 2.0 * xp.asin(0.5 * chord)


def mean_log_to_vertices(weights, point):
    r"""Weighted sum of the logarithms at a unit vector of all coordinate axes.

    log_u(e_k) = theta_k / sin(theta_k) (e_k - u_k u), with sin^2(theta_k / 2) =
    (1 - u_k) / 2: one pass over the entries for all vertices.
    """
    weights, point = array_namespace(weights, point).broadcast_arrays(weights, point)
    shape = tuple(point.shape)
    rows = (weights.reshape(-1, shape[-1]), point.reshape(-1, shape[-1]))
    return in_blocks(_mean_log_to_vertices, *rows).reshape(shape)


def _mean_log_to_vertices(weights, point):
    xp = array_namespace(weights, point)
    pulled = weights * angle_over_sine((1.0 - point) / 2.0)
    return pulled - xp.sum(pulled * point, axis=-1, keepdims=True) * point
