"""Laws with hard constraints, which sites drawn independently cannot satisfy."""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data._checks import check_labels
from fisher_manifold.data._law import Law, log_sum_exp
from fisher_manifold.data.markov import log_of

__all__ = ["CopyConstraint", "ParityConstraint"]


@dataclass(frozen=True)
class ParityConstraint(Law):
    """Uniform law on the sequences whose labels sum to 0 modulo ``n_categories``.

    Any ``n_sites - 1`` sites are independent and uniform; only all of them together
    show the constraint.

    Parameters
    ----------
    n_sites : int
        Number of sites.
    n_categories : int
        Number of categories.

    Raises
    ------
    ValueError
        If there is no site, or fewer than two categories.

    Examples
    --------
    >>> law = ParityConstraint(n_sites=3, n_categories=2)
    >>> np.exp(law.log_prob([[0, 1, 1], [0, 1, 0]])).round(3).tolist()
    [0.25, 0.0]
    """

    n_sites: int
    n_categories: int

    def __post_init__(self):
        """Check the numbers."""
        if self.n_sites < 1 or self.n_categories < 2:
            raise ValueError(
                "at least 1 site and 2 categories are needed, not "
                f"n_sites={self.n_sites}, n_categories={self.n_categories}"
            )

    @property
    def length(self):
        """Number of sites."""
        return self.n_sites

    def sample(self, n, generator):
        """Draw sequences, int64 array of shape [n, length].

        Parameters
        ----------
        n : int
            Number of sequences.
        generator : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        labels : int array, shape=[n, length]
            Sequences.
        """
        free = generator.integers(0, self.n_categories, (n, self.n_sites - 1))
        last = -free.sum(axis=1, keepdims=True) % self.n_categories
        return np.concatenate([free, last], axis=1)

    def log_prob(self, labels):
        """Return log P (nats) of labels, shape [n, length], as shape [n,].

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Sequences.

        Returns
        -------
        log_prob : float array, shape=[n]
            In nats; minus infinity for what cannot be.
        """
        labels = check_labels(labels, self.n_categories, self.n_sites)
        possible = labels.sum(axis=1) % self.n_categories == 0
        return np.where(possible, -self.entropy(), -np.inf)

    def entropy(self):
        """Return the entropy in nats."""
        return float((self.n_sites - 1) * np.log(self.n_categories))

    def _log_joint(self, log_evidence):
        """Recursions over the residue of the sum of the sites before and after."""
        n, length, k = log_evidence.shape
        # entry [r, j]: the residue from which category j leads to r, or to which it
        # leads from r
        residue = np.arange(k)
        leading, led_to = (residue[:, None] + s * residue for s in (-1, 1))
        before, after = np.full((2, length + 1, n, k), -np.inf)
        before[0, :, 0] = after[length, :, 0] = 0.0
        for i in range(length):
            j = length - 1 - i
            paths = before[i][:, leading % k] + log_evidence[:, i, None]
            before[i + 1] = log_sum_exp(paths, -1)
            paths = after[j + 1][:, led_to % k] + log_evidence[:, j, None]
            after[j] = log_sum_exp(paths, -1)
        others = before[:-1, :, :, None] + after[1:][:, :, led_to % k]
        joint = log_sum_exp(others, 2).transpose(1, 0, 2) + log_evidence
        return joint - self.entropy()


@dataclass(frozen=True, eq=False)
class CopyConstraint(Law):
    r"""Sequences whose second half repeats the first, a sequence of a given law.

    .. math:: P(y) = P_{half}(y_1 \dots y_h)\, [y_{h + i} = y_i], \qquad
        h = length / 2

    Sites drawn independently get a sequence right with a probability that falls
    exponentially with its length.

    Parameters
    ----------
    half : Law
        Law of the first half; any law of this package.

    Examples
    --------
    >>> from fisher_manifold.data import IndependentSites
    >>> law = CopyConstraint(IndependentSites([[0.25, 0.75], [1.0, 0.0]]))
    >>> np.exp(law.log_prob([[1, 0, 1, 0], [1, 0, 0, 0]])).round(3).tolist()
    [0.75, 0.0]
    """

    half: Law

    @property
    def length(self):
        """Number of sites."""
        return 2 * self.half.length

    @property
    def n_categories(self):
        """Number of categories."""
        return self.half.n_categories

    def sample(self, n, generator):
        """Draw sequences, int64 array of shape [n, length].

        Parameters
        ----------
        n : int
            Number of sequences.
        generator : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        labels : int array, shape=[n, length]
            Sequences.
        """
        return np.tile(self.half.sample(n, generator), (1, 2))

    def log_prob(self, labels):
        """Return log P (nats) of labels, shape [n, length], as shape [n,].

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Sequences.

        Returns
        -------
        log_prob : float array, shape=[n]
            In nats; minus infinity for what cannot be.
        """
        labels = check_labels(labels, self.n_categories, self.length)
        first, second = np.split(labels, 2, axis=1)
        copied = (first == second).all(axis=1)
        return self.half.log_prob(first) + log_of(copied.astype(float))

    def entropy(self):
        """Return the entropy in nats: that of the half."""
        return self.half.entropy()

    def _log_joint(self, log_evidence):
        """Evidence of a site counts for its copy."""
        first, second = np.split(log_evidence, 2, axis=1)
        return np.tile(self.half._log_joint(first + second), (1, 2, 1))
