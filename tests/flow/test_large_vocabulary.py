"""The lean step gives the loss and gradients of the plain formulas, in few arrays."""

import math

import pytest
import torch
from live_memory import peak_bytes

import fisher_manifold as fm
from fisher_manifold import flow


class Bias(torch.nn.Module):
    """Logits that depend on the category alone: no memory but the library's."""

    def __init__(self, n_categories, dtype=torch.float32):
        super().__init__()
        g = torch.Generator().manual_seed(2)
        bias = torch.randn(n_categories, generator=g, dtype=torch.float64)
        self.bias = torch.nn.Parameter(bias.to(dtype))

    def forward(self, x, t):
        return self.bias.expand_as(x)


def posterior(n_categories, chart, length=4, concentration=0.5, dtype=torch.float32):
    space = fm.SequenceManifold(chart(n_categories - 1), length)
    source = flow.DirichletSource(space, concentration)
    path = flow.GeodesicPath(space, source)
    return flow.PosteriorField(Bias(n_categories, dtype), path), path


CHARTS = [fm.PositiveHypersphere, fm.FisherRaoSimplex]


@pytest.mark.parametrize("concentration", [0.5, 1.0])
@pytest.mark.parametrize("chart", CHARTS)
def test_peak_of_a_step_is_few_arrays(chart, concentration):
    """Ends and point of the path, and three for cross-entropy and its derivative."""
    n, length, size = 32, 8, 8192
    field, path = posterior(size, chart, length, concentration)
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(size, (n, length), generator=g)
    t = torch.rand(n, generator=g) / 2

    def step():
        batch = path.sample(labels, t=t, generator=g)
        field.loss(batch).mean().backward()
        return batch

    step()  # the bias has a gradient now
    assert peak_bytes(step) / (4 * n * length * size) < 6.5


@pytest.mark.parametrize("chart", CHARTS)
def test_peak_of_a_sampler_is_few_arrays(chart):
    n, length, size = 32, 8, 8192
    field, path = posterior(size, chart, length)
    g = torch.Generator().manual_seed(0)
    grid = torch.tensor([0.0, 0.1, 0.2])

    def draw():
        return flow.sample(field, path, n, generator=g, grid=grid)

    assert peak_bytes(draw) / (4 * n * length * size) < 7.5


def plain_log_evidence(p, t):
    """The formula for the uniform source as it is written, without care."""
    u, d = p.sqrt(), p.shape[-1] - 1
    theta = u.acos()
    ratio = (theta / (1 - t)).sin() / theta.sin()
    log_r = (d - 1) * ratio.log() - torch.log1p(-t)
    # As far beyond the wall as rounding of float32 may take a point.
    slack = 3 * (4 + math.log2(d + 1)) * torch.finfo(torch.float32).eps
    return torch.where(u.asin() >= t * math.pi / 2 * (1 - slack), log_r, -torch.inf)


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("n_categories", [4, 160, 20_000])
def test_loss_and_gradients_are_those_of_the_plain_formulas(chart, n_categories):
    field, path = posterior(n_categories, chart)
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(n_categories, (16, 4), generator=g)
    # Early times: categories that noise could still have made.
    t = torch.rand(16, generator=g) * 0.5 * min(1.0, 4 / math.sqrt(n_categories))
    batch = path.sample(labels, t=t, generator=g)
    loss = field.loss(batch)
    loss.mean().backward()
    bias = field.network.bias.detach().double().requires_grad_()
    p = field.space.sphere_coordinates(batch.x_t).double() ** 2
    p = p / p.sum(-1, keepdim=True)
    log_p = torch.log_softmax(
        bias + plain_log_evidence(p, batch.t.double()[:, None, None]), -1
    )
    plain = -log_p.gather(-1, labels[..., None])[..., 0].mean(1)
    # A few of 20 000 categories are so near their wall that rounding decides.
    bound = 128 * torch.finfo(torch.float32).eps
    assert torch.allclose(loss.double(), plain, rtol=bound, atol=bound)
    (gradient,) = torch.autograd.grad(plain.mean(), bias)
    error = (field.network.bias.grad - gradient).norm() / gradient.norm()
    assert float(error) < bound
