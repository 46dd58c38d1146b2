"""Markov chains of any order as laws of sequences."""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data._checks import check_labels, check_probabilities
from fisher_manifold.data._law import Law, log_sum_exp

# largest table of transitions, in numbers (8 bytes each)
_MAX_TABLE = 50_000_000


@dataclass(frozen=True, eq=False)
class MarkovChain(Law):
    r"""Markov chain of order m.

    .. math:: P(y) = a_{y_1 \dots y_m} \prod_{i > m} T_{y_{i-m} \dots y_{i-1}, y_i}

    Order 0 is a chain without memory; its ``initial`` is the number 1.

    Parameters
    ----------
    initial : array-like, shape=[n_categories, ...] (m axes)
        Joint law of the first m sites.
    transition : array-like, shape=[n_categories, ..., n_categories] (m + 1 axes)
        Law of a site (last axis) given the m before it, the nearest one last.
    length : int
        Number of sites, at least m and at least 1.

    Raises
    ------
    ValueError
        If the shapes do not fit, or probabilities are negative or do not sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> stay = np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> law = data.MarkovChain(initial=[0.5, 0.5], transition=stay, length=50)
    >>> labels = law.sample(2000, np.random.default_rng(0))
    >>> fitted = data.MarkovChain.fit(labels, n_categories=2)
    >>> labels.shape, fitted.transition.round(1)
    ((2000, 50), array([[0.9, 0.1],
           [0.1, 0.9]]))
    """

    initial: np.ndarray
    transition: np.ndarray
    length: int

    def __post_init__(self):
        """Check the probabilities and shapes."""
        transition = check_probabilities(self.transition, "transition")
        initial = np.array(self.initial, dtype=np.float64)
        if len(set(transition.shape)) != 1 or initial.shape != transition.shape[1:]:
            raise ValueError(
                "transition must have shape [K] * (m + 1) and initial [K] * m for K "
                "categories and order m; they have "
                f"{transition.shape} and {initial.shape}"
            )
        check_probabilities(initial.ravel(), "initial, all entries together,")
        initial.flags.writeable = False
        if self.length < max(1, initial.ndim):
            raise ValueError(
                f"length must be at least {max(1, initial.ndim)} for a chain of order "
                f"{initial.ndim}, not {self.length}"
            )
        object.__setattr__(self, "initial", initial)
        object.__setattr__(self, "transition", transition)

    @property
    def n_categories(self):
        """Number of categories."""
        return self.transition.shape[-1]

    @property
    def order(self):
        """Number of earlier sites that a site depends on."""
        return self.initial.ndim

    @classmethod
    def fit(cls, labels, n_categories, order=1, pseudocount=1.0):
        """Fit a chain by counting.

        Parameters
        ----------
        labels : array-like of integers, shape=[n_sequences, length]
            Training sequences.
        n_categories : int
            Number of categories.
        order : int
            Order m of the chain.
        pseudocount : float
            Number added to every count of a transition; for the law of the first m
            sites it is spread evenly, so that n_categories * pseudocount is added in
            all. With 0, a context that never occurs is followed by the uniform law.

        Returns
        -------
        chain : MarkovChain
            The chain, of the length of the training sequences.

        Raises
        ------
        ValueError
            If there are no sequences, they are shorter than the order, or the table
            would be too large.
        """
        labels = check_labels(labels, n_categories)
        n_sequences, length = labels.shape
        if not 0 <= order <= length or n_sequences == 0 or pseudocount < 0:
            raise ValueError(
                "order between 0 and the length, at least one sequence and a "
                f"pseudocount that is not negative are needed; order={order}, labels "
                f"have shape {labels.shape}, pseudocount={pseudocount}"
            )
        n_contexts = n_categories**order
        if n_contexts * n_categories > _MAX_TABLE:
            raise ValueError(
                f"a chain of order {order} over {n_categories} categories has a table "
                f"of {n_contexts * n_categories} numbers, more than {_MAX_TABLE}: "
                "choose a lower order"
            )
        contexts = _contexts(labels, n_categories, order)
        pairs = contexts[:, :-1] * n_categories + labels[:, order:]
        counts = np.bincount(pairs.ravel(), minlength=n_contexts * n_categories)
        counts = counts.reshape(n_contexts, n_categories) + float(pseudocount)
        counts[counts.sum(axis=1) == 0] = 1.0
        first = np.bincount(contexts[:, 0], minlength=n_contexts)
        first = first + pseudocount * n_categories / n_contexts
        shape = (n_categories,) * order
        transition = counts / counts.sum(axis=1, keepdims=True)
        return cls(
            (first / first.sum()).reshape(shape),
            transition.reshape(*shape, n_categories),
            length,
        )

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
        order, n_categories = self.order, self.n_categories
        labels = np.empty((n, self.length), dtype=np.int64)
        context = draw(self.initial.ravel(), n, generator)
        for i in range(order):
            labels[:, i] = context // n_categories ** (order - 1 - i) % n_categories
        cumulative = _cumulative(self.transition).reshape(-1, n_categories)
        for i in range(order, self.length):
            uniform = generator.random((n, 1))
            labels[:, i] = (cumulative[context] <= uniform).sum(axis=1)
            context = (context * n_categories + labels[:, i]) % self.initial.size
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
        labels = check_labels(labels, self.n_categories, self.length)
        contexts = _contexts(labels, self.n_categories, self.order)
        steps = log_of(self.transition).reshape(-1, self.n_categories)
        log_steps = steps[contexts[:, :-1], labels[:, self.order :]]
        return log_of(self.initial).ravel()[contexts[:, 0]] + log_steps.sum(axis=1)

    def entropy(self):
        """Return the entropy in nats, by forward recursion of the law of m sites."""
        law = self.initial.ravel()
        steps = self.transition.reshape(-1, self.n_categories)
        entropy = entropy_of(law)
        for _ in range(self.order, self.length):
            entropy = entropy + law @ entropy_of(steps)
            # forget the first site of the context, append the new one
            law = (law[:, None] * steps).reshape(-1, law.size).sum(axis=0)
        return float(entropy)

    def _log_joint(self, log_evidence):
        """Forward and backward recursions over the context of the last m sites."""
        n, k, m = len(log_evidence), self.n_categories, self.order
        n_contexts = self.initial.size
        # log P of the first m sites, [n, K ** m], then of every later context
        before = np.broadcast_to(log_of(self.initial), (n, *self.initial.shape))
        for i in range(m):
            before = before + log_evidence[:, i].reshape(n, *_axis(i, m, k))
        forward = [before.reshape(n, n_contexts)]
        # one more letter, [n, contexts, K]
        log_steps = log_of(self.transition).reshape(-1, k)
        steps = [log_steps + log_evidence[:, i, None] for i in range(m, self.length)]
        for step in steps:
            # forget the first site of the context, append the new one
            paths = (forward[-1][:, :, None] + step).reshape(n, k, n_contexts)
            forward.append(log_sum_exp(paths, 1))
        joint = np.empty_like(log_evidence)
        after = np.zeros((n, n_contexts))
        for i in reversed(range(m, self.length)):
            rest = steps[i - m] + np.tile(after, (1, k)).reshape(n, n_contexts, k)
            joint[:, i] = log_sum_exp(forward[i - m][:, :, None] + rest, 1)
            after = log_sum_exp(rest, -1)
        first = (forward[0] + after).reshape(n, *self.initial.shape)
        for i in range(m):
            paths = np.moveaxis(first, i + 1, -1).reshape(n, n_contexts // k, k)
            joint[:, i] = log_sum_exp(paths, 1)
        return joint


def _axis(i, n_axes, size):
    """Shape of a vector along axis i of n_axes."""
    return tuple(size if j == i else 1 for j in range(n_axes))


def _contexts(labels, n_categories, order):
    """Index of the context before each site from ``order`` on, and after the last."""
    n_sequences, length = labels.shape
    contexts = np.zeros((n_sequences, length - order + 1), dtype=np.int64)
    for k in range(order):
        contexts = contexts * n_categories + labels[:, k : length - order + k + 1]
    return contexts


def draw(probabilities, n, generator):
    """Draw n categories, int64 array of shape [n,], by inverting the distribution."""
    uniform = generator.random(n)
    return np.searchsorted(_cumulative(probabilities), uniform, side="right")


def _cumulative(probabilities):
    cumulative = np.cumsum(probabilities, axis=-1)
    # the last entry becomes exactly 1, which no uniform number reaches
    return cumulative / cumulative[..., -1:]


def log_of(probabilities):
    """Logarithm, minus infinity at 0 without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def entropy_of(probabilities):
    """Entropy in nats along the last axis, with 0 log 0 = 0."""
    safe = np.where(probabilities > 0, probabilities, 1.0)
    return -(probabilities * np.log(safe)).sum(axis=-1)
