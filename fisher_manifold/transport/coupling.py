"""Couplings: how the points of a source batch are paired with those of a target batch.

Every coupling is called as ``coupling(x0, x1, conditions=None, generator=None)`` and
returns a frozen :class:`Pairs`.  Conditions stay with their targets; where all weights
are equal, targets keep their order, and it is the source points that are permuted.
"""

import numpy as np

from ..geometry.arrays import float64_like
from .checks import check_costs, check_weights
from .cost import pairwise_squared_dist
from .exact import check_solver, solve_assignment, solve_transport
from .pairs import Match, as_numpy, check_batches, draw_pairs, index_like


class IndependentCoupling:
    """Pair the batches as they come: x0 and x1 stay independent.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> coupling, x0 = fm.transport.IndependentCoupling(), np.eye(3)
    >>> pairs = coupling(x0, np.array([2, 0, 1]))
    >>> pairs.x0 is x0, pairs.x1  # nothing moves, not even towards equal targets
    (True, array([2, 0, 1]))
    >>> rng = np.random.default_rng(0)
    >>> coupling(x0, np.array([2, 0]), generator=rng).x0.shape  # one source per target
    (2, 3)
    """

    def __call__(
        self,
        x0,
        x1,
        conditions=None,
        generator=None,
        *,
        source_weights=None,
        target_weights=None,
    ):
        """Pair two batches.

        Parameters
        ----------
        x0 : array-like, shape=[n, *point_shape]
            Source points.
        x1 : array-like, shape=[m, ...]
            Target points or labels.
        conditions : pytree of array-like, optional
            What belongs to the targets: nested dictionaries, lists and tuples of arrays
            with first axis m.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness where n and m differ, or weights are given.
        source_weights, target_weights : array-like, shape=[n], shape=[m], optional
            Weights of sum 1; default: equal.

        Returns
        -------
        pairs : Pairs
            The batches as given; where sizes differ or weights are given, m pairs drawn
            from the product of the two laws.
        """
        check_batches(x0, x1, conditions)
        if source_weights is None and target_weights is None:
            if x0.shape[0] == x1.shape[0]:
                return Match().pairs(x0, x1, conditions)
        source = check_weights(source_weights, "source_weights", x0)
        target = check_weights(target_weights, "target_weights", x1)
        plan = source[:, None] * target[None, :]
        given = None if target_weights is None else target
        rows, columns = draw_pairs(plan, given, generator)
        match = Match(rows, columns, plan)
        return match.pairs(x0, x1, conditions)


class PlanCoupling:
    """Base of couplings that are a function of the matrix of costs: `match` is theirs.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    """

    def __init__(self, space):
        self.space = space

    def __call__(
        self,
        x0,
        x1,
        conditions=None,
        generator=None,
        *,
        source_weights=None,
        target_weights=None,
    ):
        """Pair two batches at little total squared distance.

        Parameters
        ----------
        x0 : array-like, shape=[n, *point_shape]
            Source points.
        x1 : array-like, shape=[m, *point_shape] or int array of labels
            Target points, or labels of vertices.
        conditions : pytree of array-like, optional
            What belongs to the targets: nested dictionaries, lists and tuples of arrays
            with first axis m.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness where the plan is not a permutation; default: that of
            the points' library.
        source_weights, target_weights : array-like, shape=[n], shape=[m], optional
            Weights of sum 1; default: equal.

        Returns
        -------
        pairs : Pairs
            m pairs, with the plan or permutation, its cost and marginal error.

        Raises
        ------
        ValueError
            If a batch is empty, a point is off the space (beyond rounding), a condition
            is not of the targets' length, weights do not sum to 1, or a cost is not
            finite.
        """
        cost = self.cost(x0, x1, conditions)
        match = self.match(cost, generator, source_weights, target_weights)
        return match.pairs(x0, x1, conditions)

    def cost(self, x0, x1, conditions=None):
        """Squared distances of all pairs of two checked batches.

        Parameters
        ----------
        x0, x1 : array-like, shape=[n, ...], shape=[m, ...]
            Source points and targets.
        conditions : pytree of array-like, optional
            What belongs to the targets; only checked.

        Returns
        -------
        cost : array-like, shape=[n, m]
            Costs.
        """
        check_batches(x0, x1, conditions, self.space)
        return pairwise_squared_dist(self.space, x0, x1)

    def match(self, cost, generator=None, source_weights=None, target_weights=None):
        """Match source points with targets, given the matrix of costs.

        Parameters
        ----------
        cost : array-like, shape=[n, m]
            Costs of all pairs.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness.
        source_weights, target_weights : array-like, shape=[n], shape=[m], optional
            Weights of sum 1; default: equal.

        Returns
        -------
        match : Match
            Indices, plan, cost and marginal error.
        """
        raise NotImplementedError


class ExactCoupling(PlanCoupling):
    """Optimal transport between two batches, solved exactly.

    Between batches of equal size without weights the plan is a permutation (Birkhoff),
    found by the algorithm of Jonker and Volgenant in scipy's [C2016]_ or lapx'
    implementation.  Else it is found by POT's network simplex, and pairs are drawn from
    it: every target once, or as often as its weight says, each with a source point
    drawn from the plan.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    solver : {"scipy", "lapx"}
        Library that finds permutations.  lapx, an optional package, is 2 to 3 times
        faster (docs/transport.md); among several optimal plans it may find another one.

    References
    ----------
    .. [C2016] D. F. Crouse. On implementing 2D rectangular assignment algorithms.
       IEEE Trans. Aerospace and Electronic Systems 52(4): 1679-1696, 2016.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> sphere = fm.PositiveHypersphere(2)
    >>> pairs = ExactCoupling(sphere)(np.eye(3), np.array([2, 0, 1]))
    >>> pairs.permutation, pairs.cost
    (array([2, 0, 1]), 0.0)
    """

    def __init__(self, space, solver="scipy"):
        super().__init__(space)
        check_solver(solver)
        self.solver = solver

    def match(self, cost, generator=None, source_weights=None, target_weights=None):
        """Match source points with targets, given the matrix of costs.

        Parameters
        ----------
        cost : array-like, shape=[n, m]
            Costs of all pairs, finite.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness; not used if the plan is a permutation.
        source_weights, target_weights : array-like, shape=[n], shape=[m], optional
            Weights of sum 1; default: equal.

        Returns
        -------
        match : Match
            Indices, plan, cost and marginal error.
        """
        check_costs(cost)
        matrix = as_numpy(cost)
        weighted = source_weights is not None or target_weights is not None
        if not weighted and matrix.shape[0] == matrix.shape[1]:
            rows = solve_assignment(matrix, self.solver)
            total = matrix[rows, np.arange(len(rows))].mean(dtype=np.float64)
            return Match(index_like(rows, cost), cost=float(total))
        source = check_weights(source_weights, "source_weights", matrix)
        target = check_weights(target_weights, "target_weights", matrix.T)
        plan = solve_transport(matrix, source, target)
        error = abs(plan.sum(1) - source).sum() + abs(plan.sum(0) - target).sum()
        expected = float((plan * matrix).sum())
        plan = float64_like(plan, cost)
        given = None if target_weights is None else float64_like(target, cost)
        rows, columns = draw_pairs(plan, given, generator)
        return Match(rows, columns, plan, expected, float(error))
