"""Spaces of geomstats and ours that measures live on, and points of them."""

import numpy as np
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hyperboloid import Hyperboloid
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.nfold_manifold import NFoldManifold
from geomstats.geometry.poincare_ball import PoincareBall
from geomstats.geometry.spd_matrices import SPDMatrices

import fisher_manifold as fm

SPACES = {
    "euclidean": Euclidean(3),
    "circle": Hypersphere(1),
    "hypersphere": Hypersphere(2),
    "hyperboloid": Hyperboloid(2),
    "poincare_ball": PoincareBall(2),
    "spd": SPDMatrices(2),
    "product": NFoldManifold(Hypersphere(2), 2),
    "orthant": fm.PositiveHypersphere(3),
    "simplex": fm.FisherRaoSimplex(2),
    "sequences": fm.SequenceManifold(fm.PositiveHypersphere(2), 4),
    "sequences_of_simplices": fm.SequenceManifold(fm.FisherRaoSimplex(2), 2),
}


def draw(space, *sizes, seed=0):
    """Batches of random points of a space."""
    np.random.seed(seed)  # noqa: NPY002 (geomstats draws from it)
    batches = [space.random_point(n).reshape(n, *space.shape) for n in sizes]
    return batches if len(batches) > 1 else batches[0]


def draw_weights(*sizes, seed=0):
    """Weights of sum 1, none equal."""
    rng = np.random.default_rng(seed)
    batches = [w / w.sum() for w in (rng.random(n) + 0.1 for n in sizes)]
    return batches if len(batches) > 1 else batches[0]
