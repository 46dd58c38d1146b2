"""Conditions that may be missing, and guidance by them."""

import csv
import gzip
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, networks

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=6)


def seeded(make, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def randomised(network, seed=0):
    """The network with random weights throughout; those at its end start at 0."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=g))
    return network.eval()


def inner(kind, n_categories=4, length=6, width=8):
    """Small reference network."""
    if kind is networks.MLP:
        return kind((length, n_categories), width, 1)
    if kind is networks.ImageCNN:
        return kind(n_categories, 2, length // 2, channels=width, depth=1)
    return kind(n_categories, length, width=width, depth=1)


KINDS = [networks.MLP, networks.SequenceCNN, networks.Transformer, networks.ImageCNN]
CONDITIONS = {
    "label": torch.tensor([0, 2, 1, 0, 1]),
    "vector": torch.linspace(-1, 1, 10).reshape(5, 2),
    "signal": torch.linspace(0, 3, 30).reshape(5, 6, 1),
}
MISSING = {
    "label": torch.full((5,), -1),
    "vector": torch.full((5, 2), torch.nan),
    "signal": torch.full((5, 6, 1), torch.nan),
}
SIZES = {"n_classes": 3, "vector_size": 2, "signal_size": 1}
X = torch.randn(5, 6, 4, generator=torch.Generator().manual_seed(1))
T = torch.linspace(0, 0.4, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_conditions_that_are_missing(kind):
    """One by one, for some rows, for all rows, and all together."""
    made = seeded(lambda: networks.Conditional(inner(kind, 4 + 2), **SIZES))
    network = randomised(made)
    full = network(X, T, **CONDITIONS)
    assert full.shape == X.shape
    nothing = network(X, T)
    assert (network(X, T, **MISSING) == nothing).all()
    for name in CONDITIONS:
        others = {k: v for k, v in CONDITIONS.items() if k != name}
        without = network(X, T, **others)
        assert not torch.isclose(without, full).flatten(1).all(1).any(), name
        missing = network(X, T, **{**CONDITIONS, name: MISSING[name]})
        assert (without == missing).all(), name
        mixed = CONDITIONS[name].clone()
        mixed[3] = MISSING[name][3]
        output = network(X, T, **{**CONDITIONS, name: mixed})
        expected = torch.where((torch.arange(5) == 3)[:, None, None], without, full)
        torch.testing.assert_close(output, expected)


def test_values_may_be_missing_one_by_one():
    """A missing number is not a zero."""
    made = networks.Conditional(inner(networks.MLP), vector_size=2)
    network = randomised(made)
    rows = torch.tensor([[0.5, torch.nan], [0.5, 0.0], [torch.nan, 0.0], [0.0, 0.5]])
    outputs = network(X[:1].expand(4, -1, -1), T[:1].expand(4), vector=rows)
    assert torch.isfinite(outputs).all()
    for i in range(4):
        for j in range(i):
            assert not torch.allclose(outputs[i], outputs[j])


def test_conditions_are_dropped_in_training_alone():
    network = randomised(networks.Conditional(inner(networks.MLP), 3, 2, drop=0.3))
    n = 2000
    x, t = X[:1].expand(n, -1, -1), T[:1].expand(n)
    label, vector = torch.ones(n, dtype=torch.long), torch.full((n, 2), 0.5)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        outputs = network.train()(x, t, label=label, vector=vector)
    network.eval()
    close = {"atol": 1e-5, "rtol": 1e-5}
    both = {"label": label, "vector": vector}
    combinations = [both, {"label": label}, {"vector": vector}, {}]
    found = torch.stack(
        [
            torch.isclose(outputs, network(x, t, **some), **close).flatten(1).all(1)
            for some in combinations
        ]
    )
    assert (found.sum(0) == 1).all()  # each row is one of them
    for share, expected in zip(
        found.float().mean(1), (0.7, 0.1, 0.1, 0.1), strict=True
    ):
        assert abs(float(share) - expected) < 4 * math.sqrt(0.7 * 0.3 / n)


def test_a_single_condition_is_dropped_as_a_whole():
    network = randomised(networks.Conditional(inner(networks.MLP), 3, drop=0.5))
    n = 1000
    x, t = X[:1].expand(n, -1, -1), T[:1].expand(n)
    label = torch.ones(n, dtype=torch.long)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        outputs = network.train()(x, t, label=label)
    network.eval()
    same = torch.isclose(outputs, network(x, t), atol=1e-5).flatten(1).all(1)
    assert abs(float(same.float().mean()) - 0.5) < 4 * 0.5 / math.sqrt(n)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (
            lambda: networks.Conditional(networks.MLP((3,), 8, 1)),
            "expected a condition",
        ),
        (
            lambda: networks.Conditional(networks.MLP((3,), 8, 1), 2, drop=1.0),
            "drop < 1",
        ),
        (lambda: networks.Conditional(networks.MLP((3,), 8, 1), -1, 2), "at least 0"),
        (
            lambda: networks.Conditional(networks.MLP((3,), 8, 1, 2), 2),
            "without classes",
        ),
        (lambda: networks.Conditional(torch.nn.Linear(3, 3), 2), "got Linear"),
    ],
)
def test_networks_that_cannot_be(make, expected):
    with pytest.raises((ValueError, TypeError), match=expected):
        make()


def test_conditions_that_cannot_be():
    network = networks.Conditional(inner(networks.MLP), n_classes=2, vector_size=2)
    network.eval()
    with pytest.raises(ValueError, match="expected no signal"):
        network(X, T, signal=CONDITIONS["signal"])
    with pytest.raises(ValueError, match=r"'vector' of shape \[5, 2\], got \[5, 3\]"):
        network(X, T, vector=torch.zeros(5, 3))
    with pytest.raises(ValueError, match=r"'label' of shape \[5\], got \[5, 1\]"):
        network(X, T, label=torch.zeros(5, 1, dtype=torch.long))
    for label in ([0, 1, 0, 1, 2], [0, 1, 0, 1, 9]):
        with pytest.raises(ValueError, match=f"below 2, .* got up to {label[-1]}"):
            network(X, T, label=torch.tensor(label))
    for dtype in (torch.float32, torch.bool):
        with pytest.raises(TypeError, match=f"integer labels .* got {dtype}"):
            network(X, T, label=torch.zeros(5, dtype=dtype))
    label = torch.tensor([0, 1, 1, 0, 1])
    small = network(X, T, label=label.to(torch.uint8))
    assert (small == network(X, T, label=label)).all()


def make_trainer(kind, seed=0):
    path = flow.GeodesicPath(SPACE)
    network = seeded(
        lambda: networks.Conditional(inner(kind, 4 + 2, width=48), **SIZES, drop=0.3),
        seed,
    )
    field = flow.PosteriorField(network, path)
    g = torch.Generator().manual_seed(seed)
    return flow.Trainer(
        field, path, None, 1e-2, 32, generator=g, schedule="constant", warmup=1
    )


def conditional_data(n=400):
    """Letters that a label, a vector and a signal decide, each at two sites."""
    g = torch.Generator().manual_seed(0)
    label = torch.randint(3, (n,), generator=g)
    vector = torch.randn(n, 2, generator=g)
    signal = torch.randint(0, 2, (n, 6, 1), generator=g).float()
    first = label[:, None].repeat(1, 2)
    middle = (vector > 0).long()
    last = 2 * signal[:, 4:, 0].long()
    conditions = {"label": label, "vector": vector, "signal": signal}
    return torch.cat([first, middle, last], 1), conditions


@pytest.mark.parametrize("kind", [networks.MLP, networks.SequenceCNN])
def test_all_conditions_train_and_sample_through_one_interface(kind):
    x, conditions = conditional_data()
    trainer = make_trainer(kind)
    trainer.fit(x, steps=300, conditions=conditions, progress=False)
    g = torch.Generator().manual_seed(1)
    options = {"steps": 10, "generator": g}
    labels = flow.sample(
        trainer.field, trainer.path, 400, conditions=conditions, **options
    ).labels
    assert (labels == x).float().mean() > 0.95
    # Without conditions, the letters of all: unconditional sampling is a special case.
    free = flow.sample(trainer.field, trainer.path, 400, **options).labels
    shares = [np.bincount(free[:, i], minlength=4) / 400 for i in (0, 2, 4)]
    expected = [[1 / 3, 1 / 3, 1 / 3, 0], [0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0]]
    np.testing.assert_allclose(shares, expected, atol=0.15)
    # A label alone: what depends on it, and nothing else.
    one = {"label": torch.full((400,), 2)}
    some = flow.sample(trainer.field, trainer.path, 400, conditions=one, **options)
    assert (some.labels[:, 0] == 2).float().mean() > 0.9
    assert 0.2 < (some.labels[:, 2] == 1).float().mean() < 0.8


def test_training_resumes_with_the_same_drops(tmp_path):
    x, conditions = conditional_data(60)
    options = {"conditions": conditions, "progress": False}
    whole = make_trainer(networks.MLP).fit(x, steps=8, **options)
    make_trainer(networks.MLP).fit(x, steps=4, directory=tmp_path, **options)
    loaded = flow.Trainer.load(tmp_path).fit(x, steps=8, **options)
    assert type(loaded.raw_field.network) is networks.Conditional
    states = [t.raw_field.network.state_dict() for t in (whole, loaded)]
    assert states[0].keys() == states[1].keys()
    assert all((states[0][key] == states[1][key]).all() for key in states[0])


class Tabled(torch.nn.Module):
    """Exact network of a single site: the log-probabilities of a label or of all."""

    def __init__(self, laws, weights):
        super().__init__()
        table = torch.tensor(
            [*laws, np.average(laws, axis=0, weights=weights).tolist()]
        )
        self.log_prob = table.log()

    def forward(self, x, t, label=None):
        label = torch.full((len(x),), -1) if label is None else label
        return self.log_prob[label]


LAWS = [[0.6, 0.3, 0.1, 0.0], [0.1, 0.2, 0.7, 0.0]]
WEIGHTS = [0.7, 0.3]


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0, 2.0, 4.0])
def test_the_law_of_a_guided_site(weight):
    """p_none (p_label / p_none)^w, normalised; what is impossible stays so."""
    space = fm.PositiveHypersphere(dim=3)
    path = flow.GeodesicPath(space)
    field = flow.guide(flow.PosteriorField(Tabled(LAWS, WEIGHTS), path), weight)
    n = 4000
    result = flow.sample(
        field,
        path,
        n,
        40,
        torch.Generator().manual_seed(0),
        conditions={"label": torch.ones(n, dtype=torch.long)},
        readout="posterior",
    )
    none = np.average(LAWS, axis=0, weights=WEIGHTS)[:3]
    expected = none * (np.array(LAWS[1])[:3] / none) ** weight
    expected = np.append(expected / expected.sum(), 0.0)
    counts = np.bincount(result.labels, minlength=4)
    assert counts[3] == 0
    spread = 3 * np.sqrt(expected * (1 - expected) / n) + 0.01
    assert (np.abs(counts / n - expected) <= spread).all()


@pytest.mark.parametrize("kind", ["posterior", "velocity"])
def test_weights_of_0_and_1_are_the_plain_laws(kind):
    network = randomised(networks.Conditional(inner(networks.MLP), 3, 2))
    path = flow.GeodesicPath(SPACE)
    field = (
        flow.PosteriorField(network, path)
        if kind == "posterior"
        else flow.VelocityField(network, SPACE)
    )
    x = SPACE.random_point(5, generator=torch.Generator().manual_seed(0)).float()
    conditions = {k: CONDITIONS[k] for k in ("label", "vector")}
    none, full = field(x, T), field(x, T, **conditions)
    assert (flow.guide(field, 0)(x, T, **conditions) == none).all()
    assert (flow.guide(field, 1)(x, T, **conditions) == full).all()
    guided = flow.guide(field, 3.0)(x, T, **conditions)
    if kind == "velocity":  # projections are linear
        torch.testing.assert_close(guided, none + 3 * (full - none))
    else:
        logits = [field.logits(x, T), field.logits(x, T, **conditions)]
        found = flow.guide(field, 3.0).logits(x, T, **conditions)
        torch.testing.assert_close(found, logits[0] + 3 * (logits[1] - logits[0]))
    # By the label alone: the vector is known both times.
    only = flow.guide(field, 0, names=["label"])(x, T, **conditions)
    assert (only == field(x, T, vector=conditions["vector"])).all()
    assert (flow.guide(field, 3.0)(x, T) == none).all()
    assert type(flow.guide(field, 3.0)) is type(field)


def test_guidance_that_cannot_be():
    path = flow.GeodesicPath(SPACE)
    plain = flow.PosteriorField(networks.MLP(SPACE.shape, 8, 1, n_classes=3), path)
    with pytest.raises(ValueError, match="expected the condition 'label'"):
        flow.sample(
            flow.guide(plain, 2.0),
            path,
            5,
            2,
            conditions={"label": CONDITIONS["label"]},
        )
    with pytest.raises(ValueError, match="a finite weight"):
        flow.guide(plain, math.inf)


def test_guidance_with_given_sites():
    network = randomised(networks.Conditional(inner(networks.SequenceCNN), 3))
    path = flow.GeodesicPath(SPACE)
    field = flow.guide(flow.InpaintingField(network, path), 2.0)
    given = torch.tensor([[0, -1, -1, 3, 3, -1]]).repeat(5, 1)
    conditions = {"label": CONDITIONS["label"], "given": given}
    labels = flow.sample(field, path, 5, 4, conditions=conditions).labels
    assert (labels[:, [0, 3, 4]] == torch.tensor([0, 3, 3])).all()


SHARED = Path(__file__).resolve().parents[3] / "shared/data"


def promoters(species, n):
    """Training promoters of some species, the same number of each."""
    path = SHARED / "promoters_species_60bp.csv.gz"
    if not path.exists():
        pytest.skip(f"no {path}: the real data are not here")
    chosen = {name: [] for name in species}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train" and row["species"] in chosen:
                chosen[row["species"]].append(row["sequence"])
    parts = [data.DNA.encode(chosen[name][:n]) for name in species]
    assert all(len(part) == n for part in parts)
    labels = np.repeat(np.arange(len(species)), n)
    return torch.as_tensor(np.concatenate(parts)), torch.as_tensor(labels)


def test_guidance_moves_the_statistics_of_promoters():
    """Of two species: the score that tells their letters apart, and the share of GC."""
    species = ("A_thaliana", "Z_mays")
    sequences, label = promoters(species, 2000)
    real = [sequences[label == k].numpy() for k in (0, 1)]
    marginals = [(fm.metrics.site_marginals(x, 4) + 0.01) / 1.04 for x in real]
    score_table = np.log(marginals[1] / marginals[0])

    def score(x):
        return float(score_table[np.arange(60), x].sum(1).mean())

    network = seeded(
        lambda: networks.Conditional(
            networks.SequenceCNN(4, 60, width=16, depth=1), n_classes=2, drop=0.2
        )
    )
    space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=60)
    path = flow.GeodesicPath(space)
    g = torch.Generator().manual_seed(0)
    field = flow.PosteriorField(network, path)
    trainer = flow.Trainer(field, path, None, 5e-3, 64, generator=g, ema_decay=0.98)
    trainer.fit(sequences, steps=200, conditions={"label": label}, progress=False)
    n, scores, contents = 200, {}, {}
    for name, k in (("thaliana", 0), ("mays", 1)):
        for weight in (0.0, 1.0, 3.0):
            x = flow.sample(
                flow.guide(trainer.field, weight),
                path,
                n,
                10,
                torch.Generator().manual_seed(1),
                conditions={"label": torch.full((n,), k)},
            ).labels.numpy()
            scores[name, weight] = score(x)
            contents[name, weight] = float(((x == 1) | (x == 2)).mean())
    truth = [score(x) for x in real]
    gap = truth[1] - truth[0]
    # Unconditional samples are the same for both, and between the species.
    assert scores["thaliana", 0.0] == scores["mays", 0.0]
    assert truth[0] + gap / 4 < scores["mays", 0.0] < truth[1] - gap / 4
    # With weight 1 they are near their species; with more they go beyond it.
    for k, (name, sign) in enumerate((("thaliana", -1), ("mays", 1))):
        assert abs(scores[name, 1.0] - truth[k]) < gap / 3
        assert sign * (scores[name, 1.0] - scores[name, 0.0]) > gap / 5
        assert sign * (scores[name, 3.0] - scores[name, 1.0]) > gap / 5
        shares = [sign * contents[name, w] for w in (0.0, 1.0, 3.0)]
        assert shares == sorted(shares)
