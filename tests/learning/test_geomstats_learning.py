"""geomstats' means, medians, tangent PCA and regressions on our spaces.

Against numpy and scipy on the unit sphere, on whichever backend geomstats was imported
with; test_learning_backends.py runs this file on the others.
"""

import geomstats.backend as gs
import learning_truths as truths
import numpy as np
import pytest
from geomstats.learning.frechet_mean import FrechetMean as GeomstatsMean
from geomstats.learning.geodesic_regression import GeodesicRegression
from geomstats.learning.geometric_median import GeometricMedian
from geomstats.learning.incremental_frechet_mean import IncrementalFrechetMean
from geomstats.learning.pca import TangentPCA
from geomstats.learning.preprocessing import ToTangentSpace
from geomstats.learning.wrapped_gaussian_process import WrappedGaussianProcess
from learning_data import (
    BACKEND,
    SEQUENCES,
    SIMPLEX,
    SPHERE,
    barycentre,
    close,
    each_law,
    each_single,
    each_space,
    points_of,
    roots_of,
    vertex_labels,
)
from sklearn.decomposition import PCA

from fisher_manifold.learning import FrechetMean
from fisher_manifold.testing.arrays import to_numpy

pytestmark = pytest.mark.usefixtures("seeded")


@each_space
@each_law
@pytest.mark.parametrize("method", ["default", "adaptive", "batch"])
def test_frechet_mean(space, law, method):
    points = points_of(space, law, 15)
    estimator = GeomstatsMean(space, method=method)
    data = gs.array(points if method != "batch" else np.stack([points, points], 1))
    start = barycentre(space)
    start = gs.stack([start, start]) if method == "batch" else start
    estimator.set(epsilon=1e-20 if method != "adaptive" else 1e-10, max_iter=500)
    mean = estimator.set(init_point=start).fit(data).estimate_
    mean = mean[1] if method == "batch" else mean
    close(roots_of(space, mean), truths.mean(roots_of(space, points)), 1e-8)


@each_space
@each_law
def test_incremental_frechet_mean(space, law):
    points = points_of(space, law, 15)
    mean = IncrementalFrechetMean(space).fit(gs.array(points)).estimate_
    close(roots_of(space, mean), truths.incremental_mean(roots_of(space, points)), 1e-7)


@each_space
@pytest.mark.parametrize("law", ["interior", "boundary"])
def test_geometric_median(space, law):
    points = points_of(space, law, 15)
    median = GeometricMedian(
        space, max_iter=2000, epsilon=1e-12, init_point=barycentre(space)
    )
    estimate = roots_of(space, median.fit(gs.array(points)).estimate_)
    roots = roots_of(space, points)
    best = truths.least_sum_of_distances(roots)
    assert truths.sum_of_distances(estimate, roots) <= best + 1e-7
    assert truths.sum_of_distances(truths.mean(roots), roots) > best + 1e-3


@each_space
def test_geometric_median_of_vertices(space):
    points = space.vertices(vertex_labels(space))
    start = gs.array(points_of(space, "interior", 1)[0])
    median = GeometricMedian(space, max_iter=2000, epsilon=1e-12, init_point=start)
    estimate = median.fit(points).estimate_
    close(roots_of(space, estimate), np.full(space.shape, 3**-0.5), 1e-8)


@each_law
@pytest.mark.skipif(BACKEND == "pytorch", reason="sklearn's svd_flip takes no tensors")
@pytest.mark.parametrize("space", [SPHERE, SEQUENCES[1]], ids=repr)
def test_tangent_pca(space, law):
    points = points_of(space, law, 15)
    mean = FrechetMean(space).fit(gs.array(points)).estimate_
    pca = TangentPCA(space, n_components=2).fit(gs.array(points), base_point=mean)
    variances = truths.tangent_variances(roots_of(space, points))
    # geomstats sums squares of coordinates: a quarter of the Fisher metric's.
    close(4 * pca.explained_variance_, variances[:2], 1e-10)
    close(pca.explained_variance_ratio_, variances[:2] / variances.sum(), 1e-10)
    logs = space.metric.log(gs.array(points), mean).reshape(15, -1)
    close(pca.transform(gs.array(points)), logs @ pca.components_.T, 1e-10)


def test_tangent_pca_ignores_the_metric_of_the_simplex():
    if BACKEND == "pytorch":
        pytest.skip("sklearn's svd_flip takes no tensors")
    points = points_of(SIMPLEX, "interior", 15)
    mean = FrechetMean(SIMPLEX).fit(gs.array(points)).estimate_
    pca = TangentPCA(SIMPLEX).fit(gs.array(points), base_point=mean)
    variances = truths.tangent_variances(roots_of(SIMPLEX, points))
    ratio = variances[:2] / variances.sum()
    assert abs(pca.explained_variance_ratio_[:2] - ratio).max() > 0.01


@each_law
@pytest.mark.parametrize("space", [SPHERE, SEQUENCES[1]], ids=repr)
def test_pca_of_tangent_vectors(space, law):
    """What works on every backend: logs, and sklearn's PCA."""
    points = gs.array(points_of(space, law, 15))
    mean = FrechetMean(space).fit(points).estimate_
    logs = to_numpy(space.metric.log(points, mean)).reshape(15, -1)
    variances = truths.tangent_variances(roots_of(space, points))
    rank = len(variances)
    close(4 * PCA(rank).fit(logs).explained_variance_, variances, 1e-10)


@each_single
@each_law
def test_to_tangent_space_and_back(space, law):
    points = gs.array(points_of(space, law, 15))
    lift = ToTangentSpace(space).fit(points, base_point=barycentre(space))
    back = lift.inverse_transform(lift.transform(points))
    close(back, to_numpy(points), 1e-12)


def geodesic_regression(space, ends, method):
    """Worst distance of the fit to a known geodesic, and of its end from the truth."""
    if method == "riemannian" and BACKEND == "numpy":
        pytest.skip("needs derivatives, which the numpy backend has not")
    times = np.linspace(0.0, 1.0, 9)
    targets = space.metric.geodesic(ends[0], ends[1])(times)
    regression = GeodesicRegression(space, method=method, initialization="frechet")
    regression.mean_estimator = FrechetMean(space)
    regression.set(tol=1e-13 if method == "riemannian" else 1e-9)
    regression.fit(gs.array(times), targets)
    return to_numpy(space.metric.dist(regression.predict(gs.array(times)), targets))


@each_law
@pytest.mark.parametrize("method", ["extrinsic", "riemannian"])
@pytest.mark.parametrize("space", [SPHERE, SEQUENCES[1]], ids=repr)
def test_geodesic_regression(space, law, method):
    """Between points of faces, and from vertex to vertex, too."""
    ends = gs.array(points_of(space, law, 2, seed=1))
    assert geodesic_regression(space, ends, method).max() < 1e-4


@pytest.mark.parametrize("method", ["extrinsic", "riemannian"])
def test_geodesic_regression_inside_the_simplex(method):
    ends = gs.array([[0.2, 0.3, 0.5], [0.45, 0.35, 0.2]])
    assert geodesic_regression(SIMPLEX, ends, method).max() < 1e-3


def test_geomstats_mean_on_the_simplex_stays_on_the_face_where_it_starts():
    """log at a vertex of the simplex is 0: documented, with what to do instead."""
    vertices = gs.array(np.eye(3))
    close(GeomstatsMean(SIMPLEX).fit(vertices).estimate_, [1.0, 0.0, 0.0], 0.0)
    close(FrechetMean(SIMPLEX).fit(vertices).estimate_, np.full(3, 1 / 3), 1e-15)


@each_space
@pytest.mark.parametrize("law", ["interior", "boundary"])
def test_wrapped_gaussian_process(space, law):
    """Without noise it passes through the data."""
    ends = points_of(space, law, 2, seed=1)
    times = np.linspace(0.0, 4.0, 5)
    path = space.metric.geodesic(gs.array(ends[0]), gs.array(ends[1]))
    base = barycentre(space)
    process = WrappedGaussianProcess(space, prior=lambda x: gs.stack([base] * len(x)))
    targets = path(times / 4.0)
    process.set(optimizer=None).fit(gs.array(times[:, None]), targets)
    close(process.predict(gs.array(times[:, None])), to_numpy(targets), 1e-7)
