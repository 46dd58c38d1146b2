"""Mixtures of von Mises-Fisher laws: density, samples, widths that are learnt."""

import numpy as np
import pytest
from scipy.integrate import lebedev_rule
from scipy.stats import vonmises_fisher

from fisher_manifold.data import SphereKernels, fit_sphere_kernels


def directions(n, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_density_is_that_of_scipy():
    centres, points = directions(3), directions(20, seed=1)
    law = SphereKernels(centres, np.array([0.5, 40.0]), np.array([0.3, 0.7]))
    expected = np.mean(
        [
            0.3 * vonmises_fisher(c, 0.5).pdf(points)
            + 0.7 * vonmises_fisher(c, 40.0).pdf(points)
            for c in centres
        ],
        axis=0,
    )
    np.testing.assert_allclose(np.exp(law.log_prob(points)), expected, rtol=1e-10)


def test_density_integrates_to_one():
    nodes, weights = lebedev_rule(41)
    law = SphereKernels(directions(5), np.array([1e-6, 1.0, 30.0]), np.full(3, 1 / 3))
    total = np.exp(law.log_prob(nodes.T)) @ weights
    assert abs(total - 1) < 1e-8


@pytest.mark.parametrize("kappa", [1e-6, 3.0, 1e10])
def test_samples_have_the_versines_of_the_law(kappa):
    centre = directions(1)
    law = SphereKernels(centre, np.array([kappa]), np.array([1.0]))
    points = law.sample(4000, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, rtol=1e-12)
    versine = 0.5 * ((points - centre) ** 2).sum(1)
    share = np.expm1(-kappa * versine) / np.expm1(-2 * kappa)  # uniform on [0, 1]
    deviation = np.abs(np.sort(share) - (np.arange(4000) + 0.5) / 4000).max()
    assert deviation < 1.95 / np.sqrt(4000)  # Kolmogorov-Smirnov, level 0.1 %
    around = points - (points @ centre.T) * centre
    mean = (around / np.linalg.norm(around, axis=1, keepdims=True)).mean(0)
    assert np.linalg.norm(mean) < 5 / np.sqrt(4000)


def test_narrow_kernels_neither_overflow_nor_vanish():
    centres = directions(4)
    law = SphereKernels(centres, np.array([1e10]), np.array([1.0]))
    at, far = law.log_prob(np.array([centres[0], -centres[0]]))
    expected = np.log(1e10 / (2 * np.pi) / 4)
    np.testing.assert_allclose(at, expected, atol=1e10 * 4 * np.finfo(float).eps)
    assert -2e10 < far < -1e9  # a logarithm, not minus infinity


def test_learnt_weights_find_the_widths_of_the_data():
    # clusters of pairs: wide round the cluster, very narrow in a pair
    rng = np.random.default_rng(0)
    clusters = SphereKernels(np.eye(3), np.array([20.0]), np.array([1.0]))
    wide = clusters.sample(300, rng)
    pairs = SphereKernels(wide, np.array([1e8]), np.array([1.0]))
    x = np.concatenate([wide, pairs.sample(300, rng)])
    kappas = np.array([1.0, 1e2, 1e4, 1e8])
    law = fit_sphere_kernels(x, kappas)
    assert law.weights[3] > 0.3  # the partner is among the centres half of the time
    fresh = np.concatenate([pairs.sample(100, rng), clusters.sample(50, rng)])
    each = [fit_sphere_kernels(x, [kappa]).log_prob(fresh).mean() for kappa in kappas]
    assert law.log_prob(fresh).mean() > max(each)


def test_weights_climb_the_likelihood_left_out():
    x = directions(80)
    kappas = np.array([1.0, 10.0, 100.0])

    def left_out(weights):
        law = [
            SphereKernels(np.delete(x, i, 0), kappas, weights).log_prob(x[i : i + 1])
            for i in range(len(x))
        ]
        return np.mean(law)

    best = left_out(fit_sphere_kernels(x, kappas).weights)
    for other in np.eye(3):
        mixed = 0.9 * fit_sphere_kernels(x, kappas).weights + 0.1 * other
        assert left_out(mixed) < best + 1e-4


def test_subset_needs_a_generator():
    x = directions(10)
    with pytest.raises(ValueError, match="rng="):
        fit_sphere_kernels(x, [1.0], at_most=5)
    law = fit_sphere_kernels(x, [1.0], at_most=5, rng=np.random.default_rng(0))
    assert len(law.centres) == 10


@pytest.mark.parametrize(
    "centres, kappas, weights, message",
    [
        (np.eye(2), [1.0], [1.0], "shape"),
        (2 * np.eye(3), [1.0], [1.0], "unit vectors"),
        (np.eye(3), [0.0], [1.0], "positive"),
        (np.eye(3), [1.0, 2.0], [1.0], "each of 2"),
        (np.eye(3), [1.0], [0.5], "sum to 1"),
    ],
)
def test_errors(centres, kappas, weights, message):
    with pytest.raises(ValueError, match=message):
        SphereKernels(centres, kappas, weights)


def test_errors_of_points_and_fit():
    law = SphereKernels(np.eye(3), [1.0], [1.0])
    with pytest.raises(ValueError, match=r"points must have shape \[k, 3\]"):
        law.log_prob(np.ones(3))
    with pytest.raises(ValueError, match="at least two"):
        fit_sphere_kernels(np.eye(3)[:1], [1.0])
