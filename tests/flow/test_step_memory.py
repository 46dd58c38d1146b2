"""Memory of a training run: what steps hold at once does not grow with their number."""

import resource
import sys
from pathlib import Path

import pytest
import torch
from live_memory import peak_bytes

import fisher_manifold as fm
from fisher_manifold import flow, networks, transport

SITES, CATEGORIES, BATCH_SIZE = 8, 4, 256
ONE_BATCH = BATCH_SIZE * SITES * CATEGORIES * 4
"""Bytes of a batch of points: 2000 of them are 62 MiB."""


def make_trainer(kind):
    space = fm.SequenceManifold(fm.PositiveHypersphere(CATEGORIES - 1), SITES)
    path = flow.GeodesicPath(space)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.MLP(space.shape, width=8, depth=1)
    posterior = kind == "posterior"
    return flow.Trainer(
        flow.PosteriorField(network, path)
        if posterior
        else flow.VelocityField(network, space),
        path,
        transport.IndependentCoupling() if posterior else None,
        batch_size=BATCH_SIZE,
        generator=torch.Generator().manual_seed(0),
        schedule="constant",
    )


def resident():
    """Bytes of this process's memory that are in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("kind", "steps"), [("posterior", 2000), ("velocity", 400)])
def test_peak_memory_does_not_grow_with_the_steps(kind, steps):
    """Neither torch's peak in two steps nor what the process holds."""
    trainer = make_trainer(kind)
    g = torch.Generator().manual_seed(1)
    data = torch.randint(CATEGORIES, (4 * BATCH_SIZE, SITES), generator=g)

    def train_to(steps):
        return lambda: trainer.fit(data, steps, progress=False)

    train_to(100)()
    early = peak_bytes(train_to(trainer.step + 2)), resident()
    train_to(steps)()
    late = peak_bytes(train_to(trainer.step + 2)), resident()
    assert trainer.step == steps + 2
    assert early[0] > 3 * ONE_BATCH
    assert abs(late[0] - early[0]) < ONE_BATCH / 4
    # Less than half of what a batch left behind by each step would be.
    assert late[1] - early[1] < 0.45 * steps * ONE_BATCH
