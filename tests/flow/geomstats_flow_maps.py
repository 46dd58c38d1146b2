"""Distil a flow on geomstats' sphere whose end is known; print errors as JSON.

Run by test_flow_map.py in a process whose geomstats backend is pytorch.
"""

import json

import torch
from geomstats.geometry.hypersphere import Hypersphere

from fisher_manifold import flow, networks


class Upwards(torch.nn.Module):
    """The last unit vector; its projection is the gradient of the height z."""

    def forward(self, x, t):
        return torch.eye(3, dtype=x.dtype)[2].expand_as(x)


def main():
    space = Hypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.VelocityField(Upwards(), space)
    g = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = networks.TwoTimes(networks.MLP(space.shape, 48, 1))
    options = {"batch_size": 128, "learning_rate": 5e-3, "ema_decay": 0.98}
    options |= {"warmup": 20, "generator": g, "progress": False}
    trainer = flow.distill(field, path, network, 1000, 400, **options)
    x = path.source.sample(500, g)
    s, t = x.new_full((500,), 0.0), x.new_full((500,), 1.0)
    with torch.no_grad():
        moved, same = trainer.field(x, s, t), trainer.field(x, t, t)
    # dz/dt = 1 - z^2
    height = torch.tanh(1.0 + torch.atanh(x[:, 2]))
    print(
        json.dumps(
            {
                "identity": float((same - x).abs().max()),
                "belongs": bool(space.belongs(moved, atol=1e-6).all()),
                "error": float((moved[:, 2] - height).abs().mean()),
                "way": float((x[:, 2] - height).abs().mean()),
            }
        )
    )


if __name__ == "__main__":
    main()
