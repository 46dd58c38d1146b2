"""Training with revealed sites, and guidance: what they change.

Run as ``python tests/benchmarks/conditions.py [--steps N] [--seeds N] [--only reveal |
guidance]``; prints Markdown tables.  Guidance reads ../shared/data.
"""

import argparse
import csv
import gzip
import time
from pathlib import Path

import numpy as np
import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, metrics, networks

N_TRAINING, N_SAMPLES, SAMPLER_STEPS, BATCH_SIZE = 4000, 4000, 50, 128
REVEALS, WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 1.0, 1.5, 2.0, 3.0, 5.0)
SPECIES, LENGTH = ("A_thaliana", "Z_mays"), 60
PROMOTERS = Path("../shared/data/promoters_species_60bp.csv.gz")


def seeded(make, seed):
    """What a function makes with torch's global generator seeded."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def make_laws():
    """Laws of few sequences, with some of their sites given."""
    rng = np.random.default_rng(0)
    table = rng.dirichlet(np.full(4, 0.3), (4, 4))
    chain = data.MarkovChain(rng.dirichlet(np.ones(16)).reshape(4, 4), table, 6)
    return {
        "parity": (data.ParityConstraint(4, 3), [1, -1, -1, -1]),
        "chain": (chain, [-1, 2, -1, -1, 0, -1]),
        "copy": (
            data.CopyConstraint(data.IndependentSites(rng.dirichlet(np.ones(4), 3))),
            [-1, 2, -1, 0, -1, -1],
        ),
    }


def total_variation(labels, probabilities, n_categories):
    """Total variation of samples, less what perfect samples have in the mean."""
    n, length = labels.shape
    index = np.ravel_multi_index(labels.T, (n_categories,) * length)
    shares = np.bincount(index, minlength=len(probabilities)) / n
    spread = probabilities * (1 - probabilities) * 2 / (np.pi * n)
    return np.abs(shares - probabilities).sum() / 2 - np.sqrt(spread).sum() / 2


def run_reveal(law, given, reveal, steps, seed):
    """Total variation from the law, and from the law given some sites."""
    space = fm.SequenceManifold(
        fm.PositiveHypersphere(law.n_categories - 1), law.length
    )
    path = flow.GeodesicPath(space)
    network = seeded(lambda: networks.MLP(space.shape, 128, 2), seed)
    field = flow.InpaintingField(network, path, reveal=reveal)
    g = torch.Generator().manual_seed(seed)
    trainer = flow.Trainer(
        field, path, None, 2e-3, BATCH_SIZE, generator=g, ema_decay=0.99
    )
    samples = law.sample(N_TRAINING, np.random.default_rng(seed))
    trainer.fit(torch.as_tensor(samples), steps=steps, progress=False)
    sequences = np.indices((law.n_categories,) * law.length).reshape(law.length, -1).T
    everything = np.exp(law.log_prob(sequences))
    fits = np.all((np.array(given) < 0) | (sequences == given), axis=1)
    conditional = np.where(fits, everything, 0.0)
    found = []
    for pattern, truth in (
        ([-1] * law.length, everything),
        (given, conditional / conditional.sum()),
    ):
        conditions = {"given": torch.tensor(pattern).repeat(N_SAMPLES, 1)}
        labels = flow.sample(
            trainer.field, path, N_SAMPLES, SAMPLER_STEPS, g, conditions=conditions
        ).labels.numpy()
        found.append(total_variation(labels, truth, law.n_categories))
    return found


def print_reveal(steps, seeds):
    """Table of the share of samples with revealed sites."""
    laws = make_laws()
    print("| reveal |", " | ".join(f"{n} | {n}, given" for n in laws), "|")
    print("|---:|" + "---:|" * 2 * len(laws))
    for reveal in REVEALS:
        cells = []
        for law, given in laws.values():
            runs = [run_reveal(law, given, reveal, steps, s) for s in range(seeds)]
            mean, spread = np.mean(runs, 0), np.std(runs, 0)
            cells += [f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True)]
        print(f"| {reveal} |", " | ".join(cells), "|", flush=True)


def read_promoters(n):
    """Training promoters, the first of each species, and their labels."""
    chosen = {name: [] for name in SPECIES}
    with gzip.open(PROMOTERS, "rt") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train" and row["species"] in chosen:
                chosen[row["species"]].append(row["sequence"])
    parts = [torch.as_tensor(data.DNA.encode(chosen[name][:n])) for name in SPECIES]
    return torch.cat(parts), torch.arange(len(SPECIES)).repeat_interleave(n)


def sweep_guidance(steps):
    """Statistics of real promoters, and of samples at each weight of guidance.

    Yields "real" or the weight, and for each species a dictionary: the mean score of
    maize against A. thaliana in bits, both as independent sites; the share of G and C;
    the divergence of 3-mers from the real ones in nats; the share of distinct ones.
    """
    sequences, label = read_promoters(4000)
    real = [sequences[label == k].numpy() for k in range(len(SPECIES))]
    marginals = [(metrics.site_marginals(x, 4) + 0.001) / 1.004 for x in real]
    table = np.log2(marginals[1] / marginals[0])

    def describe(x, k):
        return {
            "score, bits": table[np.arange(LENGTH), x].sum(1).mean(),
            "GC": ((x == 1) | (x == 2)).mean(),
            "3-mers, nats": metrics.kmer_divergence(x, real[k], 3, 4),
            "distinct": len(np.unique(x, axis=0)) / len(x),
        }

    space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), LENGTH)
    path = flow.GeodesicPath(space)
    inner = seeded(lambda: networks.SequenceCNN(4, LENGTH, 48, 4), 0)
    network = seeded(lambda: networks.Conditional(inner, n_classes=2, drop=0.2), 1)
    field = flow.PosteriorField(network, path)
    g = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(
        field, path, None, 2e-3, BATCH_SIZE, generator=g, ema_decay=0.99
    )
    trainer.fit(sequences, steps=steps, conditions={"label": label}, progress=False)
    yield "real", [describe(x[::2], k) for k, x in enumerate(real)]
    for weight in WEIGHTS:
        guided, found = flow.guide(trainer.field, weight), []
        for k in range(len(SPECIES)):
            conditions = {"label": torch.full((2000,), k)}
            g = torch.Generator().manual_seed(1)
            drawn = flow.sample(guided, path, 2000, 20, g, conditions=conditions)
            found.append(describe(drawn.labels.numpy(), k))
        yield weight, found


def print_guidance(steps):
    """Table of the weight of guidance."""
    digits = {"score, bits": "+.2f", "GC": ".3f", "3-mers, nats": ".4f"}
    heads = [f"{s}: {c}" for s in SPECIES for c in (*digits, "distinct")]
    print("| weight |", " | ".join(heads), "|")
    print("|---:|" + "---:|" * len(heads))
    for weight, found in sweep_guidance(steps):
        cells = [
            format(value, digits.get(name, ".3f"))
            for each in found
            for name, value in each.items()
        ]
        print(f"| {weight} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("reveal", "guidance"))
    options = parser.parse_args()
    started = time.perf_counter()
    if options.only != "guidance":
        print_reveal(options.steps, options.seeds)
    if options.only != "reveal":
        print_guidance(options.steps)
    print(f"\n{time.perf_counter() - started:.0f} s")
