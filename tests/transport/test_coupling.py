"""Costs and couplings against exhaustive search and single distances."""

import itertools
import math

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import transport

SPACES = [
    fm.PositiveHypersphere(3),
    fm.FisherRaoSimplex(3),
    fm.SequenceManifold(fm.PositiveHypersphere(2), 4),
]


def generators():
    return [np.random.default_rng(0), torch.Generator().manual_seed(0)]


@pytest.mark.parametrize("space", SPACES, ids=repr)
@pytest.mark.parametrize("library", [0, 1])
def test_cost_is_every_squared_distance(space, library, monkeypatch):
    g = generators()[library]
    a, b = space.random_point(7, generator=g), space.random_point(5, generator=g)
    cost = transport.pairwise_squared_dist(space, a, b)
    assert type(cost) is type(a) and cost.dtype == a.dtype
    for i, j in itertools.product(range(7), range(5)):
        single = float(space.metric.squared_dist(a[i], b[j]))
        assert float(cost[i, j]) == pytest.approx(single, rel=1e-5)
    monkeypatch.setattr("fisher_manifold.transport.cost._BLOCK_ENTRIES", 60)
    blocked = transport.pairwise_squared_dist(space, a, b)
    assert float(abs(blocked - cost).max()) == 0


def test_cost_is_the_sum_of_squared_arc_lengths():
    space = SPACES[2]
    g = np.random.default_rng(0)
    a, b = space.random_point(4, generator=g), space.random_point(3, generator=g)
    cost = transport.pairwise_squared_dist(space, a, b)
    for i, j in itertools.product(range(4), range(3)):
        arcs = [2 * math.acos(float(u @ v)) for u, v in zip(a[i], b[j], strict=True)]
        assert cost[i, j] == pytest.approx(sum(arc**2 for arc in arcs), rel=1e-12)


def test_narrow_labels_do_not_overflow():
    space = fm.SequenceManifold(fm.PositiveHypersphere(27), 10)
    g = np.random.default_rng(0)
    points, labels = space.random_point(3, generator=g), g.integers(28, size=(5, 10))
    wide = transport.pairwise_squared_dist(space, points, labels)
    narrow = transport.pairwise_squared_dist(space, points, labels.astype(np.uint8))
    assert np.array_equal(wide, narrow)


@pytest.mark.parametrize("space", SPACES, ids=repr)
@pytest.mark.parametrize("library", [0, 1])
def test_vertex_cost_is_the_cost_to_the_vertices(space, library):
    g = generators()[library]
    points = space.random_point(6, generator=g)
    shape = (9, *space.shape[:-1])
    labels = np.random.default_rng(1).integers(space.n_categories, size=shape)
    labels = torch.from_numpy(labels) if library else labels
    table = transport.pairwise_squared_dist(space, points, labels)
    vertices = space.vertices(labels, dtype=points.dtype)
    direct = transport.pairwise_squared_dist(space, points, vertices)
    assert float(abs(table - direct).max()) < 1e-5 * float(direct.max())


@pytest.mark.parametrize("space", SPACES, ids=repr)
@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_exact_coupling_is_optimal(space, n):
    g = torch.Generator().manual_seed(n)
    a, b = (
        space.random_point(n, generator=g).reshape(n, *space.shape) for _ in range(2)
    )
    pairs = transport.ExactCoupling(space)(a, b, conditions={"i": torch.arange(n)})
    cost = transport.pairwise_squared_dist(space, a, b)
    best = min(
        sum(float(cost[p, i]) for i, p in enumerate(order)) / n
        for order in itertools.permutations(range(n))
    )
    assert pairs.cost == pytest.approx(best, rel=1e-5)
    assert torch.equal(pairs.x0, a[pairs.permutation])
    assert sorted(pairs.permutation.tolist()) == list(range(n))
    assert torch.equal(pairs.x1, b)
    assert pairs.conditions["i"].tolist() == list(range(n))
    paired = space.metric.squared_dist(pairs.x0, pairs.x1).mean()
    assert float(paired) == pytest.approx(pairs.cost, rel=1e-5)


def test_exact_coupling_of_labels():
    space = SPACES[2]
    g = torch.Generator().manual_seed(0)
    points = space.random_point(6, generator=g)
    labels = torch.randint(3, (6, 4), generator=g)
    by_label = transport.ExactCoupling(space)(points, labels)
    by_point = transport.ExactCoupling(space)(points, space.vertices(labels))
    assert torch.equal(by_label.permutation, by_point.permutation)
    assert torch.equal(by_label.x1, labels)


def test_independent_coupling_keeps_the_order():
    a, b = torch.rand(3, 4), torch.rand(3, 4)
    conditions = {"label": torch.arange(3)}
    pairs = transport.IndependentCoupling()(a, b, conditions)
    assert pairs.x0 is a and pairs.x1 is b and pairs.conditions is conditions


@pytest.mark.parametrize("coupling", ["ExactCoupling", "IndependentCoupling"])
def test_bad_batches(coupling):
    space = SPACES[0]
    kind = getattr(transport, coupling)
    couple = kind(space) if coupling == "ExactCoupling" else kind()
    points = space.random_point(4, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="empty"):
        couple(points[:0], points[:0])
    with pytest.raises(ValueError, match=r"conditions\['a'\]\[1\] with first axis 4"):
        couple(points, points, {"a": [torch.zeros(4), torch.zeros(3)]})
    with pytest.raises(TypeError, match=r"conditions\['a'\] to be an array"):
        couple(points, points, {"a": "bcde"})
    with pytest.raises(ValueError, match="target_weights that sum to 1, got .* 0.8"):
        couple(points, points, target_weights=[0.2] * 4)
    with pytest.raises(ValueError, match=r"source_weights of shape \[4\]"):
        couple(points, points, source_weights=[0.5, 0.5])
    with pytest.raises(ValueError, match="finite source_weights >= 0, got -1"):
        couple(points, points, source_weights=[2.0, -1.0, 0.0, 0.0])


def test_bad_costs():
    space = SPACES[0]
    points = space.random_point(4, generator=torch.Generator().manual_seed(0))
    for value in (float("nan"), float("inf"), -0.3, 0.01 + points[2, 1]):
        broken = points.clone()
        broken[2, 1] = value
        kind = "finite x{}, but" if not abs(value) < 9 else "but"
        for number, batches in ((1, (points, broken)), (0, (broken, points))):
            expected = rf"{kind.format(number)} x{number}\[2\]"
            with pytest.raises(ValueError, match=expected):
                transport.ExactCoupling(space)(*batches)


def test_costs_that_are_not_finite(monkeypatch):
    space = fm.PositiveHypersphere(3)
    points = space.random_point(4, generator=torch.Generator().manual_seed(0))
    wrong = torch.zeros(4, 4)
    wrong[1, 2] = torch.nan
    monkeypatch.setattr(transport.coupling, "pairwise_squared_dist", lambda *_: wrong)
    with pytest.raises(ValueError, match=r"got nan between x0\[1\] and x1\[2\]"):
        transport.ExactCoupling(space)(points, points)


def test_bad_arguments_of_costs():
    space = SPACES[0]
    points = space.random_point(4, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="labels between 0 and 3"):
        transport.pairwise_squared_dist(space, points, torch.tensor([0, 4]))
    with pytest.raises(ValueError, match=r"x1 of shape \[n, 4\]"):
        transport.pairwise_squared_dist(space, points, torch.rand(3, 5))
    with pytest.raises(ValueError, match="x0 is empty"):
        transport.pairwise_squared_dist(space, points[:0], points)
