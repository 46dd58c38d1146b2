"""How far generated samples are from a law whose probabilities are known."""

import math
from dataclasses import dataclass

import numpy as np

from .._validation import check_integer, check_labels
from .copies import copy_fraction
from .divergences import kl_divergence

__all__ = ["SampleDivergence", "sample_divergence"]

# largest number of sequences whose probabilities are listed
_MAX_SEQUENCES = 2_000_000


@dataclass(frozen=True)
class SampleDivergence:
    """Divergence of samples from a law, each error seen by itself.

    Divergences are in nats. Where a field is None, it has no meaning for the law or
    the arguments.

    Attributes
    ----------
    violation_rate : float
        Share of samples that cannot occur under the law (log P = -inf); 0 is best.
        `excess`, `kl` and `mode_error` look at the remaining samples.
    excess : float
        Mean of -log P less the entropy of the law; 0 is best. Above 0 samples are too
        often improbable: noise. Below 0 they are too often probable: modes are
        lost, or over-sharp.
    excess_error : float
        Standard error of `excess`.
    kl : float or None
        KL(samples | law), less what perfect samples of this number have on average; 0
        is best. None where the sequences are too many to list.
    kl_error : float or None
        Standard error of `kl`.
    total_variation : float or None
        Half the sum of abs(frequency - probability) over all sequences; violations
        count.
    total_variation_floor : float or None
        What perfect samples of this number have on average.
    mode_error : float or None
        Total variation between the frequencies of the hidden modes (components of a
        mixture, positions of a motif) and their weights; None for laws without.
    copy_rate : float or None
        Share of samples that are copies of a training sequence; None without these.
    expected_copy_rate : float or None
        The law's own probability of the set of training sequences. A higher copy_rate
        is over-fitting.
    """

    violation_rate: float
    excess: float
    excess_error: float
    kl: float | None = None
    kl_error: float | None = None
    total_variation: float | None = None
    total_variation_floor: float | None = None
    mode_error: float | None = None
    copy_rate: float | None = None
    expected_copy_rate: float | None = None


def sample_divergence(
    samples, law, training=None, entropy=None, n_floor=100, generator=None
):
    r"""Compare samples with the law that they should have.

    The plug-in divergence :math:`\sum_y f_y \log (f_y / P(y))` of frequencies f is
    biased upwards, by about (S - 1) / 2 n for S sequences and many samples of each.
    The mean over perfect samples of the same number, drawn by multinomial, is
    subtracted instead: it is right for few samples too. Far from the law and for few
    samples the rest is biased downwards, since unseen differences are.

    Parameters
    ----------
    samples : array-like of int, shape=[n, length]
        At least two.
    law : data.Law
        Any object with ``n_categories``, ``length`` and ``log_prob``, ``entropy``
        unless it is given, ``all_log_probs`` for the divergence and, for laws with
        hidden modes, ``mode_weights`` and ``log_mode_joint``.
    training : array-like of int, shape=[m, length], optional
        Sequences that the samples' model has learned from.
    entropy : float, optional
        Entropy of the law in nats; by default ``law.entropy()``.
    n_floor : int, optional
        Number of perfect sets of samples that give the floor, at least 2.
    generator : numpy.random.Generator, optional
        Draws them; by default one seeded with 0.

    Returns
    -------
    divergence : SampleDivergence
        With NaN for what has no value since every sample is a violation.

    Raises
    ------
    ValueError
        If the samples do not fit the law, or there are fewer than two.

    Examples
    --------
    >>> from fisher_manifold.data import ParityConstraint
    >>> law = ParityConstraint(n_sites=2, n_categories=2)
    >>> result = sample_divergence([[0, 0], [1, 1], [1, 0], [1, 1]], law)
    >>> result.violation_rate, result.excess
    (0.25, 0.0)
    """
    samples = check_labels(samples, "samples", law.n_categories)
    if samples.shape[1] != law.length or len(samples) < 2:
        raise ValueError(
            f"samples must have shape [n, {law.length}] with n at least 2, got "
            f"{list(samples.shape)}"
        )
    n_floor = check_integer(n_floor, "n_floor", 2)
    log_prob = law.log_prob(samples)
    possible = np.isfinite(log_prob)
    entropy = law.entropy() if entropy is None else entropy
    excess, error = _mean(-log_prob[possible])
    generator = np.random.default_rng(0) if generator is None else generator
    return SampleDivergence(
        violation_rate=float(1 - possible.mean()),
        excess=excess - entropy,
        excess_error=error,
        **_listed(samples, law, n_floor, generator),
        mode_error=_mode_error(samples[possible], law),
        **_copies(samples, law, training),
    )


def _mean(values):
    """Mean and its standard error; NaN where there are not enough values."""
    if len(values) < 2:
        return float(values[0]) if len(values) else math.nan, math.nan
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def _listed(samples, law, n_floor, generator):
    """What needs the probabilities of all sequences."""
    n_sequences, n = law.n_categories**law.length, len(samples)
    if n_sequences > _MAX_SEQUENCES:
        return {}
    law_probs = np.exp(law.all_log_probs())
    possible = np.flatnonzero(law_probs > 0)
    law_probs = law_probs[possible] / law_probs.sum()
    code = np.ravel_multi_index(samples.T, (law.n_categories,) * law.length)
    frequency = np.bincount(code, minlength=n_sequences)[possible] / n
    perfect = generator.multinomial
    floor = [_variation(perfect(n, law_probs) / n, law_probs) for _ in range(n_floor)]
    kl = {"kl": math.nan, "kl_error": math.nan}
    valid = round(n * frequency.sum())
    if valid:
        floor_kl = [
            kl_divergence(perfect(valid, law_probs) / valid, law_probs)
            for _ in range(n_floor)
        ]
        kl = _kl(frequency / frequency.sum(), law_probs, valid, np.array(floor_kl))
    # what is missing from the sum of the frequencies went to violations
    violations = 1 - frequency.sum()
    return {
        **kl,
        "total_variation": _variation(frequency, law_probs) + float(violations) / 2,
        "total_variation_floor": float(np.mean(floor)),
    }


def _kl(frequency, law_probs, n, floor):
    """Divergence above its floor, and its standard error."""
    kl = kl_divergence(frequency, law_probs)
    seen = frequency > 0
    log_ratio = np.log(frequency[seen] / law_probs[seen])
    # Delta method for samples of another law; near the law itself it vanishes, and
    # the spread of perfect samples remains.
    variance = np.sum(frequency[seen] * (log_ratio - kl) ** 2) / n
    variance = variance + floor.var(ddof=1) * (1 + 1 / len(floor))
    return {"kl": float(kl - floor.mean()), "kl_error": math.sqrt(variance)}


def _variation(frequency, law_probs):
    return float(np.abs(frequency - law_probs).sum() / 2)


def _mode_error(samples, law):
    """Modes are hidden: the frequency of one is its mean posterior probability."""
    if not hasattr(law, "log_mode_joint"):
        return None
    if len(samples) == 0:
        return math.nan
    log_joint = law.log_mode_joint(samples)
    joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    frequency = (joint / joint.sum(axis=1, keepdims=True)).mean(axis=0)
    return float(np.abs(frequency - law.mode_weights).sum() / 2)


def _copies(samples, law, training):
    """How many samples are copies, and how many of the law's own would be."""
    if training is None:
        return {}
    distinct = np.unique(check_labels(training, "training", law.n_categories), axis=0)
    return {
        "copy_rate": copy_fraction(samples, distinct),
        "expected_copy_rate": float(np.exp(law.log_prob(distinct)).sum()),
    }
