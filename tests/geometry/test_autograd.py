"""Derivatives through autograd, which geomstats' autograd backend uses."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import torch

from .helpers import SMALL_SPACES, interior_points, tangents, tensor

# Torch's Hessians call its own deprecated compiler on first use.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

each_space = pytest.mark.parametrize("space", SMALL_SPACES, ids=repr)


@each_space
@pytest.mark.parametrize("name", ["dist", "squared_dist"])
def test_gradients_of_distances_equal_those_of_torch(space, name):
    a, b = interior_points(space, 2)
    function = getattr(space.metric, name)
    for one, other in ((a, b), (a, a)):
        for argument in (0, 1):
            gradient = autograd.grad(function, argument)(one, other)
            expected = torch.func.grad(function, argument)(tensor(one), tensor(other))
            np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-15)


@each_space
def test_jacobians_equal_those_of_torch(space):
    metric = space.metric
    a, b = interior_points(space, 2)
    vec = tangents(space, a)

    def transport(vec, base_point, end_point):
        return metric.parallel_transport(vec, base_point, end_point=end_point)

    def along(vec, base_point, direction):
        return metric.parallel_transport(vec, base_point, direction=direction)

    def geodesic(base_point, end_point):
        return metric.geodesic(base_point, end_point)([0.3, 0.8])

    def velocity(base_point, end_point, t):
        return metric.geodesic_state(base_point, end_point, t)[1]

    for function, arguments in (
        (metric.log, (b, a)),
        (metric.log, (a, a)),
        (metric.exp, (vec, a)),
        (metric.exp, (0.0 * vec, a)),
        (transport, (vec, a, b)),
        (along, (vec, a, 0.5 * vec)),
        (along, (vec, a, 0.0 * vec)),
        (geodesic, (a, b)),
        (velocity, (a, b, np.array(0.3))),
        (space.to_tangent, (vec, a)),
        (space.projection, (a,)),
        (metric.squared_dist_to_vertices, (a,)),
        (metric.mean_log_to_vertices, (b, a)),
        (metric.exit_time, (vec, a)),
    ):
        for i in range(len(arguments)):
            jacobian = autograd.jacobian(function, i)(*arguments)
            tensors = [tensor(value) for value in arguments]
            expected = torch.func.jacrev(function, i)(*tensors)
            np.testing.assert_allclose(jacobian, expected, rtol=1e-12, atol=1e-13)


@each_space
def test_gradients_of_norms_equal_those_of_torch(space):
    a = interior_points(space, 1)[0]
    vec = tangents(space, a)
    for function, arguments in (
        (space.metric.inner_product, (vec, vec[::-1], a)),
        (space.metric.norm, (vec, a)),
        (space.metric.norm, (0.0 * vec, a)),
    ):
        gradient = autograd.grad(function)(*arguments)
        expected = torch.func.grad(function)(*(tensor(v.copy()) for v in arguments))
        np.testing.assert_allclose(gradient, expected, rtol=1e-13)


@pytest.mark.parametrize("separation", [1e-12, 1e-8, 1e-4])
@pytest.mark.parametrize("space", SMALL_SPACES[:2], ids=repr)
def test_gradients_of_nearly_coincident_points(space, separation):
    a = interior_points(space, 1)[0]
    b = space.metric.exp(tangents(space, a, norm=separation), a)
    for function in (space.metric.dist, space.metric.squared_dist):
        gradient = autograd.grad(function)(a, b)
        expected = torch.func.grad(function)(tensor(a), tensor(b))
        np.testing.assert_allclose(gradient, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["dist", "squared_dist", "log"])
def test_derivatives_at_and_towards_vertices_of_the_orthant(name):
    function = getattr(SMALL_SPACES[1].metric, name)
    inside, vertex = interior_points(SMALL_SPACES[1], 1)[0], np.eye(4)[0]
    for pair in ((inside, vertex), (vertex, inside), (vertex, np.eye(4)[2])):
        for argument in (0, 1):
            jacobian = autograd.jacobian(function, argument)(*pair)
            expected = torch.func.jacrev(function, argument)(*map(tensor, pair))
            np.testing.assert_allclose(jacobian, expected, rtol=1e-12, atol=1e-13)


@each_space
def test_hessian_of_squared_dist(space):
    a, b = interior_points(space, 2)
    hessian = autograd.hessian(space.metric.squared_dist)(a, b)
    expected = torch.func.hessian(space.metric.squared_dist)(tensor(a), tensor(b))
    np.testing.assert_allclose(hessian, expected, rtol=1e-11, atol=1e-12)


@each_space
def test_derivative_in_time_is_the_velocity(space):
    a, b = interior_points(space, 2)
    path = space.metric.geodesic(a, b)
    velocity = autograd.jacobian(lambda t: path(t)[0])(anp.array(0.4))
    _, expected = space.metric.geodesic_state(a, b, np.array(0.4))
    np.testing.assert_allclose(velocity, expected, rtol=1e-12, atol=1e-14)
