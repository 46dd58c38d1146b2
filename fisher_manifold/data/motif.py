"""A motif planted at a random place of a random sequence, with exact likelihood."""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data._checks import check_labels, check_probabilities
from fisher_manifold.data._law import Law, log_sum_exp
from fisher_manifold.data.markov import MarkovChain, draw, log_of

__all__ = ["MotifModel"]


@dataclass(frozen=True, eq=False)
class MotifModel(Law):
    r"""A background sequence, overwritten by a motif at a random position.

    .. math:: P(y) = \sum_s \pi_s\, B(y_{i} : i < s \text{ or } i \ge s + w)
        \prod_{j < w} M_{j, y_{s + j}}

    where B, the law of the sites outside the motif, is the background chain with the
    w sites under the motif summed out.

    Parameters
    ----------
    background : MarkovChain
        Law of the sequence before it is overwritten; of any order.
    motif : array-like, shape=[width, n_categories]
        Position weight matrix M: the law of each site of the motif.
    position : array-like, shape=[length - width + 1], optional
        Law pi of the first site of the motif. Default: uniform.

    Raises
    ------
    ValueError
        If a vector is not a probability vector, or the shapes do not fit.

    Examples
    --------
    >>> background = MarkovChain(1.0, [0.5, 0.5], length=3)
    >>> law = MotifModel(background, motif=[[0, 1], [0, 1]])
    >>> np.exp(law.log_prob([[1, 1, 1], [0, 1, 1], [0, 1, 0]])).round(3).tolist()
    [0.5, 0.25, 0.0]
    """

    background: MarkovChain
    motif: np.ndarray
    position: np.ndarray | None = None

    def __post_init__(self):
        """Check the probabilities and shapes."""
        motif = check_probabilities(self.motif, "motif", n_axes=2)
        n_positions = self.background.length - len(motif) + 1
        if n_positions < 1 or motif.shape[1] != self.background.n_categories:
            raise ValueError(
                "motif must have shape [width, n_categories] with n_categories = "
                f"{self.background.n_categories} and width at most the background's "
                f"length {self.background.length}; it has {motif.shape}"
            )
        position = self.position
        if position is None:
            position = np.full(n_positions, 1.0 / n_positions)
        position = check_probabilities(position, "position", n_axes=1)
        if len(position) != n_positions:
            raise ValueError(
                f"position must have {n_positions} entries, one for each place of the "
                f"motif, not {len(position)}"
            )
        object.__setattr__(self, "motif", motif)
        object.__setattr__(self, "position", position)

    @property
    def length(self):
        """Number of sites."""
        return self.background.length

    @property
    def n_categories(self):
        """Number of categories."""
        return self.background.n_categories

    @property
    def mode_weights(self):
        """Probability of each position of the motif, shape [length - width + 1]."""
        return self.position

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
        labels = self.background.sample(n, generator)
        start = draw(self.position, n, generator)
        for j, law in enumerate(self.motif):
            labels[np.arange(n), start + j] = draw(law, n, generator)
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
        """Return log P (nats) of labels together with each position of the motif.

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Sequences.

        Returns
        -------
        log_joint : float64 array, shape=[n, length - width + 1]
            Its log-sum-exp over positions is `log_prob`.
        """
        labels = check_labels(labels, self.n_categories, self.length)
        observed = log_of(np.eye(self.n_categories))[labels]
        parts = [
            log_sum_exp(joint[:, 0], -1) for joint in self._joint_by_position(observed)
        ]
        return np.stack(parts, axis=-1)

    def entropy(self):
        """Return the entropy in nats, summed over all sequences.

        Raises
        ------
        ValueError
            If there are more than two million sequences (see `estimate_entropy`).
        """
        return self._entropy_by_listing()

    def _log_joint(self, log_evidence):
        total = np.full(log_evidence.shape, -np.inf)
        for joint in self._joint_by_position(log_evidence):
            total = np.logaddexp(total, joint)
        return total

    def _joint_by_position(self, log_evidence):
        """Yield the log joint with each position: of the background, then the motif."""
        width = len(self.motif)
        for start, log_weight in enumerate(log_of(self.position)):
            inside = slice(start, start + width)
            # the background under the motif is not seen
            outside = log_evidence.copy()
            outside[:, inside] = 0.0
            joint = self.background._log_joint(outside)
            beside = log_sum_exp(joint[:, 0], -1)[:, None, None]
            site = log_of(self.motif) + log_evidence[:, inside]
            site_total = log_sum_exp(site, -1)
            joint += site_total.sum(axis=1)[:, None, None]
            for j in range(width):
                others = np.delete(site_total, j, axis=1).sum(axis=1)
                joint[:, start + j] = beside[:, 0] + others[:, None] + site[:, j]
            yield joint + log_weight
