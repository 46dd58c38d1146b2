"""Laws of sequences with known answers: exact samples, probabilities and entropy.

Every law has `length`, `n_categories`, `sample`, `log_prob`, `entropy` and
`log_posterior`. Logarithms are natural: log-probabilities and entropies are in nats. A
sequence that cannot occur has log-probability minus infinity.
"""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data._checks import check_labels, check_probabilities
from fisher_manifold.data._law import Law, log_sum_exp
from fisher_manifold.data.markov import draw, entropy_of, log_of

__all__ = ["IndependentSites", "MixtureOfProducts"]


@dataclass(frozen=True, eq=False)
class IndependentSites(Law):
    r"""Sites drawn independently: :math:`P(y) = \prod_i p_{i, y_i}`.

    Parameters
    ----------
    probabilities : array-like, shape=[length, n_categories]
        Law of each site.

    Raises
    ------
    ValueError
        If a row is not a probability vector.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> law = data.IndependentSites([[0.25, 0.75], [0.5, 0.5]])
    >>> np.exp(law.log_prob([[0, 1], [1, 1]])).round(6)
    array([0.125, 0.375])
    >>> law.sample(3, np.random.default_rng(0)).shape, round(law.entropy_rate(), 4)
    ((3, 2), 0.6277)
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
        return np.stack([draw(p, n, generator) for p in self.probabilities], axis=1)

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
        return log_of(self.probabilities)[np.arange(self.length), labels].sum(axis=1)

    def entropy(self):
        """Return the entropy in nats."""
        return float(entropy_of(self.probabilities).sum())

    def _log_joint(self, log_evidence):
        site = log_of(self.probabilities) + log_evidence
        total = log_sum_exp(site, -1)
        others = [np.delete(total, i, axis=1).sum(axis=1) for i in range(self.length)]
        return site + np.stack(others, axis=1)[..., None]


@dataclass(frozen=True, eq=False)
class MixtureOfProducts(Law):
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

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> sites = [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.5, 0.5]]]
    >>> law = data.MixtureOfProducts(weights=[0.4, 0.6], probabilities=sites)
    >>> np.exp(law.all_log_probs()).round(6)  # of 00, 01, 10 and 11
    array([0.4, 0. , 0.3, 0.3])
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

    @property
    def mode_weights(self):
        """Probability of each component, shape [n_components]."""
        return self.weights

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
        component = draw(self.weights, n, generator)
        labels = np.empty((n, self.length), dtype=np.int64)
        for m, law in enumerate(self._components()):
            chosen = np.flatnonzero(component == m)
            labels[chosen] = law.sample(len(chosen), generator)
        return labels

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
        return log_sum_exp(self.log_mode_joint(labels), -1)

    def log_mode_joint(self, labels):
        """Return log P (nats) of labels together with each component.

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Sequences.

        Returns
        -------
        log_joint : float64 array, shape=[n, n_components]
            Its log-sum-exp over components is `log_prob`.
        """
        labels = check_labels(labels, self.n_categories, self.length)
        parts = [law.log_prob(labels) for law in self._components()]
        return np.stack(parts, axis=-1) + log_of(self.weights)

    def entropy(self):
        """Return the entropy in nats, summed over all sequences.

        Raises
        ------
        ValueError
            If there are more than two million sequences (see `estimate_entropy`).
        """
        return self._entropy_by_listing()

    def _components(self):
        return [IndependentSites(p) for p in self.probabilities]

    def _log_joint(self, log_evidence):
        total = np.full(log_evidence.shape, -np.inf)
        for log_weight, law in zip(
            log_of(self.weights), self._components(), strict=True
        ):
            joint = law._log_joint(log_evidence) + log_weight
            total = np.logaddexp(total, joint)
        return total
