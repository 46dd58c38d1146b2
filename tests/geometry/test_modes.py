"""The same values with and without derivatives, compiled, and under transforms.

Without derivatives operations are computed in place and by other formulas.
"""

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold.geometry.arrays import needs_derivatives

from .helpers import SMALL_SPACES, each_dtype, each_small_space, interior_points

# Torch's compiler and Hessians use deprecated parts of torch.
pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:torch"),
    pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr:UserWarning"),
]


def operations(space):
    """Functions of a vector and two points."""
    metric = space.metric
    return {
        "exp": lambda v, a, b: metric.exp(v, a),
        "log": lambda v, a, b: metric.log(b, a),
        "dist": lambda v, a, b: metric.dist(a, b),
        "squared_dist": lambda v, a, b: metric.squared_dist(a, b),
        "inner_product": lambda v, a, b: metric.inner_product(v, v, a),
        "norm": lambda v, a, b: metric.norm(v, a),
        "transport_to": lambda v, a, b: metric.parallel_transport(v, a, end_point=b),
        "transport_along": lambda v, a, b: metric.parallel_transport(v, a, v),
        "geodesic": lambda v, a, b: metric.geodesic(a, b)([0.0, 0.3, 1.0]),
    }


def arguments(space, dtype="float64"):
    """Vectors and pairs: apart, near, equal, and (for targets) at vertices."""
    points = interior_points(space, 12)
    ends = np.roll(points, 1, 0)
    near = space.metric.geodesic(points[3:6], ends[3:6])([1e-6])
    ends[3:6] = near.reshape(ends[3:6].shape)
    ends[6:8] = points[6:8]
    ends[8:] = space.vertices(
        np.arange(4).repeat(np.prod(space.shape[:-1])).reshape(4, *space.shape[:-1])
        % space.shape[-1]
    )
    vec = space.metric.log(ends, points)
    vec[10] = 0.0
    return [torch.as_tensor(x.astype(dtype)) for x in (0.7 * vec, points, ends)]


def assert_same(actual, expected, dtype, name):
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(
        actual.detach(), expected.detach(), rtol=0, atol=60 * eps, err_msg=name
    )


@each_small_space
@each_dtype
def test_values_do_not_depend_on_derivatives(space, dtype):
    given = arguments(space, dtype)
    tracked = [x.clone().requires_grad_() for x in given]
    before = [x.clone() for x in given]
    for name, function in operations(space).items():
        value = function(*given)
        assert not value.requires_grad
        assert_same(function(*tracked), value, dtype, name)
        assert_same(torch.func.vmap(function)(*given), value, dtype, name)
        by_numpy = function(*(x.numpy() for x in given))
        assert_same(torch.as_tensor(by_numpy), value, dtype, name)
    for x, y in zip(given, before, strict=True):
        assert torch.equal(x, y)  # nothing given is overwritten


@pytest.mark.parametrize("space", [fm.FisherRaoSimplex(3), SMALL_SPACES[3]], ids=repr)
def test_values_do_not_depend_on_compilation(space):
    given = arguments(space)
    functions = operations(space)

    def everything(*given):
        return [function(*given) for function in functions.values()]

    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    for context in (torch.no_grad, torch.enable_grad):
        with context():
            results = compiled(*given)
        for name, result in zip(functions, results, strict=True):
            assert_same(result, functions[name](*given), "float64", name)


def test_who_needs_derivatives():
    x, seen = torch.ones(3), []

    def look(x):
        seen.append(needs_derivatives(x))
        return (x * x).sum()

    assert needs_derivatives(x) is False
    assert needs_derivatives(np.ones(3)) is False
    assert needs_derivatives(x, x.clone().requires_grad_()) is True
    with torch.no_grad():
        assert needs_derivatives(x.clone().requires_grad_()) is False
        torch.func.grad(look)(x)
    torch.func.jvp(look, (x,), (x,))
    torch.func.hessian(look)(x)
    torch.func.vmap(look)(x[None])
    torch.func.grad(lambda x: torch.func.vmap(look)(x[None]).sum())(x)
    assert seen and all(seen)


@pytest.mark.parametrize("context", [torch.no_grad, torch.enable_grad])
def test_compiled_transforms_at_coincident_points(context):
    """Inside torch.compile the transforms are seen, whatever the gradient mode."""
    space = fm.PositiveHypersphere(2)
    point = torch.as_tensor(interior_points(space, 1)[0])

    def squared(x):
        return space.metric.squared_dist(x, point)

    for transform in (torch.func.grad, torch.func.jacfwd, torch.func.hessian):
        torch._dynamo.reset()
        with context():
            derivative = torch.compile(transform(squared), backend="aot_eager")(point)
        torch.testing.assert_close(derivative, transform(squared)(point))
        assert torch.isfinite(derivative).all()
