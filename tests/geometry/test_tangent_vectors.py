"""Random tangent vectors, bases, injectivity radius, intrinsic coordinates."""

import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from .helpers import (
    SEQUENCES,
    SMALL_SPACES,
    SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    each_space,
    generator,
    interior_points,
    tangents,
)


@each_space
@each_library
@each_dtype
def test_random_tangent_vectors_have_unit_scale(space, library, dtype):
    """geomstats' have norm 217 at dimension 99, where the diameter is pi."""
    point = array(interior_points(space, 1)[0], library, dtype)
    vec = space.random_tangent_vec(point, 4000, generator=generator(library))
    assert_of(vec, library, dtype)
    assert tuple(vec.shape) == (4000, *space.shape)
    assert bool(space.is_tangent(vec, point).all())
    squared = to_numpy(space.metric.squared_norm(vec, point)).astype(float)
    # chi^2_d / d has variance 2 / d.
    assert squared.mean() == pytest.approx(1.0, abs=5 * (2 / space.dim / 4000) ** 0.5)


@each_small_space
def test_random_tangent_vectors_are_isotropic(space):
    """Their coordinates in an orthonormal basis have covariance I / d."""
    point = interior_points(space, 1)[0]
    vec = space.random_tangent_vec(point, 20_000, generator=generator("numpy"))
    frame = space.metric.normal_basis(base_point=point)
    coordinates = space.metric.inner_product(vec[(slice(None), None)], frame, point)
    covariance = coordinates.T @ coordinates / len(vec)
    np.testing.assert_allclose(covariance, np.eye(space.dim) / space.dim, atol=0.02)


@each_small_space
@each_library
def test_shapes_of_random_tangent_vectors(space, library):
    points = array(interior_points(space, 6), library).reshape(2, 3, *space.shape)
    draw, unit = space.random_tangent_vec, space.metric.random_unit_tangent_vec
    assert tuple(draw(points).shape) == (2, 3, *space.shape)
    assert tuple(draw(points[0, 0]).shape) == space.shape
    assert tuple(draw(points[0], 3).shape) == (3, *space.shape)
    assert tuple(draw(n_samples=2).shape) == (2, *space.shape)
    assert tuple(draw().shape) == space.shape
    assert tuple(unit(points).shape) == (2, 3, *space.shape)
    assert tuple(unit(points, 4).shape) == (2, 3, 4, *space.shape)
    assert tuple(unit(points[0, 0], 4).shape) == (4, *space.shape)
    assert tuple(unit().shape) == space.shape
    with pytest.raises(ValueError, match="expected n_samples 1, or one base point"):
        draw(points[0], 2)
    with pytest.raises(TypeError, match="expected a generator of"):
        draw(points, generator=3)


@each_space
@each_library
@each_dtype
def test_random_unit_tangent_vectors(space, library, dtype):
    points = array(interior_points(space, 5), library, dtype)
    unit = space.metric.random_unit_tangent_vec(points, generator=generator(library))
    assert_of(unit, library, dtype)
    assert bool(space.is_tangent(unit, points).all())
    norm = to_numpy(space.metric.norm(unit, points))
    np.testing.assert_allclose(norm, 1.0, rtol=20 * np.finfo(dtype).eps)


def test_random_vectors_are_reproducible_and_differ():
    space = SMALL_SPACES[0]
    for library in ("numpy", "torch"):
        point = array(interior_points(space, 1)[0], library)
        draws = [
            space.random_tangent_vec(point, generator=generator(library, seed))
            for seed in (0, 0, 1)
        ]
        assert (draws[0] == draws[1]).all()
        assert not (draws[0] == draws[2]).any()


def test_the_only_tangent_vector_at_a_vertex_of_the_simplex_is_zero():
    simplex, sphere = SMALL_SPACES[:2]
    vertex = np.eye(4)[0]
    assert not simplex.metric.random_unit_tangent_vec(vertex).any()
    unit = sphere.metric.random_unit_tangent_vec(vertex)
    assert sphere.metric.norm(unit) == pytest.approx(1.0)


@each_space
@each_library
@each_dtype
def test_normal_basis_is_orthonormal(space, library, dtype):
    points = array(interior_points(space, 2), library, dtype)
    basis = space.metric.normal_basis(base_point=points)
    assert_of(basis, library, dtype)
    assert tuple(basis.shape) == (2, space.dim, *space.shape)
    some = basis[:, :: max(1, space.dim // 8)]
    axis = (slice(None), None, None)
    gram = space.metric.inner_product(some[:, :, None], some[:, None], points[axis])
    gram = to_numpy(gram)
    expected = np.broadcast_to(np.eye(gram.shape[-1]), gram.shape)
    np.testing.assert_allclose(gram, expected, atol=50 * np.finfo(dtype).eps)
    assert bool(space.is_tangent(basis, points[:, None]).all())


@each_small_space
@each_library
def test_normal_basis_normalises_given_vectors(space, library):
    """geomstats' raises for points that are vectors."""
    point = interior_points(space, 1)[0]
    vecs = array(np.stack([tangents(space, point, s, 3.0) for s in (1, 2)]), library)
    point = array(point, library)
    unit = space.metric.normal_basis(vecs, point)
    np.testing.assert_allclose(space.metric.norm(unit, point), 1.0, rtol=1e-14)
    np.testing.assert_allclose(3.0 * unit, vecs, rtol=1e-13)


@each_small_space
@each_library
def test_normalize_leaves_zero_alone(space, library):
    point = array(interior_points(space, 2), library)
    unit = space.metric.normalize(0.0 * point, point)
    assert_of(unit, library, "float64")
    np.testing.assert_array_equal(unit, 0.0 * point)


@each_space
@each_library
@each_dtype
def test_injectivity_radius_is_the_distance_to_the_boundary(space, library, dtype):
    points = array(interior_points(space, 5), library, dtype)
    radius = space.metric.injectivity_radius(points)
    assert_of(radius, library, dtype)
    root = np.moveaxis(to_numpy(space.sphere_coordinates(points)), 0, -1)
    lowest = root.reshape(-1, 5).min(0).astype(float)
    expected = 2 * np.arcsin(lowest)
    np.testing.assert_allclose(
        to_numpy(radius), expected, rtol=1e3 * np.finfo(dtype).eps
    )
    directions = np.random.default_rng(0).normal(size=(200, *points.shape))
    vecs = space.to_tangent(array(directions, library, dtype), points)
    exits = space.metric.exit_time(space.metric.normalize(vecs, points), points)
    assert bool((exits >= radius * (1 - 1e-3)).all())


@each_small_space
def test_the_nearest_wall_is_reached_at_the_injectivity_radius(space):
    """Along minus the gradient of the lowest coordinate."""
    points = interior_points(space, 5)
    root = space.sphere_coordinates(points)
    lowest = root == root.min(tuple(range(1, root.ndim)), keepdims=True)
    vec = space.tangent_from_root(-1.0 * lowest, points)
    unit = space.metric.normalize(vec, points)
    time = space.metric.exit_time(unit, points)
    np.testing.assert_allclose(
        time, space.metric.injectivity_radius(points), rtol=1e-12
    )


def test_injectivity_radius_at_the_boundary_is_zero():
    for space in SMALL_SPACES:
        assert (
            space.metric.injectivity_radius(
                space.vertices(np.zeros(space.shape[:-1], int))
            )
            == 0.0
        )


@pytest.mark.parametrize("space", SMALL_SPACES[:2] + SPACES[6:8], ids=repr)
@each_library
@each_dtype
def test_intrinsic_coordinates(space, library, dtype):
    points = array(interior_points(space, 5), library, dtype)
    coordinates = space.extrinsic_to_intrinsic_coords(points)
    assert_of(coordinates, library, dtype)
    assert tuple(coordinates.shape) == (5, space.dim)
    back = space.intrinsic_to_extrinsic_coords(coordinates)
    assert_of(back, library, dtype)
    error = space.metric.dist(points, back)
    assert float(error.max()) < 2e3 * space.dim * np.finfo(dtype).eps
    with pytest.raises(ValueError, match="point_intrinsic of shape"):
        space.intrinsic_to_extrinsic_coords(points)


def test_angles_of_the_sphere():
    sphere = fm.PositiveHypersphere(2)
    theta, phi = 0.3, 1.1
    point = [np.cos(theta), np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)]
    angles = sphere.extrinsic_to_intrinsic_coords(np.array(point))
    np.testing.assert_allclose(angles, [theta, phi])
    vertices = sphere.extrinsic_to_intrinsic_coords(np.eye(3))
    half = np.pi / 2
    np.testing.assert_allclose(vertices, [[0, 0], [half, 0], [half, half]])


def test_barycenter_is_equally_far_from_all_vertices():
    for space in (*SPACES, *SEQUENCES):
        squared = space.metric.squared_dist_to_vertices(space.barycenter())
        squared = to_numpy(squared)
        np.testing.assert_allclose(squared, squared.flat[0])
        assert bool(space.belongs(space.barycenter()))
