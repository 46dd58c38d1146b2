"""Connection and curvature: of one distribution constant, 1/4; of sequences summed."""

import math
from typing import Any

from .arrays import array_namespace, diagonal_matrix, epsilon
from .checks import require_arrays
from .isometry import RADIUS

SECTIONAL_CURVATURE = 1.0 / RADIUS**2
"""Sectional curvature of the Fisher-Rao manifold of one categorical distribution."""


class Curvature:
    """Mixin of `ClosedFormMetric`: Christoffel symbols and curvature tensors.

    Arrays with several indices are in the coordinates of points, n = dim + 1 for each
    index, and for sequences site by site, [..., length, n, n, ...]: components with
    indices of different sites are zero.  Contracted with tangent vectors they give
    the tensors of the manifold; contracted with a normal they give zero.
    """

    _space: Any
    _chart: Any
    _sum_over_sites: Any
    _site_inner: Any
    _tangent_metric: Any
    _tangent_projector: Any
    inner_product: Any
    squared_norm: Any

    def christoffels(self, base_point=None):
        r"""Christoffel symbols :math:`\Gamma^k_{ij}`, contravariant index first.

        Of the connection of the ambient space whose geodesics from points and vectors
        of the manifold stay on it and are its own: :math:`\Gamma^k_{ij} = \delta_{ij}
        (p_k / p_j - \delta_{jk} / p_k) / 2` on the simplex, :math:`\delta_{ij} u_k` on
        the sphere.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point; inside, on the simplex.

        Returns
        -------
        christoffels : array-like, shape=[..., *point_shape, dim + 1, dim + 1]
            Christoffel symbols.
        """
        require_arrays(self._space.shape, base_point=base_point)
        return diagonal_matrix(self._chart.christoffel_matrix(base_point))

    def geodesic_equation(self, state):
        r"""Derivative (v, -Gamma(v, v)) of the state (p, v) of a geodesic.

        Parameters
        ----------
        state : array-like, shape=[..., 2, *point_shape]
            Position and velocity.

        Returns
        -------
        derivative : array-like, shape=[..., 2, *point_shape]
            Velocity and acceleration.
        """
        xp = require_arrays((2, *self._space.shape), state=state)
        rest = [slice(None)] * len(self._space.shape)
        position, velocity = state[(..., 0, *rest)], state[(..., 1, *rest)]
        acceleration = self._chart.acceleration(velocity, position)
        return xp.stack([velocity, acceleration], axis=-1 - len(rest))

    def curvature(self, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point=None):
        """Riemann curvature R(a, b) c = (<b, c> a - <a, c> b) / 4, site by site.

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., *point_shape]
            Tangent vector.
        tangent_vec_b : array-like, shape=[..., *point_shape]
            Tangent vector.
        tangent_vec_c : array-like, shape=[..., *point_shape]
            Tangent vector.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        curvature : array-like, shape=[..., *point_shape]
            Tangent vector.
        """
        along_b = self._site_inner(tangent_vec_b, tangent_vec_c, base_point)
        along_a = self._site_inner(tangent_vec_a, tangent_vec_c, base_point)
        turned = along_b[..., None] * tangent_vec_a - along_a[..., None] * tangent_vec_b
        return SECTIONAL_CURVATURE * turned

    def curvature_derivative(
        self,
        tangent_vec_a,
        tangent_vec_b,
        tangent_vec_c,
        tangent_vec_d,
        base_point=None,
    ):
        """Covariant derivative of the curvature: zero, since the space is symmetric.

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., *point_shape]
            Direction of the derivative.
        tangent_vec_b, tangent_vec_c, tangent_vec_d : array-like
            Arguments of the curvature, of the same shape.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        curvature_derivative : array-like, shape=[..., *point_shape]
            Zero tangent vector.
        """
        vectors = {
            **{"tangent_vec_a": tangent_vec_a, "tangent_vec_b": tangent_vec_b},
            **{"tangent_vec_c": tangent_vec_c, "tangent_vec_d": tangent_vec_d},
        }
        points = {} if base_point is None else {"base_point": base_point}
        require_arrays(self._space.shape, **vectors, **points)
        vectors = tangent_vec_a + tangent_vec_b + tangent_vec_c + tangent_vec_d
        return 0.0 * (vectors if base_point is None else vectors + base_point)

    def sectional_curvature(self, tangent_vec_a, tangent_vec_b, base_point=None):
        """Sectional curvature: 1/4 for one distribution, 0 to 1/4 for sequences.

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
        sectional_curvature : array-like, shape=[...,]
            Curvature; NaN where the vectors span no plane.
        """
        a, b, ndim = tangent_vec_a, tangent_vec_b, len(self._space.shape)
        squared = self.squared_norm(a, base_point)
        xp = array_namespace(squared)
        along = self.inner_product(a, b, base_point) / xp.where(squared > 0, squared, 1)
        # Only the part of b orthogonal to a counts; it has no cancelling terms.
        across = b - along[(..., *[None] * ndim)] * a
        height = self.squared_norm(across, base_point)
        area = squared * height
        rounding = (64.0 * epsilon(height)) ** 2 * self.squared_norm(b, base_point)
        plane = (height > rounding) & (squared > 0)
        turned = self.curvature(a, across, across, base_point)
        bent = self.inner_product(turned, a, base_point)
        return xp.where(plane, bent / xp.where(plane, area, 1.0), math.nan)

    def riemann_tensor(self, base_point=None):
        r"""Components :math:`R_{ijk}{}^l`: :math:`R(a, b) c = R_{ijk}{}^l c^i a^j b^k`.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point; inside, on the simplex.

        Returns
        -------
        riemann_tensor : array-like, shape=[..., *point_shape, n, n, n]
            Components, the contravariant index last; n = dim + 1.
        """
        require_arrays(self._space.shape, base_point=base_point)
        metric = self._tangent_metric(base_point)
        projector = self._tangent_projector(base_point)
        transposed = array_namespace(projector).matrix_transpose(projector)
        # h_ik P_lj - h_ij P_lk at the index (i, j, k, l)
        first = metric[..., :, None, :, None] * transposed[..., None, :, None, :]
        second = metric[..., :, :, None, None] * transposed[..., None, None, :, :]
        return SECTIONAL_CURVATURE * (first - second)

    def covariant_riemann_tensor(self, base_point=None):
        r"""Components :math:`R_{ijkl} = \langle R(e_k, e_l) e_j, e_i \rangle`.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point; inside, on the simplex.

        Returns
        -------
        covariant_riemann_tensor : array-like, shape=[..., *point_shape, n, n, n]
            Components; n = dim + 1.
        """
        require_arrays(self._space.shape, base_point=base_point)
        metric = self._tangent_metric(base_point)
        # h_ik h_jl - h_il h_jk at the index (i, j, k, l)
        first = metric[..., :, None, :, None] * metric[..., None, :, None, :]
        second = metric[..., :, None, None, :] * metric[..., None, :, :, None]
        return SECTIONAL_CURVATURE * (first - second)

    def ricci_tensor(self, base_point=None):
        """Ricci tensor (d - 1) / 4 times the metric of the tangent space.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point; inside, on the simplex.

        Returns
        -------
        ricci_tensor : array-like, shape=[..., *point_shape, dim + 1]
            Components.
        """
        require_arrays(self._space.shape, base_point=base_point)
        factor = SECTIONAL_CURVATURE * (self._space.shape[-1] - 2)
        return factor * self._tangent_metric(base_point)

    def scalar_curvature(self, base_point=None):
        """Scalar curvature d (d - 1) / 4 of one distribution, summed over sites.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        scalar_curvature : array-like, shape=[...,]
            Scalar curvature.
        """
        xp = require_arrays(self._space.shape, base_point=base_point)
        dim = self._space.shape[-1] - 1
        each = 0.0 * xp.sum(base_point, axis=-1) + SECTIONAL_CURVATURE * dim * (dim - 1)
        return self._sum_over_sites(each)
