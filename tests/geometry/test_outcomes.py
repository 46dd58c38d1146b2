"""Draws from a point as a probability distribution, and probabilities of outcomes."""

import numpy as np
import pytest
import torch
from scipy import stats

import fisher_manifold as fm
from fisher_manifold.testing.arrays import to_numpy

from .helpers import (
    SMALL_SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    generator,
    interior_points,
)


@each_small_space
@each_library
@each_dtype
def test_frequencies_are_the_probabilities(space, library, dtype):
    point = array(interior_points(space, 1)[0], library, dtype)
    draws = space.sample(point, 20_000, generator=generator(library))
    assert_of(draws, library, dtype)
    assert tuple(draws.shape) == (20_000, *space.shape)
    counts = to_numpy(draws).astype(float).sum(0)
    expected = 20_000 * to_numpy(space.probabilities(point)).astype(float)
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert statistic < stats.chi2.ppf(0.9999, space.dim)


@each_small_space
@each_library
def test_shapes_of_draws(space, library):
    points = array(interior_points(space, 6), library).reshape(2, 3, *space.shape)
    assert tuple(space.sample(points, 4).shape) == (2, 3, 4, *space.shape)
    assert tuple(space.sample(points).shape) == (2, 3, 1, *space.shape)
    one_hot = space.sample(points, 4)
    assert bool(space.belongs(one_hot).all())
    pdf = space.point_to_pdf(points)(one_hot[0, 0])
    assert_of(pdf, library, "float64")
    assert tuple(pdf.shape) == (2, 3, 4)


def test_impossible_outcomes_are_never_drawn():
    for dtype in (np.float32, np.float64):
        for kind in (fm.FisherRaoSimplex, fm.PositiveHypersphere):
            space = kind(4)
            point = space.from_sphere_coordinates(
                np.sqrt(np.array([0, 0.3, 0, 0.7, 0], dtype))
            )
            draws = space.sample(point, 5000, generator=generator("numpy"))
            assert not draws[:, [0, 2, 4]].any()
            vertex = np.eye(5, dtype=dtype)[2]
            assert (space.sample(vertex, 9) == vertex).all()


def test_draws_repeat_with_the_seed():
    space = fm.FisherRaoSimplex(3)
    for library in ("numpy", "torch"):
        point = array(interior_points(space, 1)[0], library)
        draws = [
            space.sample(point, 50, generator=generator(library, s)) for s in (0, 0, 1)
        ]
        assert bool((draws[0] == draws[1]).all())
        assert not bool((draws[0] == draws[2]).all())


@each_library
def test_pdf_is_that_of_scipy(library):
    simplex = fm.FisherRaoSimplex(3)
    points = interior_points(simplex, 5)
    pdf = simplex.point_to_pdf(array(points, library))
    outcomes = np.array([*np.eye(4), [1, 1, 0, 0], [0, 0, 0, 0], [0.5, 0.5, 0, 0]])
    expected = [stats.multinomial.pmf(outcomes, 1, p) for p in points]
    np.testing.assert_allclose(
        pdf(array(outcomes, library)), np.nan_to_num(expected), rtol=1e-13
    )


@each_library
def test_cdf_adds_up_the_categories_in_their_order(library):
    simplex = fm.FisherRaoSimplex(3)
    points = interior_points(simplex, 5)
    cdf = simplex.point_to_cdf(array(points, library))
    labels = np.arange(4)
    expected = [stats.rv_discrete(values=(labels, p)).cdf(labels) for p in points]
    np.testing.assert_allclose(cdf(array(np.eye(4), library)), expected, rtol=1e-13)


def test_probabilities_of_sequences_are_products():
    for space in SMALL_SPACES[2:]:
        point = interior_points(space, 1)[0]
        p = space.probabilities(point)
        outcome = space.vertices(np.array([[1, 2]]))
        value = space.point_to_pdf(point)(outcome)
        np.testing.assert_allclose(value, p[0, 1] * p[1, 2])
        value = space.point_to_cdf(point)(outcome)
        np.testing.assert_allclose(value, p[0, :2].sum() * p[1].sum())


def test_wrong_outcomes_raise():
    simplex = fm.FisherRaoSimplex(3)
    pdf = simplex.point_to_pdf(np.full(4, 0.25))
    with pytest.raises(ValueError, match="expected x of shape"):
        pdf(np.eye(5))
    with pytest.raises(TypeError, match="expected a generator of"):
        simplex.sample(np.full(4, 0.25), generator=np.random)


def test_a_draw_at_the_very_top_is_an_outcome(monkeypatch):
    from fisher_manifold.geometry import outcomes

    def top(shape, array, generator):
        return np.ones(shape, array.dtype)

    monkeypatch.setattr(outcomes, "random_uniform", top)
    draws = fm.FisherRaoSimplex(3).sample(np.array([0.1, 0.2, 0.7, 0.0]), 3)
    assert (draws == np.eye(4)[2]).all()


@each_library
def test_what_is_no_distribution_is_not_drawn_from(library):
    simplex = fm.FisherRaoSimplex(2)
    for wrong in ([np.nan, 0.5, 0.5], [-0.5, 1.0, 0.5], [0.0, 0.0, 0.0]):
        point = array([wrong], library)
        with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="check_po"):
            simplex.sample(point)


def test_half_precision_draws_reach_all_categories():
    space = fm.FisherRaoSimplex(999)
    point = torch.full((1000,), 1e-3, dtype=torch.bfloat16)
    draws = space.sample(point, 20_000, generator=generator("torch"))
    assert int((draws.sum(0) > 0).sum()) > 990


@each_library
def test_pdf_takes_integers_and_single_outcomes_as_geomstats_does(library):
    points = interior_points(fm.FisherRaoSimplex(2), 3)
    point = array(points, library)
    ours = fm.FisherRaoSimplex(2)
    one, several = np.array([0, 1, 0]), np.eye(3, dtype=int)
    for x in (one, several):
        pdf = ours.point_to_pdf(point)(array(x, library, "int64"))
        expected = np.array([stats.multinomial.pmf(x, 1, p) for p in points])
        np.testing.assert_allclose(pdf, expected)
        assert tuple(pdf.shape) == expected.shape
