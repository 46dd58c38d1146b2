"""Round trips inside the injectivity radius return to 50 eps times their scale.

Points and vectors have scale 1: a unit vector's entries are rounded to eps, and that
rounding is what comes back, also from the logarithm of a nearby point.  Errors are
taken in sphere coordinates, the Fisher norm up to the factor 2.
"""

import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy, wide

from . import oracle, regimes
from .helpers import DIMS, array, each_dtype, each_library

KINDS = (fm.FisherRaoSimplex, fm.PositiveHypersphere)
SPACES = [kind(dim) for kind in KINDS for dim in (*DIMS, 999, 9999)]
BOUND = 50.0

each_space = pytest.mark.parametrize("space", SPACES, ids=repr)


def on_simplex(space):
    return isinstance(space, fm.FisherRaoSimplex)


def root(space, point):
    point = wide(point)
    return np.sign(point) * np.sqrt(abs(point)) if on_simplex(space) else point


def point_error(space, point, expected):
    return np.linalg.norm(root(space, point) - root(space, expected), axis=-1).max()


def vector_error(space, vec, expected, point):
    difference = wide(vec) - wide(expected)
    if on_simplex(space):
        difference = difference / (2.0 * root(space, point))
    return np.linalg.norm(difference, axis=-1).max()


def batches(space, library, dtype):
    """Base and end points [n, dim + 1]: on the simplex, base points inside."""
    pairs = [
        pair for _, pair in regimes.point_pairs(space.dim, on_simplex(space), dtype)
    ]
    if on_simplex(space):
        pairs = [(a, b) for a, b in pairs if (a > 0).all()]
    return [
        array(np.stack(points), library, dtype) for points in zip(*pairs, strict=True)
    ]


def tangents(space, base, library, dtype):
    """Tangent vectors of length up to 1, at most 0.9 of the way to the wall."""
    directions = [
        next(regimes.tangent_vectors(point, on_simplex(space), 1, norm=0.5))
        for point in to_numpy(base)
    ]
    vec = array(np.stack(directions), library, dtype)
    exit_time = wide(space.metric.exit_time(vec, base))
    factor = np.minimum(1.0, 0.9 * exit_time)[:, None]
    return vec * array(factor, library, dtype)


@each_space
@each_library
@each_dtype
def test_exp_of_log_is_the_point(space, library, dtype):
    base, end = batches(space, library, dtype)
    metric, eps = space.metric, np.finfo(dtype).eps
    back = metric.exp(metric.log(end, base), base)
    assert point_error(space, back, end) <= BOUND * eps
    path = metric.geodesic(base, end)([0.0, 1.0])
    assert point_error(space, path[:, 0], base) <= BOUND * eps
    assert point_error(space, path[:, 1], end) <= BOUND * eps


@each_space
@each_library
@each_dtype
def test_log_of_exp_is_the_vector(space, library, dtype):
    base, _ = batches(space, library, dtype)
    vec = tangents(space, base, library, dtype)
    back = space.metric.log(space.metric.exp(vec, base), base)
    assert vector_error(space, back, vec, base) <= BOUND * np.finfo(dtype).eps


@each_space
@each_library
@each_dtype
def test_transport_there_and_back_is_the_vector(space, library, dtype):
    base, end = batches(space, library, dtype)
    if on_simplex(space):  # a face would swallow the directions off it
        inside = wide(end).min(-1) > 0
        base, end = base[inside], end[inside]
    vec = tangents(space, base, library, dtype)
    there = space.metric.parallel_transport(vec, base, end_point=end)
    back = space.metric.parallel_transport(there, end, end_point=base)
    assert vector_error(space, back, vec, base) <= BOUND * np.finfo(dtype).eps


def test_transport_of_the_oracle_rotates_the_plane_of_the_points():
    """The oracle's reflections are the formula under test: here is another."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b, vec = (oracle.exact(rng.random(4)) for _ in range(3))
        a, b = oracle.unit(a), oracle.unit(b)
        vec = vec - (vec @ a) * a
        across = b - (a @ b) * a
        along, sine = oracle.unit(across), oracle.norm(across)
        turned = vec + (along @ vec) * ((a @ b - 1) * along - sine * a)
        assert oracle.norm(turned - oracle.transport(vec, a, b)) < 1e-45
