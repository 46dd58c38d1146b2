r"""Models that are counted, not trained: Markov chains, and the data themselves."""

import numpy as np
import torch

from ..data import IndependentSites, MarkovChain
from ..data._checks import check_labels
from ..flow.batches import draw_seed
from .common import Samples

_STRENGTHS = tuple(float(s) for s in 10.0 ** np.arange(-1, 4.25, 0.25))


class _Counted:
    """Around a law of `data`, on torch's tensors and generators."""

    law: MarkovChain | IndependentSites

    def sample(self, n, generator=None, conditions=None):
        """Draw labels.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : None
            Nothing else is known to a law that is counted.

        Returns
        -------
        samples : Samples
            Labels; no evaluations of any network.
        """
        _refuse(conditions)
        rng = np.random.default_rng(draw_seed(generator))
        return Samples(torch.from_numpy(self.law.sample(n, rng)), 0)

    def log_prob(self, labels, *, conditions=None):
        """Log-probability of labels, exact.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Sequences.
        conditions : None
            As of `sample`.

        Returns
        -------
        log_prob : torch.Tensor of float64, shape=[n]
            In nats per sequence.
        """
        _refuse(conditions)
        return torch.from_numpy(self.law.log_prob(np.asarray(labels)))


class MarkovOrder(_Counted):
    r"""Markov chain of order k, the same at every position, smoothed by lower orders.

    .. math:: P_k(c | y_1 \dots y_k) = \frac{n(y_1 \dots y_k c)
              + s\, P_{k-1}(c | y_2 \dots y_k)}{n(y_1 \dots y_k) + s},
              \qquad P_{-1} = 1 / K,

    the mean of a posterior whose Dirichlet prior is centred at the order below (MacKay
    and Peto 1995, *A hierarchical Dirichlet language model*).  The strength s is the
    one of some powers of ten that gives held out sequences the largest probability.
    The first k sites have laws of their own, smoothed by those of the same order.

    Parameters
    ----------
    law : data.MarkovChain
        Chain.
    strength : float
        Strength s it was smoothed with.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines
    >>> labels = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1]]).repeat(100, 1)
    >>> model = baselines.MarkovOrder.fit(labels, n_categories=2, order=1)
    >>> model.law.transition.round(2)
    array([[1., 0.],
           [0., 1.]])
    >>> model.log_prob(labels[:2]).exp().round(decimals=2).tolist()
    [0.5, 0.5]
    """

    def __init__(self, law, strength):
        self.law = law
        self.strength = strength

    @classmethod
    def fit(cls, labels, n_categories, order, validation=None):
        """Count, and choose the strength.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Training sequences.
        n_categories : int
            Categories of a site.
        order : int
            Order k, at most the length.
        validation : torch.Tensor of int, shape=[m, length], optional
            Held out sequences; default: the last tenth of the training sequences, which
            are counted again once the strength is chosen.

        Returns
        -------
        model : MarkovOrder
            Chain.
        """
        labels, known, held_out = _parts(labels, n_categories, validation)
        counts = _Counts(known, n_categories, order)
        scores = [counts.chain(s).log_prob(held_out).mean() for s in _STRENGTHS]
        strength = _STRENGTHS[int(np.argmax(scores))]
        if known is not labels:
            counts = _Counts(labels, n_categories, order)
        return cls(counts.chain(strength), strength)


class SiteFrequencies(_Counted):
    """Independent sites, each with its own law: order 0 with positions.

    Parameters
    ----------
    law : data.IndependentSites
        Law.
    strength : float
        Counts added to each site, shared out as all sites together.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines
    >>> labels = torch.tensor([[0, 0, 1], [1, 0, 1]]).repeat(100, 1)
    >>> model = baselines.SiteFrequencies.fit(labels, n_categories=2)
    >>> model.law.probabilities.round(2)
    array([[0.5, 0.5],
           [1. , 0. ],
           [0. , 1. ]])
    """

    def __init__(self, law, strength):
        self.law = law
        self.strength = strength

    @classmethod
    def fit(cls, labels, n_categories, validation=None):
        """Count, and choose the strength as `MarkovOrder.fit` does.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Training sequences.
        n_categories : int
            Categories of a site.
        validation : torch.Tensor of int, shape=[m, length], optional
            Held out sequences.

        Returns
        -------
        model : SiteFrequencies
            Law.
        """
        labels, known, held_out = _parts(labels, n_categories, validation)

        def law(rows, strength):
            counts = np.eye(n_categories)[rows].sum(0)
            mean = counts.sum(0) + 1.0
            smooth = counts + strength * mean / mean.sum()
            return IndependentSites(smooth / smooth.sum(-1, keepdims=True))

        scores = [law(known, s).log_prob(held_out).mean() for s in _STRENGTHS]
        strength = _STRENGTHS[int(np.argmax(scores))]
        return cls(law(labels, strength), strength)


class TrainingData:
    """The training sequences themselves: the floor of what can be told from samples.

    Parameters
    ----------
    labels : torch.Tensor of int, shape=[n, length]
        Sequences.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines
    >>> model = baselines.TrainingData(torch.arange(5)[:, None])
    >>> model.sample(5, torch.Generator().manual_seed(0)).labels.ravel().sort().values
    tensor([0, 1, 2, 3, 4])
    """

    def __init__(self, labels):
        self.labels = torch.as_tensor(labels).long()

    def sample(self, n, generator=None, conditions=None):
        """Draw training sequences, without replacement while there are enough.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : None
            They are drawn whatever their conditions.

        Returns
        -------
        samples : Samples
            Labels.
        """
        _refuse(conditions)
        rng = np.random.default_rng(draw_seed(generator))
        rows = rng.choice(len(self.labels), n, replace=n > len(self.labels))
        return Samples(self.labels[torch.from_numpy(rows)], 0)


class _Counts:
    """Counts of a chain and of all orders below, of training sequences."""

    def __init__(self, labels, n_categories, order):
        # MarkovChain's own counts refuse orders whose table would not fit.
        MarkovChain.fit(labels[:1], n_categories, order)
        self.n_categories = n_categories
        self.order = order
        self.length = labels.shape[1]
        self.all = [self._table(labels, j, None) for j in range(order + 1)]
        self.first = [self._table(labels, j, j) for j in range(order)]

    def _table(self, labels, order, site):
        """Counts [K**order, K] of a site after its context, at one site or at all."""
        k, length = self.n_categories, self.length
        sites = range(order, length) if site is None else [site]
        table = np.zeros(k ** (order + 1))
        for i in sites:
            code = np.zeros(len(labels), dtype=np.int64)
            for j in range(i - order, i + 1):
                code = code * k + labels[:, j]
            table += np.bincount(code, minlength=table.size)
        return table.reshape(-1, k)

    def chain(self, strength):
        """Smoothed chain."""
        k = self.n_categories
        lower, joint = np.full((1, k), 1.0 / k), np.ones(1)
        for order, counts in enumerate(self.all):
            # The law of the order below forgets the farthest site of the context.
            prior = lower if order == 0 else np.tile(lower, (k, 1))
            lower = _smooth(counts, prior, strength)
            if order < self.order:
                site = _smooth(self.first[order], lower, strength)
                joint = (joint[:, None] * site).ravel()
        shape = (k,) * self.order
        return MarkovChain(joint.reshape(shape), lower.reshape(*shape, k), self.length)


def _smooth(counts, prior, strength):
    total = counts.sum(-1, keepdims=True) + strength
    return (counts + strength * prior) / total


def _parts(labels, n_categories, validation):
    """All labels, those to count and those to choose the strength by."""
    labels = check_labels(np.asarray(labels), n_categories)
    if validation is not None:
        validation = check_labels(np.asarray(validation), n_categories)
        return labels, labels, validation
    n_known = len(labels) - max(1, len(labels) // 10)
    if n_known < 1:
        raise ValueError(f"expected at least 2 sequences, got {len(labels)}")
    return labels, labels[:n_known], labels[n_known:]


def _refuse(conditions):
    if conditions:
        raise ValueError(
            f"expected no conditions for a law that is counted, got {set(conditions)}: "
            "fit one for each class"
        )
