"""Exact plans against other solvers; how pairs are drawn from plans with weights."""

import dataclasses
import importlib.util
import sys

import numpy as np
import ot
import pytest
import scipy.optimize
import scipy.sparse
import torch
from geomstats.geometry.hypersphere import Hypersphere

import fisher_manifold as fm
from fisher_manifold import transport

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 5)
LAPX = pytest.param(
    "lapx",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("lap") is None, reason="lapx is not installed"
    ),
)


def problem(n, m, library="torch", seed=0):
    """Points, labels, and weights of both, none equal."""
    rng = np.random.default_rng(seed)
    x0 = SPACE.random_point(n, generator=rng).reshape(n, 5, 4)
    x1 = rng.integers(4, size=(m, 5))
    a, b = (w / w.sum() for w in (rng.random(n) + 0.1, rng.random(m) + 0.1))
    arrays = (x0, x1, a, b)
    return arrays if library == "numpy" else tuple(map(torch.from_numpy, arrays))


def linear_program(cost, a, b):
    """Least expected cost by scipy's general solver of linear programs."""
    n, m = cost.shape
    rows = scipy.sparse.kron(scipy.sparse.eye(n), np.ones((1, m)))
    columns = scipy.sparse.kron(np.ones((1, n)), scipy.sparse.eye(m))
    return scipy.optimize.linprog(
        cost.ravel(),
        A_eq=scipy.sparse.vstack([rows, columns]).tocsr(),
        b_eq=np.concatenate([a, b]),
        method="highs",
    ).fun


@pytest.mark.parametrize("solver", ["scipy", LAPX])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_large_assignments_against_pot(solver, dtype):
    g = torch.Generator().manual_seed(0)
    x0 = SPACE.random_point(700, generator=g).to(dtype)
    x0 = torch.nn.functional.normalize(x0, dim=-1)
    x1 = torch.randint(4, (700, 5), generator=g)
    pairs = transport.ExactCoupling(SPACE, solver)(x0, x1)
    cost = transport.pairwise_squared_dist(SPACE, x0, x1).double().numpy()
    uniform = np.full(700, 1 / 700)
    expected = ot.emd2(uniform, uniform, cost, numItermax=10**7)
    assert pairs.cost == pytest.approx(expected, rel=1e-9)
    assert torch.equal(pairs.permutation.sort().values, torch.arange(700))
    assert pairs.plan is None and pairs.marginal_error == 0


@pytest.mark.parametrize("solver", ["scipy", LAPX])
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_scale_of_costs(solver, scale):
    cost = np.random.default_rng(0).random((60, 60))
    coupling = transport.ExactCoupling(SPACE, solver)
    base, scaled = coupling.match(cost), coupling.match(scale * cost)
    assert scaled.cost == pytest.approx(scale * base.cost, rel=1e-9)


@pytest.mark.parametrize("library", ["torch", "numpy"])
@pytest.mark.parametrize("sizes", [(6, 9), (9, 6), (1, 5), (5, 1), (7, 7)])
def test_weighted_plans_against_a_linear_program(library, sizes):
    x0, x1, a, b = problem(*sizes, library)
    pairs = transport.ExactCoupling(SPACE)(x0, x1, source_weights=a, target_weights=b)
    cost = transport.pairwise_squared_dist(SPACE, x0, x1)
    expected = linear_program(np.asarray(cost), np.asarray(a), np.asarray(b))
    assert pairs.cost == pytest.approx(expected, rel=1e-9)
    assert type(pairs.plan) is type(x0) and bool((pairs.plan >= 0).all())
    error = float(abs(pairs.plan.sum(1) - a).sum() + abs(pairs.plan.sum(0) - b).sum())
    assert error < 1e-12 and pairs.marginal_error < 1e-12
    assert len(pairs.x0) == len(pairs.x1) == sizes[1]
    assert bool((pairs.plan[pairs.source_index, pairs.target_index] > 0).all())


@pytest.mark.parametrize("sizes", [(6, 9), (9, 6)])
def test_unequal_sizes_keep_the_targets_and_their_conditions(sizes):
    x0, x1, *_ = problem(*sizes)
    conditions = ({"i": torch.arange(sizes[1])}, [torch.arange(sizes[1])])
    g = torch.Generator().manual_seed(0)
    pairs = transport.ExactCoupling(SPACE)(x0, x1, conditions, g)
    assert torch.equal(pairs.x1, x1) and pairs.target_index is None
    assert torch.equal(pairs.x0, x0[pairs.source_index])
    assert torch.equal(pairs.conditions[0]["i"], torch.arange(sizes[1]))
    assert torch.equal(pairs.conditions[1][0], torch.arange(sizes[1]))
    uniform = [np.full(k, 1 / k) for k in sizes]
    cost = transport.pairwise_squared_dist(SPACE, x0, x1).numpy()
    assert pairs.cost == pytest.approx(linear_program(cost, *uniform), rel=1e-9)


@pytest.mark.parametrize("kind", ["exact", "sinkhorn", "independent"])
def test_pairs_occur_as_often_as_the_plan_says(kind):
    """Law of the pairs over many draws is the plan, with unequal weights."""
    x0, x1, a, b = problem(4, 5)
    coupling = {
        "exact": transport.ExactCoupling(SPACE),
        "sinkhorn": transport.SinkhornCoupling(SPACE, epsilon=0.2),
        "independent": transport.IndependentCoupling(),
    }[kind]
    g, counts, draws = torch.Generator().manual_seed(0), np.zeros((4, 5)), 2000
    i = torch.arange(5)
    for _ in range(draws):
        pairs = coupling(x0, x1, {"i": i}, g, source_weights=a, target_weights=b)
        np.add.at(counts, (pairs.source_index, pairs.target_index), 1 / (5 * draws))
        assert torch.equal(pairs.conditions["i"], pairs.target_index)
        assert torch.equal(pairs.x1, x1[pairs.target_index])
        assert torch.equal(pairs.x0, x0[pairs.source_index])
    # Standard error of a frequency of 10 000 draws: at most 0.005.
    assert abs(counts - pairs.plan.numpy()).max() < 0.02
    assert abs(counts.sum(0) - b.numpy()).max() < 0.005
    # Systematic resampling: of five pairs, target j is in 5 b_j, rounded either way.
    chosen = np.bincount(pairs.target_index, minlength=5)
    assert (np.abs(chosen - 5 * b.numpy()) < 1).all()


@pytest.mark.parametrize("library", ["torch", "numpy"])
@pytest.mark.parametrize("kind", ["exact", "independent"])
def test_draws_are_a_function_of_the_generator(library, kind):
    x0, x1, a, b = problem(12, 9, library)
    coupling = transport.IndependentCoupling()
    if kind == "exact":
        coupling = transport.ExactCoupling(SPACE)

    def draw(seed):
        rng = np.random.default_rng(seed)
        g = rng if library == "numpy" else torch.Generator().manual_seed(seed)
        weights = {"source_weights": a, "target_weights": b}
        pairs = coupling(x0, x1, None, g, **weights)
        return pairs.source_index.tolist(), pairs.target_index.tolist()

    assert draw(0) == draw(0)
    assert len({str(draw(seed)) for seed in range(20)}) > 1


def test_zero_weights_are_never_drawn():
    x0, x1, *_ = problem(6, 6)
    a = torch.tensor([0.0, 0.5, 0.0, 0.5, 0.0, 0.0])
    b = torch.tensor([0.0, 0.0, 0.25, 0.25, 0.5, 0.0])
    for coupling in (
        transport.ExactCoupling(SPACE),
        transport.IndependentCoupling(),
        transport.SinkhornCoupling(SPACE),
    ):
        for seed in range(50):
            g = torch.Generator().manual_seed(seed)
            pairs = coupling(x0, x1, None, g, source_weights=a, target_weights=b)
            assert set(pairs.source_index.tolist()) <= {1, 3}
            assert set(pairs.target_index.tolist()) == {2, 3, 4}


def test_any_geomstats_space():
    space = Hypersphere(2)
    np.random.seed(0)  # noqa: NPY002 (geomstats draws from it)
    a, b = space.random_point(50), space.random_point(50)
    pairs = transport.ExactCoupling(space)(a, b)
    order, columns = scipy.optimize.linear_sum_assignment(
        np.arccos(np.clip(a @ b.T, -1, 1)) ** 2
    )
    assert np.array_equal(pairs.permutation[columns], order)


def test_results_are_frozen():
    x0, x1, *_ = problem(3, 3)
    pairs = transport.ExactCoupling(SPACE)(x0, x1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pairs.cost = 0.0


def test_requires_grad_of_the_points_is_kept():
    x0, x1, *_ = problem(5, 5)
    x0.requires_grad_()
    pairs = transport.ExactCoupling(SPACE)(x0, x1)
    (gradient,) = torch.autograd.grad(pairs.x0.sum(), x0)
    assert torch.equal(gradient, torch.ones_like(x0))


def test_solvers_that_are_unknown_or_missing(monkeypatch):
    with pytest.raises(ValueError, match="solver in .*'scipy', 'lapx'.*, got 'lap'"):
        transport.ExactCoupling(SPACE, solver="lap")
    monkeypatch.setitem(sys.modules, "lap", None)
    with pytest.raises(ImportError, match=r"pip install .*fisher_manifold\[fast\]"):
        transport.ExactCoupling(SPACE, solver="lapx")


def test_a_plan_short_of_the_optimum_is_an_error(monkeypatch):
    x0, x1, a, b = problem(40, 50)
    monkeypatch.setattr(transport.exact, "_MAX_ITERATIONS", 5)
    error = pytest.raises(RuntimeError, match="network simplex failed")
    with error, pytest.warns(UserWarning, match="numItermax reached"):
        transport.ExactCoupling(SPACE)(x0, x1, source_weights=a, target_weights=b)


def test_generators_of_another_library():
    x0, x1, *_ = problem(4, 6)
    with pytest.raises(TypeError, match=r"expected a torch.*Generator.*got Generator"):
        transport.ExactCoupling(SPACE)(x0, x1, None, np.random.default_rng(0))


def test_tensors_on_a_space_whose_backend_is_numpy_are_told():
    points = torch.nn.functional.normalize(torch.ones(4, 3), dim=-1)
    with pytest.raises(TypeError, match="GEOMSTATS_BACKEND=pytorch"):
        transport.ExactCoupling(Hypersphere(2))(points, points)
