"""Curvature against the spreading of geodesics."""

import numpy as np
import pytest

import fisher_manifold as fm

SPACES = [
    fm.FisherRaoSimplex(3),
    fm.PositiveHypersphere(3),
    fm.SequenceManifold(fm.PositiveHypersphere(3), 4),
]


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_curvature_slows_the_spreading_of_geodesics(space):
    """|exp(ta), exp(tb)|^2 = t^2 |a - b|^2 - t^4 <R(a, b) b, a> / 3 + O(t^5)."""
    g = np.random.default_rng(0)
    metric = space.metric
    point = space.random_point(20, concentration=5.0, generator=g)
    a, b = (space.to_tangent(g.normal(size=point.shape), point) for _ in range(2))
    a, b = (
        v / metric.norm(v, point)[(..., *[None] * len(space.shape))] for v in (a, b)
    )
    curvature = metric.inner_product(metric.curvature(a, b, b, point), a, point)

    def estimate(t):
        spread = metric.squared_dist(metric.exp(t * a, point), metric.exp(t * b, point))
        return 3 * (t**2 * metric.squared_norm(a - b, point) - spread) / t**4

    # Averaging t and -t removes the odd orders; the rest is of order t^2.
    t = 1e-2
    assert np.allclose((estimate(t) + estimate(-t)) / 2, curvature, atol=1e-3)


@pytest.mark.parametrize("space", SPACES[:2], ids=repr)
def test_sectional_curvature_is_a_quarter(space):
    g = np.random.default_rng(0)
    point = space.random_point(20, generator=g)
    a, b = (space.to_tangent(g.normal(size=point.shape), point) for _ in range(2))
    assert np.allclose(space.metric.sectional_curvature(a, b, point), 0.25)


@pytest.mark.parametrize("space", SPACES, ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sectional_curvature_without_a_plane_is_nan(space, dtype):
    g = np.random.default_rng(0)
    point = space.random_point(50, generator=g, dtype=dtype)
    vec = space.to_tangent(g.normal(size=point.shape).astype(dtype), point)
    factor = np.asarray(-3.3, dtype)
    for other in (factor * vec, vec, 0 * vec):
        assert np.isnan(space.metric.sectional_curvature(vec, other, point)).all()
        assert np.isnan(space.metric.sectional_curvature(other, vec, point)).all()


@pytest.mark.parametrize("space", SPACES[:2], ids=repr)
def test_sectional_curvature_of_thin_planes(space):
    g = np.random.default_rng(0)
    point = space.random_point(50, generator=g)
    a, b = (space.to_tangent(g.normal(size=point.shape), point) for _ in range(2))
    thin = space.metric.sectional_curvature(a, a + 1e-6 * b, point)
    np.testing.assert_allclose(thin, 0.25, rtol=1e-8)


def test_planes_across_sites_are_flat():
    space = SPACES[2]
    g = np.random.default_rng(0)
    point = space.random_point(6, generator=g)
    a, b = (space.to_tangent(g.normal(size=point.shape), point) for _ in range(2))
    a[:, 2:], b[:, :2] = 0.0, 0.0
    assert np.allclose(space.metric.sectional_curvature(a, b, point), 0.0)
    assert np.all(space.metric.sectional_curvature(a, a[::-1], point) <= 0.25)


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_geodesics_that_end_on_a_wall_do_not_leave(space):
    g = np.random.default_rng(0)
    point = space.random_point(200, generator=g)
    labels = g.integers(4, size=point.shape[:-1])
    log = space.metric.log(space.vertices(labels), point)
    end = space.metric.exp(log, point, boundary="raise")
    assert np.array_equal(space.nearest_vertex(end), labels)
    with pytest.raises(ValueError, match="leaves it at time"):
        space.metric.exp(1.01 * log, point, boundary="raise")
