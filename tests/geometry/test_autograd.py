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

    def geodesic(base_point, end_point):
        return metric.geodesic(base_point, end_point)([0.3, 0.8])

    for function, arguments in (
        (metric.log, (b, a)),
        (metric.log, (a, a)),
        (metric.exp, (vec, a)),
        (metric.exp, (0.0 * vec, a)),
        (transport, (vec, a, b)),
        (geodesic, (a, b)),
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
