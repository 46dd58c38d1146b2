"""Laws small enough to list, and networks that know them or know nothing."""

import itertools

import numpy as np
import torch

from fisher_manifold import data

DEPENDENT = data.MixtureOfProducts(
    [0.6, 0.4],
    [
        [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.5, 0.3, 0.2]],
        [[0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.1, 0.6, 0.3]],
    ],
)
"""Three sites of three categories that depend on each other."""


def every(n_categories, length):
    """All sequences, int64 tensor of shape [n_categories ** length, length]."""
    return torch.tensor(list(itertools.product(range(n_categories), repeat=length)))


def frequencies(labels, n_categories):
    """Share of each sequence, in the order of `every`."""
    powers = n_categories ** torch.arange(labels.shape[1] - 1, -1, -1)
    n = n_categories ** labels.shape[1]
    return torch.bincount((labels * powers).sum(1), minlength=n).double() / len(labels)


def total_variation(labels, log_probs, n_categories):
    """Of the frequencies of labels from probabilities in the order of `every`."""
    gap = frequencies(labels, n_categories) - torch.as_tensor(log_probs).exp()
    return 0.5 * float(gap.abs().sum())


def expected_variation(log_probs, n):
    """Mean total variation of n draws from their law: its own noise."""
    p = np.exp(np.asarray(log_probs))
    return float(np.sqrt(2 * p * (1 - p) / (np.pi * n)).sum() / 2)


class ExactPosterior(torch.nn.Module):
    """Posterior of a law's sites, where `likelihood(x, t)` is that of the categories.

    ``likelihood`` gives the density of each site's point given each label, up to a
    factor, as [n, length, n_categories].
    """

    def __init__(self, law, likelihood):
        super().__init__()
        self.law = law
        self.likelihood = likelihood

    def forward(self, x, t):
        log_ratio = self.likelihood(x, t).double().clamp(min=1e-30).log()
        return torch.from_numpy(self.law.log_posterior(log_ratio.numpy()))


def randomised(network, seed, scale=1.0):
    """The network with random weights everywhere, also in its last layer."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter += scale * noise / max(1, parameter[0].numel()) ** 0.5
    return network
