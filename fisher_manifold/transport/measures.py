"""Weighted points of a space, and between which of them an optimal plan moves mass."""

import dataclasses
from typing import Any

import numpy as np

from ..geometry.arrays import array_namespace
from .checks import check_weights
from .cost import is_labels, pairwise_squared_dist, vertices_of
from .exact import solve_assignment, solve_transport


@dataclasses.dataclass(frozen=True)
class PlannedPairs:
    """Pairs of points between which a plan moves mass.

    Attributes
    ----------
    source_index, target_index : numpy.ndarray of int, shape=[n_pairs]
        Pairs, each once.
    weights : numpy.ndarray, shape=[n_pairs]
        Mass that is moved, > 0 and of sum 1.
    squared_dist : numpy.ndarray, shape=[n_pairs]
        Squared distances, an entry of the matrix of costs each.
    """

    source_index: Any
    target_index: Any
    weights: Any
    squared_dist: Any


def given_weights(weights, name, points):
    """Weights of sum 1 in float64; None, for equal ones, if none are given.

    Parameters
    ----------
    weights : array-like, shape=[n], or None
        Weights >= 0 of sum 1.
    name : str
        Name that an error message should use.
    points : array-like, shape=[n, ...]
        What they belong to.

    Returns
    -------
    weights : numpy.ndarray, shape=[n], or None
        Weights.
    """
    if weights is None:
        return None
    return check_weights(weights, name, np.empty(points.shape[0]))


def float64_points(space, points, like):
    """Points in float64, differentiable; labels turned into vertices.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    points : array-like, shape=[n, *space.shape] or int array, shape=[n, ...]
        Points, or labels of vertices.
    like : array-like
        Other batch, see :func:`vertices_of`.

    Returns
    -------
    points : array-like, shape=[n, *space.shape]
        Points.
    """
    points = vertices_of(space, points, like)
    xp = array_namespace(points)
    return xp.astype(points, xp.float64)


def squared_dist_matrix(space, a, b):
    """Squared distances of all pairs for a solver; labels of vertices are looked up.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    a, b : array-like, shape=[n, *space.shape], shape=[m, *space.shape]
        Points, or integer labels of vertices.

    Returns
    -------
    cost : numpy.ndarray of float64, shape=[n, m]
        Squared distances.
    """
    if is_labels(a) and not is_labels(b):
        return squared_dist_matrix(space, b, a).T
    left = _constant(float64_points(space, a, b))
    right = b if is_labels(b) else _constant(float64_points(space, b, a))
    cost = pairwise_squared_dist(space, left, right)
    return cost.cpu().numpy() if hasattr(cost, "detach") else cost


def planned_pairs(squared_dist, p, source_weights=None, target_weights=None):
    """Pairs of the exact plan of least expected distance to the power p.

    Parameters
    ----------
    squared_dist : numpy.ndarray, shape=[n, m]
        Squared distances.
    p : {1, 2}
        Order.
    source_weights, target_weights : array-like, shape=[n], shape=[m], optional
        Weights of sum 1.  Without them, a permutation where n = m.

    Returns
    -------
    pairs : PlannedPairs
        Pairs, at most n + m - 1.
    """
    cost = squared_dist if p == 2 else np.sqrt(squared_dist)
    n, m = cost.shape
    if n == m and source_weights is None and target_weights is None:
        rows, columns = solve_assignment(cost), np.arange(n)
        weights = np.full(n, 1.0 / n)
    else:
        source = check_weights(source_weights, "source_weights", cost)
        target = check_weights(target_weights, "target_weights", cost.T)
        plan = solve_transport(cost, source, target)
        rows, columns = np.nonzero(plan)
        weights = plan[rows, columns]
    return PlannedPairs(rows, columns, weights, squared_dist[rows, columns])


def _constant(points):
    return points.detach() if hasattr(points, "detach") else points
