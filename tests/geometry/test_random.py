"""Random points follow their law exactly and depend on the generator alone."""

import geomstats.backend as gs
import numpy as np
import pytest
import torch
from scipy import stats

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from .helpers import (
    SEQUENCES,
    assert_of,
    each_dtype,
    each_library,
    each_space,
    generator,
)

N_SAMPLES = 5000
# One test in a thousand would fail if the seeds were not fixed.
SIGNIFICANCE = 1e-3


def torch_dtype(library, dtype):
    return getattr(torch, dtype) if library == "torch" else dtype


@pytest.mark.parametrize("dim", [1, 3, 20])
@pytest.mark.parametrize("concentration", [0.1, 0.5, 1.0, 3.0])
@each_library
def test_marginal_law_is_beta(dim, concentration, library):
    simplex = fm.FisherRaoSimplex(dim)
    # In float32 a tenth of the law of concentration 0.1 rounds to 1.
    points = simplex.random_point(
        N_SAMPLES,
        concentration=concentration,
        generator=generator(library, dim),
        dtype=torch_dtype(library, "float64"),
    )
    law = stats.beta(concentration, concentration * dim)
    for category in (0, dim):
        test = stats.kstest(to_numpy(points)[:, category], law.cdf)
        assert test.pvalue > SIGNIFICANCE


@each_library
def test_default_law_of_the_orthant_is_uniform(library):
    """Angles and octants of the sphere: density of the area, no preferred direction."""
    sphere = fm.PositiveHypersphere(2)
    points = to_numpy(sphere.random_point(N_SAMPLES, generator=generator(library)))
    # Archimedes: heights are uniform.  Azimuths are uniform and independent of them.
    height, azimuth = points[:, 2], np.arctan2(points[:, 1], points[:, 0])
    assert stats.kstest(height, "uniform").pvalue > SIGNIFICANCE
    uniform = stats.uniform(0, np.pi / 2).cdf
    assert stats.kstest(azimuth, uniform).pvalue > SIGNIFICANCE
    assert stats.spearmanr(height, azimuth).pvalue > SIGNIFICANCE


@each_library
def test_sites_are_independent(library):
    points = SEQUENCES[0].random_point(N_SAMPLES, generator=generator(library))
    first, second = to_numpy(points)[:, 0, 0], to_numpy(points)[:, 1, 0]
    assert stats.spearmanr(first, second).pvalue > SIGNIFICANCE
    assert stats.ks_2samp(first, second).pvalue > SIGNIFICANCE


@each_space
@each_library
@each_dtype
def test_library_dtype_shape_and_membership(space, library, dtype):
    for concentration in (0.01, 0.5, 100.0):
        options = {
            "concentration": concentration,
            "dtype": torch_dtype(library, dtype),
        }
        points = space.random_point(7, generator=generator(library), **options)
        assert_of(points, library, dtype)
        assert tuple(points.shape) == (7, *space.shape)
        assert space.belongs(points).all()
        point = space.random_point(generator=generator(library), **options)
        assert tuple(point.shape) == space.shape
    none = space.random_point(0, generator=generator(library))
    assert tuple(none.shape) == (0, *space.shape)


@each_space
@each_library
def test_generators_decide_and_global_state_does_not(space, library):
    numpy_state = np.random.get_state()  # noqa: NPY002 (must not change)
    torch_state = torch.get_rng_state()
    first, again, other = (
        to_numpy(space.random_point(3, generator=generator(library, seed)))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(after[1], numpy_state[1])
    assert torch.equal(torch.get_rng_state(), torch_state)


@each_space
def test_seed_of_geomstats_reproduces_points_without_a_generator(space):
    draws = []
    for _ in range(2):
        gs.random.seed(3)
        draws.append(to_numpy(space.random_point(4, bound=2.0)))
    np.testing.assert_array_equal(*draws)
    is_torch = isinstance(space.random_point(), torch.Tensor)
    assert is_torch == gs.__name__.endswith("pytorch")


def test_bad_arguments():
    space = fm.FisherRaoSimplex(2)
    for concentration in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="expected a concentration > 0"):
            space.random_point(concentration=concentration)
    with pytest.raises(TypeError, match="numpy.random.Generator, a torch.Generator"):
        space.random_point(generator=0)
