"""Debiased entropic transport between weighted points: a distance for many points."""

from ..geometry.arrays import array_namespace, as_array_like, float64_like
from .checks import check_costs, check_weights
from .cost import pairwise_squared_dist, vertices_of
from .entropic import float64_tensor, log_sum_exp
from .sinkhorn import check_settings, sinkhorn_plan, warn_not_converged


def sinkhorn_divergence(
    space,
    a,
    b,
    p=2,
    weights_a=None,
    weights_b=None,
    epsilon=0.05,
    tol=1e-3,
    max_iter=1000,
):
    r"""Sinkhorn divergence of two measures, with the cost :math:`d^p`.

    .. math:: S_\varepsilon(\alpha, \beta) = OT_\varepsilon(\alpha, \beta)
              - \tfrac12 OT_\varepsilon(\alpha, \alpha)
              - \tfrac12 OT_\varepsilon(\beta, \beta)

    (equation 3 of [F2019]_): near :math:`W_p^p` for small epsilon, 0 for equal measures
    at every epsilon, and faster than the exact distance for many points.  For torch
    points the gradient is right: plans are constants, by the envelope theorem.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    a, b : array-like, shape=[n, *space.shape], shape=[m, *space.shape]
        Points, or integer labels of vertices of shape [m, *space.shape[:-1]].
    p : {1, 2}
        Order.
    weights_a, weights_b : array-like, shape=[n], shape=[m], optional
        Weights of sum 1; default: equal.
    epsilon : float
        Regularisation as a share of the mean cost between a and b; the same in all
        three terms.
    tol : float
        Largest marginal error, of 1 in all; the divergence's own is of second order.
    max_iter : int
        Largest number of iterations.

    Returns
    -------
    divergence : array-like, shape=[]
        In (units of distance)^p and the dtype of the points.  Below 0 by no more than
        the marginal error allows where :math:`\exp(-d^p / \varepsilon)` is a positive
        kernel ([F2019]_, Theorem 1), as on flat spaces; on curved ones it is not for
        p = 2 and every epsilon [F2015]_, and the divergence of some measures is
        negative for large epsilon.

    Warns
    -----
    ConvergenceWarning
        If a marginal error is above `tol` after `max_iter` iterations.

    References
    ----------
    .. [F2019] J. Feydy, T. Sejourne, F.-X. Vialard, S. Amari, A. Trouve, G. Peyre.
       Interpolating between optimal transport and MMD using Sinkhorn divergences.
       AISTATS 2019.
    .. [F2015] A. Feragen, F. Lauze, S. Hauberg. Geodesic exponential kernels: when
       curvature and linearity conflict. CVPR 2015.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> sphere = fm.PositiveHypersphere(1)
    >>> round(float(sinkhorn_divergence(sphere, np.eye(2)[:1], np.eye(2)[1:], p=1)), 6)
    3.141593
    """
    check_order(p)
    check_settings(epsilon, tol, max_iter)
    a, b = vertices_of(space, a, b), vertices_of(space, b, a)
    costs = [_cost(space, x, y, p) for x, y in ((a, b), (a, a), (b, b))]
    plan = sinkhorn_plan(costs[0], weights_a, weights_b, epsilon, tol, max_iter)
    eps = float64_tensor(plan.epsilon)
    total = _value(costs[0], plan.plan, plan.value)
    for cost, weights, name in (
        (costs[1], weights_a, "weights_a"),
        (costs[2], weights_b, "weights_b"),
    ):
        weights = check_weights(weights, name, float64_tensor(cost))
        total = total - 0.5 * _self_transport(cost, weights, eps, tol, max_iter)
    return as_array_like(total, a)


def check_order(p):
    """Raise unless an order is 1 or 2."""
    if p not in (1, 2):
        raise ValueError(f"expected the order p to be 1 or 2, got {p!r}")


def _cost(space, x, y, p):
    cost = pairwise_squared_dist(space, x, y)
    check_costs(cost)
    if p == 2:
        return cost
    # The root's gradient is infinite at 0, where distances have the subgradient 0.
    xp = array_namespace(cost)
    apart = cost > 0
    return xp.where(apart, xp.sqrt(xp.where(apart, cost, 1.0)), 0.0)


def _value(cost, plan, value):
    """Regularised cost, whose gradient is that of the expected cost under the plan."""
    if not getattr(cost, "requires_grad", False):
        return value
    return value + (plan * (cost - cost.detach())).sum()


def _self_transport(cost, weights, eps, tol, max_iter):
    """Regularised cost from a measure to itself, by averaged updates.

    The two potentials are equal, and the mean of an update and what it updates
    converges in a few iterations ([F2019]_, section 3.1).
    """
    matrix, log_weights = float64_tensor(cost), weights.log()
    f, scaled = matrix.new_zeros(len(matrix)), matrix / eps
    error = float("inf")
    for _ in range(max_iter):
        update = -eps * log_sum_exp((f / eps + log_weights)[None, :] - scaled)
        marginal = weights * ((f - update) / eps).clamp(max=50.0).exp()
        error = float((marginal - weights).abs().sum())
        if error <= tol:
            break
        f = 0.5 * (f + update)
    if error > tol:
        warn_not_converged(error, tol, max_iter)
    sums = (f[:, None] + f[None, :]) / eps - scaled
    plan = weights[:, None] * sums.clamp(max=50.0).exp() * weights
    # At a symmetric optimum both potentials are f; the update is exact to second order.
    value = (weights * (f + update)).sum()
    return _value(cost, float64_like(plan, cost), float64_like(value, cost))
