"""The noise of a metric: bootstrap intervals, and what real data reach by chance."""

from dataclasses import dataclass

import numpy as np

from .._validation import check_integer

__all__ = ["Comparison", "Interval", "bootstrap_interval", "compare_with_real"]


@dataclass(frozen=True)
class Interval:
    """A statistic of samples with its sampling interval, low <= value <= high.

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


@dataclass(frozen=True)
class Comparison:
    """A distance of samples from real data, beside what real data reach.

    Attributes
    ----------
    value : float
        Distance of the samples.
    low, high : float
        Ends of its bootstrap interval.
    floor : float
        Mean distance of real data of the size of the samples: a perfect model's.
    ceiling : float
        What only a share 1 - level of the sets of real data exceed.  A value below it
        cannot be told from real data; one above it can.
    """

    value: float
    low: float
    high: float
    floor: float
    ceiling: float


def bootstrap_interval(
    statistic, a, b=None, n_resamples=200, level=0.95, generator=None
):
    """Return a statistic of one or two samples with a bootstrap interval for its noise.

    The rows of a and of b are resampled with replacement, independently. Resampling
    adds sampling noise a second time, so resampled divergences lie above the value;
    their quantiles are therefore shifted until their median is the value. The
    interval says how far the value moves between data sets of these sizes; it does
    not remove the bias common to all of them, and may reach below 0.

    Parameters
    ----------
    statistic : callable
        statistic(a, b) -> float, or statistic(a) -> float where there is no b.
    a : array-like, shape=[n, ...]
        Rows of the first sample.
    b : array-like, shape=[m, ...], optional
        Rows of the second.
    n_resamples : int, optional
        Resamples of the interval.
    level : float, optional
        Probability that the interval should hold, 0 < level < 1.
    generator : numpy.random.Generator, optional
        By default one seeded with 0.

    Returns
    -------
    interval : Interval

    Raises
    ------
    ValueError
        If a or b has no rows, or the level is not between 0 and 1.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman and
       Hall 1993, chapter 13.

    Examples
    --------
    >>> bootstrap_interval(np.mean, [1.0, 1.0, 1.0])
    Interval(value=1.0, low=1.0, high=1.0)
    """
    n_resamples, level = _check_noise(n_resamples, level)
    sets = [np.asarray(a)] if b is None else [np.asarray(a), np.asarray(b)]
    if any(rows.ndim == 0 or len(rows) == 0 for rows in sets):
        shapes = " and ".join(str(list(rows.shape)) for rows in sets)
        raise ValueError(f"a and b must have rows, got shapes {shapes}")
    generator = np.random.default_rng(0) if generator is None else generator
    value = float(statistic(*sets))
    resampled = [
        float(statistic(*(_resample(rows, generator) for rows in sets)))
        for _ in range(n_resamples)
    ]
    tail = (1 - level) / 2
    low, median, high = np.quantile(resampled, [tail, 0.5, 1 - tail])
    return Interval(value, float(value + low - median), float(value + high - median))


def compare_with_real(
    statistic, samples, reference, real, n_resamples=50, level=0.95, generator=None
):
    """Return a distance of samples from real data with floor, ceiling and interval.

    The floor and the ceiling are the mean and a quantile of the same distance for sets
    of real data, as many rows as the samples, drawn without replacement as long as
    there are enough.

    Parameters
    ----------
    statistic : callable
        statistic(a, b) -> float, a distance, 0 at best.
    samples : array-like, shape=[n, ...]
        Generated rows: sequences, or what the distance takes of them.
    reference : array-like, shape=[m, ...]
        Real rows, usually the test set.
    real : array-like, shape=[k, ...]
        Other real rows, usually the training set.
    n_resamples : int, optional
        Resamples of the interval, and sets of the floor.
    level : float, optional
        Of the interval and of the ceiling, 0 < level < 1.
    generator : numpy.random.Generator, optional
        By default one seeded with 0.

    Returns
    -------
    comparison : Comparison
        The ends of the interval are not below 0.

    Raises
    ------
    ValueError
        If a set has no rows, or the level is not between 0 and 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, test = rng.normal(size=(2, 500))
    >>> def gap(a, b):
    ...     return abs(a.mean() - b.mean())
    >>> found = compare_with_real(gap, real[:100] + 2.0, test, real)
    >>> found.floor < found.ceiling < found.low < found.value < found.high
    True
    """
    n_resamples, level = _check_noise(n_resamples, level)
    samples, reference, real = map(np.asarray, (samples, reference, real))
    generator = np.random.default_rng(0) if generator is None else generator
    interval = bootstrap_interval(
        statistic, samples, reference, n_resamples, level, generator
    )
    if real.ndim == 0 or len(real) == 0:
        raise ValueError(f"real must have rows, got shape {list(real.shape)}")
    n, replace = len(samples), len(samples) > len(real)
    reached = [
        float(statistic(real[generator.choice(len(real), n, replace)], reference))
        for _ in range(n_resamples)
    ]
    return Comparison(
        interval.value,
        max(0.0, interval.low),
        max(0.0, interval.high),
        float(np.mean(reached)),
        float(np.quantile(reached, level)),
    )


def _check_noise(n_resamples, level):
    n_resamples = check_integer(n_resamples, "n_resamples", 1)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return n_resamples, level


def _resample(rows, generator):
    return rows[generator.integers(len(rows), size=len(rows))]
