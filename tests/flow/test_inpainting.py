"""Inpainting: given sites are kept, and free ones have their law given the others."""

import itertools
import math

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, networks


def dirichlet(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), size=shape[:-1])


LAWS = {
    "chain": data.MarkovChain([0.5, 0.3, 0.2], dirichlet(3, 3), length=4),
    "parity": data.ParityConstraint(4, 3),
    "mixture": data.MixtureOfProducts([0.7, 0.3], dirichlet(2, 4, 3)),
}
GIVEN = {
    "chain": [-1, 2, -1, 0],
    "parity": [1, -1, -1, 2],
    "mixture": [0, -1, -1, -1],
}


def make_path(law, concentration=0.5, simplex=False):
    base = fm.FisherRaoSimplex if simplex else fm.PositiveHypersphere
    space = fm.SequenceManifold(base(law.n_categories - 1), law.length)
    return flow.GeodesicPath(space, flow.DirichletSource(space, concentration))


def conditional_law(law, given):
    """Probabilities of all sequences given some sites, by enumeration."""
    sequences = np.indices((law.n_categories,) * law.length).reshape(law.length, -1).T
    fits = np.all((np.array(given) < 0) | (sequences == given), axis=1)
    weights = np.where(fits, np.exp(law.log_prob(sequences)), 0.0)
    return weights / weights.sum()


def deviation(labels, probabilities, n_categories):
    """Total variation, and what perfect samples have in the mean."""
    n, length = labels.shape
    index = np.ravel_multi_index(labels.T, (n_categories,) * length)
    counts = np.bincount(index, minlength=len(probabilities))
    spread = probabilities * (1 - probabilities) * 2 / (math.pi * n)
    return np.abs(counts / n - probabilities).sum() / 2, np.sqrt(spread).sum() / 2


@pytest.mark.parametrize("simplex", [False, True])
@pytest.mark.parametrize("name", LAWS)
def test_free_sites_have_the_conditional_law(name, simplex):
    law, given = LAWS[name], GIVEN[name]
    path = make_path(law, simplex=simplex)
    field = flow.InpaintingField(flow.ExactPosterior(law), path)
    n, g = 4000, torch.Generator().manual_seed(0)
    conditions = {"given": torch.tensor(given).repeat(n, 1)}
    result = flow.sample(field, path, n, 40, generator=g, conditions=conditions)
    labels = result.labels.numpy()
    for site, label in enumerate(given):
        assert label < 0 or (labels[:, site] == label).all()
    expected = conditional_law(law, given)
    found, floor = deviation(labels, expected, law.n_categories)
    # Euler's steps may add 0.02, as for the law itself (test_exact_posterior).
    assert found < 1.15 * floor + 0.02
    # The law itself is another one, and would be told apart.
    everything = np.exp(law.all_log_probs())
    assert np.abs(everything - expected).sum() / 2 > 0.3


def test_samples_with_other_sites_given_in_each_row():
    law = LAWS["parity"]
    path = make_path(law)
    field = flow.InpaintingField(flow.ExactPosterior(law), path)
    every = torch.cartesian_prod(*[torch.arange(3)] * 3)
    places = list(itertools.combinations(range(4), 3))
    given = torch.full((len(places), len(every), 4), -1)
    for block, sites in zip(given, places, strict=True):
        block[:, list(sites)] = every
    given = given.flatten(0, 1)
    g = torch.Generator().manual_seed(0)
    labels = flow.sample(
        field, path, len(given), 20, generator=g, conditions={"given": given}
    ).labels
    assert (labels[given >= 0] == given[given >= 0]).all()
    # Three sites decide the fourth.
    assert (labels.sum(1) % 3 == 0).all()


SOLVERS = {
    "euler": {},
    "adams": {"solver": "adams"},
    "rk4": {"solver": "rk4"},
    "adaptive": {"solver": flow.Adaptive()},
    "renoising": {"solver": flow.Renoising(rate=8.0)},
    "posterior": {"readout": "posterior"},
    "all at once": {"steps": 1},
    "not to the end": {"grid": [0.0, 0.1, 0.2]},
}


@pytest.mark.parametrize("evidence", [True, False])
@pytest.mark.parametrize("name", SOLVERS)
def test_given_sites_are_kept_by_any_network_and_solver(name, evidence):
    """Of an untrained network with large random weights."""
    space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=9)
    path = flow.GeodesicPath(space)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.SequenceCNN(4, 9, width=8, depth=1)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter)
    field = flow.InpaintingField(network, path, evidence)
    g = torch.Generator().manual_seed(0)
    given = torch.randint(-1, 4, (50, 9), generator=g)
    options = {"steps": 5, **SOLVERS[name]}
    result = flow.sample(
        field, path, 50, generator=g, conditions={"given": given}, **options
    )
    kept = given >= 0
    assert (result.labels[kept] == given[kept]).all()
    vertices = space.vertices(given.clamp(min=0), dtype=torch.float32)
    assert (result.points[kept] == vertices[kept]).all()
    assert (result.labels[~kept] >= 0).all()


def test_nothing_given_is_the_posterior_field():
    law = LAWS["chain"]
    path = make_path(law)
    exact = flow.ExactPosterior(law)
    fields = [kind(exact, path) for kind in (flow.PosteriorField, flow.InpaintingField)]
    samples = [
        flow.sample(f, path, 20, 5, torch.Generator().manual_seed(0)).points
        for f in fields
    ]
    assert (samples[0] == samples[1]).all()
    free = {"given": torch.full((20, 4), -1)}
    g = torch.Generator().manual_seed(0)
    points = flow.sample(fields[1], path, 20, 5, g, conditions=free).points
    assert (points == samples[0]).all()


def test_all_given_is_given_back():
    law = LAWS["chain"]
    path = make_path(law)
    field = flow.InpaintingField(flow.ExactPosterior(law), path)
    given = torch.as_tensor(law.sample(30, np.random.default_rng(0)))
    result = flow.sample(field, path, 30, 3, conditions={"given": given})
    assert (result.labels == given).all()


def test_one_site():
    """Points of shape [n, size] have labels [n]."""
    space = fm.PositiveHypersphere(dim=2)
    path = flow.GeodesicPath(space)
    field = flow.InpaintingField(networks.MLP(space.shape, 8, 1), path)
    given = torch.tensor([0, -1, 2])
    labels = flow.sample(field, path, 3, 3, conditions={"given": given}).labels
    assert labels[[0, 2]].tolist() == [0, 2]


@pytest.mark.parametrize(
    "given",
    [
        torch.tensor([[0, 1, 2, 3]]),
        torch.tensor([[0, 1, 2]]),
        torch.tensor([[0.0, 1, 2, -1]]),
        torch.tensor([[True, False, True, True]]),
    ],
)
def test_given_sites_that_cannot_be(given):
    law = LAWS["chain"]
    path = make_path(law)
    field = flow.InpaintingField(flow.ExactPosterior(law), path)
    with pytest.raises(ValueError, match="expected given sites of shape"):
        flow.sample(field, path, 1, 2, conditions={"given": given})


def test_likelihoods_given_sites_are_refused():
    law = LAWS["chain"]
    path = make_path(law, concentration=1.0)
    field = flow.InpaintingField(flow.ExactPosterior(law), path)
    labels, conditions = torch.zeros(1, 4).long(), {"given": torch.zeros(1, 4).long()}
    x = path.source.sample(1, torch.Generator().manual_seed(0))
    for call in (
        lambda: flow.discrete_log_prob_bound(
            field, path, labels, conditions=conditions
        ),
        lambda: flow.log_prob(field, path, x, conditions=conditions),
    ):
        with pytest.raises(ValueError, match="expected no `given` sites"):
            call()


def test_settings_that_cannot_be():
    path = make_path(LAWS["chain"])
    with pytest.raises(ValueError, match="a share `reveal` from 0 to 1"):
        flow.InpaintingField(flow.ExactPosterior(LAWS["chain"]), path, reveal=1.5)
    with pytest.raises(TypeError, match="expected a number for `blank`, got 'a'"):
        flow.InpaintingField(flow.ExactPosterior(LAWS["chain"]), path, blank="a")
    velocity = flow.VelocityField(networks.MLP(path.space.shape, 8, 1), path.space)
    with pytest.raises(TypeError, match="expected a PosteriorField, got VelocityField"):
        flow.inpaint(velocity)


def make_trainer(reveal=0.5, seed=0, kind=flow.InpaintingField):
    law = LAWS["chain"]
    path = make_path(law)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = networks.MLP(path.space.shape, 16, 1)
    options = {"reveal": reveal} if kind is flow.InpaintingField else {}
    field = kind(network, path, **options)
    g = torch.Generator().manual_seed(seed)
    options = {"batch_size": 32, "generator": g, "schedule": "constant"}
    return flow.Trainer(field, path, **options)


CHAIN = torch.as_tensor(LAWS["chain"].sample(200, np.random.default_rng(0)))


def test_training_reveals_sites_at_random():
    """The loss of a batch is that of the sites that were not revealed."""
    trainer = make_trainer(reveal=1.0)
    field, path = trainer.raw_field, trainer.path
    early = torch.full((len(CHAIN),), 0.05)
    g = torch.Generator().manual_seed(0)
    batch = path.sample(CHAIN, t=early, generator=g)
    torch.manual_seed(0)
    given = field._reveal(batch.labels)
    shares = (given >= 0).float().mean(1)
    assert ((given == batch.labels) | (given == -1)).all()
    # Uniform shares: mean 1/2 of 800 sites, and every number of sites is as likely.
    assert abs(float(shares.mean()) - 0.5) < 4 * math.sqrt(1 / 12 / 200)
    counts = torch.bincount((4 * shares).long(), minlength=5) / 200
    assert float((counts - 0.2).abs().max()) < 4 * math.sqrt(0.2 * 0.8 / 200)
    field.train()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        loss = field.loss(batch)
    assert (loss == field.loss(batch, given=given)).all()
    assert (loss[shares == 1] == 0).all() and (loss[shares < 1] > 0).all()
    # In evaluation nothing is revealed.
    field.eval()
    plain = flow.PosteriorField(field.network, path).loss(batch)
    assert (field.loss(batch) == plain).all()


def test_training_with_nothing_revealed_is_that_of_the_posterior_field():
    runs = [make_trainer(reveal=0.0), make_trainer(kind=flow.PosteriorField)]
    for trainer in runs:
        trainer.fit(CHAIN, steps=3, progress=False)
    pairs = zip(*(t.raw_field.network.parameters() for t in runs), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_training_resumes_with_the_same_sites(tmp_path):
    whole = make_trainer().fit(CHAIN, steps=8, progress=False)
    make_trainer().fit(CHAIN, steps=4, progress=False, directory=tmp_path)
    loaded = flow.Trainer.load(tmp_path).fit(CHAIN, steps=8, progress=False)
    assert type(loaded.raw_field) is flow.InpaintingField
    assert loaded.raw_field.reveal == 0.5
    pairs = zip(
        loaded.raw_field.network.parameters(),
        whole.raw_field.network.parameters(),
        strict=True,
    )
    assert all((a == b).all() for a, b in pairs)
    loss = whole.evaluate(CHAIN)
    assert loaded.evaluate(CHAIN) == loss and math.isfinite(loss)


def test_a_network_learns_the_conditional_law():
    """Trained with revealed sites, it fills in what it has not seen before."""
    law, given = LAWS["chain"], GIVEN["chain"]
    path = make_path(law)
    samples = torch.as_tensor(law.sample(4000, np.random.default_rng(1)))
    expected = conditional_law(law, given)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.MLP(path.space.shape, 64, 1)
    field = flow.InpaintingField(network, path)
    g = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(field, path, None, 3e-3, 256, generator=g, ema_decay=0.99)
    trainer.fit(samples, steps=400, progress=False)
    n = 4000
    conditions = {"given": torch.tensor(given).repeat(n, 1)}
    labels = flow.sample(
        trainer.field, path, n, 30, generator=g, conditions=conditions
    ).labels
    found, _ = deviation(labels.numpy(), expected, 3)
    everything = np.exp(law.all_log_probs())
    assert found < 0.25 * np.abs(everything - expected).sum() / 2
