"""Matrices, Christoffel symbols and curvature tensors against finite differences."""

import numpy as np
import pytest
from geomstats.geometry.riemannian_metric import RiemannianMetric

import fisher_manifold as fm

from .helpers import (
    SMALL_SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    interior_points,
    tangents,
)

FLAT = SMALL_SPACES[:2]
each_single = pytest.mark.parametrize("space", FLAT, ids=repr)


def setting(space, n_points=4):
    point = interior_points(space, n_points)
    return point, *(tangents(space, point, seed) for seed in (1, 2, 3))


def sites(space, array):
    """Arrays with a leading axis for sites, of length one for a single distribution."""
    return array.reshape(-1, *array.shape[len(space.shape) - 1 :])


def intrinsic_metric(space, angles):
    """Metric of intrinsic coordinates by central differences of the embedding."""
    step, columns = 1e-6, []
    for k in range(space.dim):
        shift = step * np.eye(space.dim)[k]
        ends = [
            space.intrinsic_to_extrinsic_coords(angles + s * shift) for s in (1, -1)
        ]
        columns.append((ends[0] - ends[1]) / (2 * step))
    point = space.intrinsic_to_extrinsic_coords(angles)
    columns = np.array(columns)
    return space.metric.inner_product(columns[:, None], columns[None], point)


@each_small_space
def test_metric_matrix_gives_the_inner_product(space):
    point, a, b, _ = setting(space)
    matrix = space.metric.metric_matrix(point)
    inner = np.einsum("...i,...ij,...j->...", a, matrix, b)
    inner = inner.sum(-1) if space.point_ndim > 1 else inner
    expected = space.metric.inner_product(a, b, point)
    np.testing.assert_allclose(inner, expected, rtol=1e-12, atol=1e-14)


@each_small_space
def test_cometric_matrix_inverts_the_metric_on_tangent_vectors(space):
    point, a, b, _ = setting(space)
    metric = space.metric
    matrix, cometric = metric.metric_matrix(point), metric.cometric_matrix(point)
    back = np.einsum("...ij,...jk,...k->...i", cometric, matrix, a)
    np.testing.assert_allclose(back, a, atol=1e-14)
    # Images are tangent, and covectors pair with them as their inner coproduct.
    covectors = np.random.default_rng(0).normal(size=(2, *point.shape))
    raised = np.einsum("...ij,...j->...i", cometric, covectors[0])
    assert space.is_tangent(raised, point).all()
    axes = tuple(range(1, point.ndim))
    expected = (covectors[1] * raised).sum(axes)
    actual = metric.inner_coproduct(*covectors, point)
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)
    half = metric.hamiltonian((point, covectors[0]))
    np.testing.assert_allclose(2 * half, metric.squared_norm(raised, point), rtol=1e-12)


def test_cometric_is_finite_at_vertices():
    for space in FLAT:
        assert np.isfinite(space.metric.cometric_matrix(np.eye(4))).all()


@each_single
def test_derivative_of_the_metric_matrix(space):
    (point, *_), step = setting(space), 1e-6
    for k in range(space.dim + 1):
        shift = step * np.eye(space.dim + 1)[k]
        ends = [space.metric.metric_matrix(point + s * shift) for s in (1, -1)]
        expected = (ends[0] - ends[1]) / (2 * step)
        derivative = space.metric.inner_product_derivative_matrix(point)[..., k]
        np.testing.assert_allclose(derivative, expected, rtol=1e-6, atol=1e-6)


@each_small_space
def test_geodesic_equation_holds_along_geodesics(space):
    point, vec, *_ = setting(space)
    step = 1e-3
    path = space.metric.geodesic(point, initial_tangent_vec=vec)
    axis = -len(space.shape) - 1
    before, here, after = np.moveaxis(path([-step, 0.0, step]), axis, 0)
    acceleration = (after - 2 * here + before) / step**2
    state = np.stack([point, vec], axis)
    velocity, expected = np.moveaxis(space.metric.geodesic_equation(state), axis, 0)
    np.testing.assert_array_equal(velocity, vec)
    np.testing.assert_allclose(acceleration, expected, atol=1e-5)
    symbols = space.metric.christoffels(point)
    by_symbols = -np.einsum("...kij,...i,...j->...k", symbols, vec, vec)
    np.testing.assert_allclose(expected, by_symbols, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(symbols, np.swapaxes(symbols, -1, -2))


def riemann_of_symbols(metric, point, step=1e-5):
    """R_{ijk}^l of a connection from its Christoffel symbols: the textbook formula."""
    gamma, n = metric.christoffels(point), len(point)
    shifts = step * np.eye(n)
    derivative = np.stack(
        [
            (metric.christoffels(point + s) - metric.christoffels(point - s)) / step / 2
            for s in shifts
        ]
    )  # [m, l, i, j] = d_m Gamma^l_ij
    return (
        np.einsum("jlki->ijkl", derivative)
        - np.einsum("klji->ijkl", derivative)
        + np.einsum("ljm,mki->ijkl", gamma, gamma)
        - np.einsum("lkm,mji->ijkl", gamma, gamma)
    )


@each_single
def test_riemann_tensor_is_that_of_the_christoffel_symbols(space):
    (point,), *vecs = setting(space, 1)
    a, b, c = (v[0] for v in vecs)
    expected = riemann_of_symbols(space.metric, point)
    expected = np.einsum("ijkl,i,j,k->l", expected, c, a, b)
    expected = space.to_tangent(expected, point)
    curvature = space.metric.curvature(a, b, c, point)
    np.testing.assert_allclose(curvature, expected, atol=1e-7)


@each_small_space
def test_tensors_give_the_curvature(space):
    point, a, b, c = setting(space)
    d = tangents(space, point, 7)
    metric = space.metric
    riemann = metric.riemann_tensor(point)
    turned = np.einsum("...ijkl,...i,...j,...k->...l", riemann, c, a, b)
    curvature = metric.curvature(a, b, c, point)
    np.testing.assert_allclose(turned, curvature, atol=1e-14)
    covariant = metric.covariant_riemann_tensor(point)
    number = np.einsum("...ijkl,...i,...j,...k,...l->...", covariant, d, c, a, b)
    number = number.sum(-1) if space.point_ndim > 1 else number
    expected = metric.inner_product(curvature, d, point)
    np.testing.assert_allclose(number, expected, atol=1e-13)


@each_small_space
def test_ricci_and_scalar_curvature_are_traces(space):
    point, a, b, _ = setting(space)
    metric = space.metric
    riemann = metric.riemann_tensor(point)
    ricci = metric.ricci_tensor(point)
    trace = np.einsum("...ijkj->...ik", riemann)
    np.testing.assert_allclose(ricci, trace, rtol=1e-10, atol=1e-12)
    scalar = np.einsum("...ij,...ij->...", metric.cometric_matrix(point), ricci)
    scalar = scalar.sum(-1) if space.point_ndim > 1 else scalar
    np.testing.assert_allclose(metric.scalar_curvature(point), scalar, rtol=1e-12)
    d = space.shape[-1] - 1
    assert np.allclose(
        metric.scalar_curvature(point), (space.dim / d) * d * (d - 1) / 4
    )
    # In an orthonormal frame: the sum of the sectional curvatures of its planes.
    frame = metric.normal_basis(base_point=point)
    planes = metric.curvature(
        frame[:, :, None], frame[:, None], frame[:, None], point[:, None, None]
    )
    numbers = metric.inner_product(planes, frame[:, :, None], point[:, None, None])
    np.testing.assert_allclose(numbers.sum((-1, -2)), scalar, rtol=1e-12)


@each_small_space
def test_curvature_is_parallel(space):
    """Transport of R(a, b) c is R of the transported vectors: its derivative is 0."""
    point, a, b, c = setting(space)
    metric, end = space.metric, interior_points(space, 4, 9)

    def move(vec):
        return metric.parallel_transport(vec, point, end_point=end)

    moved = metric.curvature(move(a), move(b), move(c), end)
    expected = move(metric.curvature(a, b, c, point))
    np.testing.assert_allclose(moved, expected, atol=1e-14)
    derivative = metric.curvature_derivative(a, b, c, a, point)
    np.testing.assert_array_equal(derivative, np.zeros_like(point))
    directional = metric.directional_curvature_derivative(a, b, point)
    np.testing.assert_array_equal(directional, np.zeros_like(point))
    tidal = metric.directional_curvature(a, b, point)
    np.testing.assert_array_equal(tidal, metric.curvature(b, a, b, point))


def test_geomstats_own_formula_agrees_on_the_sphere_of_constant_metric():
    """Its Christoffel symbols of 4 I are zero: those of the flat ambient space."""
    space = fm.PositiveHypersphere(3)
    point = interior_points(space, 2)
    np.testing.assert_array_equal(RiemannianMetric.christoffels(space.metric, point), 0)


@each_single
def test_volume_density_is_the_root_of_the_determinant(space):
    point = interior_points(space, 3)
    for one in point:
        coordinates = space.extrinsic_to_intrinsic_coords(one)
        determinant = np.linalg.det(intrinsic_metric(space, coordinates))
        density = space.metric.volume_density(one)
        assert density == pytest.approx(np.sqrt(determinant), rel=1e-8)


@pytest.mark.parametrize("kind", [fm.FisherRaoSimplex, fm.PositiveHypersphere])
def test_total_volume_is_the_integral_of_the_density(kind):
    """By Gauss-Jacobi and Gauss-Legendre quadrature, for two and three categories."""
    from scipy.special import roots_jacobi

    for dim, expected in ((1, np.pi), (2, 2 * np.pi)):
        space = kind(dim)
        assert np.exp(space.metric.log_volume()) == pytest.approx(expected)
    space = kind(1)
    if kind is fm.PositiveHypersphere:
        angles, weights = np.polynomial.legendre.leggauss(8)
        angles, weights = (angles + 1) * np.pi / 4, weights * np.pi / 4
        for dim in (1, 2):
            grid = np.stack(np.meshgrid(*[angles] * dim), -1).reshape(-1, dim)
            product = np.prod(np.meshgrid(*[weights] * dim), 0).reshape(-1)
            sphere = kind(dim)
            density = sphere.metric.volume_density(
                sphere.intrinsic_to_extrinsic_coords(grid)
            )
            volume = (product * density).sum()
            assert volume == pytest.approx(np.exp(sphere.metric.log_volume()), 1e-6)
        return
    nodes, weights = roots_jacobi(20, -0.5, -0.5)
    p = (nodes + 1) / 2
    density = space.metric.volume_density(np.stack([p, 1 - p], -1))
    # weights already hold (1 - x^2)^(-1/2) = (4 p (1 - p))^(-1/2); dp = dx / 2
    volume = (weights * density * np.sqrt(p * (1 - p))).sum()
    assert volume == pytest.approx(np.pi)


def test_volume_of_products_and_of_many_categories():
    base = fm.FisherRaoSimplex(3)
    sequence = fm.SequenceManifold(base, 5)
    assert sequence.metric.log_volume() == pytest.approx(5 * base.metric.log_volume())
    point = interior_points(sequence, 2)
    each = base.metric.log_volume_density(point).sum(-1)
    np.testing.assert_allclose(sequence.metric.log_volume_density(point), each)
    for kind in (fm.FisherRaoSimplex, fm.PositiveHypersphere):
        space = kind(9999)
        assert np.isfinite(space.metric.log_volume())
        assert np.isfinite(space.metric.log_volume_density(interior_points(space, 1)))


@each_single
def test_volume_density_of_exp_is_the_determinant_of_its_differential(space):
    point, vec, *_ = (x[0] for x in setting(space, 1))
    metric, step = space.metric, 1e-6
    frame = metric.normal_basis(base_point=point)
    end = metric.exp(vec, point)
    there = metric.normal_basis(base_point=end)
    columns = [
        (metric.exp(vec + step * b, point) - metric.exp(vec - step * b, point))
        / step
        / 2
        for b in frame
    ]
    jacobian = metric.inner_product(np.array(columns)[:, None], there, end)
    expected = np.log(abs(np.linalg.det(jacobian)))
    density = metric.log_exp_volume_density(vec, point)
    assert density == pytest.approx(expected, abs=1e-8)


@each_small_space
@each_library
@each_dtype
def test_library_dtype_and_batches_of_tensors(space, library, dtype):
    point, a, *_ = (array(x, library, dtype) for x in setting(space, 6))
    metric = space.metric
    for name in (
        *("metric_matrix", "cometric_matrix", "inner_product_derivative_matrix"),
        *("christoffels", "riemann_tensor", "covariant_riemann_tensor"),
        *("ricci_tensor", "scalar_curvature", "injectivity_radius"),
        *("log_volume_density", "volume_density"),
    ):
        function = getattr(metric, name)
        batch = function(point)
        assert_of(batch, library, dtype)
        folded = function(point.reshape(2, 3, *space.shape))
        assert tuple(folded.shape) == (2, 3, *batch.shape[1:]), name
        np.testing.assert_array_equal(folded.reshape(batch.shape), batch)
    assert_of(metric.log_exp_volume_density(a, point), library, dtype)
    state = array(np.stack([point, a], 1), library, dtype)
    derivative = metric.geodesic_equation(state)
    assert_of(derivative, library, dtype)
    assert tuple(derivative.shape) == (6, 2, *space.shape)


@each_small_space
def test_tensors_raise_on_wrong_input(space):
    good, wrong = interior_points(space, 1), np.ones((*space.shape[:-1], 7))
    for name in ("metric_matrix", "cometric_matrix", "christoffels", "riemann_tensor"):
        with pytest.raises(ValueError, match="expected base_point of shape"):
            getattr(space.metric, name)(wrong)
        with pytest.raises(TypeError, match="floating point"):
            getattr(space.metric, name)(good.astype(int))


def test_metric_needs_a_base_point_on_the_simplex_only():
    for space in SMALL_SPACES:
        _, a, b, _ = setting(space, 1)
        if "Simplex" in repr(space):
            with pytest.raises(ValueError, match="expected base_point"):
                space.metric.inner_product(a, b)
        else:
            assert space.metric.inner_product(a, b).shape == (1,)
