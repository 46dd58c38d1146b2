"""Wasserstein distances: closed forms, other solvers, the laws of a metric."""

import itertools
import math

import numpy as np
import ot
import pytest
import scipy.stats
import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hypersphere import Hypersphere
from hypothesis import given
from hypothesis import strategies as st
from transport_spaces import SPACES, draw, draw_weights

import fisher_manifold as fm
from fisher_manifold.transport import pairwise_squared_dist, wasserstein_distance

ORDERS = pytest.mark.parametrize("p", [1, 2])
EACH_SPACE = pytest.mark.parametrize("name", SPACES)
SHARP = {"method": "sinkhorn", "tol": 1e-9, "max_iter": 100_000}


def on_circle(angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@EACH_SPACE
@ORDERS
def test_two_points_are_their_distance_apart_to_the_last_digit(name, p):
    space = SPACES[name]
    a, b = draw(space, 20, 20)
    for i in range(20):
        x, y = a[i : i + 1], b[i : i + 1]
        expected = space.metric.dist(x, y).item()
        assert wasserstein_distance(space, x, y, p) == expected
        one = np.ones(1)
        weighted = wasserstein_distance(space, x, y, p, weights_a=one, weights_b=one)
        assert weighted == expected
        entropic = wasserstein_distance(space, x, y, p, method="sinkhorn")
        # geomstats' arccos takes a point to be 1e-8 from itself.
        assert entropic == pytest.approx(expected, rel=1e-7)
    assert wasserstein_distance(space, a[:1], a[:1], p) <= 1e-7


@ORDERS
@pytest.mark.parametrize("separation", [1e-150, 1e-12, 1e150])
def test_two_points_at_any_distance(p, separation):
    x, y = np.zeros((1, 1)), np.full((1, 1), separation)
    assert wasserstein_distance(Euclidean(1), x, y, p) == separation


@ORDERS
@pytest.mark.parametrize("dim", [1, 3])
def test_translations_on_euclidean_space(p, dim):
    space, rng = Euclidean(dim), np.random.default_rng(dim)
    a, shift = rng.normal(size=(30, dim)), 2.0 * rng.normal(size=dim)
    order, w = rng.permutation(30), draw_weights(30)
    expected = pytest.approx(np.linalg.norm(shift), rel=1e-12)
    assert wasserstein_distance(space, a, (a + shift)[order], p) == expected
    weights = {"weights_a": w, "weights_b": w[order]}
    assert wasserstein_distance(space, a, (a + shift)[order], p, **weights) == expected
    entropic = wasserstein_distance(space, a, a + shift, **SHARP, p=2, epsilon=1.0)
    # For p = 2 the debiased divergence of a translation is exact at any epsilon.
    assert entropic == pytest.approx(np.linalg.norm(shift), rel=1e-6)


@ORDERS
def test_the_line_against_scipy_and_quantiles(p):
    rng = np.random.default_rng(0)
    x, y, wx, wy = rng.normal(size=40), rng.gamma(2.0, size=25), *draw_weights(40, 25)
    weights = {"weights_a": wx, "weights_b": wy}
    found = wasserstein_distance(Euclidean(1), x[:, None], y[:, None], p, **weights)
    if p == 1:
        expected = scipy.stats.wasserstein_distance(x, y, wx, wy)
    else:
        expected = math.sqrt(ot.emd2_1d(x, y, wx, wy, metric="sqeuclidean"))
    assert found == pytest.approx(expected, rel=1e-12)
    z = rng.normal(size=40)
    sorted_gaps = abs(np.sort(x) - np.sort(z))
    expected = (sorted_gaps**p).mean() ** (1 / p)
    found = wasserstein_distance(Euclidean(1), x[:, None], z[:, None], p)
    assert found == pytest.approx(expected, rel=1e-12)


@ORDERS
@pytest.mark.parametrize("sizes", [(20, 20), (13, 29)])
def test_the_circle_against_pot(p, sizes):
    rng = np.random.default_rng(0)
    u, v = (rng.beta(2.0, 3.0, size=n) for n in sizes)
    found = wasserstein_distance(
        Hypersphere(1), on_circle(2 * np.pi * u), on_circle(2 * np.pi * v), p
    )
    # POT's circle has length 1; it searches to 1e-10 of the cost.
    loss = ot.wasserstein_circle(u, v, p=p, eps=1e-10).item()
    assert found == pytest.approx(2 * np.pi * loss ** (1 / p), rel=1e-7)


@ORDERS
def test_a_rotated_polygon_on_the_circle(p):
    """Each corner goes to the nearest, until the next one is as near."""
    corners = np.arange(7) * 2 * np.pi / 7
    for angle in (0.01, 0.4, np.pi / 7, 0.7):
        found = wasserstein_distance(
            Hypersphere(1), on_circle(corners), on_circle(corners + angle)[::-1], p
        )
        nearest = min(angle, 2 * np.pi / 7 - angle)
        assert found == pytest.approx(nearest, rel=1e-12)


@ORDERS
@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize("dim", [1, 2, 4])
def test_exhaustive_search(p, n, dim):
    space = fm.PositiveHypersphere(dim)
    a, b = draw(space, n, n, seed=n)
    arcs = 2.0 * np.arccos(np.clip(a @ b.T, -1.0, 1.0))
    best = min(
        (arcs[range(n), order] ** p).mean()
        for order in map(list, itertools.permutations(range(n)))
    )
    found = wasserstein_distance(space, a, b, p)
    assert found == pytest.approx(best ** (1 / p), rel=1e-7)


@ORDERS
@EACH_SPACE
@pytest.mark.parametrize("sizes", [(9, 14), (14, 9), (1, 6), (8, 8)])
def test_weights_and_unequal_sizes_against_pot(name, p, sizes):
    space = SPACES[name]
    (a, b), (wa, wb) = draw(space, *sizes), draw_weights(*sizes)
    pairs = [(space.metric.dist(x[None], y[None]).item()) for x in a for y in b]
    cost = np.reshape(pairs, sizes) ** p
    for weights in ((wa, wb), (wa, None), (None, wb), (None, None)):
        filled = [np.full(n, 1 / n) if w is None else w for w, n in zip(weights, sizes)]  # noqa: B905
        expected = ot.emd2(*filled, cost) ** (1 / p)
        found = wasserstein_distance(space, a, b, p, *weights)
        # geomstats' arccos is right to 1e-8 where points are near.
        assert found == pytest.approx(expected, rel=1e-7)


@ORDERS
@EACH_SPACE
def test_laws_of_a_metric(name, p):
    space = SPACES[name]
    measures, weights = draw(space, 6, 8, 8), draw_weights(6, 8, 8)

    def distance(i, j):
        options = {"weights_a": weights[i], "weights_b": weights[j]}
        return wasserstein_distance(space, measures[i], measures[j], p, **options)

    assert distance(0, 1) == pytest.approx(distance(1, 0), rel=1e-12)
    for i, j, k in itertools.permutations(range(3)):
        assert distance(i, k) <= (distance(i, j) + distance(j, k)) * (1 + 1e-12)
    # arccos of an inner product near 1 leaves 1e-8 of a distance of 0.
    assert distance(0, 0) <= 1e-7


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6))
def test_order_of_the_powers_and_splitting_of_mass(seed, n, m):
    space = fm.FisherRaoSimplex(2)
    (a, b), (wa, wb) = draw(space, n, m, seed=seed), draw_weights(n, m, seed=seed)
    one, two = (wasserstein_distance(space, a, b, p, wa, wb) for p in (1, 2))
    largest = math.sqrt(pairwise_squared_dist(space, a, b).max())
    assert one <= two * (1 + 1e-12)
    assert two <= math.sqrt(one * largest) * (1 + 1e-12)
    # A point of weight 1/2 twice is the point once.
    twice = wasserstein_distance(
        space, np.repeat(a, 2, axis=0), b, 2, np.repeat(wa / 2, 2), wb
    )
    assert twice == pytest.approx(two, rel=1e-9, abs=1e-12)


@ORDERS
@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_distances_scale_with_the_space(p, scale):
    a, b = draw(Euclidean(3), 9, 9)
    found = wasserstein_distance(Euclidean(3), scale * a, scale * b, p)
    base = wasserstein_distance(Euclidean(3), a, b, p)
    assert found == pytest.approx(scale * base, rel=1e-12)


@ORDERS
def test_isometric_spaces_agree(p):
    simplex, sphere = fm.FisherRaoSimplex(3), fm.PositiveHypersphere(3)
    a, b = draw(simplex, 12, 12)
    found = wasserstein_distance(simplex, a, b, p)
    expected = wasserstein_distance(sphere, np.sqrt(a), np.sqrt(b), p)
    assert found == pytest.approx(expected, rel=1e-13)
    unit = wasserstein_distance(Hypersphere(3), np.sqrt(a), np.sqrt(b), p)
    assert found == pytest.approx(2.0 * unit, rel=1e-7)


@ORDERS
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_labels_are_vertices(p, library):
    space, rng = SPACES["sequences"], np.random.default_rng(0)
    points = draw(space, 7)
    first, second = rng.integers(3, size=(7, 4)), rng.integers(3, size=(9, 4))
    if library == "torch":
        points, first, second = map(torch.from_numpy, (points, first, second))
    for a, b in ((first, second), (points, second), (first, points)):
        left, right = (
            x if x is points else space.vertices(x, dtype=points.dtype) for x in (a, b)
        )
        found = wasserstein_distance(space, a, b, p)
        expected = wasserstein_distance(space, left, right, p)
        assert float(found) == pytest.approx(float(expected), rel=1e-12)
        entropic = float(wasserstein_distance(space, a, b, p, method="sinkhorn"))
        assert entropic == pytest.approx(float(expected), rel=0.2)
    # Vertices of a site are pi apart; a site differs, or not.
    disagree = (np.asarray(first)[:, None] != np.asarray(second)[None]).sum(-1)
    cost = (np.pi * np.sqrt(disagree)) ** p
    found = float(wasserstein_distance(space, first, second, p))
    assert found == pytest.approx(ot.emd2([], [], cost) ** (1 / p), rel=1e-12)


@ORDERS
def test_the_divergence_comes_near_the_distance_as_epsilon_falls(p):
    space = fm.PositiveHypersphere(3)
    (a, b), (wa, wb) = draw(space, 12, 15), draw_weights(12, 15)
    exact = wasserstein_distance(space, a, b, p, wa, wb)
    gaps = []
    for epsilon in (1.0, 0.1, 0.01, 0.001):
        near = wasserstein_distance(space, a, b, p, wa, wb, **SHARP, epsilon=epsilon)
        gaps.append(abs(near / exact - 1.0))
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] < 2e-3 < 0.1 < gaps[0]


def test_the_divergence_at_large_epsilon_sees_the_means_alone():
    a, b = draw(Euclidean(3), 12, 15)
    found = wasserstein_distance(Euclidean(3), a, b, **SHARP, epsilon=1e6)
    means_apart = np.linalg.norm(a.mean(0) - b.mean(0))
    assert found == pytest.approx(means_apart, rel=1e-5)


def test_a_negative_divergence_is_said():
    """On the circle, of opposite points and those between: -pi^2 / 4 in the limit."""
    a, b = (on_circle(np.array([0.0, np.pi]) + turn) for turn in (0.0, np.pi / 2))
    with pytest.warns(
        RuntimeWarning, match=r"divergence is -2.47.* no positive kernel"
    ):
        found = wasserstein_distance(Hypersphere(1), a, b, **SHARP, epsilon=1e4)
    assert found == 0.0
    assert wasserstein_distance(Hypersphere(1), a, b, **SHARP, p=1, epsilon=1e4) >= 0


def test_equal_measures_by_the_divergence_need_no_warning():
    for seed in range(5):
        a = draw(SPACES["simplex"], 9, seed=seed)
        distance = wasserstein_distance(SPACES["simplex"], a, a, method="sinkhorn")
        assert 0.0 <= distance < 1e-6


def test_bad_arguments():
    space = fm.PositiveHypersphere(2)
    a, b = draw(space, 4, 5)
    for p in (0, 0.5, 3, np.inf, np.nan, "2"):
        with pytest.raises(ValueError, match="order p to be 1 or 2, got "):
            wasserstein_distance(space, a, b, p)
    with pytest.raises(ValueError, match=r"method in \('exact', 'sinkhorn'\), got 'e'"):
        wasserstein_distance(space, a, b, method="e")
    with pytest.raises(ValueError, match="at least one point, b is empty"):
        wasserstein_distance(space, a, b[:0])
    with pytest.raises(ValueError, match=r"a of shape \[n, 3\], got \[4, 2\]"):
        wasserstein_distance(space, a[:, :2], b)
    with pytest.raises(ValueError, match=r"weights_a of shape \[4\], got \[5\]"):
        wasserstein_distance(space, a, b, weights_a=np.full(5, 0.2))
    for method in ("exact", "sinkhorn"):
        with pytest.raises(ValueError, match="weights_b that sum to 1, got a sum of 5"):
            wasserstein_distance(space, a, b, weights_b=np.ones(5), method=method)
    with pytest.raises(ValueError, match="finite weights_b >= 0, got -1"):
        wasserstein_distance(space, a, b, weights_b=[-1.0, 2.0, 0.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="expected b on .* is not"):
        wasserstein_distance(space, a, 1.1 * b)
    with pytest.raises(TypeError, match="one library"):
        wasserstein_distance(space, a, torch.from_numpy(b))
    with pytest.raises(TypeError, match="b to be a numpy array .* got list"):
        wasserstein_distance(space, a, b.tolist())
    for left, right in ((b, np.array([0, 3])), (b, np.array([2, -1]))):
        with pytest.raises(
            ValueError, match=r"labels between 0 and 2 in b, but b\[1\]"
        ):
            wasserstein_distance(space, left, right)
    with pytest.raises(TypeError, match="integer labels need a categorical space"):
        wasserstein_distance(Hypersphere(2), a, np.array([0, 2]))


@EACH_SPACE
def test_points_that_are_not_numbers(name):
    space = SPACES[name]
    a, b = draw(space, 4, 5)
    for bad in (np.nan, np.inf):
        broken = a.copy()
        broken[2].flat[0] = bad
        with pytest.raises(ValueError, match=r"expected finite a, but a\[2\] is "):
            wasserstein_distance(space, broken, b)
        with pytest.raises(ValueError, match=r"expected finite b, but b\[2\] is "):
            wasserstein_distance(space, b, broken, method="sinkhorn")
