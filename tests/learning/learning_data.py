"""Spaces and data that the tests of learning share."""

import geomstats.backend as gs
import numpy as np
import pytest

import fisher_manifold as fm
from fisher_manifold.learning import FrechetMean
from fisher_manifold.testing.arrays import to_numpy

LAWS = ("interior", "boundary", "one-hot")
BACKEND = gs.__name__.rsplit(".", 1)[-1]
SIMPLEX, SPHERE = fm.FisherRaoSimplex(2), fm.PositiveHypersphere(2)
SINGLE = [SIMPLEX, SPHERE]
SEQUENCES = [fm.SequenceManifold(space, 2) for space in SINGLE]
each_space = pytest.mark.parametrize("space", [*SINGLE, *SEQUENCES], ids=repr)
each_single = pytest.mark.parametrize("space", SINGLE, ids=repr)
each_law = pytest.mark.parametrize("law", LAWS)


def points_of(space, law, n_points, seed=0):
    """Points as a float64 numpy array of shape [n_points, *space.shape]."""
    rng = np.random.default_rng(seed)
    n_categories = space.shape[-1]
    shape = (n_points, *space.shape[:-1])
    if law == "one-hot":
        points = np.zeros((*shape, n_categories))
        labels = rng.integers(0, n_categories, shape)
        np.put_along_axis(points, labels[..., None], 1.0, axis=-1)
    else:
        points = rng.dirichlet(np.ones(n_categories), shape)
    if law == "boundary":
        kept = rng.random(points.shape) < 0.5
        kept[..., 0] |= ~kept.any(axis=-1)
        points = np.where(kept, points, 0.0)
    points = points / points.sum(axis=-1, keepdims=True)
    return np.sqrt(points) if on_sphere(space) else points


def on_sphere(space):
    """Whether points are unit vectors, not probabilities."""
    return "PositiveHypersphere" in repr(space)


def roots_of(space, points):
    """Unit vectors of points, as numpy array."""
    points = np.asarray(points.detach() if hasattr(points, "detach") else points)
    return points if on_sphere(space) else np.sqrt(points)


def clusters_of(space, law, n_points, seed=0):
    """Points of two clusters far from each other, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n_points) % 2)
    parameters = np.array([[40.0, 4.0, 2.0], [2.0, 4.0, 40.0]])[labels]
    shape = (n_points, *space.shape[:-1], 3)
    parameters = parameters.reshape(n_points, *[1] * (len(shape) - 2), 3)
    points = rng.gamma(np.broadcast_to(parameters, shape))
    if law == "boundary":
        points[..., 1] = 0.0
        points[:3, ..., 1] = rng.gamma(4.0, size=points[:3, ..., 1].shape)
        points = np.where(points < 4.0, 0.0, points)
    if law == "one-hot":
        points = np.eye(3)[points.argmax(axis=-1)]
    points = points / points.sum(axis=-1, keepdims=True)
    return (np.sqrt(points) if on_sphere(space) else points), labels


def barycentre(space):
    """Interior point to start from: at a face, log on the simplex sees the face."""
    return FrechetMean(space).fit(space.vertices(vertex_labels(space))).estimate_


def vertex_labels(space):
    labels = np.arange(3).reshape(3, *[1] * (len(space.shape) - 1))
    return gs.array(np.broadcast_to(labels, (3, *space.shape[:-1])).copy())


def close(result, truth, atol):
    np.testing.assert_allclose(to_numpy(result), truth, rtol=0, atol=atol)
