"""What code written for geomstats relies on: shapes, libraries, copies, drop-in use."""

import copy
import pickle

import numpy as np
import pytest
import torch
from geomstats.geometry.nfold_manifold import NFoldManifold
from geomstats.geometry.product_manifold import ProductManifold
from geomstats.information_geometry.categorical import CategoricalDistributions

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from .helpers import (
    SIMPLICES,
    SMALL_SPACES,
    SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_simplex,
    each_small_space,
    each_space,
    interior_points,
    tangents,
)

EVERY_OBJECT = [*SPACES, fm.SimplexToSphere()]


def results(space, a, b, vec):
    """Results of all operations that take two batches of points."""
    metric = space.metric
    return {
        "exp": metric.exp(vec, a),
        "clip": metric.exp(vec, a, boundary="clip"),
        "log": metric.log(b, a),
        "dist": metric.dist(a, b),
        "squared_dist": metric.squared_dist(a, b),
        "inner_product": metric.inner_product(vec, vec, a),
        "norm": metric.norm(vec, a),
        "transport": metric.parallel_transport(vec, a, end_point=b),
        "along": metric.parallel_transport(vec, a, direction=vec),
        "geodesic": metric.geodesic(a, b)([0.0, 0.5]),
        "shooting": metric.geodesic(a, initial_tangent_vec=vec)([0.0, 0.5]),
        "exit_time": metric.exit_time(vec, a),
        "to_tangent": space.to_tangent(vec, a),
        "projection": space.projection(a),
        "vertices": metric.squared_dist_to_vertices(a),
        "mean_log": metric.mean_log_to_vertices(b, a),
        "metric_matrix": metric.metric_matrix(a),
    }


BATCHES = [((), ()), ((3,), (3,)), ((3,), ()), ((2, 1), (1, 3)), ((2, 3), (3,))]


OF_BOTH = ("log", "dist", "squared_dist", "transport", "geodesic", "mean_log")


@each_small_space
@pytest.mark.parametrize("shapes", BATCHES)
@each_library
def test_batches_broadcast_and_equal_the_single_results(space, shapes, library):
    shape = np.broadcast_shapes(*shapes)
    n_a, n_b = (int(np.prod(s)) for s in shapes)
    a = interior_points(space, n_a).reshape(*shapes[0], *space.shape)
    b = interior_points(space, n_b, 5).reshape(*shapes[1], *space.shape)
    vec = tangents(space, a)
    batch = results(space, *(array(x, library) for x in (a, b, vec)))
    full = [np.broadcast_to(x, (*shape, *space.shape)) for x in (a, b, vec)]
    singles = [
        results(space, *(array(x[index], library) for x in full))
        for index in np.ndindex(*shape)
    ]
    for name, value in batch.items():
        expected = np.stack([to_numpy(single[name]) for single in singles])
        expected = expected.reshape((*shape, *expected.shape[1:]))
        value = to_numpy(value)
        if name in OF_BOTH:
            assert value.shape == expected.shape, name
        value = np.broadcast_to(value, expected.shape)
        np.testing.assert_allclose(
            value, expected, rtol=1e-13, atol=1e-15, err_msg=name
        )


@each_space
@each_library
@each_dtype
def test_library_and_dtype_are_kept(space, library, dtype):
    a, b = (array(interior_points(space, 4, seed), library, dtype) for seed in (0, 1))
    vec = array(tangents(space, interior_points(space, 4)), library, dtype)
    for name, result in results(space, a, b, vec).items():
        assert result.dtype == a.dtype, name
        assert_of(result, library, dtype)
    state = space.metric.geodesic_state(a, b, space.metric.dist(a, b))
    for part in (*state, space.metric.geodesic_point(a, b, space.metric.dist(a, b))):
        assert_of(part, library, dtype)
    assert_of(space.belongs(a), library, "bool")
    assert_of(space.is_tangent(vec, a), library, "bool")


@each_small_space
@each_library
def test_geodesics(space, library):
    a, b = (array(interior_points(space, 6, s), library) for s in (0, 1))
    a, b = (x.reshape(2, 3, *space.shape) for x in (a, b))
    path = space.metric.geodesic(a, b)
    assert tuple(path(0.5).shape) == (2, 3, 1, *space.shape)
    times = array([0.0, 0.25, 1.0], library)
    points = path(times)
    assert tuple(points.shape) == (2, 3, 3, *space.shape)
    rest = [slice(None)] * len(space.shape)
    np.testing.assert_allclose(points[(..., 0, *rest)], a, atol=1e-15)
    np.testing.assert_allclose(points[(..., 2, *rest)], b, atol=1e-14)
    t = array(np.full((2, 3), 0.25), library)
    point, velocity = space.metric.geodesic_state(a, b, t)
    np.testing.assert_allclose(points[(..., 1, *rest)], point, atol=1e-15)
    alone = space.metric.geodesic_point(a, b, t)
    np.testing.assert_allclose(alone, point, atol=1e-15)
    np.testing.assert_allclose(
        space.metric.norm(velocity, point), space.metric.dist(a, b), rtol=1e-13
    )
    ahead, _ = space.metric.geodesic_state(a, b, t + 1e-6)
    difference = to_numpy(ahead - point) / 1e-6
    np.testing.assert_allclose(difference, to_numpy(velocity), atol=1e-5)


@pytest.mark.parametrize("thing", EVERY_OBJECT, ids=repr)
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, copy.copy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_and_pickles(thing, duplicate):
    twin = duplicate(thing)
    assert repr(twin) == repr(thing)
    assert type(twin) is type(thing)
    if not hasattr(thing, "metric"):
        return
    a, b = interior_points(thing, 2)
    assert twin.metric.dist(a, b) == thing.metric.dist(a, b)
    assert twin.belongs(a)


@each_simplex
def test_pickled_simplex_still_samples(space):
    twin = pickle.loads(pickle.dumps(space))
    point = interior_points(space, 1)[0]
    pdf = twin.point_to_pdf(point)
    np.testing.assert_allclose(pdf(np.eye(space.dim + 1)), point)
    rngs = (np.random.default_rng(0) for _ in range(2))
    draws = [one.sample(point, 5, generator=next(rngs)) for one in (space, twin)]
    np.testing.assert_array_equal(*draws)


def test_spaces_of_many_categories_are_small():
    """geomstats would hold two identity matrices of 800 MB each."""
    for kind in (fm.FisherRaoSimplex, fm.PositiveHypersphere):
        space = kind(9999)
        assert len(pickle.dumps(space)) < 10_000


def test_drop_in_for_geomstats():
    simplex, theirs = fm.FisherRaoSimplex(3), CategoricalDistributions(3)
    assert isinstance(simplex, CategoricalDistributions)
    assert isinstance(simplex.metric, type(theirs.metric))
    for name in ("dim", "shape", "point_ndim", "intrinsic", "n_draws"):
        assert getattr(simplex, name) == getattr(theirs, name)
    a, b = (simplex.from_sphere_coordinates(x) for x in np.eye(4)[:2] * 0.6 + 0.2)
    a, b = simplex.projection(a), simplex.projection(b)
    assert simplex.equip_with_metric(fm.FisherRaoMetric).metric.dist(a, b) > 0
    assert not hasattr(fm.FisherRaoSimplex(3, equip=False), "metric")


def test_to_tangent_is_orthogonal_in_the_fisher_metric():
    """v - p sum(v), not the Euclidean v - mean(v)."""
    for simplex in SIMPLICES:
        (point,) = interior_points(simplex, 1)
        vector = np.random.default_rng(0).normal(size=simplex.shape)
        rest = vector - simplex.to_tangent(vector, point)
        vec = tangents(simplex, point)
        inner = (rest * vec / point).sum()
        assert inner == pytest.approx(0.0, abs=1e-14)
    centred = simplex.to_tangent(vector)
    assert centred.sum() == pytest.approx(0.0, abs=1e-13)


@each_library
def test_metric_matrix(library):
    for space in SMALL_SPACES[:2]:
        a = interior_points(space, 3)
        vec, other = tangents(space, a), tangents(space, a, seed=2)
        matrix = to_numpy(space.metric.metric_matrix(array(a, library)))
        inner = np.einsum("ni,nij,nj->n", vec, matrix, other)
        expected = space.metric.inner_product(vec, other, a)
        np.testing.assert_allclose(inner, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("space", SMALL_SPACES[:2], ids=repr)
def test_other_products_over_our_spaces(space):
    """NFoldManifold and ProductManifold call random_point(n_samples, bound)."""
    for product in (NFoldManifold(space, 3), ProductManifold([space, space])):
        points = product.random_point(5)
        assert bool(product.belongs(points).all())
        dist = product.metric.dist(points[:2], points[2:4])
        assert tuple(dist.shape) == (2,)
    sequence = fm.SequenceManifold(space, 3)
    nfold = NFoldManifold(space, 3)
    a, b = sequence.random_point(2)
    expected = nfold.metric.squared_dist(a, b)
    assert float(sequence.metric.squared_dist(a, b)) == pytest.approx(float(expected))


def test_projection_has_no_floor():
    """Points stay where they are, however small their entries (geomstats: 0.09)."""
    simplex = fm.FisherRaoSimplex(9999)
    point = interior_points(simplex, 1)[0] ** 4
    point = simplex.projection(point)
    assert simplex.metric.dist(point, simplex.projection(point)) < 1e-14


def test_random_points_of_torch_do_not_need_its_backend():
    generator = torch.Generator().manual_seed(0)
    for space in SPACES:
        points = space.random_point(3, generator=generator)
        dist = space.metric.dist(points[0], points[1:])
        assert isinstance(dist, torch.Tensor)
        assert dist.dtype == torch.get_default_dtype()


@each_library
@each_dtype
def test_repeated_steps_stay_on_the_manifold(library, dtype):
    """exp and log must not amplify the rounding of |u|: a descent of 100 steps."""
    space = fm.PositiveHypersphere(2)
    targets = array(np.eye(3), library, dtype)
    weights = array([[0.2], [0.3], [0.5]], library, dtype)
    point = array([0.6, 0.48, 0.64], library, dtype)
    for _ in range(100):
        step = (weights * space.metric.log(targets, point)).sum(0)
        point = space.metric.exp(1.5 * step, point)
    norm = float((point * point).sum())
    assert norm == pytest.approx(1.0, abs=100 * float(np.finfo(dtype).eps))
    assert bool(space.belongs(point))


@each_small_space
@each_library
def test_base_points_broadcast_against_vectors(space, library):
    """Also where the inner product does not depend on the base point."""
    points = interior_points(space, 2)
    vecs = np.stack([tangents(space, points[0], s) for s in range(3)])
    point, vec = array(points[:, None], library), array(vecs[None], library)
    metric = space.metric
    for result in (
        metric.inner_product(vec, vec, point),
        metric.norm(vec, point),
        metric.sectional_curvature(vec, vec, point),
        metric.log_exp_volume_density(vec, point),
        metric.normalize(vec, point)[(..., *[0] * len(space.shape))],
        metric.curvature_derivative(vec, vec, vec, vec, point)[
            (..., *[0] * len(space.shape))
        ],
    ):
        assert tuple(result.shape) == (2, 3)


def test_metrics_say_whose_they_are():
    assert repr(fm.FisherRaoSimplex(2).metric) == "FisherRaoMetric(" + (
        "FisherRaoSimplex(dim=2))"
    )


@each_space
@each_library
@each_dtype
def test_projection_is_idempotent_to_the_last_bit(space, library, dtype):
    g = np.random.default_rng(0)
    vectors = g.normal(size=(50, *space.shape))
    vectors[..., 0] = np.abs(vectors[..., 0])  # others have no projection
    once = space.projection(array(vectors, library, dtype))
    assert bool((space.projection(once) == once).all())
    points = array(interior_points(space, 20), library, dtype)
    assert bool((space.projection(points) == points).all())


def test_sequences_of_other_spaces_are_refused():
    from geomstats.geometry.hypersphere import Hypersphere

    inner = fm.SequenceManifold(fm.FisherRaoSimplex(2), 2)
    for base in (3, inner, Hypersphere(2), fm.FisherRaoSimplex(2, equip=False)):
        with pytest.raises(TypeError, match="expected base to be a FisherRaoSimplex"):
            fm.SequenceManifold(base, 2)


def test_intrinsic_coordinates_of_sequences():
    for space in SMALL_SPACES[2:]:
        points = interior_points(space, 3)
        coordinates = space.extrinsic_to_intrinsic_coords(points)
        assert coordinates.shape == (3, 2, 2)
        back = space.intrinsic_to_extrinsic_coords(coordinates)
        np.testing.assert_allclose(back, points, atol=1e-15)


def test_coordinates_of_boundary_points_stay_on_the_simplex():
    simplex = fm.FisherRaoSimplex(5)
    points = interior_points(simplex, 500)
    points[:, -1] = 0.0
    points = points / points.sum(-1, keepdims=True)
    coordinates = simplex.extrinsic_to_intrinsic_coords(points)
    assert simplex.belongs(simplex.intrinsic_to_extrinsic_coords(coordinates)).all()


@each_small_space
def test_times_of_geodesic_states_take_the_dtype_of_the_points(space):
    a, b = interior_points(space, 2).astype("float32")
    for t in (0.5, np.float64(0.5), np.array(0.5), torch.tensor(0.5)):
        point, velocity = space.metric.geodesic_state(a, b, t)
        alone = space.metric.geodesic_point(a, b, t)
        assert point.dtype == velocity.dtype == alone.dtype == np.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_membership_in_half_precision(dtype):
    for kind in (fm.FisherRaoSimplex, fm.PositiveHypersphere):
        space = kind(99)
        good = torch.as_tensor(interior_points(space, 50)).to(dtype)
        assert space.belongs(good).all()
        assert not space.belongs(0.0 * good).any()
        assert not space.belongs(1.2 * good).any()
        with pytest.raises(ValueError, match="entries from"):
            fm.check_point(space, 1.2 * good)


@each_dtype
def test_projection_normalises_what_is_off_by_more_than_its_own_rounding(dtype):
    eps = np.finfo(dtype).eps
    for space in SPACES[:8]:
        point = interior_points(space, 20).astype(dtype)
        norms = "Simplex" in repr(space) or 2
        for off in (20 * eps, 1e-3):
            once = space.projection(point * np.asarray(1 + off, dtype))
            total = (once.astype(float) ** (1 if norms is True else 2)).sum(-1)
            assert abs(total - 1).max() < 12 * eps
