"""Memory and time of a training step and of sampling with many categories.

Run as ``python tests/benchmarks/large_vocabulary.py``; prints a Markdown table.  An
array is one of [batch, length, categories] in float32.  The network is a bias, which
takes no memory of its own: what is counted is the library's.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

import fisher_manifold as fm
from fisher_manifold import flow

sys.path.insert(0, str(Path(__file__).parents[1] / "flow"))
from live_memory import peak_bytes  # noqa: E402 (a module of the tests)


class Bias(torch.nn.Module):
    """Logits that depend on the category alone."""

    def __init__(self, n_categories):
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(n_categories))

    def forward(self, x, t):
        """Logits of the shape of x."""
        return self.bias.expand_as(x)


class Case:
    """A field with evidence, labels and a generator."""

    def __init__(self, batch_size, length, n_categories, concentration, chart="sphere"):
        charts = {"sphere": fm.PositiveHypersphere, "simplex": fm.FisherRaoSimplex}
        base = charts[chart](n_categories - 1)
        self.space = fm.SequenceManifold(base, length)
        source = flow.DirichletSource(self.space, concentration)
        self.path = flow.GeodesicPath(self.space, source)
        self.field = flow.PosteriorField(Bias(n_categories), self.path)
        self.generator = torch.Generator().manual_seed(0)
        shape = (batch_size, length)
        self.labels = torch.randint(n_categories, shape, generator=self.generator)
        self.times = self.field.default_times
        self.times.grid(1)  # its table is made once

    def draw(self):
        """Points on the paths."""
        n, g = len(self.labels), self.generator
        return self.path.sample(self.labels, t=self.times.sample(n, g), generator=g)

    def step(self):
        """Draw, loss and gradients of a training step."""
        batch = self.draw()
        self.field.loss(batch).mean().backward()
        return batch

    def sample(self):
        """Two steps of the sampler."""
        n = len(self.labels)
        return flow.sample(self.field, self.path, n, steps=2, generator=self.generator)


def measure(case, name):
    """Peak in arrays, and seconds of one core of the faster of two calls."""
    call, seconds = getattr(case, name), []
    for _ in range(2):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    array = 4 * case.labels.numel() * case.space.n_categories
    return peak_bytes(call) / array, min(seconds)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--length", type=int, default=16)
    parser.add_argument("--categories", type=int, nargs="+", default=[50_000])
    options = parser.parse_args()
    print("| categories | chart | source | call | peak, arrays | CPU seconds |")
    print("|---:|---|---|---|---:|---:|", flush=True)
    for n_categories in options.categories:
        for chart, a in (("sphere", 0.5), ("simplex", 0.5), ("sphere", 1.0)):
            shape = options.batch_size, options.length, n_categories
            case = Case(*shape, a, chart)
            for name in ("draw", "step", "sample"):
                arrays, seconds = measure(case, name)
                print(
                    f"| {n_categories} | {chart} | Dirichlet({a}) | {name} | "
                    f"{arrays:.1f} | {seconds:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
