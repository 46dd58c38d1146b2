"""Expected transport cost against batch size, and in the semidiscrete limit.

``python tests/benchmarks/coupling_cost.py [--species A_thaliana] [--plot FILE]
[--potentials FILE]`` prints a Markdown table for all training promoters (60 letters) of
one species, as targets of uniform noise, and draws it.  Batches of an exact coupling
are drawn with replacement from the data; the semidiscrete coupling is measured on fresh
noise.
"""

import argparse
import math
import time
from pathlib import Path

import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, transport

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BATCH_PAIRS = 16_384
"""Pairs that the cost of each batch size is averaged over, at least."""


def promoters(species, part="train"):
    table = data.read_sequences(
        DATA / "promoters_species_60bp.csv.gz", column="sequence", label="species"
    )
    columns = zip(table.sequences, table.labels, table.splits, strict=True)
    rows = [row[0] for row in columns if row[1:] == (species, part)]
    return torch.as_tensor(data.DNA.encode(rows))


def minibatch(space, source, targets, size, generator):
    """Mean cost of exact plans, its standard error, seconds for a batch."""
    coupling = transport.ExactCoupling(space)
    n_batches = max(4, BATCH_PAIRS // size)
    costs, start = [], time.perf_counter()
    for _ in range(n_batches):
        rows = torch.randint(len(targets), (size,), generator=generator)
        costs.append(coupling(source.sample(size, generator), targets[rows]).cost)
    costs = torch.tensor(costs)
    seconds = (time.perf_counter() - start) / n_batches
    return float(costs.mean()), float(costs.std()) / math.sqrt(n_batches), seconds


def draw(sizes, rows, fit, file):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    means, errors = [row[0] for row in rows], [row[1] for row in rows]
    ax.errorbar(sizes, means, errors, marker="o", label="exact, minibatch")
    ax.axhline(fit.cost, color="black", ls="--", label="semidiscrete, all targets")
    ax.set(xscale="log", xlabel="batch size", ylabel="expected squared distance")
    ax.legend()
    figure.savefig(file, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--species", default="A_thaliana")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[2**k for k in range(13)]
    )
    parser.add_argument("--samples", type=int, help="draws to learn potentials from")
    parser.add_argument("--potentials", type=Path, help="where to save them")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    targets = promoters(options.species)
    space = fm.SequenceManifold(fm.PositiveHypersphere(3), targets.shape[1])
    source = flow.DirichletSource(space)
    generator = torch.Generator().manual_seed(0)
    print(f"{len(targets)} targets, seed 0, {torch.get_num_threads()} threads\n")
    print("| coupling | batch | cost | standard error | seconds a batch |")
    print("|---|---:|---:|---:|---:|")
    rows = []
    for size in options.sizes:
        mean, error, seconds = minibatch(space, source, targets, size, generator)
        rows.append((mean, error))
        name = "independent" if size == 1 else "exact"
        print(f"| {name} | {size} | {mean:.2f} | {error:.2f} | {seconds:.3f} |")
    coupling = transport.SemidiscreteCoupling(space, targets)
    start = time.perf_counter()
    fit = coupling.fit(source, options.samples, generator=generator, progress=True)
    learning = time.perf_counter() - start
    x0 = source.sample(512, generator)
    start = time.perf_counter()
    coupling(x0, generator=generator)
    seconds = time.perf_counter() - start
    print(
        f"| semidiscrete | all | {fit.cost:.2f} | {fit.cost_standard_error:.2f} | "
        f"{seconds:.3f} |\n\nPotentials from {fit.n_samples} draws in {learning:.0f} "
        f"s; on {fit.n_fresh} fresh ones, marginal error {fit.marginal_error:.3f}, "
        f"dual value {fit.dual_value:.2f}."
    )
    if options.potentials:
        coupling.save(options.potentials)
    if options.plot:
        draw(options.sizes, rows, fit, options.plot)


if __name__ == "__main__":
    main()
