"""Generated sequences beside their floor, a Markov chain and noise."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import stats

from .. import metrics
from ..data import MarkovChain

_N_RESAMPLES = 50
_PREDICTED = {
    "SP-MSE": ("profile", metrics.profile_error),
    "FBD": ("embedding", metrics.frechet_distance),
}


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

    def map(self, function):
        """Sets of what a function makes of each."""
        return Sets(*map(function, (self.model, self.floor, self.markov, self.noise)))


@dataclass(frozen=True)
class Result:
    """A metric of the four sets, with a 95 % interval of the model's where cheap.

    `ceiling` is what 5 % of the sets of real sequences of this size exceed, and `floor`
    their mean; of shares and predictors it is that of one set, whose noise is known.
    """

    name: str
    model: float
    floor: float
    markov: float
    noise: float
    low: float | None = None
    high: float | None = None
    ceiling: float | None = None


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
    """Measure how far the sets are from the test part, and whether they are copies.

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
    results = []
    for k in ks:

        def kmers(a, b, k=k):
            return metrics.kmer_divergence(a, b, k, n_categories)

        name = f"{k}-mers, Jensen-Shannon"
        results.append(distance(name, kmers, sets, test, train, rng))

    def marginals(a, b):
        return metrics.marginal_error(a, b, n_categories)

    name = "site marginals, total variation"
    results.append(distance(name, marginals, sets, test, train, rng))
    shares = with_real(sets, test, rng).map(
        lambda labels: metrics.copy_fraction(labels, train)
    )
    name = "copies of training sequences, share"
    results.append(share(name, shares, len(sets.model)))
    return results


def distance(name, statistic, sets, test, train, rng, features=None):
    """Measure one distance of the four sets from the test part.

    Parameters
    ----------
    name : str
        What the report calls it.
    statistic : callable
        Distance of two sets of rows.
    sets : Sets
        Generated sequences and their references.
    test, train : int array, shape=[..., length]
        Labels.
    rng : numpy.random.Generator
        Source of randomness.
    features : callable, optional
        Rows that the distance takes, of labels; computed once for each set.

    Returns
    -------
    result : Result
        Values.
    """
    features = features or np.asarray
    real = features(test)
    others = (
        float(statistic(features(rows), real)) for rows in (sets.markov, sets.noise)
    )
    found = metrics.compare_with_real(
        statistic,
        features(sets.model),
        real,
        features(train),
        _N_RESAMPLES,
        generator=rng,
    )
    ends = found.low, found.high, found.ceiling
    return Result(name, found.value, found.floor, *others, *ends)


def with_real(sets, test, rng):
    """Sets with test sequences as floor: how often real ones are copies of others."""
    return replace(sets, floor=test[choose(len(test), len(sets.model), rng)])


def share(name, shares, n):
    """Result for shares of rows, with what is known of a count of so many rows.

    Parameters
    ----------
    name : str
        What the report calls it.
    shares : Sets of float
        Shares of the rows of each set; `floor` is that of real ones.
    n : int
        Number of rows of each set.

    Returns
    -------
    result : Result
        With the interval of Clopper and Pearson, and as ceiling a quantile of what to
        expect of n other real rows: beta-binomial, from Jeffreys' prior.
    """
    real = round(shares.floor * n)
    ceiling = float(stats.betabinom.ppf(0.95, n, real + 0.5, n - real + 0.5)) / n
    values = (shares.model, shares.floor, shares.markov, shares.noise)
    return Result(name, *values, *share_interval(round(shares.model * n), n), ceiling)


def share_interval(count, n):
    """Interval of 95 % of a share, which is not empty where none or all count.

    Parameters
    ----------
    count, n : int
        Rows that count, and all.

    Returns
    -------
    low, high : float
        Of Clopper and Pearson.
    """
    ends = stats.binomtest(count, n).proportion_ci(0.95, method="exact")
    return float(ends.low), float(ends.high)


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

        def kmers(a, b):
            return metrics.kmer_divergence(a, b, k, n_categories)

        results.append(distance(name, kmers, sets, real, known, rng))
    return results


def compare_predicted(name, sets, real, predict, rng):
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
    rng : numpy.random.Generator
        Source of randomness of the intervals.

    Returns
    -------
    results : list of Result
        Metrics.  Interval and ceiling resample the rows, of a set and `real` together.
    """
    reference, outputs = predict(real), sets.map(predict)
    results = []
    for kind, (key, function) in _PREDICTED.items():
        if key not in reference:
            continue

        def statistic(rows, output, key=key, function=function):
            return function(output[key][rows], reference[key][rows])

        rows, resampled = np.arange(len(real)), []
        for output, level in ((outputs.model, 0.95), (outputs.floor, 0.9)):
            of_rows = partial(statistic, output=output)
            resampled.append(
                metrics.bootstrap_interval(
                    of_rows, rows, None, _N_RESAMPLES, level, rng
                )
            )
        model, floor = resampled
        others = (statistic(rows, x) for x in (outputs.markov, outputs.noise))
        ends = (max(0.0, end) for end in (model.low, model.high, floor.high))
        values = model.value, floor.value, *others
        results.append(Result(f"{kind} by {name}", *values, *ends))
    return results


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
