"""Accuracy against 50 digits: at most 50 eps, from dim 1 to 9999.

The truth is that of the given floating point numbers, points being divided by their
norm.  Vectors are measured in sphere coordinates, where the metric is four times the
Euclidean one; `docs/accuracy.md` defines each error.  Bounds other than 50 eps:

- `dist` of points whose norms differ by delta (a rounding error) may err by the
  relative amount (2 delta / dist)^2 more, computed from the points: the manifold
  says nothing about points off it.  It is below eps as long as dist > sqrt(eps).
- Points (`exp`) err absolutely, since their entries are sums of terms of size 1.  So do
  entries of vectors transported along a `direction`, which end at such a point.
- On the simplex the truth of a vector at zeros of its point is 0: directions off a face
  cannot be written down there (`docs/notation.md`).
- Angles to vertices err relatively near the vertex, absolutely elsewhere.
"""

import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from . import oracle, regimes
from .helpers import DIMS, LIBRARIES, array, assert_of, each_dtype

BOUND = 50.0
KINDS = (fm.FisherRaoSimplex, fm.PositiveHypersphere)
SMALL_SPACES = [kind(dim) for kind in KINDS for dim in DIMS]
SPACES = [*SMALL_SPACES, *(kind(dim) for kind in KINDS for dim in (999, 9999))]

FEW = ("random", "angle 1e-8", "entries 1e-300", "vertices")

each_small_space = pytest.mark.parametrize("space", SMALL_SPACES, ids=repr)
each_space = pytest.mark.parametrize("space", SPACES, ids=repr)


def on_simplex(space):
    return "Simplex" in type(space).__name__


def problems_of(space, dtype):
    """Problems of all regimes; in dimension 9999, of a few."""
    problems = regimes.problems(space.dim, on_simplex(space), dtype)
    return [p for p in problems if space.dim < 9999 or p.regime in FEW]


def tangents(problem):
    count = 2 if problem.point_a.size <= 100 else 1
    return list(regimes.tangent_vectors(problem.point_a, problem.simplex, count))


def computed(function, dtype, *values):
    """Results of numpy, torch and, in low dimensions, torch with derivatives.

    The last may take other steps than the others.  Library and dtype are checked.
    """
    for library in LIBRARIES:
        arrays = [array(value, library, dtype) for value in values]
        result = function(*arrays)
        assert_of(result, library, dtype)
        yield to_numpy(result)
    if arrays[0].shape[-1] <= 100:
        yield to_numpy(function(*(a.requires_grad_() for a in arrays)))


@each_space
@each_dtype
def test_dist_and_squared_dist(space, dtype):
    for problem in problems_of(space, dtype):
        pair = problem.point_a, problem.point_b
        for dist in computed(space.metric.dist, dtype, *pair):
            assert problem.dist_error(dist) <= BOUND
        for squared in computed(space.metric.squared_dist, dtype, *pair):
            assert problem.dist_error(squared, power=2) <= BOUND


@each_space
@each_dtype
def test_log(space, dtype):
    for problem in problems_of(space, dtype):
        pair = problem.point_b, problem.point_a
        for log in computed(space.metric.log, dtype, *pair):
            assert problem.log_error(log) <= BOUND


@each_space
@each_dtype
def test_exp(space, dtype):
    for problem in problems_of(space, dtype):
        for vec in (*tangents(problem), problem.rounded_log()):
            for end in computed(space.metric.exp, dtype, vec, problem.point_a):
                assert problem.exp_error(end, vec) <= BOUND


@each_space
@each_dtype
def test_parallel_transport_to_a_point(space, dtype):
    def transport(vec, base_point, end_point):
        return space.metric.parallel_transport(vec, base_point, end_point=end_point)

    for problem in problems_of(space, dtype):
        pair = problem.point_a, problem.point_b
        for vec in tangents(problem):
            for moved in computed(transport, dtype, vec, *pair):
                assert problem.transport_error(moved, vec) <= BOUND


@each_space
@each_dtype
def test_parallel_transport_along_a_direction(space, dtype):
    for problem in problems_of(space, dtype):
        along = problem.rounded_log()
        for vec in tangents(problem):
            arguments = vec, problem.point_a, along
            for moved in computed(space.metric.parallel_transport, dtype, *arguments):
                assert problem.transport_along_error(moved, vec, along) <= BOUND


@each_space
@each_dtype
def test_inner_product_and_norm(space, dtype):
    """The inner product relative to the norms, the norm relative to itself."""
    for problem in problems_of(space, dtype):
        vecs = list(regimes.tangent_vectors(problem.point_a, problem.simplex))
        if not vecs:
            continue
        arguments = *vecs, problem.point_a
        for inner in computed(space.metric.inner_product, dtype, *arguments):
            assert problem.inner_error(inner, *vecs) <= BOUND
        for vec in (vecs[0], (1e-12 * vecs[0]).astype(dtype)):
            for norm in computed(space.metric.norm, dtype, vec, problem.point_a):
                assert problem.norm_error(norm, vec) <= BOUND


def some_problems(space, dtype):
    """Every fifth problem; on the simplex, away from the boundary."""
    chosen = problems_of(space, dtype)[::5]
    return [p for p in chosen if p.point_a.all() or not p.simplex]


@each_small_space
@each_dtype
def test_squared_dist_to_vertices(space, dtype):
    identity = oracle.exact(np.eye(space.dim + 1))
    tiny = float(np.finfo(dtype).tiny) ** 0.5 / BOUND / np.finfo(dtype).eps
    for problem in some_problems(space, dtype):
        truths = [2 * oracle.angle(problem.a, vertex) for vertex in identity]
        metric = space.metric
        for table in computed(metric.squared_dist_to_vertices, dtype, problem.point_a):
            for value, truth in zip(oracle.exact(table), truths, strict=True):
                # Squares below the smallest number have no relative accuracy.
                scale = max(float(truth), tiny) if truth < 0.5 else 1.0
                assert abs(value.sqrt() - truth) <= scale * BOUND * problem.eps


@each_small_space
@each_dtype
def test_mean_log_to_vertices(space, dtype):
    weights = np.random.default_rng(0).random(space.dim + 1).astype(dtype)
    identity = oracle.exact(np.eye(space.dim + 1))
    for problem in some_problems(space, dtype):
        logs = [oracle.log(problem.a, vertex) for vertex in identity]
        truth = oracle.exact(weights) @ np.array(logs)
        arguments = weights, problem.point_a
        for mean in computed(space.metric.mean_log_to_vertices, dtype, *arguments):
            error = oracle.norm(problem.tangent(mean) - truth)
            assert error <= weights.sum() * BOUND * problem.eps


@each_space
@each_dtype
def test_coincident_points(space, dtype):
    metric = space.metric
    for problem in problems_of(space, dtype):
        point = problem.point_a
        for dist in computed(metric.dist, dtype, point, point):
            assert dist == 0.0
        for squared in computed(metric.squared_dist, dtype, point, point):
            assert squared == 0.0
        for log in computed(metric.log, dtype, point, point):
            assert (log == 0.0).all()
        for end in computed(metric.exp, dtype, 0.0 * point, point):
            assert (end == point).all() or (abs(end - point) <= 4 * problem.eps).all()
