"""Distances between all pairs: as accurate as those of single pairs, and fast."""

import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from .helpers import (
    SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    each_space,
    interior_points,
    tangents,
)


def clustered(space, n_points=30):
    """Points, points at 1e-1 to 1e-12 from them, equal points and vertices."""
    point = interior_points(space, n_points // 3)
    vec = tangents(space, point)
    scale = np.logspace(-1, -12, len(point)).reshape(-1, *[1] * len(space.shape))
    labels = np.zeros((2, *space.shape[:-1]), int)
    near = space.metric.exp(scale * vec, point)
    return np.concatenate([point, near, point[:5], space.vertices(labels)])


@each_space
@each_library
@each_dtype
def test_pairwise_equals_single_distances(space, library, dtype):
    a = array(clustered(space), library, dtype)
    b = array(interior_points(space, 7, 3), library, dtype)
    for other in (a, b):
        pairs = space.metric.pairwise_squared_dist(a, other)
        assert_of(pairs, library, dtype)
        expected = space.metric.squared_dist(a[:, None], other[None])
        np.testing.assert_allclose(
            to_numpy(pairs), to_numpy(expected), rtol=200 * np.finfo(dtype).eps
        )
    dist = to_numpy(space.metric.dist_pairwise(a))
    np.testing.assert_array_equal(dist, dist.T)
    np.testing.assert_array_equal(np.diag(dist), 0.0)


def test_pairwise_in_several_blocks(monkeypatch):
    from fisher_manifold.geometry import pairwise

    space = fm.FisherRaoSimplex(5)
    points = clustered(space, 60)
    expected = space.metric.dist_pairwise(points)
    monkeypatch.setattr(pairwise, "_BLOCK_ENTRIES", 200)
    monkeypatch.setattr(pairwise, "_PAIR_ENTRIES", 40)
    actual = space.metric.dist_pairwise(points)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)
    np.testing.assert_array_equal(actual, actual.T)


def test_one_tight_cluster_far_from_the_origin():
    """All pairs are near; what a plain matrix product would lose is kept."""
    space = fm.PositiveHypersphere(50)
    point = interior_points(space, 1)[0]
    vecs = 1e-9 * space.random_tangent_vec(
        point, 40, generator=np.random.default_rng(0)
    )
    points = space.metric.exp(vecs, point)
    dist = space.metric.dist_pairwise(points)
    expected = space.metric.dist(points[:, None], points[None])
    np.testing.assert_allclose(dist, expected, rtol=1e-13)
    assert np.sort(dist[0])[1] > 1e-11


@each_small_space
@each_library
def test_dist_broadcast_pairs_as_geomstats_does(space, library):
    a, b = (array(interior_points(space, n, n), library) for n in (3, 5))
    dist = space.metric.dist
    cases = [(a, a[[1, 2, 0]], dist(a, a[[1, 2, 0]])), (a, b, dist(a[:, None], b))]
    cases += [(a[0], b, dist(a[0], b)), (a, b[0], dist(a, b[0]))]
    cases += [(a[:1], b, dist(a[0], b)), (a[0], b[0], dist(a[0], b[0]))]
    for one, other, expected in cases:
        actual = space.metric.dist_broadcast(one, other)
        assert tuple(actual.shape) == tuple(expected.shape)
        np.testing.assert_allclose(actual, expected, rtol=1e-12)


@each_small_space
@each_library
def test_diameter_and_closest_neighbour(space, library):
    points = array(interior_points(space, 9), library)
    table = to_numpy(space.metric.dist(points[:, None], points))
    assert float(space.metric.diameter(points)) == pytest.approx(table.max())
    near = space.metric.closest_neighbor_index
    expected = table[:4, 4:].argmin(-1)
    np.testing.assert_array_equal(near(points[:4], points[4:]), expected)
    assert int(near(points[0], points[4:])) == expected[0]
    folded = near(points[:4].reshape(2, 2, *space.shape), points[4:])
    np.testing.assert_array_equal(folded, expected.reshape(2, 2))


@each_library
def test_pairwise_on_the_full_range_of_separations(library):
    for space in SPACES[4:6]:
        points = array(np.eye(space.dim + 1), library)
        dist = to_numpy(space.metric.dist_pairwise(points))
        off = dist[~np.eye(len(dist), dtype=bool)]
        np.testing.assert_allclose(off, np.pi, rtol=1e-15)


def test_torch_gradients_flow_through_all_pairs():
    import torch

    space = fm.PositiveHypersphere(3)
    points = torch.as_tensor(clustered(space)[:12]).requires_grad_()
    (gradient,) = torch.autograd.grad(
        space.metric.pairwise_squared_dist(points, points).sum(), points
    )
    (expected,) = torch.autograd.grad(
        space.metric.squared_dist(points[:, None], points[None]).sum(), points
    )
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-9)


def test_wrong_batches_raise():
    metric = fm.FisherRaoSimplex(3).metric
    points = np.full((2, 4), 0.25)
    for wrong in (points[0], points[:0], points[None]):
        with pytest.raises(ValueError, match="expected point_b of shape"):
            metric.pairwise_squared_dist(points, wrong)


def test_gradients_of_coincident_points():
    import torch

    metric = fm.FisherRaoSimplex(2).metric
    for n_points in (1, 3):
        points = torch.tensor([[0.2, 0.3, 0.5]] * n_points, dtype=torch.float64)
        points.requires_grad_()
        (gradient,) = torch.autograd.grad(metric.dist_pairwise(points).sum(), points)
        assert (gradient == 0).all()


@each_small_space
@each_library
def test_dist_broadcast_of_batches_with_several_axes(space, library):
    a = array(interior_points(space, 2), library)[:, None]
    b = array(interior_points(space, 3, 1), library)[None]
    dist = space.metric.dist_broadcast(a, b)
    np.testing.assert_array_equal(dist, space.metric.dist(a, b))
    assert tuple(dist.shape) == (2, 3)


def test_pairs_just_beyond_those_left_to_the_matrix_product():
    """At the bound the product is right to 30 eps."""
    space = fm.PositiveHypersphere(60)
    g = np.random.default_rng(3)
    points = space.random_point(60, generator=g, concentration=3.0)
    pairs = space.metric.pairwise_squared_dist(points, points)
    single = space.metric.squared_dist(points[:, None], points[None])
    np.testing.assert_allclose(pairs, single, rtol=30 * np.finfo(float).eps)
