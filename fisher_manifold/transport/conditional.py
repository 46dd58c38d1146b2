r"""Couplings of conditional models: the source law given a condition stays the source.

Where targets carry conditions c, pairing by cost alone makes the source point tell of
the condition: p(x0 | c) differs from the source p(x0), from which the sampler will
start.  Remedy: every source point is given a condition first, independent of it, and
is paired with a target of the same condition, or of a similar one.
"""

import dataclasses

import numpy as np
import scipy.spatial.distance

from ..geometry.arrays import array_namespace, as_array_like, float64_like
from .pairs import Match, as_numpy, index_like


class ConditionalCoupling:
    r"""Pair by another coupling, within equal conditions or near them.

    Source point i takes the condition of target i, so that conditions come as often
    among the source points as among the targets.  Without ``weight``, it is paired
    among the targets of equal condition: then p(x0 | c) is the source law exactly,
    provided that the order of the source points says nothing of them, as with
    independent draws.  With ``weight`` w, for continuous conditions, the cost of a pair
    is

    .. math:: d^2(x_0, x_1) + w |c_0 - c_1|^2,

    and p(x0 | c) comes near the source as w grows [C2024]_ [K2024]_; the pairs of w = 0
    are those of the given coupling.

    Parameters
    ----------
    coupling : ExactCoupling or SinkhornCoupling
        Coupling that pairs within a condition, or by the sum of costs.
    key : str, optional
        Name of the condition in a dictionary of several; not needed if it is the only
        one, or an array by itself.
    weight : float, optional
        Weight w >= 0 of the squared Euclidean distance of conditions, in squared
        radians of transport cost; default: conditions must be equal.

    Raises
    ------
    TypeError
        If the coupling does not match by costs.
    ValueError
        If the weight is negative or not finite.

    References
    ----------
    .. [C2024] J. Chemseddine, P. Hagemann, G. Steidl, C. Wald. Conditional Wasserstein
       distances with applications in Bayesian OT flow matching. arXiv:2403.18705, 2024.
    .. [K2024] G. Kerrigan, G. Migliorini, P. Smyth. Dynamic conditional optimal
       transport through simulation-free flows. arXiv:2404.04240, 2024.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> from fisher_manifold.transport import ExactCoupling
    >>> sphere = fm.PositiveHypersphere(2)
    >>> coupling = ConditionalCoupling(ExactCoupling(sphere))
    >>> label = np.array([0, 0, 1])
    >>> coupling(np.eye(3), np.array([1, 2, 0]), {"label": label}).permutation
    array([1, 0, 2])
    """

    def __init__(self, coupling, key=None, weight=None):
        if not hasattr(coupling, "match"):
            raise TypeError(
                "expected a coupling that matches by costs, such as ExactCoupling or "
                f"SinkhornCoupling, got {type(coupling).__name__}"
            )
        if weight is not None and not 0 <= weight < float("inf"):
            raise ValueError(f"expected a finite weight >= 0 or None, got {weight!r}")
        self.coupling = coupling
        self.key = key
        self.weight = weight

    def __call__(self, x0, x1, conditions, generator=None):
        """Pair two batches.

        Parameters
        ----------
        x0 : array-like, shape=[n, *point_shape]
            Source points, in an order that says nothing of them.
        x1 : array-like, shape=[n, *point_shape] or int array of labels
            Target points, or labels of vertices.
        conditions : pytree of array-like
            What belongs to the targets.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness where plans are not permutations.

        Returns
        -------
        pairs : Pairs
            Pairs in the order of the targets; the cost is that of transport alone.

        Raises
        ------
        ValueError
            If the sizes differ, or there is no condition, or several and no key.
        """
        cost = self.coupling.cost(x0, x1, conditions)
        n, m = cost.shape
        if n != m:
            raise ValueError(
                "expected batches of equal size, since each source point takes the "
                f"condition of a target, got {n} source and {m} target points"
            )
        condition = self._condition(conditions, n)
        if self.weight is None:
            match = self._within_groups(cost, condition, generator)
        else:
            match = self._by_sum(cost, condition, generator)
        return match.pairs(x0, x1, conditions)

    def _condition(self, conditions, n):
        """Condition that the pairing keeps, shape=[n, size]."""
        if isinstance(conditions, dict):
            names = sorted(conditions)
            key = self.key if self.key is not None or len(names) != 1 else names[0]
            if key not in conditions:
                raise ValueError(
                    "expected the name of the condition to pair by as `key`, one of "
                    f"{names}, got {key!r}"
                )
            conditions = conditions[key]
        if not hasattr(conditions, "reshape"):
            raise ValueError(
                "expected an array, or a dictionary of arrays, of conditions to pair "
                f"by, got {type(conditions).__name__}"
            )
        return conditions.reshape(n, -1)

    def _by_sum(self, cost, condition, generator):
        """Match by the sum of transport cost and the distance of conditions."""
        penalty = self.weight * _squared_distances(condition)
        match = self.coupling.match(cost + as_array_like(penalty, cost), generator)
        if match.plan is None:
            columns = array_namespace(cost).arange(len(cost))
            transport = cost[match.source_index, columns].mean()
        else:
            transport = (match.plan * cost).sum()
        return dataclasses.replace(match, cost=float(transport))

    def _within_groups(self, cost, condition, generator):
        """Match each group of equal conditions by itself."""
        n = cost.shape[0]
        source_index, plan = np.empty(n, dtype=np.int64), None
        transport = error = 0.0
        for group in _groups(as_numpy(condition)):
            rows = index_like(group, cost)
            match = self.coupling.match(cost[rows][:, rows], generator)
            source_index[group] = group[as_numpy(match.source_index)]
            share = len(group) / n
            transport += share * match.cost
            error += share * match.marginal_error
            if match.plan is not None:
                plan = 0.0 * float64_like(cost, cost) if plan is None else plan
                plan[rows[:, None], rows] = share * float64_like(match.plan, cost)
        return Match(index_like(source_index, cost), None, plan, transport, error)


def _groups(values):
    """Places of each distinct row, as integer arrays."""
    if values.dtype.kind == "f":
        _check_finite(values)
    group_of = np.unique(values, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(group_of, kind="stable")
    return np.split(order, np.cumsum(np.bincount(group_of))[:-1])


def _squared_distances(condition):
    """Squared Euclidean distances of all pairs of rows, in float64 on the CPU."""
    values = as_numpy(condition).astype(np.float64)
    _check_finite(values)
    return scipy.spatial.distance.cdist(values, values, "sqeuclidean")


def _check_finite(values):
    if not np.isfinite(values).all():
        raise ValueError(
            "expected finite conditions to pair by, but row "
            f"{int(np.argwhere(~np.isfinite(values))[0, 0])} is not"
        )
