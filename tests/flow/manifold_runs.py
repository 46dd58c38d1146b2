"""Train, sample and take likelihoods on the manifolds of the catalogue; print JSON.

Run by test_manifolds.py in a process whose geomstats backend is pytorch.
"""

import json
import logging
import sys
import time
import warnings

import torch
from manifold_catalogue import NUMERIC, SPACES
from pretended_device import PretendedDevice, device

from fisher_manifold import flow, networks, transport


class Swirl(torch.nn.Module):
    """A smooth field without symmetry, of few operations."""

    def __init__(self, shape, scale=0.3):
        super().__init__()
        g = torch.Generator().manual_seed(1)
        a, b = scale * torch.randn((2, *shape), generator=g, dtype=torch.float64)
        self.a, self.b = torch.nn.Parameter(a), torch.nn.Parameter(b)

    def forward(self, x, t):
        t = t.reshape(-1, *[1] * (x.ndim - 1))
        return self.a * torch.cos(2 * t) + self.b * torch.sin(0.7 * x + x.flip(-1) + t)


def run(name):
    device()  # before the first backward pass, which looks for devices once
    space, few = SPACES[name](), NUMERIC.get(name)
    outcome = {"dim": space.dim}
    for part in (training, velocity, likelihood, on_device):
        start = time.process_time()
        outcome[part.__name__] = part(space, few)
        outcome[part.__name__]["seconds"] = time.process_time() - start
    if name in TWINS:
        outcome["agreement"] = agreement(name)
    return outcome


def agreement(name):
    """Largest differences of a space of geoopt from the same one of geomstats."""
    ours, theirs = SPACES[name](), SPACES[TWINS[name]]()
    x, y = theirs.random_point(5), theirs.random_point(5)
    log = theirs.metric.log(y, x)
    other = theirs.to_tangent(torch.randn(5, *ours.shape), x)
    values = [
        (
            space.metric.log(y, x),
            space.metric.exp(0.5 * log, x),
            space.metric.inner_product(log, other, x),
            space.metric.squared_dist(x, y),
            space.metric.norm(log, x),
            space.to_tangent(other + 1.0, x),
            log_density(space, x),
        )
        for space in (ours, theirs)
    ]
    differences = (a - b for a, b in zip(*values, strict=True))
    return {
        "dim": ours.dim == theirs.dim,
        "error": max(float(each.abs().max()) for each in differences),
        "on": bool(ours.belongs(x).all()),
        "off": bool(ours.belongs(x / 0.4 / x.norm(dim=1, keepdim=True)).any()),
    }


TWINS = {"geoopt's sphere": "sphere", "geoopt's ball": "Poincare ball"}


def log_density(space, x):
    source = flow.RandomPointSource(space, log_density=0.0)
    field = flow.VelocityField(Swirl(space.shape), space)
    return flow.log_prob(field, flow.GeodesicPath(space, source), x, steps=4).value


def clustered(space, source, n, generator):
    """Points near one point of the space: a target unlike the source."""
    center = source.sample(1, generator).expand(n, *space.shape)
    others = source.sample(n, generator)
    return space.metric.exp(0.2 * space.metric.log(others, center), center)


def training(space, few):
    """Float32 data and network, around a space that computes in float64."""
    generator = torch.Generator().manual_seed(0)
    path = flow.GeodesicPath(space, flow.RandomPointSource(space))
    n, steps = (few, 5) if few else (32, 60)
    data = clustered(space, path.source, n, generator).float()
    torch.manual_seed(0)
    field = flow.VelocityField(networks.MLP(space.shape, width=32, depth=1), space)
    options = {"schedule": "constant", "warmup": 0, "ema_decay": None}
    trainer = flow.Trainer(
        field,
        path,
        batch_size=n,
        learning_rate=2e-2 if few else 5e-3,
        generator=generator,
        **options,
    )
    before = trainer.evaluate(data)
    trainer.fit(data, steps=steps, progress=False)
    batch = path.sample(data[:2], generator=generator)
    samples = flow.sample(trainer.field, path, 4, steps=4, generator=generator).points
    return {
        "before": before,
        "after": trainer.evaluate(data),
        "dtypes": sorted({str(x.dtype) for x in (batch.x_t, batch.velocity)}),
        "loss_dtype": str(field.loss(batch).dtype),
        "belongs": bool(space.belongs(samples, atol=1e-6).all()),
    }


def velocity(space, few):
    """The velocity of paths against a central difference in embedding coordinates."""
    generator = torch.Generator().manual_seed(0)
    path = flow.GeodesicPath(space, flow.RandomPointSource(space))
    n, step = (2, 1e-3) if few else (32, 1e-6)
    x0, x1 = (path.source.sample(n, generator, torch.float64) for _ in range(2))
    t = 0.05 + 0.9 * torch.rand(n, generator=generator, dtype=torch.float64)
    batch = path.sample(x1, x0, t)
    later, earlier = (path.sample(x1, x0, t + h).x_t for h in (step, -step))
    difference = (later - earlier) / (2 * step)
    single = path.sample(x1.float(), x0.float(), t.float())
    # A source point of float32 is off a space by its rounding.
    return {
        "error": float((batch.velocity - difference).abs().max()),
        "scale": float(difference.abs().max()),
        "tangent": bool(space.is_tangent(batch.velocity, batch.x_t, atol=1e-6).all()),
        "float32_error": float((single.x_t - batch.x_t).abs().max()),
    }


def likelihood(space, few):
    """Log-densities against the determinant of the flow, by differences of its map."""
    generator = torch.Generator().manual_seed(0)
    source = flow.RandomPointSource(space, log_density=0.0)
    # Slowly, where a flow could leave the space: simplex, correlation matrices.
    scale = 0.03 if few or hasattr(space, "vertices") else 0.3
    field = flow.VelocityField(Swirl(space.shape, scale), space)
    path = flow.GeodesicPath(space, source)
    x = source.sample(2, generator, torch.float64)
    basis = torch.stack([tangent_basis(space, each) for each in x], 1)
    h = 1e-5
    moved = torch.stack([space.projection(x + s * h * basis) for s in (1, -1)])
    points = torch.cat([x, moved.reshape(-1, *space.shape)])
    result = flow.log_prob(field, path, points, steps=10)
    start, ends = result.source_points[:2], result.source_points[2:]
    ahead, behind = ends.reshape(moved.shape)
    columns = (ahead - behind) / (2 * h)
    truth = 0.5 * (log_gram(space, columns, start) - log_gram(space, basis, x))
    value = result.value[:2]
    return {
        "error": float((value - truth).abs().max()),
        "scale": float(truth.abs().max()),
    }


def tangent_basis(space, x):
    """Orthonormal vectors, in the ambient space, of a tangent space [dim, *shape]."""
    size = x.numel()
    axes = torch.eye(size, dtype=x.dtype).reshape(size, *x.shape)
    tangent = space.to_tangent(axes, x.expand_as(axes))
    left = torch.linalg.svd(tangent.reshape(size, size)).Vh[: space.dim]
    return left.reshape(-1, *x.shape)


def log_gram(space, vectors, x):
    """Log-determinant of the inner products of vectors [m, n, ...], shape=[n]."""
    rows = [
        torch.stack([space.metric.inner_product(a, b, x).reshape(-1) for b in vectors])
        for a in vectors
    ]
    return torch.logdet(torch.stack(rows).permute(2, 0, 1))


def on_device(space, few):
    """What raises on a device that is not the CPU: with us, and without."""
    n = 1 if few else 4
    generator = torch.Generator().manual_seed(0)
    source = flow.RandomPointSource(space, log_density=0.0)
    path = flow.GeodesicPath(space, source)
    field = flow.VelocityField(Swirl(space.shape), space)
    x0, x1 = (source.sample(n, generator, torch.float64) for _ in range(2))

    def train():
        batch = path.sample(there, x0.to(device()), generator=generator)
        field.loss(batch).mean().backward()
        return field.network.a.grad

    def sample():
        return flow.sample(field, path, n, steps=1, generator=generator).points

    def log_prob():
        return flow.log_prob(field, path, there, steps=1).value

    def couple():
        return transport.ExactCoupling(space)(x0.to(device()), there).x1

    def bare():
        vector = space.to_tangent(space.metric.log(x0.to(device()), there), there)
        return space.projection(space.metric.exp(vector, there))

    with PretendedDevice():
        moved(field.network)
        there = x1.to(device())
        parts = (train, log_prob, bare)
        parts += () if few else (sample, couple)
        outcome = {part.__name__: attempt(part) for part in parts}
        return outcome | {"afterwards": str(torch.zeros(1).device)}


def moved(module):
    """Parameters of a module on the pretended device (``to`` knows real ones)."""
    for name, value in module._parameters.items():
        module._parameters[name] = torch.nn.Parameter(value.detach().to(device()))


def attempt(function):
    """Empty if the result is on the device, else what went wrong."""
    try:
        result = function()
    except (RuntimeError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if result.device == device() else f"on {result.device}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()
    for name in sys.argv[1:] or SPACES:
        print(json.dumps({name: run(name)}), flush=True)
