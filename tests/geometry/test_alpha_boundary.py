"""Alpha-connections at walls and on faces of the simplex."""

import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.geometry import AlphaConnection

from .alpha_helpers import (
    SPACE,
    each_alpha,
    points,
    short_vectors,
)


@each_alpha
def test_beyond_the_boundary(alpha):
    connection = AlphaConnection(SPACE, alpha)
    p = points()
    v = short_vectors(p)
    time = connection.exit_time(v, p)
    v = 40 * v if alpha >= 1 else 2 * time[:, None] * v
    if alpha >= 1:
        assert np.all(np.isinf(time))
        assert np.all(SPACE.belongs(connection.exp(v, p)))
        assert np.all(SPACE.belongs(connection.exp(v, p, boundary="raise")))
        return
    time = connection.exit_time(v, p)
    np.testing.assert_allclose(time, 0.5, rtol=1e-13)
    assert not np.any(SPACE.belongs(connection.exp(v, p)))
    clipped = connection.exp(v, p, boundary="clip")
    assert np.all(SPACE.belongs(clipped))
    assert np.all(clipped.min(-1) < 1e-15)
    before = connection.exp(0.999 * time[:, None] * v, p)
    assert np.all(before >= 0)
    np.testing.assert_allclose(before, clipped, atol=5e-2)
    with pytest.raises(ValueError, match="leaves it at time"):
        connection.exp(v, p, boundary="raise")
    with pytest.raises(ValueError, match="boundary in"):
        connection.exp(v, p, boundary="reflect")
    if alpha not in (-1, 0):
        assert np.all(np.isnan(connection.parallel_transport(v, p, direction=v)))


@each_alpha
def test_the_zero_vector_stays(alpha):
    connection, p = AlphaConnection(SPACE, alpha), points()
    assert np.all(np.isinf(connection.exit_time(0 * p, p)))
    np.testing.assert_allclose(connection.exp(0 * p, p), p, rtol=1e-14)
    np.testing.assert_allclose(connection.log(p, p), 0 * p, atol=1e-16)
    v = short_vectors(p)
    moved = connection.parallel_transport(v, p, end_point=p)
    np.testing.assert_allclose(moved, v, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("alpha", [-2.0, -1.0, -0.5, 0.0, 0.5])
def test_geodesics_leave_faces_where_alpha_is_below_one(alpha):
    connection = AlphaConnection(SPACE, alpha)
    vertex, face = np.eye(5)[0], np.array([0.0, 0.5, 0.5, 0.0, 0.0])
    path = connection.geodesic(vertex, face)([0.0, 0.5, 1.0])
    np.testing.assert_allclose(path[0], vertex, atol=1e-15)
    np.testing.assert_allclose(path[1], [0.5, 0.25, 0.25, 0, 0], atol=1e-12)
    np.testing.assert_allclose(path[2], face, atol=1e-15)
    inside = points(1)[0]
    end = connection.exp(connection.log(vertex, inside), inside, boundary="raise")
    np.testing.assert_allclose(end, vertex, atol=1e-12)


@each_alpha
def test_faces_are_totally_geodesic(alpha):
    """On a face everything is as on the simplex of its own dimension."""
    small, large = fm.FisherRaoSimplex(2), fm.FisherRaoSimplex(4)
    places = np.array([0, 2, 3])

    def lift(x):
        lifted = np.zeros((*x.shape[:-1], 5))
        lifted[..., places] = x
        return lifted

    p, q = points(12, small).reshape(2, 6, 3)
    v = short_vectors(p, space=small)
    inner, outer = AlphaConnection(small, alpha), AlphaConnection(large, alpha)
    for name, arguments in (
        ("exp", (v, p)),
        ("log", (q, p)),
        ("parallel_transport", (v, p, None, q)),
        ("parallel_transport", (v, p, v)),
    ):
        lifted = [None if x is None else lift(x) for x in arguments]
        expected = lift(getattr(inner, name)(*arguments))
        result = getattr(outer, name)(*lifted)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-15)
    path = outer.geodesic(lift(p), lift(q))([0.3, 1.0])
    expected = lift(inner.geodesic(p, q)([0.3, 1.0]))
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_no_geodesic_joins_different_faces_where_alpha_is_at_least_one(alpha):
    connection = AlphaConnection(SPACE, alpha)
    inside, face = points(1)[0], np.array([0.0, 0.5, 0.5, 0.0, 0.0])
    for one, other in ((inside, face), (face, inside)):
        with pytest.raises(ValueError, match="same zeros"):
            connection.log(one, other)
        with pytest.raises(ValueError, match="same zeros"):
            connection.geodesic(one, other)(0.5)
        with pytest.raises(ValueError, match="same zeros"):
            connection.parallel_transport(0 * one, one, end_point=other)
    steep = AlphaConnection(SPACE, -2.0)
    with pytest.raises(ValueError, match="same zeros"):
        steep.log(inside, face)
    assert np.all(np.isfinite(steep.log(face, inside)))


@each_alpha
def test_vectors_off_a_face_give_no_numbers(alpha):
    """As for the metric, except for the straight lines of alpha = -1."""
    face, off = np.array([0.0, 0.5, 0.25, 0.25, 0.0]), np.array([0.2, -0.2, 0, 0, 0])
    with np.errstate(all="ignore"):
        end = AlphaConnection(SPACE, alpha).exp(off, face)
    if alpha == -1:
        np.testing.assert_allclose(end, face + off)
    else:
        assert not np.any(SPACE.belongs(end))
