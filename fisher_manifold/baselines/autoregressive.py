r"""Autoregressive models, whose probabilities are exact.

.. math:: P(y) = \prod_i p(y_i | y_1, \dots, y_{i-1})
"""

import torch

from ..flow.order_bound import log_prob_of
from .categories import draw_categories
from .causal import causal
from .common import Baseline, Samples
from .paths import Batch, LabelPath, Noise


class ShiftedPath(LabelPath):
    """The labels before each site as input; zeros before the first.

    Parameters
    ----------
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    """

    def __init__(self, n_categories, length):
        super().__init__(n_categories, length, Noise(()))

    def points(self, labels, noise, t):
        """Labels [n, length], shifted by one site; noise and times are not used."""
        return Batch(t, self.shift(labels), labels)

    def shift(self, labels):
        """Network's input for labels [n, length]."""
        return torch.nn.functional.pad(self.one_hot(labels), (0, 0, 1, 0))[:, :-1]


class Autoregressive(Baseline):
    """Autoregressive model, site by site from the first to the last.

    Parameters
    ----------
    network : torch.nn.Module
        A `SequenceCNN` or `Transformer`, of which it trains the causal version (see
        `causal`), or your own ``network(x, t, **conditions)`` with the attribute
        ``is_causal = True``: logits of each site from the rows x [n, m,
        n_categories] up to its own, the one-hot labels of the sites before it, for any
        m up to length.  It is given t = 0.
    n_categories : int
        Categories of a site.
    length : int
        Sites.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.SequenceCNN(4, length=5, width=16, depth=1)
    >>> model = baselines.Autoregressive(network, n_categories=4, length=5)
    >>> samples = model.sample(3, torch.Generator().manual_seed(0))
    >>> samples.labels.shape, samples.n_evaluations
    (torch.Size([3, 5]), 5)
    >>> log_prob = model.log_prob(samples.labels)  # not yet trained: uniform
    >>> (log_prob.exp() * 4**5).round(decimals=6).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, network, n_categories, length):
        super().__init__(causal(network), ShiftedPath(n_categories, length))

    def loss(self, batch, **conditions):
        """Minus the log-probability, in nats per site: shape=[n]."""
        return super().loss(
            Batch(torch.zeros_like(batch.t), batch.x_t, batch.labels), **conditions
        )

    def log_prob(self, labels, *, conditions=None, batch_size=1024):
        """Log-probability of labels, exact up to the network's rounding.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Sequences.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        batch_size : int
            Sequences at once.

        Returns
        -------
        log_prob : torch.Tensor of float64, shape=[n]
            In nats per sequence.
        """
        labels = self.path.check(labels).to(self.device)
        values = []
        with self.parts(len(labels), conditions, batch_size) as parts:
            for rows, _, chunk in parts:
                logits = self._law(labels[rows], chunk)
                values.append(log_prob_of(logits, labels[rows]).sum(-1))
        return torch.cat(values)

    def sample(self, n, generator=None, conditions=None, *, batch_size=1024):
        """Draw labels, one site after the other: `length` evaluations.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        batch_size : int
            Samples at once.

        Returns
        -------
        samples : Samples
            Labels.
        """
        length, done = self.path.length, []
        with self.parts(n, conditions, batch_size) as parts:
            for _, size, chunk in parts:
                shape = (size, length)
                labels = torch.zeros(shape, dtype=torch.long, device=self.device)
                for i in range(length):
                    law = self._law(labels[:, : i + 1], chunk)[:, i]
                    labels[:, i] = draw_categories(law, generator)
                done.append(labels)
        return Samples(torch.cat(done), length)

    def _law(self, labels, conditions):
        x = self.path.shift(labels)
        return self.logits(x, x.new_zeros(len(x)), **conditions)
