"""Dirichlet flow matching: its coefficient by mpmath, its laws by known marginals."""

import mpmath
import numpy as np
import pytest
import torch
from scipy import stats
from small_laws import DEPENDENT, ExactPosterior, expected_variation, total_variation

from fisher_manifold import baselines, flow, networks

LONGEST = 7.0


def speed(x, t, n_categories):
    """The formula of the paper, by a difference of the beta function in its parameter.

    I_x(a, m) is the sum of the m first terms of a binomial series.  Near x = 1 it is 1
    to within (1 - x)**m: as many digits are lost, and that many more are taken.
    """
    m = n_categories - 1
    with mpmath.workdps(80 + int(-m * mpmath.log10(1 - x))):
        x, t, h = mpmath.mpf(x), mpmath.mpf(t), mpmath.mpf(10) ** -30

        def cdf(s):
            terms = (mpmath.rf(s + 1, j) / mpmath.factorial(j) for j in range(m))
            return x ** (s + 1) * sum(c * (1 - x) ** j for j, c in enumerate(terms))

        slope = (cdf(t + h) - cdf(t)) / h
        scale = mpmath.beta(t + 1, m) / ((1 - x) ** m * x**t)
        return float(-slope * scale)


@pytest.mark.parametrize("n_categories", [2, 4, 20, 200])
@pytest.mark.parametrize("t", [0.0, 0.3, 2.0, 10.0])
def test_coefficient_is_that_of_the_paper(n_categories, t):
    x = [1e-6, 1e-3, 0.05, 0.2, 0.5, 0.8, 0.95, 0.999]
    found = baselines.vertex_speed(
        torch.tensor(x, dtype=torch.float64), t, n_categories
    )
    expected = [speed(point, t, n_categories) for point in x]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9)


@pytest.mark.parametrize("n_categories", [2, 4, 20])
def test_coefficient_at_the_ends(n_categories):
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    at_wall, at_vertex = baselines.vertex_speed(ends, 1.5, n_categories).tolist()
    assert 0 <= at_wall < 1e-200
    assert at_vertex == pytest.approx(speed(1 - 1e-7, 1.5, n_categories), rel=1e-6)


@pytest.mark.parametrize("t", [0.0, 0.4, 1.0])
def test_path_has_dirichlet_marginals(t):
    path = baselines.DirichletFlow(networks.MLP((1, 4), 8, 1), 4, 1).path
    labels = torch.full((5000, 1), 2)
    g = torch.Generator().manual_seed(1)
    x = path.sample(labels, t=torch.full((5000,), t), generator=g).x_t[:, 0]
    torch.testing.assert_close(x.sum(-1), torch.ones(5000))
    time = t * LONGEST
    for k in range(4):
        own = 1.0 + time * (k == 2)
        law = stats.beta(own, 4.0 + time - own)
        assert stats.kstest(x[:, k].numpy(), law.cdf).pvalue > 1e-3


def test_flow_of_the_exact_posterior_has_the_mixture_as_marginal():
    """One site: p(k | x) is p_k x_k**t, and x_t is a mixture of Dirichlet laws."""
    p = torch.tensor([0.5, 0.3, 0.15, 0.05])

    class Exact(torch.nn.Module):
        def forward(self, x, share):
            return p.log() + LONGEST * share[:, None, None] * x.log()

    model = baselines.DirichletFlow(Exact(), 4, 1)
    x = model.start(4000, torch.Generator().manual_seed(0))
    x = model.follow(x, 300)[:, 0].numpy()
    for k in range(4):
        others = stats.beta(1.0, 3.0 + LONGEST)
        own = stats.beta(1.0 + LONGEST, 3.0)

        def cdf(s, k=k, own=own, others=others):
            return float(p[k]) * own.cdf(s) + (1 - float(p[k])) * others.cdf(s)

        assert stats.kstest(x[:, k], cdf).pvalue > 1e-3


def test_exact_posterior_of_dependent_sites_gives_the_law():
    def likelihood(x, share):
        return x ** (30.0 * share[:, None, None])

    network = ExactPosterior(DEPENDENT, likelihood)
    model = baselines.DirichletFlow(network, 3, 3, longest=30.0)
    drawn = model.sample(4000, torch.Generator().manual_seed(0), steps=200)
    log_probs = DEPENDENT.all_log_probs()
    noise = expected_variation(log_probs, 4000)
    assert total_variation(drawn.labels, log_probs, 3) < 3 * noise + 0.02
    assert drawn.n_evaluations == 200


def test_trains_towards_the_law():
    torch.manual_seed(0)
    model = baselines.DirichletFlow(networks.MLP((3, 3), 64, 1), 3, 3)
    g = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(model, model.path, None, 3e-3, 128, generator=g)
    labels = torch.randint(2, (500, 1), generator=g).repeat(1, 3)
    trainer.fit(labels, 150, progress=False)
    x = trainer.field.sample(1000, g).labels
    assert (x[:, :1] == x).all(1).float().mean() > 0.8
    assert (x == 2).sum() < 30


def test_times_are_exponential_up_to_the_longest():
    model = baselines.DirichletFlow(networks.MLP((1, 4), 8, 1), 4, 1)
    g = torch.Generator().manual_seed(0)
    t = model.default_times.sample(4000, g).double().numpy() * LONGEST
    law = stats.truncexpon(b=LONGEST / 2.0, scale=2.0)
    assert stats.kstest(t, law.cdf).pvalue > 1e-3
    assert t.max() <= LONGEST
