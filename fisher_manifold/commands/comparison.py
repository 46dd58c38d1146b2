"""Generated sequences beside their floor, a Markov chain and noise."""

from dataclasses import dataclass

import numpy as np

from .. import metrics
from ..data import MarkovChain

NEAR = 0.1
"""Share of the sites at which a near copy may differ."""

_N_NEAR = 500
_N_RESAMPLES = 50
_MOST_KMERS_RESAMPLED = 100_000


@dataclass(frozen=True, eq=False)
class Sets:
    """Labels [n, length] of generated sequences and of what they are measured by.

    Attributes
    ----------
    model, floor, markov, noise : int array, shape=[n, length]
        Of the model; of the training set; of an order-1 Markov chain fitted on it;
        uniform.
    """

    model: np.ndarray
    floor: np.ndarray
    markov: np.ndarray
    noise: np.ndarray


@dataclass(frozen=True)
class Result:
    """A metric of the four sets, with a 95 % interval of the model's where cheap."""

    name: str
    model: float
    floor: float
    markov: float
    noise: float
    low: float | None = None
    high: float | None = None


def choose(n_rows, n, rng):
    """Rows drawn without replacement as long as there are enough."""
    return rng.choice(n_rows, n, replace=n > n_rows)


def make_sets(samples, train, n_categories, rng):
    """Make sets of the size of the samples.

    Parameters
    ----------
    samples, train : int array, shape=[n, length], [m, length]
        Labels.
    n_categories : int
        Number of categories.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    sets : Sets
        Labels.
    """
    n = len(samples)
    return Sets(
        samples,
        train[choose(len(train), n, rng)],
        MarkovChain.fit(train, n_categories).sample(n, rng),
        rng.integers(0, n_categories, samples.shape),
    )


def compare(sets, test, train, n_categories, ks, rng):
    """Measure how far the sets are from the test part.

    Parameters
    ----------
    sets : Sets
        Generated sequences and their references.
    test, train : int array, shape=[..., length]
        Labels.
    n_categories : int
        Number of categories.
    ks : list of int
        Lengths of the k-mers.
    rng : numpy.random.Generator
        Source of randomness of the intervals.

    Returns
    -------
    results : list of Result
        Metrics.
    """
    results = [_compare_kmers(sets, test, k, n_categories, rng) for k in ks]
    results.append(
        _measure(
            "site marginals, total variation",
            lambda labels: metrics.marginal_error(labels, test, n_categories),
            sets,
        )
    )
    return results + _compare_copies(sets, test, train, rng)


def _compare_copies(sets, test, train, rng):
    """Shares of copies; normal is how often real sequences repeat themselves."""
    rows = choose(len(test), len(sets.model), rng)
    sets = Sets(sets.model, test[rows], sets.markov, sets.noise)
    tolerance = int(NEAR * test.shape[1])
    return [
        _measure(
            "copies of training sequences, share",
            lambda labels: metrics.copy_fraction(labels, train),
            sets,
        ),
        _measure(
            f"near copies (at most {tolerance} letters differ), share",
            lambda labels: metrics.copy_fraction(labels[:_N_NEAR], train, tolerance),
            sets,
        ),
    ]


def _measure(name, metric, sets, interval=(None, None)):
    values = (sets.model, sets.floor, sets.markov, sets.noise)
    return Result(name, *map(metric, values), *interval)


def _compare_kmers(sets, test, k, n_categories, rng):
    def metric(a, b=test):
        return metrics.kmer_divergence(a, b, k, n_categories)

    interval = (None, None)
    if n_categories**k <= _MOST_KMERS_RESAMPLED:
        found = metrics.bootstrap_interval(
            metric, sets.model, test, _N_RESAMPLES, generator=rng
        )
        interval = (max(0.0, found.low), found.high)
    return _measure(f"{k}-mers, Jensen-Shannon", metric, sets, interval)


def compare_classes(samples, test, train, classes, k, n_categories, rng):
    """Measure the k-mers of each class.

    Parameters
    ----------
    samples, test, train : pair of int arrays, shapes [n, length] and [n]
        Labels and class labels.
    classes : list of str
        Names of the classes.
    k : int
        Length of the k-mers.
    n_categories : int
        Number of categories.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    results : list of Result
        One for each class that all three have; the Markov chain is fitted on it.
    """
    results = []
    for i, name in enumerate(classes):
        own, real, known = (
            labels[class_labels == i] for labels, class_labels in (samples, test, train)
        )
        if min(len(own), len(real), len(known)) == 0:
            continue
        sets = make_sets(own, known, n_categories, rng)

        def metric(labels, real=real):
            return metrics.kmer_divergence(labels, real, k, n_categories)

        results.append(_measure(name, metric, sets))
    return results


def compare_predicted(name, sets, real, predict):
    """Measure SP-MSE and FBD by a predictor.

    Parameters
    ----------
    name : str
        Name of the predictor.
    sets : Sets
        Sequences, each for the condition of the real sequence in its row.
    real : int array, shape=[n, length]
        Real sequences.
    predict : callable
        Outputs of the predictor for labels.

    Returns
    -------
    results : list of Result
        Metrics.
    """
    reference = predict(real)
    columns = [
        metrics.predicted_distances(predict(labels), reference)
        for labels in (sets.model, sets.floor, sets.markov, sets.noise)
    ]
    return [
        Result(f"{kind} by {name}", *(column[kind] for column in columns))
        for kind in columns[0]
    ]


def choose_alike(classes, known, rng):
    """Rows of training sequences, each of the class asked for.

    Parameters
    ----------
    classes : int array, shape=[n]
        Classes asked for.
    known : int array, shape=[m]
        Classes of the training sequences.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    rows : int array, shape=[n]
        Rows; of any class where there is no training sequence of its own.
    """
    rows = rng.integers(0, len(known), len(classes))
    for one in np.unique(classes):
        alike, wanted = np.flatnonzero(known == one), classes == one
        if len(alike):
            rows[wanted] = alike[choose(len(alike), int(wanted.sum()), rng)]
    return rows


def verdict(result):
    """Say in words whether the model is closer than the Markov chain."""
    if result.model == 0 or result.markov == 0:
        return f"{result.name}: model {result.model:.3g}, Markov {result.markov:.3g}"
    ratio = result.markov / result.model
    if result.high is not None and result.low <= result.markov <= result.high:
        text = "about as far from the test set as"
    elif ratio > 1:
        text = f"{ratio:.3g} times closer to the test set than"
    else:
        text = f"{1 / ratio:.3g} times farther from the test set than"
    return f"{result.name}: {text} the Markov chain"
