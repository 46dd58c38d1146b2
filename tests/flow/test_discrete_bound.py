"""The bound of discrete likelihoods, against laws that are enumerated."""

import itertools
import math

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.data import (
    IndependentSites,
    MarkovChain,
    MixtureOfProducts,
    ParityConstraint,
)


class ExactNetwork(torch.nn.Module):
    """What the other sites say of a site, log c_i(k), by summing over all sequences."""

    def __init__(self, law):
        super().__init__()
        shape = (law.n_categories,) * law.length
        sequences = np.indices(shape).reshape(law.length, -1).T.copy()
        self.sequences = torch.from_numpy(sequences)
        self.probabilities = torch.from_numpy(np.exp(law.log_prob(sequences)))

    def encode(self, log_ratio):
        return torch.softmax(log_ratio, -1)

    def forward(self, evidence, t):
        (_, length, n_categories), columns = evidence.shape, []
        each = [evidence[:, j, self.sequences[:, j]] for j in range(length)]
        for i in range(length):
            terms = self.probabilities * math.prod(each[:i] + each[i + 1 :])
            member = torch.nn.functional.one_hot(self.sequences[:, i], n_categories)
            columns.append(terms @ member.to(terms))
        return torch.stack(columns, 1).clamp(min=1e-200).log()


def exact_flow(law, chart=fm.PositiveHypersphere):
    """Field whose flow has exactly the law, and its path."""
    space = fm.SequenceManifold(chart(law.n_categories - 1), law.length)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, 2.0))
    return flow.PosteriorField(ExactNetwork(law), path), path


def all_sequences(law):
    """Sequences that occur and their log-probabilities."""
    shape = (law.n_categories,) * law.length
    labels = np.indices(shape).reshape(law.length, -1).T.copy()
    log_prob = law.log_prob(labels)
    keep = np.isfinite(log_prob)
    return torch.from_numpy(labels[keep]), torch.from_numpy(log_prob[keep])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


RNG = np.random.default_rng(0)
LAWS = {
    "markov": MarkovChain(
        RNG.dirichlet([2.0] * 3), RNG.dirichlet([0.5] * 3, size=3), length=2
    ),
    "mixture": MixtureOfProducts([0.6, 0.4], RNG.dirichlet([0.7] * 4, size=(2, 2))),
    "parity": ParityConstraint(n_sites=3, n_categories=2),
    "product": IndependentSites(RNG.dirichlet([1.0] * 3, size=3)),
}


@pytest.mark.parametrize("name", LAWS)
def test_bound_of_the_exact_flow_is_the_log_probability(name):
    """At half time there is no gap, and every single draw gives log P."""
    law = LAWS[name]
    labels, truth = all_sequences(law)
    result = flow.discrete_log_prob_bound(
        *exact_flow(law), labels, draws=2, steps=30, generator=generator()
    )
    gap = float((truth.exp() * (truth - result.value)).sum())
    # Solver and draws: far below 2 per cent of the entropy.
    assert abs(gap) < 0.003 * law.entropy()
    assert bool((result.value <= truth + 3 * result.standard_error + 5e-3).all())
    assert result.n_sites == law.length and result.n_draws == 2


@pytest.mark.parametrize("name", ["markov", "mixture"])
def test_mean_bound_of_a_wrong_model_is_below_minus_the_entropy(name):
    """By the divergence of the law from that of the model: here the law's root."""
    law = LAWS[name]
    field, path = exact_flow(law)
    root = field.network.probabilities.sqrt()
    field.network.probabilities = root / root.sum()
    labels, truth = all_sequences(law)
    result = flow.discrete_log_prob_bound(
        field, path, labels, draws=2, steps=20, generator=generator()
    )
    model = (0.5 * truth) - torch.logsumexp(0.5 * truth, 0)
    excess = float((truth.exp() * (truth - model)).sum())
    mean = float((truth.exp() * result.value).sum())
    assert excess > 0.03
    assert mean == pytest.approx(-law.entropy() - excess, abs=0.01)


@pytest.mark.parametrize("tau", [0.05, 0.15])
def test_gap_of_an_earlier_time_is_the_dependence_that_the_decoder_ignores(tau):
    """E_q log [p(y | x) / prod_i p(y_i | x)], by sums over all sequences."""
    law = LAWS["mixture"]
    field, path = exact_flow(law)
    labels, truth = all_sequences(law)
    result = flow.discrete_log_prob_bound(
        field, path, labels, tau=tau, draws=16, steps=20, generator=generator()
    )
    n = 200
    many = labels.repeat_interleave(n, 0)
    t = torch.full((len(many),), tau, dtype=torch.float64)
    x1 = path.space.vertices(many, dtype=torch.float64)
    x0 = path.source.sample(len(many), generator(1), dtype=torch.float64)
    x = path.sample(x1, x0=x0, t=t).x_t
    log_r = flow.log_evidence(x, t[:, None], 2.0)
    sites = [log_r[:, i, labels[:, i]] for i in range(law.length)]
    joint = torch.log_softmax(truth + sum(sites), -1)
    row = torch.arange(len(labels)).repeat_interleave(n)
    log_joint = joint.gather(1, row[:, None])[:, 0]
    same = (many[:, None, :] == labels).double()
    marginals = torch.einsum("mk,mki->mi", joint.exp(), same)
    gaps = (log_joint - marginals.log().sum(1)).reshape(-1, n)
    gap = float((truth.exp() * gaps.mean(1)).sum())
    found = float((truth.exp() * (truth - result.value)).sum())
    squares = gaps.var(1) / n + result.standard_error**2
    error = math.sqrt(float((truth.exp() ** 2 * squares).sum()))
    assert gap > 0.01
    assert abs(found - gap) < 4 * error


def test_draws_are_unbiased_by_probes_and_charts():
    law = LAWS["markov"]
    labels, truth = all_sequences(law)
    options = {"draws": 16, "steps": 20, "probes": 2}
    for chart in (fm.PositiveHypersphere, fm.FisherRaoSimplex):
        result = flow.discrete_log_prob_bound(
            *exact_flow(law, chart), labels, generator=generator(), **options
        )
        deviation = (result.value - truth) / result.standard_error
        assert float(deviation.abs().max()) < 4.5
        assert float(result.standard_error.max()) > 0.01


class AnyNetwork(torch.nn.Module):
    """A smooth network that is right for no law."""

    def __init__(self):
        super().__init__()
        self.weight = torch.randn(6, 6, generator=generator()).double()

    def forward(self, x, t):
        mixed = torch.tanh(x.flatten(1) @ self.weight.to(x) + 3 * t[:, None])
        return 1.5 * mixed.reshape(x.shape)


def test_bound_of_any_model_is_below_the_frequencies_of_its_samples():
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, 2.0))
    field = flow.PosteriorField(AnyNetwork(), path)
    labels = torch.tensor(list(itertools.product(range(3), repeat=2)))
    n = 20_000
    grid = torch.linspace(0, 0.5, 51)
    samples = flow.sample(
        field, path, n, grid=grid, generator=generator(), batch_size=n
    ).labels
    frequencies = torch.bincount(3 * samples[:, 0] + samples[:, 1], minlength=9) / n
    assert float(frequencies.max() / frequencies.min()) > 3
    bounds = {
        weighted: flow.discrete_log_prob_bound(
            field,
            path,
            labels,
            draws=32,
            steps=20,
            generator=generator(),
            importance_weighted=weighted,
        )
        for weighted in (False, True)
    }
    for bound in bounds.values():
        squares = bound.standard_error**2 + (1 - frequencies) / (n * frequencies)
        excess = bound.value - frequencies.log()
        # 50 Euler steps of the sampler are off by about a per cent.
        assert bool((excess < 3.5 * squares.sqrt() + 0.01).all())
    assert bool((bounds[True].value >= bounds[False].value).all())
    assert float(bounds[False].value.exp().sum()) < 1.0
    assert float((bounds[False].value - frequencies.log()).abs().max()) < 1.0


def test_velocity_fields_have_a_bound_from_half_time_on():
    """A field of rest: the law of labels is uniform, the bound far below."""
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
    path = flow.GeodesicPath(space)
    field = flow.VelocityField(torch.nn.Softmax(-1), space)
    field.network.forward = lambda x, t: 0.0 * x
    labels = torch.tensor([[0, 1]])
    result = flow.discrete_log_prob_bound(field, path, labels, generator=generator())
    assert float(result.value) < 2 * math.log(1 / 3)
    with pytest.raises(ValueError, match="tau >= 1/2"):
        flow.discrete_log_prob_bound(field, path, labels, tau=0.4)


def test_conditions_go_with_their_sequences():
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, 2.0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.MLP(space.shape, 16, 1, n_classes=2)
        torch.nn.init.normal_(network.output.weight)
    field = flow.PosteriorField(network, path)

    def bound(labels, classes, **options):
        return flow.discrete_log_prob_bound(
            field,
            path,
            torch.tensor(labels),
            draws=3,
            steps=4,
            conditions={"label": torch.tensor(classes)},
            generator=generator(),
            **options,
        ).value

    # The same draws, with one condition changed.
    first, other = (bound([[0, 1], [2, 2]], classes) for classes in ([0, 1], [0, 0]))
    torch.testing.assert_close(first[0], other[0])
    assert float((first[1] - other[1]).abs()) > 1e-3
    small = bound([[0, 1], [2, 2]], [0, 1], batch_size=2, tau=0.3)
    whole = bound([[0, 1], [2, 2]], [0, 1], tau=0.3)
    torch.testing.assert_close(small, whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tau", [0.6, 0.9, 0.99])
def test_times_close_to_the_end_change_nothing(tau):
    law = LAWS["markov"]
    field, path = exact_flow(law)
    labels, log_prob = all_sequences(law)
    result = flow.discrete_log_prob_bound(
        field, path, labels[:5], tau=tau, draws=4, steps=60, generator=generator()
    )
    torch.testing.assert_close(result.value, log_prob[:5], rtol=0, atol=0.02)


def test_units():
    value = torch.tensor([-2.0, -4.0]) * math.log(2.0)
    result = flow.DiscreteBoundResult(value, 0.0 * value, 2, 1, 4, 0.0)
    torch.testing.assert_close(result.bits_per_site, torch.tensor([-1.0, -2.0]))
    assert result.mean == pytest.approx(-3 * math.log(2.0))
    assert result.mean_standard_error == pytest.approx(math.log(2.0))


@pytest.mark.parametrize(
    ("labels", "options", "error", "message"),
    [
        ([[0, 3]], {}, ValueError, r"got 3 at index \[0, 1\]"),
        ([[0, -1]], {}, ValueError, "got -1"),
        ([[0.0, 1.0]], {}, TypeError, "integer labels"),
        ([[0, 1, 2]], {}, ValueError, r"shape \[n, 2\]"),
        ([[0, 1]], {"tau": 1.0}, ValueError, "0 < tau < 1"),
        ([[0, 1]], {"tau": 0.3, "grid": [0.0, 0.4]}, ValueError, "ends at tau"),
        ([[0, 1]], {"grid": [0.0, 0.5, 0.9]}, ValueError, "4 times that"),
        ([[0, 1]], {"tau": 0.999, "steps": 5}, ValueError, "more steps"),
        ([[0, 1]], {"draws": 0}, ValueError, "draws"),
        (
            [[0, 1]],
            {"importance_weighted": True, "probes": 1},
            ValueError,
            "exact divergence",
        ),
    ],
)
def test_bad_arguments(labels, options, error, message):
    field, path = exact_flow(LAWS["markov"])
    with pytest.raises(error, match=message):
        flow.discrete_log_prob_bound(field, path, torch.tensor(labels), **options)


def test_fields_that_jump_and_spaces_without_vertices_are_refused():
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(AnyNetwork(), path)
    with pytest.raises(ValueError, match="concentration=2"):
        flow.discrete_log_prob_bound(field, path, torch.tensor([0]))

    from geomstats.geometry.euclidean import Euclidean

    path = flow.GeodesicPath(Euclidean(2))
    field = flow.VelocityField(AnyNetwork(), path.space)
    with pytest.raises(TypeError, match="log_prob"):
        flow.discrete_log_prob_bound(field, path, torch.tensor([0]))
