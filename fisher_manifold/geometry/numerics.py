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

import functools
import itertools
import operator
import sys
import types
from typing import Any

import array_api_compat
import numpy as np


def array_namespace(*arrays):
    """Array namespace (in the sense of the array API standard) of the arrays.

    Parameters
    ----------
    *arrays : array-like
        Arrays of one library.

    Returns
    -------
    xp : namespace
        Functions named as in the array API standard.

    Raises
    ------
    TypeError
        If the arrays are of different libraries, or of none that is known.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(arrays[0], torch.Tensor):
        # The general look-up makes torch.compile warn about its caches.
        if all(isinstance(array, torch.Tensor) for array in arrays):
            return _torch_namespace()
    elif all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        return _numpy_namespace()
    elif any(type(array).__module__.startswith("autograd.") for array in arrays):
        return _autograd_namespace()
    try:
        return array_api_compat.array_namespace(*arrays)
    except TypeError as error:
        names = ", ".join(sorted({type(array).__name__ for array in arrays}))
        raise TypeError(
            f"expected arrays of one library (numpy or torch), got {names}; "
            "convert them with numpy.asarray or torch.as_tensor first"
        ) from error


def _torch_namespace():
    import array_api_compat.torch

    return array_api_compat.torch


def _numpy_namespace():
    import array_api_compat.numpy

    return array_api_compat.numpy


@functools.cache
def _autograd_namespace():
    import autograd.numpy as anp

    # numpy's array-API aliases (asin, ...) carry no derivative in autograd.
    renamed = {"asin": anp.arcsin, "acos": anp.arccos, "atan2": anp.arctan2}
    names = "sum sqrt sin cos exp log where abs stack min max all any argmax"
    same = {name: getattr(anp, name) for name in names.split()}
    return types.SimpleNamespace(
        **renamed,
        **same,
        broadcast_arrays=_autograd_broadcast_arrays,
        cumulative_sum=lambda array, axis: anp.cumsum(array, axis=axis),
        cumulative_prod=_autograd_cumulative_prod,
        concat=lambda arrays, axis: anp.concatenate(arrays, axis=axis),
        flip=lambda array, axis: anp.flip(array, axis=axis),
        matrix_transpose=lambda array: anp.swapaxes(array, -1, -2),
    )


def _autograd_cumulative_prod(array, axis):
    # autograd has no derivative of cumprod.
    import autograd.numpy as anp

    parts = list(itertools.accumulate(anp.moveaxis(array, axis, 0), operator.mul))
    return anp.moveaxis(anp.stack(parts), 0, axis)


def _autograd_broadcast_arrays(*arrays):
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    # Adding zeros, since autograd's own broadcast_arrays carries no derivative.
    return [array + np.zeros(shape) for array in arrays]


def epsilon(array):
    """Machine epsilon of a floating point array, a Python float."""
    torch = sys.modules.get("torch")  # first, for torch.compile
    if torch is not None and isinstance(array, torch.Tensor):
        return torch.finfo(array.dtype).eps
    if isinstance(array, np.ndarray | np.generic):
        dtype: Any = array.dtype
        return float(np.finfo(dtype).eps)
    return float(np.finfo(np.float64).eps)


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


def diagonal_matrix(diagonal):
    """Diagonal matrices of vectors, which may hold infinities."""
    mask: Any = np.eye(diagonal.shape[-1], dtype=bool)
    if hasattr(diagonal, "detach"):
        import torch

        mask = torch.as_tensor(mask, device=diagonal.device)
    return array_namespace(diagonal).where(mask, diagonal[..., None], 0.0)


def squared_norms_of_tails(vector):
    """Squared norms of (v_k, ..., v_d) for every k, small entries first."""
    xp = array_namespace(vector)
    backwards = xp.flip(vector * vector, axis=-1)
    return xp.flip(xp.cumulative_sum(backwards, axis=-1), axis=-1)


def safe_sqrt(x):
    """Square root of x >= 0 with derivative 0 (not infinity) at 0."""
    xp = array_namespace(x)
    nonzero = x != 0
    return xp.where(nonzero, xp.sqrt(xp.where(nonzero, x, 1.0)), 0.0)


def cos_and_sinc(squared_angle):
    """Cosine and sin(t)/t of the angle t whose square is given; smooth at 0."""
    xp = array_namespace(squared_angle)
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


def squared_half_sine(difference, keepdims=False):
    """sin^2(theta/2) of the angle between unit vectors, from their difference."""
    xp = array_namespace(difference)
    return xp.sum(difference * difference, axis=-1, keepdims=keepdims) / 4.0


def angle(difference):
    """Angle between two unit vectors in radians; subgradient 0 where they agree."""
    xp = array_namespace(difference)
    return 2.0 * xp.asin(safe_sqrt(squared_half_sine(difference)))


def squared_angle(difference):
    """Squared angle between two unit vectors; smooth where they agree."""
    x = squared_half_sine(difference)
    return 4.0 * x * (1.0 - x) * angle_over_sine(x) ** 2


def sphere_log(difference, base_point):
    """Logarithm on the unit sphere of base_point + difference at base_point."""
    xp = array_namespace(difference, base_point)
    x = squared_half_sine(difference, keepdims=True)
    # <w, u> is -2x for unit vectors.  Computed, it also removes the rounding of |u|,
    # an error of eps / theta in the result: 1e8 eps at a separation of 1e-8.
    radial = xp.sum(difference * base_point, axis=-1, keepdims=True)
    return angle_over_sine(x) * (difference - radial * base_point)


def sphere_exp(tangent_vec, base_point):
    """Exponential on the unit sphere: follows the great circle, for any length."""
    xp = array_namespace(tangent_vec, base_point)
    squared = xp.sum(tangent_vec * tangent_vec, axis=-1, keepdims=True)
    cosine, sinc = cos_and_sinc(squared)
    return cosine * base_point + sinc * tangent_vec


def sphere_geodesic_state(tangent_vec, base_point, t):
    """Point and velocity at time t of the great circle with velocity tangent_vec."""
    xp = array_namespace(tangent_vec, base_point)
    squared = xp.sum(tangent_vec * tangent_vec, axis=-1, keepdims=True)
    cosine, sinc = cos_and_sinc(t * t * squared)
    point = cosine * base_point + (t * sinc) * tangent_vec
    velocity = cosine * tangent_vec - (t * squared * sinc) * base_point
    return point, velocity


def sphere_parallel_transport(tangent_vec, base_point, direction):
    """Transport along the great circle with initial velocity direction, to time 1."""
    xp = array_namespace(tangent_vec, base_point, direction)
    squared = xp.sum(direction * direction, axis=-1, keepdims=True)
    along = xp.sum(tangent_vec * direction, axis=-1, keepdims=True)
    _, sinc = cos_and_sinc(squared)
    _, half_sinc = cos_and_sinc(squared / 4.0)
    # (1 - cos t) / t^2 = sinc(t/2)^2 / 2, free of cancellation.
    turned = (0.5 * half_sinc**2) * direction + sinc * base_point
    return tangent_vec - along * turned


def sphere_exit_time(tangent_vec, base_point):
    """First time >= 0 at which the great circle leaves the closed positive orthant.

    The coordinate i vanishes at time atan2(u_i |v|, -v_i) / |v|.  Geodesics of
    length zero never leave: infinity.
    """
    xp = array_namespace(tangent_vec, base_point)
    speed = xp.sqrt(xp.sum(tangent_vec * tangent_vec, axis=-1, keepdims=True))
    still = speed == 0
    # atan2 of -0.0, or of an entry negative by rounding, would be near -pi.
    base_point = xp.where(base_point > 0, base_point, 0.0)
    crossing = xp.atan2(base_point * speed, -tangent_vec)
    # A coordinate that is and stays zero does not leave.
    crossing = xp.where((base_point == 0) & (tangent_vec == 0), np.inf, crossing)
    times = xp.where(still, np.inf, crossing / xp.where(still, 1.0, speed))
    return xp.min(times, axis=-1)


def angles_to_vertices(point):
    """Angles between a unit vector of the orthant and every coordinate axis.

    Entries near 1 are measured by the chord, the others by the arc cosine: full
    absolute accuracy, and finite derivatives except at the vertex itself (where
    the angle to it has subgradient 0).
    """
    xp = array_namespace(point)
    near = point > 0.9
    others = xp.where(near, 0.0, point)
    rest = xp.sum(others * others, axis=-1, keepdims=True)
    gap = 1.0 - xp.where(near, point, 1.0)
    chord = safe_sqrt(xp.where(near, gap * gap + rest, 0.0))
    return xp.where(near, 2.0 * xp.asin(0.5 * chord), xp.acos(others))


def mean_log_to_vertices(weights, point):
    r"""Weighted sum of the logarithms at a unit vector of all coordinate axes.

    log_u(e_k) = theta_k / sin(theta_k) (e_k - u_k u), with sin^2(theta_k / 2) =
    (1 - u_k) / 2: one pass over the entries for all vertices.
    """
    xp = array_namespace(weights, point)
    pulled = weights * angle_over_sine((1.0 - point) / 2.0)
    return pulled - xp.sum(pulled * point, axis=-1, keepdims=True) * point
