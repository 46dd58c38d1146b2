"""Quality of a distilled flow map by its evaluations, beside solvers.

Run as ``python tests/benchmarks/flow_map.py [--quick]`` for laws whose exact posterior
is the teacher: KL(samples || law) in nats, less its bias by counting.  With ``--model
DIR --data FILE``, a folder of ``fisher-manifold train`` and its data, for real
sequences: divergences from the test part.  Prints Markdown tables.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "flow"))
from exact_laws import exact_field
from few_steps import LAWS, divergence, independent_divergence

from fisher_manifold import flow, metrics, networks
from fisher_manifold.commands import evaluate, folder

BUDGETS = (1, 2, 4, 8)
LONG = 100


def distil(field, path, network, times, arguments, progress):
    """Flow map of a field, and its trajectories."""
    grid = [*times.grid(32)[:-1].tolist(), 1.0]
    trainer = flow.distill(
        field,
        path,
        networks.TwoTimes(network),
        arguments.trajectories,
        arguments.steps,
        grid=grid,
        every=4,
        generator=torch.Generator().manual_seed(arguments.seed + 2),
        progress=progress,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        ema_decay=0.99,
    )
    return trainer.field, trainer.path.times


def rows(uniform, times, flow_map, map_times):
    """Title, law of times, solver and readout of the rows of a table."""
    yield "euler, uniform grid", uniform, "euler", "nearest"
    yield "euler, field's grid", None, "euler", "nearest"
    yield "adams, measured grid", times, "adams", "nearest"
    yield "adams, measured grid, posterior", times, "adams", "posterior"
    for order in ("random", "strided"):
        solver = partial(flow.Staggered, order=order)
        yield f"staggered, {order} groups", uniform, solver, "nearest"
    if flow_map is not None:
        yield "flow map", map_times, flow_map, "nearest"


def table(field, path, parts, budgets, measure, arguments):
    """Rows of a table; the one of 100 evaluations only where it is the reference."""
    times, flow_map, map_times = parts
    uniform = flow.PowerTimes(1.0, 0.5)
    yield f"| sampler | {' | '.join(map(str, budgets))} |"
    yield "|---|" + "---:|" * len(budgets)
    for title, law, solver, readout in rows(uniform, times, flow_map, map_times):
        cells = []
        for budget in budgets:
            steps = budget - (readout == "posterior")
            known = solver is not flow_map or budget in BUDGETS
            if steps < 1 or not known or (budget == LONG and title not in REFERENCES):
                cells.append("")
                continue
            result = flow.sample(
                field,
                path,
                arguments.samples,
                generator=torch.Generator().manual_seed(arguments.seed),
                grid=(law or field.default_times).grid(steps),
                solver=solver(steps) if isinstance(solver, partial) else solver,
                readout=readout,
                progress=arguments.progress,
            )
            cells.append(measure(result.labels))
        yield f"| {title} | {' | '.join(cells)} |"


REFERENCES = ("euler, uniform grid", "adams, measured grid, posterior")


def law_tables(arguments, say):
    """Tables of the laws of few_steps.py."""
    for name in arguments.laws:
        law = LAWS[name]
        field, path = exact_field(law)
        labels = torch.as_tensor(law.sample(4000, np.random.default_rng(1)))
        g = torch.Generator().manual_seed(1)
        times = flow.measure_times(field, path, labels, generator=g)
        torch.manual_seed(arguments.seed)
        network = networks.MLP(path.space.shape, arguments.width, 2)
        parts = distil(field, path, network, times, arguments, arguments.progress)
        say(f"\n### {name} (independent sites: {independent_divergence(law):.3f})\n")
        for line in table(
            field,
            path,
            (times, *parts),
            (*BUDGETS, LONG),
            lambda labels, law=law: f"{divergence(labels, law):.4f}",
            arguments,
        ):
            say(line)


def real_table(arguments, say):
    """Table of a model of real sequences: 3-mers, 5-mers and site marginals."""
    model = folder.read_description(arguments.model)
    request = argparse.Namespace(data=arguments.data, column=None, label=None)
    test = evaluate.read_test(request, model)[0]
    train = torch.as_tensor(folder.read_reference(arguments.model)[0])
    trainer = flow.Trainer.load(arguments.model)
    field, path, n_categories = trainer.field, trainer.path, model.codec.n_categories
    g = torch.Generator().manual_seed(1)
    times = flow.measure_times(field, path, train[:1000], generator=g)
    parts = times, None, None
    if arguments.steps:
        distilled = distil(
            field, path, field.network, times, arguments, arguments.progress
        )
        parts = times, *distilled

    def measure(labels):
        labels = labels.numpy()
        mers = [metrics.kmer_divergence(labels, test, k, n_categories) for k in (3, 5)]
        marginals = metrics.marginal_error(labels, test, n_categories)
        return f"{mers[0]:.5f} / {mers[1]:.4f} / {marginals:.4f}"

    say("\n3-mers / 5-mers (Jensen-Shannon) / site marginals (total variation)\n")
    rows = torch.randperm(len(train), generator=g)[: arguments.samples]
    say(f"Floor, as many training sequences: {measure(train[rows])}.\n")
    for line in table(field, path, parts, arguments.budgets, measure, arguments):
        say(line)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", nargs="+", choices=LAWS, default=list(LAWS))
    parser.add_argument("--model", type=Path, help="folder of a trained model")
    parser.add_argument("--data", help="its data")
    parser.add_argument("--budgets", type=int, nargs="+", default=[4, 8, 20, LONG])
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--trajectories", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=2000, help="0: no map of a model")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--progress", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.samples, arguments.trajectories, arguments.steps = 500, 500, 50
    torch.set_num_threads(1)
    start = time.process_time()

    def say(line):
        print(line, flush=True)

    (real_table if arguments.model else law_tables)(arguments, say)
    say(
        f"\n{arguments.samples} samples, {arguments.trajectories} trajectories, "
        f"{arguments.steps} steps of {arguments.batch_size}, seed {arguments.seed}; "
        f"torch {torch.__version__}, {time.process_time() - start:.0f} s of one core"
    )


if __name__ == "__main__":
    main()
