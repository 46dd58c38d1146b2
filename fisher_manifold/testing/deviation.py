"""Errors of laws, and the tolerances to judge them by.

Tolerances follow from rounding alone: :data:`ROUNDINGS` times the epsilon of the dtype
times the square root of the number of coordinates times the *scale* of the quantities
that enter.  A backward stable implementation stays inside: one whose result is right
for points moved by a rounding error.  Where points are nearly equal that is an absolute
error; full relative accuracy is more, and is not asked for here.
"""

from typing import NamedTuple

import numpy as np

from .arrays import ambient_norm, epsilon, like, per_point, smallest, to_numpy, wide

ROUNDINGS = 16.0
"""Rounding errors of unit scale that a law allows, per square root of dimension."""

TIMES = (0.0, 0.25, 0.5, 1.0)
"""Times at which laws look at geodesics."""


class Deviation(NamedTuple):
    """Error of a law and its tolerance, each of the shape of the batch.

    Attributes
    ----------
    error : array, shape=[...]
        Errors, not negative.
    tolerance : array, shape=[...]
        What rounding explains.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> from fisher_manifold.testing import laws
    >>> simplex, (a, b, _) = fm.FisherRaoSimplex(dim=2), np.eye(3)
    >>> found = laws.dist_is_symmetric(simplex, a, b)
    >>> found.holds, bool(found.error <= found.tolerance), bool(found.tolerance < 1e-13)
    (True, True, True)
    """

    error: np.ndarray
    tolerance: np.ndarray

    @property
    def holds(self):
        """Whether every error is within its tolerance; NaN is not."""
        return bool(np.all(self.error <= self.tolerance))


def deviation(space, error, scale, array):
    """Compare an error with the rounding of quantities of a scale."""
    roundings = ROUNDINGS * np.sqrt(np.prod(space.shape))
    tolerance = roundings * (epsilon(array) * scale + smallest(array))
    return Deviation(np.abs(error), np.broadcast_to(tolerance, np.shape(error)))


def widened(law, truncation):
    """Deviation whose tolerance also allows the truncation of a finite difference."""
    return Deviation(law.error, law.tolerance + truncation)


def truth(values):
    """Turn booleans into a deviation: 1 where False, with no tolerance."""
    error = 1.0 - to_numpy(values).astype(np.float64)
    return Deviation(error, np.zeros_like(error))


def unit_scale(space, *arrays):
    """Scale of coordinates: 1, the natural unit, plus the norms of the arrays."""
    return 1.0 + sum(ambient_norm(space, array) for array in arrays)


def product_of_norms(space, base_point, vec_a, vec_b):
    """Product of the lengths of two vectors, in the metric and in coordinates."""
    metric = space.metric
    lengths = wide(metric.norm(vec_a, base_point)) * wide(
        metric.norm(vec_b, base_point)
    )
    return lengths + ambient_norm(space, vec_a) * ambient_norm(space, vec_b)


def stretch(space, base_point, *vecs):
    """Largest ratio of lengths in the metric to lengths in coordinates, at least 1.

    An error in coordinates is this much larger in the metric.
    """
    ratio = 1.0
    for vec in vecs:
        ambient = ambient_norm(space, vec)
        length = wide(space.metric.norm(vec, base_point))
        ratio = np.maximum(ratio, length / np.where(ambient > 0, ambient, np.inf))
    return ratio


def shorten(space, vec, base_point):
    """Scale tangent vectors longer than 1 down to length 1."""
    length = wide(space.metric.norm(vec, base_point))
    return per_point(space, 1.0 / np.maximum(length, 1.0), vec) * vec


def along_geodesic(space, point_a, point_b):
    """Points of the geodesic at a few times from 0 to 1."""
    path = space.metric.geodesic(point_a, end_point=point_b)
    points = path(like(TIMES, point_a))
    rest = [slice(None)] * len(space.shape)
    return [points[(..., i, *rest)] for i in range(len(TIMES))]


def beside(space, point, vector):
    """Vector of the ambient space at a tenth of unit distance from a point."""
    length = ambient_norm(space, vector)[(..., *[None] * len(space.shape))]
    return point + like(0.1 * wide(vector) / length, point)
