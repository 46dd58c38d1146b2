"""What the sampler's steps cost: one site, exact field, half of the mass on a category.

Run as ``python tests/benchmarks/discretisation.py``; prints a Markdown table.
"""

import torch

import fisher_manifold as fm
from fisher_manifold import flow

SIZES, STEPS, N_SAMPLES = (4, 20, 100, 1000), (5, 10, 20, 50, 100), 20_000


class ExactNetwork(torch.nn.Module):
    """Log-probabilities of the law: 1/2 for the category 0, the rest spread evenly."""

    def forward(self, x, t):
        """Logits of the shape of x."""
        n_categories = x.shape[-1]
        law = torch.full((n_categories,), 0.5 / (n_categories - 1))
        law[0] = 0.5
        return law.log().expand_as(x)


def frequency(n_categories, steps):
    """Share of samples in category 0."""
    path = flow.GeodesicPath(fm.PositiveHypersphere(n_categories - 1))
    field = flow.PosteriorField(ExactNetwork(), path)
    generator = torch.Generator().manual_seed(0)
    result = flow.sample(field, path, N_SAMPLES, steps=steps, generator=generator)
    return float((result.labels == 0).float().mean())


if __name__ == "__main__":
    print("| categories |", " | ".join(f"{steps} steps" for steps in STEPS), "|")
    print("|---:|" + "---:|" * len(STEPS))
    for size in SIZES:
        row = (f"{frequency(size, steps):.3f}" for steps in STEPS)
        print(f"| {size} |", " | ".join(row), "|", flush=True)
