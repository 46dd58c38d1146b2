"""Tensors in the coordinates of points, and finite differences of their curves."""

import math

import numpy as np

from .arrays import wide

_LEVELS = (4.0, 2.0, 1.0)
_MOST_ENTRIES = 1e7
NOISE = 5.0
"""Factor by which `limit_at_zero` amplifies the noise of a function, at most."""


def in_coordinates(space, method, base_point, order):
    """Tensor of an order in the coordinates of points, for every site, in float64.

    Parameters
    ----------
    space : Manifold
        Space.
    method : callable
        From points to tensors of shape [..., *point_shape, n, ..., n], with n
        coordinates on the last axis of a point; a matrix (order 2) has one further
        axis, the symbols of a connection (order 3) have two.
    base_point : array-like, shape=[..., *point_shape]
        Points.
    order : int
        Order.

    Returns
    -------
    tensor : array, shape=[..., *point_shape, n, ..., n]
        The values.

    Raises
    ------
    NotImplementedError
        If the tensor is of other coordinates than the points: of angles, say.  If it
        would not fit in memory.
    """
    shape = (*space.shape, *space.shape[-1:] * (order - 1))
    n_entries = math.prod(base_point.shape) * space.shape[-1] ** (order - 1)
    if n_entries > _MOST_ENTRIES:
        raise NotImplementedError(f"a tensor of {n_entries:.0e} entries is too large")
    with np.errstate(all="ignore"):  # infinite on a boundary
        tensor = wide(method(base_point))
    if tensor.shape[-len(shape) :] != shape:
        raise NotImplementedError(
            f"expected coordinates of points, shape [..., {str(shape)[1:-1]}], got "
            f"{list(tensor.shape)}"
        )
    return tensor


def product(a, b):
    """Product in which zeros win over infinities (the metric's on a boundary)."""
    a, b = np.broadcast_arrays(a, b)
    nonzero = (a != 0) & (b != 0)
    return np.where(nonzero, np.where(nonzero, a, 1) * np.where(nonzero, b, 1), 0)


def matrix_times(matrix, vec):
    """Matrices times vectors, site by site."""
    return np.sum(product(matrix, vec[..., None, :]), axis=-1)


def symbols_times(symbols, vec_a, vec_b):
    """Contract the symbols of a connection with two vectors, site by site."""
    return matrix_times(np.sum(product(symbols, vec_a[..., None, None, :]), -1), vec_b)


def tensor_times(tensor, vecs):
    """Contract the first indices of tensors with vectors, site by site."""
    for n_left in range(len(vecs), 0, -1):
        vec = vecs[len(vecs) - n_left][(..., *[None] * n_left)]
        tensor = np.sum(product(tensor, vec), axis=-1 - n_left)
    return tensor


def limit_at_zero(function, step):
    """Limit of a smooth function at zero, from three positive times.

    Neville's extrapolation: exact for quadratic functions, whatever noise the function
    has is amplified by at most 5.  Times are positive so that curves may start on a
    boundary.

    Parameters
    ----------
    function : callable
        From a number to an array.
    step : float
        Smallest time.

    Returns
    -------
    limit : array
        The limit, up to an error of order step^3.
    truncation : array
        Its difference to a limit that is exact for linear functions: a bound of the
        error for steps in the range of convergence.
    """
    coarse, middle, fine = (function(level * step) for level in _LEVELS)
    linear, before = 2.0 * fine - middle, 2.0 * middle - coarse
    limit = (4.0 * linear - before) / 3.0
    return limit, np.abs(limit - linear)
