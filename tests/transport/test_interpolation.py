"""Displacement interpolation is a geodesic of the Wasserstein distance."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hypersphere import Hypersphere
from transport_spaces import SPACES, draw, draw_weights

import fisher_manifold as fm
from fisher_manifold.transport import (
    displacement_interpolation,
    wasserstein_barycenter,
    wasserstein_distance,
)

EACH_SPACE = pytest.mark.parametrize("name", SPACES)


def distance(space, first, second):
    weights = (first.weights, second.weights)
    return wasserstein_distance(space, first.points, second.points, 2, *weights)


@EACH_SPACE
@pytest.mark.parametrize("weighted", [False, True])
def test_distances_along_the_way_are_differences_of_times(name, weighted):
    space = SPACES[name]
    a, b = draw(space, 7, 9 if weighted else 7)
    weights = draw_weights(7, 9) if weighted else (None, None)
    whole = wasserstein_distance(space, a, b, 2, *weights)
    at = {
        t: displacement_interpolation(space, a, b, t, *weights)
        for t in (0.0, 0.2, 0.5, 0.9, 1.0)
    }
    assert at[0.5].points.shape[1:] == tuple(space.shape)
    assert len(at[0.5].points) == 7 or weighted and len(at[0.5].points) <= 15
    assert at[0.5].weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert space.belongs(at[0.5].points, atol=1e-9).all()
    for s, t in itertools.combinations(at, 2):
        expected = pytest.approx((t - s) * whole, rel=1e-6)
        assert distance(space, at[s], at[t]) == expected
    for t, (points, w) in {0.0: (a, weights[0]), 1.0: (b, weights[1])}.items():
        # geomstats' arccos takes a point to be 1e-8 from itself.
        ends = wasserstein_distance(space, at[t].points, points, 2, at[t].weights, w)
        assert ends < 1e-6


@EACH_SPACE
def test_between_two_points_it_is_the_geodesic(name):
    space = SPACES[name]
    a, b = draw(space, 1, 1)
    along = space.metric.geodesic(initial_point=a[0], end_point=b[0])
    times = np.array([0.0, 0.3, 0.8, 1.0])
    found = displacement_interpolation(space, a, b, times)
    assert found.points.shape == (4, 1, *space.shape) and found.weights.tolist() == [1]
    expected = np.reshape(along(times), found.points.shape)
    assert abs(found.points - expected).max() < 1e-9


def test_gaussians_on_the_line_stay_gaussian():
    """Means and standard deviations move linearly (quantiles of one law)."""
    z = np.random.default_rng(0).normal(size=(60, 1))
    for t in (0.25, 0.75):
        found = displacement_interpolation(Euclidean(1), z, 3.0 + 2.0 * z[::-1], t)
        expected = 3.0 * t + (1.0 + t) * np.sort(z, axis=0)
        assert abs(np.sort(found.points, axis=0) - expected).max() < 1e-12


@pytest.mark.parametrize("weighted", [False, True])
def test_several_times_are_each_time(weighted):
    space = SPACES["sequences"]
    a, b = draw(space, 6, 6)
    weights = draw_weights(6, 6) if weighted else (None, None)
    together = displacement_interpolation(space, a, b, [0.1, 0.6], *weights)
    for t, points in zip((0.1, 0.6), together.points, strict=True):
        alone = displacement_interpolation(space, a, b, t, *weights)
        assert np.array_equal(points, alone.points)
        assert np.array_equal(together.weights, alone.weights)
        assert np.array_equal(together.source_index, alone.source_index)
    plan = np.zeros((6, 6))
    np.add.at(plan, (together.source_index, together.target_index), together.weights)
    expected = [np.full(6, 1 / 6) if w is None else w for w in weights]
    assert abs(plan.sum(1) - expected[0]).max() < 1e-12
    assert abs(plan.sum(0) - expected[1]).max() < 1e-12


def test_closed_form_geodesics_are_those_of_exp_and_log():
    """The orthant's own, and those of the sphere that it is part of."""
    a, b = draw(SPACES["orthant"], 8, 8)
    own = displacement_interpolation(SPACES["orthant"], a, b, 0.3)
    assert not hasattr(Hypersphere(3).metric, "geodesic_state")
    generic = displacement_interpolation(Hypersphere(3), a, b, 0.3)
    assert np.array_equal(own.source_index, generic.source_index)
    assert abs(own.points - generic.points).max() < 1e-12


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_labels_are_vertices_even_on_the_simplex(library):
    space = fm.FisherRaoSimplex(2)
    labels, points = np.array([2, 0, 1]), draw(space, 3)
    if library == "torch":
        labels, points = torch.from_numpy(labels), torch.from_numpy(points).float()
    vertices = space.vertices(labels, dtype=points.dtype)
    for a, b, c, d in ((labels, points, vertices, points), (points, labels) * 2):
        c, d = (vertices if x is labels else x for x in (c, d))
        found = displacement_interpolation(space, a, b, 0.5)
        expected = displacement_interpolation(space, c, d, 0.5)
        assert found.points.dtype == points.dtype
        assert abs(found.points - expected.points).max() < 1e-6
        assert (found.points > 0).all()
    both = displacement_interpolation(
        space,
        labels,
        labels.flip(0) if library == "torch" else labels[::-1].copy(),
        0.5,
    )  # noqa: E501
    assert abs(both.points.sum(-1) - 1).max() < 1e-6


def test_dtypes_and_gradients_of_tensors_are_kept():
    space = SPACES["sequences"]
    a, b = map(torch.from_numpy, draw(space, 5, 8))
    exact = displacement_interpolation(space, a, b, 0.4)
    a32 = a.float().requires_grad_()
    found = displacement_interpolation(space, a32, b.float(), torch.tensor(0.4))
    assert found.points.dtype == torch.float32 and found.weights.dtype == torch.float64
    assert float(abs(found.points.detach() - exact.points).max()) < 1e-6
    (gradient,) = torch.autograd.grad(found.points.sum(), a32)
    assert bool(gradient.isfinite().all()) and float(abs(gradient).max()) > 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.points = a


def test_bad_arguments():
    space = SPACES["orthant"]
    a, b = draw(space, 4, 5)
    for t in (-0.1, 1.1, np.nan, [0.5, 2.0]):
        with pytest.raises(
            ValueError, match=r"times t between 0 .* got (-0.1|1.1|nan|2)"
        ):
            displacement_interpolation(space, a, b, t)
    for t in ([], [[0.5]]):
        with pytest.raises(ValueError, match="a time t or a list of times, got shape"):
            displacement_interpolation(space, a, b, t)
    with pytest.raises(ValueError, match="b is empty"):
        displacement_interpolation(space, a, b[:0], 0.5)
    with pytest.raises(ValueError, match="weights_a that sum to 1"):
        displacement_interpolation(space, a, b, 0.5, np.ones(4))
    with pytest.raises(ValueError, match=r"finite b, but b\[0\]"):
        displacement_interpolation(space, a, b * np.nan, 0.5)
    with pytest.raises(ValueError, match=r"between 0 and 3 in b, but b\[0\] is 4"):
        displacement_interpolation(space, a, np.array([4, 0]), 0.5)
    with pytest.raises(TypeError, match="one library"):
        displacement_interpolation(space, a, torch.from_numpy(b), 0.5)


def test_antipodes_have_no_geodesic():
    sphere = Hypersphere(2)
    pole = np.array([[0.0, 0.0, 1.0]])
    with pytest.raises(ValueError, match="no unique geodesic leads from .* cut locus"):
        displacement_interpolation(sphere, pole, -pole, 0.5)
    with pytest.raises(ValueError, match="give another init"):
        wasserstein_barycenter(sphere, [pole, -pole])
    init = np.array([[0.6, 0.0, 0.8]])
    result = wasserstein_barycenter(sphere, [pole, -pole], init=init)
    assert result.objective[-1] == pytest.approx(np.pi**2 / 4)
