"""Train a velocity field on spaces of geomstats; print what happened as JSON.

Run by test_geomstats_spaces.py in a process whose geomstats backend is pytorch.
"""

import json
import sys

import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hyperboloid import Hyperboloid
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.spd_matrices import SPDMatrices
from geomstats.geometry.special_orthogonal import SpecialOrthogonal

from fisher_manifold import flow, networks

SPACES = {
    "hypersphere": lambda: Hypersphere(2),
    "rotations": lambda: SpecialOrthogonal(3, equip=True),
    "spd": lambda: SPDMatrices(2),
    "hyperboloid": lambda: Hyperboloid(2),
    "euclidean": lambda: Euclidean(2),
}


def clustered_data(space, generator):
    """Points near one point of the space: a target unlike the source."""
    source = flow.RandomPointSource(space)
    center = source.sample(1, generator).expand(256, *space.shape)
    others = source.sample(256, generator)
    return space.metric.exp(0.2 * space.metric.log(others, center), center)


def train(space):
    generator = torch.Generator().manual_seed(0)
    data = clustered_data(space, generator)
    path = flow.GeodesicPath(space)
    torch.manual_seed(0)
    network = networks.MLP(space.shape, width=48, depth=1)
    field = flow.VelocityField(network, space)
    trainer = flow.Trainer(
        field, path, batch_size=64, learning_rate=3e-3, generator=generator
    )
    before = trainer.evaluate(data)
    trainer.fit(data, steps=150, progress=False)
    after = trainer.evaluate(data)
    result = flow.sample(trainer.field, path, 64, steps=20, generator=generator)
    batch = path.sample(data, generator=generator)
    # Oracle of the velocity: a central difference of the path in time, in embedding
    # coordinates.
    step = 1e-6
    ends = {"x0": batch.x0, "generator": generator}
    later = path.sample(data, t=batch.t + step, **ends).x_t
    earlier = path.sample(data, t=batch.t - step, **ends).x_t
    difference = (later - earlier) / (2 * step)
    distance = space.metric.squared_dist(result.points, data[:64]).mean()
    start = space.metric.squared_dist(path.source.sample(64, generator), data[:64])
    return {
        "before": before,
        "after": after,
        "belongs": bool(space.belongs(result.points, atol=1e-6).all()),
        "dtype": str(result.points.dtype),
        "network_dtype": str(next(network.parameters()).dtype),
        "velocity_error": float((batch.velocity - difference).abs().max()),
        "velocity_scale": float(difference.abs().max()),
        "tangent": bool(space.is_tangent(batch.velocity, batch.x_t, atol=1e-8).all()),
        "distance": float(distance),
        "start_distance": float(start.mean()),
    }


if __name__ == "__main__":
    names = sys.argv[1:] or list(SPACES)
    print(json.dumps({name: train(SPACES[name]()) for name in names}))
