"""The dually flat structure, its theorems, and the natural gradient."""

import re
from pathlib import Path

import autograd
import mpmath
import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold.geometry import (
    AlphaConnection,
    DualCoordinates,
    alpha_divergence,
    natural_gradient,
)
from fisher_manifold.testing.arrays import wide

from .helpers import array, assert_of, each_dtype, each_library, interior_points, tensor

SPACE = fm.FisherRaoSimplex(4)
METRIC = SPACE.metric
COORDINATES = DualCoordinates(SPACE)
MIXTURE, EXPONENTIAL = AlphaConnection(SPACE, -1), AlphaConnection(SPACE, 1)
DOCS = Path(__file__).parents[2] / "docs" / "dual.md"

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)


def points(n_points=6, seed=0):
    return interior_points(SPACE, n_points, seed)


def kl(p, q):
    return alpha_divergence(p, q, -1)


@each_library
@each_dtype
def test_coordinates_there_and_back(library, dtype):
    p = array(points(), library, dtype)
    natural, expectation = COORDINATES.to_natural(p), COORDINATES.to_expectation(p)
    eps = float(np.finfo(dtype).eps)
    for result, back in (
        (natural, COORDINATES.from_natural(natural)),
        (expectation, COORDINATES.from_expectation(expectation)),
    ):
        assert tuple(result.shape) == (6, 4)
        assert_of(result, library, dtype)
        assert_of(back, library, dtype)
        np.testing.assert_allclose(wide(back), wide(p), rtol=20 * eps, atol=2 * eps)
    np.testing.assert_allclose(
        wide(natural), np.log(points()[:, :-1] / points()[:, -1:]), atol=20 * eps
    )


def test_large_natural_coordinates_do_not_overflow():
    natural = np.array([1e4, 0.0, -1e4, 1e4])
    np.testing.assert_allclose(COORDINATES.from_natural(natural), [0.5, 0, 0, 0.5, 0])
    assert COORDINATES.potential(natural) == pytest.approx(1e4 + np.log(2), rel=1e-15)
    assert COORDINATES.potential(-abs(natural) - 1e4) == 0.0


def test_the_potentials_are_a_legendre_pair():
    p = points()
    natural, expectation = COORDINATES.to_natural(p), COORDINATES.to_expectation(p)
    psi, phi = COORDINATES.potential(natural), COORDINATES.dual_potential(expectation)
    np.testing.assert_allclose(psi, -np.log(p[:, -1]), rtol=1e-14)
    np.testing.assert_allclose(phi, np.sum(p * np.log(p), -1), rtol=1e-14)
    np.testing.assert_allclose(psi + phi, np.sum(natural * expectation, -1), rtol=1e-13)
    other = COORDINATES.to_expectation(points(seed=1))
    pairs = np.sum(natural * other, -1) - COORDINATES.dual_potential(other)
    assert np.all(pairs < psi)  # psi is the supremum


def test_the_coordinates_are_gradients_of_the_potentials():
    for p in points():
        natural, expectation = COORDINATES.to_natural(p), COORDINATES.to_expectation(p)
        for gradient, value, expected in (
            (torch.func.grad(COORDINATES.potential), tensor(natural), expectation),
            (torch.func.grad(COORDINATES.dual_potential), tensor(expectation), natural),
            (autograd.grad(COORDINATES.potential), natural, expectation),
            (autograd.grad(COORDINATES.dual_potential), expectation, natural),
        ):
            np.testing.assert_allclose(gradient(value), expected, rtol=1e-13)


def test_the_hessians_are_the_metric_and_its_inverse():
    p = points(1)[0]
    natural, expectation = COORDINATES.to_natural(p), COORDINATES.to_expectation(p)
    by_natural = torch.func.hessian(COORDINATES.potential)(tensor(natural))
    by_expectation = torch.func.hessian(COORDINATES.dual_potential)(tensor(expectation))
    np.testing.assert_allclose(by_natural @ by_expectation, np.eye(4), atol=1e-13)
    rng = np.random.default_rng(0)
    v, w = (SPACE.to_tangent(rng.normal(size=5), p) for _ in range(2))
    inner = METRIC.inner_product(v, w, p)
    assert v[:4] @ by_expectation.numpy() @ w[:4] == pytest.approx(inner, rel=1e-12)


def test_geodesics_are_straight_in_their_coordinates():
    p, q = points(12).reshape(2, 6, 5)
    t = np.linspace(0, 1, 5)
    for connection, to in (
        (EXPONENTIAL, COORDINATES.to_natural),
        (MIXTURE, COORDINATES.to_expectation),
    ):
        path = to(connection.geodesic(p, q)(t))
        line = to(p)[:, None] + t[:, None] * (to(q) - to(p))[:, None]
        np.testing.assert_allclose(path, line, rtol=1e-12, atol=1e-13)


def test_bregman_divergences_are_kullback_leibler():
    """The definition, in 50 digits."""
    mp = mpmath.MPContext()
    mp.dps = 50
    p, q = points(2)
    a, b = ([mp.mpf(float(x)) for x in v] for v in (p, q))
    a, b = ([x / mp.fsum(v) for x in v] for v in (a, b))
    theta_a, theta_b = ([mp.log(x / v[-1]) for x in v[:-1]] for v in (a, b))
    psi_a, psi_b = (mp.log(1 + mp.fsum(map(mp.exp, x))) for x in (theta_a, theta_b))
    phi_a, phi_b = (mp.fsum(x * mp.log(x) for x in v) for v in (a, b))
    step = mp.fsum(x * (y - z) for x, y, z in zip(b, theta_a, theta_b, strict=False))
    slope = mp.fsum(x * (y - z) for x, y, z in zip(theta_b, a, b, strict=False))
    bregman, dual = psi_a - psi_b - step, phi_a - phi_b - slope
    value = COORDINATES.bregman_divergence(
        COORDINATES.to_natural(p), COORDINATES.to_natural(q)
    )
    assert abs(value / bregman - 1) < 1e-14
    assert value == pytest.approx(kl(q, p), rel=1e-14)
    value = COORDINATES.dual_bregman_divergence(p[:-1], q[:-1])
    assert abs(value / dual - 1) < 1e-14
    assert value == pytest.approx(kl(p, q), rel=1e-14)


def orthogonal_triangle(seed=0):
    """Points p, q, r: m-geodesic p to q and e-geodesic q to r, orthogonal at q."""
    q = points(6, seed)
    rng = np.random.default_rng(seed + 1)
    u, w = (SPACE.to_tangent(rng.normal(size=q.shape), q) for _ in range(2))
    u = u * (0.8 * MIXTURE.exit_time(u, q))[:, None]
    along = METRIC.inner_product(u, w, q) / METRIC.squared_norm(u, q)
    return q + u, q, EXPONENTIAL.exp(w - along[:, None] * u, q)


def test_pythagoras():
    p, q, r = orthogonal_triangle()
    inner = METRIC.inner_product(MIXTURE.log(p, q), EXPONENTIAL.log(r, q), q)
    np.testing.assert_allclose(inner, 0, atol=1e-13)
    np.testing.assert_allclose(kl(p, r), kl(p, q) + kl(q, r), rtol=1e-13)
    assert np.all(kl(p, q) > 1e-4)
    assert not np.allclose(kl(r, p), kl(q, p) + kl(r, q), rtol=1e-3)


def test_the_error_of_pythagoras_is_the_inner_product():
    """KL(p|r) - KL(p|q) - KL(q|r) = -<m-log_q p, e-log_q r>_q for any three points."""
    p, q, r = points(18).reshape(3, 6, 5)
    inner = METRIC.inner_product(MIXTURE.log(p, q), EXPONENTIAL.log(r, q), q)
    np.testing.assert_allclose(kl(p, r) - kl(p, q) - kl(q, r), -inner, atol=1e-13)


def test_projection_on_an_m_convex_set():
    """The nearest q by KL(q | r) satisfies KL(p|r) >= KL(p|q) + KL(q|r) for all p."""
    lowest = 0.15  # the convex set of p with p_0 >= 0.15: r is scaled on both parts
    r = points(30)
    r = r[r[:, 0] < lowest]
    assert len(r) > 5
    rest = r[:, 1:] / r[:, 1:].sum(-1, keepdims=True)
    q = np.concatenate([np.full((len(r), 1), lowest), (1 - lowest) * rest], -1)
    p = points(200, 1)
    p = p[p[:, 0] >= lowest][:, None]
    assert np.all(kl(p, r) >= kl(p, q) + kl(q, r) - 1e-14)
    assert np.all(kl(p, r) >= kl(q, r))


def test_the_e_projection_on_a_mixture_family_is_the_foot_of_the_triangle():
    """r's nearest point on the m-geodesic through q by KL(. | r) is q."""
    p, q, r = orthogonal_triangle()
    for t in (-0.1, 0.1, 0.5):
        assert np.all(kl(q + t * (p - q), r) > kl(q, r))


@each_library
@each_dtype
def test_natural_gradient_represents_the_differential(library, dtype):
    """<grad f, v>_p = df(v), and it is the cometric applied to df."""
    p, rng = points(), np.random.default_rng(0)
    differential = rng.normal(size=p.shape)
    result = natural_gradient(
        SPACE, array(differential, library, dtype), array(p, library, dtype)
    )
    assert_of(result, library, dtype)
    eps = float(np.finfo(dtype).eps)
    matrix = np.einsum("ni,ij->nij", p, np.eye(5)) - p[:, :, None] * p[:, None]
    for cometric in (matrix, METRIC.cometric_matrix(p)):
        expected = np.einsum("nij,nj->ni", cometric, differential)
        np.testing.assert_allclose(wide(result), expected, atol=8 * eps)
    gradient = natural_gradient(SPACE, differential, p)
    v = SPACE.to_tangent(rng.normal(size=(7, *p.shape)), p)
    inner = METRIC.inner_product(gradient, v, p)
    np.testing.assert_allclose(inner, np.sum(differential * v, -1), atol=1e-12)
    shifted = natural_gradient(SPACE, differential + 7.0, p)
    np.testing.assert_allclose(shifted, gradient, atol=1e-14)


def test_natural_gradient_of_the_squared_distance_is_minus_twice_the_log():
    p, q = points(2)
    differential = torch.func.grad(METRIC.squared_dist)(tensor(p), tensor(q))
    gradient = natural_gradient(SPACE, differential.numpy(), p)
    np.testing.assert_allclose(gradient, -2 * METRIC.log(q, p), atol=1e-14)


@pytest.mark.parametrize("alpha", [-1.0, 0.5, 1.0])
def test_natural_gradients_of_divergences_point_along_geodesics(alpha):
    """KL(target | p): minus the gradient is the m-log; KL(p | target): the e-log."""
    p, target = points(2)
    differential = torch.func.grad(alpha_divergence, 1)(
        tensor(target), tensor(p), alpha
    )
    gradient = natural_gradient(SPACE, differential.numpy(), p)
    direction = -AlphaConnection(SPACE, alpha).log(target, p)
    cosine = METRIC.inner_product(gradient, direction, p)
    cosine = cosine / METRIC.norm(gradient, p) / METRIC.norm(direction, p)
    assert cosine == pytest.approx(1.0, rel=1e-12)
    if abs(alpha) == 1:
        np.testing.assert_allclose(gradient, direction, atol=1e-14)


def test_no_direction_of_unit_norm_descends_faster():
    """The theorem behind Fisher-Flow, for KL(target | p) and 10 000 competitors."""
    rng = np.random.default_rng(0)
    for p, target in points(12).reshape(6, 2, 5):
        differential = torch.func.grad(kl, 1)(tensor(target), tensor(p)).numpy()
        best = -natural_gradient(SPACE, differential, p)
        best = best / METRIC.norm(best, p)
        other = SPACE.to_tangent(rng.normal(size=(10_000, 5)), p)
        other = other / METRIC.norm(other, p)[:, None]
        step = 1e-4
        fall = kl(target, p) - kl(target, p + step * best)
        assert np.all(kl(target, p) - kl(target, p + step * other) < fall * (1 + step))
        assert fall / step == pytest.approx(
            METRIC.norm(natural_gradient(SPACE, differential, p), p), rel=1e-3
        )
        steepest = SPACE.to_tangent(-differential, np.full(5, 0.2))  # Euclidean
        steepest = steepest / METRIC.norm(steepest, p)
        assert kl(target, p) - kl(target, p + step * steepest) < fall


def test_natural_gradient_at_the_boundary_is_along_the_face():
    p, target = np.array([0.0, 0.25, 0.75]), np.array([0.25, 0.25, 0.5])
    space = fm.FisherRaoSimplex(2)
    for at_zero in (-np.inf, np.nan, 5.0):
        differential = np.array([at_zero, -1.0, -2.0 / 3.0])
        gradient = natural_gradient(space, differential, p)
        np.testing.assert_allclose(gradient, [0, -0.0625, 0.0625], atol=1e-16)
    assert np.all(natural_gradient(space, target, np.eye(3)[0]) == 0)


def test_bad_input():
    p = points(1)[0]
    with pytest.raises(TypeError, match="expected a FisherRaoSimplex"):
        DualCoordinates(fm.PositiveHypersphere(2))
    with pytest.raises(TypeError, match="expected a FisherRaoSimplex"):
        natural_gradient(fm.PositiveHypersphere(4), p, p)
    with pytest.raises(TypeError, match="one library"):
        natural_gradient(SPACE, tensor(p), p)
    with pytest.raises(ValueError, match="differential of shape"):
        natural_gradient(SPACE, p[:-1], p)
    for name in ("from_natural", "from_expectation", "potential", "dual_potential"):
        with pytest.raises(ValueError, match=r"of shape \[..., 4\]"):
            getattr(COORDINATES, name)(p)
    for name in ("to_natural", "to_expectation"):
        with pytest.raises(ValueError, match=r"of shape \[..., 5\]"):
            getattr(COORDINATES, name)(p[:-1])
    with pytest.raises(TypeError, match="numpy array or torch"):
        COORDINATES.to_natural([0.2] * 5)
    assert repr(COORDINATES) == "DualCoordinates(FisherRaoSimplex(dim=4))"


def test_the_example_in_the_documentation_runs():
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], str(DOCS), "exec"), {})
