"""Christoffel symbols and curvature of the alpha-connections."""

import math
from typing import Any

from ..checks import require_arrays
from ..simplex import FisherRaoMetric
from .geodesics import relative


class AlphaTensors:
    """Mixin: what an alpha-connection is at a point, without its geodesics.

    The class it is mixed into has `alpha` and `_space`, a `FisherRaoSimplex`.
    """

    alpha: float
    _space: Any

    @property
    def _metric(self):
        """Fisher-Rao metric, whatever metric the space is equipped with."""
        return FisherRaoMetric(self._space)

    def christoffels(self, base_point=None):
        r"""Christoffel symbols :math:`\Gamma^k_{ij}`, contravariant index first.

        .. math:: \Gamma^k_{ij} = \frac{1 + \alpha}{2} \delta_{ij}
                  \Bigl(\frac{p_k}{p_j} - \frac{\delta_{jk}}{p_k}\Bigr)

        of the connection on the ambient space for which the simplex is totally
        geodesic.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Interior point.

        Returns
        -------
        christoffels : array-like, shape=[..., dim + 1, dim + 1, dim + 1]
            Christoffel symbols.
        """
        return (1.0 + self.alpha) * self._metric.christoffels(base_point)

    def geodesic_equation(self, state):
        """Velocity and acceleration of a geodesic.

        Parameters
        ----------
        state : array-like, shape=[..., 2, dim + 1]
            Position and velocity.

        Returns
        -------
        derivative : array-like, shape=[..., 2, dim + 1]
            Velocity and acceleration.
        """
        xp = require_arrays((2, *self._space.shape), state=state)
        point, velocity = state[..., 0, :], state[..., 1, :]
        squared = velocity * relative(velocity, point)
        acceleration = squared - point * xp.sum(squared, axis=-1, keepdims=True)
        return xp.stack([velocity, 0.5 * (1.0 + self.alpha) * acceleration], axis=-2)

    def curvature(self, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point=None):
        r"""Riemann curvature.

        .. math:: R(a, b) c = \frac{1 - \alpha^2}{4} (g(b, c) a - g(a, c) b)

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., dim + 1]
            Tangent vector.
        tangent_vec_b : array-like, shape=[..., dim + 1]
            Tangent vector.
        tangent_vec_c : array-like, shape=[..., dim + 1]
            Tangent vector.
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        curvature : array-like, shape=[..., dim + 1]
            Tangent vector.
        """
        vectors = tangent_vec_a, tangent_vec_b, tangent_vec_c
        return (1.0 - self.alpha**2) * self._metric.curvature(*vectors, base_point)

    def riemann_tensor(self, base_point=None):
        r"""Components :math:`R_{ijk}{}^l` of the curvature.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Interior point.

        Returns
        -------
        riemann_tensor : array-like, shape=[..., *(dim + 1,) * 4]
            1 - alpha^2 times that of the metric; zero on the normal.
        """
        return (1.0 - self.alpha**2) * self._metric.riemann_tensor(base_point)

    def ricci_tensor(self, base_point=None):
        """Ricci tensor: 1 - alpha^2 times that of the metric.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Interior point.

        Returns
        -------
        ricci_tensor : array-like, shape=[..., dim + 1, dim + 1]
            Components.
        """
        return (1.0 - self.alpha**2) * self._metric.ricci_tensor(base_point)

    def injectivity_radius(self, base_point=None):
        r"""Fisher norm below which every vector has an exponential on the simplex.

        Exponentials are one-to-one as long as they stay.  alpha = -1:
        :math:`\min_i \sqrt{p_i / (1 - p_i)}`; alpha = 0: that of the metric;
        alpha >= 1: infinite.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        radius : array-like, shape=[...,]
            Radius.

        Raises
        ------
        NotImplementedError
            For other alpha: no closed form is known; ask `exit_time`.
        """
        xp = require_arrays(self._space.shape, base_point=base_point)
        if self.alpha >= 1:
            return math.inf + 0.0 * xp.sum(base_point, axis=-1)
        lowest = xp.min(base_point, axis=-1)
        if self.alpha == -1:
            return xp.sqrt(lowest / (1.0 - lowest))
        if self.alpha == 0:
            return self._metric.injectivity_radius(base_point)
        raise NotImplementedError(
            f"no closed form is known for alpha = {self.alpha:g}: use exit_time"
        )
