"""The toy problem of Fisher-Flow, for all fields: KL(model || law) by everything.

``python tests/benchmarks/toy_figure.py [--quick] [--categories 5 10 ...]
[--methods ...] [--learning-rate X] [--out FILE] [--plot FILE]`` trains each method on 4
independent sites with probabilities softmax(uniform) (batch 512, MLP of 4 layers of 512
units, seed 0), and appends a line of JSON to FILE for each number of evaluations (a
tenth and a quarter of the way: 10); runs that are in FILE already are not repeated.  It
then prints FILE as a table and draws it.

KL is the mean over sites of that of counts, less the bias (K - 1) / 2n of counting,
with the standard error of a noncentral chi-squared variable.  *uniform* is that of the
uniform law; the law's own samples have 0 within the standard error.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("GEOMSTATS_BACKEND", "pytorch")

import numpy as np
import torch
from coupling_speed import PlainMLP
from geomstats.geometry.matrices import Matrices

import fisher_manifold as fm
from fisher_manifold import data, flow, transport

SITES, BATCH = 4, 512
CATEGORIES = (5, 10, 20, 40, 60, 80, 100, 120, 140, 160)
EVALUATIONS, WHILE_TRAINING = (5, 10, 100), (10,)


class LinearSimplex:
    """Targets and source of linear flow matching: one-hot points, uniform start."""

    def __init__(self, n_categories):
        self.space = Matrices(SITES, n_categories)
        self.source = self
        self.n_categories = n_categories

    def sample(self, n, generator=None, dtype=None, device=None):
        """Draw n points of the product of simplices."""
        kind = {"generator": generator, "dtype": torch.float32, "device": device}
        waits = -torch.rand(n, SITES, self.n_categories, **kind).log()
        return waits / waits.sum(-1, keepdim=True)

    def targets(self, labels):
        """One-hot points in float32."""
        return torch.nn.functional.one_hot(labels, self.n_categories).float()


def categorical(n_categories, concentration):
    space = fm.SequenceManifold(fm.PositiveHypersphere(n_categories - 1), SITES)
    return flow.GeodesicPath(space, flow.DirichletSource(space, concentration))


def velocity(n_categories, coupling=None):
    path = categorical(n_categories, 0.5)
    field = flow.VelocityField(PlainMLP(path.space.shape), path.space)
    return field, path, coupling and coupling(path.space), lambda labels: labels


def linear(n_categories):
    simplex = LinearSimplex(n_categories)
    path = flow.GeodesicPath(simplex.space, simplex)
    field = flow.VelocityField(PlainMLP((SITES, n_categories)), simplex.space)
    return field, path, None, simplex.targets


def posterior(n_categories, concentration, evidence):
    path = categorical(n_categories, concentration)
    field = flow.PosteriorField(PlainMLP(path.space.shape), path, evidence)
    return field, path, None, lambda labels: labels


METHODS = {
    "velocity": velocity,
    "velocity, exact OT": lambda k: velocity(k, transport.ExactCoupling),
    "linear, Euclidean simplex": linear,
    "posterior, Dirichlet(1/2)": lambda k: posterior(k, 0.5, False),
    "posterior, Dirichlet(1)": lambda k: posterior(k, 1.0, False),
    "evidence, Dirichlet(1/2)": lambda k: posterior(k, 0.5, True),
    "evidence, Dirichlet(1)": lambda k: posterior(k, 1.0, True),
}


def divergence(labels, law):
    """Corrected mean KL of the sites' counts, and its standard error."""
    n, n_categories = len(labels), law.n_categories
    values, variances = [], []
    for site, true in zip(labels.T, law.probabilities, strict=True):
        share = np.bincount(site, minlength=n_categories) / n
        ratio = np.log(np.where(share > 0, share, 1.0) / true)
        kl = float((share * ratio).sum()) - (n_categories - 1) / (2 * n)
        values.append(kl)
        variances.append((n_categories - 1) / (2 * n**2) + 2 * max(kl, 0.0) / n)
    return np.mean(values), math.sqrt(np.sum(variances)) / len(values)


def sampled_labels(field, path, n_samples, evaluations, generator):
    result = flow.sample(field, path, n_samples, evaluations, generator=generator)
    labels = result.points.argmax(-1) if result.labels is None else result.labels
    return labels.cpu().numpy(), result.n_evaluations


def run(method, n_categories, steps, n_samples, learning_rate):
    """Rows of results at a tenth, a quarter and all of the steps."""
    rng = np.random.default_rng(n_categories)
    law = data.IndependentSites.from_paper(n_categories, SITES, generator=rng)
    uniform = -np.log(n_categories * law.probabilities).mean()
    torch.manual_seed(0)
    field, path, coupling, prepare = METHODS[method](n_categories)
    labels = prepare(torch.as_tensor(law.sample(BATCH * steps, rng)))
    trainer = flow.Trainer(
        field,
        path,
        coupling,
        learning_rate,
        BATCH,
        generator=torch.Generator().manual_seed(0),
    )
    rows, pauses, start = [], [], time.perf_counter()

    def measure(trainer, row):
        if row["step"] not in (steps // 10, steps // 4, steps):
            return
        now = time.perf_counter()
        seconds = now - start - sum(pauses)
        for evaluations in EVALUATIONS if row["step"] == steps else WHILE_TRAINING:
            g = torch.Generator().manual_seed(1)
            drawn, used = sampled_labels(trainer.field, path, n_samples, evaluations, g)
            kl, error = divergence(drawn, law)
            key = {"method": method, "categories": n_categories, "of": steps}
            key |= {"learning_rate": learning_rate}
            key |= {"steps": row["step"], "evaluations": used, "samples": n_samples}
            rows.append(
                key | {"kl": kl, "error": error, "uniform": uniform, "s": seconds}
            )
        pauses.append(time.perf_counter() - now)

    trainer.fit(labels, steps, progress=False, callbacks=[measure])
    return rows


def table(rows):
    columns = sorted({row["evaluations"] for row in rows})
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}\n")
    heads = [f"{n} evaluations" for n in columns]
    print(
        "| categories | method | rate | steps | s |", " | ".join(heads), "| uniform |"
    )
    print("|---:|---|---:|---:|---:|" + "---:|" * (len(columns) + 1))
    runs = {}
    for row in rows:
        key = row["categories"], row["method"], row["learning_rate"], row["steps"]
        runs.setdefault(key, {})[row["evaluations"]] = row
    for (n_categories, method, rate, steps), cells in sorted(runs.items()):
        row = next(iter(cells.values()))
        values = (
            f"{cells[n]['kl']:.5f} ± {cells[n]['error']:.5f}" if n in cells else ""
            for n in columns
        )
        print(
            f"| {n_categories} | {method} | {rate:g} | {steps} | {row['s']:.0f} |",
            " | ".join(values),
            f"| {row['uniform']:.4f} |",
        )


def draw(rows, file):
    """KL against categories after training, and against steps of training."""
    import matplotlib.pyplot as plt

    final = [row for row in rows if row["steps"] == row["of"]]
    counts = [row["categories"] for row in final]
    most = max(sorted(set(counts)), key=counts.count)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10, 4.2), layout="constrained", sharey=True
    )
    for number, (method, marker) in enumerate(zip(METHODS, "os^vD*P", strict=True)):
        style = {"color": f"C{number}", "marker": marker, "ms": 5}
        for evaluations, line in ((100, "-"), (5, ":")):
            kind = method, evaluations
            some = [r for r in final if (r["method"], r["evaluations"]) == kind]
            label = method if evaluations == 100 else None
            _curve(left, some, "categories", ls=line, label=label, **style)
        some = [r for r in rows if (r["method"], r["categories"]) == (method, most)]
        some = [r for r in some if r["evaluations"] == 10]
        _curve(right, some, "steps", label=method, **style)
    _curve(left, final, "categories", "uniform", color="k", ls="--", label="uniform")
    right.axhline(next(r["uniform"] for r in final if r["categories"] == most), c="k")
    left.set(yscale="log", xlabel="categories", ylabel="KL(model || law), nats a site")
    left.set_title("100 evaluations (5: dotted)")
    right.set(xscale="log", xlabel="training steps")
    right.set_title(f"{most} categories, 10 evaluations")
    left.legend(fontsize=8)
    figure.savefig(file, dpi=120)


def _curve(ax, rows, x, y="kl", **style):
    """A line; at or below the noise of counting, points stand at their error."""
    if not rows:
        return
    best = {}
    for row in rows:  # of the learning rates
        value = max(row[y], row["error"])
        best[row[x]] = min(value, best.get(row[x], math.inf))
    ax.plot(*zip(*sorted(best.items()), strict=True), **style)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--categories", type=int, nargs="+", default=CATEGORIES)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("toy_figure.jsonl"))
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    if options.quick:
        options.categories, options.steps, options.samples = (20, 100), 200, 4_000
    rows = []
    if options.out.exists():
        rows = [json.loads(line) for line in options.out.read_text().splitlines()]
    kinds = "method", "categories", "of", "learning_rate"
    done = {tuple(row[kind] for kind in kinds) for row in rows}
    for n_categories in options.categories:
        for method in options.methods:
            setting = method, n_categories, options.steps, options.learning_rate
            if setting in done:
                continue
            new = run(*setting[:3], options.samples, options.learning_rate)
            with options.out.open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in new)
            rows += new
    table(rows)
    if options.plot:
        draw(rows, options.plot)


if __name__ == "__main__":
    main()
