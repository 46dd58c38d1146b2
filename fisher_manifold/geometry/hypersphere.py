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

from .arrays import (
    array_namespace,
    needs_derivatives,
    sum_tolerance,
    tolerance,
    wall_tolerance,
)
from .categorical import CategoricalSpace
from .charts import SphereChart
from .checks import require_arrays
from .closed_form import ClosedFormMetric
from .isometry import RADIUS
from .numerics import safe_sqrt, squared_norms_of_tails


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
        xp = require_arrays(self.shape, point=point)
        return xp.sum(point * point, axis=-1) - 1.0

    def tangent_submersion(self, vector, point):
        """Differential 2 <u, v> of the submersion."""
        xp = require_arrays(self.shape, vector=vector, point=point)
        return 2.0 * xp.sum(vector * point, axis=-1)

    def belongs(self, point, atol=None):
        """Whether points are unit vectors without negative entries, to rounding.

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
        lowest = -wall_tolerance(point) if atol is None else -atol
        atol = tolerance(point, self.n_categories) if atol is None else atol
        gap = xp.abs(xp.sum(point * point, axis=-1) - 1.0)
        return (gap <= atol) & xp.all(point >= lowest, axis=-1)

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
        atol = tolerance(vector, self.n_categories) if atol is None else atol
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
        top = xp.max(positive, axis=-1, keepdims=True)
        scaled = positive / top
        norm = xp.sqrt(xp.sum(scaled**2, axis=-1, keepdims=True))
        if needs_derivatives(point):
            return scaled / norm
        # Points of the orthant stay as they are, so that projecting is idempotent.
        there = xp.abs(top * norm - 1.0) <= sum_tolerance(point, self.n_categories)
        return xp.where(there, positive, scaled / norm)

    def intrinsic_to_extrinsic_coords(self, point_intrinsic):
        r"""Unit vector of angles: u_k = cos(phi_k) prod_{j < k} sin(phi_j).

        Parameters
        ----------
        point_intrinsic : array-like, shape=[..., dim]
            Angles between 0 and pi / 2.

        Returns
        -------
        point_extrinsic : array-like, shape=[..., dim + 1]
            Point.
        """
        xp = require_arrays((self.dim,), point_intrinsic=point_intrinsic)
        one = 0.0 * point_intrinsic[..., :1] + 1.0
        sines = xp.cumulative_prod(xp.sin(point_intrinsic), axis=-1)
        cosines = xp.concat([xp.cos(point_intrinsic), one], axis=-1)
        return xp.concat([one, sines], axis=-1) * cosines

    def extrinsic_to_intrinsic_coords(self, point_extrinsic):
        r"""Hyperspherical angles :math:`\phi_k = \operatorname{atan2}(|u_{>k}|, u_k)`.

        Parameters
        ----------
        point_extrinsic : array-like, shape=[..., dim + 1]
            Point.

        Returns
        -------
        point_intrinsic : array-like, shape=[..., dim]
            Angles between 0 and pi / 2; 0 where all later entries are 0.
        """
        xp = require_arrays(self.shape, point_extrinsic=point_extrinsic)
        tails = squared_norms_of_tails(point_extrinsic)[..., 1:]
        return xp.atan2(safe_sqrt(tails), point_extrinsic[..., :-1])

    def tangent_from_root(self, vector, base_point):
        """Tangent vector from any vector in sphere coordinates: its projection.

        Parameters
        ----------
        vector : array-like, shape=[..., dim + 1]
            Vectors, in sphere coordinates.
        base_point : array-like, shape=[..., dim + 1]
            Points of the space.

        Returns
        -------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vectors at base_point.
        """
        return self.to_tangent(vector, base_point)

    def sphere_coordinates(self, point):
        """Return the point itself: its unit vector.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Points of the space.

        Returns
        -------
        root : array-like, shape=[..., dim + 1]
            Unit vectors.
        """
        require_arrays(self.shape, point=point)
        return point

    def from_sphere_coordinates(self, root):
        """Return the point of a unit vector: itself.

        Parameters
        ----------
        root : array-like, shape=[..., dim + 1]
            Unit vectors.

        Returns
        -------
        point : array-like, shape=[..., dim + 1]
            Points of the space.
        """
        return root


class PositiveHypersphereMetric(ClosedFormMetric, RiemannianMetric):
    r"""Metric :math:`4 \sum_i v_i w_i` of the orthant: the sphere of radius 2.

    Parameters
    ----------
    space : PositiveHypersphere
        Space that the metric belongs to.
    signature : tuple of int, optional
        Passed on to geomstats; default: (dim, 0).

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> metric, (u, v) = fm.PositiveHypersphere(dim=1).metric, np.eye(2)
    >>> round(float(metric.norm(v, u)), 6)  # the sphere has radius 2
    2.0
    >>> metric.exp(np.pi / 2 * v, u).round(6)  # length pi: from vertex to vertex
    array([0., 1.])
    """

    _chart = SphereChart()

    def _default_base_point(self, vector):
        return 0.0 * vector

    def metric_matrix(self, base_point=None):
        """Matrix 4 I of the metric in the ambient coordinates.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Base point; may be left out.

        Returns
        -------
        matrix : array-like, shape=[..., dim + 1, dim + 1]
            Matrix.
        """
        if base_point is None:
            return RADIUS**2 * gs.eye(self._space.dim + 1)
        return super().metric_matrix(base_point)


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
