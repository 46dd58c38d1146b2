"""Alpha-divergences against 50 digits, special cases, duality and derivatives."""

import autograd
import mpmath
import numpy as np
import pytest
import torch
from scipy.special import rel_entr

import fisher_manifold as fm
from fisher_manifold.geometry import alpha_divergence
from fisher_manifold.metrics import kl_divergence

from .helpers import array, assert_of, each_dtype, each_library, interior_points, tensor

ALPHAS = (-3.0, -1.5, -1.0, -0.999999, -0.5, 0.0, 0.3, 0.999999, 1.0, 2.0, 3.0)
each_alpha = pytest.mark.parametrize("alpha", ALPHAS)


mp = mpmath.MPContext()  # of its own: other tests may set mpmath's global precision
mp.dps = 50

# Torch's Hessians call its own deprecated compiler on first use.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)


def exact(values):
    """Floating point numbers without rounding."""
    return [mp.mpf(float(value)) for value in values]


def oracle(p, q, alpha):
    """Divergence of positive measures, in 50 digits; normalised they are the usual."""
    p, q = exact(p), exact(q)
    beta, gamma = (1 - mp.mpf(alpha)) / 2, (1 + mp.mpf(alpha)) / 2
    if beta == 0:
        p, q, beta, gamma = q, p, gamma, beta
    if gamma == 0:
        parts = [
            x * mp.log(x / y) - x + y if x else y for x, y in zip(p, q, strict=True)
        ]
        return mp.fsum(parts)
    parts = [
        beta * x + gamma * y - x**beta * y**gamma for x, y in zip(p, q, strict=True)
    ]
    return mp.fsum(parts) / (beta * gamma)


def nearby(dim, separation, dtype, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(dim + 1, 2.0))
    q = p * (1 + separation * rng.normal(size=dim + 1))
    return p.astype(dtype), (q / q.sum()).astype(dtype)


@each_alpha
@each_library
@each_dtype
@pytest.mark.parametrize("dim", [1, 9, 300])
def test_nearby_points_against_50_digits(alpha, library, dtype, dim):
    eps = np.finfo(dtype).eps
    for separation in (1e-12, 1e-8, 1e-4, 0.1) if dtype == "float64" else (1e-5, 0.1):
        p, q = nearby(dim, separation, dtype)
        value = alpha_divergence(
            array(p, library, dtype), array(q, library, dtype), alpha
        )
        assert_of(value, library, dtype)
        expected = oracle(p, q, alpha)
        assert abs(mp.mpf(float(value)) / expected - 1) < 50 * eps


@each_alpha
def test_distant_points_and_tiny_entries_against_50_digits(alpha):
    rng = np.random.default_rng(0)
    tiny = np.array([1e-8, 1e-30, 0.25, 0.75])
    small = 1e-300 if abs(alpha) <= 1.5 else 1e-80  # else the divergence overflows
    pairs = [rng.dirichlet(np.full(n, 0.5), size=2) for n in (2, 3, 30)]
    pairs += [(tiny, tiny[::-1]), (np.array([small, 1.0]), np.array([1.0, small]))]
    for p, q in pairs:
        value = alpha_divergence(p, q, alpha)
        assert abs(mp.mpf(float(value)) / oracle(p, q, alpha) - 1) < 1e-13


@each_alpha
def test_the_textbook_formula_on_normalised_points(alpha):
    rng = np.random.default_rng(1)
    a, b = rng.dirichlet(np.ones(5), size=2)
    p, q = ([x / mp.fsum(exact(v)) for x in exact(v)] for v in (a, b))
    if abs(alpha) == 1:
        p, q = (p, q) if alpha < 0 else (q, p)
        expected = mp.fsum(x * mp.log(x / y) for x, y in zip(p, q, strict=True))
    else:
        beta = (1 - mp.mpf(alpha)) / 2
        total = mp.fsum(x**beta * y ** (1 - beta) for x, y in zip(p, q, strict=True))
        expected = (1 - total) * 4 / (1 - mp.mpf(alpha) ** 2)
    assert abs(alpha_divergence(a, b, alpha) / expected - 1) < 1e-14


@pytest.mark.parametrize(
    ("alpha", "p", "q", "expected"),
    [
        (-1, [1, 0], [0.25, 0.75], np.log(4)),
        (-1, [0.5, 0.5], [1, 0], np.inf),
        (1, [0.5, 0.5], [1, 0], np.log(2)),
        (1, [1, 0], [0.25, 0.75], np.inf),
        (0, [1, 0], [0, 1], 4),
        (0.5, [1, 0], [0, 1], 16 / 3),
        (-0.5, [1, 0], [0, 1], 16 / 3),
        (0, [0.5, 0.5, 0], [0, 0.5, 0.5], 2),
        (3, [1, 0], [0, 1], np.inf),
        (3, [0.5, 0.5], [1, 0], 0.5),
        (-3, [1, 0], [0.5, 0.5], 0.5),
        (-3, [0.5, 0.5], [1, 0], np.inf),
        *[(alpha, [0, 1, 0], [0, 1, 0], 0) for alpha in ALPHAS],
    ],
)
@each_library
@each_dtype
def test_boundary(alpha, p, q, expected, library, dtype):
    value = alpha_divergence(array(p, library, dtype), array(q, library, dtype), alpha)
    assert float(value) == pytest.approx(expected, rel=float(4 * np.finfo(dtype).eps))


@each_alpha
def test_duality_broadcasting_and_zero_at_equal_points(alpha):
    points = interior_points(fm.FisherRaoSimplex(4), 5)
    p, q = points[:2, None], points[None, 2:]
    value = alpha_divergence(p, q, alpha)
    assert value.shape == (2, 3)
    assert np.all(value > 0)
    dual = alpha_divergence(q, p, -alpha)
    np.testing.assert_allclose(value, dual, rtol=1e-14)
    np.testing.assert_array_equal(alpha_divergence(p, p, alpha), 0.0)
    for i in range(2):
        for j in range(3):
            one = alpha_divergence(points[i], points[2 + j], alpha)
            np.testing.assert_allclose(one, value[i, j], rtol=1e-15)


def test_members_of_the_family():
    p, q = interior_points(fm.FisherRaoSimplex(6), 20).reshape(2, 10, 7)
    np.testing.assert_allclose(alpha_divergence(p, q, -1), kl_divergence(p, q))
    np.testing.assert_allclose(alpha_divergence(p, q, 1), rel_entr(q, p).sum(-1))
    hellinger = np.sum((np.sqrt(p) - np.sqrt(q)) ** 2, -1)
    np.testing.assert_allclose(alpha_divergence(p, q, 0), 2 * hellinger)
    chi_squared = np.sum((p - q) ** 2 / p, -1)
    np.testing.assert_allclose(alpha_divergence(p, q, 3), chi_squared / 2)
    angle = fm.FisherRaoSimplex(6).metric.dist(p, q) / 2
    np.testing.assert_allclose(alpha_divergence(p, q, 0), 4 * (1 - np.cos(angle)))


@pytest.mark.parametrize("limit", [-1.0, 1.0])
def test_continuous_in_alpha(limit):
    p, q = interior_points(fm.FisherRaoSimplex(6), 2)
    at, step = alpha_divergence(p, q, limit), 1e-7
    slopes = [(alpha_divergence(p, q, limit + h) - at) / h for h in (-step, step)]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-5)


@each_alpha
def test_gradient(alpha):
    """d/dp_i = (1 - (q_i / p_i)^gamma) / gamma for positive measures."""
    space = fm.FisherRaoSimplex(4)
    p, q = interior_points(space, 2)
    gamma = (1 + alpha) / 2
    for other in (q, p + 1e-9 * (q - p), p):
        first = torch.func.grad(alpha_divergence)(tensor(p), tensor(other), alpha)
        difference = -np.log1p((other - p) / p)
        expected = -np.expm1(-gamma * difference) / gamma if gamma else difference
        np.testing.assert_allclose(first, expected, rtol=1e-12, atol=1e-20)
        second = torch.func.grad(alpha_divergence, 1)(tensor(other), tensor(p), -alpha)
        np.testing.assert_allclose(second, expected, rtol=1e-12, atol=1e-20)
        boxed = autograd.grad(alpha_divergence)(p, other, alpha)
        np.testing.assert_allclose(boxed, expected, rtol=1e-12, atol=1e-20)


@each_alpha
def test_gradient_is_finite_at_the_boundary(alpha):
    face, inside = tensor([0.0, 0.25, 0.75]), tensor([0.25, 0.25, 0.5])
    for p, q in ((face, inside), (inside, face), (face, face)):
        if not torch.isfinite(alpha_divergence(p, q, alpha)):
            continue
        for argument in (0, 1):
            gradient = torch.func.grad(alpha_divergence, argument)(p, q, alpha)
            assert torch.isfinite(gradient).all()


@each_alpha
def test_the_metric_is_the_hessian_at_the_diagonal(alpha):
    space = fm.FisherRaoSimplex(3)
    p = tensor(interior_points(space, 1)[0])
    metric = torch.diag(1 / p)
    hessians = torch.func.hessian(alpha_divergence, (0, 1))(p, p, alpha)
    torch.testing.assert_close(hessians[0][0], metric, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(hessians[1][1], metric, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(hessians[0][1], -metric, rtol=1e-12, atol=1e-12)


@each_alpha
def test_half_the_squared_distance_to_second_order(alpha):
    space = fm.FisherRaoSimplex(9)
    p, q = interior_points(space, 2)
    near = p + 1e-6 * (q - p)
    ratio = alpha_divergence(p, near, alpha) / space.metric.squared_dist(p, near)
    assert ratio == pytest.approx(0.5, rel=1e-4)


@each_alpha
def test_vmap(alpha):
    p, q = (
        tensor(part)
        for part in interior_points(fm.FisherRaoSimplex(3), 8).reshape(2, 4, 4)
    )
    batched = torch.func.vmap(lambda a, b: alpha_divergence(a, b, alpha))(p, q)
    torch.testing.assert_close(batched, alpha_divergence(p, q, alpha))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0.5, 0.5], np.ones(2) / 2, 0), TypeError, "point_a to be a numpy array"),
        ((0.5, np.ones(2) / 2, 0), TypeError, "point_a to be a numpy array"),
        ((np.array(0.5), np.ones(2) / 2, 0), ValueError, "n_categories"),
        ((np.array([1, 0]), np.ones(2) / 2, 0), TypeError, "floating point"),
        ((np.ones(2) / 2, np.ones(3) / 3, 0), ValueError, "point_b of shape"),
        ((np.ones(2) / 2, np.ones(2, "float32") / 2, 0), TypeError, "dtype"),
        ((np.ones(2) / 2, torch.ones(2) / 2, 0), TypeError, "one library"),
        ((np.ones(2) / 2, np.ones(2) / 2, np.nan), ValueError, "finite alpha"),
        ((np.ones(2) / 2, np.ones(2) / 2, np.inf), ValueError, "finite alpha"),
        ((np.ones(2) / 2, np.ones(2) / 2, "KL"), ValueError, "alpha"),
        ((np.ones(2) / 2, np.ones(2) / 2, None), TypeError, "alpha to be a number"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises((error, TypeError), match=message):
        alpha_divergence(*arguments)
