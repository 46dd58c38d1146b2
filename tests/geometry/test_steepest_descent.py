"""The theorem behind Fisher-Flow: the natural gradient descends KL(q | p) fastest.

For random distributions and competing directions, with mpmath, scipy's optimiser and
exhaustive search as oracles.
"""

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

import fisher_manifold as fm
from fisher_manifold.geometry import AlphaConnection, natural_gradient

from .helpers import interior_points

SIZES = [2, 3, 5, 12]


def pairs(size, n_pairs=4):
    """Random points p and targets q."""
    points = interior_points(fm.FisherRaoSimplex(size - 1), 2 * n_pairs, seed=size)
    return points.reshape(n_pairs, 2, size)


def descent(target, p):
    """Minus the natural gradient of KL(target | p), and its Fisher norm."""
    space = fm.FisherRaoSimplex(p.shape[-1] - 1)
    direction = -natural_gradient(space, -target / p, p)
    return direction, space.metric.norm(direction, p)


def kl(target, p):
    return mpmath.fsum(
        q * mpmath.log(mpmath.mpf(q) / mpmath.mpf(x))
        for q, x in zip(target, p, strict=True)
    )


def slope(target, p, v):
    """Descent of KL(target | p) for each unit of Fisher length along v, 50 digits."""
    fall = mpmath.fsum(
        mpmath.mpf(a) / b * c for a, b, c in zip(target, p, v, strict=True)
    )
    return fall / mpmath.sqrt(mpmath.fsum(c * c / b for b, c in zip(p, v, strict=True)))


@pytest.mark.parametrize("size", SIZES)
def test_no_direction_descends_faster(size):
    """Cauchy-Schwarz, with its defect: slope / steepest is the cosine of the angle."""
    rng = np.random.default_rng(size)
    with mpmath.workdps(50):
        for p, target in pairs(size):
            direction, norm = descent(target, p)
            steepest = slope(target, p, [mpmath.mpf(v) for v in direction])
            assert steepest == pytest.approx(float(norm), rel=1e-12)
            for _ in range(50):
                v = [mpmath.mpf(x) for x in rng.normal(size=size)]
                if rng.integers(2):  # competitors close to the best as well
                    v = [x * 1e-3 + d for x, d in zip(v, direction, strict=True)]
                mean = mpmath.fsum(v) / size
                v = [x - mean for x in v]
                assert slope(target, p, v) <= steepest * (1 + mpmath.mpf(10) ** -12)


@pytest.mark.parametrize("size", SIZES[1:])
def test_an_optimiser_finds_the_natural_gradient(size):
    """Minimise the derivative over tangent directions of unit Fisher norm."""
    for p, target in pairs(size, 2):
        direction, norm = descent(target, p)
        found = scipy.optimize.minimize(
            lambda v, target=target, p=p: -np.sum(target / p * v),
            np.random.default_rng(0).normal(size=size) * 0.1,
            jac=lambda v, target=target, p=p: -target / p,
            constraints=[
                {"type": "eq", "fun": np.sum},
                {"type": "eq", "fun": lambda v, p=p: np.sum(v * v / p) - 1},
            ],
            options={"ftol": 1e-15, "maxiter": 500},
        )
        assert found.success
        np.testing.assert_allclose(found.x, direction / norm, atol=1e-5)


def test_exhaustive_search_around_a_circle_of_geodesics():
    """The best end of a geodesic of length h turns to the natural gradient as h -> 0.

    A step of length h sees the gradient up to O(h), so the angle falls with h.
    """
    space = fm.FisherRaoSimplex(2)
    angles = np.linspace(-np.pi, np.pi, 20_001)
    for p, target in pairs(3, 3):
        direction, norm = descent(target, p)
        first = direction / norm
        second = space.to_tangent(np.array([1.0, 0.0, 0.0]), p)
        second = second - first * space.metric.inner_product(first, second, p)
        second = second / space.metric.norm(second, p)
        circle = np.outer(np.cos(angles), first) + np.outer(np.sin(angles), second)
        best = []
        for step in (1e-2, 1e-3, 1e-4):
            ends = space.metric.exp(step * circle, p)
            best.append(abs(angles[np.argmin(-np.log(ends) @ target)]))
        spacing = angles[1] - angles[0]
        assert best[1] <= best[0] / 5 + spacing
        assert best[2] <= best[1] / 5 + spacing


@pytest.mark.parametrize("size", SIZES)
def test_a_first_order_step_falls_by_the_norm(size):
    """KL(q | exp_p(h v)) = KL(q | p) - h |grad| + O(h^2), for unit v."""
    space = fm.FisherRaoSimplex(size - 1)
    for p, target in pairs(size):
        direction, norm = descent(target, p)
        end = space.metric.exp(1e-6 * direction / norm, p)
        with mpmath.workdps(50):
            fall = kl(target, p) - kl(target, end)
        assert float(fall) / 1e-6 == pytest.approx(norm, rel=1e-5 * size)


@pytest.mark.parametrize("size", SIZES)
def test_the_flow_is_the_mixture_geodesic_run_through_exponentially(size):
    """p' = q - p: p(t) = q + exp(-t) (p - q), an m-geodesic's points."""
    mixture = AlphaConnection(fm.FisherRaoSimplex(size - 1), -1)
    for p, target in pairs(size, 2):
        np.testing.assert_allclose(descent(target, p)[0], target - p, atol=1e-15)
        solution = scipy.integrate.solve_ivp(
            lambda t, x, target=target: descent(target, x)[0],
            (0.0, 3.0),
            p,
            t_eval=[0.5, 1.0, 3.0],
            rtol=1e-11,
            atol=1e-13,
        )
        expected = target + np.exp(-solution.t)[:, None] * (p - target)
        np.testing.assert_allclose(solution.y.T, expected, atol=1e-9)
        on_geodesic = mixture.geodesic(p, target)(1 - np.exp(-solution.t))
        np.testing.assert_allclose(expected, on_geodesic, atol=1e-14)


def test_reverse_divergence_has_another_steepest_descent():
    """The theorem is of forward KL: for KL(p | q) the e-geodesic is steepest."""
    space = fm.FisherRaoSimplex(3)
    p, target = pairs(4, 1)[0]
    direction = -natural_gradient(space, np.log(p / target), p)
    expected = AlphaConnection(space, 1).log(target, p)
    np.testing.assert_allclose(direction, expected, atol=1e-14)
    forward = descent(target, p)[0]
    cosine = space.metric.inner_product(direction, forward, p)
    cosine = cosine / space.metric.norm(direction, p) / space.metric.norm(forward, p)
    assert 0 < cosine < 0.999
