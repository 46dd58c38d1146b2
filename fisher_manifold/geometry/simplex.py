r"""The probability simplex with the Fisher-Rao metric.

A drop-in for geomstats' ``CategoricalDistributions``.  All computing happens in
square-root coordinates (see :mod:`~fisher_manifold.geometry.isometry`), so that points
on the boundary, vertices and coincident points are ordinary points.
"""

from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.riemannian_metric import RiemannianMetric
from geomstats.information_geometry.categorical import (
    CategoricalDistributions,
    CategoricalMetric,
)

from .arrays import array_namespace, needs_derivatives, sum_tolerance, tolerance
from .categorical import CategoricalSpace
from .charts import SimplexChart
from .checks import require_arrays
from .closed_form import ClosedFormMetric
from .hypersphere import check_dim
from .isometry import SimplexToSphere, tangent_to_simplex, to_simplex, to_sphere


class FisherRaoSimplex(CategoricalSpace, CategoricalDistributions):
    r"""Categorical distributions on d + 1 outcomes with the Fisher-Rao metric.

    The closed simplex; isometric to the positive orthant of the sphere of radius 2,
    hence of curvature 1/4 and diameter pi.

    At a boundary point only vectors along the face are tangent (others have infinite
    Fisher norm).  Work on :class:`PositiveHypersphere` where directions off a face
    matter.

    Parameters
    ----------
    dim : int
        Dimension d >= 1; the number of outcomes is d + 1.
    equip : bool
        Whether to equip with the default metric.

    References
    ----------
    .. [R1945] C. R. Rao. Information and the accuracy attainable in the estimation of
       statistical parameters. Bull. Calcutta Math. Soc. 37: 81-91, 1945.

    Examples
    --------
    >>> import numpy as np
    >>> simplex = FisherRaoSimplex(dim=2)
    >>> a, b = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    >>> round(float(simplex.metric.dist(a, b)), 6)
    1.570796
    """

    def __init__(self, dim, equip=True):
        super().__init__(dim=check_dim(dim), equip=equip)
        # geomstats' random variable holds a local function, which cannot be pickled;
        # `sample` and `point_to_pdf` do without.
        del self._scp_rv

    @staticmethod
    def default_metric():
        """Metric to equip the space with if equip is True."""
        return FisherRaoMetric

    def _define_embedding_space(self):
        # The Euclidean metric would hold an identity matrix: 800 MB at 1e4 categories.
        return Euclidean(self.dim + 1, equip=False)

    def submersion(self, point):
        """Sum of the entries minus 1, whose zero set the simplex is in."""
        xp = require_arrays(self.shape, point=point)
        return xp.sum(point, axis=-1) - 1.0

    def tangent_submersion(self, vector, point):
        """Differential of the submersion: the sum of the entries."""
        xp = require_arrays(self.shape, vector=vector)
        return xp.sum(vector, axis=-1)

    def belongs(self, point, atol=None):
        """Whether points are non-negative and sum to one.

        By default no entry may be negative, however small: square roots of points that
        belong are real.  None of our operations rounds to a negative entry.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Points.
        atol : float, optional
            Tolerance of the sum and of negative entries; default: for the sum, scales
            with the dtype's epsilon and the dimension; none for negative entries.

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
        lowest = 0.0 if atol is None else -atol
        atol = tolerance(point, self.n_categories) if atol is None else atol
        gap = xp.abs(xp.sum(point, axis=-1) - 1.0)
        return (gap <= atol) & xp.all(point >= lowest, axis=-1)

    def is_tangent(self, vector, base_point=None, atol=None):
        """Whether vectors sum to zero, and vanish where the base point does.

        Parameters
        ----------
        vector : array-like, shape=[..., dim + 1]
            Vectors.
        base_point : array-like, shape=[..., dim + 1]
            Points of the simplex; if None, interior points are meant.
        atol : float, optional
            Tolerance relative to 1 + |v|; default as in `belongs`.

        Returns
        -------
        is_tangent : array-like of bool, shape=[...]
            False also for NaN and for wrong shapes.  Never raises on values or shapes.
        """
        given = (vector,) if base_point is None else (vector, base_point)
        arrays, wrong = self._comparable(*given)
        if arrays is None:
            return wrong
        vector, *base_points = arrays
        xp = array_namespace(vector)
        atol = tolerance(vector, self.n_categories) if atol is None else atol
        atol = atol * (1.0 + xp.sqrt(xp.sum(vector * vector, axis=-1, keepdims=True)))
        tangent = xp.abs(xp.sum(vector, axis=-1)) <= atol[..., 0]
        if not base_points:
            return tangent
        on_face = (base_points[0] > 0) | (xp.abs(vector) <= atol)
        return tangent & xp.all(on_face, axis=-1)

    def to_tangent(self, vector, base_point=None):
        r"""Fisher-orthogonal projection :math:`v - p \sum_i v_i`.

        Components off the face of a boundary point are removed first.

        Parameters
        ----------
        vector : array-like, shape=[..., dim + 1]
            Vectors.
        base_point : array-like, shape=[..., dim + 1]
            Points of the simplex; if None, the uniform distribution is meant.

        Returns
        -------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vectors.
        """
        if base_point is None:
            base_point = 0.0 * vector + 1.0 / self.n_categories
        xp = require_arrays(self.shape, vector=vector, base_point=base_point)
        vector = xp.where(base_point == 0, 0.0, vector)
        return vector - base_point * xp.sum(vector, axis=-1, keepdims=True)

    def projection(self, point, atol=None):
        """Negative entries to zero, divided by the sum; idempotent, no floor.

        Points without a positive entry have no projection and give NaN.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Vectors of the ambient space.
        atol : None
            Ignored (geomstats raises entries to it).

        Returns
        -------
        projected : array-like, shape=[..., dim + 1]
            Points of the simplex.
        """
        xp = require_arrays(self.shape, point=point)
        positive = xp.where(point > 0, point, 0.0)
        total = xp.sum(positive, axis=-1, keepdims=True)
        if needs_derivatives(point):
            return positive / total
        # Points of the simplex stay as they are, so that projecting is idempotent.
        there = xp.abs(total - 1.0) <= sum_tolerance(point, self.n_categories)
        return positive / xp.where(there, 1.0, total)

    def intrinsic_to_extrinsic_coords(self, point_intrinsic):
        """Point of its first d probabilities.

        Parameters
        ----------
        point_intrinsic : array-like, shape=[..., dim]
            Probabilities of all categories but the last.

        Returns
        -------
        point_extrinsic : array-like, shape=[..., dim + 1]
            Point; the last entry is 1 minus the sum, with its rounding error, and 0
            where that error alone makes it negative.
        """
        xp = require_arrays((self.dim,), point_intrinsic=point_intrinsic)
        last = 1.0 - xp.sum(point_intrinsic, axis=-1, keepdims=True)
        rounded = (last < 0) & (last >= -tolerance(last, self.n_categories))
        last = xp.where(rounded, 0.0, last)
        return xp.concat([point_intrinsic, last], axis=-1)

    def extrinsic_to_intrinsic_coords(self, point_extrinsic):
        """First d probabilities of a point.

        Parameters
        ----------
        point_extrinsic : array-like, shape=[..., dim + 1]
            Point.

        Returns
        -------
        point_intrinsic : array-like, shape=[..., dim]
            Probabilities of all categories but the last.
        """
        require_arrays(self.shape, point_extrinsic=point_extrinsic)
        return point_extrinsic[..., :-1]

    def tangent_from_root(self, vector, base_point):
        """Tangent vector from any vector in sphere coordinates: its projection's image.

        Vectors of bounded length have bounded Fisher norm, up to the boundary.

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
        xp = require_arrays(self.shape, vector=vector, base_point=base_point)
        root = to_sphere(base_point)
        radial = xp.sum(vector * root, axis=-1, keepdims=True)
        return tangent_to_simplex(vector - radial * root, root)

    def sphere_coordinates(self, point):
        """Unit vector sqrt(p) of a point.

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
        return to_sphere(point)

    def from_sphere_coordinates(self, root):
        """Point u^2 of a unit vector.

        Parameters
        ----------
        root : array-like, shape=[..., dim + 1]
            Unit vectors.

        Returns
        -------
        point : array-like, shape=[..., dim + 1]
            Points of the space.
        """
        return to_simplex(root)


class FisherRaoMetric(ClosedFormMetric, CategoricalMetric):
    r"""Fisher-Rao metric :math:`g_p(v, w) = \sum_i v_i w_i / p_i` on the simplex.

    Parameters
    ----------
    space : FisherRaoSimplex
        Space that the metric belongs to.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> metric = fm.FisherRaoSimplex(dim=2).metric
    >>> p, q = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    >>> round(float(metric.dist(p, q)), 6)  # 2 arccos(1/2) = 2 pi / 3
    2.094395
    >>> metric.geodesic(p, q)(0.5).round(6)  # not the mean: (1, 4, 1) / 6
    array([[0.166667, 0.666667, 0.166667]])
    """

    _chart = SimplexChart()

    def __init__(self, space):
        # Past MultinomialMetric, whose sphere holds a (dim + 1)^2 identity matrix.
        RiemannianMetric.__init__(self, space)

    @property
    def _sphere(self):
        """Sphere that geomstats keeps here, made when asked for."""
        return Hypersphere(self._space.dim)

    @staticmethod
    def simplex_to_sphere(point):
        """Unit vector sqrt(p): see `SimplexToSphere`."""
        return SimplexToSphere()(point)

    @staticmethod
    def sphere_to_simplex(point):
        """Point of a unit vector: see `SimplexToSphere`."""
        return SimplexToSphere().inverse(point)

    @staticmethod
    def tangent_simplex_to_sphere(tangent_vec, base_point):
        """Differential at a point of the simplex: see `SimplexToSphere`."""
        return SimplexToSphere().tangent(tangent_vec, base_point)

    @staticmethod
    def tangent_sphere_to_simplex(tangent_vec, base_point):
        """Differential of the inverse at a unit vector: see `SimplexToSphere`."""
        return SimplexToSphere().inverse_tangent(tangent_vec, base_point)
