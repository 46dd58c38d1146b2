"""Our Frechet mean: libraries, batches, parameters and what it refuses."""

import numpy as np
import pytest
import torch
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.nfold_manifold import NFoldManifold
from geomstats.learning.frechet_mean import FrechetMean as GeomstatsMean
from learning_data import LAWS, points_of
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import fisher_manifold as fm
from fisher_manifold import learning
from fisher_manifold.learning import FrechetMean

EPS = np.finfo(np.float64).eps


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dim", [2, 999])
def test_libraries_and_dtypes(dim, law, dtype, library):
    sphere = fm.PositiveHypersphere(dim)
    roots = points_of(sphere, law, 20).astype(dtype)
    weights = np.linspace(1.0, 2.0, 20).astype(dtype)
    wide = sphere.projection(roots.astype(np.float64))
    truth = FrechetMean(sphere).fit(wide, weights=weights)
    if library == "torch":
        roots, weights = torch.as_tensor(roots).requires_grad_(), torch.tensor(weights)
    mean = FrechetMean(sphere).fit(roots, weights=weights).estimate_
    assert type(mean) is (torch.Tensor if library == "torch" else np.ndarray)
    assert str(mean.dtype).endswith(dtype)
    values = mean.numpy() if library == "torch" else mean
    np.testing.assert_allclose(
        values, truth.estimate_, rtol=0, atol=8 * np.finfo(dtype).eps
    )


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("base", [fm.FisherRaoSimplex(3), fm.PositiveHypersphere(3)])
def test_sequences_and_batches_are_averaged_one_by_one(base, library):
    sequences = fm.SequenceManifold(base, 5)
    points = np.stack([points_of(sequences, law, 9) for law in LAWS], axis=1)
    weights = np.random.default_rng(0).random((9, len(LAWS)))
    data = torch.as_tensor(points) if library == "torch" else points
    estimator = FrechetMean(sequences).fit(data, weights=weights)
    assert estimator.estimate_.shape == (len(LAWS), 5, 4)
    assert estimator.gradient_norm_.shape == (len(LAWS),)
    for i in range(len(LAWS)):
        for site in range(5):
            single = FrechetMean(base).fit(points[:, i, site], weights=weights[:, i])
            np.testing.assert_allclose(
                np.asarray(estimator.estimate_[i, site]),
                single.estimate_,
                rtol=0,
                atol=40 * EPS,
            )


def test_nfold_manifold_of_geomstats():
    points = points_of(fm.SequenceManifold(fm.FisherRaoSimplex(2), 2), "boundary", 6)
    nfold = NFoldManifold(fm.FisherRaoSimplex(2), 2)
    sequences = fm.SequenceManifold(fm.FisherRaoSimplex(2), 2)
    np.testing.assert_array_equal(
        FrechetMean(nfold).fit(points).estimate_,
        FrechetMean(sequences).fit(points).estimate_,
    )


def test_takes_the_place_of_geomstats_estimator():
    simplex = fm.FisherRaoSimplex(3)
    points = points_of(simplex, "interior", 10)
    theirs = GeomstatsMean(simplex, method="adaptive").set(epsilon=1e-12, max_iter=500)
    ours = FrechetMean(simplex, method="adaptive")
    np.testing.assert_allclose(
        ours.fit(points).estimate_, theirs.fit(points).estimate_, atol=1e-11
    )
    assert clone(ours.set(max_iter=7)).max_iter == 7


def test_a_warning_where_the_tolerance_is_not_reached():
    simplex = fm.FisherRaoSimplex(3)
    points = points_of(simplex, "one-hot", 10)
    estimator = FrechetMean(simplex, max_iter=2)
    with pytest.warns(ConvergenceWarning, match="raise max_iter or tol"):
        estimator.fit(points)
    assert not estimator.converged_ and estimator.n_iter_ == 2
    truth = FrechetMean(simplex).fit(points).estimate_
    error = simplex.metric.dist(estimator.estimate_, truth)
    assert 1e-6 < error <= estimator.error_estimate_
    assert FrechetMean(simplex, max_iter=2, tol=0.1).fit(points).converged_


def test_a_step_that_enlarges_the_gradient_is_halved():
    points = points_of(fm.PositiveHypersphere(3), "interior", 5)[None]
    weights = np.full((1, 1, 5), 0.2)
    center = learning._evaluate(points, weights, points[:, :1])
    worse = learning._evaluate(points, weights, np.eye(4)[None, :1])
    step = np.ones((1, 1, 1))
    kept, shorter = learning._accept(center, worse, step)
    np.testing.assert_array_equal(kept.root, center.root)
    assert shorter.item() == 0.5
    taken, length = learning._accept(worse, center, step)
    np.testing.assert_array_equal(taken.root, center.root)
    assert 0.5 < length.item() <= 1.0


SIMPLEX = fm.FisherRaoSimplex(2)
GOOD = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])


@pytest.mark.parametrize(
    ("points", "weights", "error", "message"),
    [
        (GOOD[:0], None, ValueError, "at least one point"),
        (GOOD[0], None, ValueError, r"use X\[None\]"),
        (GOOD[:, :2], None, ValueError, r"shape \[..., 3\]"),
        (GOOD.tolist(), None, TypeError, "numpy array or torch tensor"),
        (np.eye(3, dtype=int), None, TypeError, "floating point"),
        (GOOD * np.nan, None, ValueError, r"X\[0\] .* is not"),
        (GOOD + 0.1, None, ValueError, "2 of 2 points are off"),
        (np.array([[1.5, -0.5, 0.0]]), None, ValueError, "X"),
        (GOOD, [1.0], ValueError, r"weights of shape \[2\], got \[1\]"),
        (GOOD, np.ones((2, 1)), ValueError, r"got \[2, 1\]"),
        (GOOD, [1.0, -1.0], ValueError, "weights >= 0, got -1.0"),
        (GOOD, [1.0, np.nan], ValueError, "got nan"),
        (GOOD, [1.0, np.inf], ValueError, "got inf"),
        (GOOD, [0.0, 0.0], ValueError, "only zeros"),
    ],
)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_bad_data(library, points, weights, error, message):
    if library == "torch" and isinstance(points, np.ndarray):
        points = torch.as_tensor(points)
    with pytest.raises(error, match=message):
        FrechetMean(SIMPLEX).fit(points, weights=weights)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "newton"}, "expected method in"),
        ({"max_iter": 0}, "max_iter >= 1"),
        ({"tol": 0.0}, "tol > 0"),
        ({"tol": float("nan")}, "tol > 0"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        FrechetMean(SIMPLEX, **parameters).fit(GOOD)


def test_foreign_space():
    sphere = Hypersphere(2)
    with pytest.raises(TypeError, match="use geomstats.learning"):
        FrechetMean(sphere).fit(np.eye(3))
