"""Entropic plans against POT, closed forms and limits; stopping and warnings."""

import itertools
import warnings

import numpy as np
import ot
import pytest
import scipy.optimize
import torch
from sklearn.exceptions import ConvergenceWarning

import fisher_manifold as fm
from fisher_manifold import transport
from fisher_manifold.transport import sinkhorn_plan

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 5)


def weights(rng, n):
    w = rng.random(n) + 0.1
    return w / w.sum()


def problem(n, m, seed=0):
    """Costs between points and vertices, and weights of both."""
    rng = np.random.default_rng(seed)
    x0 = SPACE.random_point(n, generator=rng).reshape(n, *SPACE.shape)
    cost = transport.pairwise_squared_dist(SPACE, x0, rng.integers(4, size=(m, 5)))
    return cost, weights(rng, n), weights(rng, m)


def marginal_errors(result, a, b):
    plan = np.asarray(result.plan)
    return abs(plan.sum(-1) - a).sum(-1), abs(plan.sum(-2) - b).sum(-1)


@pytest.mark.parametrize("sizes", [(9, 9), (7, 12), (12, 7), (1, 6), (6, 1), (1, 1)])
@pytest.mark.parametrize("epsilon", [1.0, 0.1, 0.02])
def test_plan_against_pot(sizes, epsilon):
    cost, a, b = problem(*sizes)
    result = sinkhorn_plan(cost, a, b, epsilon, tol=1e-10, max_iter=20_000)
    assert float(result.epsilon) == pytest.approx(epsilon * a @ cost @ b, rel=1e-12)
    settings = {"method": "sinkhorn_log", "stopThr": 1e-12, "numItermax": 50_000}
    expected = ot.sinkhorn(a, b, cost, float(result.epsilon), **settings)
    assert abs(result.plan - expected).max() < 1e-8
    assert float(result.cost) == pytest.approx((expected * cost).sum(), rel=1e-7)
    # Duality: a f + b g = <P, C> + eps KL(P | a b).
    entropy = (expected * np.log(expected / (a[:, None] * b))).sum()
    primal = (expected * cost).sum() + float(result.epsilon) * entropy
    assert float(result.value) == pytest.approx(primal, rel=1e-7)
    rows, columns = marginal_errors(result, a, b)
    assert rows <= 1e-10 and columns < 1e-12
    assert float(result.marginal_error) == pytest.approx(rows, abs=1e-14)


def test_two_by_two_in_closed_form():
    """The odds ratio of the plan is exp of minus the costs' own, over epsilon."""
    cost, a, b = np.array([[0.3, 2.0], [1.1, 0.2]]), [0.3, 0.7], [0.6, 0.4]
    result = sinkhorn_plan(cost, a, b, epsilon=1.0, tol=1e-14, max_iter=10_000)
    gap = cost[0, 0] + cost[1, 1] - cost[0, 1] - cost[1, 0]
    odds = np.exp(-gap / float(result.epsilon))

    def excess(x):
        return x * (1 - a[0] - b[0] + x) - odds * (a[0] - x) * (b[0] - x)

    corner = scipy.optimize.brentq(excess, 0.0, 0.3, xtol=1e-15)
    assert float(result.plan[0, 0]) == pytest.approx(corner, abs=1e-12)


def test_small_epsilon_comes_near_the_exact_plan():
    cost, *_ = problem(40, 40)
    rows, columns = scipy.optimize.linear_sum_assignment(cost)
    exact = cost[rows, columns].mean()
    gaps = []
    for epsilon in (0.3, 0.1, 0.03, 0.01, 0.003):
        result = sinkhorn_plan(cost, epsilon=epsilon, tol=1e-5, max_iter=200_000)
        gaps.append(float(result.cost) - exact)
        # KL(P | a b) of a plan is between 0 and log n.
        slack = 1e-5 * cost.max()
        assert -slack <= gaps[-1] <= float(result.epsilon) * np.log(40) + slack
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] < 1e-2 * exact


@pytest.mark.parametrize("epsilon", [1.0, 0.05, 1e-3, 1e-5])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_any_scale_of_costs(epsilon, scale):
    cost, a, b = problem(30, 20)
    settings = {"epsilon": epsilon, "tol": 0.2, "max_iter": 10_000}
    base = sinkhorn_plan(cost, a, b, **settings)
    scaled = sinkhorn_plan(scale * cost, a, b, **settings)
    assert base.converged and scaled.converged
    assert abs(base.plan - scaled.plan).max() < 1e-6
    assert np.isfinite(scaled.source_potential).all()


def test_very_different_scales_within_a_problem():
    rng = np.random.default_rng(0)
    cost = 10.0 ** rng.uniform(-8, 8, size=(20, 20))
    result = sinkhorn_plan(cost, epsilon=0.01, tol=1e-6, max_iter=100_000)
    assert result.converged and np.isfinite(result.plan).all()


def test_batches_equal_single_problems():
    problems = [problem(8, 6, seed)[0] * 10.0**seed for seed in range(4)]
    batch = np.stack(problems).reshape(2, 2, 8, 6)
    settings = {"epsilon": 0.05, "tol": 1e-9, "max_iter": 20_000}
    together = sinkhorn_plan(batch, **settings)
    assert together.plan.shape == (2, 2, 8, 6) and together.cost.shape == (2, 2)
    for i, j in itertools.product(range(2), range(2)):
        alone = sinkhorn_plan(batch[i, j], **settings)
        assert abs(together.plan[i, j] - alone.plan).max() < 1e-9
        assert float(together.epsilon[i, j]) == pytest.approx(float(alone.epsilon))


def test_libraries_and_dtypes_agree():
    cost, a, b = problem(20, 15)
    expected = sinkhorn_plan(cost, a, b)
    for dtype in (torch.float32, torch.float64):
        tensor = torch.from_numpy(cost).to(dtype).requires_grad_()
        result = sinkhorn_plan(tensor, torch.from_numpy(a), b)
        assert result.plan.dtype == torch.float64 and not result.plan.requires_grad
        assert abs(result.plan.numpy() - expected.plan).max() < 1e-6
    assert isinstance(expected.plan, np.ndarray)


def test_zero_weights_and_zero_costs():
    cost, *_ = problem(5, 4)
    a, b = np.array([0, 0.5, 0, 0.5, 0]), np.array([0.25, 0, 0.75, 0])
    result = sinkhorn_plan(cost, a, b, epsilon=0.1, tol=1e-9)
    kept = sinkhorn_plan(cost[[1, 3]][:, [0, 2]], a[[1, 3]], b[[0, 2]], 0.1, 1e-9)
    assert abs(result.plan[[1, 3]][:, [0, 2]] - kept.plan).max() < 1e-9
    assert result.plan[[0, 2, 4]].max() == 0 and result.plan[:, [1, 3]].max() == 0
    assert np.isfinite(result.source_potential).all()
    flat = sinkhorn_plan(np.zeros((3, 4)))
    assert flat.converged and abs(flat.plan - 1 / 12).max() < 1e-15


def test_a_tolerance_that_is_not_reached_is_said():
    cost, *_ = problem(60, 60)
    with pytest.warns(ConvergenceWarning, match=r"error is .* after 5 .*tol=1e-12"):
        result = sinkhorn_plan(cost, epsilon=0.01, tol=1e-12, max_iter=5)
    assert not result.converged and result.n_iter == 5
    errors = marginal_errors(result, 1 / 60, 1 / 60)
    assert float(result.marginal_error) == pytest.approx(errors[0])
    assert errors[0] > 1e-12 and errors[1] < 1e-12
    with pytest.warns(ConvergenceWarning):
        coupling = transport.SinkhornCoupling(SPACE, 0.001, tol=1e-12, max_iter=2)
        assert coupling.match(cost).marginal_error > 1e-12


def test_bad_arguments():
    cost, *_ = problem(4, 4)
    for name, value in (("epsilon", 0.0), ("epsilon", np.nan), ("tol", -1.0)):
        with pytest.raises(ValueError, match=f"finite {name} > 0, got {value}"):
            sinkhorn_plan(cost, **{name: value})
        with pytest.raises(ValueError, match=f"finite {name} > 0"):
            transport.SinkhornCoupling(SPACE, **{name: value})
    with pytest.raises(ValueError, match="max_iter >= 1, got 0"):
        sinkhorn_plan(cost, max_iter=0)
    broken = np.stack([cost, cost])
    broken[1, 2, 3] = np.inf
    with pytest.raises(ValueError, match=r"got inf between x0\[2\] and x1\[3\] in .*1"):
        sinkhorn_plan(broken)
    with pytest.raises(ValueError, match="source_weights that sum to 1"):
        sinkhorn_plan(cost, np.ones(4))
    with pytest.raises(ValueError, match=r"target_weights of shape \[4\], got \[3\]"):
        sinkhorn_plan(cost, None, np.ones(3) / 3)
    with pytest.raises(ValueError, match="at least one source and one target"):
        sinkhorn_plan(cost[:0])


def test_coupling_keeps_targets_and_draws_from_the_plan():
    g = torch.Generator().manual_seed(0)
    x0 = SPACE.random_point(16, generator=g)
    x1 = torch.randint(4, (16, 5), generator=g)
    coupling = transport.SinkhornCoupling(SPACE, epsilon=0.02)
    first, again = (
        coupling(x0, x1, {"i": torch.arange(16)}, torch.Generator().manual_seed(5))
        for _ in range(2)
    )
    assert torch.equal(first.source_index, again.source_index)
    assert torch.equal(first.x1, x1) and first.permutation is None
    assert torch.equal(first.x0, x0[first.source_index])
    assert first.marginal_error <= 1e-3
    exact = transport.ExactCoupling(SPACE)(x0, x1).cost
    independent = transport.pairwise_squared_dist(SPACE, x0, x1).mean()
    assert exact < first.cost < float(independent)


def divergence(a, b, **options):
    return transport.sinkhorn_divergence(fm.PositiveHypersphere(3), a, b, **options)


@pytest.fixture
def measures():
    rng = np.random.default_rng(0)
    space = fm.PositiveHypersphere(3)
    return [space.random_point(n, generator=rng) for n in (12, 15)]


@pytest.mark.parametrize("p", [1, 2])
def test_divergence_of_two_points_is_their_distance(p):
    space = fm.PositiveHypersphere(3)
    x, y = np.eye(4)[:1], space.random_point(1, generator=np.random.default_rng(0))
    distance = float(space.metric.dist(x[0], y.reshape(4)))
    found = float(divergence(x, y.reshape(1, 4), p=p))
    assert found == pytest.approx(distance**p, rel=1e-12)
    assert float(divergence(np.array([0]), y.reshape(1, 4), p=p)) == found


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("epsilon", [1.0, 0.1])
def test_divergence_is_a_divergence(measures, p, epsilon):
    a, b = measures
    settings = {"p": p, "epsilon": epsilon, "tol": 1e-9, "max_iter": 50_000}
    wa, wb = (weights(np.random.default_rng(i), len(x)) for i, x in enumerate(measures))
    forth = float(divergence(a, b, weights_a=wa, weights_b=wb, **settings))
    back = float(divergence(b, a, weights_a=wb, weights_b=wa, **settings))
    assert forth == pytest.approx(back, rel=1e-8) and forth > 1e-3
    same = float(divergence(a, a, weights_a=wa, weights_b=wa, **settings))
    assert abs(same) < 1e-8 * forth
    # A point of weight 1/2 twice is the point once.
    twice = np.repeat(a, 2, axis=0)
    halves = divergence(
        twice, b, weights_a=np.repeat(wa / 2, 2), weights_b=wb, **settings
    )
    assert float(halves) == pytest.approx(forth, rel=1e-8)


@pytest.mark.parametrize("p", [1, 2])
def test_divergence_against_pot_and_the_exact_distance(measures, p):
    a, b = measures
    space = fm.PositiveHypersphere(3)
    costs = [
        transport.pairwise_squared_dist(space, x, y) ** (p / 2)
        for x, y in ((a, b), (a, a), (b, b))
    ]
    eps = 0.2 * costs[0].mean()

    def regularised(cost):
        u, v = (np.full(k, 1 / k) for k in cost.shape)
        plan = ot.sinkhorn(u, v, cost, eps, method="sinkhorn_log", stopThr=1e-12)
        return (plan * cost).sum() + eps * (
            plan * np.log(plan / (u[:, None] * v))
        ).sum()

    ab, aa, bb = map(regularised, costs)
    found = float(divergence(a, b, p=p, epsilon=0.2, tol=1e-10, max_iter=10_000))
    assert found == pytest.approx(ab - aa / 2 - bb / 2, rel=1e-7)
    exact = ot.emd2([], [], costs[0])
    near = float(divergence(a, b, p=p, epsilon=1e-3, tol=1e-3, max_iter=100_000))
    assert near == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("p", [1, 2])
def test_gradient_of_the_divergence(measures, p):
    a, b = (torch.from_numpy(x) for x in measures)
    settings = {"p": p, "epsilon": 0.1, "tol": 1e-10, "max_iter": 10_000}
    space = fm.PositiveHypersphere(3)
    a.requires_grad_()
    (gradient,) = torch.autograd.grad(divergence(a, b, **settings), a)
    step = space.to_tangent(torch.randn(a.shape, dtype=a.dtype, generator=_seeded()), a)
    step = 1e-5 * step.detach()
    with torch.no_grad():
        up, down = (space.metric.exp(s * step, a) for s in (1.0, -1.0))
        # The relative epsilon moves with the points: hold it by the mean cost.
        values = []
        for point in (up, down):
            mean = _mean_cost(space, point, b, p) / _mean_cost(space, a, b, p)
            held = {**settings, "epsilon": 0.1 / mean}
            values.append(float(divergence(point, b, **held)))
    slope = (values[0] - values[1]) / 2
    assert float((gradient * step).sum()) == pytest.approx(slope, rel=1e-5)


def _seeded():
    return torch.Generator().manual_seed(0)


def _mean_cost(space, x, y, p):
    return float((transport.pairwise_squared_dist(space, x, y) ** (p / 2)).mean())


def test_divergence_of_many_points_of_one_law_is_small():
    g = torch.Generator().manual_seed(0)
    space = fm.FisherRaoSimplex(2)
    a, b = (space.random_point(400, generator=g) for _ in range(2))
    other = space.random_point(400, generator=g).square()
    other = other / other.sum(-1, keepdim=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        near = transport.sinkhorn_divergence(space, a, b)
        far = transport.sinkhorn_divergence(space, a, other)
    assert near.dtype == torch.float32 and near.shape == ()
    assert 0 <= float(near) < 0.1 * float(far)


def test_bad_order(measures):
    with pytest.raises(ValueError, match="p to be 1 or 2, got 3"):
        divergence(*measures, p=3)


def test_target_marginal_is_exact_however_early_it_stops():
    rng = np.random.default_rng(0)
    cost = rng.random((50, 50))
    for max_iter in (1, 3, 20, 21, 45):
        with pytest.warns(ConvergenceWarning):
            result = transport.sinkhorn_plan(cost, epsilon=1e-4, max_iter=max_iter)
        assert result.n_iter <= max_iter + 1
        np.testing.assert_allclose(result.plan.sum(0), 1 / 50, rtol=1e-9)
        assert result.cost <= cost.max()


def test_weights_in_any_library():
    x0 = SPACE.random_point(6, generator=torch.Generator().manual_seed(0))
    x1 = torch.randint(4, (3, *SPACE.shape[:-1]))
    weights = [0.5, 0.25, 0.25]
    for given in (weights, np.array(weights), torch.tensor(weights)):
        g = torch.Generator().manual_seed(1)
        coupling = transport.SinkhornCoupling(SPACE)
        pairs = coupling(x0, x1, None, g, target_weights=given)
        assert pairs.x1.shape[0] == 3
