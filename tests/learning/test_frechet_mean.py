"""Our Frechet mean: against 50 digits, closed forms, symmetry, and geomstats' own."""

import logging

import mpmath
import numpy as np
import pytest
from geomstats.learning.frechet_mean import FrechetMean as GeomstatsMean
from learning_data import LAWS, points_of

import fisher_manifold as fm
from fisher_manifold.learning import FrechetMean

EPS = np.finfo(np.float64).eps
mp = mpmath.MPContext()
mp.dps = 50


def mean_log(root, roots, weights):
    """Weighted mean of the logs on the unit sphere, by the textbook formula."""
    cosine = np.clip(roots @ root, -1.0, 1.0)
    perpendicular = roots - cosine[:, None] * root
    sine = np.linalg.norm(perpendicular, axis=1)
    angle = np.arctan2(sine, cosine)
    factor = weights * angle / np.where(sine > 0, sine, 1.0)
    return factor @ perpendicular / weights.sum()


def exact_mean(roots, weights, start):
    """Zero of the mean of the logs in 50 digits, by Newton with differences."""
    data = [[mp.mpf(float(x)) for x in row] for row in roots]
    data = [[x / mp.norm(row) for x in row] for row in data]
    center = mp.matrix([mp.mpf(float(x)) for x in start])
    frame = [mp.matrix(v.tolist()) for v in np.linalg.svd(start[None])[2][1:]]

    def point(coordinates):
        moved = center
        for coordinate, direction in zip(coordinates, frame, strict=True):
            moved += coordinate * direction
        return moved / mp.norm(moved)

    def equations(*coordinates):
        u = point(coordinates)
        total = mp.matrix(len(u), 1)
        for weight, row in zip(weights, data, strict=True):
            x = mp.matrix(row)
            cosine = (x.T * u)[0]
            sine = mp.sqrt(1 - cosine**2)
            total += mp.mpf(float(weight)) * mp.acos(cosine) / sine * (x - cosine * u)
        return [(total.T * direction)[0] for direction in frame]

    # Beside the start, at which the angle to a vertex may be 0.
    found = mp.findroot(equations, [mp.mpf("1e-3")] * len(frame))
    return np.array([float(x) for x in point(list(found))])


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dim", [1, 2, 4])
def test_mean_in_50_digits(dim, law):
    sphere = fm.PositiveHypersphere(dim)
    roots = points_of(sphere, law, 7)
    weights = np.geomspace(1.0, 1e-3, 7)
    mean = FrechetMean(sphere).fit(roots, weights=weights).estimate_
    truth = exact_mean(roots, weights, mean)
    np.testing.assert_allclose(mean, truth, rtol=0, atol=40 * EPS)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dim", [1, 2, 9, 99, 999, 9999])
def test_gradient_vanishes_to_rounding(dim, law, weighted):
    sphere = fm.PositiveHypersphere(dim)
    roots = points_of(sphere, law, 40)
    weights = np.geomspace(1.0, 1e-12, 40) if weighted else np.ones(40)
    estimator = FrechetMean(sphere).fit(roots, weights=weights)
    mean = estimator.estimate_
    assert sphere.belongs(mean)
    gradient = np.linalg.norm(mean_log(mean, roots, weights))
    # The oracle's own rounding: of sums of 40 terms, and of K entries.
    assert gradient <= EPS * (40 + 8 * (dim + 1) ** 0.5)
    assert estimator.converged_ and estimator.n_iter_ <= 15
    assert estimator.error_estimate_ >= estimator.gradient_norm_


@pytest.mark.parametrize("dim", [1, 2, 99, 9999])
def test_two_points_meet_half_way(dim):
    simplex = fm.FisherRaoSimplex(dim)
    for law in LAWS:
        a, b = points_of(simplex, law, 2)
        mean = FrechetMean(simplex).fit(np.stack([a, b])).estimate_
        middle = simplex.metric.geodesic(a, b)(0.5)[0]
        np.testing.assert_allclose(mean, middle, rtol=1e-12, atol=8 * EPS)


@pytest.mark.parametrize("dim", [1, 2, 9, 99, 999])
def test_vertices_meet_at_the_barycentre(dim):
    simplex = fm.FisherRaoSimplex(dim)
    mean = FrechetMean(simplex).fit(np.eye(dim + 1)).estimate_
    np.testing.assert_allclose(mean, 1 / (dim + 1), rtol=8 * EPS * (dim + 1) ** 0.5)


@pytest.mark.parametrize("weight", [0.5, 0.25, 1e-3, 1e-9, 1e-100])
def test_two_vertices_with_weights(weight):
    """The point at the fraction `weight` of the quarter circle."""
    mean = FrechetMean(fm.PositiveHypersphere(3)).fit(
        np.eye(4)[:2], weights=[1.0 - weight, weight]
    )
    angle = weight * np.pi / 2
    truth = [np.cos(angle), np.sin(angle), 0.0, 0.0]
    # Small entries are right to relative accuracy.
    np.testing.assert_allclose(mean.estimate_, truth, rtol=40 * EPS)


def test_one_dimension_is_the_mean_of_the_angles():
    angles = np.random.default_rng(0).uniform(0, np.pi / 2, 100)
    roots = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    mean = FrechetMean(fm.PositiveHypersphere(1)).fit(roots).estimate_
    assert abs(np.arctan2(*mean[::-1]) - angles.mean()) <= 40 * EPS


def test_vertices_with_one_heavier():
    """By symmetry one unknown angle, whose equation is solved in 50 digits."""
    n_categories, weight = 1000, 0.01
    weights = np.full(n_categories, (1 - weight) / (n_categories - 1))
    weights[0] = weight
    mean = FrechetMean(fm.PositiveHypersphere(n_categories - 1)).fit(
        np.eye(n_categories), weights=weights
    )
    root_n = mp.sqrt(n_categories - 1)

    def slope(angle):
        cosine = mp.sin(angle) / root_n
        pull = mp.acos(cosine) / mp.sqrt(1 - cosine**2) * mp.cos(angle) / root_n
        return mp.mpf(weight) * angle - (1 - mp.mpf(weight)) * pull

    angle = mp.findroot(slope, 0.7)
    truth = np.full(n_categories, float(mp.sin(angle) / root_n))
    truth[0] = float(mp.cos(angle))
    np.testing.assert_allclose(mean.estimate_, truth, rtol=1e3 * EPS)


def test_tiny_entries_keep_their_digits():
    simplex = fm.FisherRaoSimplex(2)
    tiny = 1e-280
    points = np.array([[0.5, 0.5, tiny], [0.25, 0.75, 0.0]])
    mean = FrechetMean(simplex).fit(points).estimate_
    middle = simplex.metric.geodesic(points[0], points[1])(0.5)[0]
    np.testing.assert_allclose(mean[:2], middle[:2], rtol=8 * EPS)
    # The midpoint of u and v is (u + v) / |u + v|; v has a 0 there.
    total = np.sqrt(points).sum(axis=0)
    np.testing.assert_allclose(mean[2], tiny / (total @ total), rtol=40 * EPS)


@pytest.mark.parametrize("law", LAWS)
def test_permutations_weights_and_repetition(law):
    simplex = fm.FisherRaoSimplex(5)
    points = points_of(simplex, law, 12)
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 5, 12)
    mean = FrechetMean(simplex).fit(points, weights=counts).estimate_

    def check(other):
        np.testing.assert_allclose(other, mean, rtol=0, atol=100 * EPS)

    check(FrechetMean(simplex).fit(np.repeat(points, counts, axis=0)).estimate_)
    check(FrechetMean(simplex).fit(points, weights=1e-200 * counts).estimate_)
    check(FrechetMean(simplex).fit(points, weights=1e300 * counts).estimate_)
    order = rng.permutation(12)
    check(FrechetMean(simplex).fit(points[order], weights=counts[order]).estimate_)
    entries = rng.permutation(6)
    permuted = FrechetMean(simplex).fit(points[:, entries], weights=counts).estimate_
    check(permuted[np.argsort(entries)])
    extra = np.concatenate([points, np.eye(6)])
    check(FrechetMean(simplex).fit(extra, weights=[*counts, *[0] * 6]).estimate_)


def test_single_point_is_its_own_mean():
    for point in (np.array([0.2, 0.3, 0.5]), np.array([0.0, 1.0, 0.0])):
        estimator = FrechetMean(fm.FisherRaoSimplex(2)).fit(point[None])
        np.testing.assert_allclose(estimator.estimate_, point, rtol=4 * EPS)
        assert estimator.n_iter_ == 1


def test_geomstats_default_is_wrong_in_high_dimension():
    simplex = fm.FisherRaoSimplex(999)
    points = np.random.default_rng(0).dirichlet(np.ones(1000), 20)
    logging.disable(logging.WARNING)
    theirs = GeomstatsMean(simplex).fit(points).estimate_
    logging.disable(logging.NOTSET)
    ours = FrechetMean(simplex).fit(points).estimate_
    roots, weights = np.sqrt(points), np.ones(20)

    def gradient(mean):
        return 2 * np.linalg.norm(mean_log(np.sqrt(mean), roots, weights))

    assert gradient(theirs) > 0.03
    assert gradient(ours) < 1e-13
    assert simplex.metric.dist(theirs, ours) > 0.03
