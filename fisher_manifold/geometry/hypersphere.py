r"""The closed positive orthant of the hypersphere, with the Fisher-Rao metric.

Points are unit vectors u >= 0 (u = sqrt(p) for probabilities p).  The metric is that
of a sphere of radius 2, :math:`g_u(v, w) = 4 \sum_i v_i w_i`: distances are those of
the Fisher-Rao simplex.  Boundary points and vertices are ordinary points here.
"""

import operator

import geomstats.backend as gs
from geomstats.geometry.base import LevelSet
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.riemannian_metric import RiemannianMetric

from .categorical import CategoricalSpace, tolerance
from .checks import require_arrays
from .closed_form import ClosedFormMetric
from .isometry import RADIUS
from .numerics import (
    angle,
    angles_to_vertices,
    array_namespace,
    diagonal_matrix,
    mean_log_to_vertices,
    sphere_exit_time,
    sphere_exp,
    sphere_geodesic_state,
    sphere_log,
    sphere_parallel_transport,
    squared_angle,
)


class PositiveHypersphere(CategoricalSpace, LevelSet):
    """Closed positive orthant of the unit sphere, metric of the sphere of radius 2.

    Isometric to :class:`FisherRaoSimplex` through :class:`SimplexToSphere`.  Geodesics
    are great circles; the orthant is geodesically convex and has diameter pi.

    Parameters
    ----------
    dim : int
        Dimension d >= 1: unit vectors of length d + 1, for d + 1 categories.
    equip : bool
        Whether to equip with the default metric.

    Examples
    --------
    >>> import numpy as np
    >>> sphere = PositiveHypersphere(dim=2)
    >>> dist = sphere.metric.dist(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    >>> round(float(dist), 6)
    3.141593
    """

    def __init__(self, dim, equip=True):
        dim = check_dim(dim)
        self.dim = dim
        super().__init__(dim=dim, shape=(dim + 1,), intrinsic=False, equip=equip)

    @staticmethod
    def default_metric():
        """Metric to equip the space with if equip is True."""
        return PositiveHypersphereMetric

    def _define_embedding_space(self):
        # The Euclidean metric would hold an identity matrix: 800 MB at 1e4 categories.
        return Euclidean(self.dim + 1, equip=False)

    def submersion(self, point):
        """|u|^2 - 1, whose zero set is the sphere."""
        return array_namespace(point).sum(point * point, axis=-1) - 1.0

    def tangent_submersion(self, vector, point):
        """Differential 2 <u, v> of the submersion."""
        return 2.0 * array_namespace(vector, point).sum(vector * point, axis=-1)

    def belongs(self, point, atol=None):
        """Whether points are unit vectors without negative entries.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Points.
        atol : float, optional
            Tolerance; default: scales with the dtype's epsilon and the dimension.

        Returns
        -------
        belongs : array-like of bool, shape=[...]
            False also for NaN and for the wrong length.  Never raises.
        """
        arrays, wrong = self._comparable(point)
        if arrays is None:
            return wrong
        (point,) = arrays
        xp = array_namespace(point)
        atol = tolerance(point, self.dim) if atol is None else atol
        gap = xp.abs(xp.sum(point * point, axis=-1) - 1.0)
        return (gap <= atol) & xp.all(point >= -atol, axis=-1)

    def is_tangent(self, vector, base_point=None, atol=None):
        """Whether vectors are orthogonal to their base points.

        Parameters
        ----------
        vector : array-like, shape=[..., dim + 1]
            Vectors.
        base_point : array-like, shape=[..., dim + 1]
            Points of the orthant.
        atol : float, optional
            Tolerance relative to 1 + |v|; default as in `belongs`.

        Returns
        -------
        is_tangent : array-like of bool, shape=[...]
            False also for NaN and for wrong shapes.  Never raises on values or shapes.
        """
        arrays, wrong = self._comparable(vector, base_point)
        if arrays is None:
            return wrong
        vector, base_point = arrays
        xp = array_namespace(vector, base_point)
        atol = tolerance(vector, self.dim) if atol is None else atol
        size = xp.sqrt(xp.sum(vector * vector, axis=-1))
        return xp.abs(xp.sum(vector * base_point, axis=-1)) <= atol * (1.0 + size)

    def to_tangent(self, vector, base_point=None):
        """Orthogonal projection v - <u, v> u to the tangent space.

        Parameters
        ----------
        vector : array-like, shape=[..., dim + 1]
            Vectors.
        base_point : array-like, shape=[..., dim + 1]
            Points of the orthant.

        Returns
        -------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vectors.
        """
        xp = require_arrays(self.shape, vector=vector, base_point=base_point)
        radial = xp.sum(vector * base_point, axis=-1, keepdims=True)
        return vector - radial * base_point

    def projection(self, point):
        """Nearest point of the orthant: max(u, 0), normalised.

        Points without a positive entry have no nearest point and give NaN.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Vectors of the ambient space.

        Returns
        -------
        projected : array-like, shape=[..., dim + 1]
            Points of the orthant.
        """
        xp = require_arrays(self.shape, point=point)
        positive = xp.where(point > 0, point, 0.0)
        # Scaling first keeps the squares from under- and overflowing.
        positive = positive / xp.max(positive, axis=-1, keepdims=True)
        return positive / xp.sqrt(xp.sum(positive**2, axis=-1, keepdims=True))

    def tangent_from_root(self, vector, base_point):
        """Tangent vector from any vector in sphere coordinates: its projection."""
        return self.to_tangent(vector, base_point)

    def sphere_coordinates(self, point):
        """Return the point itself: its unit vector."""
        return point

    def from_sphere_coordinates(self, root):
        """Return the point of a unit vector: itself."""
        return root


class PositiveHypersphereMetric(ClosedFormMetric, RiemannianMetric):
    r"""Metric :math:`4 \sum_i v_i w_i` of the orthant: the sphere of radius 2."""

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point=None):
        """Inner product 4 <v, w>; does not depend on the base point.

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., dim + 1]
            Tangent vector.
        tangent_vec_b : array-like, shape=[..., dim + 1]
            Tangent vector.
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        inner_product : array-like, shape=[...,]
            Inner product.
        """
        vectors = {"tangent_vec_a": tangent_vec_a, "tangent_vec_b": tangent_vec_b}
        points = {} if base_point is None else {"base_point": base_point}
        xp = require_arrays(self._space.shape, **vectors, **points)
        return RADIUS**2 * xp.sum(tangent_vec_a * tangent_vec_b, axis=-1)

    def metric_matrix(self, base_point=None):
        """Matrix 4 I of the metric in the ambient coordinates.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        matrix : array-like, shape=[..., dim + 1, dim + 1]
            Matrix.
        """
        if base_point is None:
            return RADIUS**2 * gs.eye(self._space.dim + 1)
        require_arrays(self._space.shape, base_point=base_point)
        return diagonal_matrix(0.0 * base_point + RADIUS**2)

    def _root_log(self, point, base_point):
        return sphere_log(point - base_point, base_point)

    def _root_tangent(self, tangent_vec, base_point):
        return tangent_vec

    def _root_follow(self, direction, base_point):
        return sphere_exp(direction, base_point)

    def _root_state(self, direction, base_point, t):
        return sphere_geodesic_state(direction, base_point, t)

    def exit_time(self, tangent_vec, base_point):
        """Time at which the geodesic leaves the orthant (infinity for the zero vector).

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., dim + 1]
            Initial velocity.
        base_point : array-like, shape=[..., dim + 1]
            Initial point.

        Returns
        -------
        time : array-like, shape=[...,]
            First time >= 0 after which a coordinate is negative.
        """
        require_arrays(
            self._space.shape, tangent_vec=tangent_vec, base_point=base_point
        )
        return sphere_exit_time(tangent_vec, base_point)

    def log(self, point, base_point):
        """Riemannian logarithm, accurate also for nearby points.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            End point.
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        log : array-like, shape=[..., dim + 1]
            Tangent vector at the base point.
        """
        require_arrays(self._space.shape, point=point, base_point=base_point)
        return self._root_log(point, base_point)

    def dist(self, point_a, point_b):
        """Geodesic distance, at most pi; subgradient 0 at coincident points.

        Parameters
        ----------
        point_a : array-like, shape=[..., dim + 1]
            Point.
        point_b : array-like, shape=[..., dim + 1]
            Point.

        Returns
        -------
        dist : array-like, shape=[...,]
            Distance.
        """
        require_arrays(self._space.shape, point_a=point_a, point_b=point_b)
        return RADIUS * angle(point_b - point_a)

    def squared_dist(self, point_a, point_b):
        """Squared geodesic distance; smooth, with gradient -2 log.

        Parameters
        ----------
        point_a : array-like, shape=[..., dim + 1]
            Point.
        point_b : array-like, shape=[..., dim + 1]
            Point.

        Returns
        -------
        squared_dist : array-like, shape=[...,]
            Squared distance.
        """
        require_arrays(self._space.shape, point_a=point_a, point_b=point_b)
        return RADIUS**2 * squared_angle(point_b - point_a)

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        """Parallel transport along a geodesic.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., dim + 1]
            Vector to transport.
        base_point : array-like, shape=[..., dim + 1]
            Point to transport from.
        direction : array-like, shape=[..., dim + 1]
            Initial velocity of the geodesic, followed to time 1.
        end_point : array-like, shape=[..., dim + 1]
            Point to transport to, if no direction is given.

        Returns
        -------
        transported : array-like, shape=[..., dim + 1]
            Tangent vector at the end of the geodesic.
        """
        require_arrays(
            self._space.shape, tangent_vec=tangent_vec, base_point=base_point
        )
        direction = self._root_direction(base_point, direction, end_point)
        return sphere_parallel_transport(tangent_vec, base_point, direction)

    def squared_dist_to_vertices(self, point):
        """Squared distances to all vertices.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Point.

        Returns
        -------
        squared_dist : array-like, shape=[..., dim + 1]
            Squared distance to each vertex.
        """
        require_arrays(self._space.shape, point=point)
        return RADIUS**2 * angles_to_vertices(point) ** 2

    def mean_log_to_vertices(self, weights, base_point):
        r"""Weighted mean :math:`\sum_k w_k \log_u(e_k)` of the logs of all vertices.

        Parameters
        ----------
        weights : array-like, shape=[..., dim + 1]
            Weights of the vertices.
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        mean_log : array-like, shape=[..., dim + 1]
            Tangent vector at the base point.
        """
        require_arrays(self._space.shape, weights=weights, base_point=base_point)
        return mean_log_to_vertices(weights, base_point)


def check_dim(dim):
    """Dimension as an int >= 1, or an error."""
    try:
        dim = operator.index(dim)
    except TypeError:
        raise TypeError(
            f"expected dim to be an integer, got {type(dim).__name__}"
        ) from None
    if dim < 1:
        raise ValueError(f"expected dim >= 1 (dim + 1 categories), got {dim}")
    return dim
