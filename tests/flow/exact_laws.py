"""The network that is right for a law of few sequences: Bayes' rule over them all."""

import numpy as np
import torch

import fisher_manifold as fm
from fisher_manifold import flow

RULED_OUT = -1e4
"""Log-probability of sequences that cannot occur; far below any evidence."""


class ExactNetwork(torch.nn.Module):
    """Logits log c_i(k) of docs/evidence.md, from the log evidence.

    Parameters
    ----------
    law : object with ``length``, ``n_categories`` and ``log_prob``
        Law of sequences.
    """

    def __init__(self, law):
        super().__init__()
        shape = (law.n_categories,) * law.length
        sequences = np.indices(shape).reshape(law.length, -1).T
        log_prob = np.maximum(law.log_prob(sequences), RULED_OUT)
        self.log_prob = torch.as_tensor(log_prob, dtype=torch.float32)
        one_hot = torch.nn.functional.one_hot(
            torch.as_tensor(sequences), law.n_categories
        )
        self.one_hot = one_hot.flatten(1).float()

    def encode(self, log_ratio):
        """The evidence as it is."""
        return log_ratio

    def forward(self, log_b, t):
        """Logits of the shape of the log evidence."""
        joint = log_b.flatten(1) @ self.one_hot.T + self.log_prob
        marginal = torch.softmax(joint, -1) @ self.one_hot
        tiny = torch.finfo(marginal.dtype).tiny
        return marginal.clamp(min=tiny).log().reshape(log_b.shape) - log_b


def exact_field(law):
    """Field of the law whose posterior is exact, and its path."""
    sphere = fm.PositiveHypersphere(law.n_categories - 1)
    path = flow.GeodesicPath(fm.SequenceManifold(sphere, law.length))
    return flow.PosteriorField(ExactNetwork(law), path), path


def frequencies(labels, n_categories):
    """Share of each sequence, in the order of ``np.indices``."""
    powers = n_categories ** torch.arange(labels.shape[1] - 1, -1, -1)
    index = (labels * powers).sum(1)
    counts = torch.bincount(index, minlength=n_categories ** labels.shape[1])
    return counts.double().numpy() / len(labels)


def law_of(law):
    """Probability of each sequence, in the order of ``np.indices``."""
    shape = (law.n_categories,) * law.length
    return np.exp(law.log_prob(np.indices(shape).reshape(law.length, -1).T))
