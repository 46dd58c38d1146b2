"""Does optimal transport help?  Couplings compared in training and sampling.

``python tests/benchmarks/couplings_compared.py [--problem toy|promoters] [--quick]``
prints a Markdown table: for both fields and each coupling the training loss (mean and
variance over pairs, each field's own unit), the straightness of the flow (length of
sampled paths over the distance of their ends), and the divergence of samples from the
truth at several numbers of evaluations, with the standard error over seeds.  Network,
batch, steps and learning rate are the same.

*toy*: the paper's law of 4 independent sites with 20 categories; the divergence is the
mean over sites of KL(samples || law), less the bias (K - 1) / 2n of counting.
*promoters*: 60 letters of one species; Jensen-Shannon divergence of 3-mers from the
test set; ``--potentials FILE`` takes those that coupling_cost.py saved.
"""

import argparse
import dataclasses
import math
import time
from pathlib import Path

import numpy as np
import torch
from coupling_cost import promoters

import fisher_manifold as fm
from fisher_manifold import data, flow, metrics, networks, transport

EVALUATIONS = (5, 10, 20, 100)
BATCH = 512


class InGroups:
    """A coupling of each group of `size` pairs of a batch by itself."""

    def __init__(self, coupling, size):
        self.coupling, self.size = coupling, size

    def __call__(self, x0, x1, conditions=None, generator=None):
        """Pair two batches."""
        parts = zip(x0.split(self.size), x1.split(self.size), strict=True)
        pairs = [self.coupling(*part, generator=generator) for part in parts]
        x0, x1 = (torch.cat([getattr(p, name) for p in pairs]) for name in ("x0", "x1"))
        return transport.Pairs(x0, x1, conditions)


@dataclasses.dataclass(frozen=True)
class Problem:
    """Training data, a network, and a divergence of samples from the truth."""

    labels: torch.Tensor
    n_categories: int
    network: object
    divergence: object
    n_samples: int

    @property
    def space(self):
        """Space of the sequences."""
        sphere = fm.PositiveHypersphere(self.n_categories - 1)
        return fm.SequenceManifold(sphere, self.labels.shape[1])


def toy(n_categories=20, n_samples=30_000):
    rng = np.random.default_rng(0)
    law = data.IndependentSites.from_paper(n_categories, generator=rng)
    bias = (n_categories - 1) / (2 * n_samples)

    def divergence(labels):
        counts = [np.bincount(site, minlength=n_categories) for site in labels.T]
        shares = np.array(counts) / len(labels)
        values = metrics.kl_divergence(shares, law.probabilities)
        return float(values.mean()) - bias

    def network(space):
        return networks.MLP(space.shape, width=128, depth=2)

    labels = torch.as_tensor(law.sample(20_000, rng))
    return Problem(labels, n_categories, network, divergence, n_samples)


def genes(species="A_thaliana"):
    test = promoters(species, "test").numpy()

    def divergence(labels):
        return float(metrics.kmer_divergence(labels, test, 3, 4))

    def network(space):
        return networks.SequenceCNN(4, space.shape[0], width=32, depth=3)

    return Problem(promoters(species), 4, network, divergence, 2048)


def semidiscrete_coupling(problem, potentials):
    """Potentials from a file, or learnt here from 32 draws a target."""
    space, kind = problem.space, transport.SemidiscreteCoupling
    if potentials:
        return kind.load(potentials, space, problem.labels)
    coupling = kind(space, problem.labels)
    generator = torch.Generator().manual_seed(100)
    n_samples = 32 * len(problem.labels)
    source = flow.DirichletSource(space)
    fit = coupling.fit(source, n_samples, tol=0.3, generator=generator)
    print(f"marginal error of the potentials: {fit.marginal_error:.3f}", flush=True)
    return coupling


def couplings(problem, potentials):
    """Couplings by name."""
    space = problem.space
    exact = transport.ExactCoupling(space)
    return {
        "independent": None,
        "exact in 32": InGroups(exact, 32),
        "exact in 512": exact,
        "Sinkhorn in 512": transport.SinkhornCoupling(space, tol=0.01),
        "semidiscrete": semidiscrete_coupling(problem, potentials),
    }


def straightness(field, path, generator, n=512, steps=100):
    """Length of paths over the distance of their ends: 1 for geodesics."""
    visited = []
    flow.sample(
        field, path, n, steps, generator, on_step=lambda t, x: visited.append(x)
    )
    dist = path.space.metric.dist
    length = sum(dist(a, b) for a, b in zip(visited[:-1], visited[1:], strict=True))
    labels = field.labels(visited[-1])
    # Fields that end at half time go on along geodesics to the vertices.
    vertices = path.space.vertices(labels, dtype=visited[-1].dtype)
    length = length + dist(visited[-1], vertices)
    return float((length / dist(visited[0], vertices)).mean())


def run(problem, kind, coupling, steps, seed):
    space = problem.space
    path = flow.GeodesicPath(space)
    torch.manual_seed(seed)
    network = problem.network(space)
    make = {
        "velocity": lambda: flow.VelocityField(network, space),
        "posterior": lambda: flow.PosteriorField(network, path),
    }
    generator = torch.Generator().manual_seed(seed)
    trainer = flow.Trainer(
        make[kind](), path, coupling, batch_size=BATCH, generator=generator
    )
    start = time.perf_counter()
    trainer.fit(problem.labels, steps=steps, progress=False)
    seconds = time.perf_counter() - start
    losses = pair_losses(trainer, problem, coupling, generator)
    sampled = []
    for evaluations in EVALUATIONS:
        g = torch.Generator().manual_seed(seed + 1)
        result = flow.sample(
            trainer.field, path, problem.n_samples, evaluations, generator=g
        )
        sampled.append(problem.divergence(result.labels.numpy()))
    straight = straightness(trainer.field, path, g)
    return [seconds, float(losses.mean()), float(losses.var()), straight, *sampled]


@torch.no_grad()
def pair_losses(trainer, problem, coupling, generator, n_batches=20):
    """Losses of single pairs under the trained field."""
    field, path, losses = trainer.field, trainer.path, []
    times = field.default_times
    for _ in range(n_batches):
        rows = torch.randint(len(problem.labels), (BATCH,), generator=generator)
        x1, x0 = problem.labels[rows], path.source.sample(BATCH, generator)
        if coupling is not None:
            pairs = coupling(x0, x1, generator=generator)
            x0, x1 = pairs.x0, pairs.x1
        t = times.sample(BATCH, generator)
        losses.append(field.loss(path.sample(x1, x0, t)))
    return torch.cat(losses)


def table(problem, chosen, steps, seeds):
    heads = [f"{n} evaluations" for n in EVALUATIONS]
    head = ["field", "coupling", "s", "loss", "variance", "straightness", *heads]
    print("\n|", " | ".join(head), "|")
    print("|---|---|" + "---:|" * (len(head) - 2))
    for kind in ("velocity", "posterior"):
        for name, coupling in chosen.items():
            rows = np.array([run(problem, kind, coupling, steps, s) for s in seeds])
            mean, spread = rows.mean(0), rows.std(0, ddof=min(1, len(seeds) - 1))
            figures = [f"{mean[0]:.0f}", *(f"{value:.3g}" for value in mean[1:4])]
            for value, sd in zip(mean[4:], spread[4:], strict=True):
                figures.append(f"{value:.5f} ± {sd / math.sqrt(len(seeds)):.5f}")
            print("|", " | ".join([kind, name, *figures]), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", choices=("toy", "promoters"), default="toy")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--potentials", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    steps, seeds = options.steps, options.seeds
    if options.quick:
        steps, seeds = 100, 1
    print(f"{steps} steps, {seeds} seeds, {torch.get_num_threads()} threads")
    problem = toy() if options.problem == "toy" else genes()
    table(problem, couplings(problem, options.potentials), steps, range(seeds))


if __name__ == "__main__":
    main()
