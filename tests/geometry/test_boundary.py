"""Walls, faces and vertices: exit times, the three rules of exp, finite results."""

import numpy as np
import pytest
from scipy.optimize import brentq

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from .helpers import (
    SEQUENCES,
    SMALL_SPACES,
    SPHERES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    each_space,
    interior_points,
    tangents,
)

EPS = np.finfo(float).eps


def first_root(point, vec):
    """Exit time of the great circle with velocity vec, by scanning and bisection."""
    speed = np.linalg.norm(vec)

    def lowest(t):
        return np.min(np.cos(speed * t) * point + np.sin(speed * t) / speed * vec)

    times = np.linspace(1e-9, np.pi / speed, 2000)
    outside = [lowest(t) < 0 for t in times]
    first = outside.index(True)
    if first == 0:
        return 0.0
    return brentq(lowest, times[first - 1], times[first], xtol=1e-14)


def exit_cases():
    rng = np.random.default_rng(0)
    sphere = fm.PositiveHypersphere(4)
    points = interior_points(sphere, 3)
    face = sphere.projection(np.array([0.0, 1.0, 2.0, 0.0, 1.0]))
    for point in (*points, face, np.eye(5)[1]):
        for _ in range(3):
            vec = sphere.to_tangent(rng.normal(size=5), point)
            yield point, vec
        yield point, sphere.to_tangent(np.abs(rng.normal(size=5)), point)
        yield point, sphere.metric.log(points[1], point) + vec


@pytest.mark.parametrize("point, vec", list(exit_cases()))
@each_library
def test_exit_time_is_the_first_root(point, vec, library):
    sphere = fm.PositiveHypersphere(4)
    time = sphere.metric.exit_time(array(vec, library), array(point, library))
    assert_of(time, library, "float64")
    assert float(time) == pytest.approx(first_root(point, vec), rel=1e-11, abs=1e-9)


def test_exit_time_of_special_geodesics():
    metric = fm.PositiveHypersphere(2).metric
    vertex, zero = np.eye(3)[0], np.zeros(3)
    assert metric.exit_time(zero, vertex) == np.inf
    assert metric.exit_time(np.array([0.0, 1.0, 0.0]), vertex) == np.pi / 2
    assert metric.exit_time(np.array([0.0, -1.0, 0.0]), vertex) == 0.0
    # Along the face to the other vertex, and on: the third entry is and stays 0.
    half = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
    along = np.array([-1.0, 1.0, 0.0]) / np.sqrt(2)
    assert metric.exit_time(along, half) == pytest.approx(np.pi / 4)


@pytest.mark.parametrize("entry", [-0.0, -1e-17, 0.0])
def test_exit_time_at_entries_that_rounding_made_negative(entry):
    metric = fm.PositiveHypersphere(2).metric
    point = np.array([entry, 1.0, 0.0])
    vec = np.array([1.0, 0.0, 0.0])
    assert metric.exit_time(vec, point) == pytest.approx(np.pi / 2)
    end = metric.exp(vec, point, boundary="clip")
    assert end == pytest.approx([np.sin(1.0), np.cos(1.0), 0.0])


def test_exit_time_of_a_sequence_is_that_of_its_first_site_to_leave():
    space = SEQUENCES[1]
    point = interior_points(space, 5)
    vec = tangents(space, point)
    each = space.base.metric.exit_time(vec, point)
    assert each.shape == (5, 2)
    np.testing.assert_array_equal(space.metric.exit_time(vec, point), each.min(-1))


@each_space
def test_points_before_the_exit_time_belong(space):
    point = interior_points(space, 4)
    time = space.metric.exit_time(tangents(space, point), point)
    factor = 0.999 * time.reshape((4,) + (1,) * len(space.shape))
    shorter = space.metric.exp(factor * tangents(space, point), point)
    assert space.belongs(shorter).all()


def leaving(space):
    """A geodesic that leaves at time 1/2, and one that stays."""
    point = interior_points(space, 2)
    vec = tangents(space, point)
    time = space.metric.exit_time(vec, point)
    scale = np.array([2.0, 0.5]) * time
    return scale.reshape((2,) + (1,) * len(space.shape)) * vec, point


@each_small_space
@each_library
@each_dtype
def test_rules_for_leaving_the_manifold(space, library, dtype):
    vec, point = (array(x, library, dtype) for x in leaving(space))
    metric = space.metric
    onward = metric.exp(vec, point)
    assert_of(onward, library, dtype)
    assert [bool(b) for b in space.belongs(onward)] == [False, True]

    clipped = metric.exp(vec, point, boundary="clip")
    assert_of(clipped, library, dtype)
    assert space.belongs(clipped).all()
    halfway = metric.exp(0.5 * vec, point)
    tolerance = 64 * float(np.finfo(dtype).eps)
    assert np.allclose(np.asarray(clipped[0]), np.asarray(halfway[0]), atol=tolerance)
    assert np.asarray(clipped[0]).min() == pytest.approx(0.0, abs=tolerance)
    assert (clipped[1] == onward[1]).all()

    with pytest.raises(ValueError, match="leaves it at time 0.5.* < 1"):
        metric.exp(vec, point, boundary="raise")
    assert (metric.exp(vec[1], point[1], boundary="raise") == onward[1]).all()
    with pytest.raises(ValueError, match="expected boundary in"):
        metric.exp(vec, point, boundary="reflect")


@each_small_space
def test_a_geodesic_beyond_the_wall_keeps_its_length(space):
    """Not reflected: on the orthant's great circle the angle goes on growing."""
    vec, point = leaving(space)
    end = space.metric.exp(vec, point)
    root = np.sign(end) * np.sqrt(np.abs(end)) if "Simplex" in repr(space) else end
    start = space.sphere_coordinates(point)
    angles = np.arccos((root * start).sum(-1))
    lengths = 2.0 * angles if angles.ndim == 1 else 2.0 * np.sqrt((angles**2).sum(-1))
    np.testing.assert_allclose(lengths, space.metric.norm(vec, point), rtol=1e-12)


@each_library
@each_dtype
def test_vertices_of_the_orthant(library, dtype):
    for sphere in SPHERES:
        vertices = array(np.eye(sphere.dim + 1), library, dtype)
        metric = sphere.metric
        dist = np.asarray(metric.dist(vertices[:, None], vertices[None]))
        expected = np.pi * (1.0 - np.eye(sphere.dim + 1))
        np.testing.assert_allclose(dist, expected, rtol=4 * np.finfo(dtype).eps)
        middle = metric.geodesic(vertices[0], vertices[-1])([0.5])[0]
        assert float(metric.dist(middle, vertices[0])) == pytest.approx(np.pi / 2)
        log = metric.log(vertices[-1], vertices[0])
        assert sphere.is_tangent(log, vertices[0])
        assert float(metric.norm(log, vertices[0])) == pytest.approx(np.pi)


@each_library
@each_dtype
def test_boundary_of_the_simplex_gives_no_nan(library, dtype):
    """Norms, exp, log, geodesics and transport at zeros of p (geomstats: NaN)."""
    simplex = fm.FisherRaoSimplex(3)
    metric = simplex.metric
    face = array([0.5, 0.5, 0.0, 0.0], library, dtype)
    other = array([0.25, 0.75, 0.0, 0.0], library, dtype)
    inside = array([0.25, 0.25, 0.25, 0.25], library, dtype)
    vertex = array([1.0, 0.0, 0.0, 0.0], library, dtype)
    vec = array([0.1, -0.1, 0.0, 0.0], library, dtype)
    zero = 0.0 * vec
    eps = float(np.finfo(dtype).eps)

    segment = fm.FisherRaoSimplex(1).metric
    assert float(metric.norm(vec, face)) == pytest.approx(0.2)
    assert float(metric.norm(zero, vertex)) == 0.0
    assert float(metric.dist(metric.exp(zero, face), face)) < 4 * eps
    near = metric.exp(metric.log(other, face), face)
    assert float(metric.dist(near, other)) < 50 * eps
    expected = segment.dist(face[:2], other[:2])
    assert float(metric.dist(face, other)) == pytest.approx(
        float(expected), rel=4 * eps
    )
    one, back = metric.dist(vertex, inside), metric.dist(inside, vertex)
    assert float(one) == float(back) == pytest.approx(2.0 * np.arccos(0.5))
    moved = metric.parallel_transport(vec, face, end_point=other)
    assert float(metric.norm(moved, other)) == pytest.approx(0.2)
    path = metric.geodesic(vertex, inside)([0.0, 0.5, 1.0])
    assert simplex.belongs(path).all()
    assert np.asarray(path[-1]) == pytest.approx([0.25] * 4)


def test_off_face_vectors_have_infinite_norm_on_the_simplex():
    simplex = fm.FisherRaoSimplex(2)
    face, off = np.array([0.5, 0.5, 0.0]), np.array([-0.1, 0.0, 0.1])
    with np.errstate(divide="ignore", over="ignore"):
        assert simplex.metric.norm(off, face) == np.inf
    assert not simplex.is_tangent(off, face)
    assert simplex.is_tangent(simplex.to_tangent(off, face), face)


@pytest.mark.parametrize("space", SMALL_SPACES[:2], ids=repr)
@each_library
def test_projection_of_points_outside(space, library):
    point = space.projection(
        array([[0.5, -1.0, 0.5, 1.0], [3.0, 0.0, 4.0, 0.0]], library)
    )
    assert space.belongs(point).all()
    assert float(point[0, 1]) == 0.0
    with np.errstate(invalid="ignore"):
        nowhere = space.projection(array([-1.0, -1.0, 0.0, 0.0], library))
    assert np.isnan(np.asarray(nowhere)).all()
    assert not space.belongs(nowhere)


def test_projection_to_the_orthant_does_not_over_or_underflow():
    sphere = fm.PositiveHypersphere(1)
    for scale in (1e-300, 1.0, 1e300):
        point = sphere.projection(np.array([3.0, 4.0]) * scale)
        np.testing.assert_allclose(point, [0.6, 0.8], rtol=4 * EPS)


@each_library
@each_dtype
@pytest.mark.parametrize("size", [1e-1, 1e-7, 1e-20, 1e-30])
@pytest.mark.parametrize("tracked", [False, True])
def test_off_face_vectors_are_infinite_however_small(library, dtype, size, tracked):
    """With and without derivatives: never a finite number made of rounding."""
    metric = fm.FisherRaoSimplex(2).metric
    point = array([0.0, 0.5, 0.5], library, dtype)
    vec = array([size, 0.1, -0.1], library, dtype)
    along = array([0.0, 0.1, -0.1], library, dtype)
    if tracked and library == "torch":
        point, vec = point.requires_grad_(), vec.requires_grad_()
    with np.errstate(divide="ignore", invalid="ignore"):
        norm, inner = metric.norm(vec, point), metric.inner_product(vec, along, point)
        end = metric.exp(vec, point)
    if tracked and library == "torch":
        norm, inner, end = norm.detach(), inner.detach(), end.detach()
    assert float(norm) == np.inf
    assert float(inner) == pytest.approx(0.04)
    assert np.isnan(to_numpy(end)).all()


@each_library
def test_a_zero_that_moves_by_rounding_does_not_leave(library):
    metric = fm.PositiveHypersphere(2).metric
    point = array([0.0, 0.6, 0.8], library)
    for tiny in (-1e-18, 1e-18, 0.0):
        vec = array([tiny, 0.08, -0.06], library)
        assert float(metric.exit_time(vec, point)) > 1
        metric.exp(vec, point, boundary="raise")
    assert float(metric.exit_time(array([-1e-3, 0.08, -0.06], library), point)) == 0


@each_small_space
@each_library
@each_dtype
def test_clipped_points_belong(space, library, dtype):
    vec, point = (array(x, library, dtype) for x in leaving(space))
    end = space.metric.exp(vec, point, boundary="clip")
    assert bool((end >= 0).all())
    assert bool(space.belongs(end).all())


@pytest.mark.parametrize("n_categories", [2, 3, 100])
@each_library
def test_geodesics_onto_walls_stay_on_the_simplex(n_categories, library):
    """In float32 rounding may pass the wall by more than 4 eps."""
    space = fm.FisherRaoSimplex(n_categories - 1)
    g = np.random.default_rng(0)
    point = space.random_point(500, generator=g, dtype="float32")
    end = space.vertices(g.integers(n_categories, size=500), dtype=np.float32)
    point, end = array(point, library, "float32"), array(end, library, "float32")
    for result in (
        space.metric.exp(space.metric.log(end, point), point),
        space.metric.geodesic(point, end)([1.0])[:, 0],
    ):
        assert bool(space.belongs(result).all())
        assert bool((space.metric.dist(result, end) < 5e-3).all())


def test_gradients_of_clipped_exponentials_at_the_zero_vector():
    import torch

    for space in SMALL_SPACES:
        point = torch.as_tensor(interior_points(space, 2))
        vec = torch.as_tensor(tangents(space, interior_points(space, 2), norm=0.02))
        vec[0] = 0.0
        vec.requires_grad_()
        end = space.metric.exp(vec, point, boundary="clip")
        (gradient,) = torch.autograd.grad((end**2).sum(), vec)
        plain = space.metric.exp(vec, point)
        (expected,) = torch.autograd.grad((plain**2).sum(), vec)
        torch.testing.assert_close(gradient, expected)
