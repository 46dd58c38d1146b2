"""Markov chains of all orders, independent sites, and the data themselves."""

import numpy as np
import pytest
import torch
from small_laws import every

from fisher_manifold import baselines, data


def chain(order, seed=0, n_categories=2, length=7):
    rng = np.random.default_rng(seed)
    shape = (n_categories,) * order
    transition = rng.dirichlet(np.full(n_categories, 0.5), shape)
    initial = rng.dirichlet(np.ones(n_categories**order)).reshape(shape)
    return data.MarkovChain(initial, transition, length)


@pytest.mark.parametrize("order", range(7))
def test_probabilities_sum_to_one(order):
    labels = torch.from_numpy(chain(1).sample(50, np.random.default_rng(0)))
    model = baselines.MarkovOrder.fit(labels, 2, order)
    assert float(model.log_prob(every(2, 7)).exp().sum()) == pytest.approx(1.0)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_true_order_is_best_and_reaches_the_entropy(order):
    law = chain(order, n_categories=3, length=12)
    rng = np.random.default_rng(1)
    labels, held_out = (torch.from_numpy(law.sample(n, rng)) for n in (20_000, 4000))
    true = law.log_prob(held_out.numpy()).mean()
    means = [
        float(baselines.MarkovOrder.fit(labels, 3, k).log_prob(held_out).mean())
        for k in range(order + 3)
    ]
    # A free parameter costs half a nat for all training sequences together.
    assert abs(means[order] - true) < 5 * 3 ** (order + 1) / 20_000 + 2e-3
    assert all(mean < means[order] - 0.02 for mean in means[:order])
    assert all(mean < means[order] + 2e-3 for mean in means[order:])


def test_smoothing_saves_orders_that_the_data_do_not_fill():
    """Of few sequences order 6 is hardly worse than order 1; counts alone are."""
    law = chain(1, seed=3, n_categories=4, length=20)
    rng = np.random.default_rng(2)
    few, held_out = (torch.from_numpy(law.sample(n, rng)) for n in (100, 1000))
    low, high = (baselines.MarkovOrder.fit(few, 4, k) for k in (1, 6))
    counts = data.MarkovChain.fit(few.numpy(), 4, 6, pseudocount=1.0)
    smoothed = float(high.log_prob(held_out).mean())
    assert smoothed > counts.log_prob(held_out.numpy()).mean() + 1.0
    assert smoothed > low.log_prob(held_out).mean() - 1.5
    assert high.strength > low.strength


def test_validation_data_choose_the_strength():
    labels = torch.tensor([[0, 1, 0, 1]] * 20)
    same = baselines.MarkovOrder.fit(labels, 2, 1, validation=labels)
    other = baselines.MarkovOrder.fit(labels, 2, 1, validation=1 - labels * 0)
    assert same.strength < other.strength


def test_sites_have_laws_of_their_own():
    law = data.IndependentSites([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    rng = np.random.default_rng(0)
    labels, held_out = (torch.from_numpy(law.sample(n, rng)) for n in (4000, 2000))
    sites = baselines.SiteFrequencies.fit(labels, 2)
    order_0 = baselines.MarkovOrder.fit(labels, 2, 0)
    true = law.log_prob(held_out.numpy()).mean()
    assert abs(float(sites.log_prob(held_out).mean()) - true) < 3e-3
    assert float(order_0.log_prob(held_out).mean()) < true - 0.1
    assert float(sites.log_prob(every(2, 3)).exp().sum()) == pytest.approx(1.0)
    drawn = sites.sample(4000, torch.Generator().manual_seed(0)).labels.double()
    assert (1 - drawn.mean(0) - torch.tensor([0.9, 0.2, 0.5])).abs().max() < 0.03


def test_samples_are_reproducible_and_of_the_chain():
    law = chain(2)
    labels = torch.from_numpy(law.sample(5000, np.random.default_rng(0)))
    model = baselines.MarkovOrder.fit(labels, 2, 2)
    a, b = (model.sample(5000, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(a.labels, b.labels)
    assert a.n_evaluations == 0
    gap = model.log_prob(a.labels).mean() - model.log_prob(labels).mean()
    assert abs(float(gap)) < 0.1


def test_training_data_are_drawn_without_replacement():
    labels = torch.arange(10)[:, None].repeat(1, 2)
    drawn = baselines.TrainingData(labels).sample(10, torch.Generator().manual_seed(0))
    assert sorted(drawn.labels[:, 0].tolist()) == list(range(10))


def test_conditions_are_refused():
    model = baselines.MarkovOrder.fit(torch.zeros(5, 3).long(), 2, 1)
    with pytest.raises(ValueError, match="each class"):
        model.sample(2, conditions={"label": torch.zeros(2)})
