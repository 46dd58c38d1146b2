"""geomstats' clusterings and classifiers on our spaces.

Against numpy and scipy on the unit sphere, on whichever backend geomstats was imported
with; test_learning_backends.py runs this file on the others.
"""

import geomstats.backend as gs
import learning_truths as truths
import numpy as np
import pytest
from geomstats.learning.agglomerative_hierarchical_clustering import (
    AgglomerativeHierarchicalClustering,
)
from geomstats.learning.kernel_density_estimation_classifier import (
    KernelDensityEstimationClassifier,
)
from geomstats.learning.kmeans import RiemannianKMeans
from geomstats.learning.kmedoids import RiemannianKMedoids
from geomstats.learning.knn import KNearestNeighborsClassifier
from geomstats.learning.mdm import RiemannianMinimumDistanceToMean
from geomstats.learning.online_kmeans import OnlineKMeans
from geomstats.learning.riemannian_mean_shift import RiemannianMeanShift
from learning_data import (
    close,
    clusters_of,
    each_law,
    each_single,
    each_space,
    points_of,
    roots_of,
)
from sklearn.cluster import AgglomerativeClustering
from sklearn.neighbors import KNeighborsClassifier

from fisher_manifold.learning import FrechetMean
from fisher_manifold.testing.arrays import to_numpy

pytestmark = pytest.mark.usefixtures("seeded")


@each_space
@each_law
@pytest.mark.parametrize("ours", [False, True])
def test_kmeans(space, law, ours):
    points, labels = clusters_of(space, law, 20)
    init = gs.array(points[[np.argmin(labels), np.argmax(labels)]])
    kmeans = RiemannianKMeans(space, n_clusters=2, init=gs.copy(init))
    if ours:
        kmeans.mean_estimator = FrechetMean(space)
    kmeans.fit(gs.array(points))
    np.testing.assert_array_equal(to_numpy(kmeans.labels_), labels)
    np.testing.assert_array_equal(to_numpy(kmeans.predict(gs.array(points))), labels)
    if ours:
        for label in (0, 1):
            truth = truths.mean(roots_of(space, points[labels == label]))
            close(roots_of(space, kmeans.cluster_centers_[label]), truth, 1e-8)


@each_single
@each_law
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_nearest_neighbors(space, law, weights):
    points, labels = clusters_of(space, law, 20)
    queries = points_of(space, "interior", 30, seed=5)
    knn = KNearestNeighborsClassifier(space, n_neighbors=1, weights=weights)
    knn.fit(gs.array(points), gs.array(labels))
    distances = truths.distances(roots_of(space, queries), roots_of(space, points))
    truth = labels[distances.argmin(axis=1)]
    np.testing.assert_array_equal(to_numpy(knn.predict(gs.array(queries))), truth)


@each_space
@each_law
def test_nearest_neighbors_of_distances(space, law):
    points, labels = clusters_of(space, law, 20)
    queries = points_of(space, "interior", 30, seed=5)
    pairs = [gs.array(points)[None, :], gs.array(queries)[:, None]]
    knn = KNeighborsClassifier(n_neighbors=1, metric="precomputed")
    train = to_numpy(space.metric.dist(pairs[0], gs.array(points)[:, None]))
    knn.fit(train, labels)
    distances = truths.distances(roots_of(space, queries), roots_of(space, points))
    np.testing.assert_array_equal(
        knn.predict(to_numpy(space.metric.dist(*pairs))),
        labels[distances.argmin(axis=1)],
    )


@each_single
@each_law
def test_kernel_density_classifier(space, law):
    points, labels = clusters_of(space, law, 20)
    kde = KernelDensityEstimationClassifier(space, kernel="distance")
    kde.fit(gs.array(points), gs.array(labels))
    np.testing.assert_array_equal(to_numpy(kde.predict(gs.array(points))), labels)


@each_single
@each_law
@pytest.mark.parametrize("linkage", ["average", "complete", "single"])
def test_agglomerative_clustering(space, law, linkage):
    points, labels = clusters_of(space, law, 20)
    clustering = AgglomerativeHierarchicalClustering(space, 2, linkage=linkage)
    found = to_numpy(clustering.fit(gs.array(points)).labels_)
    assert truths.same_partition(found, labels)


@each_space
@each_law
def test_agglomerative_clustering_of_distances(space, law):
    points, labels = clusters_of(space, law, 20)
    data = gs.array(points)
    distances = to_numpy(space.metric.dist(data[None, :], data[:, None]))
    clustering = AgglomerativeClustering(2, metric="precomputed", linkage="average")
    assert truths.same_partition(clustering.fit(distances).labels_, labels)


@each_space
@each_law
def test_kmedoids(space, law):
    points, labels = clusters_of(space, law, 20)
    kmedoids = RiemannianKMedoids(space, n_clusters=2)
    # It draws its first medoids with replacement: both may be in one cluster.
    kmedoids._initialize_medoids = lambda distances: gs.array(
        [int(labels.argmin()), int(labels.argmax())]
    )
    kmedoids.fit(gs.array(points))
    found = to_numpy(kmedoids.labels_)
    assert truths.same_partition(found, labels)
    roots = roots_of(space, points)
    for center, label in zip(kmedoids.cluster_centers_, (0, 1), strict=True):
        members = roots[found == label]
        costs = truths.distances(members, members).sum(axis=0)
        cost = truths.sum_of_distances(roots_of(space, center), members)
        assert abs(cost - costs.min()) < 1e-9


@each_space
@each_law
def test_minimum_distance_to_mean(space, law):
    points, labels = clusters_of(space, law, 20)
    queries = points_of(space, "interior", 30, seed=5)
    classifier = RiemannianMinimumDistanceToMean(space)
    classifier.mean_estimator = FrechetMean(space)
    classifier.fit(gs.array(points), gs.array(labels))
    means = [truths.mean(roots_of(space, points[labels == i])) for i in (0, 1)]
    distances = truths.distances(roots_of(space, queries), np.stack(means))
    close(classifier.transform(gs.array(queries)), distances, 1e-7)
    predicted = to_numpy(classifier.predict(gs.array(queries)))
    np.testing.assert_array_equal(predicted, distances.argmin(axis=1))
    odds = np.exp(-(distances**2))
    odds /= odds.sum(axis=1, keepdims=True)
    close(classifier.predict_proba(gs.array(queries)), odds, 1e-6)


@each_space
@each_law
def test_mean_shift(space, law):
    """A bandwidth above the diameters of both clusters, below their distance."""
    points, labels = clusters_of(space, law, 20)
    shift = RiemannianMeanShift(space, bandwidth=1.6, n_clusters=2)
    shift.mean_estimator = FrechetMean(space)
    random_centers = shift.fit(gs.array(points)).cluster_centers_
    means = [truths.mean(roots_of(space, points[labels == i])) for i in (0, 1)]
    distances = truths.distances(roots_of(space, random_centers), np.stack(means))
    assert distances.min(axis=1).max() < 1e-7
    nearest = to_numpy(shift.predict(gs.array(points)))
    truth = truths.distances(roots_of(space, points), roots_of(space, random_centers))
    np.testing.assert_array_equal(nearest, truth.argmin(axis=1))


@each_space
@pytest.mark.parametrize("law", ["interior", "boundary"])
def test_online_kmeans(space, law):
    points, labels = clusters_of(space, law, 20)
    # Its first centers are drawn with replacement: several starts.
    for _ in range(4):
        online = OnlineKMeans(space, n_clusters=2, atol=1e-12)
        found = to_numpy(online.fit(gs.array(points)).labels_)
        if truths.same_partition(found, labels):
            return
    pytest.fail("the clusters are not found from four starts")
