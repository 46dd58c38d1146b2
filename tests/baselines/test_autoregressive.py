"""Autoregressive models: causal, exact, and of the size of the reference networks."""

import pytest
import torch
from small_laws import every, expected_variation, randomised, total_variation

from fisher_manifold import baselines, flow, networks

ALL = every(3, 4)
NETWORKS = {
    "cnn": lambda **k: networks.SequenceCNN(3, 4, width=8, depth=2, kernel_size=3, **k),
    "transformer": lambda **k: networks.Transformer(
        3, 4, width=8, depth=2, n_heads=2, **k
    ),
}


@pytest.fixture(params=NETWORKS)
def make(request):
    return NETWORKS[request.param]


def model_of(network, seed=0):
    return baselines.Autoregressive(randomised(network, seed), 3, 4).eval()


def test_probabilities_sum_to_one(make):
    log_prob = model_of(make()).log_prob(ALL)
    assert log_prob.dtype == torch.float64
    assert float(log_prob.exp().sum()) == pytest.approx(1.0, abs=1e-6)
    assert log_prob.std() > 0.1  # far from uniform


def test_no_site_sees_itself_or_later_ones(make):
    model = model_of(make())
    a, b = torch.tensor([[0, 1, 2, 0]]), torch.tensor([[0, 1, 0, 1]])
    with torch.no_grad():
        rows = [model.logits(model.path.shift(y), torch.zeros(1)) for y in (a, b)]
    torch.testing.assert_close(rows[0][:, :3], rows[1][:, :3])
    assert (rows[0][:, 3] - rows[1][:, 3]).abs().max() > 1e-3


def test_reference_networks_look_ahead(make):
    """What the causal versions are for."""
    model = model_of(make())
    network = randomised(make(), 0).eval()
    y = torch.tensor([[0, 1, 2, 0], [0, 1, 0, 1]])
    with torch.no_grad():
        rows = network(model.path.shift(y), torch.zeros(2))
    assert (rows[0, 0] - rows[1, 0]).abs().max() > 1e-4


def test_weights_are_those_of_the_reference_network(make):
    network = make()
    other = baselines.causal(network)
    assert baselines.causal(other) is other
    for name, value in network.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value)


def test_samples_follow_the_probabilities(make):
    model = model_of(make())
    drawn = model.sample(8000, torch.Generator().manual_seed(0), batch_size=3000)
    log_prob = model.log_prob(ALL)
    assert total_variation(drawn.labels, log_prob, 3) < 1.5 * expected_variation(
        log_prob, 8000
    )
    assert drawn.n_evaluations == 4


def test_loss_is_the_log_probability(make):
    model = model_of(make())
    with torch.no_grad():
        loss = model.loss(model.path.sample(ALL)).double()
    torch.testing.assert_close(-4 * loss, model.log_prob(ALL), atol=1e-5, rtol=1e-5)


def test_labels_condition_it(make):
    torch.manual_seed(0)
    model = baselines.Autoregressive(make(n_classes=2), 3, 4)
    g = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(model, model.path, None, 1e-2, 64, generator=g, warmup=10)
    classes = torch.randint(2, (400,), generator=g)
    trainer.fit(classes[:, None].repeat(1, 4), 120, {"label": classes}, progress=False)
    wanted = torch.arange(100) % 2
    x = trainer.field.sample(100, g, {"label": wanted}).labels
    assert (x == wanted[:, None]).float().mean() > 0.9


def test_other_networks_are_refused():
    with pytest.raises(TypeError, match="causal"):
        baselines.Autoregressive(networks.MLP((4, 3), 8, 1), 3, 4)
