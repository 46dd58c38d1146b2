"""What a coupling costs: the matrix of costs, the solvers, the whole training step.

``python tests/benchmarks/coupling_speed.py [--device cpu] [--rounds 9] [--quick]``
prints Markdown tables.  Contenders take turns within one run; figures are medians over
the rounds, and ratios medians of the ratios within a round.  *broadcast* computes costs
as published codes do, by a formula on an array of all pairs, sites and categories, to
vertices written as one-hot vectors; *ahead* couples the next batch in a thread.
"""

import argparse
import platform
import statistics
import sys
import time

import numpy as np
import ot
import torch
from torch import nn

import fisher_manifold as fm
from fisher_manifold import flow, transport

BATCH, LENGTH, STEPS = 512, 4, 20


class PlainMLP(nn.Module):
    """Four hidden layers of 512 units."""

    def __init__(self, shape):
        super().__init__()
        size = shape[0] * shape[1]
        widths = [size + 1, 512, 512, 512, 512]
        layers = [
            layer
            for wide, narrow in zip(widths, widths[1:], strict=False)
            for layer in (nn.Linear(wide, narrow), nn.SiLU())
        ]
        self.layers = nn.Sequential(*layers, nn.Linear(512, size))

    def forward(self, x, t):
        """Output of the shape of x."""
        flat = torch.cat([x.flatten(1), t[:, None]], dim=1)
        return self.layers(flat).reshape(x.shape)


def broadcast_cost(space, x0, labels):
    """Squared distances through an array [n, m, L, d + 1]."""
    vertices = nn.functional.one_hot(labels, x0.shape[-1]).to(x0.dtype)
    inner = (x0[:, None] * vertices[None]).sum(-1)
    return ((2 * torch.acos(inner.clamp(-1, 1))) ** 2).sum(-1)


class BroadcastCoupling:
    """Broadcast costs, POT's plan, pairs drawn with replacement."""

    def __init__(self, space):
        self.space = space

    def __call__(self, x0, x1, conditions=None, generator=None):
        """Pair two batches."""
        cost = broadcast_cost(self.space, x0, x1).cpu().numpy()
        plan = ot.emd(
            np.full(len(x0), 1 / len(x0)), np.full(len(x1), 1 / len(x1)), cost
        )
        drawn = np.random.default_rng(0).choice(plan.size, len(x0), p=plan.ravel())
        rows, columns = (torch.from_numpy(i) for i in np.divmod(drawn, len(x1)))
        return transport.Pairs(x0[rows], x1[columns], conditions)


def batches(n_categories, length, n, device):
    space = fm.SequenceManifold(fm.PositiveHypersphere(n_categories - 1), length)
    g = torch.Generator(device).manual_seed(0)
    x0 = space.random_point(n, generator=g)
    return (
        space,
        x0,
        torch.randint(n_categories, (n, length), generator=g, device=device),
    )


def seconds(function, device, *args):
    start = time.perf_counter()
    function(*args)
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def take_turns(functions, rounds, device):
    """Seconds of each function by round, after a call that is not timed."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function, device))
    return times


def ratio(times, name, to):
    return statistics.median(a / b for a, b in zip(times[name], times[to], strict=True))


def costs_table(device, rounds):
    print("\n| costs, n = 512 | ours, ms | broadcast, ms | broadcast / ours |")
    print("|---|---:|---:|---:|")
    for length, n_categories in ((4, 100), (4, 160), (1024, 4), (256, 27)):
        space, x0, labels = batches(n_categories, length, BATCH, device)
        # The broadcast array of 1024 sites: 4 GB for 512 pairs; time an eighth of it.
        share = 8 if length > 100 else 1
        few = x0[: BATCH // share]

        def ours(space=space, x0=x0, labels=labels):
            transport.pairwise_squared_dist(space, x0, labels)

        def theirs(space=space, few=few, labels=labels):
            broadcast_cost(space, few, labels)

        times = take_turns({"ours": ours, "broadcast": theirs}, rounds, device)
        times["broadcast"] = [share * value for value in times["broadcast"]]
        print(
            f"| {length} sites, {n_categories} categories"
            f" | {1e3 * statistics.median(times['ours']):.2f}"
            f" | {1e3 * statistics.median(times['broadcast']):.0f}"
            f" | {ratio(times, 'broadcast', 'ours'):.0f} |",
            flush=True,
        )


def solvers_table(device, rounds, sizes):
    print("\n| coupling of n pairs, ms | scipy | lapx | POT network simplex |")
    print("|---:|---:|---:|---:|")
    for n in sizes:
        space, x0, labels = batches(100, LENGTH, n, device)
        uniform = np.full(n, 1 / n)

        def pot(space=space, x0=x0, labels=labels, uniform=uniform):
            cost = transport.pairwise_squared_dist(space, x0, labels)
            ot.emd(uniform, uniform, cost.cpu().double().numpy(), numItermax=10**8)

        def solve(name, space=space, x0=x0, labels=labels):
            coupling = transport.ExactCoupling(space, name)
            return lambda: coupling(x0, labels)

        functions = {"scipy": solve("scipy"), "lapx": solve("lapx"), "POT": pot}
        times = take_turns(functions, max(3, rounds // 3), device)
        row = (f"{1e3 * statistics.median(times[name]):.1f}" for name in functions)
        print(f"| {n} |", " | ".join(row), "|", flush=True)


def trainer(n_categories, batch, coupling, ahead, device):
    space = fm.SequenceManifold(fm.PositiveHypersphere(n_categories - 1), LENGTH)
    path = flow.GeodesicPath(space)
    torch.manual_seed(0)
    field = flow.PosteriorField(PlainMLP(space.shape).to(device), path)
    return flow.Trainer(
        field,
        path,
        coupling and coupling(space),
        batch_size=batch,
        schedule="constant",
        couple_ahead=ahead,
        generator=torch.Generator().manual_seed(0),
    )


def exact(solver):
    return lambda space: transport.ExactCoupling(space, solver)


CONTENDERS = {
    "no coupling": (None, False),
    "scipy": (exact("scipy"), False),
    "scipy ahead": (exact("scipy"), True),
    "lapx": (exact("lapx"), False),
    "lapx ahead": (exact("lapx"), True),
    "broadcast": (BroadcastCoupling, False),
}


def steps_table(device, rounds, n_categories, batch, names):
    """Print milliseconds of a step of `Trainer.fit`, and what coupling adds."""
    threads = torch.get_num_threads()
    labels = torch.randint(n_categories, (20_000, LENGTH), device=device)
    runs = {}
    for name in names:
        coupling, ahead = CONTENDERS[name]
        model = trainer(n_categories, batch, coupling, ahead, device)

        def fit(model=model):
            model.fit(labels, steps=model.step + STEPS, progress=False)

        runs[name] = fit
    times = take_turns(runs, rounds, device)
    for name in names:
        step = 1e3 * statistics.median(times[name]) / STEPS
        added = 100 * (ratio(times, name, "no coupling") - 1)
        row = (n_categories, batch, threads, name, f"{step:.1f}", f"{added:+.0f} %")
        print("|", " | ".join(map(str, row)), "|")
    sys.stdout.flush()


def machine(device):
    name = torch.cuda.get_device_name() if device != "cpu" else platform.processor()
    threads = torch.get_num_threads()
    print(f"{name or platform.machine()}, {threads} threads, torch {torch.__version__}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    device, rounds = options.device, 3 if options.quick else options.rounds
    machine(device)
    costs_table(device, rounds)
    solvers_table(
        device, rounds, (512, 1024) if options.quick else (512, 1024, 2048, 4096)
    )
    print("\n| categories | batch | threads | coupling | step, ms | added |")
    print("|---:|---:|---:|---|---:|---:|")
    threads = torch.get_num_threads()
    for used in (
        (threads, threads - 1) if device == "cpu" and threads > 1 else (threads,)
    ):
        torch.set_num_threads(used)
        for n_categories in (100, 160):
            steps_table(device, rounds, n_categories, BATCH, list(CONTENDERS))
    if device != "cpu":
        ours = [name for name in CONTENDERS if name != "broadcast"]
        for batch in (2048, 4096):
            steps_table(device, rounds, 100, batch, ours)


if __name__ == "__main__":
    main()
