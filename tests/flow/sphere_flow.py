"""Runs of `test_sphere_flow.py`: needs geomstats on torch, prints one line of JSON."""

import json
import math
import tempfile

import numpy as np
import torch
from geomstats.geometry.hypersphere import Hypersphere
from scipy.integrate import lebedev_rule

from fisher_manifold import data, flow, networks

SPACE = Hypersphere(2)
SOURCE = flow.RandomPointSource(SPACE, -math.log(4 * math.pi))
LAW = data.SphereKernels(np.eye(3), np.array([8.0, 30.0]), np.array([0.5, 0.5]))


class Exact(torch.nn.Module):
    """The mean velocity itself in the place of a network."""

    def __init__(self, targets):
        super().__init__()
        self.targets = targets

    def forward(self, x, t):
        return flow.marginal_velocity(x, t, self.targets)


def exact_density():
    """Errors of the flow along the exact field, whose densities are closed forms."""
    targets = torch.as_tensor(LAW.sample(4, np.random.default_rng(0)))
    field = flow.VelocityField(Exact(targets), SPACE)
    x = torch.nn.functional.normalize(
        torch.randn(25, 3, generator=torch.Generator().manual_seed(0)).double(), dim=1
    )
    end = 0.4
    theta = torch.arccos((x @ targets.T).clamp(-1, 1))
    phi = theta / (1 - end)
    kernel = torch.where(phi < math.pi, phi.sin() / theta.sin() / (1 - end), 0.0)
    density = kernel.mean(1) / (4 * math.pi)
    found = flow.log_prob(
        field, flow.GeodesicPath(SPACE, SOURCE), x, grid=torch.linspace(0, end, 61)
    )
    return float((found.value.exp() - density).abs().max())


def trained():
    """Integral and NLL of a small flow, and what a checkpoint gives back."""
    rng = np.random.default_rng(0)
    points = torch.as_tensor(LAW.sample(1000, rng)).float()
    torch.manual_seed(0)
    network = networks.FourierMLP((3,), width=32, depth=1, n_waves=16, highest=8.0)
    field = flow.MarginalVelocityField(network, SPACE, points, at_most=400)
    path = flow.GeodesicPath(SPACE, SOURCE, flow.LateTimes(1.5))
    generator = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(field, path, None, 5e-3, 128, generator=generator)
    trainer.fit(points, 300, progress=False)
    end = 0.9  # blurs less than the law is wide, and hides that targets are finite
    grid = flow.LateTimes(1.5, end).grid(12)
    nodes, weights = lebedev_rule(29)
    density = flow.log_prob(trainer.field, path, torch.as_tensor(nodes.T), grid=grid)
    fresh = LAW.sample(300, rng)
    values = flow.log_prob(trainer.field, path, torch.as_tensor(fresh), grid=grid)
    true = LAW.log_prob(fresh)
    excess = true - values.value.numpy()
    with tempfile.TemporaryDirectory() as folder:
        trainer.save(folder)
        field = flow.MarginalVelocityField(network, SPACE, points)
        again = flow.Trainer.load(folder, field=field, path=path)
        same = again.field.network.state_dict()
    before = trainer.field.network.state_dict()
    return {
        "integral": float(density.value.exp() @ torch.as_tensor(weights)),
        "excess": float(excess.mean()),
        "standard_error": float(excess.std() / math.sqrt(len(excess))),
        "entropy": float(-true.mean()),
        "uniform": math.log(4 * math.pi),
        "same": all(torch.equal(before[k], same[k]) for k in before),
    }


def losses():
    """Losses of the exact field with single pairs and with the mean over targets."""
    targets = torch.as_tensor(LAW.sample(100, np.random.default_rng(0)))
    path = flow.GeodesicPath(SPACE, SOURCE)
    batch = path.sample(targets, generator=torch.Generator().manual_seed(0))
    pairs = flow.VelocityField(Exact(targets), SPACE)
    means = flow.MarginalVelocityField(Exact(targets), SPACE, targets)
    thrice = targets.repeat(3, 1)
    some = flow.MarginalVelocityField(Exact(targets), SPACE, thrice, at_most=150)
    torch.manual_seed(0)
    return {
        "pairs": float(pairs.loss(batch).mean()),
        "means": float(means.loss(batch).max()),
        "some": float(some.loss(batch).mean()),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    results = {"density_error": exact_density(), "losses": losses()}
    print(json.dumps(results | {"trained": trained()}))
