"""Quality of samples by evaluations of the field: grids, solvers, readouts, re-noising.

Run as ``python tests/benchmarks/few_steps.py``; writes Markdown tables (``--out``), in
three minutes on one core. The field is the exact posterior of a law of some hundred
sequences, so that what is seen is the sampler's error alone; with ``--trained`` it is
a small network's. A number is KL(samples || law) in nats, less its bias by counting.
"""

import argparse
import math
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "flow"))
from exact_laws import exact_field, frequencies, law_of

from fisher_manifold import flow, networks
from fisher_manifold.data import ParityConstraint
from fisher_manifold.data.markov import MarkovChain

BUDGETS = (1, 2, 4, 8, 16, 32)
LONG = 100
COSTS = {"euler": 1, "adams": 1, "heun": 2, "midpoint": 2, "rk4": 4}
BATCH = 2000


class NoisyParity(ParityConstraint):
    """Labels that sum to 0 modulo K; one sequence in fifty is uniform instead."""

    def log_prob(self, labels):
        """Log-probabilities."""
        uniform = math.log(0.02) - self.length * math.log(self.n_categories)
        return np.logaddexp(math.log(0.98) + super().log_prob(labels), uniform)

    def sample(self, n, generator):
        """Draw sequences."""
        free = generator.integers(0, self.n_categories, (n, self.length))
        noisy = generator.random((n, 1)) < 0.02
        return np.where(noisy, free, super().sample(n, generator))


def chain(n_categories, length):
    """Return a Markov chain with transitions of Dirichlet(0.3), smoothed by 5 %."""
    rng = np.random.default_rng(0)
    transition = rng.dirichlet([0.3] * n_categories, n_categories)
    even = np.full(n_categories, 1 / n_categories)
    return MarkovChain(even, 0.95 * transition + 0.05 * even, length)


LAWS = {
    "chain, 4 sites of 4": chain(4, 4),
    "parity, 5 sites of 3": NoisyParity(5, 3),
    "pair of 16": chain(16, 2),
}


def divergence(labels, law):
    """KL(samples || law) in nats, less the bias (S - 1) / 2n of S sequences."""
    exact, seen = law_of(law), frequencies(labels, law.n_categories)
    found = seen > 0
    value = float((seen[found] * np.log(seen[found] / exact[found])).sum())
    return value - (len(exact) - 1) / (2 * len(labels))


def independent_divergence(law):
    """KL from the law to sites drawn independently: the best of one evaluation."""
    joint = law_of(law).reshape((law.n_categories,) * law.length)
    product = np.ones_like(joint)
    for site in range(law.length):
        others = tuple(i for i in range(law.length) if i != site)
        product = product * joint.sum(axis=others, keepdims=True)
    return float((product * np.log(product / joint)).sum())


def grids(field, path, law):
    """Laws of times by name, all of them from 0 to half time."""
    labels = torch.as_tensor(law.sample(4000, np.random.default_rng(1)))
    g = torch.Generator().manual_seed(1)
    return {
        "uniform": flow.PowerTimes(1.0, 0.5),
        "cubic": flow.PowerTimes(3.0, 0.5),
        "evidence": field.default_times,
        "measured": flow.measure_times(field, path, labels, generator=g),
    }


def quality(field, path, law, times, solver, readout, budget, n):
    """Divergence at a budget of evaluations, and evaluations made; None for too few."""
    cost = COSTS[solver] if isinstance(solver, str) else 1
    steps = (budget - (readout == "posterior")) // cost
    if steps < 1:
        return None
    solver = solver(steps) if isinstance(solver, type) else solver
    options = {"grid": times.grid(steps), "solver": solver, "readout": readout}
    g = torch.Generator().manual_seed(0)
    result = flow.sample(field, path, n, generator=g, batch_size=BATCH, **options)
    return divergence(result.labels, law), result.n_evaluations


LONG_ROWS = (
    ("uniform", "euler", "nearest"),
    ("measured", "adams", "posterior"),
    ("measured", "re-noising, rate inf", "nearest"),
    ("uniform", "staggered, a group a step", "nearest"),
)
"""Grid, solver and readout of the rows that are taken to 100 evaluations."""


def rows():
    """Rows of the table: grid, solver's name, solver, readout."""
    for grid in ("uniform", "cubic", "evidence", "measured"):
        yield grid, "euler", "euler", "nearest"
        yield grid, "adams", "adams", "posterior"
    for solver in ("adams", "heun", "midpoint", "rk4"):
        yield "measured", solver, solver, "nearest"
    for solver in ("euler", "heun", "midpoint", "rk4"):
        yield "measured", solver, solver, "posterior"
    for rate in (0.0, 4.0, math.inf):
        yield "measured", f"re-noising, rate {rate:g}", flow.Renoising(rate), "nearest"
    yield "uniform", "staggered, a group a step", flow.Staggered, "nearest"


def table(name, law, field, path, n, long, only):
    """Markdown table of a law, of all solvers or of some."""
    budgets = (*BUDGETS, LONG) if long else BUDGETS
    base, times = independent_divergence(law), grids(field, path, law)
    yield f"\n### {name} (independent sites: {base:.3f})\n"
    yield f"| grid | solver | labels | {' | '.join(map(str, budgets))} |"
    yield "|---|---|---|" + "---:|" * len(budgets)
    for grid, title, solver, readout in rows():
        if only and title not in only:
            continue
        cells = []
        for budget in budgets:
            if budget == LONG and (grid, title, readout) not in LONG_ROWS:
                cells.append("")
                continue
            got = quality(field, path, law, times[grid], solver, readout, budget, n)
            fewer = f" ({got[1]})" if got and got[1] < budget else ""
            cells.append(f"{got[0]:.4f}{fewer}" if got else "-")
        yield f"| {grid} | {title} | {readout} | {' | '.join(cells)} |"
    if only:
        return
    yield f"\nAdaptive, evaluations and divergence: {adaptive(law, field, path, n)}."


def adaptive(law, field, path, n):
    """Evaluations and divergences of the adaptive solver at some tolerances."""
    parts = []
    for tolerance in (0.3, 0.1, 0.03):
        options = {"steps": 1, "solver": flow.Adaptive(tolerance, tolerance)}
        g = torch.Generator().manual_seed(0)
        m = min(n, 5 * BATCH)
        result = flow.sample(field, path, m, generator=g, batch_size=BATCH, **options)
        value = divergence(result.labels, law)
        parts.append(f"{tolerance}: {result.n_evaluations}, {value:.4f}")
    return "; ".join(parts)


def train(law, path, steps, reveal, blank):
    """Train a field of a small network on draws from the law, some sites given."""
    torch.manual_seed(0)
    network = networks.MLP(path.space.shape, 128, 2)
    field = flow.InpaintingField(network, path, reveal=reveal, blank=blank)
    data = torch.as_tensor(law.sample(50_000, np.random.default_rng(2)))
    g = torch.Generator().manual_seed(2)
    trainer = flow.Trainer(
        field, path, batch_size=512, learning_rate=2e-3, ema_decay=0.995, generator=g
    )
    trainer.fit(data, steps=steps, progress=False)
    return trainer.field


def main():
    """Print the tables, and write them to a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=5_000)
    parser.add_argument("--long", action="store_true", help=f"{LONG} evaluations too")
    parser.add_argument("--trained", type=int, default=0, metavar="STEPS")
    parser.add_argument("--reveal", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--blank", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--laws", nargs="+", choices=LAWS, default=list(LAWS))
    parser.add_argument("--solvers", nargs="+", metavar="TITLE", help="only these")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    start, lines = time.perf_counter(), []

    def say(line):
        print(line, flush=True)
        lines.append(line)

    for name in arguments.laws:
        law = LAWS[name]
        field, path = exact_field(law)
        if arguments.trained:
            field = train(
                law, path, arguments.trained, arguments.reveal, arguments.blank
            )
        options = arguments.samples, arguments.long, arguments.solvers
        for line in table(name, law, field, path, *options):
            say(line)
    say(
        f"\n{arguments.samples} samples, seed 0; torch {torch.__version__}, one core, "
        f"{time.perf_counter() - start:.0f} s; Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {datetime.now(UTC):%d %B %Y}"
    )
    if arguments.out:
        arguments.out.write_text("\n".join(lines).strip() + "\n")


if __name__ == "__main__":
    main()
