"""The source law given a condition stays the source; pairing alone skews it."""

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import transport

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
EXACT = transport.ExactCoupling(SPACE)


def batch(n, seed, library="torch"):
    """Noise, and targets whose first letter is their label."""
    g = torch.Generator().manual_seed(seed)
    x0 = SPACE.random_point(n, generator=g)
    x1 = torch.randint(3, (n, 2), generator=g)
    if library == "numpy":
        return x0.numpy(), x1.numpy(), {"label": x1[:, 0].numpy()}
    return x0, x1, {"label": x1[:, 0]}


def vertices(labels, points):
    return SPACE.vertices(labels, dtype=points.dtype)


def mean_by_label(coupling, n_batches=60, n=48):
    """Mean first coordinate of the noise by label, and its standard error."""
    values: dict = {0: [], 1: [], 2: []}
    for seed in range(n_batches):
        pairs = coupling(*batch(n, seed), torch.Generator().manual_seed(seed))
        for label in values:
            chosen = pairs.x0[pairs.conditions["label"] == label]
            values[label].append(chosen[:, 0, 0].numpy())
    values = {label: np.concatenate(parts) for label, parts in values.items()}
    error = max(part.std() / len(part) ** 0.5 for part in values.values())
    return np.array([part.mean() for part in values.values()]), error


@pytest.mark.parametrize("name", ["exact", "sinkhorn"])
def test_source_given_label_stays_the_source(name):
    coupling = EXACT if name == "exact" else transport.SinkhornCoupling(SPACE)
    # E u_0 for p uniform on the orthant of the sphere: 1 / 2.
    skewed, error = mean_by_label(coupling)
    assert skewed[0] - skewed[1] > 20 * error
    within, error = mean_by_label(transport.ConditionalCoupling(coupling))
    assert np.abs(within - 0.5).max() < 4 * error


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_pairs_within_a_label_are_optimal(library):
    x0, x1, conditions = batch(20, 0, library)
    pairs = transport.ConditionalCoupling(EXACT)(x0, x1, conditions)
    assert type(pairs.x0) is type(x0)
    label, total = np.asarray(conditions["label"]), 0.0
    for value in range(3):
        rows = np.flatnonzero(label == value)
        chosen = np.asarray(pairs.permutation)[rows]
        assert sorted(chosen) == rows.tolist()
        alone = EXACT(x0[rows], x1[rows])
        assert chosen.tolist() == rows[np.asarray(alone.permutation)].tolist()
        total += alone.cost * len(rows) / 20
    assert pairs.cost == pytest.approx(total, rel=1e-6)
    assert pairs.cost >= EXACT(x0, x1).cost
    mean = float(SPACE.metric.squared_dist(pairs.x0, vertices(x1, x0)).mean())
    assert pairs.cost == pytest.approx(mean, rel=1e-5)


def test_one_label_is_no_restriction():
    x0, x1, _ = batch(16, 1)
    within = transport.ConditionalCoupling(EXACT)(x0, x1, torch.zeros(16))
    plain = EXACT(x0, x1)
    assert torch.equal(within.permutation, plain.permutation)
    assert within.cost == pytest.approx(plain.cost, rel=1e-6)


def test_plan_within_labels_has_no_mass_between_them():
    x0, x1, conditions = batch(12, 2)
    coupling = transport.ConditionalCoupling(transport.SinkhornCoupling(SPACE))
    g = torch.Generator().manual_seed(0)
    pairs = coupling(x0, x1, conditions, g)
    label = conditions["label"]
    between = label[:, None] != label
    assert float(pairs.plan[between].abs().max()) == 0
    error = (
        abs(pairs.plan.sum(0) - 1 / 12).sum() + abs(pairs.plan.sum(1) - 1 / 12).sum()
    )
    assert float(error) == pytest.approx(pairs.marginal_error, abs=1e-6)
    assert torch.equal(label[pairs.source_index], label)
    cost = transport.pairwise_squared_dist(SPACE, x0, x1)
    assert pairs.cost == pytest.approx(float((cost * pairs.plan).sum()), rel=1e-5)


def test_weight_goes_from_plain_to_equal_conditions():
    x0, x1, _ = batch(32, 3)
    c = torch.rand(32, 2, generator=torch.Generator().manual_seed(0))
    plain = EXACT(x0, x1)
    gaps, costs = [], []
    for weight in (0.0, 1.0, 10.0, 1e6):
        pairs = transport.ConditionalCoupling(EXACT, weight=weight)(x0, x1, c)
        gaps.append(float((c[pairs.permutation] - c).norm(dim=1).mean()))
        costs.append(pairs.cost)
        mean = float(SPACE.metric.squared_dist(pairs.x0, vertices(x1, x0)).mean())
        assert pairs.cost == pytest.approx(mean, rel=1e-5)
    assert costs[0] == pytest.approx(plain.cost)
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] == 0
    assert costs == sorted(costs)


def test_weighted_conditions_of_a_plan():
    x0, x1, _ = batch(10, 4)
    c = torch.arange(10.0)
    coupling = transport.SinkhornCoupling(SPACE, epsilon=0.01)
    near = transport.ConditionalCoupling(coupling, weight=1e3)
    pairs = near(x0, x1, {"c": c}, torch.Generator().manual_seed(0))
    assert torch.equal(pairs.source_index, torch.arange(10))
    cost = transport.pairwise_squared_dist(SPACE, x0, x1)
    assert pairs.cost == pytest.approx(float((cost * pairs.plan).sum()), rel=1e-5)


def test_one_of_several_conditions():
    x0, x1, conditions = batch(12, 5)
    both = {"other": torch.arange(12), **conditions}
    pairs = transport.ConditionalCoupling(EXACT, key="label")(x0, x1, both)
    alone = transport.ConditionalCoupling(EXACT)(x0, x1, conditions)
    assert torch.equal(pairs.permutation, alone.permutation)
    assert torch.equal(pairs.conditions["other"], torch.arange(12))


def test_bad_arguments():
    x0, x1, conditions = batch(6, 6)
    coupling = transport.ConditionalCoupling(EXACT)
    with pytest.raises(ValueError, match="6 source and 5 target"):
        coupling(x0, x1[:5], {"label": x1[:5, 0]})
    for nothing in (None, {}):
        with pytest.raises(ValueError, match="condition"):
            coupling(x0, x1, nothing)
    with pytest.raises(ValueError, match=r"one of \['a', 'b'\], got None"):
        coupling(x0, x1, {"a": x1, "b": x1})
    with pytest.raises(ValueError, match=r"one of \['label'\], got 'site'"):
        transport.ConditionalCoupling(EXACT, key="site")(x0, x1, conditions)
    with pytest.raises(ValueError, match="first axis 6"):
        coupling(x0, x1, {"label": x1[:5]})
    with pytest.raises(ValueError, match="finite conditions .* row 2"):
        c = torch.tensor([0.0, 1.0, torch.nan, 0.0, 0.0, 0.0])
        transport.ConditionalCoupling(EXACT, weight=1.0)(x0, x1, c)
    with pytest.raises(ValueError, match="weight >= 0"):
        transport.ConditionalCoupling(EXACT, weight=-1.0)
    with pytest.raises(TypeError, match="IndependentCoupling"):
        transport.ConditionalCoupling(transport.IndependentCoupling())
