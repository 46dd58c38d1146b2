"""SimplexToSphere: simplex and orthant agree to the last digits; curvature 1/4."""

import numpy as np
import pytest

import fisher_manifold as fm

from .helpers import (
    DIMS,
    SMALL_SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    interior_points,
    tangents,
)

each_dim = pytest.mark.parametrize("dim", DIMS)


def setting(dim, library, dtype):
    """Both spaces, the map, two batches of points and one of tangent vectors."""
    simplex, sphere = fm.FisherRaoSimplex(dim), fm.PositiveHypersphere(dim)
    a, b = interior_points(simplex, 20).reshape(2, 10, dim + 1)
    vec = tangents(simplex, a)
    arrays = [array(x, library, dtype) for x in (a, b, vec)]
    return simplex.metric, sphere.metric, fm.SimplexToSphere(), *arrays


def assert_close(actual, expected, dtype, scale=1.0):
    """Equal to the last digits: the rounding of the map's own square root."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    atol = 8 * np.finfo(dtype).eps * scale
    np.testing.assert_allclose(actual, expected, rtol=0, atol=atol)


@each_dim
@each_library
@each_dtype
def test_simplex_and_orthant_agree(dim, library, dtype):
    flat, round_, to_sphere, a, b, vec = setting(dim, library, dtype)
    u, v, xi = to_sphere(a), to_sphere(b), to_sphere.tangent(vec, a)
    assert_of(u, library, dtype)
    assert_of(xi, library, dtype)
    assert_close(flat.dist(a, b), round_.dist(u, v), dtype, 4.0)
    assert_close(flat.squared_dist(a, b), round_.squared_dist(u, v), dtype, 16.0)
    inner = flat.inner_product(vec, vec, a)
    assert_close(inner, round_.inner_product(xi, xi, u), dtype)
    assert_close(flat.exp(vec, a), to_sphere.inverse(round_.exp(xi, u)), dtype, 4.0)
    assert_close(to_sphere.tangent(flat.log(b, a), a), round_.log(v, u), dtype, 4.0)
    moved = flat.parallel_transport(vec, a, end_point=b)
    expected = round_.parallel_transport(xi, u, end_point=v)
    assert_close(to_sphere.tangent(moved, b), expected, dtype, 4.0)


@each_dim
@each_library
@each_dtype
def test_map_and_differential_are_inverted(dim, library, dtype):
    _, _, to_sphere, a, _, vec = setting(dim, library, dtype)
    u = to_sphere(a)
    assert_close(to_sphere.inverse(u), a, dtype)
    xi = to_sphere.tangent(vec, a)
    back = to_sphere.inverse_tangent(xi, image_point=u)
    assert_of(back, library, dtype)
    assert_close(back, vec, dtype)
    assert_close(to_sphere.inverse_tangent(xi, base_point=a), vec, dtype)
    assert_close(to_sphere.tangent(vec, image_point=u), xi, dtype)
    with pytest.raises(ValueError, match="expected base_point or image_point"):
        to_sphere.tangent(vec)


def test_map_is_a_homeomorphism_of_the_boundary():
    to_sphere, vertices = fm.SimplexToSphere(), np.eye(4)
    np.testing.assert_array_equal(to_sphere(vertices), vertices)
    np.testing.assert_array_equal(to_sphere.inverse(vertices), vertices)
    zero = np.zeros((4, 4))
    np.testing.assert_array_equal(to_sphere.tangent(zero, vertices), zero)


def test_beyond_a_wall_the_sign_is_kept_and_rounding_is_not():
    to_sphere = fm.SimplexToSphere()
    root = np.array([-0.6, 0.8, -1e-16, -0.0])
    point = to_sphere.inverse(root)
    np.testing.assert_allclose(point, [-0.36, 0.64, 0.0, 0.0], rtol=1e-15)
    assert not np.signbit(point[2])


def unit_logs(metric, corner, others):
    logs = [metric.log(other, corner) for other in others]
    return [log / metric.norm(log, corner) for log in logs]


@pytest.mark.parametrize("space", SMALL_SPACES[:2], ids=repr)
@pytest.mark.parametrize("seed", range(5))
def test_geodesic_triangles_have_curvature_one_quarter(space, seed):
    """Law of cosines of the sphere of radius 2, and the angle excess = area / 4."""
    metric = space.metric
    corners = interior_points(space, 3, seed)
    angles, sides = [], []
    for i in range(3):
        corner, *others = np.roll(corners, -i, axis=0)
        first, second = unit_logs(metric, corner, others)
        angles.append(np.arccos(metric.inner_product(first, second, corner)))
        sides.append(metric.dist(*others))
    a, b, c = np.array(sides) / 2.0
    cosine = np.cos(b) * np.cos(c) + np.sin(b) * np.sin(c) * np.cos(angles[0])
    assert np.cos(a) == pytest.approx(cosine, abs=1e-14)
    s = (a + b + c) / 2.0  # L'Huilier's formula for the area on the unit sphere
    product = np.tan(s / 2) * np.prod(np.tan((s - np.array([a, b, c])) / 2))
    area = 4.0 * 4.0 * np.arctan(np.sqrt(product))
    assert sum(angles) - np.pi == pytest.approx(area / 4.0, abs=1e-13)


@pytest.mark.parametrize("space", SMALL_SPACES[:2], ids=repr)
def test_jacobi_fields_have_curvature_one_quarter(space):
    """Geodesics at a small angle spread like 2 sin(t / 2) in dimension 2 and more."""
    metric = space.metric
    (point,) = interior_points(space, 1)
    vec = tangents(space, point, norm=1.0)
    across = tangents(space, point, seed=5, norm=1.0)
    across = across - metric.inner_product(across, vec, point) * vec
    angle = 1e-5 * metric.norm(across, point)
    for t in (0.1, 0.2):
        ends = [
            metric.exp(t * (vec + sign * 0.5e-5 * across), point) for sign in (1, -1)
        ]
        spread = metric.dist(*ends) / angle
        assert spread == pytest.approx(2.0 * np.sin(t / 2.0), rel=1e-8)


@each_small_space
def test_permuting_categories_changes_no_distance(space):
    a, b = interior_points(space, 2)
    order = np.random.default_rng(0).permutation(space.shape[-1])
    dist = space.metric.dist(a, b)
    permuted = space.metric.dist(a[..., order], b[..., order])
    assert permuted == pytest.approx(dist, rel=1e-15)


def test_sequence_is_the_product_of_its_sites():
    for space in SMALL_SPACES[2:]:
        a, b = interior_points(space, 2)
        vec = tangents(space, a)
        site = space.base.metric
        squared = site.squared_dist(a, b).sum(-1)
        assert space.metric.squared_dist(a, b) == pytest.approx(squared, rel=1e-15)
        np.testing.assert_array_equal(space.metric.log(b, a), site.log(b, a))
        np.testing.assert_array_equal(space.metric.exp(vec, a), site.exp(vec, a))
        inner = site.inner_product(vec, vec, a).sum(-1)
        assert space.metric.inner_product(vec, vec, a) == pytest.approx(inner)
