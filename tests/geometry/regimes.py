"""Pairs of points where formulas break, and the errors of results there.

`tests/geometry/test_accuracy.py` bounds these errors, `tests/benchmarks/accuracy.py`
prints them for other libraries too; `docs/accuracy.md` defines them.
"""

import functools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import oracle

SEPARATIONS = {
    "1e-12": 1e-12,
    "1e-8": 1e-8,
    "1e-4": 1e-4,
    "0.01": 1e-2,
    "0.3": 0.3,
    "1": 1.0,
    "pi/2 - 1e-4": np.pi / 2 - 1e-4,
    "pi/2 - 1e-12": np.pi / 2 - 1e-12,
}
SMALL_ROOTS = (1e-4, 1e-8, 1e-15, 1e-30, 1e-150, 1e-300)  # square roots of entries


def unit(root):
    return root / np.linalg.norm(root)


def towards(root_a, root_b, separation):
    """Unit vector at an angle from one of the orthant towards another."""
    across = unit(root_b - root_a * (root_a @ root_b))
    return unit(np.abs(np.cos(separation) * root_a + np.sin(separation) * across))


def root_pairs(dim):
    """Pairs of unit vectors of the orthant, by regime."""
    rng = np.random.default_rng(dim)
    a, b, c = (unit(row) for row in np.abs(rng.normal(size=(3, dim + 1))))
    first, last = np.eye(dim + 1)[[0, -1]]
    low = np.arange(dim + 1) <= dim // 2
    half, rest = unit(np.where(low, a, 0.0)), unit(np.where(low, 0.0, b))
    pairs = {"random": [(a, b), (b, c)]}
    for name, angle in SEPARATIONS.items():
        start = (np.pi / 2 - angle) / 2  # symmetric between two faces: both inside
        ends = (towards(half, rest, start), towards(half, rest, start + angle))
        pairs[f"angle {name}"] = [ends, (a, towards(a, b, angle))][: 1 + (angle < 0.5)]
    for small in SMALL_ROOTS:
        near = unit(np.where(low, 1.0, small) * b)
        pairs[f"entries {small**2 or 0.0:.0e}".replace("0e+00", "0")] = [
            (a, near),
            (near, c),
            (near, towards(near, c, 0.1)),
        ]
    pairs["vertices"] = [(first, a), (a, last), (last, half)]
    pairs["vertices"] += [(first, towards(first, a, s)) for s in (1e-12, 1e-4, 0.3)]
    pairs["disjoint"] = [(first, last), (half, rest), (rest, first)]
    return pairs


def point_pairs(dim, simplex, dtype):
    """(regime, pair of points) in the coordinates and dtype of a space."""
    for regime, pairs in root_pairs(dim).items():
        for pair in pairs:
            points = tuple((u * u if simplex else u).astype(dtype) for u in pair)
            yield regime, points


@functools.cache
def problems(dim, simplex, dtype):
    """Problems of all regimes; one for each in high dimensions, where truth is slow."""
    pairs = list(point_pairs(dim, simplex, dtype))
    if dim >= 999:
        pairs = dict(reversed(pairs)).items()
    return [Problem(*pair, simplex, regime) for regime, pair in pairs]


def tangent_vectors(point, simplex, count=2, norm=0.6):
    """Tangent vectors of an angular length, in the coordinates and dtype of a point."""
    rng = np.random.default_rng(3)
    wide = point.astype(np.float64)
    u = np.sqrt(wide) if simplex else wide
    for _ in range(count):
        vec = np.where(simplex & (u == 0), 0.0, rng.normal(size=u.shape))
        vec = vec - (vec @ u) * u / (u @ u)
        if np.linalg.norm(vec) < 1e-8:
            return  # vertices of the simplex have no tangent vectors
        yield (norm * unit(vec) * (2.0 * u if simplex else 1.0)).astype(point.dtype)


@dataclass(frozen=True)
class Problem:
    """One pair of points: exact answers, and errors of results in units of eps.

    An error is divided by the condition number that `docs/accuracy.md` states for the
    operation (1 nearly everywhere).
    """

    point_a: np.ndarray
    point_b: np.ndarray
    simplex: bool
    regime: str = ""

    @property
    def eps(self):
        return float(np.finfo(self.point_a.dtype).eps)

    @cached_property
    def a(self):
        return oracle.unit(oracle.root(self.point_a, self.simplex))

    @cached_property
    def b(self):
        return oracle.unit(oracle.root(self.point_b, self.simplex))

    @cached_property
    def log(self):
        return oracle.log(self.a, self.b)

    def tangent(self, vec):
        """Sphere coordinates of a tangent vector at point_a."""
        return oracle.tangent_root(vec, self.point_a, self.simplex)

    def rounded_log(self):
        """The logarithm at point_a in the coordinates and dtype of the points."""
        log = 2 * self.a * self.log if self.simplex else self.log
        return log.astype(np.float64).astype(self.point_a.dtype)

    @cached_property
    def dist(self):
        return 2 * oracle.angle(self.a, self.b)

    @cached_property
    def difference_of_norms(self):
        roots = (oracle.root(p, self.simplex) for p in (self.point_a, self.point_b))
        return 2 * (oracle.norm(next(roots)) - oracle.norm(next(roots)))

    def dist_error(self, dist, power=1):
        """Relative error of dist ** power."""
        value = oracle.exact(dist)[0]
        if self.dist == 0:
            return float(abs(value)) / self.eps
        condition = 1 + float((self.difference_of_norms / self.dist) ** 2) / self.eps
        error = float(abs(value / self.dist**power - 1))
        return error / (power * condition * self.eps)

    def _vector_error(self, vec, truth, at, scale):
        if self.simplex:  # no direction off a face of the simplex
            truth = np.where(at == 0, 0 * truth, truth)
            halves = np.where(at == 0, oracle.ONE, 2 * at)
            vec = np.where(at == 0, 0 * truth, oracle.exact(vec) / halves)
        else:
            vec = oracle.exact(vec)
        error = float(oracle.norm(vec - truth))
        return error / ((float(scale) or 1.0) * self.eps)

    def log_error(self, log):
        """Error of the logarithm relative to its norm."""
        return self._vector_error(log, self.log, self.a, oracle.norm(self.log))

    def exp_error(self, end, vec):
        """Angular error of the exponential."""
        truth = oracle.exp(self.tangent(vec), self.a)
        return (
            float(oracle.norm(oracle.signed_root(end, self.simplex) - truth)) / self.eps
        )

    def transport_error(self, moved, vec):
        """Error of the vector transported to point_b, relative to its norm."""
        vec = self.tangent(vec)
        truth = oracle.transport(vec, self.a, self.b)
        return self._vector_error(moved, truth, self.b, oracle.norm(vec))

    def transport_along_error(self, moved, vec, direction):
        """Error of the vector transported along a direction, relative to its norm.

        On the simplex in the coordinates v / 2 = u xi, not in the Fisher norm: entries
        of the end point are rounded absolutely, like those of any exponential.
        """
        vec = self.tangent(vec)
        end = oracle.exp(self.tangent(direction), self.a)
        truth = oracle.transport(vec, self.a, end)
        truth = truth * end if self.simplex else truth
        moved = oracle.exact(moved) / 2 if self.simplex else oracle.exact(moved)
        return float(oracle.norm(moved - truth) / oracle.norm(vec)) / self.eps

    def inner_error(self, inner, vec_a, vec_b):
        """Error of the inner product relative to the product of the norms."""
        vec_a, vec_b = self.tangent(vec_a), self.tangent(vec_b)
        error = abs(oracle.exact(inner)[0] - 4 * (vec_a @ vec_b))
        return float(error / (4 * oracle.norm(vec_a) * oracle.norm(vec_b))) / self.eps

    def norm_error(self, norm, vec):
        """Relative error of the norm."""
        return (
            float(abs(oracle.exact(norm)[0] / (2 * oracle.norm(self.tangent(vec))) - 1))
            / self.eps
        )
