"""Derivatives of all orders through torch: finite and right wherever they exist."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

import fisher_manifold as fm

from .helpers import (
    SEQUENCES,
    SIMPLICES,
    SMALL_SPACES,
    SPHERES,
    each_small_space,
    interior_points,
    tangents,
    tensor,
)

# Forward-mode differentiation calls torch's own deprecated compiler on first use.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

EPS = torch.finfo(torch.float64).eps
ORTHANTS = [*SPHERES, SEQUENCES[1]]
each_orthant = pytest.mark.parametrize("space", ORTHANTS, ids=repr)
each_curved_space = pytest.mark.parametrize("space", [*SIMPLICES, *SPHERES], ids=repr)


def cases(space):
    """Functions of differentiable tensors only, and their arguments."""
    metric = space.metric
    a, b = interior_points(space, 2)
    vec, other = tangents(space, a), tangents(space, a, seed=2)

    def transport(vec, base_point, end_point):
        return metric.parallel_transport(vec, base_point, end_point=end_point)

    def transport_along(vec, base_point, direction):
        return metric.parallel_transport(vec, base_point, direction=direction)

    def geodesic(base_point, end_point):
        return metric.geodesic(base_point, end_point)([0.2, 0.9])

    def state(base_point, end_point, t):
        return metric.geodesic_state(base_point, end_point, t)

    return {
        "exp": (metric.exp, (vec, a)),
        "log": (metric.log, (b, a)),
        "dist": (metric.dist, (a, b)),
        "squared_dist": (metric.squared_dist, (a, b)),
        "inner_product": (metric.inner_product, (vec, other, a)),
        "norm": (metric.norm, (vec, a)),
        "transport": (transport, (other, a, b)),
        "transport_along": (transport_along, (other, a, vec)),
        "geodesic": (geodesic, (a, b)),
        "geodesic_state": (state, (a, b, np.array(0.3))),
        "geodesic_point": (metric.geodesic_point, (a, b, np.array(0.3))),
        "to_tangent": (space.to_tangent, (other, a)),
        "projection": (space.projection, (a,)),
        "squared_dist_to_vertices": (metric.squared_dist_to_vertices, (a,)),
        "mean_log_to_vertices": (metric.mean_log_to_vertices, (b, a)),
        "exit_time": (metric.exit_time, (vec, a)),
    }


NAMES = tuple(cases(SMALL_SPACES[0]))
each_case = pytest.mark.parametrize("name", NAMES)


def case(space, name):
    function, values = cases(space)[name]
    return function, tuple(tensor(value).requires_grad_() for value in values)


@each_small_space
@each_case
def test_first_and_second_derivatives(space, name):
    function, arguments = case(space, name)
    assert gradcheck(function, arguments)
    assert gradgradcheck(function, arguments, fast_mode=True)


@each_small_space
@each_case
def test_forward_mode_and_jacobians(space, name):
    function, arguments = case(space, name)
    values = tuple(argument.detach() for argument in arguments)
    g = torch.Generator().manual_seed(0)
    directions = tuple(
        0.1 * torch.randn(value.shape, generator=g, dtype=value.dtype)
        for value in values
    )
    along = torch.func.jvp(function, values, directions)[1]
    jacobians = torch.func.jacrev(function, tuple(range(len(values))))(*values)
    if not isinstance(along, tuple):
        along, jacobians = (along,), (jacobians,)
    for part, rows in zip(along, jacobians, strict=True):
        products = [
            (row * d).flatten(-d.ndim).sum(-1) if d.ndim else row * d
            for row, d in zip(rows, directions, strict=True)
        ]
        torch.testing.assert_close(part, sum(products), rtol=1e-12, atol=1e-12)


@each_small_space
@each_case
def test_forward_and_reverse_jacobians_agree(space, name):
    function, arguments = case(space, name)
    values = tuple(argument.detach() for argument in arguments)
    which = tuple(range(len(values)))
    forward = torch.func.jacfwd(function, which)(*values)
    reverse = torch.func.jacrev(function, which)(*values)
    torch.testing.assert_close(forward, reverse, rtol=1e-12, atol=1e-12)


@each_small_space
@pytest.mark.parametrize("name", ["dist", "squared_dist", "norm", "inner_product"])
def test_hessian_is_the_difference_quotient_of_the_gradient(space, name):
    function, arguments = case(space, name)
    values = tuple(argument.detach() for argument in arguments)
    hessian = torch.func.hessian(function)(*values)
    gradient = torch.func.grad(function)
    step = 1e-5 * torch.linspace(-1.0, 1.0, values[0].numel()).reshape(values[0].shape)
    ahead, behind = (gradient(values[0] + s, *values[1:]) for s in (step, -step))
    product = (hessian * step).flatten(-step.ndim).sum(-1)
    torch.testing.assert_close(product, (ahead - behind) / 2, rtol=1e-6, atol=1e-13)


@each_small_space
@each_case
def test_vmap(space, name):
    function, arguments = case(space, name)
    batch = [torch.stack([v.detach(), v.detach()]) for v in arguments]
    batched, direct = torch.func.vmap(function)(*batch), function(*arguments)
    if not isinstance(direct, tuple):
        batched, direct = (batched,), (direct,)
    for one, other in zip(batched, direct, strict=True):
        torch.testing.assert_close(one[1], other, rtol=1e-14, atol=1e-14)


def boundary_points(space):
    """Interior, face and vertex points of the orthant."""
    inside = interior_points(space, 1)[0]
    face = inside.copy()
    face[..., 0] = 0.0
    vertex = np.zeros_like(inside)
    vertex[..., -1] = 1.0
    return [tensor(point) for point in (inside, space.projection(face), vertex)]


@each_orthant
def test_coincident_points_of_the_orthant(space):
    """Gradients 0, Hessian twice the metric, log with the tangent identity."""
    metric = space.metric
    for point in boundary_points(space):
        vec = space.to_tangent(torch.ones_like(point).cumsum(-1), point)
        for function in (metric.dist, metric.squared_dist):
            gradient = torch.func.grad(function)(point, point)
            assert (gradient == 0).all()
        hessian = torch.func.hessian(metric.squared_dist)(point, point)
        identity = torch.eye(point.numel(), dtype=torch.float64)
        expected = 8.0 * identity.reshape(hessian.shape)
        torch.testing.assert_close(hessian, expected, rtol=4 * EPS, atol=4 * EPS)
        to = torch.func.jvp(lambda q, p=point: metric.log(q, p), (point,), (vec,))[1]
        torch.testing.assert_close(to, vec, rtol=1e-14, atol=1e-14)
        at = torch.func.jvp(lambda p, q=point: metric.log(q, p), (point,), (vec,))[1]
        torch.testing.assert_close(at, -vec, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("space", [*SIMPLICES, SEQUENCES[0]], ids=repr)
def test_coincident_points_of_the_simplex(space):
    metric = space.metric
    inside, face, _ = boundary_points(space)
    for function in (metric.dist, metric.squared_dist):
        for point in (inside, face):
            assert (torch.func.grad(function)(point, point) == 0).all()
    hessian = torch.func.hessian(metric.squared_dist)(inside, inside)
    expected = torch.diag(2.0 / inside.flatten()).reshape(hessian.shape)
    torch.testing.assert_close(hessian, expected, rtol=1e-13, atol=1e-13)
    vec = space.to_tangent(torch.ones_like(inside).cumsum(-1), inside)
    to = torch.func.jvp(lambda q: metric.log(q, inside), (inside,), (vec,))[1]
    torch.testing.assert_close(to, vec, rtol=1e-13, atol=1e-13)


@each_curved_space
@pytest.mark.parametrize("separation", [1e-12, 1e-8, 1e-4, 1e-2, 0.5])
def test_gradient_of_squared_dist_at_any_separation(space, separation):
    """The Fisher gradient is -2 log, to full relative accuracy at every separation."""
    metric = space.metric
    point_a, point_c = (tensor(p) for p in interior_points(space, 2))
    log = metric.log(point_c, point_a)
    factor = separation / metric.norm(log, point_a)
    point_b = metric.exp(factor * log, point_a)
    (gradient,) = torch.autograd.grad(
        metric.squared_dist(point_a.requires_grad_(), point_b), point_a
    )
    point_a = point_a.detach()
    # The differential to the metric's gradient: times p on the simplex, 1/4 else.
    fisher = gradient * (point_a if "Simplex" in repr(space) else 0.25)
    fisher = space.to_tangent(fisher, point_a)
    log = metric.log(point_b, point_a)
    error = metric.norm(fisher + 2.0 * log, point_a)
    # The points' own rounding, which the differential sees, is eps / separation.
    assert error <= 50 * EPS * 2.0 * metric.norm(log, point_a) + 8 * EPS**2 / separation


@each_orthant
def test_gradients_towards_vertices_from_anywhere(space):
    """Vertices, faces and near-vertex points all give finite gradients."""
    metric = space.metric
    *starts, vertex = boundary_points(space)
    starts += [vertex, vertex.roll(1, -1), space.projection(vertex + 1e-9)]
    for start in starts:
        for function in (metric.dist, metric.squared_dist, metric.log):
            jacobian = torch.func.jacrev(function)(start, vertex)
            assert torch.isfinite(jacobian).all()
    for start in boundary_points(space):
        table = torch.func.jacrev(metric.squared_dist_to_vertices)(start)
        assert torch.isfinite(table).all()


def test_gradient_in_a_face_of_the_simplex_is_finite_along_the_face():
    simplex = fm.FisherRaoSimplex(2)
    point, other = tensor([0.5, 0.5, 0.0]), tensor([0.1, 0.9, 0.0])
    gradient = torch.func.grad(simplex.metric.squared_dist)(point, other)
    segment = fm.FisherRaoSimplex(1)
    expected = torch.func.grad(segment.metric.squared_dist)(point[:2], other[:2])
    torch.testing.assert_close(gradient[:2], expected)
    assert gradient[2] == 0.0


def everything(space, vec, a, b):
    """Results of all operations."""
    metric = space.metric
    return (
        metric.exp(vec, a),
        metric.log(b, a),
        metric.dist(a, b),
        metric.squared_dist(a, b),
        metric.parallel_transport(vec, a, end_point=b),
        metric.parallel_transport(vec, a, direction=vec),
        metric.inner_product(vec, vec, a),
        metric.norm(vec, a),
        metric.geodesic(a, b)([0.5]),
        *metric.geodesic_state(a, b, metric.dist(a, b)),
        metric.geodesic_point(a, b, metric.dist(a, b)),
        metric.exit_time(vec, a),
        metric.squared_dist_to_vertices(a),
        metric.mean_log_to_vertices(b, a),
        space.to_tangent(vec, a),
        space.projection(a),
    )


@pytest.mark.parametrize("space", SMALL_SPACES[1:3], ids=repr)
def test_torch_compile_without_graph_breaks(space):
    """One graph for all operations, forward and backward, in float32."""
    a, b = interior_points(space, 2)
    values = [tensor(v).float().requires_grad_() for v in (tangents(space, a), a, b)]

    def results_and_gradients(function):
        results = function(space, *values)
        total = sum(result.square().sum() for result in results)
        return (*results, *torch.autograd.grad(total, values))

    compiled = torch.compile(everything, fullgraph=True, backend="aot_eager")
    pairs = zip(*map(results_and_gradients, (compiled, everything)), strict=True)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=2e-5, atol=1e-5)
