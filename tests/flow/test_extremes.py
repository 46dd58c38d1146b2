"""Ends of time, of concentrations and of what a network may return."""

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow

CHARTS = [fm.PositiveHypersphere, fm.FisherRaoSimplex]
EPS = torch.finfo(torch.float32).eps


class Bias(torch.nn.Module):
    """Logits that depend on the category alone."""

    def __init__(self, bias):
        super().__init__()
        self.bias = torch.nn.Parameter(bias)

    def forward(self, x, t):
        return self.bias.expand_as(x)


def random_bias(n_categories, dtype=torch.float32):
    g = torch.Generator().manual_seed(2)
    return torch.randn(n_categories, generator=g, dtype=torch.float64).to(dtype)


def posterior(chart, length, bias, concentration=0.5):
    space = fm.SequenceManifold(chart(len(bias) - 1), length)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration))
    return flow.PosteriorField(Bias(bias), path), path


def relative(value, truth):
    return float((value.double() - truth).norm() / truth.norm().clamp(min=1e-30))


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("n_categories", [2, 4, 20, 160, 50_000])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.25, 0.5 - 1e-6, 0.5 * (1 - EPS)])
def test_posterior_in_float32_is_that_in_float64(chart, n_categories, t):
    """From 0 to the last time of training; every sum here is over n_categories."""
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(n_categories, (4, 2), generator=g)
    results = []
    for dtype in (torch.float32, torch.float64):
        field, path = posterior(chart, 2, random_bias(n_categories, dtype))
        if dtype == torch.float32:
            batch = path.sample(labels, t=torch.full((4,), t), generator=g)
        x = field.space.projection(batch.x_t.to(dtype))
        state = flow.PathSample(
            field.space, batch.t.to(dtype), batch.x0, batch.x1, x, labels
        )
        loss = field.loss(state)
        loss.sum().backward()
        velocity = field(x, state.t).detach()
        results.append((1 + loss.detach(), field.network.bias.grad, velocity))
    for single, double in zip(*results, strict=True):
        assert torch.isfinite(single).all()
        assert relative(single, double) < 16 * EPS


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("n_categories", [2, 4, 20, 160, 50_000])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.5, 1 - 1e-6])
def test_paths_in_float32_are_those_in_float64(chart, n_categories, t):
    """In sphere coordinates; those of the simplex are their squares, which vanish."""
    space = fm.SequenceManifold(chart(n_categories - 1), 2)
    path = flow.GeodesicPath(space)
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(n_categories, (4, 2), generator=g)
    single = path.sample(labels, t=torch.full((4,), t), generator=g)
    start = space.projection(single.x0.double())
    double = path.sample(single.x1.double(), start, single.t.double())
    # torch adds float32 in a few accumulators.
    bound = 16 * EPS * n_categories**0.25
    root, exact = (space.sphere_coordinates(x.x_t) for x in (single, double))
    assert relative(root, exact) < bound
    velocity, true_velocity = single.velocity, double.velocity
    if chart is fm.FisherRaoSimplex:
        tangent = fm.SimplexToSphere().tangent
        velocity = tangent(velocity, image_point=root)
        true_velocity = tangent(true_velocity, image_point=exact)
    assert relative(velocity, true_velocity) < bound


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("t", [1 - EPS, 1 - 2 * EPS, 1 - 4 * EPS])
def test_velocity_loss_is_finite_at_the_very_end(chart, t):
    """Where rounding puts a coordinate on the wall, so that none of it may move."""
    space = fm.SequenceManifold(chart(3), 2)
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(4, (2000, 2), generator=g)
    path = flow.GeodesicPath(space)
    batch = path.sample(labels, t=torch.full((2000,), t), generator=g)
    loss = flow.VelocityField(Bias(torch.ones(4)), space).loss(batch)
    assert torch.isfinite(loss).all()
    assert float(loss.detach().max()) < 4 * torch.pi**2


@pytest.mark.parametrize("concentration", [1e-3, 0.1, 1e3])
@pytest.mark.parametrize(("n_categories", "length"), [(2, 1), (4, 1), (1000, 2)])
def test_extreme_concentrations(concentration, n_categories, length):
    bias = random_bias(n_categories)
    field, path = posterior(fm.PositiveHypersphere, length, bias, concentration)
    grid = field.default_times.grid(50)
    assert bool((grid.diff() > 0).all())
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(n_categories, (64, length), generator=g)
    batch = path.sample(labels, t=field.default_times.sample(64, g), generator=g)
    loss = field.loss(batch)
    loss.mean().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(field.network.bias.grad).all()
    assert path.space.belongs(flow.sample(field, path, 8, 5, g).points).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("concentration", [0.5, 2.0])
def test_half_precision_is_finite(dtype, concentration):
    field, path = posterior(fm.PositiveHypersphere, 2, random_bias(20), concentration)
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(20, (64, 2), generator=g)
    batch = path.sample(labels, t=torch.rand(64, generator=g) / 2, generator=g)
    x, t = batch.x_t.to(dtype), batch.t.to(dtype)
    assert field(x, t).dtype == dtype
    assert torch.isfinite(field(x, t)).all()


@pytest.mark.parametrize("value", [1e30, -1e30, torch.inf, -torch.inf, torch.nan])
def test_absurd_logits_are_followed_or_refused(value):
    bias = torch.zeros(4)
    bias[0] = value
    field, path = posterior(fm.PositiveHypersphere, 2, bias)
    g = torch.Generator().manual_seed(0)
    data = torch.randint(4, (50, 2), generator=g)
    trainer = flow.Trainer(field, path, batch_size=8, generator=g, ema_decay=None)
    if abs(value) == 1e30:
        assert trainer.fit(data, 3, progress=False).step == 3
    else:
        with pytest.raises(flow.TrainingDiverged, match="at step 0"):
            trainer.fit(data, 3, progress=False)
    if value == torch.inf or value != value:
        with pytest.raises(FloatingPointError, match="not finite"):
            flow.sample(field, path, 20, 5, g)
    else:
        drawn = flow.sample(field, path, 20, 5, g).labels
        assert bool(((drawn == 0) == (value > 0)).all())
