"""Metrics of samples against brute force and closed forms."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fisher_manifold import metrics
from fisher_manifold.metrics import composition

EPS = np.finfo(float).eps
LAWS = settings(derandomize=True, deadline=None, max_examples=100)


def label_arrays(length, n_categories):
    shape = st.tuples(st.integers(1, 6), st.just(length))
    return arrays(np.int64, shape, elements=st.integers(0, n_categories - 1))


def rng(seed=0):
    return np.random.default_rng(seed)


# Site and pair laws


def test_site_marginals_by_hand():
    labels = [[0, 2], [0, 1], [1, 1], [0, 1]]
    expected = [[3 / 4, 1 / 4, 0], [0, 3 / 4, 1 / 4]]
    np.testing.assert_array_equal(metrics.site_marginals(labels, 3), expected)
    error = metrics.marginal_error(labels, [[0, 0], [0, 2]], 3)
    assert error == pytest.approx((1 / 4 + 3 / 4) / 2, rel=4 * EPS)


def brute_pairwise_error(a, b):
    errors = []
    for i, j in itertools.combinations(range(a.shape[1]), 2):
        count_a = Counter(zip(a[:, i].tolist(), a[:, j].tolist(), strict=True))
        count_b = Counter(zip(b[:, i].tolist(), b[:, j].tolist(), strict=True))
        cells = set(count_a) | set(count_b)
        gaps = [abs(count_a[c] / len(a) - count_b[c] / len(b)) for c in cells]
        errors.append(sum(gaps) / 2)
    return np.array(errors)


@LAWS
@given(label_arrays(4, 3), label_arrays(4, 3))
def test_laws_of_the_marginal_and_pairwise_errors(a, b):
    marginal, pairwise = (
        metrics.marginal_error(a, b, 3),
        metrics.pairwise_error(a, b, 3),
    )
    assert pairwise == pytest.approx(brute_pairwise_error(a, b).mean(), abs=20 * EPS)
    assert 0 <= marginal <= pairwise + 20 * EPS
    assert pairwise <= 1 + 20 * EPS
    assert metrics.pairwise_error(b, a, 3) == pairwise
    assert metrics.marginal_error(b, a, 3) == marginal
    assert metrics.pairwise_error(a, a, 3) == metrics.marginal_error(a, a, 3) == 0


def test_pairwise_error_sees_what_marginals_do_not():
    a, b = [[0, 0], [1, 1]], [[0, 1], [1, 0]]
    assert metrics.marginal_error(a, b, 2) == 0
    assert metrics.pairwise_error(a, b, 2) == 1


def test_random_pairs_are_different_seeded_and_unbiased():
    a, b = rng(1).integers(0, 3, (30, 12)), rng(2).integers(0, 3, (20, 12))
    errors = brute_pairwise_error(a, b)
    every = metrics.pairwise_error(a, b, 3, n_pairs=66)
    assert every == pytest.approx(errors.mean(), abs=20 * EPS)
    # 65 of 66 different pairs: the mean can be off by one pair's share only.
    nearly = metrics.pairwise_error(a, b, 3, n_pairs=65)
    missing = errors.sum() - 65 * nearly
    assert np.abs(errors - missing).min() < 1e-12
    some = [metrics.pairwise_error(a, b, 3, rng(5), n_pairs=7) for _ in range(2)]
    assert some[0] == some[1] != metrics.pairwise_error(a, b, 3, rng(6), n_pairs=7)
    default = [metrics.pairwise_error(a, b, 3, n_pairs=7) for _ in range(2)]
    assert default[0] == default[1]


@pytest.mark.parametrize("length", [2, 3, 10, 200])
def test_pairs_of_sites_are_numbered_without_gaps(length):
    first, second = composition._site_pairs(length, 10**9, None)
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    assert pairs == set(itertools.combinations(range(length), 2))
    assert len(first) == len(pairs)


def test_label_sets_must_fit_together():
    with pytest.raises(ValueError, match="same number of sites, got 2 and 3"):
        metrics.marginal_error([[0, 1]], [[0, 1, 1]], 2)
    with pytest.raises(ValueError, match="length >= 2"):
        metrics.pairwise_error([[0]], [[1]], 2)
    with pytest.raises(ValueError, match=r"b\[0, 0\] = 2"):
        metrics.pairwise_error([[0, 1]], [[2, 1]], 2)
    with pytest.raises(ValueError, match="n_pairs must be at least 1"):
        metrics.pairwise_error([[0, 1]], [[1, 1]], 2, n_pairs=0)


# Copies


@LAWS
@given(label_arrays(5, 3), label_arrays(5, 3))
def test_nearest_neighbours_by_brute_force(samples, reference):
    expected = (samples[:, None] != reference).sum(-1).min(1)
    distance = metrics.nearest_neighbour_distance(samples, reference)
    np.testing.assert_array_equal(distance, expected)
    for tolerance in range(3):
        fraction = metrics.copy_fraction(samples, reference, tolerance)
        assert fraction == (expected <= tolerance).mean()


@pytest.mark.parametrize(("length", "n_categories"), [(3, 2), (300, 400), (70_000, 2)])
def test_nearest_neighbours_across_tiles_and_dtypes(length, n_categories):
    n, m = (130, 4200) if length == 3 else (3, 4)
    samples = rng(1).integers(0, n_categories, (n, length))
    reference = rng(2).integers(0, n_categories, (m, length)).astype(np.int32)
    expected = scipy.spatial.distance.cdist(samples, reference, "hamming") * length
    distance = metrics.nearest_neighbour_distance(samples, reference)
    np.testing.assert_array_equal(distance, expected.min(axis=1).round())


def test_copies_do_not_depend_on_the_dtype():
    samples = np.array([[0, 1], [1, 1]], dtype=np.uint8)
    assert metrics.copy_fraction(samples, np.array([[0, 1]], dtype=np.int64)) == 0.5
    with pytest.raises(ValueError, match="tolerance must be at least 0"):
        metrics.copy_fraction(samples, samples, tolerance=-1)
    with pytest.raises(ValueError, match=r"samples\[0, 0\] = -1"):
        metrics.nearest_neighbour_distance([[-1, 0]], samples)


# Bootstrap


def mean_gap(a, b):
    return a.mean() - b.mean()


def test_bootstrap_of_a_difference_of_means_has_its_normal_width():
    a, b = rng(1).normal(size=400), rng(2).normal(1, 2, size=300)
    interval = metrics.bootstrap_interval(
        mean_gap, a, b, n_resamples=2000, level=0.9, generator=rng(3)
    )
    width = 2 * scipy.stats.norm.ppf(0.95) * math.sqrt(a.var() / 400 + b.var() / 300)
    assert interval.value == a.mean() - b.mean()
    # Quantiles of 2000 draws: relative standard error about 3 %.
    assert interval.high - interval.low == pytest.approx(width, rel=0.12)


def test_bootstrap_is_seeded_and_holds_the_value():
    a, b = rng(1).integers(0, 3, (50, 4)), rng(2).integers(0, 3, (40, 4))

    def statistic(x, y):
        return metrics.marginal_error(x, y, 3)

    first, again = (
        metrics.bootstrap_interval(statistic, a, b, generator=rng(7)) for _ in "ab"
    )
    assert first == again == metrics.Interval(first.value, first.low, first.high)
    assert first.low < first.value == statistic(a, b) < first.high
    narrow = metrics.bootstrap_interval(statistic, a, b, level=0.5, generator=rng(7))
    assert first.low < narrow.low < narrow.high < first.high
    with pytest.raises(AttributeError):
        first.value = 0.0


def test_bootstrap_refuses():
    for level in (0, 1, np.nan):
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            metrics.bootstrap_interval(mean_gap, [1.0], [2.0], level=level)
    with pytest.raises(ValueError, match="must have rows"):
        metrics.bootstrap_interval(mean_gap, [], [2.0])
    with pytest.raises(ValueError, match="n_resamples must be at least 1"):
        metrics.bootstrap_interval(mean_gap, [1.0], [2.0], n_resamples=0)
