"""Distances: of pairs, of all pairs, and to the vertices."""

import functools
import operator
from typing import Any

import numpy as np

from .arrays import array_namespace
from .checks import require_arrays
from .isometry import RADIUS
from .numerics import (
    angle,
    angles_to_vertices,
    safe_sqrt,
    squared_angle,
)
from .pairwise import pairwise_squared_angle


class Distances:
    """Mixin of `ClosedFormMetric`: distances, summed in squares over sites."""

    _space: Any
    _chart: Any
    _sum_over_sites: Any

    def dist(self, point_a, point_b):
        r"""Geodesic distance :math:`2 \arccos \sum_i \sqrt{p_i q_i}`, at most pi.

        Of sequences the root of the sum of squares.  Subgradient 0 at coincident
        points.  On the simplex the derivative at zeros of p is that along the face
        (off it the slope is infinite).

        Parameters
        ----------
        point_a : array-like, shape=[..., *point_shape]
            Point.
        point_b : array-like, shape=[..., *point_shape]
            Point.

        Returns
        -------
        dist : array-like, shape=[...,]
            Distance.
        """
        if len(self._space.shape) > 1:
            return safe_sqrt(self.squared_dist(point_a, point_b))
        require_arrays(self._space.shape, point_a=point_a, point_b=point_b)
        _, _, difference = self._chart.roots(point_a, point_b)
        return angle(difference, RADIUS)

    def squared_dist(self, point_a, point_b):
        """Squared geodesic distance; smooth inside, with gradient -2 log.

        Parameters
        ----------
        point_a : array-like, shape=[..., *point_shape]
            Point.
        point_b : array-like, shape=[..., *point_shape]
            Point.

        Returns
        -------
        squared_dist : array-like, shape=[...,]
            Squared distance.
        """
        require_arrays(self._space.shape, point_a=point_a, point_b=point_b)
        _, _, difference = self._chart.roots(point_a, point_b)
        return self._sum_over_sites(RADIUS**2 * squared_angle(difference))

    def squared_dist_to_vertices(self, point):
        """Squared distances to all vertices, site by site.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            Point.

        Returns
        -------
        squared_dist : array-like, shape=[..., *point_shape]
            Squared distance of each site to each vertex.
        """
        require_arrays(self._space.shape, point=point)
        angles = angles_to_vertices(self._chart.root(point))
        return (RADIUS * angles) ** 2

    def pairwise_squared_dist(self, point_a, point_b):
        """Squared distances between all pairs of two batches, by matrix products.

        As accurate as `squared_dist`: near pairs, whose differences a matrix product
        would lose, are computed one by one.

        Parameters
        ----------
        point_a : array-like, shape=[n_a, *point_shape]
            Points.
        point_b : array-like, shape=[n_b, *point_shape]
            Points.

        Returns
        -------
        squared_dist : array-like, shape=[n_a, n_b]
            Squared distances.
        """
        shape = self._space.shape
        require_arrays(shape, point_a=point_a, point_b=point_b)
        _require_batch(shape, point_a=point_a, point_b=point_b)
        symmetric = point_a is point_b
        each = [
            pairwise_squared_angle(
                *(self._chart, point_a[:, *site], point_b[:, *site]), symmetric
            )
            for site in np.ndindex(*shape[:-1])
        ]
        return RADIUS**2 * functools.reduce(operator.add, each)

    def dist_pairwise(self, points, n_jobs=1, **joblib_kwargs):
        """Matrix of distances between all pairs of a batch.

        Parameters
        ----------
        points : array-like, shape=[n_samples, *point_shape]
            Points.
        n_jobs, **joblib_kwargs
            Accepted for geomstats' signature, and not needed: matrix products use
            the threads of the array library.

        Returns
        -------
        dist : array-like, shape=[n_samples, n_samples]
            Distances; symmetric, zero on the diagonal.
        """
        return safe_sqrt(self.pairwise_squared_dist(points, points))

    def dist_broadcast(self, point_a, point_b):
        """Distances as geomstats' `dist_broadcast` pairs two batches.

        Parameters
        ----------
        point_a : array-like, shape=[n_a, *point_shape] or point_shape
            Points.
        point_b : array-like, shape=[n_b, *point_shape] or point_shape
            Points.

        Returns
        -------
        dist : array-like, shape=[n_a,] or [n_a, n_b]
            Of equally many points, one point and others, or batches with several axes,
            the distances of pairs, as `dist`; of two lists of points of other lengths
            those of all pairs, without axes of length 1.  (`dist_pairwise` and
            `pairwise_squared_dist` do not depend on the numbers of points.)
        """
        ndim = len(self._space.shape)
        require_arrays(self._space.shape, point_a=point_a, point_b=point_b)
        batches = {point_a.ndim - ndim, point_b.ndim - ndim}
        if batches != {1} or tuple(point_a.shape) == tuple(point_b.shape):
            return self.dist(point_a, point_b)
        return safe_sqrt(self.pairwise_squared_dist(point_a, point_b)).squeeze()

    def diameter(self, points):
        """Largest distance between two of the points.

        Parameters
        ----------
        points : array-like, shape=[n_samples, *point_shape]
            Points.

        Returns
        -------
        diameter : array-like, shape=[]
            Distance.
        """
        return array_namespace(points).max(self.dist_pairwise(points))

    def closest_neighbor_index(self, point, neighbors):
        """Index of the neighbor closest to a point.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            One point or a batch.
        neighbors : array-like, shape=[n_neighbors, *point_shape]
            Neighbors.

        Returns
        -------
        index : array-like of int, shape=[...]
            Index; the first of equally close neighbors.
        """
        shape = self._space.shape
        require_arrays(shape, point=point, neighbors=neighbors)
        batch_shape = point.shape[: point.ndim - len(shape)]
        squared = self.pairwise_squared_dist(point.reshape(-1, *shape), neighbors)
        index = array_namespace(point).argmin(squared, axis=-1)
        return index.reshape(batch_shape) if batch_shape else index[0]


def _require_batch(shape, **arrays):
    for name, array in arrays.items():
        if array.ndim != len(shape) + 1 or array.shape[0] == 0:
            raise ValueError(
                f"expected {name} of shape [n, {', '.join(map(str, shape))}] with "
                f"n >= 1, got {list(array.shape)}"
            )
