"""Gradient flows: gradients against linear algebra, curves against closed forms."""

import numpy as np
import pytest

from fisher_manifold import descent

RNG = np.random.default_rng(0)
TARGETS, STARTS = RNG.dirichlet(np.full(4, 3.0), size=(2, 5))
GRADIENTS = {
    "Fisher-Rao": descent.fisher_rao_gradient,
    "Euclidean": descent.euclidean_gradient,
    "Aitchison": descent.aitchison_gradient,
}


def tangent_metric(name, p):
    """Matrix of the metric on the tangent basis e_i - e_last, and the basis."""
    basis = np.eye(len(p))[:-1] - np.eye(len(p))[-1]
    if name == "Euclidean":
        return basis @ basis.T, basis
    if name == "Fisher-Rao":
        return basis / p @ basis.T, basis
    relative = basis / p  # differential of log p, then centred
    relative = relative - relative.mean(axis=1, keepdims=True)
    return relative @ relative.T, basis


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_solve_their_linear_systems(name):
    """<grad f, b> = df(b) for every vector b of a basis."""
    for p, differential in zip(STARTS, RNG.normal(size=(5, 4)), strict=True):
        metric, basis = tangent_metric(name, p)
        expected = np.linalg.solve(metric, basis @ differential) @ basis
        computed = GRADIENTS[name](differential, p)
        np.testing.assert_allclose(computed, expected, atol=1e-12)


@pytest.mark.parametrize("name", GRADIENTS)
def test_curves_descend_and_never_faster_than_the_fisher_rao_flow(name):
    for target, start in zip(TARGETS, STARTS, strict=True):
        curve = descent.descent_curve(GRADIENTS[name], target, start, n_points=1001)
        np.testing.assert_allclose(curve.points[0], start)
        np.testing.assert_allclose(curve.points.sum(axis=1), 1, atol=1e-9)
        exact = np.sum(target * np.log(target / curve.points), axis=1)
        np.testing.assert_allclose(curve.divergence, exact, atol=1e-12)
        assert curve.divergence[-1] == pytest.approx(1e-3, rel=1e-5)
        assert (curve.share <= 1 + 1e-12).all()
        # The share by differences: fall and length of a step, at its middle.
        fall = -np.diff(curve.divergence) / np.diff(curve.length)
        middle = (curve.points[1:] + curve.points[:-1]) / 2
        steepest = np.sqrt(np.sum((middle - target) ** 2 / middle, axis=1))
        share = (curve.share[1:] + curve.share[:-1]) / 2
        np.testing.assert_allclose(fall / steepest, share, atol=0.02)
        if name == "Fisher-Rao":
            np.testing.assert_allclose(curve.share, 1, rtol=1e-12)
        else:
            assert curve.share.min() < 0.999


def test_the_fisher_rao_curve_is_straight_and_its_length_known():
    """Two categories: an arc, of length twice the difference of arcsines."""
    curve = descent.descent_curve(descent.fisher_rao_gradient, [0.3, 0.7], [0.9, 0.1])
    angle = np.arcsin(np.sqrt(curve.points[:, 0]))
    np.testing.assert_allclose(curve.length, 2 * (angle[0] - angle), atol=1e-8)


@pytest.mark.parametrize("name", GRADIENTS)
def test_lengths_are_those_of_the_polygons(name):
    curve = descent.descent_curve(GRADIENTS[name], TARGETS[0], STARTS[0], n_points=4001)
    root = np.sqrt(curve.points)
    polygon = 2 * np.linalg.norm(np.diff(root, axis=0), axis=1).sum()
    assert curve.length[-1] == pytest.approx(polygon, rel=2e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, 0.5, 0.0], [0.2, 0.3, 0.5]), "target must be one distribution"),
        (([0.2, 0.3, 0.5], [0.5, 0.5, 0.0]), "start must be one distribution"),
        (([[0.5, 0.5]], [0.5, 0.5]), "target must be one distribution"),
        (([0.4, 0.6], [0.2, 0.3, 0.5]), "got 2 and 3"),
        (([0.4, 0.6], [0.4, 0.6]), "that of the start, 0, got"),
        (([0.4, 0.6], [0.5, 0.5], 1.0), "end_divergence must lie between"),
        (([0.4, 0.6], [0.5, 0.5], 1e-3, 1), "n_points must be at least 2"),
    ],
)
def test_curves_refuse(arguments, message):
    with pytest.raises(ValueError, match=message):
        descent.descent_curve(descent.fisher_rao_gradient, *arguments)
