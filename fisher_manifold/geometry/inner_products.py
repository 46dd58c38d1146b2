"""Inner products of tangent vectors and of covectors, and their matrices."""

from typing import Any

from .arrays import array_namespace, diagonal_matrix
from .checks import require_arrays
from .numerics import safe_sqrt


class InnerProducts:
    """Mixin of `ClosedFormMetric`: what one tangent space has.

    Matrices are those of the coordinates of points: for a single distribution of shape
    [..., n, n] with n = dim + 1 categories, for sequences [..., length, n, n], one for
    each site (sites are orthogonal), as in geomstats' `NFoldMetric`.
    """

    _space: Any
    _chart: Any
    _sum_over_sites: Any

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point=None):
        r"""Inner product, summed over sites.

        :math:`\sum_i v_i w_i / p_i` on the simplex, where terms with v_i = 0 or
        w_i = 0 at p_i = 0 count as 0 and others are infinite;
        :math:`4 \sum_i v_i w_i` on the sphere, where no base point is needed.

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., *point_shape]
            Tangent vector.
        tangent_vec_b : array-like, shape=[..., *point_shape]
            Tangent vector.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        inner_product : array-like, shape=[...,]
            Inner product.
        """
        each = self._site_inner(tangent_vec_a, tangent_vec_b, base_point)
        return self._sum_over_sites(each)

    def _site_inner(self, tangent_vec_a, tangent_vec_b, base_point):
        """Inner products of the sites."""
        vectors = {"tangent_vec_a": tangent_vec_a, "tangent_vec_b": tangent_vec_b}
        points = {} if base_point is None else {"base_point": base_point}
        require_arrays(self._space.shape, **vectors, **points)
        if base_point is None:
            base_point = self._default_base_point(tangent_vec_a)
        return self._chart.inner(tangent_vec_a, tangent_vec_b, base_point)

    def _default_base_point(self, vector):
        """Any point where inner products do not depend on it; else an error."""
        raise ValueError("expected base_point, got None: the metric depends on it")

    def squared_norm(self, vector, base_point=None):
        """Squared norm of a tangent vector.

        Parameters
        ----------
        vector : array-like, shape=[..., *point_shape]
            Tangent vector.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        squared_norm : array-like, shape=[...,]
            Squared norm.
        """
        return self.inner_product(vector, vector, base_point)

    def norm(self, vector, base_point=None):
        """Norm of a tangent vector; subgradient 0 at the zero vector.

        Parameters
        ----------
        vector : array-like, shape=[..., *point_shape]
            Tangent vector.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        norm : array-like, shape=[...,]
            Norm.
        """
        return safe_sqrt(self.squared_norm(vector, base_point))

    def normalize(self, vector, base_point=None):
        """Unit vector in the direction of a tangent vector; zero stays zero.

        Parameters
        ----------
        vector : array-like, shape=[..., *point_shape]
            Tangent vector.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        unit_vector : array-like, shape=[..., *point_shape]
            Unit vector.
        """
        norm = self.norm(vector, base_point)
        norm = array_namespace(norm).where(norm == 0, 1.0, norm)
        return vector / norm[(..., *[None] * len(self._space.shape))]

    def inner_coproduct(self, cotangent_vec_a, cotangent_vec_b, base_point=None):
        r"""Inner product of covectors: of their restrictions to the tangent space.

        On the simplex the covariance :math:`\sum_i p_i a_i b_i - \sum_i p_i a_i
        \sum_i p_i b_i` of two functions of the outcome.

        Parameters
        ----------
        cotangent_vec_a : array-like, shape=[..., *point_shape]
            Covector, for instance the gradient of a function of the coordinates.
        cotangent_vec_b : array-like, shape=[..., *point_shape]
            Covector.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        inner_coproduct : array-like, shape=[...,]
            Inner product.
        """
        xp = require_arrays(
            self._space.shape,
            cotangent_vec_a=cotangent_vec_a,
            cotangent_vec_b=cotangent_vec_b,
            base_point=base_point,
        )
        chart = self._chart
        weights, normal = chart.inverse_weights(base_point), chart.normal(base_point)
        along_a = xp.sum(normal * cotangent_vec_a, axis=-1, keepdims=True)
        # Centred first: the difference of the two sums would cancel.
        centred = cotangent_vec_a - chart.conormal(base_point) * along_a
        return self._sum_over_sites(
            xp.sum(weights * centred * cotangent_vec_b, axis=-1)
        )

    def metric_matrix(self, base_point=None):
        """Diagonal matrix of the metric in the ambient coordinates.

        diag(1 / p) on the simplex, infinite at the boundary; 4 I on the sphere.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        matrix : array-like, shape=[..., *point_shape, dim + 1]
            Matrix.
        """
        require_arrays(self._space.shape, base_point=base_point)
        return diagonal_matrix(self._chart.weights(base_point))

    def cometric_matrix(self, base_point=None):
        r"""Matrix of the inner product of covectors, finite up to the boundary.

        The inverse of the metric on the tangent space: :math:`\operatorname{diag}(p) -
        p p^T` on the simplex (the covariance of one draw), :math:`(I - u u^T) / 4` on
        the sphere.  Applied to the gradient of a function of the coordinates it gives
        the Riemannian gradient, a tangent vector.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        matrix : array-like, shape=[..., *point_shape, dim + 1]
            Matrix of rank dim.
        """
        require_arrays(self._space.shape, base_point=base_point)
        chart, normal = self._chart, self._chart.normal(base_point)
        normals = normal[..., :, None] * normal[..., None, :]
        diagonal = diagonal_matrix(chart.inverse_weights(base_point))
        return diagonal - normals / chart.normal_squared_norm

    def inner_product_derivative_matrix(self, base_point=None):
        r"""Derivatives :math:`\partial_k g_{ij}` of the metric matrix, k last.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        derivative : array-like, shape=[..., *point_shape, dim + 1, dim + 1]
            Derivatives.
        """
        require_arrays(self._space.shape, base_point=base_point)
        return diagonal_matrix(
            diagonal_matrix(self._chart.weights_derivative(base_point))
        )

    def _tangent_metric(self, base_point):
        """Matrix h of the metric on the tangent space, zero on the normal."""
        chart, conormal = self._chart, self._chart.conormal(base_point)
        normals = conormal[..., :, None] * conormal[..., None, :]
        diagonal = diagonal_matrix(chart.weights(base_point))
        return diagonal - chart.normal_squared_norm * normals

    def _tangent_projector(self, base_point):
        """Matrix P of the orthogonal projection to the tangent space."""
        chart = self._chart
        normal, conormal = chart.normal(base_point), chart.conormal(base_point)
        identity = diagonal_matrix(0.0 * base_point + 1.0)
        return identity - normal[..., :, None] * conormal[..., None, :]
