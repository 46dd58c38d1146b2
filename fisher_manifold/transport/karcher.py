"""Frechet means of many small sets of points at once, on any space."""

from ..geometry.arrays import array_namespace
from ..geometry.foreign import call

_MAX_STEPS = 100
"""Steps to the mean of each set; few are needed in a convex ball."""

_SETTLED = 1e-20
"""Squared length of a full step, of the mean squared distance, that is none."""

_SHORTEST = 2.0**-10
"""Steps shorter than this share of the mean logarithm find nothing more."""

_ARRIVAL = 1e-2
"""Relative error of the squared length of a geodesic that rounding does not make."""

_ROUNDING = 1e-14
"""Relative rounding of a mean squared distance."""


def frechet_means(space, points, targets, weights):
    r"""Frechet means of n sets of k weighted points, from given starts.

    On the spaces of this package :class:`fisher_manifold.learning.FrechetMean`, right
    on the boundary, too.  Else steps along the mean of the logarithms, which is minus
    half the gradient of :math:`\sum_k w_k d(x, y_k)^2`, halved for each set until that
    does not increase.

    Parameters
    ----------
    space : Manifold
        Any geomstats space with exp and log.
    points : array-like, shape=[n, *space.shape]
        Starts.
    targets : array-like, shape=[k, n, *space.shape]
        Points of the sets.
    weights : array-like, shape=[k, n]
        Weights of sum 1 over each set.

    Returns
    -------
    means : array-like, shape=[n, *space.shape]
        Means; where there are several local ones, one no worse than the start.
    """
    if hasattr(space, "from_sphere_coordinates"):
        from ..learning import FrechetMean

        return FrechetMean(space).fit(targets, weights=weights).estimate_
    return _descend(space, points, targets, weights)


def check_arrival(space, start, end, advice):
    """Raise where log is not as long as the distance: at the cut locus.

    Parameters
    ----------
    space : Manifold
        Any geomstats space with exp and log.
    start, end : array-like, shape=[n, *space.shape]
        Ends of the geodesics.
    advice : str
        What the caller may do.
    """
    xp = array_namespace(start, end)
    metric = space.metric
    arrow = call(space, metric.log, end, start)
    reached = xp.reshape(call(space, metric.squared_norm, arrow, start), (-1,))
    wanted = xp.reshape(call(space, metric.squared_dist, start, end), (-1,))
    lost = ~(xp.abs(reached - wanted) <= _ARRIVAL * (1e-6 + wanted))
    if bool(xp.any(lost)):
        first = int(xp.argmax(xp.astype(lost, xp.int64)))
        raise ValueError(
            f"no unique geodesic leads from {start[first]} to {end[first]}, which are "
            f"at each other's cut locus: {advice}"
        )


def _descend(space, points, targets, weights):
    xp = array_namespace(points, targets, weights)
    shape = (-1, *space.shape)
    copies = xp.broadcast_to(points[None], targets.shape)
    check_arrival(
        space,
        xp.reshape(copies, shape),
        xp.reshape(targets, shape),
        "give another init",
    )
    value = _mean_squared_dist(space, points, targets, weights)
    step = xp.ones_like(value)
    for _ in range(_MAX_STEPS):
        direction = _mean_log(space, points, targets, weights)
        squared = call(space, space.metric.squared_norm, direction, points)
        length = xp.reshape(squared, (-1,))
        if bool(xp.all((length <= _SETTLED * value) | (step < _SHORTEST))):
            break
        move = _per_point(step, points) * direction
        trial = call(space, space.metric.exp, move, points)
        trial_value = _mean_squared_dist(space, trial, targets, weights)
        better = trial_value <= (1.0 + _ROUNDING) * value
        points = xp.where(_per_point(better, points), trial, points)
        value = xp.where(better, trial_value, value)
        step = xp.where(better, step, 0.5 * step)
    return points


def _mean_squared_dist(space, points, targets, weights):
    """Mean squared distance of each point to its targets, shape=[n]."""
    xp = array_namespace(points)

    def squared_dist(point, target):
        return call(space, space.metric.squared_dist, point, target)

    values = _to_targets(space, squared_dist, points, targets)
    return xp.sum(weights * xp.reshape(values, weights.shape), axis=0)


def _mean_log(space, points, targets, weights):
    """Mean of the logarithms of the targets of each point, shape=[n, *space.shape]."""
    xp = array_namespace(points)

    def log(base_point, point):
        return call(space, space.metric.log, point, base_point)

    logs = xp.reshape(_to_targets(space, log, points, targets), targets.shape)
    return xp.sum(_per_point(weights, targets) * logs, axis=0)


def _to_targets(space, function, points, targets):
    """Values of a function of pairs, on the one batch axis that every space takes."""
    xp = array_namespace(points)
    shape = (-1, *space.shape)
    copies = xp.broadcast_to(points[None], targets.shape)
    return function(xp.reshape(copies, shape), xp.reshape(targets, shape))


def _per_point(numbers, points):
    """Numbers with trailing axes, to go with points."""
    return numbers[(..., *[None] * (points.ndim - numbers.ndim))]
