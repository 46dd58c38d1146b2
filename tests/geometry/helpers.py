"""Spaces, array libraries and points that the tests of the geometry run over."""

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold.testing.arrays import like, prototype, to_numpy

DIMS = (1, 2, 9, 99)
LIBRARIES = ("numpy", "torch")
DTYPES = ("float32", "float64")
SIMPLICES = [fm.FisherRaoSimplex(dim) for dim in DIMS]
SPHERES = [fm.PositiveHypersphere(dim) for dim in DIMS]
SEQUENCES = [
    fm.SequenceManifold(fm.FisherRaoSimplex(2), 3),
    fm.SequenceManifold(fm.PositiveHypersphere(9), 2),
]
SPACES = [*SIMPLICES, *SPHERES, *SEQUENCES]

each_library = pytest.mark.parametrize("library", LIBRARIES)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_space = pytest.mark.parametrize("space", SPACES, ids=repr)
each_sphere = pytest.mark.parametrize("space", SPHERES, ids=repr)
each_simplex = pytest.mark.parametrize("space", SIMPLICES, ids=repr)

SMALL_SPACES = [
    fm.FisherRaoSimplex(3),
    fm.PositiveHypersphere(3),
    fm.SequenceManifold(fm.FisherRaoSimplex(2), 2),
    fm.SequenceManifold(fm.PositiveHypersphere(2), 2),
]
each_small_space = pytest.mark.parametrize("space", SMALL_SPACES, ids=repr)


def on_simplex(space):
    """Whether points are probabilities, so that zeros carry no direction."""
    return np.allclose(to_numpy(space.random_point()).sum(-1), 1.0)


def array(values, library, dtype="float64"):
    """Array of a library and dtype."""
    return like(np.asarray(values), prototype(library, dtype))


def generator(library, seed=0):
    """Random generator of a library."""
    if library == "torch":
        return torch.Generator().manual_seed(seed)
    return np.random.default_rng(seed)


def tensor(values):
    """Float64 tensor, whatever torch's default dtype is."""
    return torch.as_tensor(np.asarray(values, dtype=np.float64))


def interior_points(space, n_points, seed=0):
    """Random points, as a float64 numpy array of shape [n_points, *space.shape]."""
    rng = np.random.default_rng(seed)
    return space.random_point(n_points, generator=rng, concentration=2.0).reshape(
        n_points, *space.shape
    )


def tangents(space, base_point, seed=1, norm=0.5):
    """Tangent vectors of a Fisher norm at float64 numpy points."""
    normal = np.random.default_rng(seed).normal(size=base_point.shape)
    vec = space.to_tangent(normal, base_point)
    length = space.metric.norm(vec, base_point)
    return norm * vec / length[(..., *[None] * len(space.shape))]


def assert_of(result, library, dtype):
    """Check the array library and dtype of a result."""
    if library == "torch":
        assert isinstance(result, torch.Tensor), type(result)
    else:
        assert isinstance(result, np.ndarray | np.generic), type(result)
    assert str(result.dtype).removeprefix("torch.") == dtype
