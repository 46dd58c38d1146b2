"""Entropic plans (Sinkhorn's algorithm) and the coupling that draws from them."""

import dataclasses
import warnings
from typing import Any

from ..geometry.arrays import float64_like
from .checks import check_costs, check_weights
from .coupling import PlanCoupling
from .entropic import EntropicProblem, float64_tensor
from .pairs import Match, draw_pairs


@dataclasses.dataclass(frozen=True)
class SinkhornPlan:
    """Entropic plan and potentials, in float64.

    Attributes
    ----------
    plan : array-like, shape=[..., n, m]
        Joint law; its target marginal is exact.
    source_potential, target_potential : array-like, shape=[..., n], shape=[..., m]
        Dual potentials, in units of cost.
    epsilon : array-like, shape=[...]
        Regularisation in units of cost.
    cost : array-like, shape=[...]
        Expected cost under the plan.
    value : array-like, shape=[...]
        Regularised cost, by duality: a f + b g.
    marginal_error : array-like, shape=[...]
        Sum of the absolute differences between source marginal and weights.
    n_iter : int
        Iterations, those on the way to the wanted epsilon included.
    converged : bool
        Whether every marginal error is at most `tol`.
    """

    plan: Any
    source_potential: Any
    target_potential: Any
    epsilon: Any
    cost: Any
    value: Any
    marginal_error: Any
    n_iter: int
    converged: bool


def sinkhorn_plan(
    cost,
    source_weights=None,
    target_weights=None,
    epsilon=0.05,
    tol=1e-3,
    max_iter=1000,
):
    r"""Plan of entropic optimal transport.

    Computed in float64 on the device of the costs.

    Parameters
    ----------
    cost : array-like, shape=[..., n, m]
        Finite costs of all pairs; leading axes are separate problems.
    source_weights, target_weights : array-like, shape=[n], shape=[m], optional
        Weights of sum 1, the same for all problems; default: equal.
    epsilon : float
        Regularisation as a share of each problem's mean cost :math:`a^T C b`, so that
        it means the same in any unit; 1 where all costs are 0, and any will do.
    tol : float
        Largest sum of absolute errors of the source marginal, of 1 in all.
    max_iter : int
        Largest number of iterations.

    Returns
    -------
    result : SinkhornPlan
        Plan, potentials, costs and how far the iteration came.

    Warns
    -----
    ConvergenceWarning
        If the marginal error is above `tol` after `max_iter` iterations.

    Raises
    ------
    ValueError
        If a cost is not finite, weights do not sum to 1, or a parameter is out of
        range.

    References
    ----------
    .. [C2013] M. Cuturi. Sinkhorn distances: lightspeed computation of optimal
       transport. NeurIPS 2013.
    .. [S2019] B. Schmitzer. Stabilized sparse scaling algorithms for entropy
       regularized transport problems. SIAM J. Sci. Comput. 41(3), 2019.

    Examples
    --------
    >>> import numpy as np
    >>> result = sinkhorn_plan(1.0 - np.eye(2), epsilon=0.5, tol=1e-9)
    >>> result.plan.round(4), result.converged
    (array([[0.491, 0.009],
           [0.009, 0.491]]), True)
    """
    check_settings(epsilon, tol, max_iter)
    check_costs(cost)
    matrix = float64_tensor(cost)
    n, m = matrix.shape[-2:]
    a = check_weights(source_weights, "source_weights", matrix.new_empty(n))
    b = check_weights(target_weights, "target_weights", matrix.new_empty(m))
    eps = relative_epsilon(matrix, a, b, epsilon)
    solver = EntropicProblem(matrix, a, b)
    n_iter = solver.run(eps, tol, max_iter)
    plan, error = solver.plan(eps)
    value = (a * solver.f).sum(-1) + (b * solver.g).sum(-1)
    converged = bool((error <= tol).all())
    if not converged:
        warn_not_converged(float(error.max()), tol, n_iter)
    arrays = {
        "plan": plan,
        "source_potential": solver.f,
        "target_potential": solver.g,
        "epsilon": eps,
        "cost": (plan * matrix).sum((-2, -1)),
        "value": value,
        "marginal_error": error,
    }
    arrays = {name: float64_like(array, cost) for name, array in arrays.items()}
    return SinkhornPlan(**arrays, n_iter=n_iter, converged=converged)


def check_settings(epsilon, tol, max_iter):
    """Raise unless the parameters of Sinkhorn's iteration are in range."""
    for name, value in (("epsilon", epsilon), ("tol", tol)):
        if not 0 < value < float("inf"):
            raise ValueError(f"expected a finite {name} > 0, got {value!r}")
    if max_iter < 1:
        raise ValueError(f"expected max_iter >= 1, got {max_iter!r}")


def relative_epsilon(cost, a, b, epsilon):
    """Regularisation in units of cost, shape=[...]."""
    scale = (cost @ b) @ a
    return epsilon * scale.where(scale > 0, 1.0)


def warn_not_converged(error, tol, n_iter):
    """Warn that Sinkhorn's iteration stopped short of its tolerance."""
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(
        f"Sinkhorn's marginal error is {error:.2g} after {n_iter} iterations, above "
        f"tol={tol:g}: raise max_iter, epsilon or tol",
        ConvergenceWarning,
        stacklevel=3,
    )


class SinkhornCoupling(PlanCoupling):
    """Pair by drawing from the plan of entropic optimal transport.

    Every target occurs once, in its order, unless targets have weights; its source
    point is drawn from its column of the plan.  As epsilon falls, the plan comes near
    the exact one; as it grows, near independence.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    epsilon : float
        Regularisation as a share of the mean cost of independent pairs.
    tol : float
        Largest marginal error, of 1 in all.
    max_iter : int
        Largest number of iterations; a warning says if the error was not reached.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> sphere = fm.PositiveHypersphere(2)
    >>> coupling = SinkhornCoupling(sphere, epsilon=0.01)
    >>> pairs = coupling(np.eye(3), np.array([2, 0, 1]))
    >>> pairs.source_index, pairs.marginal_error < 1e-3
    (array([2, 0, 1]), True)
    """

    def __init__(self, space, epsilon=0.05, tol=1e-3, max_iter=1000):
        super().__init__(space)
        check_settings(epsilon, tol, max_iter)
        self.epsilon = epsilon
        self.tol = tol
        self.max_iter = max_iter

    def match(self, cost, generator=None, source_weights=None, target_weights=None):
        """Match source points with targets, given the matrix of costs.

        Parameters
        ----------
        cost : array-like, shape=[n, m]
            Costs of all pairs, finite.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness.
        source_weights, target_weights : array-like, shape=[n], shape=[m], optional
            Weights of sum 1; default: equal.

        Returns
        -------
        match : Match
            Indices, plan, cost and marginal error.
        """
        settings = (self.epsilon, self.tol, self.max_iter)
        result = sinkhorn_plan(cost, source_weights, target_weights, *settings)
        if target_weights is not None:
            columns = result.plan[0]
            target_weights = check_weights(target_weights, "target_weights", columns)
        rows, columns = draw_pairs(result.plan, target_weights, generator)
        error = float(result.marginal_error)
        return Match(rows, columns, result.plan, float(result.cost), error)
