"""Products of copies of one space: sequences of categorical distributions."""

import geomstats.errors
from geomstats.geometry.nfold_manifold import NFoldManifold, NFoldMetric

from .categorical import CategoricalSpace
from .checks import require_arrays
from .closed_form import ClosedFormMetric
from .numerics import array_namespace


class SequenceManifold(CategoricalSpace, NFoldManifold):
    """Product of `length` copies of a categorical space, in closed form.

    Points have shape [..., length, dim + 1]; the metric is the sum over sites.

    Parameters
    ----------
    base : FisherRaoSimplex or PositiveHypersphere
        Space of one site, whose methods take any batch shape.
    length : int
        Number of sites.
    equip : bool
        Whether to equip with the default metric.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=60)
    >>> space.random_point(5, generator=np.random.default_rng(0)).shape
    (5, 60, 4)
    """

    def __init__(self, base, length, equip=True):
        geomstats.errors.check_integer(length, "length")
        self.base = base
        self.length = length
        super().__init__(base_manifold=base, n_copies=length, equip=equip)

    @staticmethod
    def default_metric():
        """Metric to equip the space with if equip is True."""
        return SequenceMetric

    def belongs(self, point, atol=None):
        """Whether every site belongs to the base space.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            Points.
        atol : float, optional
            Tolerance; default: that of the base space.

        Returns
        -------
        belongs : array-like of bool, shape=[...]
            Never raises.
        """
        arrays, wrong = self._comparable(point)
        if arrays is None:
            return wrong
        (point,) = arrays
        each = self.base.belongs(point, atol=atol)
        return array_namespace(point).all(each, axis=-1)

    def is_tangent(self, vector, base_point=None, atol=None):
        """Whether every site's vector is tangent.

        Parameters
        ----------
        vector : array-like, shape=[..., length, dim + 1]
            Vectors.
        base_point : array-like, shape=[..., length, dim + 1]
            Points.
        atol : float, optional
            Tolerance; default: that of the base space.

        Returns
        -------
        is_tangent : array-like of bool, shape=[...]
            False also for NaN and for wrong shapes.  Never raises on values or shapes.
        """
        given = (vector,) if base_point is None else (vector, base_point)
        arrays, wrong = self._comparable(*given)
        if arrays is None:
            return wrong
        each = self.base.is_tangent(*arrays, atol=atol)
        return array_namespace(arrays[0]).all(each, axis=-1)

    def to_tangent(self, vector, base_point=None):
        """Orthogonal projection to the tangent space, site by site.

        Parameters
        ----------
        vector : array-like, shape=[..., length, dim + 1]
            Vectors.
        base_point : array-like, shape=[..., length, dim + 1]
            Points.

        Returns
        -------
        tangent_vec : array-like, shape=[..., length, dim + 1]
            Tangent vectors.
        """
        require_arrays(self.shape, vector=vector)
        return self.base.to_tangent(vector, base_point)

    def projection(self, point):
        """Nearest point, site by site.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            Vectors of the ambient space.

        Returns
        -------
        projected : array-like, shape=[..., length, dim + 1]
            Points.
        """
        require_arrays(self.shape, point=point)
        return self.base.projection(point)

    def tangent_from_root(self, vector, base_point):
        """Tangent vectors from vectors in sphere coordinates, site by site."""
        return self.base.tangent_from_root(vector, base_point)

    def sphere_coordinates(self, point):
        """Unit vectors of the sites."""
        return self.base.sphere_coordinates(point)

    def from_sphere_coordinates(self, root):
        """Point whose sites have the given unit vectors."""
        return self.base.from_sphere_coordinates(root)

    def __repr__(self):
        """Class, base and length."""
        return f"SequenceManifold({self.base!r}, length={self.length})"


class SequenceMetric(ClosedFormMetric, NFoldMetric):
    """Product metric: maps act site by site, squared lengths are summed."""

    @property
    def _site(self):
        return self._space.base.metric

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point=None):
        """Sum over sites of the inner products.

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., length, dim + 1]
            Tangent vector.
        tangent_vec_b : array-like, shape=[..., length, dim + 1]
            Tangent vector.
        base_point : array-like, shape=[..., length, dim + 1]
            Base point.

        Returns
        -------
        inner_product : array-like, shape=[...,]
            Inner product.
        """
        vectors = {"tangent_vec_a": tangent_vec_a, "tangent_vec_b": tangent_vec_b}
        points = {} if base_point is None else {"base_point": base_point}
        xp = require_arrays(self._space.shape, **vectors, **points)
        each = self._site.inner_product(tangent_vec_a, tangent_vec_b, base_point)
        return xp.sum(each, axis=-1)

    def _site_inner(self, tangent_vec_a, tangent_vec_b, base_point):
        return self._site.inner_product(tangent_vec_a, tangent_vec_b, base_point)

    def _root_log(self, point, base_point):
        return self._site._root_log(point, base_point)

    def _root_tangent(self, tangent_vec, base_point):
        return self._site._root_tangent(tangent_vec, base_point)

    def _root_follow(self, direction, base_point):
        return self._site._root_follow(direction, base_point)

    def _root_state(self, direction, base_point, t):
        return self._site._root_state(direction, base_point, t)

    def exit_time(self, tangent_vec, base_point):
        """First time at which a site leaves its space.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., length, dim + 1]
            Initial velocity.
        base_point : array-like, shape=[..., length, dim + 1]
            Initial point.

        Returns
        -------
        time : array-like, shape=[...,]
            Time.
        """
        xp = require_arrays(
            self._space.shape, tangent_vec=tangent_vec, base_point=base_point
        )
        return xp.min(self._site.exit_time(tangent_vec, base_point), axis=-1)

    def log(self, point, base_point):
        """Riemannian logarithm, site by site.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            End point.
        base_point : array-like, shape=[..., length, dim + 1]
            Base point.

        Returns
        -------
        log : array-like, shape=[..., length, dim + 1]
            Tangent vector at the base point.
        """
        require_arrays(self._space.shape, point=point, base_point=base_point)
        return self._site.log(point, base_point)

    def squared_dist(self, point_a, point_b):
        """Sum over sites of the squared distances.

        Parameters
        ----------
        point_a : array-like, shape=[..., length, dim + 1]
            Point.
        point_b : array-like, shape=[..., length, dim + 1]
            Point.

        Returns
        -------
        squared_dist : array-like, shape=[...,]
            Squared distance.
        """
        xp = require_arrays(self._space.shape, point_a=point_a, point_b=point_b)
        return xp.sum(self._site.squared_dist(point_a, point_b), axis=-1)

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        """Parallel transport along a geodesic, site by site.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., length, dim + 1]
            Vector to transport.
        base_point : array-like, shape=[..., length, dim + 1]
            Point to transport from.
        direction : array-like, shape=[..., length, dim + 1]
            Initial velocity of the geodesic, followed to time 1.
        end_point : array-like, shape=[..., length, dim + 1]
            Point to transport to, if no direction is given.

        Returns
        -------
        transported : array-like, shape=[..., length, dim + 1]
            Tangent vector at the end of the geodesic.
        """
        given = {"tangent_vec": tangent_vec, "base_point": base_point}
        along = {"direction": direction, "end_point": end_point}
        given |= {name: array for name, array in along.items() if array is not None}
        require_arrays(self._space.shape, **given)
        return self._site.parallel_transport(
            tangent_vec, base_point, direction=direction, end_point=end_point
        )

    def squared_dist_to_vertices(self, point):
        """Squared distances of every site to all its vertices.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            Point.

        Returns
        -------
        squared_dist : array-like, shape=[..., length, dim + 1]
            Table of squared distances, to be summed over sites.
        """
        require_arrays(self._space.shape, point=point)
        return self._site.squared_dist_to_vertices(point)

    def mean_log_to_vertices(self, weights, base_point):
        """Weighted mean of the logs of all vertices, site by site.

        Parameters
        ----------
        weights : array-like, shape=[..., length, dim + 1]
            Weights.
        base_point : array-like, shape=[..., length, dim + 1]
            Base point.

        Returns
        -------
        mean_log : array-like, shape=[..., length, dim + 1]
            Tangent vector at the base point.
        """
        require_arrays(self._space.shape, weights=weights, base_point=base_point)
        return self._site.mean_log_to_vertices(weights, base_point)
