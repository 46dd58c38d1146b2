"""Displacement interpolation: measures on the way from one to another."""

import dataclasses
from typing import Any

import numpy as np

from ..geometry.arrays import array_namespace, float64_like
from ..geometry.foreign import call
from .checks import check_costs
from .cost import vertices_of
from .karcher import check_arrival
from .measures import (
    float64_points,
    given_weights,
    planned_pairs,
    squared_dist_matrix,
)
from .pairs import check_points, take


@dataclasses.dataclass(frozen=True)
class Interpolation:
    """Measures between two others.

    Attributes
    ----------
    points : array-like, shape=[k, *space.shape] or [n_times, k, *space.shape]
        Point of each pair of the plan, at each time.
    weights : array-like, shape=[k]
        Weights of sum 1, in float64.
    source_index, target_index : numpy.ndarray of int, shape=[k]
        Ends of each pair's geodesic: ``a[source_index]``, ``b[target_index]``.
    """

    points: Any
    weights: Any
    source_index: Any
    target_index: Any


def displacement_interpolation(space, a, b, t, weights_a=None, weights_b=None):
    r"""Measures on the Wasserstein geodesic between two, of order 2.

    .. math:: \mu_t = \sum_{ij} \pi_{ij}\, \delta_{\gamma_{ij}(t)} ,

    with the optimal plan and the geodesics from :math:`a_i` to :math:`b_j` ([M1997]_
    on flat spaces; Corollary 7.22 of [V2009]_), so that :math:`W_2(\mu_s, \mu_t) =
    |t - s|\, W_2(\mu_0, \mu_1)`.  Where plans or geodesics are not unique, it is one
    of several.

    Parameters
    ----------
    space : Manifold
        Any geomstats space; its `geodesic_state` where the metric offers it, else its
        exp and log.
    a, b : array-like, shape=[n, *space.shape], shape=[m, *space.shape]
        Points, or integer labels of vertices of shape [n, *space.shape[:-1]].
    t : float or array-like, shape=[n_times]
        Times between 0 (at a) and 1 (at b).
    weights_a, weights_b : array-like, shape=[n], shape=[m], optional
        Weights of sum 1; default: equal.

    Returns
    -------
    interpolation : Interpolation
        Points in the dtype of the given ones (computed in float64), with one more axis
        in front where t has one; k = n for equal sizes without weights, else at most
        n + m - 1.

    Raises
    ------
    TypeError
        If labels are given for a space without vertices, or libraries are mixed.
    ValueError
        If a time is not in [0, 1], a batch or weights are not those of a measure, or
        log finds no geodesic, as between antipodes of geomstats' spheres.

    References
    ----------
    .. [M1997] R. J. McCann. A convexity principle for interacting gases. Advances in
       Mathematics 128(1), 1997.
    .. [V2009] C. Villani. Optimal transport: old and new. Springer, 2009.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> simplex, middle = fm.FisherRaoSimplex(1), np.array([[0.5, 0.5]])
    >>> displacement_interpolation(simplex, np.array([0]), middle, 0.5).points.round(6)
    array([[0.853553, 0.146447]])
    """
    times = _checked_times(t)
    check_points(space, a=a, b=b)
    weights_a = given_weights(weights_a, "weights_a", a)
    weights_b = given_weights(weights_b, "weights_b", b)
    cost = squared_dist_matrix(space, a, b)
    check_costs(cost)
    pairs = planned_pairs(cost, 2, weights_a, weights_b)
    start = take(float64_points(space, a, b), pairs.source_index)
    end = take(float64_points(space, b, a), pairs.target_index)
    xp = array_namespace(start, end)
    slices = [_along_geodesics(space, start, end, float(s)) for s in times.reshape(-1)]
    points = slices[0] if times.ndim == 0 else xp.stack(slices)
    dtype = vertices_of(space, a, b).dtype
    weights = float64_like(pairs.weights, points)
    indices = (pairs.source_index, pairs.target_index)
    return Interpolation(xp.astype(points, dtype), weights, *indices)


def _along_geodesics(space, start, end, t):
    metric = space.metric
    if hasattr(metric, "geodesic_state"):
        return metric.geodesic_state(start, end, t)[0]
    check_arrival(space, start, end, "move one of them a little")
    return call(space, metric.exp, t * call(space, metric.log, end, start), start)


def _checked_times(t):
    times = np.asarray(float64_like(t, np.empty(0)))
    if times.ndim > 1 or times.size == 0:
        raise ValueError(
            f"expected a time t or a list of times, got shape {list(times.shape)}"
        )
    good = (times >= 0.0) & (times <= 1.0)
    if not good.all():
        raise ValueError(
            f"expected times t between 0 (at a) and 1 (at b), got {times[~good][0]}"
        )
    return times
