"""What all laws of sequences share: posteriors, entropy, sums over all sequences."""

from dataclasses import dataclass

import numpy as np

__all__ = ["EntropyEstimate", "Law", "estimate_entropy", "log_sum_exp"]

# largest number of sequences that are listed
_MAX_TERMS = 2_000_000
# sequences whose probabilities are computed at once
_BLOCK = 2**14


class Law:
    r"""A law P of sequences whose probabilities and posteriors are known exactly.

    A subclass has `length`, `n_categories`, `sample`, `log_prob` and `entropy`, and
    ``_log_joint``: for evidence :math:`r_i(k)` of every site, the logarithms

    .. math:: \log \sum_{y : y_i = k} P(y) \prod_j r_j(y_j)

    of shape [n, length, n_categories].

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> laws = (data.MarkovChain(0.5 * np.ones(2), np.eye(2), length=4),
    ...         data.ParityConstraint(n_sites=4, n_categories=2))
    >>> for law in laws:  # all equal; with an even sum
    ...     isinstance(law, data.Law), round(float(law.entropy() / np.log(2)), 6)
    (True, 1.0)
    (True, 3.0)
    """

    def log_posterior(self, log_evidence):
        r"""Return the law of every site given evidence of all of them.

        .. math:: p(y_i = k | r) \propto \sum_{y : y_i = k} P(y) \prod_j r_j(y_j)

        Parameters
        ----------
        log_evidence : array-like, shape=[n, length, n_categories]
            :math:`\log r_j(k)` in nats, up to a constant at each site; minus infinity
            rules a category out.

        Returns
        -------
        log_posterior : float64 array, shape=[n, length, n_categories]
            Logarithms of probabilities that sum to 1 over categories.

        Raises
        ------
        ValueError
            If the evidence has another shape, is NaN or plus infinity, or rules out
            every sequence that can occur.

        Examples
        --------
        >>> from fisher_manifold.data import ParityConstraint
        >>> law = ParityConstraint(n_sites=2, n_categories=2)
        >>> log_evidence = np.log([[[0.9, 0.1], [0.5, 0.5]]])
        >>> np.exp(law.log_posterior(log_evidence)).round(3).tolist()
        [[[0.9, 0.1], [0.9, 0.1]]]
        """
        log_joint = self._log_joint(self._check_evidence(log_evidence))
        total = log_sum_exp(log_joint, -1)
        lost = np.isneginf(total).any(axis=1)
        if lost.any():
            raise ValueError(
                "the evidence must leave a sequence that can occur; that of row "
                f"{np.flatnonzero(lost)[0]} rules out all of them"
            )
        return log_joint - total[..., None]

    def entropy_rate(self):
        """Return the entropy per site, in nats."""
        return self.entropy() / self.length

    def all_log_probs(self):
        """Return log P (nats) of every sequence, in lexicographic order.

        Returns
        -------
        log_probs : float64 array, shape=[n_categories ** length]
            That of y stands at the index whose digits in base n_categories are y.

        Raises
        ------
        ValueError
            If there are more than two million sequences.
        """
        n_terms = self.n_categories**self.length
        if n_terms > _MAX_TERMS:
            raise ValueError(
                f"there are {self.n_categories} ** {self.length} sequences, and a list "
                f"of them is feasible up to {_MAX_TERMS}; an entropy can be estimated "
                "by estimate_entropy: the mean of -law.log_prob of samples"
            )
        shape = (self.n_categories,) * self.length
        blocks = [
            np.stack(np.unravel_index(np.arange(i, min(i + _BLOCK, n_terms)), shape))
            for i in range(0, n_terms, _BLOCK)
        ]
        return np.concatenate([self.log_prob(block.T) for block in blocks])

    def _entropy_by_listing(self):
        log_probs = self.all_log_probs()
        possible = log_probs[np.isfinite(log_probs)]
        return float(-(np.exp(possible) * possible).sum())

    def _check_evidence(self, log_evidence):
        values = np.asarray(log_evidence, dtype=np.float64)
        expected = (self.length, self.n_categories)
        if values.ndim != 3 or values.shape[1:] != expected:
            raise ValueError(
                "log_evidence must have shape [n, length, n_categories] = "
                f"[n, {expected[0]}, {expected[1]}], not {list(values.shape)}"
            )
        wrong = np.isnan(values) | np.isposinf(values)
        if wrong.any():
            first = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(
                "log_evidence must be finite or minus infinity; "
                f"{values[first]} stands at {first}"
            )
        return values


@dataclass(frozen=True)
class EntropyEstimate:
    """An entropy estimated from samples.

    Attributes
    ----------
    value : float
        Mean of -log P, in nats.
    standard_error : float
        Its standard error, in nats.
    """

    value: float
    standard_error: float


def estimate_entropy(law, n_samples, generator):
    """Estimate the entropy of a law without bias, from samples of it.

    Parameters
    ----------
    law : object
        With ``sample`` and ``log_prob``.
    n_samples : int
        Number of samples, at least 2.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    estimate : EntropyEstimate
        In nats.

    Raises
    ------
    ValueError
        If there are fewer than two samples.

    Examples
    --------
    >>> from fisher_manifold.data import ParityConstraint
    >>> law = ParityConstraint(n_sites=3, n_categories=2)
    >>> estimate = estimate_entropy(law, 100, np.random.default_rng(0))
    >>> round(estimate.value, 4), round(law.entropy(), 4)
    (1.3863, 1.3863)
    """
    if n_samples < 2:
        raise ValueError(f"at least two samples are needed, not {n_samples}")
    surprisal = -law.log_prob(law.sample(n_samples, generator))
    error = surprisal.std(ddof=1) / np.sqrt(n_samples)
    return EntropyEstimate(float(surprisal.mean()), float(error))


def log_sum_exp(values, axis):
    """Logarithm of a sum of exponentials along an axis; of nothing but zeros, -inf."""
    top = values.max(axis=axis, keepdims=True)
    top = np.where(np.isneginf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        total = np.log(np.exp(values - top).sum(axis=axis))
    return total + np.squeeze(top, axis)
