"""Relative accuracy against 50 digits: at most 50 eps where well conditioned.

Errors are measured in sphere coordinates, where the metric is four times the Euclidean
one.  The truth is that of the given floating point numbers, divided by their norm.
Where it is not well conditioned:

- `dist` of points a, b whose norms differ by delta (a rounding error) carries the
  relative error (delta / dist)^2 / 2: below eps as long as dist > sqrt(eps), and
  computed here from the points themselves.
- Entries of an exponential are sums of terms of size 1, so their error is absolute.
- On the simplex a logarithm at a zero of p has no direction off the face; such pairs
  are left to the orthant.
"""

import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from . import oracle
from .helpers import DIMS, LIBRARIES, array, assert_of, each_dtype
from .oracle import mp

SEPARATIONS = (1e-12, 1e-8, 1e-4, 1e-2, 0.3)
TINY = (1e-8, 1e-30, 1e-300)
ROUNDINGS = 50


def unit(root):
    return root / np.linalg.norm(root)


def towards(root_a, root_b, separation):
    """Unit vector at an angle from one of the orthant towards another."""
    across = unit(root_b - root_a * (root_a @ root_b))
    return np.abs(np.cos(separation) * root_a + np.sin(separation) * across)


def pairs_of_roots(dim, faces):
    """Pairs of points of the orthant, by name."""
    rng = np.random.default_rng(dim)
    a, b, c = np.abs(rng.normal(size=(3, dim + 1)))
    a, b, c = unit(a), unit(b), unit(c)
    pairs = [(a, b), (b, c)]
    pairs += [(a, unit(towards(a, b, s))) for s in SEPARATIONS]
    for tiny in TINY:
        near = b.copy()
        near[: (dim + 1) // 2] *= np.sqrt(tiny)
        near = unit(near)
        pairs += [(a, near), (near, c), (near, unit(towards(near, c, 0.1)))]
    if faces:
        first, last = np.eye(dim + 1)[[0, -1]]
        half = np.where(np.arange(dim + 1) <= dim // 2, a, 0.0)
        rest = np.where(np.arange(dim + 1) <= dim // 2, 0.0, b)
        pairs += [(first, last), (first, a), (a, last), (unit(half), unit(rest))]
        pairs += [(first, unit(towards(first, a, s))) for s in SEPARATIONS]
    return pairs


def point_pairs(space, simplex, dtype, faces):
    """Pairs of points in the coordinates and dtype of the space."""
    for roots in pairs_of_roots(space.dim, faces):
        pair = [space.from_sphere_coordinates(u).astype(dtype) for u in roots]
        representable = all(np.isfinite(p).all() and (p >= 0).all() for p in pair)
        assert representable
        if simplex and not faces and any((p == 0).any() for p in pair):
            continue  # 1e-300 in float32
        yield pair


def tangents_at(space, point, dtype, count=2):
    """Unit tangent vectors in the coordinates and dtype of the space."""
    rng = np.random.default_rng(3)
    u = space.sphere_coordinates(point.astype(np.float64))
    for _ in range(count):
        vec = rng.normal(size=u.shape)
        vec = np.where(u == 0, 0.0, vec) if on_simplex(space) else vec
        vec = vec - (vec @ u) * u / (u @ u)
        if not vec.any():
            return  # vertices of the simplex have no tangent vectors
        vec = 0.6 * unit(vec)
        yield (vec * (2.0 * u if on_simplex(space) else 1.0)).astype(dtype)


def on_simplex(space):
    return "Simplex" in type(space).__name__


def spaces():
    kinds = (fm.FisherRaoSimplex, fm.PositiveHypersphere)
    return [kind(dim) for kind in kinds for dim in DIMS]


each_space = pytest.mark.parametrize("space", spaces(), ids=repr)


def few_pairs(space, simplex, dtype):
    return list(point_pairs(space, simplex, dtype, faces=not simplex))[::5]


def vertices(space):
    return [oracle.exact(row) for row in np.eye(space.dim + 1)]


def computed(function, dtype, *values):
    """Result of each library as a numpy array, its library and dtype checked."""
    for library in LIBRARIES:
        result = function(*(array(value, library, dtype) for value in values))
        assert_of(result, library, dtype)
        yield to_numpy(result)


def relative(error, truth):
    return float(error / truth) if truth else float(error)


def bound(dtype):
    return ROUNDINGS * float(np.finfo(dtype).eps)


@each_space
@each_dtype
def test_dist_and_squared_dist(space, dtype):
    simplex = on_simplex(space)
    for pair in point_pairs(space, simplex, dtype, faces=True):
        a, b = (oracle.root(p, simplex) for p in pair)
        truth = 2 * oracle.angle(oracle.unit(a), oracle.unit(b))
        rounding_of_norms = 2 * abs(oracle.norm(a) - oracle.norm(b))
        allowed = bound(dtype)
        if truth:
            allowed += float((rounding_of_norms / truth) ** 2)
        for dist in computed(space.metric.dist, dtype, *pair):
            error = abs(oracle.exact(dist)[0] - truth)
            assert relative(error, truth) <= allowed
        for squared in computed(space.metric.squared_dist, dtype, *pair):
            error = abs(oracle.exact(squared)[0] - truth**2)
            assert relative(error, truth**2) <= 2.0 * allowed


@each_space
@each_dtype
def test_log(space, dtype):
    simplex = on_simplex(space)
    for pair in point_pairs(space, simplex, dtype, faces=not simplex):
        truth = oracle.log(*(oracle.unit(oracle.root(p, simplex)) for p in pair))
        for log in computed(space.metric.log, dtype, pair[1], pair[0]):
            error = oracle.distance(oracle.tangent_root(log, pair[0], simplex), truth)
            assert relative(error, oracle.norm(truth)) <= bound(dtype)


@each_space
@each_dtype
def test_exp(space, dtype):
    simplex = on_simplex(space)
    for point, _ in point_pairs(space, simplex, dtype, faces=True):
        root = oracle.unit(oracle.root(point, simplex))
        for vec in tangents_at(space, point, dtype):
            truth = oracle.exp(oracle.tangent_root(vec, point, simplex), root)
            for end in computed(space.metric.exp, dtype, vec, point):
                error = oracle.distance(oracle.signed_root(end, simplex), truth)
                assert float(error) <= bound(dtype)


@each_space
@each_dtype
def test_parallel_transport(space, dtype):
    simplex = on_simplex(space)

    def transport(vec, base_point, end_point):
        return space.metric.parallel_transport(vec, base_point, end_point=end_point)

    for pair in point_pairs(space, simplex, dtype, faces=not simplex):
        roots = [oracle.unit(oracle.root(p, simplex)) for p in pair]
        for vec in tangents_at(space, pair[0], dtype):
            root_vec = oracle.tangent_root(vec, pair[0], simplex)
            truth = oracle.transport(root_vec, *roots)
            for moved in computed(transport, dtype, vec, *pair):
                moved = oracle.tangent_root(moved, pair[1], simplex)
                error = oracle.distance(moved, truth)
                assert relative(error, oracle.norm(truth)) <= bound(dtype)


@each_space
@each_dtype
def test_inner_product_and_norm(space, dtype):
    simplex = on_simplex(space)
    for point, _ in point_pairs(space, simplex, dtype, faces=True):
        vecs = list(tangents_at(space, point, dtype))
        roots = [oracle.tangent_root(vec, point, simplex) for vec in vecs]
        lengths = [2 * oracle.norm(root) for root in roots]
        if not vecs:
            continue
        truth = 4 * oracle.inner(*roots)
        for inner in computed(space.metric.inner_product, dtype, *vecs, point):
            error = abs(oracle.exact(inner)[0] - truth)
            assert relative(error, lengths[0] * lengths[1]) <= bound(dtype)
        for norm in computed(space.metric.norm, dtype, vecs[0], point):
            error = abs(oracle.exact(norm)[0] - lengths[0])
            assert relative(error, lengths[0]) <= bound(dtype)


@each_space
@each_dtype
def test_squared_dist_to_vertices(space, dtype):
    """Angles to vertices are right absolutely, and relatively near the vertex."""
    simplex = on_simplex(space)
    for point, _ in few_pairs(space, simplex, dtype):
        root = oracle.unit(oracle.root(point, simplex))
        truths = [2 * oracle.angle(root, vertex) for vertex in vertices(space)]
        for table in computed(space.metric.squared_dist_to_vertices, dtype, point):
            for value, truth in zip(oracle.exact(table), truths, strict=True):
                error = abs(mp.sqrt(value) - truth)
                scale = truth if truth < 0.5 else mp.pi
                assert relative(error, scale) <= bound(dtype)


@each_space
@each_dtype
def test_mean_log_to_vertices(space, dtype):
    simplex = on_simplex(space)
    weights = np.random.default_rng(0).random(space.dim + 1).astype(dtype)
    for point, _ in few_pairs(space, simplex, dtype):
        root = oracle.unit(oracle.root(point, simplex))
        truth = [mp.mpf(0)] * len(root)
        for weight, vertex in zip(oracle.exact(weights), vertices(space), strict=True):
            truth = oracle.combine(1, truth, weight, oracle.log(root, vertex))
        total = mp.fsum(oracle.exact(weights))
        for mean in computed(space.metric.mean_log_to_vertices, dtype, weights, point):
            error = oracle.distance(oracle.tangent_root(mean, point, simplex), truth)
            assert relative(error, total) <= bound(dtype)


@each_space
@each_dtype
def test_coincident_points(space, dtype):
    metric = space.metric
    for point, _ in point_pairs(space, on_simplex(space), dtype, faces=True):
        for dist in computed(metric.dist, dtype, point, point):
            assert dist == 0.0
        for squared in computed(metric.squared_dist, dtype, point, point):
            assert squared == 0.0
        for log in computed(metric.log, dtype, point, point):
            assert (log == 0.0).all()
        for end in computed(metric.exp, dtype, 0.0 * point, point):
            assert (abs(end - point) <= bound(dtype)).all()
