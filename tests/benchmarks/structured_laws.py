"""All fields and couplings on laws with structure, at equal steps and equal network.

Run as ``python tests/benchmarks/structured_laws.py [--quick] [--steps N] [--seeds N]
[--laws NAME ...] [--network mlp | cnn] [--out FILE]``; prints Markdown tables, means
over seeds with standard errors, and writes them to FILE.
"""

import argparse
import dataclasses
import platform
import time
from pathlib import Path

import numpy as np
import torch

import fisher_manifold as fm
from fisher_manifold import data, flow, metrics, networks, transport

SAMPLER_STEPS, BATCH_SIZE, N_TRAINING, N_SAMPLES = 50, 128, 4000, 2000
QUICK_STEPS, QUICK_SEEDS = 200, 2


def make_laws():
    """Laws by name, 4 categories and 8 sites unless the structure says otherwise."""
    generator = np.random.default_rng(0)
    dirichlet = generator.dirichlet
    chain = data.MarkovChain(
        dirichlet(np.ones(16)).reshape(4, 4), dirichlet(np.full(4, 0.3), (4, 4)), 8
    )
    components = dirichlet(np.full(4, 0.2), (4, 8))
    background = data.MarkovChain(dirichlet(np.ones(4)), dirichlet(np.ones(4), 4), 8)
    motif = 0.91 * np.eye(4)[[0, 3, 1, 2]] + 0.0225
    return {
        "sites": data.IndependentSites.from_paper(8, generator=generator),
        "mixture": data.MixtureOfProducts([0.4, 0.3, 0.2, 0.1], components),
        "chain": chain,
        "parity": data.ParityConstraint(4, 3),
        "copy": data.CopyConstraint(data.IndependentSites(dirichlet(np.ones(4), 4))),
        "motif": data.MotifModel(background, motif),
    }


class Tabulated:
    """A law whose probabilities and entropy have been computed once."""

    def __init__(self, law):
        self.law = law
        self.table = law.all_log_probs()
        self.value = law.entropy()

    def __getattr__(self, name):
        """Everything else is the law's own."""
        return getattr(self.law, name)

    def all_log_probs(self):
        """As that of the law."""
        return self.table

    def entropy(self):
        """As that of the law."""
        return self.value

    def log_prob(self, labels):
        """As that of the law."""
        shape = (self.n_categories,) * self.length
        return self.table[np.ravel_multi_index(labels.T, shape)]


def make_path(law, concentration):
    """Paths to sequences of a law."""
    space = fm.SequenceManifold(
        fm.PositiveHypersphere(law.n_categories - 1), law.length
    )
    return flow.GeodesicPath(space, flow.DirichletSource(space, concentration))


NETWORKS = {
    "mlp": lambda shape: networks.MLP(shape, width=128, depth=2),
    "cnn": lambda shape: networks.SequenceCNN(shape[1], shape[0], width=48, depth=3),
}
FIELDS = {
    "velocity": lambda network, path: flow.VelocityField(network, path.space),
    "posterior": lambda network, path: flow.PosteriorField(network, path, False),
    "evidence": lambda network, path: flow.PosteriorField(network, path, True),
}
COUPLINGS = {
    "independent": lambda path: None,
    "exact OT": lambda path: transport.ExactCoupling(path.space),
}
METHODS = [
    (name, concentration, coupling)
    for name in FIELDS
    for concentration in (0.5, 1.0)
    for coupling in COUPLINGS
]
ORACLES = [("exact", 0.5, "independent"), ("exact", 1.0, "independent")]


def divergence(law, method, seed, steps, make_network):
    """Train one field on one law, and compare its samples with the law."""
    name, concentration, coupling = method
    path = make_path(law, concentration)
    training = law.sample(N_TRAINING, np.random.default_rng(1000 + seed))
    if name == "exact":
        field = flow.PosteriorField(flow.ExactPosterior(law), path)
    else:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = make_network(path.space.shape)
        trainer = flow.Trainer(
            FIELDS[name](network, path),
            path,
            COUPLINGS[coupling](path),
            batch_size=BATCH_SIZE,
            ema_decay=0.99,
            warmup=20,
            learning_rate=2e-3,
            generator=torch.Generator().manual_seed(seed),
        )
        field = trainer.fit(torch.as_tensor(training), steps, progress=False).field
    g = torch.Generator().manual_seed(10_000 + seed)
    result = flow.sample(field, path, N_SAMPLES, steps=SAMPLER_STEPS, generator=g)
    return metrics.sample_divergence(result.labels.numpy(), law, training, n_floor=30)


TABLES = {
    "Total variation above that of perfect samples (0 is best)": (
        "sites mixture chain parity copy motif",
        lambda r: r.total_variation - r.total_variation_floor,
    ),
    "KL of the samples that can occur, nats (0 is best)": (
        "sites mixture chain copy motif",
        lambda r: r.kl,
    ),
    "Cross-entropy excess, nats (0 is best; above: noise, below: modes lost)": (
        "sites mixture chain copy motif",
        lambda r: r.excess,
    ),
    "Broken constraints, per cent of the samples": (
        "parity copy",
        lambda r: 100 * r.violation_rate,
    ),
    "Modes, total variation of their frequencies (0 is best)": (
        "mixture motif",
        lambda r: r.mode_error,
    ),
    "Copies of training sequences above the law's own share, per cent": (
        "sites mixture chain parity motif",
        lambda r: 100 * (r.copy_rate - r.expected_copy_rate),
    ),
}


def write_tables(results, seeds):
    """Markdown tables: a row for each method, a column for each law."""
    lines = []
    known = {law for law, _, _ in results}
    for title, (laws, value) in TABLES.items():
        laws = [law for law in laws.split() if law in known]
        if not laws:
            continue
        lines += ["", f"**{title}**", ""]
        lines += ["| field | source | coupling | " + " | ".join(laws) + " |"]
        lines += ["|---|---|---|" + "---:|" * len(laws)]
        for method in METHODS + ORACLES:
            cells = [[value(results[law, method, s]) for s in seeds] for law in laws]
            name, concentration, coupling = method
            row = [name, f"Dirichlet({concentration:g})", coupling]
            lines += ["| " + " | ".join(row + [_cell(c) for c in cells]) + " |"]
    return "\n".join(lines[1:]) + "\n"


def _cell(values):
    """Mean and standard error over seeds."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.3f} ± {error:.3f}"


def main():
    """Train everything, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few minutes")
    parser.add_argument("--steps", type=int, default=1500, help="of training")
    parser.add_argument("--seeds", type=int, default=2, help="number of seeds, >= 2")
    laws = make_laws()
    parser.add_argument("--laws", nargs="+", choices=laws, default=list(laws))
    parser.add_argument("--network", choices=NETWORKS, default="mlp")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    steps, seeds = arguments.steps, range(arguments.seeds)
    if arguments.quick:
        steps, seeds = QUICK_STEPS, range(QUICK_SEEDS)
    torch.set_num_threads(1)
    start, results = time.process_time(), {}
    make_network = NETWORKS[arguments.network]
    for law_name in arguments.laws:
        law = Tabulated(laws[law_name])
        for method in METHODS + ORACLES:
            for seed in seeds:
                result = divergence(law, method, seed, steps, make_network)
                results[law_name, method, seed] = result
                print(law_name, *method, seed, dataclasses.asdict(result), flush=True)
    minutes = (time.process_time() - start) / 60
    header = (
        f"{arguments.network}, {steps} steps, {len(seeds)} seeds, torch "
        f"{torch.__version__}, Python {platform.python_version()}, {minutes:.0f} "
        "minutes of one core.\n\n"
    )
    tables = header + write_tables(results, seeds)
    print(tables)
    if arguments.out:
        arguments.out.write_text(tables)


if __name__ == "__main__":
    main()
