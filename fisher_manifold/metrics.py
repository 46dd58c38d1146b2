"""How far generated categorical data are from real data.

`labels` are integer arrays of shape [n, length] with categories 0 to
n_categories - 1. All divergences are in nats (natural logarithm), all total
variations are half an L1 distance, hence in [0, 1].

Every estimate from samples is biased upwards: two samples of the same law are
never equal. Compare a value with its floor, the same metric between two halves
of the real data of the same sizes.
"""

from dataclasses import dataclass

import numpy as np

from ._validation import check_integer, check_labels, check_two
from .copies import copy_fraction, nearest_neighbour_distance
from .divergences import (
    js_divergence,
    kl_divergence,
    kmer_divergence,
    kmer_spectrum,
)
from .features import ClassifierFeatures, frechet_distance
from .law_divergence import SampleDivergence, sample_divergence
from .predictors import load_predictor, predict, predicted_distances, profile_error

__all__ = [
    "ClassifierFeatures",
    "Interval",
    "SampleDivergence",
    "bootstrap_interval",
    "copy_fraction",
    "frechet_distance",
    "js_divergence",
    "kl_divergence",
    "kmer_divergence",
    "kmer_spectrum",
    "load_predictor",
    "marginal_error",
    "nearest_neighbour_distance",
    "pairwise_error",
    "predict",
    "predicted_distances",
    "profile_error",
    "sample_divergence",
    "site_marginals",
]


def site_marginals(labels, n_categories):
    """Return the relative frequencies of the categories at every site.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
    n_categories : int

    Returns
    -------
    marginals : array, shape=[length, n_categories]
    """
    n_categories = check_integer(n_categories, "n_categories", 1)
    labels = check_labels(labels, "labels", n_categories)
    counts = [np.bincount(site, minlength=n_categories) for site in _columns(labels)]
    return np.stack(counts) / len(labels)


def marginal_error(a, b, n_categories):
    """Return the mean over sites of the total variation of the site marginals.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
    b : array-like of int, shape=[m, length]
    n_categories : int

    Returns
    -------
    error : float
        0 to 1.
    """
    a, b = check_two(a, b, "a", "b", n_categories)
    gap = site_marginals(a, n_categories) - site_marginals(b, n_categories)
    return float(np.abs(gap).sum(axis=-1).mean() / 2)


def pairwise_error(a, b, n_categories, generator=None, n_pairs=2048):
    """Return the mean total variation of the joint laws of pairs of sites.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
    b : array-like of int, shape=[m, length]
    n_categories : int
    generator : numpy.random.Generator, optional
        Draws the pairs where there are too many; by default one seeded with 0, so
        that every call uses the same pairs.
    n_pairs : int, optional
        All length (length - 1) / 2 pairs are used up to this number (64 sites have
        2016), else this many different ones.

    Returns
    -------
    error : float
        0 to 1.
    """
    a, b = check_two(a, b, "a", "b", n_categories)
    check_integer(n_pairs, "n_pairs", 1)
    if a.shape[1] < 2:
        raise ValueError("pairs of sites need length >= 2, got length 1")
    columns_a, columns_b = _columns(a), _columns(b)
    total = 0.0
    first, second = _site_pairs(a.shape[1], n_pairs, generator)
    for i, j in zip(first, second, strict=True):
        law_a = _joint_law(columns_a[i], columns_a[j], n_categories)
        law_b = _joint_law(columns_b[i], columns_b[j], n_categories)
        total += np.abs(law_a - law_b).sum() / 2
    return float(total / len(first))


def _site_pairs(length, n_pairs, generator):
    """Return pairs i < j: index j (j - 1) / 2 + i counts them without gaps."""
    n_all = length * (length - 1) // 2
    if n_all <= n_pairs:
        index = np.arange(n_all)
    else:
        generator = np.random.default_rng(0) if generator is None else generator
        index = generator.choice(n_all, size=n_pairs, replace=False)
    second = ((1 + np.sqrt(1 + 8 * index)) // 2).astype(np.intp)
    return index - second * (second - 1) // 2, second


def _joint_law(first, second, n_categories):
    codes = first * n_categories + second
    return np.bincount(codes, minlength=n_categories**2) / len(codes)


def _columns(labels):
    return np.ascontiguousarray(labels.T, dtype=np.intp)


@dataclass(frozen=True)
class Interval:
    """A statistic of two samples with its sampling interval, low <= value <= high.

    Attributes
    ----------
    value : float
        The statistic of the samples as they are.
    low, high : float
        Ends of the interval.
    """

    value: float
    low: float
    high: float


def bootstrap_interval(statistic, a, b, n_resamples=200, level=0.95, generator=None):
    """Return a statistic of two samples with a bootstrap interval for its noise.

    The rows of a and of b are resampled with replacement, independently. Resampling
    adds sampling noise a second time, so resampled divergences lie above the value;
    their quantiles are therefore shifted until their median is the value. The
    interval says how far the value moves between data sets of these sizes; it does
    not remove the bias common to all of them, and may reach below 0.

    Parameters
    ----------
    statistic : callable
        statistic(a, b) -> float.
    a : array-like, shape=[n, ...]
    b : array-like, shape=[m, ...]
    n_resamples : int, optional
    level : float, optional
        Probability that the interval should hold, 0 < level < 1.
    generator : numpy.random.Generator, optional
        By default one seeded with 0.

    Returns
    -------
    interval : Interval
    """
    n_resamples = check_integer(n_resamples, "n_resamples", 1)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim == 0 or b.ndim == 0 or len(a) == 0 or len(b) == 0:
        raise ValueError(
            f"a and b must have rows, got shapes {list(a.shape)} and {list(b.shape)}"
        )
    generator = np.random.default_rng(0) if generator is None else generator
    value = float(statistic(a, b))
    resampled = [
        float(statistic(_resample(a, generator), _resample(b, generator)))
        for _ in range(n_resamples)
    ]
    tail = (1 - level) / 2
    low, median, high = np.quantile(resampled, [tail, 0.5, 1 - tail])
    return Interval(value, float(value + low - median), float(value + high - median))


def _resample(rows, generator):
    return rows[generator.integers(len(rows), size=len(rows))]
