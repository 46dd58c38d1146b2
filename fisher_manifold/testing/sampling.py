"""Reproducible points and tangent vectors of any geomstats space."""

import inspect
import math

import numpy as np

from .arrays import like, per_point, prototype, seeded, wide

KINDS = ("interior", "near boundary", "face", "vertex")
"""Kinds of points of spaces of categorical distributions."""

SUBJECTS = ("diffeo", "space", "image_space")
"""Arguments of laws that are not arrays: what they are laws of."""

_SMALL_ENTRIES = (1e-4, 1e-8, 1e-15, 1e-30, 1e-150, 1e-300)


def random_points(
    space, batch_shape, seed, library=None, dtype=None, kinds=("interior",)
):
    """Draw points of any geomstats space.

    Parameters
    ----------
    space : Manifold
        Space.
    batch_shape : tuple of int
        Batch shape.
    seed : int
        Seed; no global state is changed.
    library : {"numpy", "torch"}, optional
        Array library; default: that of `random_point`.
    dtype : str, optional
        Name of the dtype; default: that of `random_point`, float64 if a library is
        given.
    kinds : sequence of str
        Kinds of points to choose from at random, site by site, among `KINDS`, for
        spaces with `from_sphere_coordinates` (our spaces of categorical distributions).
        The interior's points, and those of other spaces, are from `random_point`.

    Returns
    -------
    points : array-like, shape=[*batch_shape, *point_shape]
        Points.
    """
    n_points = math.prod(batch_shape)
    with seeded(seed):
        drawn = space.random_point(n_points)
    target = drawn if library is None else prototype(library, dtype or "float64")
    if set(kinds) != {"interior"} and hasattr(space, "from_sphere_coordinates"):
        root = _random_root(space, (n_points, *space.shape), seed, target, dtype, kinds)
        drawn = space.from_sphere_coordinates(like(root, target, dtype))
    elif library is not None or dtype is not None:
        drawn = like(wide(drawn), target, dtype)
    return drawn.reshape((*batch_shape, *space.shape))


def _random_root(space, shape, seed, target, dtype, kinds):
    """Unit vectors of the orthant of the given kinds, in float64."""
    rng = np.random.default_rng(seed)
    flat = np.abs(rng.normal(size=(math.prod(shape[:-1]), shape[-1])))
    small = _representable(space, target, dtype)
    for root, kind in zip(flat, rng.choice(kinds, size=len(flat)), strict=True):
        chosen = rng.permutation(shape[-1])[: rng.integers(1, shape[-1])]
        if kind == "near boundary":
            root[chosen] = rng.choice(small, size=len(chosen))
        elif kind == "face":
            root[chosen] = 0.0
        elif kind == "vertex":
            root[:] = np.arange(shape[-1]) == chosen[0]
        elif kind != "interior":
            raise ValueError(f"expected kinds among {KINDS}, got {kind!r}")
    flat /= np.linalg.norm(flat, axis=-1, keepdims=True)
    return flat.reshape(shape)


def _representable(space, target, dtype):
    """Small entries that are not rounded to zero in the dtype, in these coordinates."""
    entries = np.array(_SMALL_ENTRIES)
    values = space.from_sphere_coordinates(like(entries, target, dtype))
    return entries[wide(values) > 0]


def argument_names(law):
    """Names of the arrays that a law takes: not those of spaces and maps."""
    return [name for name in inspect.signature(law).parameters if name not in SUBJECTS]


class Arguments:
    """Arguments of laws by name, made from three batches of points when asked for.

    Tangent vectors that laws follow by `exp` point to another point and reach at most
    half of the way there, so that they are inside the injectivity radius.

    Parameters
    ----------
    space : Manifold
        Space.
    point_a, point_b, point_c : array-like, shape=[..., *point_shape]
        Points.
    seed : int
        Seed of the random vectors.
    """

    def __init__(self, space, point_a, point_b, point_c, seed=0):
        self.space = space
        self.seed = seed
        self._known = {
            **{"point": point_a, "point_a": point_a, "base_point": point_a},
            **{"point_b": point_b, "end_point": point_b, "point_c": point_c},
        }

    def __getitem__(self, name):
        """Argument of a name."""
        if name not in self._known:
            self._known[name] = self._make(name)
        return self._known[name]

    def _make(self, name):
        space, base_point = self.space, self["base_point"]
        if name == "tangent_vec":
            return 0.5 * space.metric.log(self["point_c"], base_point)
        if name == "tangent_vec_b":
            return unit_tangent_vector(space, self["tangent_vec"], base_point)
        if name == "tangent_vec_a":
            return unit_tangent_vector(space, self["vector"], base_point)
        if name in ("tangent_vec_c", "tangent_vec_d"):
            vector = self._normal(base_point, 2 + (name == "tangent_vec_d"))
            return unit_tangent_vector(space, vector, base_point)
        if name == "vector":
            return self._normal(base_point, 1)
        raise KeyError(name)

    def _normal(self, base_point, stream):
        """Normal numbers, others than the points are made of."""
        rng = np.random.default_rng((self.seed, stream))
        return like(rng.normal(size=base_point.shape), base_point)


def unit_tangent_vector(space, vector, base_point):
    """Unit tangent vector in the direction of a vector of the ambient space."""
    tangent_vec = space.to_tangent(vector, base_point)
    unit = unit_vector(space, tangent_vec, base_point)
    # Scaling up a short vector scales up its rounding error too.
    return space.to_tangent(unit, base_point)


def unit_vector(space, tangent_vec, base_point):
    """Divide tangent vectors by their norms, but for zero and infinite norms."""
    norm = wide(space.metric.norm(tangent_vec, base_point))
    scalable = (norm > 0) & np.isfinite(norm)
    factor = 1.0 / np.where(scalable, norm, 1.0)
    return per_point(space, factor, tangent_vec) * tangent_vec


def point_towards(space, base_point, point, separation):
    """Point on the geodesic from one point to another, at most at a distance.

    Parameters
    ----------
    space : Manifold
        Space.
    base_point : array-like, shape=[..., *point_shape]
        Start of the geodesic.
    point : array-like, shape=[..., *point_shape]
        End of the geodesic.
    separation : float or array-like, shape=[...]
        Distance from the base point, if the end is not nearer.

    Returns
    -------
    nearby : array-like, shape=[..., *point_shape]
        Point.
    """
    log = space.metric.log(point, base_point)
    norm = wide(space.metric.norm(log, base_point))
    # On a face of a simplex a logarithm that points off it is shorter than the way.
    length = np.fmax(norm, wide(space.metric.dist(base_point, point)))
    factor = np.minimum(1.0, separation / np.where(length > 0, length, 1.0))
    nearby = space.metric.exp(per_point(space, factor, log) * log, base_point)
    # Near a boundary exp(log) is the end of the geodesic only up to rounding.
    short = (factor < 1.0)[(..., *[None] * len(space.shape))]
    return like(np.where(short, wide(nearby), wide(point)), nearby)
