"""Duality, tensors and curvature of alpha-connections."""

import geomstats.backend as gs
import numpy as np
import pytest
import torch
from geomstats.geometry.connection import Connection
from scipy.integrate import solve_ivp

import fisher_manifold as fm
from fisher_manifold.geometry import AlphaConnection, alpha_divergence

from .alpha_helpers import METRIC, SPACE, each_alpha, few_alphas, points, short_vectors
from .helpers import interior_points, tangents, tensor

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)


@each_alpha
def test_geodesic_equation_is_that_of_the_christoffels(alpha):
    connection, p = AlphaConnection(SPACE, alpha), points()
    v = short_vectors(p)
    state = np.stack([p, v], axis=-2)
    rate = connection.geodesic_equation(state)
    gamma = connection.christoffels(p)
    np.testing.assert_array_equal(gamma, np.swapaxes(gamma, -1, -2))  # no torsion
    acceleration = -np.einsum("nkij,ni,nj->nk", gamma, v, v)
    np.testing.assert_allclose(rate[:, 0], v)
    np.testing.assert_allclose(rate[:, 1], acceleration, atol=1e-15)
    upstream = Connection.geodesic_equation(connection, gs.array(state))
    np.testing.assert_allclose(rate, upstream, atol=1e-15)
    h = 1e-4
    path = connection.geodesic(p, initial_tangent_vec=v)([-h, 0.0, h])
    second = (path[:, 0] - 2 * path[:, 1] + path[:, 2]) / h**2
    np.testing.assert_allclose(second, acceleration, atol=1e-6)


@each_alpha
def test_alpha_and_minus_alpha_are_dual(alpha):
    """X <Y, Z> = <nabla_X Y, Z> + <Y, nabla*_X Z>, by finite differences."""
    connection = AlphaConnection(SPACE, alpha)
    assert connection.dual.alpha == -alpha
    p, rng = points(), np.random.default_rng(3)
    x, (f, g) = short_vectors(p), rng.normal(size=(2, 5, 5))

    def field(matrix, at):
        return SPACE.to_tangent(at * (at @ matrix), at)

    def covariant(connection, matrix):
        change = (field(matrix, p + h * x) - field(matrix, p - h * x)) / (2 * h)
        gamma = connection.christoffels(p)
        return change + np.einsum("nkij,ni,nj->nk", gamma, x, field(matrix, p))

    def inner(at):
        return METRIC.inner_product(field(f, at), field(g, at), at)

    h = 1e-5
    derivative = (inner(p + h * x) - inner(p - h * x)) / (2 * h)
    first = METRIC.inner_product(covariant(connection, f), field(g, p), p)
    second = METRIC.inner_product(field(f, p), covariant(connection.dual, g), p)
    np.testing.assert_allclose(first + second, derivative, rtol=1e-7, atol=1e-9)


@each_alpha
def test_dual_transports_along_the_same_curve_keep_inner_products(alpha):
    """The transport of -alpha along the alpha-geodesic, by its equation."""
    p = points()
    v, w, u = (short_vectors(p, seed) for seed in (1, 2, 3))
    connection = AlphaConnection(SPACE, alpha)
    end, moved = connection.exp(v, p), connection.parallel_transport(w, p, v)
    for i in range(len(p)):
        line = connection.geodesic(p[i], initial_tangent_vec=v[i])

        def rate(t, y, line=line, h=1e-5):
            x, (late, early) = line(t)[0], line([t + h, t - h])
            dx = (late - early) / (2 * h)
            change = dx * y / x - x * np.sum(dx * y / x)
            return (1 - alpha) / 2 * change

        dual = solve_ivp(rate, (0, 1), u[i], rtol=1e-9, atol=1e-12).y[:, -1]
        after = METRIC.inner_product(moved[i], dual, end[i])
        before = METRIC.inner_product(w[i], u[i], p[i])
        assert after == pytest.approx(before, rel=1e-6, abs=1e-9)


def test_mixture_and_exponential_transports_are_dual():
    p, q = points(12).reshape(2, 6, 5)
    v, w = short_vectors(p), short_vectors(p, 2)
    exponential = AlphaConnection(SPACE, 1).parallel_transport(v, p, end_point=q)
    mixture = AlphaConnection(SPACE, -1).parallel_transport(w, p, end_point=q)
    after = METRIC.inner_product(exponential, mixture, q)
    np.testing.assert_allclose(after, METRIC.inner_product(v, w, p), rtol=1e-12)


@each_alpha
def test_difference_to_levi_civita_is_the_amari_chentsov_tensor(alpha):
    """<nabla^alpha - nabla^0>(u, v), w> = -alpha / 2 sum_i u_i v_i w_i / p_i^2."""
    p = points()
    u, v, w = (short_vectors(p, seed) for seed in (1, 2, 3))
    difference = AlphaConnection(SPACE, alpha).christoffels(p) - METRIC.christoffels(p)
    lowered = np.einsum("nkij,ni,nj,nk->n", difference, u, v, w / p)
    expected = -alpha / 2 * np.sum(u * v * w / p**2, -1)
    np.testing.assert_allclose(lowered, expected, rtol=1e-11, atol=1e-16)


@each_alpha
def test_the_divergence_induces_the_connection(alpha):
    """-d_u d_v d'_w D_alpha(p | q) = <nabla_u v, w> at p = q (Eguchi 1983)."""
    p = points(1)
    u, v, w = (tensor(short_vectors(p, seed)[0]) for seed in (1, 2, 3))
    base = tensor(p[0])

    def moved(a, b, c):
        return alpha_divergence(base + a * u + b * v, base + c * w, alpha)

    zero = tensor(0.0)
    third = torch.func.grad(torch.func.grad(torch.func.grad(moved, 0), 1), 2)
    gamma = AlphaConnection(SPACE, alpha).christoffels(p)[0]
    lowered = np.einsum("kij,i,j,k->", gamma, u.numpy(), v.numpy(), (w / base).numpy())
    assert -float(third(zero, zero, zero)) == pytest.approx(lowered, rel=1e-9)


@each_alpha
def test_curvature_is_that_of_the_christoffels(alpha):
    """R(a, b) c, written out with Christoffel symbols and their derivatives."""
    connection, p = AlphaConnection(SPACE, alpha), points(1)[0]
    a, b, c = (SPACE.to_tangent(np.eye(5)[i], p) for i in range(3))
    gamma = connection.christoffels(p)
    change = torch.func.jacrev(connection.christoffels)(tensor(p)).numpy()
    twice = np.einsum("kim,mjl->kijl", gamma, gamma)
    tensor_ = np.einsum("kjli->kijl", change) + twice
    tensor_ = tensor_ - np.swapaxes(tensor_, 1, 2)
    expected = np.einsum("kijl,i,j,l->k", tensor_, a, b, c)
    result = connection.curvature(a, b, c, p)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-13)
    if abs(alpha) == 1:
        assert not np.any(result)
    if alpha == 0:
        np.testing.assert_allclose(result, METRIC.curvature(a, b, c, p))


@few_alphas
def test_pole_ladder_of_geomstats_approximates_the_transport(alpha):
    connection, p = AlphaConnection(SPACE, alpha), points(2)
    v, w = short_vectors(p[0]), short_vectors(p[0], 2)
    end = connection.exp(v, p[0])
    exact = connection.parallel_transport(w, p[0], end_point=end)
    ladder = connection.ladder_parallel_transport(w, p[0], v, n_rungs=20)
    np.testing.assert_allclose(ladder["transported_tangent_vec"], exact, atol=1e-4)


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 1.0])
def test_injectivity_radius_is_the_first_exit_at_unit_speed(alpha):
    connection, p = AlphaConnection(SPACE, alpha), points()
    radius = connection.injectivity_radius(p)
    rng = np.random.default_rng(0)
    vec = SPACE.to_tangent(rng.normal(size=(2000, *p.shape)), p)
    times = connection.exit_time(vec / METRIC.norm(vec, p)[..., None], p)
    assert np.all(times >= radius * (1 - 1e-14))
    if alpha == 1:
        return
    away = SPACE.to_tangent(-np.eye(5)[p.argmin(-1)] * p, p)
    away = away / METRIC.norm(away, p)[..., None]
    np.testing.assert_allclose(connection.exit_time(away, p), radius, rtol=1e-13)


def test_injectivity_radius_of_others_is_not_known():
    with pytest.raises(NotImplementedError, match="exit_time"):
        AlphaConnection(SPACE, 0.5).injectivity_radius(points())
    assert np.all(np.isinf(AlphaConnection(SPACE, 2).injectivity_radius(points())))


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 0.5, 1.0, 2.0])
def test_tensors_are_those_of_the_curvature(alpha):
    """Traces over the tangent space only, not over the normal of the ambient space."""
    simplex = fm.FisherRaoSimplex(3)
    connection = AlphaConnection(simplex, alpha)
    point = interior_points(simplex, 1)[0]
    a, b, c = (tangents(simplex, point, seed) for seed in (1, 2, 3))
    riemann = connection.riemann_tensor(point)
    turned = np.einsum("ijkl,i,j,k->l", riemann, c, a, b)
    np.testing.assert_allclose(turned, connection.curvature(a, b, c, point), atol=1e-14)
    frame = simplex.metric.normal_basis(base_point=point)
    traced = connection.curvature(frame, a, b, point)
    expected = simplex.metric.inner_product(traced, frame, point).sum()
    actual = b @ connection.ricci_tensor(point) @ a
    assert actual == pytest.approx(expected, abs=1e-14)


def test_alpha_is_bounded():
    with pytest.raises(ValueError, match="between -10 and 10"):
        AlphaConnection(fm.FisherRaoSimplex(2), 11.0)
