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
from geomstats.information_geometry.multinomial import MultinomialRandomVariable

from .categorical import CategoricalSpace, tolerance
from .checks import require_arrays
from .closed_form import ClosedFormMetric
from .hypersphere import check_dim
from .isometry import (
    RADIUS,
    sphere_difference,
    tangent_to_simplex,
    tangent_to_sphere,
    to_simplex,
    to_sphere,
)
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

    @staticmethod
    def default_metric():
        """Metric to equip the space with if equip is True."""
        return FisherRaoMetric

    def _define_embedding_space(self):
        # The Euclidean metric would hold an identity matrix: 800 MB at 1e4 categories.
        return Euclidean(self.dim + 1, equip=False)

    def __getstate__(self):
        """State without geomstats' random variable, which holds a local function."""
        return {k: v for k, v in self.__dict__.items() if k != "_scp_rv"}

    def __setstate__(self, state):
        """Restore the state, with a new random variable."""
        self.__dict__.update(state)
        self._scp_rv = MultinomialRandomVariable(self)

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
        atol = tolerance(point, self.dim) if atol is None else atol
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
        atol = tolerance(vector, self.dim) if atol is None else atol
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
        return positive / xp.sum(positive, axis=-1, keepdims=True)

    def tangent_from_root(self, vector, base_point):
        """Tangent vector from any vector in sphere coordinates: its projection's image.

        Vectors of bounded length have bounded Fisher norm, up to the boundary.
        """
        xp = require_arrays(self.shape, vector=vector, base_point=base_point)
        root = to_sphere(base_point)
        radial = xp.sum(vector * root, axis=-1, keepdims=True)
        return tangent_to_simplex(vector - radial * root, root)

    def sphere_coordinates(self, point):
        """Unit vector sqrt(p) of a point."""
        return to_sphere(point)

    def from_sphere_coordinates(self, root):
        """Point u^2 of a unit vector."""
        return to_simplex(root)


class FisherRaoMetric(ClosedFormMetric, CategoricalMetric):
    r"""Fisher-Rao metric :math:`g_p(v, w) = \sum_i v_i w_i / p_i` on the simplex."""

    def __init__(self, space):
        # Past MultinomialMetric, whose sphere holds a (dim + 1)^2 identity matrix.
        RiemannianMetric.__init__(self, space)

    @property
    def _sphere(self):
        """Sphere that geomstats' inherited methods compute on, made when needed."""
        return Hypersphere(self._space.dim)

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point=None):
        r"""Inner product :math:`\sum_i v_i w_i / p_i`.

        Terms with v_i = 0 or w_i = 0 at p_i = 0 count as 0; others are infinite.

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
        xp = require_arrays(
            self._space.shape,
            tangent_vec_a=tangent_vec_a,
            tangent_vec_b=tangent_vec_b,
            base_point=base_point,
        )
        root = to_sphere(base_point)
        vec_a = tangent_to_sphere(tangent_vec_a, root)
        vec_b = tangent_to_sphere(tangent_vec_b, root)
        vec_a = xp.where(tangent_vec_b == 0, 0.0, vec_a)
        vec_b = xp.where(tangent_vec_a == 0, 0.0, vec_b)
        return RADIUS**2 * xp.sum(vec_a * vec_b, axis=-1)

    def metric_matrix(self, base_point):
        """Matrix diag(1 / p) of the metric in the ambient coordinates.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Interior point.

        Returns
        -------
        matrix : array-like, shape=[..., dim + 1, dim + 1]
            Matrix; infinite at the boundary.
        """
        require_arrays(self._space.shape, base_point=base_point)
        return diagonal_matrix(1.0 / base_point)

    def _root_log(self, point, base_point):
        return sphere_log(sphere_difference(base_point, point), to_sphere(base_point))

    def _root_tangent(self, tangent_vec, base_point):
        return tangent_to_sphere(tangent_vec, to_sphere(base_point))

    def _root_follow(self, direction, base_point):
        return to_simplex(sphere_exp(direction, to_sphere(base_point)))

    def _root_state(self, direction, base_point, t):
        root, velocity = sphere_geodesic_state(direction, to_sphere(base_point), t)
        return to_simplex(root), tangent_to_simplex(velocity, root)

    def exit_time(self, tangent_vec, base_point):
        """Time at which the geodesic leaves the simplex (infinity for the zero vector).

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
        root = to_sphere(base_point)
        return sphere_exit_time(tangent_to_sphere(tangent_vec, root), root)

    def log(self, point, base_point):
        """Riemannian logarithm, accurate also for nearby points.

        Components at zeros of the base point are 0: the simplex' coordinates cannot
        carry a direction off a face (the orthant's can), so that exp(log(q, p), p)
        stays on the face of p.  `geodesic` between two points does not go through
        `log` and is right everywhere.

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
        direction = self._root_log(point, base_point)
        return tangent_to_simplex(direction, to_sphere(base_point))

    def dist(self, point_a, point_b):
        r"""Fisher-Rao distance :math:`2 \arccos \sum_i \sqrt{p_i q_i}`, at most pi.

        Subgradient 0 at coincident points; the gradient is infinite at zeros of p.

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
        return RADIUS * angle(sphere_difference(point_a, point_b))

    def squared_dist(self, point_a, point_b):
        """Squared Fisher-Rao distance; smooth inside, with gradient -2 log.

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
        return RADIUS**2 * squared_angle(sphere_difference(point_a, point_b))

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
        root = to_sphere(base_point)
        direction = self._root_direction(base_point, direction, end_point)
        moved = sphere_parallel_transport(
            tangent_to_sphere(tangent_vec, root), root, direction
        )
        # exp would lose the small entries of an end point near the boundary.
        end = sphere_exp(direction, root) if end_point is None else to_sphere(end_point)
        return tangent_to_simplex(moved, end)

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
        return RADIUS**2 * angles_to_vertices(to_sphere(point)) ** 2

    def mean_log_to_vertices(self, weights, base_point):
        r"""Weighted mean :math:`\sum_k w_k \log_p(e_k)` of the logs of all vertices.

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
        root = to_sphere(base_point)
        return tangent_to_simplex(mean_log_to_vertices(weights, root), root)
