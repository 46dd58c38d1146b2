"""Laws of sequences with known answers: exact samples, probabilities and entropy.

Every law has `length`, `n_categories`, `sample`, `log_prob` and `entropy`. Logarithms
are natural: log-probabilities and entropies are in nats. A sequence that cannot occur
has log-probability minus infinity.
"""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data._checks import check_labels, check_probabilities
from fisher_manifold.data.markov import MarkovChain, draw, entropy_of, log_of

__all__ = ["IndependentSites", "MarkovChain", "MixtureOfProducts", "ParityConstraint"]

# largest number of sequences that an entropy is summed over
_MAX_TERMS = 2_000_000


@dataclass(frozen=True, eq=False)
class IndependentSites:
    r"""Sites drawn independently: :math:`P(y) = \prod_i p_{i, y_i}`.

    Parameters
    ----------
    probabilities : array-like, shape=[length, n_categories]
        Law of each site.

    Raises
    ------
    ValueError
        If a row is not a probability vector.
    """

    probabilities: np.ndarray

    def __post_init__(self):
        """Check the probabilities."""
        checked = check_probabilities(self.probabilities, "probabilities", n_axes=2)
        object.__setattr__(self, "probabilities", checked)

    @classmethod
    def from_paper(cls, n_categories, n_sites=4, *, generator):
        """Draw the toy problem of Fisher-Flow: softmax of uniform random numbers.

        Parameters
        ----------
        n_categories : int
            Number of categories.
        n_sites : int
            Number of sites.
        generator : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        law : IndependentSites
            The law.

        References
        ----------
        O. Davis et al., Fisher Flow Matching for Generative Modeling over Discrete
        Data, NeurIPS 2024, arXiv:2405.14664 (the toy experiment).
        """
        weights = np.exp(generator.random((n_sites, n_categories)))
        return cls(weights / weights.sum(axis=-1, keepdims=True))

    @property
    def length(self):
        """Number of sites."""
        return self.probabilities.shape[0]

    @property
    def n_categories(self):
        """Number of categories."""
        return self.probabilities.shape[1]

    def sample(self, n, generator):
        """Draw sequences, int64 array of shape [n, length]."""
        return np.stack([draw(p, n, generator) for p in self.probabilities], axis=1)

    def log_prob(self, labels):
        """Return log P (nats) of labels, shape [n, length], as shape [n,]."""
        labels = check_labels(labels, self.n_categories, self.length)
        return log_of(self.probabilities)[np.arange(self.length), labels].sum(axis=1)

    def entropy(self):
        """Return the entropy in nats."""
        return float(entropy_of(self.probabilities).sum())


@dataclass(frozen=True, eq=False)
class MixtureOfProducts:
    r"""Mixture of laws with independent sites.

    .. math:: P(y) = \sum_m w_m \prod_i p_{m, i, y_i}

    Parameters
    ----------
    weights : array-like, shape=[n_components,]
        Probability of each component.
    probabilities : array-like, shape=[n_components, length, n_categories]
        Law of each site in each component.

    Raises
    ------
    ValueError
        If a vector is not a probability vector, or the shapes do not fit.
    """

    weights: np.ndarray
    probabilities: np.ndarray

    def __post_init__(self):
        """Check the probabilities."""
        weights = check_probabilities(self.weights, "weights", n_axes=1)
        checked = check_probabilities(self.probabilities, "probabilities", n_axes=3)
        if len(weights) != len(checked):
            raise ValueError(
                f"one weight per component is needed; weights has {len(weights)}, "
                f"probabilities has shape {checked.shape}"
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "probabilities", checked)

    @property
    def length(self):
        """Number of sites."""
        return self.probabilities.shape[1]

    @property
    def n_categories(self):
        """Number of categories."""
        return self.probabilities.shape[2]

    def sample(self, n, generator):
        """Draw sequences, int64 array of shape [n, length]."""
        component = draw(self.weights, n, generator)
        labels = np.empty((n, self.length), dtype=np.int64)
        for m, probabilities in enumerate(self.probabilities):
            chosen = np.flatnonzero(component == m)
            labels[chosen] = IndependentSites(probabilities).sample(
                len(chosen), generator
            )
        return labels

    def log_prob(self, labels):
        """Return log P (nats) of labels, shape [n, length], as shape [n,]."""
        labels = check_labels(labels, self.n_categories, self.length)
        parts = [IndependentSites(p).log_prob(labels) for p in self.probabilities]
        return np.logaddexp.reduce(
            log_of(self.weights)[:, None] + np.stack(parts), axis=0
        )

    def entropy(self):
        """Return the entropy in nats, summed over all sequences.

        Raises
        ------
        ValueError
            If there are more than two million sequences.
        """
        n_terms = self.n_categories**self.length
        if n_terms > _MAX_TERMS:
            raise ValueError(
                f"the entropy of a mixture is a sum over all {self.n_categories} ** "
                f"{self.length} sequences, which is feasible up to {_MAX_TERMS}: "
                "estimate it by -law.log_prob(law.sample(n, generator)).mean()"
            )
        grid = np.indices((self.n_categories,) * self.length)
        log_prob = self.log_prob(grid.reshape(self.length, -1).T)
        return float(entropy_of(np.exp(log_prob)))


@dataclass(frozen=True)
class ParityConstraint:
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
        """Draw sequences, int64 array of shape [n, length]."""
        free = generator.integers(0, self.n_categories, (n, self.n_sites - 1))
        last = -free.sum(axis=1, keepdims=True) % self.n_categories
        return np.concatenate([free, last], axis=1)

    def log_prob(self, labels):
        """Return log P (nats) of labels, shape [n, length], as shape [n,]."""
        labels = check_labels(labels, self.n_categories, self.n_sites)
        possible = labels.sum(axis=1) % self.n_categories == 0
        return np.where(possible, -self.entropy(), -np.inf)

    def entropy(self):
        """Return the entropy in nats."""
        return float((self.n_sites - 1) * np.log(self.n_categories))
