"""The bound of random orders, against laws and networks that are listed."""

import itertools
import math

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, networks

PATH = flow.GeodesicPath(fm.SequenceManifold(fm.PositiveHypersphere(dim=2), length=3))
ALL = torch.tensor(list(itertools.product(range(3), repeat=3)))


class Arbitrary(torch.nn.Module):
    """Conditionals that belong to no common law, and depend on the time told."""

    def __init__(self):
        super().__init__()
        g = torch.Generator().manual_seed(3)
        self.weight = torch.nn.Parameter(torch.randn(9, 9, generator=g))

    def forward(self, x, t, label=None):
        output = (x.flatten(1) @ self.weight.to(x)).reshape(x.shape)
        output = output * (1.0 + t)[:, None, None]
        return output if label is None else output * label[:, None, None]


@torch.no_grad()
def log_prob_of_orders(field, **conditions):
    """Log-probability of all sequences in each order, [6, 27], by the chain rule."""
    rows = []
    n = len(ALL)
    for order in itertools.permutations(range(3)):
        total, given = torch.zeros(n, dtype=torch.float64), torch.full((n, 3), -1)
        for site in order:
            x = PATH.source.sample(n, torch.Generator().manual_seed(0))
            logits = field.logits(x, torch.zeros(n), given=given, **conditions)
            law = torch.log_softmax(logits.double(), -1)
            total += law[torch.arange(n), site, ALL[:, site]]
            given[:, site] = ALL[:, site]
        rows.append(total)
    return torch.stack(rows)


@pytest.mark.parametrize("conditions", [{}, {"label": torch.full((27,), 2.0)}])
def test_bound_is_estimated_without_bias(conditions):
    field = flow.InpaintingField(Arbitrary(), PATH)
    expected = log_prob_of_orders(field, **conditions).mean(0)
    g = torch.Generator().manual_seed(0)
    result = flow.order_log_prob_bound(
        field, ALL, draws=1000, generator=g, conditions=conditions, batch_size=999
    )
    deviation = (result.value - expected) / result.standard_error
    assert deviation.abs().max() < 5
    assert deviation.square().mean() < 2
    assert result.n_draws == 1000
    torch.testing.assert_close(result.bits_per_site, result.value / (3 * math.log(2.0)))


def test_it_is_the_law_of_samples_with_a_step_for_each_site():
    """Frequencies of `Staggered` samples are the mean over orders of their laws."""
    field, n = flow.InpaintingField(Arbitrary(), PATH), 40_000
    orders = log_prob_of_orders(field)
    law = orders.exp().mean(0)
    assert (law.log() - orders.mean(0)).mean() > 0.02  # the orders do disagree
    labels = flow.sample(
        field,
        PATH,
        n,
        steps=3,
        solver=flow.Staggered(3),
        generator=torch.Generator().manual_seed(0),
    ).labels
    counts = torch.bincount((labels * torch.tensor([9, 3, 1])).sum(1), minlength=27)
    deviation = (counts - n * law) / (n * law * (1 - law)).sqrt()
    assert deviation.abs().max() < 4.5
    assert deviation.square().mean() < 2


@pytest.mark.parametrize("simplex", [False, True])
def test_exact_posteriors_give_the_probability(simplex):
    law = data.MarkovChain(
        [0.5, 0.3, 0.2], np.full((3, 3), 1 / 3) + 0.1 * np.eye(3) - (0.1 / 3), length=3
    )
    base = fm.FisherRaoSimplex if simplex else fm.PositiveHypersphere
    path = flow.GeodesicPath(fm.SequenceManifold(base(2), 3))
    field = flow.InpaintingField(flow.ExactPosterior(law), path)
    g = torch.Generator().manual_seed(0)
    result = flow.order_log_prob_bound(field, ALL, draws=300, generator=g)
    expected = torch.from_numpy(law.log_prob(ALL.numpy()))
    assert ((result.value - expected) / result.standard_error).abs().max() < 5


@pytest.mark.parametrize(("reveal", "blank"), [(1.0, 1.0), (0.0, 1.0)])
def test_the_loss_of_blank_samples_is_minus_the_bound(reveal, blank):
    field = flow.InpaintingField(Arbitrary(), PATH, reveal=reveal, blank=blank).train()
    expected = -log_prob_of_orders(field).mean(0)[5].item() / 3
    labels = ALL[torch.full((40_000,), 5)]
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        loss = field.loss(PATH.sample(labels)).double()
    # Numbers of free sites are stratified: the error is below that of independent ones.
    assert abs(loss.mean() - expected) < 5 * loss.std() / math.sqrt(len(labels))


def test_a_share_of_the_samples_is_blank():
    field = flow.InpaintingField(Arbitrary(), PATH, blank=0.25).train()
    times = []
    field.network.register_forward_hook(lambda module, args, out: times.append(args[1]))
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        field.loss(PATH.sample(ALL[torch.zeros(20_000).long()]))
    assert abs((times[0] == 0).float().mean() - 0.25) < 0.02
    with pytest.raises(ValueError, match="`blank` from 0 to 1, got 1.5"):
        flow.InpaintingField(Arbitrary(), PATH, blank=1.5)


def test_blank_sites_on_either_chart_without_evidence():
    """Their points are those of the source, which a network without evidence sees."""
    space = fm.SequenceManifold(fm.FisherRaoSimplex(2), 3)
    path, seen = flow.GeodesicPath(space), []

    class Listener(torch.nn.Module):
        def forward(self, x, t):
            seen.append(x)
            return torch.zeros_like(x)

    field = flow.InpaintingField(Listener(), path, evidence=False, blank=1.0).train()
    batch = path.sample(ALL)
    loss = field.loss(batch)
    torch.testing.assert_close(loss, torch.full((27,), math.log(3.0)))
    start = space.sphere_coordinates(batch.x0)
    free = (seen[0] - start).abs().amax(-1) < 1e-6
    vertex = (seen[0] == torch.nn.functional.one_hot(ALL, 3)).all(-1)
    assert bool((free | vertex).all()) and bool(free.any(1).all())
    assert set(free.sum(1).tolist()) == {1, 2, 3}


def test_training_mode_is_left_and_nothing_is_remembered():
    field = flow.InpaintingField(networks.MLP((3, 3), 8, 1), PATH).train()
    flow.order_log_prob_bound(field, ALL[:2], draws=2)
    assert field.training
    assert all(p.grad is None for p in field.parameters())


def test_wrong_input_is_told():
    network = networks.MLP((3, 3), 8, 1)
    field = flow.InpaintingField(network, PATH)
    bound = flow.order_log_prob_bound
    with pytest.raises(TypeError, match="InpaintingField with evidence"):
        bound(flow.PosteriorField(network, PATH), ALL)
    with pytest.raises(TypeError, match="InpaintingField with evidence"):
        bound(flow.InpaintingField(network, PATH, evidence=False), ALL)
    with pytest.raises(ValueError, match="expected no `given`"):
        bound(field, ALL, conditions={"given": ALL})
    with pytest.raises(ValueError, match="shape"):
        bound(field, ALL[:, :2])
    with pytest.raises(ValueError, match="draws"):
        bound(field, ALL, draws=0)
    with pytest.raises(ValueError, match="first axis"):
        bound(field, ALL, conditions={"label": torch.zeros(3)})
    with pytest.raises(ValueError, match=r"\b3\b"):
        bound(field, ALL + 1)
