"""How tight the bound of discrete likelihoods is: trained models of known laws.

``python tests/benchmarks/likelihood.py [--training-steps 2000] [--hard]`` trains a
small network on each law (seed 0) and prints two Markdown tables; four
minutes on one core.  The gap is the mean of log P(y) - bound(y) over sequences y of
the law.  The second table is the error of the solver where the density is known
exactly: one site, the exact field.
"""

import argparse
import time

import numpy as np
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.data import MarkovChain, MixtureOfProducts, ParityConstraint

LENGTH, N_CATEGORIES, N_SEQUENCES, DRAWS = 4, 4, 256, 4


class Probabilities(torch.nn.Module):
    """Give a network each site's evidence as probabilities (uniform: 0)."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def encode(self, log_ratio):
        return torch.expm1(log_ratio)

    def forward(self, x, t):
        return self.network(x, t)


def laws(hard):
    rng = np.random.default_rng(0)
    k = N_CATEGORIES
    first, rest = rng.dirichlet([2.0] * k), rng.dirichlet([0.5] * k, size=k)
    products = rng.dirichlet([0.5] * k, size=(3, LENGTH))
    known = {
        "Markov chain": MarkovChain(first, rest, LENGTH),
        "mixture of 3 products": MixtureOfProducts([0.5, 0.3, 0.2], products),
        "parity of 3 x 3": ParityConstraint(3, 3),
    }
    return {**known, "parity of 4 x 4": ParityConstraint(4, 4)} if hard else known


def train(law, steps, probabilities):
    space = fm.SequenceManifold(
        fm.PositiveHypersphere(law.n_categories - 1), law.length
    )
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration=2.0))
    torch.manual_seed(0)
    network = networks.MLP(space.shape, width=128, depth=2)
    network = Probabilities(network) if probabilities else network
    field = flow.PosteriorField(network, path)
    data = torch.from_numpy(law.sample(100_000, np.random.default_rng(1)))
    trainer = flow.Trainer(
        field,
        path,
        learning_rate=3e-3,
        ema_decay=0.99,
        generator=torch.Generator().manual_seed(0),
    )
    return trainer.fit(data, steps=steps, progress=False).field, path


def gap(law, field, path, labels, **options):
    """Mean gap in nats and its standard error."""
    bound = flow.discrete_log_prob_bound(
        field,
        path,
        torch.from_numpy(labels),
        draws=DRAWS,
        generator=torch.Generator().manual_seed(3),
        **options,
    )
    gaps = law.log_prob(labels) - bound.value.numpy()
    return gaps.mean(), gaps.std(ddof=1) / len(gaps) ** 0.5


class ExactNetwork(torch.nn.Module):
    """The network that is right for one site: log-probabilities."""

    def __init__(self, law):
        super().__init__()
        self.logits = law.log()

    def forward(self, x, t):
        return self.logits.expand_as(x)


def solver_error(concentration, times, n=200):
    """Root mean square error of the log-density at the last of the times."""
    law = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    space = fm.PositiveHypersphere(3)
    source = flow.DirichletSource(space, concentration)
    path = flow.GeodesicPath(space, source)
    g = torch.Generator().manual_seed(0)
    labels = torch.multinomial(law, n, replacement=True, generator=g)
    x0 = source.sample(n, g, dtype=torch.float64)
    x1 = space.vertices(labels, dtype=torch.float64)
    x = path.sample(x1, x0=x0, t=times[-1].expand(n)).x_t
    log_r = flow.log_evidence(x, times[-1], concentration)
    truth = torch.logsumexp(log_r + law.log(), -1) + source.log_prob(x)
    field = flow.PosteriorField(ExactNetwork(law), path)
    error = flow.log_prob(field, path, x, grid=times).value - truth
    return float(error.square().mean().sqrt())


def print_solver_errors():
    print("\n| times | steps | a = 1 | a = 1.5 | a = 2 |")
    print("|---|---:|---:|---:|---:|")
    even = flow.PowerTimes(end=0.5)
    for steps in (20, 50):
        for name in ("equidistant", "the sampler's"):
            row = []
            for a in (1.0, 1.5, 2.0):
                early = flow.EvidenceTimes(4, a)
                times = even if name == "equidistant" else early
                row.append(f"{solver_error(a, times.grid(steps)):.1e}")
            print(f"| {name} | {steps} |", " | ".join(row), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training-steps", type=int, default=2000)
    parser.add_argument("--probabilities", action="store_true")
    parser.add_argument("--hard", action="store_true", help="a parity not learnt")
    arguments = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print(
        "| law | entropy | gap, 20 steps | gap, 40 steps | of the entropy | "
        "importance weighted | training, bound (s) |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, law in laws(arguments.hard).items():
        start = time.perf_counter()
        field, path = train(law, arguments.training_steps, arguments.probabilities)
        middle = time.perf_counter()
        labels = law.sample(N_SEQUENCES, np.random.default_rng(2))
        coarse, _ = gap(law, field, path, labels, steps=20)
        seconds = time.perf_counter() - middle
        fine, error = gap(law, field, path, labels, steps=40)
        options = {"steps": 20, "importance_weighted": True}
        weighted, _ = gap(law, field, path, labels, **options)
        entropy = law.entropy()
        print(
            f"| {name} | {entropy:.4f} | {coarse:.4f} | {fine:.4f} +- {error:.4f} | "
            f"{fine / entropy:.2%} +- {error / entropy:.2%} | {weighted:.4f} | "
            f"{middle - start:.0f}, {seconds:.0f} |",
            flush=True,
        )
    print_solver_errors()


if __name__ == "__main__":
    main()
