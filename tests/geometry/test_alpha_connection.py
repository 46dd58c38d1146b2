"""Geodesics and transport of alpha-connections: equations, closed forms, gradients."""

import autograd
import numpy as np
import pytest
import torch
from geomstats.geometry.connection import Connection
from scipy.integrate import solve_ivp
from torch.autograd import gradcheck, gradgradcheck

import fisher_manifold as fm
from fisher_manifold.geometry import AlphaConnection
from fisher_manifold.geometry.dual.quadrature import PowerGeodesics
from fisher_manifold.testing.arrays import wide

from .alpha_helpers import (
    METRIC,
    SPACE,
    each_alpha,
    few_alphas,
    points,
    short_vectors,
)
from .helpers import array, assert_of, each_dtype, each_library, tensor

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)


def solve(alpha, point, velocity, vec=None):
    """Integrate the equations of the geodesic and of transport along it."""
    vec = velocity if vec is None else vec

    def rates(_, state):
        x, dx, w = state.reshape(3, -1)
        acceleration = dx * dx / x - x * np.sum(dx * dx / x)
        change = dx * w / x - x * np.sum(dx * w / x)
        half = (1 + alpha) / 2
        return np.concatenate([dx, half * acceleration, half * change])

    state = np.concatenate([point, velocity, vec])
    options = {"rtol": 1e-11, "atol": 1e-13, "method": "DOP853"}
    return solve_ivp(rates, (0, 1), state, **options).y[:, -1].reshape(3, -1)


@each_alpha
def test_exp_and_transport_solve_their_equations(alpha):
    connection, p = AlphaConnection(SPACE, alpha), points()
    v, w = short_vectors(p), short_vectors(p, 2)
    end, moved = connection.exp(v, p), connection.parallel_transport(w, p, v)
    for i in range(len(p)):
        solved = solve(alpha, p[i], v[i], w[i])
        np.testing.assert_allclose(end[i], solved[0], rtol=0, atol=1e-11)
        np.testing.assert_allclose(moved[i], solved[2], rtol=0, atol=1e-10)


@each_alpha
@each_library
@each_dtype
def test_round_trips(alpha, library, dtype):
    connection = AlphaConnection(SPACE, alpha)
    p, q = points(12).reshape(2, 6, 5)
    a, b = array(p, library, dtype), array(q, library, dtype)
    vec = connection.log(b, a)
    end = connection.exp(vec, a)
    path = connection.geodesic(a, b)
    for result in (vec, end, path([0.0, 0.5])):
        assert_of(result, library, dtype)
    # Near a wall points move faster than y = p^beta where beta > 1 (and log p where
    # beta < 0): errors grow with the inverse of the smallest entry.
    wall = min(p.min(), q.min()) if abs(alpha) > 1 else 1.0
    atol = 20 * float(np.finfo(dtype).eps) / wall
    np.testing.assert_allclose(wide(end), wide(b), rtol=0, atol=atol)
    np.testing.assert_allclose(wide(path(1.0)[:, 0]), wide(b), rtol=0, atol=atol)
    np.testing.assert_allclose(wide(path(0.0)[:, 0]), wide(a), rtol=0, atol=atol)
    middle = connection.exp(0.3 * vec, a)
    np.testing.assert_allclose(wide(path(0.3)[:, 0]), wide(middle), rtol=0, atol=atol)
    back = connection.geodesic(b, a)(0.7)[:, 0]
    np.testing.assert_allclose(wide(back), wide(middle), rtol=0, atol=atol)


@each_alpha
def test_log_of_nearby_points_is_their_difference(alpha):
    connection, p = AlphaConnection(SPACE, alpha), points()
    v = short_vectors(p)
    for scale in (1e-4, 1e-8, 1e-12):
        q = p + scale * v
        vec = connection.log(q, p)
        gamma = connection.christoffels(p)
        step = SPACE.to_tangent(q - p, p)  # sums are 1 only up to rounding
        second = 0.5 * np.einsum("nkij,ni,nj->nk", gamma, step, step)
        vec = SPACE.to_tangent(vec, p)
        third = 100 * scale**3 + 1e-15 * scale
        np.testing.assert_allclose(vec, step + second, rtol=0, atol=third)


def test_mixture_and_exponential_geodesics_are_straight_lines():
    p, q = points(12).reshape(2, 6, 5)
    t = np.array([0.0, 0.25, 0.9, 1.0])
    mixture = AlphaConnection(SPACE, -1).geodesic(p, q)(t)
    expected = (1 - t)[:, None] * p[:, None] + t[:, None] * q[:, None]
    np.testing.assert_allclose(mixture, expected, rtol=1e-15)
    exponential = AlphaConnection(SPACE, 1).geodesic(p, q)(t)
    expected = p[:, None] ** (1 - t)[:, None] * q[:, None] ** t[:, None]
    expected /= expected.sum(-1, keepdims=True)
    np.testing.assert_allclose(exponential, expected, rtol=1e-14)
    w = short_vectors(p)
    moved = AlphaConnection(SPACE, 1).parallel_transport(w, p, end_point=q)
    expected = q * (w / p - np.sum(q * w / p, -1, keepdims=True))
    np.testing.assert_allclose(moved, expected, rtol=1e-13, atol=1e-16)


def test_zero_is_the_connection_of_the_metric():
    connection = AlphaConnection(SPACE, 0)
    nearby = PowerGeodesics(1e-300)  # the quadrature, where the answer is known
    p, q = points(12).reshape(2, 6, 5)
    v, w = METRIC.log(q, p), short_vectors(p)
    end, moved = METRIC.exp(v, p), METRIC.parallel_transport(w, p, end_point=q)
    middle = METRIC.geodesic(p, q)([0.3, 0.8])
    for ours in (connection.exp(v, p), nearby.follow(v, p)):
        np.testing.assert_allclose(ours, end, atol=1e-15)
    for ours in (connection.log(q, p), nearby.log(q, p)):
        np.testing.assert_allclose(ours, v, atol=1e-15)
    times = np.array([[0.3], [0.8]])
    between = nearby.between(p[:, None], q[:, None], times)
    for ours in (connection.geodesic(p, q)([0.3, 0.8]), between):
        np.testing.assert_allclose(ours, middle, atol=1e-15)
    for rule in (connection.parallel_transport, nearby.transport):
        np.testing.assert_allclose(rule(w, p, end_point=q), moved, atol=2e-15)
        np.testing.assert_allclose(rule(w, p, direction=v), moved, atol=2e-15)
    exit_time = METRIC.exit_time(v, p)
    for ours in (connection.exit_time(v, p), nearby.exit_time(v, p)):
        np.testing.assert_allclose(ours, exit_time, rtol=1e-14)
    np.testing.assert_allclose(
        connection.injectivity_radius(p), 2 * np.arcsin(np.sqrt(p.min(-1)))
    )


@pytest.mark.parametrize("limit", [-1.0, 0.0, 1.0])
def test_the_quadrature_tends_to_the_closed_forms(limit):
    """Continuous in alpha: 1e-8 away from a closed form the difference is ~ 1e-8."""
    p, q = points(12).reshape(2, 6, 5)
    w = short_vectors(p)
    exact = AlphaConnection(SPACE, limit)
    for alpha in (limit - 1e-8, limit + 1e-8):
        near = AlphaConnection(SPACE, alpha)
        for one, other in (
            (near.log(q, p), exact.log(q, p)),
            (near.geodesic(p, q)([0.4]), exact.geodesic(p, q)([0.4])),
            (
                near.parallel_transport(w, p, end_point=q),
                exact.parallel_transport(w, p, end_point=q),
            ),
        ):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)


def cases(alpha):
    connection = AlphaConnection(fm.FisherRaoSimplex(2), alpha)
    p, q = points(2, fm.FisherRaoSimplex(2))
    v = short_vectors(p, space=fm.FisherRaoSimplex(2))
    functions = [
        (connection.exp, (v, p)),
        (connection.exp, (0 * v, p)),
        (connection.log, (q, p)),
        (connection.log, (p, p)),
        (lambda a, b: connection.geodesic(a, b)([0.3, 1.0]), (p, q)),
        (lambda t: connection.geodesic(tensor(p), tensor(q))(t), (np.array([0.2]),)),
        (connection.parallel_transport, (v, p, v)),
        (lambda w, a, b: connection.parallel_transport(w, a, None, b), (v, p, q)),
    ]
    return functions if alpha >= 1 else [*functions, (connection.exit_time, (v, p))]


@few_alphas
def test_derivatives(alpha):
    for function, values in cases(alpha):
        arguments = tuple(tensor(value).clone().requires_grad_() for value in values)
        assert gradcheck(function, arguments)
        assert gradgradcheck(function, arguments, fast_mode=True)


@few_alphas
def test_autograd_and_vmap_agree_with_torch(alpha):
    for function, values in cases(alpha):
        if len(values) == 1:
            continue
        tensors = [tensor(value) for value in values]
        for i in range(len(values)):
            jacobian = autograd.jacobian(function, i)(*values)
            expected = torch.func.jacrev(function, i)(*tensors)
            np.testing.assert_allclose(jacobian, expected, rtol=1e-10, atol=1e-11)
        batched = torch.func.vmap(function)(*[torch.stack([x, x]) for x in tensors])
        torch.testing.assert_close(batched[1], function(*tensors))


@few_alphas
def test_any_batch_shapes_broadcast(alpha):
    connection = AlphaConnection(SPACE, alpha)
    many = points()
    p, q = many[:2, None], many[None, 2:5]
    v = 0.1 * connection.log(q, p)
    assert v.shape == (2, 3, 5)
    path = connection.geodesic(p, q)([0.2, 0.6])
    assert path.shape == (2, 3, 2, 5)
    shot = connection.geodesic(p, initial_tangent_vec=v)([0.5])
    moved = connection.parallel_transport(v, p, end_point=q)
    turned = connection.parallel_transport(v, p, direction=v)
    assert connection.exp(v, p).shape == moved.shape == turned.shape == (2, 3, 5)
    assert connection.exit_time(v, p).shape == (2, 3)
    assert connection.geodesic(p, p)(0.5).shape == (2, 1, 1, 5)
    for i in range(2):
        for j in range(3):
            a, b = p[i, 0], q[0, j]
            one = connection.geodesic(a, b)([0.2, 0.6])
            np.testing.assert_allclose(one, path[i, j], rtol=1e-12)
            half = connection.exp(0.5 * v[i, j], a)
            np.testing.assert_allclose(half, shot[i, j, 0], rtol=1e-12)
            vec = connection.parallel_transport(v[i, j], a, end_point=b)
            np.testing.assert_allclose(vec, moved[i, j], rtol=1e-10, atol=1e-15)


def test_bad_input():
    connection, p = AlphaConnection(SPACE, 0.5), points(1)[0]
    for name in ("exp", "log", "exit_time"):
        with pytest.raises(ValueError, match="of shape"):
            getattr(connection, name)(p[:-1], p)
        with pytest.raises(TypeError, match="dtype"):
            getattr(connection, name)(p.astype("float32"), p)
        with pytest.raises(TypeError, match="one library"):
            getattr(connection, name)(tensor(p), p)
    with pytest.raises(ValueError, match="neither"):
        connection.geodesic(p)
    with pytest.raises(ValueError, match="both"):
        connection.geodesic(p, p, p)
    with pytest.raises(ValueError, match="neither"):
        connection.parallel_transport(p, p)
    with pytest.raises(ValueError, match="times between 0 and 1"):
        connection.geodesic(p, p)([0.5, 1.5])
    with pytest.raises(ValueError, match="of shape"):
        connection.christoffels(p[:-1])
    with pytest.raises(ValueError, match="of shape"):
        connection.geodesic_equation(p)
    with pytest.raises(TypeError, match="expected a FisherRaoSimplex"):
        AlphaConnection(fm.PositiveHypersphere(2), 0.5)
    with pytest.raises(ValueError, match="finite alpha"):
        AlphaConnection(SPACE, np.inf)


def test_is_a_connection_of_geomstats():
    connection = AlphaConnection(SPACE, alpha=0.5)
    assert isinstance(connection, Connection)
    assert repr(connection) == "AlphaConnection(FisherRaoSimplex(dim=4), alpha=0.5)"
