r"""Squared angles between all pairs of two batches of unit vectors.

:math:`|u_b - u_a|^2 = |c_a|^2 + |c_b|^2 - 2 \langle c_a, c_b \rangle` with c = u minus
the mean of all: one matrix product.  Its rounding error, a few eps times
:math:`|c_a|^2 + |c_b|^2`, is harmless unless the pair is much closer than it is to the
mean.  Such pairs are computed from their differences.
"""

from .arrays import array_namespace
from .numerics import squared_angle

_FAR = 0.125
"""Least |u_b - u_a|^2 / (|c_a|^2 + |c_b|^2) of a pair left to the matrix product."""

_BLOCK_ENTRIES = 131_072
"""Entries of a block of the result (1 MB in float64), so that it stays in the cache."""

_PAIR_ENTRIES = 2_000_000
"""Entries of the largest temporary array of near pairs (16 MB in float64)."""


def pairwise_squared_angle(chart, point_a, point_b, symmetric=False):
    """Squared angles between all pairs of points of a chart.

    Parameters
    ----------
    chart : SimplexChart or SphereChart
        Chart of the points.
    point_a : array-like, shape=[n_a, dim + 1]
        Points.
    point_b : array-like, shape=[n_b, dim + 1]
        Points.
    symmetric : bool
        Whether the two batches are the same: the result is symmetric to the last digit.

    Returns
    -------
    squared_angle : array-like, shape=[n_a, n_b]
        Squared angles.
    """
    xp = array_namespace(point_a, point_b)
    if not hasattr(xp, "empty"):  # autograd has no assignment to parts of an array
        return squared_angle(chart.roots(point_a[:, None], point_b[None])[2])
    root_a, root_b = chart.root(point_a), chart.root(point_b)
    centre = 0.5 * (xp.mean(root_a, axis=0) + xp.mean(root_b, axis=0))
    centred_a, centred_b = root_a - centre, root_b - centre
    n_a, n_b = point_a.shape[0], point_b.shape[0]
    rows = max(1, min(n_a, _BLOCK_ENTRIES // n_b))
    squared = xp.empty((n_a, n_b), dtype=root_a.dtype, device=root_a.device)
    for start in range(0, n_a, rows):
        part = slice(start, start + rows)
        rest = slice(start, None) if symmetric else slice(None)
        block = _far_pairs(xp, centred_a[part], centred_b[rest])
        block = _with_near_pairs(xp, chart, block, point_a[part], point_b[rest])
        if symmetric:
            size = block.shape[0]
            square = 0.5 * (block[:, :size] + block[:, :size].T)
            squared[part, part] = square
            squared[part, start + size :] = block[:, size:]
            squared[start + size :, part] = block[:, size:].T
        else:
            squared[part] = block
    return squared


def _far_pairs(xp, centred_a, centred_b):
    """Squared angles by a matrix product; NaN where that is not accurate."""
    scale = xp.sum(centred_a * centred_a, axis=-1)[:, None]
    scale = scale + xp.sum(centred_b * centred_b, axis=-1)
    chord = scale - 2.0 * (centred_a @ centred_b.T)
    near = chord <= _FAR * scale  # also where all points are equal
    chord = xp.where(near, 1.0, chord)
    return xp.where(near, xp.nan, (2.0 * xp.asin(0.5 * xp.sqrt(chord))) ** 2)


def _with_near_pairs(xp, chart, block, point_a, point_b):
    """The block with its NaN replaced by squared angles from differences."""
    rows, columns = xp.nonzero(xp.isnan(block))
    step = max(1, _PAIR_ENTRIES // point_a.shape[-1])
    for start in range(0, rows.shape[0], step):
        i, j = rows[start : start + step], columns[start : start + step]
        block[i, j] = squared_angle(chart.roots(point_a[i], point_b[j])[2])
    return block
