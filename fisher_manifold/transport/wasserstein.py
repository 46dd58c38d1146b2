r"""Wasserstein distances between weighted points of any space."""

import warnings

from ..geometry.arrays import array_namespace, float64_like
from ..geometry.foreign import call
from .checks import check_costs
from .cost import pairwise_squared_dist
from .measures import (
    float64_points,
    given_weights,
    planned_pairs,
    squared_dist_matrix,
)
from .pairs import check_points, take
from .sinkhorn_divergence import check_order, sinkhorn_divergence

METHODS = ("exact", "sinkhorn")


def wasserstein_distance(
    space,
    a,
    b,
    p=2,
    weights_a=None,
    weights_b=None,
    method="exact",
    *,
    epsilon=0.05,
    tol=1e-3,
    max_iter=1000,
):
    r"""Wasserstein distance of order p between two measures on a space.

    .. math:: W_p(\alpha, \beta) = \Bigl(\min_\pi \sum_{ij} \pi_{ij}\,
              d(a_i, b_j)^p\Bigr)^{1/p} ,

    over the plans with the measures' weights as marginals (Definition 6.1 of
    [V2009]_), in the unit of the space's distance (radians on the Fisher-Rao spaces).

    With ``method="exact"`` the plan is exact: a permutation where sizes are equal and
    no weights are given, else from POT's network simplex.  The distances of its pairs
    are then those of the space, so that between two points :math:`W_p` is their
    distance to the last digit, however small.

    With ``method="sinkhorn"``, for many points, the result is
    :math:`S_\varepsilon^{1/p}`, with the debiased divergence of
    :func:`sinkhorn_divergence`: equal to :math:`W_p` between two points, near it for
    small epsilon, and for large epsilon nearer to what a kernel of the mean distances
    sees (for p = 2 on a flat space, the distance of the means).  No plan stands in for
    another: the method is what you asked for.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    a, b : array-like, shape=[n, *space.shape], shape=[m, *space.shape]
        Points, or integer labels of vertices of shape [n, *space.shape[:-1]].
    p : {1, 2}
        Order.
    weights_a, weights_b : array-like, shape=[n], shape=[m], optional
        Weights of sum 1; default: equal.
    method : {"exact", "sinkhorn"}
        How it is computed: see above.
    epsilon : float
        For "sinkhorn": regularisation as a share of the mean cost.
    tol : float
        For "sinkhorn": largest marginal error, of 1 in all.
    max_iter : int
        For "sinkhorn": largest number of iterations.

    Returns
    -------
    distance : array-like, shape=[]
        In float64, in the library of the points.  For torch points the gradient is
        that of the plan held fixed (envelope theorem); pairs that coincide add 0 to it.
        For "sinkhorn": 0 where the divergence is 0 or below.

    Warns
    -----
    ConvergenceWarning
        For "sinkhorn": if a marginal error is above `tol` after `max_iter` iterations.
    RuntimeWarning
        For "sinkhorn": if the divergence is below 0 by more than `tol` of the mean
        cost, since :math:`\exp(-d^p / \varepsilon)` is no positive kernel; that occurs
        for p = 2 and large epsilon on curved spaces.

    Raises
    ------
    TypeError
        If labels are given for a space without vertices, or libraries are mixed.
    ValueError
        If a batch is empty, a point is not finite or off the space (beyond rounding),
        weights do not sum to 1, or a parameter is out of range.

    References
    ----------
    .. [V2009] C. Villani. Optimal transport: old and new. Springer, 2009.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> sphere = fm.PositiveHypersphere(2)
    >>> round(float(wasserstein_distance(sphere, np.eye(3)[:2], np.array([1, 2]))), 6)
    2.221441
    """
    check_order(p)
    if method not in METHODS:
        raise ValueError(f"expected method in {METHODS}, got {method!r}")
    check_points(space, a=a, b=b)
    points_a, points_b = float64_points(space, a, b), float64_points(space, b, a)
    weights_a = given_weights(weights_a, "weights_a", a)
    weights_b = given_weights(weights_b, "weights_b", b)
    if method == "sinkhorn":
        batches = (points_a, points_b, p, weights_a, weights_b)
        value = sinkhorn_divergence(space, *batches, epsilon, tol, max_iter)
        return _root(space, points_a, points_b, value, p, tol)
    cost = squared_dist_matrix(space, a, b)
    check_costs(cost)
    pairs = planned_pairs(cost, p, weights_a, weights_b)
    return _expected_power(space, points_a, points_b, pairs, p)


def _expected_power(space, a, b, pairs, p):
    """Root of the mean of distances to the power p over the pairs of a plan."""
    distances = _distances(space, a, b, pairs.source_index, pairs.target_index)
    # Roots have no derivative at 0, where distances have the subgradient 0.
    apart = float64_like(distances, a) > 0
    if not bool(apart.any()):
        return 0.0 * abs(a.sum() + b.sum())
    kept = (apart.cpu().numpy() if hasattr(apart, "cpu") else apart).nonzero()[0]
    rows, columns = pairs.source_index[kept], pairs.target_index[kept]
    distances = _distances(space, a, b, rows, columns)
    # Powers of distances would over- and underflow, and cost a lone one its last digit.
    scale = float(float64_like(distances, a).max())
    weights = float64_like(pairs.weights[kept], distances)
    return scale * (weights * (distances / scale) ** p).sum() ** (1.0 / p)


def _distances(space, a, b, rows, columns):
    ends = take(a, rows), take(b, columns)
    distances = call(space, space.metric.dist, *ends)
    return array_namespace(a).reshape(distances, (-1,))


def _root(space, a, b, value, p, tol):
    """Root of a divergence; 0 if that is negative, with notice if by more than tol."""
    number = float(float64_like(value, a))
    if number > 0:
        return value ** (1.0 / p)
    squared_dist = float64_like(pairwise_squared_dist(space, a, b), a)
    if -number > tol * float((squared_dist ** (p / 2)).mean()):
        warnings.warn(
            f"the Sinkhorn divergence is {number:.3g} < 0: exp(-d^p / epsilon) is no "
            "positive kernel on this space, or marginals are too far off; the distance "
            'is given as 0: lower epsilon and tol, or use method="exact"',
            RuntimeWarning,
            stacklevel=3,
        )
    return 0.0 * abs(value)
