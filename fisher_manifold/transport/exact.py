"""Optimal plans of finite problems, solved exactly by well-kept libraries."""

import numpy as np
from scipy.optimize import linear_sum_assignment

SOLVERS = ("scipy", "lapx")

_MAX_ITERATIONS = 2**31 - 1
"""Far beyond what the network simplex takes: POT's default stops it too early."""


def solve_assignment(cost, solver="scipy"):
    """Permutation of least total cost.

    Parameters
    ----------
    cost : numpy.ndarray, shape=[n, n]
        Finite costs.
    solver : {"scipy", "lapx"}
        Library; both run variants of the algorithm of Jonker and Volgenant.

    Returns
    -------
    rows : numpy.ndarray of int, shape=[n]
        Row assigned to each column.
    """
    if solver == "lapx":
        columns = _lapx().lapjvh(np.ascontiguousarray(cost), return_cost=False)[1]
    else:
        columns = linear_sum_assignment(cost)[1]
    rows = np.empty_like(columns)
    rows[columns] = np.arange(len(columns))
    return rows


def check_solver(solver):
    """Raise unless a solver is known and its library installed."""
    if solver not in SOLVERS:
        raise ValueError(f"expected solver in {SOLVERS}, got {solver!r}")
    if solver == "lapx":
        _lapx()


def _lapx():
    try:
        import lap
    except ImportError as error:
        raise ImportError(
            'the solver "lapx" needs the package of that name: pip install '
            '"fisher_manifold[fast]", or use solver="scipy"'
        ) from error
    return lap


def solve_transport(cost, source_weights, target_weights):
    """Optimal plan between weighted points, by POT's network simplex [B2011]_.

    Parameters
    ----------
    cost : numpy.ndarray, shape=[n, m]
        Finite costs.
    source_weights, target_weights : numpy.ndarray, shape=[n], shape=[m]
        Weights of sum 1.

    Returns
    -------
    plan : numpy.ndarray, shape=[n, m]
        Joint law of least expected cost; at most n + m - 1 entries are positive.

    Raises
    ------
    RuntimeError
        If the solver stops short of the optimum.

    References
    ----------
    .. [B2011] N. Bonneel, M. van de Panne, S. Paris, W. Heidrich. Displacement
       interpolation using Lagrangian mass transport. ACM Trans. Graphics 30(6), 2011.
    """
    import ot.lp  # here, since it loads every array library that is installed

    plan, log = ot.lp.emd(
        source_weights,
        target_weights / target_weights.sum() * source_weights.sum(),
        np.ascontiguousarray(cost, dtype=np.float64),
        numItermax=_MAX_ITERATIONS,
        log=True,
        check_marginals=False,
    )
    if log["warning"]:
        raise RuntimeError(f"POT's network simplex failed: {log['warning']}")
    return plan
