"""Composition, motifs, diversity and floors, against scipy, Biopython, brute force."""

import math
import re

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from Bio.SeqUtils import gc_fraction, nt_search
from hypothesis import given, settings
from hypothesis import strategies as st

from fisher_manifold import metrics

LETTERS = "ACGT"
LAWS = settings(derandomize=True, deadline=None, max_examples=60)


def rng(seed=0):
    return np.random.default_rng(seed)


def labels_of(*sequences, alphabet=LETTERS):
    return np.array([[alphabet.index(letter) for letter in s] for s in sequences])


def words_of(labels):
    return ["".join(LETTERS[i] for i in row) for row in labels]


dna = st.integers(0, 2**32 - 1).map(lambda seed: rng(seed).integers(0, 4, (5, 30)))


# Position weights


@LAWS
@given(dna, dna)
def test_position_divergence_is_the_squared_distance_of_scipy(a, b):
    found = metrics.position_divergence(a, b, 4)
    weights = [metrics.site_marginals(labels, 4) for labels in (a, b)]
    expected = scipy.spatial.distance.jensenshannon(*weights, axis=1) ** 2
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(metrics.position_divergence(b, a, 4), found)
    np.testing.assert_array_equal(metrics.position_divergence(a, a, 4), 0)
    window = metrics.position_divergence(a, b, 4, sites=slice(3, 9))
    np.testing.assert_array_equal(window, found[3:9])
    chosen = metrics.position_divergence(a, b, 4, sites=[7, 2])
    np.testing.assert_array_equal(chosen, found[[7, 2]])


def test_position_divergence_sees_the_site_that_differs():
    a = rng().integers(0, 4, (4000, 10))
    b = rng(1).integers(0, 4, (4000, 10))
    b[:, 6] = 2
    found = metrics.position_divergence(a, b, 4)
    law = np.array([1 / 4] * 4), np.array([0, 0, 1, 0])
    assert found.argmax() == 6
    assert found[6] == pytest.approx(metrics.js_divergence(*law), abs=0.01)
    assert np.delete(found, 6).max() < 0.003


@pytest.mark.parametrize(
    ("sites", "expected"),
    [(slice(3, 3), "choose one or more"), (3, "slice, or a list"), ([9], "within")],
)
def test_windows_that_are_none(sites, expected):
    with pytest.raises(ValueError, match=expected):
        metrics.position_divergence([[0, 1, 1, 0]], [[0, 1, 1, 0]], 2, sites)


def test_windows_around_a_start_site():
    assert metrics.start_window(249, 40, -20, 300) == slice(209, 230)
    assert metrics.start_window(249, 50, 50, 300) == slice(199, 300)
    assert metrics.start_window(10, 40, 9, 60) == slice(0, 20)
    for start, before, after in [(60, 5, 5), (10, 40, -20), (49, 5, -9)]:
        with pytest.raises(ValueError, match="expected a start site within"):
            metrics.start_window(start, before, after, 60)
    with pytest.raises(ValueError, match="start_site must be at least 0"):
        metrics.start_window(-1, 5, 5, 60)


# GC content


@LAWS
@given(dna)
def test_gc_content_is_that_of_biopython(labels):
    expected = [gc_fraction(word) for word in words_of(labels)]
    np.testing.assert_allclose(metrics.gc_content(labels), expected, rtol=1e-15)


def test_gc_content_does_not_count_padding():
    labels = labels_of("GA--", "TTTC", "AC-G", alphabet="TC-GA")
    np.testing.assert_allclose(
        metrics.gc_content(labels, "TC-GA"), [1 / 2, 1 / 4, 2 / 3], rtol=1e-15
    )
    with pytest.raises(ValueError, match=r"labels\[1\] has no A, C, G or T"):
        metrics.gc_content(labels_of("A-", "--", alphabet="ACGT-"), "ACGT-")
    with pytest.raises(ValueError, match="an alphabet with A, C, G and T, got 'ab'"):
        metrics.gc_content([[0, 1]], "ab")


def test_gc_distance_is_the_area_between_distribution_functions():
    a, b = rng().integers(0, 4, (30, 20)), rng(1).integers(0, 3, (50, 20))
    shares = metrics.gc_content(a), metrics.gc_content(b)
    # Multiples of 1/20: the functions are constant in between.
    grid = (np.arange(20) + 0.5) / 20
    cdf = [(share[:, None] <= grid).mean(axis=0) for share in shares]
    expected = np.abs(cdf[0] - cdf[1]).sum() / 20
    assert metrics.gc_distance(a, b) == pytest.approx(expected, rel=1e-12)
    narrow = labels_of(*["ACGT"] * 2)
    wide = labels_of("AATT", "GGCC")
    assert metrics.gc_content(narrow).mean() == metrics.gc_content(wide).mean()
    assert metrics.gc_distance(narrow, wide) == 1 / 2


# Motifs


@pytest.mark.parametrize("motif", ["TATAWAWR", "TATA", "NB", "AAA", "W", "YR"])
def test_hits_are_those_of_biopython(motif):
    labels = rng().choice(4, (60, 40), p=[0.45, 0.05, 0.05, 0.45])
    hits = metrics.motif_hits(labels, motif)
    assert hits.shape == (60, 40 - len(motif) + 1) and hits.any()
    for row, word in zip(hits, words_of(labels), strict=True):
        assert np.flatnonzero(row).tolist() == nt_search(word, motif)[1:]


def test_positions_are_first_hits_in_the_window():
    words = "CTATAAAAGCTATATATA", "C" * 18, "CCCCCCCCTATAAATAGC"
    labels = labels_of(*words)
    assert metrics.motif_positions(labels).tolist() == [1, -1, 8]
    assert metrics.motif_positions(labels, window=slice(2, 11)).tolist() == [10, -1, 8]
    assert metrics.motif_positions(labels, window=slice(2, 9)).tolist() == [-1, -1, 8]
    consensus = re.compile("TATA[AT]A[AT][AG]")
    for word, place in zip(words, metrics.motif_positions(labels), strict=True):
        found = consensus.search(word)
        assert place == (found.start() if found else -1)


def test_padding_is_no_part_of_a_motif():
    labels = labels_of("TA-TA", "-TATA", alphabet="-ACGT")
    assert metrics.motif_positions(labels, "TATA", "-ACGT").tolist() == [-1, 1]
    assert metrics.motif_hits(labels, "TAN", "-ACGT").any(axis=1).tolist() == [0, 1]


def test_motif_divergence_counts_frequency_and_place():
    same = metrics.motif_divergence([2, 2, -1], [2, -1, 2], 5)
    assert same == 0
    assert metrics.motif_divergence([2], [3], 5) == pytest.approx(math.log(2))
    # By hand: one of two with the motif, against none.
    laws = [0.5, 0.5], [1.0, 0.0]
    expected = scipy.spatial.distance.jensenshannon(*laws) ** 2
    found = metrics.motif_divergence([4, -1], [-1, -1], 5)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: metrics.motif_hits([[0, 1]], "TAX!"), "expected a motif of"),
        (lambda: metrics.motif_hits([[0, 1]], ""), "expected a motif of"),
        (lambda: metrics.motif_hits([[0, 1]], "TATA"), "longer than the sequences"),
        (
            lambda: metrics.motif_positions([[0, 1, 2]], "TA", window=slice(2, 3)),
            "within the 2 sites where TA can begin",
        ),
        (lambda: metrics.motif_divergence([0.5], [1], 5), "integers of shape"),
        (lambda: metrics.motif_divergence([], [1], 5), "integers of shape"),
        (lambda: metrics.motif_divergence([1], [5], 5), "positions_b must lie between"),
    ],
)
def test_motifs_refuse(call, expected):
    with pytest.raises(ValueError, match=expected):
        call()


# Diversity and copies


@LAWS
@given(dna)
def test_diversity_by_all_pairs(labels):
    labels = labels[:, :6] % 2
    pairs = scipy.spatial.distance.pdist(labels, "hamming") * labels.shape[1]
    found = metrics.mean_pairwise_distance(labels)
    assert found == pytest.approx(pairs.mean(), abs=1e-12)
    unique = len(np.unique(labels, axis=0)) / len(labels)
    assert metrics.unique_fraction(labels) == unique


def test_diversity_refuses_and_reaches_its_ends():
    assert metrics.mean_pairwise_distance([[1, 2]] * 3) == 0
    assert metrics.mean_pairwise_distance([[0, 0], [1, 1]]) == 2
    assert metrics.unique_fraction(np.array([[1, 2]] * 4)[:, ::-1]) == 1 / 4
    with pytest.raises(ValueError, match="at least two rows"):
        metrics.mean_pairwise_distance([[1, 2]])


@pytest.mark.parametrize("n_categories", [2, 3, 4, 5, 27, 300])
@pytest.mark.parametrize("length", [1, 8, 63, 64, 65, 130])
def test_nearest_neighbours_in_words_of_64_sites(n_categories, length):
    generator = rng(length)
    reference = generator.integers(0, n_categories, (40, length))
    samples = reference[generator.integers(40, size=20)]
    changes = generator.random(samples.shape) < generator.random((20, 1))
    samples = np.where(changes, rng(1).integers(0, n_categories, (20, length)), samples)
    expected = scipy.spatial.distance.cdist(samples, reference, "hamming").min(axis=1)
    found = metrics.nearest_neighbour_distance(samples, reference)
    np.testing.assert_array_equal(found, (expected * length).round())


# Floors, ceilings, intervals


def mean_gap(a, b):
    return abs(a.mean() - b.mean())


def test_bootstrap_of_one_sample_has_the_interval_of_scipy():
    values = rng().exponential(size=300)
    found = metrics.bootstrap_interval(
        np.mean, values, n_resamples=4000, generator=rng(1)
    )
    expected = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=rng(2)
    ).confidence_interval
    width = expected.high - expected.low
    assert found.value == values.mean()
    # Quantiles of 4000 draws, and the shift by their median: a few per cent.
    assert found.low == pytest.approx(expected.low, abs=0.06 * width)
    assert found.high == pytest.approx(expected.high, abs=0.06 * width)


def test_real_samples_lie_below_the_ceiling_and_others_above():
    real, test = rng().normal(size=2000), rng(1).normal(size=1000)
    fresh = rng(2).normal(size=200)
    arguments = {"n_resamples": 200, "generator": rng(3)}
    found = metrics.compare_with_real(mean_gap, fresh, test, real, **arguments)
    # |N(gap, s)| with the gap of these two sets.
    s, gap = math.sqrt(1 / 200), real.mean() - test.mean()
    law = scipy.stats.foldnorm(abs(gap) / s, scale=s)
    assert found.floor == pytest.approx(law.mean(), rel=0.2)
    assert found.ceiling == pytest.approx(law.ppf(0.95), rel=0.2)
    assert found.value == mean_gap(fresh, test) < found.ceiling
    assert 0 <= found.low <= found.value <= found.high
    far = metrics.compare_with_real(mean_gap, fresh + 1, test, real, **arguments)
    assert far.low > far.ceiling


def test_comparisons_are_seeded_and_take_more_samples_than_real_rows():
    real, test, samples = rng().integers(0, 4, (3, 30, 8))
    many = np.repeat(samples, 3, axis=0)

    def distance(a, b):
        return metrics.kmer_divergence(a, b, 2, 4)

    first, again = (
        metrics.compare_with_real(distance, many, test, real, n_resamples=5)
        for _ in "ab"
    )
    assert first == again and first.value == distance(many, test)
    with pytest.raises(ValueError, match="real must have rows"):
        metrics.compare_with_real(distance, many, test, real[:0])
    with pytest.raises(ValueError, match="level must lie between"):
        metrics.compare_with_real(distance, many, test, real, level=1.0)
