"""What a training step costs outside of the network, and where it goes.

    OMP_NUM_THREADS=1 python tests/benchmarks/loop.py

prints Markdown tables.  *bare* is the network alone on arrays of the same shapes:
forward pass, backward pass from a fixed gradient, the optimiser of the `Trainer`.
*step* is the whole of `Trainer.fit`, between two rows of its history.  Both take turns
in one process; milliseconds are medians over the rounds of the processor time of the
main thread, which other work on the machine changes less than it does wall time, and
ratios are medians of the ratios within a round.
"""

import argparse
import collections
import contextlib
import copy
import dataclasses
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from coupling_speed import PlainMLP

import fisher_manifold as fm
from fisher_manifold import flow, networks, transport
from fisher_manifold.flow import batches, drawing, loop, posterior, updates
from fisher_manifold.flow import path as paths

ROW = loop.LOG_EVERY


def mlp(space):
    """Four hidden layers of 512 units."""
    return PlainMLP(tuple(space.shape))


def cnn(space):
    """The network of ``fisher-manifold train``, of its default size."""
    return networks.SequenceCNN(space.shape[1], space.shape[0], width=64, depth=6)


@dataclasses.dataclass(frozen=True)
class Problem:
    """Size of a problem, and its network."""

    n_sites: int
    n_categories: int
    batch_size: int
    network: Any

    def trainer(self, kind, coupling=None, **options):
        """Trainer of a field, at step 0."""
        dim, length = self.n_categories - 1, self.n_sites
        space = fm.SequenceManifold(fm.PositiveHypersphere(dim), length)
        path = flow.GeodesicPath(space)
        torch.manual_seed(0)
        part = path if kind is flow.PosteriorField else space
        return flow.Trainer(
            kind(self.network(space), part),
            path,
            coupling and coupling(space),
            batch_size=self.batch_size,
            schedule="constant",
            generator=torch.Generator().manual_seed(0),
            **options,
        )

    def data(self, n=20_000):
        """Random labels."""
        g = torch.Generator().manual_seed(1)
        return torch.randint(self.n_categories, (n, self.n_sites), generator=g)


PROBLEMS = {
    "4 sites of 100": Problem(4, 100, 512, mlp),
    "60 sites of 4": Problem(60, 4, 128, cnn),
    "300 sites of 4": Problem(300, 4, 128, cnn),
}
OPTIMISER = ("clipping", "average")
FIELDS = {"velocity": flow.VelocityField, "posterior": flow.PosteriorField}


class Bare:
    """Training steps of a network alone."""

    def __init__(self, problem, network):
        g = torch.Generator().manual_seed(2)
        shape = (problem.batch_size, problem.n_sites, problem.n_categories)
        self.network = copy.deepcopy(network)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), 1e-3, weight_decay=0.0, fused=True
        )
        self.x, self.gradient = torch.randn(2, *shape, generator=g)
        self.gradient /= problem.batch_size
        self.t = torch.rand(problem.batch_size, generator=g)

    def __call__(self, steps):
        """Milliseconds of each part of a step."""
        parts = collections.Counter()
        for _ in range(steps):
            start = time.thread_time()
            output = self.network(self.x, self.t)
            forward = time.thread_time()
            output.backward(self.gradient)
            backward = time.thread_time()
            self.optimizer.step()
            self.optimizer.zero_grad()
            parts["network, forward"] += forward - start
            parts["backward"] += backward - forward
            parts["AdamW"] += time.thread_time() - backward
        return {name: 1e3 * seconds / steps for name, seconds in parts.items()}


class Steps:
    """Steps of `Trainer.fit`, without what it does once."""

    def __init__(self, trainer, data, clock=time.thread_time):
        self.trainer, self.data, self.clock = trainer, data, clock
        self.parts = collections.Counter()

    def __call__(self, steps):
        """Milliseconds of a step: between the first row of a run and its last."""
        marks = []

        def mark(*_):
            marks.append(self.clock())
            if len(marks) == 1:
                self.parts.clear()

        last = self.trainer.step + ROW + steps
        self.trainer.fit(self.data, last, progress=False, callbacks=[mark])
        return 1e3 * (marks[-1] - marks[0]) / steps

    def timed(self, name, function):
        """Function whose time is added to a part, and taken from what calls it."""
        parts, clock = self.parts, self.clock

        def wrapped(*args, **kwargs):
            start, before = clock(), parts.total()
            result = function(*args, **kwargs)
            parts[name] += clock() - start - (parts.total() - before)
            return result

        return wrapped

    def split(self, steps):
        """Milliseconds of each part of a step, and of what is left."""
        optimizer = self.trainer._optimizer
        places = {
            "data": [(batches.TensorBatches, "part"), (batches.LoaderBatches, "_load")],
            "noise, times": [(drawing.Drawer, "ends")],
            "points, velocities": [(flow.GeodesicPath, "sample"), (paths, "_state")],
            "evidence": [(posterior, "log_evidence"), (posterior, "encode_belief")],
            "loss": [(flow.VelocityField, "loss"), (flow.PosteriorField, "loss")],
            "network, forward": [(type(self.trainer.raw_field.network), "forward")],
            "backward": [(torch.Tensor, "backward")],
            "clipping": [(updates, "_clip")],
            "AdamW": [(optimizer, "step")],
            "average": [(updates.AveragedModel, "update_parameters")],
        }
        with contextlib.ExitStack() as stack:
            for name, owners in places.items():
                for owner, attribute in owners:
                    function = self.timed(name, getattr(owner, attribute))
                    stack.enter_context(mock.patch.object(owner, attribute, function))
            whole = self(steps)
        parts = {name: 1e3 * self.parts[name] / steps for name in places}
        return {**parts, "loop, logging": whole - sum(parts.values())}


def median_of(dictionaries):
    return {
        name: statistics.median(d[name] for d in dictionaries)
        for name in dictionaries[0]
    }


def added(times, name, to):
    """Per cent that one thing takes more than another."""
    pairs = zip(times[name], times[to], strict=True)
    return 100 * (statistics.median(a / b for a, b in pairs) - 1)


def take_turns(functions, rounds, steps):
    """What each function gives by round, after a call that does not count."""
    results = {name: [] for name in functions}
    for turn in range(rounds + 1):
        for name, function in functions.items():
            result = function(steps)
            if turn:
                results[name].append(result)
    return results


def steps_table(names, rounds, steps):
    """Print bare network and whole step side by side, and return the parts."""
    print("\n| size | field | bare, ms | step, ms | added |")
    print("|---|---|---:|---:|---:|")
    tables = {}
    for name in names:
        problem = PROBLEMS[name]
        for kind, field_class in FIELDS.items():
            trainer = problem.trainer(field_class)
            bare = Bare(problem, trainer.raw_field.network)
            whole = Steps(trainer, problem.data())
            functions = {"bare": bare, "step": whole, "split": whole.split}
            results = take_turns(functions, rounds, steps)
            tables[name, kind] = median_of(results["bare"]), median_of(results["split"])
            sums = [sum(parts.values()) for parts in results["bare"]]
            times = {"bare": sums, "step": results["step"]}
            cells = [f"{statistics.median(values):.1f}" for values in times.values()]
            more = f"{added(times, 'step', 'bare'):+.0f} %"
            print("|", " | ".join([name, kind, *cells, more]), "|", flush=True)
    return tables


def parts_table(tables):
    """Print where the time of a step goes: of the bare network's / of the step's."""
    heads = [f"{name}, {kind}" for name, kind in tables]
    print("\n| bare / step, ms |", " | ".join(heads), "|")
    print("|---|" + "---:|" * len(heads))
    first = next(iter(tables.values()))
    for part in first[1]:
        cells = []
        for bare, step in tables.values():
            alone = f"{bare[part]:.2f} / " if part in bare else ""
            cells.append(f"{alone}{step[part]:.2f}")
        print("|", " | ".join([part, *cells]), "|", flush=True)
    for name, kept in (("all outside", ()), ("without clipping, average", OPTIMISER)):
        shares = [share_outside(*parts, kept) for parts in tables.values()]
        cells = [f"{100 * share:.0f} %" for share in shares]
        print("|", " | ".join([f"{name}, of the bare network", *cells]), "|")


def share_outside(bare, step, kept):
    """Time outside of the network, AdamW and what else is kept, over the bare time."""
    outside = [part for part in step if part not in bare and part not in kept]
    more = max(0.0, step["backward"] - bare["backward"])  # through loss and projection
    return (sum(step[part] for part in outside) + more) / sum(bare.values())


def options_table(names, rounds, steps):
    """Print what torch.compile, bfloat16 and a coupling ahead change."""
    options = {
        "as it is": {},
        "compile=True": {"compile": True},
        "autocast=torch.bfloat16": {"autocast": torch.bfloat16},
        "both": {"compile": True, "autocast": torch.bfloat16},
        "exact coupling ahead": {
            "coupling": transport.ExactCoupling,
            "couple_ahead": True,
        },
    }
    print("\n| size | posterior field | step, ms | added |\n|---|---|---:|---:|")
    for name in names:
        problem = PROBLEMS[name]
        functions = {
            option: Steps(problem.trainer(flow.PosteriorField, **given), problem.data())
            for option, given in options.items()
        }
        times = take_turns(functions, rounds, steps)
        for option, values in times.items():
            more = f"{added(times, option, 'as it is'):+.0f} %"
            step = f"{statistics.median(values):.1f}"
            print("|", " | ".join([name, option, step, more]), "|", flush=True)


class Rows(torch.utils.data.Dataset):
    """Rows of a tensor, one by one."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        """Return the number of rows."""
        return len(self.data)

    def __getitem__(self, index):
        """Return a row."""
        return self.data[index]


def data_table(names, rounds, steps, folder):
    """Print how long a step waits for its data, in wall time."""
    print("\n| size | data | data, ms | share of the step |\n|---|---|---:|---:|")
    for name in names:
        problem = PROBLEMS[name]
        data, size = problem.data(), problem.batch_size
        np.save(folder / "labels.npy", problem.data(1_000_000).numpy().astype("uint8"))
        file = np.load(folder / "labels.npy", mmap_mode="r")
        loader = {"batch_size": size, "shuffle": True, "drop_last": True}
        make_loader = torch.utils.data.DataLoader
        sources = {
            "tensor of 20 000 rows": data,
            "memory-mapped file of 1 000 000 rows": file,
            "Dataset": Rows(data),
            "DataLoader, 1 worker": make_loader(Rows(data), num_workers=1, **loader),
        }
        functions = {
            source: Steps(
                problem.trainer(flow.PosteriorField), rows, time.perf_counter
            ).split
            for source, rows in sources.items()
        }
        for source, results in take_turns(functions, rounds, steps).items():
            waits = [parts["data"] for parts in results]
            shares = [p["data"] / sum(p.values()) for p in results]
            cells = f"{statistics.median(waits):.2f}"
            share = f"{100 * statistics.median(shares):.1f} %"
            print("|", " | ".join([name, source, cells, share]), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(PROBLEMS), choices=PROBLEMS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20, help="in a round, of 10")
    parser.add_argument("--only", choices=("steps", "options", "data"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.machine()}, 1 thread, torch {torch.__version__}")
    rounds, steps = given.rounds, given.steps
    if given.only in (None, "steps"):
        parts_table(steps_table(given.sizes, rounds, steps))
    if given.only in (None, "options"):
        options_table(given.sizes, rounds, steps)
    if given.only in (None, "data"):
        with tempfile.TemporaryDirectory() as folder:
            data_table(given.sizes, rounds, steps, Path(folder))


if __name__ == "__main__":
    main()
