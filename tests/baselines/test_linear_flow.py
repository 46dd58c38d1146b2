"""Linear flow matching with the exact posterior, and what its path is made of."""

import pytest
import torch
from small_laws import DEPENDENT, ExactPosterior, expected_variation, total_variation

from fisher_manifold import baselines, flow, networks


def likelihood(x, t):
    """Density of x given each label: uniform where its coordinate is at least t."""
    return (x >= t[:, None, None] - 1e-6).to(x)


def test_exact_posterior_gives_the_law():
    model = baselines.LinearFlow(ExactPosterior(DEPENDENT, likelihood), 3, 3)
    drawn = model.sample(8000, torch.Generator().manual_seed(0), steps=50)
    log_probs = DEPENDENT.all_log_probs()
    noise = expected_variation(log_probs, 8000)
    assert total_variation(drawn.labels, log_probs, 3) < 3 * noise + 0.02
    assert drawn.n_evaluations == 50


def test_exact_velocity_gives_the_same_law():
    exact = baselines.LinearFlow(ExactPosterior(DEPENDENT, likelihood), 3, 3)

    class Velocity(torch.nn.Module):
        def forward(self, x, t):
            return exact.velocity(x, t)

    model = baselines.LinearVelocityFlow(Velocity(), 3, 3)
    a, b = (
        m.sample(500, torch.Generator().manual_seed(0), steps=20).labels
        for m in (model, exact)
    )
    assert (a == b).float().mean() > 0.99


def test_velocity_loss_is_least_at_the_true_velocity():
    class Given(torch.nn.Module):
        def forward(self, x, t):
            return self.velocity

    network = Given()
    model = baselines.LinearVelocityFlow(network, 3, 3)
    labels = torch.tensor([[0, 1, 2], [2, 2, 0]])
    batch = model.path.sample(labels, generator=torch.Generator().manual_seed(0))
    network.velocity = batch.velocity
    assert model.loss(batch).abs().max() < 1e-12
    network.velocity = batch.velocity + torch.tensor([1.0, -1.0, 0.0])
    torch.testing.assert_close(model.loss(batch), torch.tensor([1.0, 1.0]))


def test_path_goes_from_the_uniform_law_to_the_labels():
    path = baselines.LinearFlow(networks.MLP((2, 4), 8, 1), 4, 2).path
    labels = torch.tensor([[1, 3]]).repeat(20000, 1)
    g = torch.Generator().manual_seed(0)
    start = path.sample(labels, t=torch.zeros(20000), generator=g).x_t
    # Of the uniform law on a triangle of K = 4 corners: mean 1/K, E x**2 = 2/K(K+1).
    torch.testing.assert_close(
        start.mean(0), torch.full((2, 4), 0.25), atol=5e-3, rtol=0
    )
    second = torch.full((2, 4), 0.1)
    torch.testing.assert_close(start.square().mean(0), second, atol=5e-3, rtol=0)
    end = path.sample(labels, t=torch.ones(20000), generator=g)
    torch.testing.assert_close(end.x_t, path.one_hot(labels))


@pytest.mark.parametrize("kind", [baselines.LinearFlow, baselines.LinearVelocityFlow])
def test_trains_towards_the_law(kind):
    torch.manual_seed(0)
    model = kind(networks.MLP((3, 3), 64, 1), 3, 3)
    g = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(model, model.path, None, 3e-3, 128, generator=g)
    labels = torch.randint(2, (500, 1), generator=g).repeat(1, 3)
    trainer.fit(labels, 150, progress=False)
    x = trainer.field.sample(1000, g).labels
    assert (x[:, :1] == x).all(1).float().mean() > 0.8
    assert (x == 2).sum() < 30
