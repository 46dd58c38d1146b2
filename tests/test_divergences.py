"""Divergences against mpmath, scipy and brute-force counts."""

import itertools
import math
from collections import Counter

import mpmath
import numpy as np
import pytest
import scipy.spatial.distance
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fisher_manifold.metrics import divergences

EPS = np.finfo(float).eps
LAWS = settings(derandomize=True, deadline=None, max_examples=100)


def distributions(n_categories):
    """Points of the simplex, with exact zeros and very small entries among them."""
    weights = st.one_of(
        st.just(0.0), st.floats(1e-6, 1.0), st.sampled_from([1e-300, 5e-324])
    )
    vectors = arrays(float, n_categories, elements=weights)
    return vectors.filter(lambda w: w.sum() > 1e-7).map(lambda w: w / w.sum())


def label_arrays(length, n_categories):
    shape = st.tuples(st.integers(1, 6), st.just(length))
    return arrays(np.int64, shape, elements=st.integers(0, n_categories - 1))


def rng(seed=0):
    return np.random.default_rng(seed)


# Kullback-Leibler and Jensen-Shannon divergences


@pytest.mark.parametrize("n_categories", [2, 4, 27])
def test_kl_and_js_agree_with_mpmath(n_categories):
    p, q = rng().dirichlet(np.full(n_categories, 0.5), size=(2, 5))
    for p_i, q_i, kl, js in zip(
        p,
        q,
        divergences.kl_divergence(p, q),
        divergences.js_divergence(p, q),
        strict=True,
    ):
        x, y = [mpmath.mpf(v) for v in p_i], [mpmath.mpf(v) for v in q_i]
        m = [(a + b) / 2 for a, b in zip(x, y, strict=True)]
        exact_kl = mpmath_kl(x, y)
        exact_js = (mpmath_kl(x, m) + mpmath_kl(y, m)) / 2
        assert kl == pytest.approx(float(exact_kl), rel=1e3 * EPS)
        assert js == pytest.approx(float(exact_js), rel=1e3 * EPS)


def mpmath_kl(p, q):
    with mpmath.workdps(40):
        return sum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a)


def test_kl_with_zeros_is_exact():
    assert divergences.kl_divergence([1.0, 0.0], [0.5, 0.5]) == math.log(2)
    assert divergences.kl_divergence([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert divergences.kl_divergence([1.0, 0.0], [1.0, 0.0]) == 0
    assert divergences.kl_divergence([0.0, 1.0], [1.0, 0.0]) == math.inf


def test_divergences_broadcast_over_leading_axes():
    p, q = rng().dirichlet(np.ones(3), size=(2, 1)), rng(1).dirichlet(np.ones(3), 4)
    for divergence in (divergences.kl_divergence, divergences.js_divergence):
        value = divergence(p, q)
        assert value.shape == (2, 4)
        assert value[1, 2] == divergence(p[1, 0], q[2])


@LAWS
@given(distributions(5), distributions(5))
def test_laws_of_the_divergences(p, q):
    kl, js = divergences.kl_divergence(p, q), divergences.js_divergence(p, q)
    assert kl >= 0
    assert (kl == math.inf) or np.isfinite(kl)
    assert 0 <= js <= math.log(2)
    assert js == divergences.js_divergence(q, p)
    assert divergences.kl_divergence(p, p) == divergences.js_divergence(p, p) == 0
    total_variation = np.abs(p - q).sum() / 2
    # Pinsker, and its Jensen-Shannon form: zero only where the two are equal.
    assert kl >= 2 * total_variation**2 - 10 * EPS
    assert js >= total_variation**2 / 2 - 10 * EPS
    assert js <= total_variation * math.log(2) + 10 * EPS


@LAWS
@given(
    arrays(float, 5, elements=st.floats(1e-3, 1)),
    arrays(float, 5, elements=st.floats(1e-3, 1)),
)
def test_js_is_the_square_of_scipys_distance(p, q):
    p, q = p / p.sum(), q / q.sum()
    distance = scipy.spatial.distance.jensenshannon(p, q)
    # scipy squares a root of a sum with rounding of a few eps.
    if np.isfinite(distance):
        value = divergences.js_divergence(p, q)
        assert value == pytest.approx(distance**2, abs=20 * EPS)


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-300])
def test_subnormal_probabilities_give_finite_divergences(tiny):
    p, q = np.array([1.0, tiny]), np.array([1.0, 0.0])
    assert divergences.js_divergence(p, q) <= 1e-299
    assert divergences.kl_divergence(q, p) == 0
    assert divergences.kl_divergence(p, q) == math.inf


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([0.5, 0.6], "sum to 1"),
        ([1.5, -0.5], r"p\[1\] = -0.5"),
        ([np.nan, 1.0], r"p\[0\] = nan"),
        ([3, 7], "divide counts"),
        (1.0, "non-empty"),
        ([0.2, 0.3, 0.5], "same number of categories"),
    ],
)
@pytest.mark.parametrize("name", ["kl_divergence", "js_divergence"])
def test_divergences_refuse_what_is_no_distribution(name, p, message):
    with pytest.raises(ValueError, match=message):
        getattr(divergences, name)(p, [0.5, 0.5])


# k-mer spectra


@LAWS
@given(label_arrays(5, 3), st.integers(1, 5))
def test_kmer_spectrum_counts_windows(labels, k):
    windows = [tuple(r[i : i + k].tolist()) for r in labels for i in range(5 - k + 1)]
    counts = Counter(windows)
    kmers = itertools.product(range(3), repeat=k)
    expected = np.array([counts[kmer] for kmer in kmers]) / len(windows)
    spectrum = divergences.kmer_spectrum(labels, k, 3)
    np.testing.assert_array_equal(spectrum, expected)


def test_kmer_spectrum_does_not_depend_on_the_blocks_or_the_dtype(monkeypatch):
    labels = rng().integers(0, 4, size=(37, 11))
    whole = divergences.kmer_spectrum(labels, 3, 4)
    monkeypatch.setattr("fisher_manifold.metrics.divergences._BLOCK", 16)
    for dtype in (np.int8, np.uint8, np.int32, np.uint64):
        spectrum = divergences.kmer_spectrum(labels.astype(dtype), 3, 4)
        np.testing.assert_array_equal(spectrum, whole)


def test_kmer_divergence_is_js_of_spectra():
    a, b = [[0, 0, 1]], [[0, 1, 0, 1]]
    # 2-mers: a has 00, 01 once each; b has 01 twice and 10 once.
    p, q = np.array([1 / 2, 1 / 2, 0, 0]), np.array([0, 2 / 3, 1 / 3, 0])
    expected = scipy.spatial.distance.jensenshannon(p, q) ** 2
    assert divergences.kmer_divergence(a, b, 2, 2) == pytest.approx(
        expected, rel=10 * EPS
    )
    assert divergences.kmer_divergence([[0, 0]], [[1, 1]], 1, 2) == math.log(2)


@pytest.mark.parametrize("k", [1, 3, 5])  # 5 has more k-mers than there are windows
def test_kmer_divergence_counts_what_was_seen(k):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, (20, 12)), rng.integers(0, 3, (30, 9))
    spectra = (divergences.kmer_spectrum(labels, k, 6) for labels in (a, b))
    expected = divergences.js_divergence(*spectra)
    found = divergences.kmer_divergence(a, b, k, 6)
    assert found == pytest.approx(float(expected), rel=100 * EPS)


@pytest.mark.parametrize(
    ("labels", "k", "n_categories", "message"),
    [
        ([[0, 4]], 1, 4, r"labels\[0, 1\] = 4 is not a category"),
        ([[0, 1], [-1, 1]], 1, 4, r"labels\[1, 0\] = -1"),
        ([[0.0, 1.0]], 1, 4, "integer categories, got dtype float64"),
        ([[True, False]], 1, 4, "dtype bool"),
        ([0, 1], 1, 4, r"shape \[n, length\]"),
        (np.zeros((0, 3), int), 1, 4, "non-empty"),
        ([[0, 1]], 3, 4, "longer than the rows, 2 sites"),
        ([[0, 1]], 0, 4, "k must be at least 1"),
        ([[0] * 9], 6, 27, "use k <= 5"),
    ],
)
def test_kmer_spectrum_refuses(labels, k, n_categories, message):
    with pytest.raises(ValueError, match=message):
        divergences.kmer_spectrum(labels, k, n_categories)


def test_counts_must_be_integers():
    with pytest.raises(TypeError, match="k must be an integer, got float"):
        divergences.kmer_spectrum([[0, 1]], 1.5, 2)
