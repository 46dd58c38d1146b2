"""Laws of times as tables of shares: their inverse, and that of a site's evidence."""

import functools
import math

import torch

from ..geometry.random import random_dirichlet
from .evidence import log_evidence


def invert(shares, times, s):
    """Times of s, by linear interpolation of a table of shares and times."""
    shares, times = shares.to(s.device), times.to(s.device)
    right = torch.searchsorted(shares, s.contiguous()).clamp(1, len(shares) - 1)
    low, high = shares[right - 1], shares[right]
    weight = ((s - low) / (high - low)).clamp(0.0, 1.0)
    return torch.lerp(times[right - 1], times[right], weight)


@functools.lru_cache(maxsize=32)
def evidence_table(n_categories, concentration, n_times=33):
    """Share of the law below each of some times, by simulation with a fixed seed."""
    draws = max(32, min(1024, 2**18 // n_categories))
    generator = torch.Generator().manual_seed(0)
    root = random_dirichlet(
        n_categories, (draws,), concentration, generator, torch.float64
    )
    vertex = torch.zeros(n_categories, dtype=torch.float64)
    vertex[0] = 1.0
    times = 0.5 * torch.linspace(0.0, 1.0, n_times, dtype=torch.float64) ** 2
    resolved = [0.0]
    # By symmetry the category 0 stands for all.
    sine = root[:, 1:].norm(dim=-1, keepdim=True)
    start = torch.atan2(sine, root[:, :1])
    # Of small concentrations some draws are the vertex itself, and stay there.
    direction = root[:, 1:] / torch.where(sine > 0, sine, 1.0)
    for kappa in times[1:-1]:
        theta = (1.0 - kappa) * start
        point = torch.cat([theta.cos(), direction * theta.sin()], -1)
        log_posterior = torch.log_softmax(
            log_evidence(point, kappa.expand(draws), concentration), -1
        )
        entropy = -(log_posterior.exp() * log_posterior).sum(-1).mean()
        resolved.append(1.0 - float(entropy) / math.log(n_categories))
    own = torch.tensor([*resolved, 1.0], dtype=torch.float64).cummax(0).values
    even = torch.sqrt(times / 0.5)
    return 0.5 * (own + even), times
