"""Bad input raises messages that say what to do; belongs and is_tangent never raise."""

import numpy as np
import pytest
import torch

import fisher_manifold as fm

from .helpers import (
    SMALL_SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    each_space,
    interior_points,
    tangents,
)


def operations(space):
    """Every operation as a function of its array arguments, in their order."""
    metric = space.metric
    return {
        "exp": (metric.exp, ("tangent_vec", "base_point")),
        "log": (metric.log, ("point", "base_point")),
        "dist": (metric.dist, ("point_a", "point_b")),
        "squared_dist": (metric.squared_dist, ("point_a", "point_b")),
        "inner_product": (
            metric.inner_product,
            ("tangent_vec_a", "tangent_vec_b", "base_point"),
        ),
        "squared_norm": (metric.squared_norm, ("vector", "base_point")),
        "norm": (metric.norm, ("vector", "base_point")),
        "geodesic": (metric.geodesic, ("initial_point", "end_point")),
        "exit_time": (metric.exit_time, ("tangent_vec", "base_point")),
        "transport": (
            metric.parallel_transport,
            ("tangent_vec", "base_point", "direction"),
        ),
        "to_tangent": (space.to_tangent, ("vector", "base_point")),
        "projection": (space.projection, ("point",)),
        "vertices": (metric.squared_dist_to_vertices, ("point",)),
        "mean_log": (metric.mean_log_to_vertices, ("weights", "base_point")),
    }


each_operation = pytest.mark.parametrize("name", operations(SMALL_SPACES[0]))


def call_with(space, name, bad, position):
    """Call an operation with one bad argument, the others as they should be."""
    function, names = operations(space)[name]
    arguments = [interior_points(space, 1)[0] for _ in names]
    arguments[position] = bad
    return function(*arguments)


def positions(space, name):
    return range(len(operations(space)[name][1]))


@each_small_space
@each_operation
def test_wrong_last_axis(space, name):
    bad = np.ones((*space.shape[:-1], space.shape[-1] + 1))
    for position in positions(space, name):
        with pytest.raises(
            ValueError, match=r"expected \w+ of shape \[..., .*, got \["
        ):
            call_with(space, name, bad, position)
        with pytest.raises(ValueError, match="of shape"):
            call_with(space, name, bad.reshape(-1)[0], position)


@each_small_space
@each_operation
def test_integer_dtype(space, name):
    bad = np.ones(space.shape, dtype=int)
    for position in positions(space, name):
        with pytest.raises(TypeError, match="dtype"):
            call_with(space, name, bad, position)


@each_small_space
@each_operation
def test_lists_mixed_dtypes_and_mixed_libraries(space, name):
    good = interior_points(space, 1)[0]
    for position in positions(space, name):
        with pytest.raises(TypeError, match="numpy array or torch tensor, got list"):
            call_with(space, name, good.tolist(), position)
        if len(positions(space, name)) == 1:
            continue
        with pytest.raises(TypeError, match="with the dtype and device of"):
            call_with(space, name, good.astype(np.float32), position)
        with pytest.raises(TypeError, match="of one library"):
            call_with(space, name, torch.as_tensor(good), position)


def test_messages_name_the_argument():
    metric = fm.FisherRaoSimplex(2).metric
    point = np.ones(3) / 3
    with pytest.raises(
        ValueError, match=r"expected point_b of shape \[..., 3\], got \[4\]"
    ):
        metric.dist(point, np.ones(4))
    with pytest.raises(TypeError, match="expected point_a of a floating point dtype"):
        metric.dist(np.ones(3, dtype=int), point)
    with pytest.raises(TypeError, match="expected base_point with the dtype"):
        metric.exp(point, point.astype(np.float32))


@each_small_space
def test_exactly_one_way_to_give_a_geodesic(space):
    metric, point = space.metric, interior_points(space, 1)[0]
    with pytest.raises(ValueError, match="got neither"):
        metric.geodesic(point)
    with pytest.raises(ValueError, match="got both"):
        metric.geodesic(point, point, point)
    with pytest.raises(ValueError, match="got neither"):
        metric.parallel_transport(point, point)
    with pytest.raises(ValueError, match="got both"):
        metric.parallel_transport(point, point, point, point)


@pytest.mark.parametrize("kind", [fm.FisherRaoSimplex, fm.PositiveHypersphere])
def test_dimensions(kind):
    for dim in (0, -1):
        with pytest.raises(ValueError, match=f"expected dim >= 1 .*, got {dim}"):
            kind(dim)
    for dim in (2.0, "2", None):
        with pytest.raises(TypeError, match="expected dim to be an integer"):
            kind(dim)
    assert kind(np.int64(2)).dim == 2


def test_length_of_a_sequence():
    for length in (0, -1, 2.5):
        with pytest.raises((ValueError, TypeError), match="length"):
            fm.SequenceManifold(fm.FisherRaoSimplex(2), length)


@each_space
@each_library
def test_labels(space, library):
    n = space.n_categories
    labels = np.arange(6).reshape(2, 3) % n
    labels = torch.as_tensor(labels) if library == "torch" else labels
    vertices = space.vertices(labels)
    assert tuple(vertices.shape) == (2, 3, n)
    assert (space.nearest_vertex(vertices) == labels).all()
    bad = labels + 0
    bad[1, 2] = n
    with pytest.raises(ValueError, match=rf"got {n} at index \[1, 2\] \(1 of 6"):
        space.vertices(bad)
    bad[1, 2] = -1
    with pytest.raises(ValueError, match=r"got -1 at index \[1, 2\]"):
        space.vertices(bad)
    with pytest.raises(TypeError, match="expected integer labels, got dtype"):
        space.vertices(bad / 2)


@each_dtype
def test_vertices_of_a_dtype(dtype):
    space = fm.FisherRaoSimplex(2)
    assert_of(space.vertices(np.array([0, 1]), dtype=dtype), "numpy", dtype)
    tensor = space.vertices(torch.tensor([0, 1]), dtype=getattr(torch, dtype))
    assert_of(tensor, "torch", dtype)
    assert space.vertices([0, 2]).shape == (2, 3)
    assert space.vertices(np.zeros(0, int)).shape == (0, 3)


def oddities(space):
    """Values that belong to no manifold."""
    shape = space.shape
    return [
        np.full(shape, np.nan),
        np.full(shape, np.inf),
        np.full((2, *shape), -1.0),
        np.ones((*shape[:-1], shape[-1] + 1)),
        np.ones(()),
        np.zeros((0, *shape)),
        np.ones(shape, dtype=int),
        np.ones(shape, dtype=complex),
        np.full(shape, None),
        torch.full(shape, float("nan")),
        torch.ones(5, 4, 3, 2, 1),
        torch.ones(shape, dtype=torch.int64),
        [[1.0], [2.0, 3.0]],
        "text",
        None,
        7,
        object(),
    ]


@each_small_space
def test_belongs_and_is_tangent_never_raise(space):
    point = interior_points(space, 1)[0]
    vec = tangents(space, point)
    assert space.belongs(point.tolist())
    assert space.is_tangent(vec.tolist(), point.tolist())
    assert space.is_tangent(torch.as_tensor(vec), point)
    for odd in oddities(space):
        assert not np.any(np.asarray(space.belongs(odd)))
        for arguments in ((odd, point), (vec, odd), (odd, odd)):
            with np.errstate(invalid="ignore"):  # infinity minus infinity
                tangent = np.asarray(space.is_tangent(*arguments))
            assert tangent.dtype == bool


@each_small_space
@each_library
def test_belongs_answers_in_the_library_and_shape_of_the_question(space, library):
    points = array(interior_points(space, 6), library).reshape(2, 3, *space.shape)
    for answer in (space.belongs(points), space.belongs(points[..., :-1])):
        assert tuple(answer.shape) == (2, 3)
        assert isinstance(answer, torch.Tensor) == (library == "torch")
    assert space.belongs(points).all()
    assert not space.belongs(points[..., :-1]).any()
    assert not space.belongs(1.01 * points).any()


def test_belongs_judges_signs_and_sums():
    simplex, sphere = fm.FisherRaoSimplex(3), fm.PositiveHypersphere(3)
    assert not simplex.belongs(np.array([1.5, -0.5, 0.0, 0.0]))
    assert not simplex.belongs(np.array([1.0, -1e-20, 0.0, 0.0]))
    assert simplex.belongs(np.array([1.0, -1e-9, 0.0, 0.0]), atol=1e-8)
    assert simplex.belongs(np.array([1, 0, 0, 0]))
    assert not sphere.belongs(np.array([0.6, -0.8, 0.0, 0.0]))
    assert sphere.belongs(np.array([1.0, -1e-17, 0.0, 0.0]))


@each_library
@each_dtype
def test_tolerance_knows_dtype_and_dimension(library, dtype):
    """Rounding a good point to float32 keeps it; an error of 1e-3 does not."""
    for dim in (1, 99, 9999):
        simplex = fm.FisherRaoSimplex(dim)
        points = array(interior_points(simplex, 50), library, dtype)
        assert simplex.belongs(points).all()
        assert not simplex.belongs(points * 1.001).any()
        vec = simplex.to_tangent(points - points[:1], points)
        assert simplex.is_tangent(vec, points).all()


@each_small_space
def test_check_point_names_the_first_bad_point(space):
    points = interior_points(space, 6).reshape(2, 3, *space.shape)
    fm.check_point(space, points)
    points[1, 0] *= 2.0
    points[1, 2] *= 2.0
    with pytest.raises(
        ValueError, match=r"(?s)expected x1 on .*, but x1\[1, 0\] = .*2 of 6"
    ):
        fm.check_point(space, points, name="x1")
    with pytest.raises(ValueError, match="expected point of shape"):
        fm.check_point(space, points[..., :-1])
    with pytest.raises(TypeError, match="expected point to be .* got list"):
        fm.check_point(space, points.tolist())
