"""With the exact posterior for a network, the flow generates the law itself."""

import math

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, networks


def dirichlet(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), size=shape[:-1])


BACKGROUND = data.MarkovChain([0.5, 0.3, 0.2], dirichlet(3, 3), length=4)
LAWS = {
    "independent": data.IndependentSites(dirichlet(3, 4)),
    "mixture": data.MixtureOfProducts([0.7, 0.3], dirichlet(2, 3, 3)),
    "chain": BACKGROUND,
    "parity": data.ParityConstraint(4, 3),
    "copy": data.CopyConstraint(data.IndependentSites(dirichlet(2, 3))),
    "motif": data.MotifModel(BACKGROUND, [[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]),
}


def make_path(law, concentration=0.5):
    space = fm.SequenceManifold(
        fm.PositiveHypersphere(law.n_categories - 1), law.length
    )
    return flow.GeodesicPath(space, flow.DirichletSource(space, concentration))


@pytest.mark.parametrize("concentration", [0.5, 1.0])
@pytest.mark.parametrize("name", LAWS)
def test_samples_have_the_law(name, concentration):
    law = LAWS[name]
    path = make_path(law, concentration)
    field = flow.PosteriorField(flow.ExactPosterior(law), path)
    n, g = 4000, torch.Generator().manual_seed(0)
    labels = flow.sample(field, path, n, steps=40, generator=g).labels.numpy()
    probabilities = np.exp(law.all_log_probs())
    index = np.ravel_multi_index(labels.T, (law.n_categories,) * law.length)
    counts = np.bincount(index, minlength=len(probabilities))
    # Euler steps are of first order: 1 / 40 bounds the share of broken constraints.
    assert counts[probabilities == 0].sum() <= n / 40
    # Total variation of n perfect samples: the mean deviation of binomial counts is
    # about sqrt(2 p (1 - p) / (pi n)); the steps may add 0.02.
    spread = probabilities * (1 - probabilities) * 2 / (math.pi * n)
    floor = np.sqrt(spread).sum() / 2
    assert np.abs(counts / n - probabilities).sum() / 2 < 1.15 * floor + 0.02


def test_constraints_are_broken_by_the_steps_alone():
    """Violations fall with the steps at first order, and no network is to blame."""
    path = make_path(LAWS["parity"])
    field = flow.PosteriorField(flow.ExactPosterior(LAWS["parity"]), path)
    rates = []
    for steps in (10, 40, 160):
        g = torch.Generator().manual_seed(0)
        labels = flow.sample(field, path, 2000, steps=steps, generator=g).labels
        rates.append(float((labels.sum(1) % 3 != 0).double().mean()))
    # binomial errors of the three are 0.006, 0.003 and 0.0015
    assert rates[0] > 2.5 * rates[1] > 6 * rates[2]


@pytest.mark.parametrize("name", LAWS)
def test_logits_are_the_posterior_of_the_paths(name):
    """Bayes' rule by weighing the law's own sequences with the density of x_t."""
    law = LAWS[name]
    path = make_path(law)
    field = flow.PosteriorField(flow.ExactPosterior(law), path)
    g = torch.Generator().manual_seed(1)
    x1 = torch.as_tensor(law.sample(50, np.random.default_rng(0)))
    batch = path.sample(x1, t=torch.linspace(0.0, 0.45, 50), generator=g)
    every = torch.cartesian_prod(*[torch.arange(law.n_categories)] * law.length)
    log_r = flow.log_evidence(batch.x_t, batch.t[:, None]).double()
    rows = log_r[:, None].expand(-1, len(every), -1, -1)
    evidence = rows.gather(3, every.expand(50, -1, -1)[..., None]).sum((2, 3))
    weights = torch.softmax(evidence + torch.as_tensor(law.log_prob(every.numpy())), 1)
    onehot = torch.nn.functional.one_hot(every, law.n_categories).double()
    expected = torch.einsum("ny,yik->nik", weights, onehot)
    computed = torch.softmax(field.logits(batch.x_t, batch.t).double(), -1)
    # log r of -60 is kept to float32's 1e-5, at each of up to four sites
    assert torch.allclose(computed, expected, atol=2e-4)


def test_no_network_has_a_lower_loss():
    """The mean loss is the entropy left: log 3 at the start, none near half time."""
    law = LAWS["parity"]
    path = make_path(law)
    field = flow.PosteriorField(flow.ExactPosterior(law), path)
    x1 = torch.as_tensor(law.sample(4000, np.random.default_rng(0)))
    g = torch.Generator().manual_seed(0)
    start = path.sample(x1, t=torch.zeros(4000), generator=g)
    assert float(field.loss(start).mean()) == pytest.approx(math.log(3), abs=1e-5)
    half = path.sample(x1, t=torch.full((4000,), 0.499), generator=g)
    assert float(field.loss(half).mean()) < 1e-3
    middle = path.sample(x1, t=torch.full((4000,), 0.2), generator=g)
    alone = flow.PosteriorField(networks.MLP(path.space.shape, 8, 1), path)
    # zero logits: each site by its own evidence
    with torch.no_grad():
        difference = alone.loss(middle) - field.loss(middle)
    assert float(difference.mean()) > 0.01


def test_what_does_not_fit_is_refused():
    law = LAWS["parity"]
    with pytest.raises(TypeError, match="log_posterior, .* got int"):
        flow.ExactPosterior(3)
    path = make_path(law)
    plain = flow.PosteriorField(flow.ExactPosterior(law), path, evidence=False)
    with pytest.raises(ValueError, match="evidence=True"):
        flow.sample(plain, path, 2)
    other = make_path(LAWS["mixture"])
    field = flow.PosteriorField(flow.ExactPosterior(law), other)
    with pytest.raises(ValueError, match=r"\[n, 4, 3\], not \[2, 3, 3\]"):
        flow.sample(field, other, 2)
