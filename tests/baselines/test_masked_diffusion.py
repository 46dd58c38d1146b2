"""Masked diffusion on laws that are listed: bound, equality, exact samples."""

import itertools
import math

import numpy as np
import pytest
import torch
from small_laws import (
    DEPENDENT,
    ExactPosterior,
    every,
    expected_variation,
    total_variation,
)

from fisher_manifold import baselines

ALL = every(3, 3)


def exact():
    """The posterior of hidden sites, where shown ones have their label for certain."""
    hidden = ExactPosterior(
        DEPENDENT, lambda x, t: torch.where(x.any(-1, keepdim=True), x, 1.0)
    )
    return baselines.MaskedDiffusion(hidden, 3, 3)


def arbitrary():
    """A network whose conditionals belong to no common law."""
    weight = torch.randn(9, 9, generator=torch.Generator().manual_seed(3))

    class Linear(torch.nn.Module):
        def forward(self, x, t):
            return (x.flatten(1) @ weight.to(x)).reshape(x.shape)

    return baselines.MaskedDiffusion(Linear(), 3, 3)


@torch.no_grad()
def log_prob_of_orders(model):
    """Log-probability of all sequences in each order, [6, 27], by the chain rule."""
    rows = []
    for order in itertools.permutations(range(3)):
        total, shown = torch.zeros(len(ALL), dtype=torch.float64), torch.zeros(3).bool()
        for site in order:
            x = model.path.show(ALL, shown.expand(len(ALL), 3))
            law = torch.log_softmax(model.logits(x, torch.zeros(len(ALL))).double(), -1)
            total += law[torch.arange(len(ALL)), site, ALL[:, site]]
            shown[site] = True
        rows.append(total)
    return torch.stack(rows)


def test_bound_is_below_the_probability_and_estimated_without_bias():
    model = arbitrary()
    orders = log_prob_of_orders(model)
    log_prob = torch.logsumexp(orders, 0) - math.log(6)
    torch.testing.assert_close(log_prob.exp().sum(), torch.tensor(1.0).double())
    bound = orders.mean(0)
    assert (bound < log_prob).all()
    assert (log_prob - bound).mean() > 0.02  # the orders do disagree
    g = torch.Generator().manual_seed(0)
    result = model.log_prob_bound(ALL, draws=2000, generator=g)
    deviation = (result.value - bound) / result.standard_error
    assert deviation.abs().max() < 5
    assert deviation.square().mean() < 2
    assert result.n_draws == 2000


def test_bound_is_the_probability_for_exact_posteriors():
    model = exact()
    orders = log_prob_of_orders(model)
    log_probs = torch.from_numpy(DEPENDENT.all_log_probs())
    torch.testing.assert_close(orders, log_probs.expand(6, -1))
    g = torch.Generator().manual_seed(0)
    result = model.log_prob_bound(ALL, draws=500, generator=g)
    assert ((result.value - log_probs) / result.standard_error).abs().max() < 5


def test_one_site_is_exact_without_spread():
    law = torch.tensor([0.5, 0.3, 0.2]).double()

    class Net(torch.nn.Module):
        def forward(self, x, t):
            return law.log().expand_as(x)

    model = baselines.MaskedDiffusion(Net(), 3, 1)
    result = model.log_prob_bound(torch.tensor([[0], [2]]), draws=3)
    torch.testing.assert_close(result.value.exp().float(), law[[0, 2]].float())
    assert result.standard_error.abs().max() < 1e-12


def test_loss_is_minus_the_bound_per_site():
    """The continuous-time integral and the sum over numbers of hidden sites agree."""
    model = arbitrary()
    g = torch.Generator().manual_seed(0)
    rows = torch.full((40_000,), 5)
    with torch.no_grad():
        loss = model.loss(model.path.sample(ALL[rows], generator=g)).double()
    expected = -log_prob_of_orders(model).mean(0)[5] / 3
    # Times are stratified: the error is smaller than that of independent ones.
    assert abs(loss.mean() - expected) < 5 * loss.std() / math.sqrt(len(rows))


@pytest.mark.parametrize("make", [exact, arbitrary])
def test_samples_one_by_one_are_exact(make):
    model = make()
    log_probs = torch.logsumexp(log_prob_of_orders(model), 0) - math.log(6)
    drawn = model.sample(10_000, torch.Generator().manual_seed(0))
    noise = expected_variation(log_probs, 10_000)
    assert total_variation(drawn.labels, log_probs, 3) < 2 * noise
    assert drawn.n_evaluations == 3


def test_steps_of_time_are_ancestral():
    """One step draws sites independently; many steps give the law."""
    model = exact()
    marginals = np.exp(DEPENDENT.log_posterior(np.zeros((1, 3, 3))))[0]
    product = sum(torch.from_numpy(marginals[i]).log()[ALL[:, i]] for i in range(3))
    log_probs = DEPENDENT.all_log_probs()
    noise = expected_variation(log_probs, 10_000)
    for steps, law in ((1, product), (60, log_probs)):
        g = torch.Generator().manual_seed(0)
        drawn = model.sample(10_000, g, steps=steps)
        assert total_variation(drawn.labels, law, 3) < 2 * noise + 0.01
        assert drawn.n_evaluations == steps
    distance = float((product.exp() - torch.from_numpy(log_probs).exp()).abs().sum())
    assert distance / 2 > 0.1  # the two laws are told apart
