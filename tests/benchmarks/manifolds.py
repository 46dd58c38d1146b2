"""Which manifolds flows work on, and what a training step costs: a Markdown table.

Run as ``GEOMSTATS_BACKEND=pytorch python tests/benchmarks/manifolds.py``, in some
minutes on one core; names of spaces after it choose some.  The checks are those of
tests/flow/test_manifolds.py.
"""

import logging
import os
import platform
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "flow"))
from manifold_catalogue import NUMERIC, SPACES
from manifold_runs import run

from fisher_manifold import flow, networks

BATCH, SMALL_BATCH = 64, 8  # the latter where there is a solver
COLUMNS = (
    "space",
    "geodesic",
    "velocity",
    "likelihood, error",
    "float32, error",
    "second device",
    "step",
)


def row(name):
    """One line of the table."""
    outcome, few = run(name), name in NUMERIC
    likelihood = outcome["likelihood"]["error"]
    training = outcome["training"]
    kept = training["dtypes"] == [training["loss_dtype"]] == ["torch.float32"]
    device = outcome["on_device"]
    alone = "ours only" if device["bare"] else "with the space alone, too"
    parts = ("train", "sample", "log_prob", "couple")
    failed = [part for part in parts if device.get(part)]
    steps, plain = step_times(name, few)
    cells = (
        name,
        "solver" if few else "closed form",
        velocity_route(SPACES[name]()),
        f"{likelihood:.0e}",
        f"{outcome['velocity']['float32_error']:.0e}" if kept else "no",
        f"fails: {', '.join(failed)}" if failed else alone,
        f"{1e3 * steps:.3g} ms ({steps / plain:.2g} x)",
    )
    return f"| {' | '.join(cells)} |"


def velocity_route(space):
    """Where the velocity of a path comes from."""
    metric = space.metric
    if hasattr(metric, "geodesic_state"):
        return "closed form"
    x = flow.RandomPointSource(space).sample(2, torch.Generator().manual_seed(0))
    zero = torch.zeros_like(x)
    try:
        metric.parallel_transport(zero, x, direction=zero)
    except NotImplementedError:
        return "difference" if hasattr(metric, "log_solver") else "two logarithms"
    return "transport"


def step_times(name, few):
    """Seconds of a training step, and of one in flat space with the same network."""
    space, generator = SPACES[name](), torch.Generator().manual_seed(0)
    path = flow.GeodesicPath(space, flow.RandomPointSource(space))
    field = flow.VelocityField(networks.MLP(space.shape, width=128, depth=2), space)
    optimizer = torch.optim.AdamW(field.parameters(), fused=True)
    n = SMALL_BATCH if few else BATCH
    x0, x1 = (path.source.sample(n, generator, torch.float32) for _ in range(2))

    def on_space():
        update(field.loss(path.sample(x1, x0=x0, generator=generator)).mean())

    def flat():
        t = torch.rand(n, generator=generator, dtype=torch.float32)
        s = t.reshape(-1, *[1] * len(space.shape))
        error = field.network(x0 + s * (x1 - x0), t) - (x1 - x0)
        update((error**2).mean())

    def update(loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return fastest(on_space, 1 if few else 20), fastest(flat, 50)


def fastest(function, repeats):
    """Least seconds of the processor, which others' work on the machine disturbs."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


if __name__ == "__main__":
    if os.environ.get("GEOMSTATS_BACKEND") != "pytorch":
        raise SystemExit("expected GEOMSTATS_BACKEND=pytorch in the environment")
    warnings.simplefilter("ignore")
    logging.disable()
    torch.set_num_threads(1)
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, "
        f"torch {torch.__version__}, batch {BATCH}, with a solver {SMALL_BATCH}\n"
    )
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for name in sys.argv[1:] or SPACES:
        print(row(name), flush=True)
