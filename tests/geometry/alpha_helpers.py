"""Values of alpha, points and vectors that the tests of the connections share."""

import numpy as np
import pytest

import fisher_manifold as fm

from .helpers import interior_points

SPACE = fm.FisherRaoSimplex(4)
METRIC = SPACE.metric
ALPHAS = (-3.0, -2.0, -1.0, -0.9, -0.5, 0.0, 0.3, 0.9, 0.999, 1.0, 1.1, 2.0, 3.0)
FEW = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
each_alpha = pytest.mark.parametrize("alpha", ALPHAS)
few_alphas = pytest.mark.parametrize("alpha", FEW)


def points(n_points=6, space=SPACE, seed=0):
    return interior_points(space, n_points, seed)


def short_vectors(base_point, seed=1, space=SPACE):
    """Tangent vectors whose geodesics stay on the simplex, for every alpha."""
    normal = np.random.default_rng(seed).normal(size=base_point.shape)
    vec = space.to_tangent(normal, base_point)
    room = 0.4 * np.sqrt(base_point.min(-1)) / space.metric.norm(vec, base_point)
    return vec * room[..., None]
