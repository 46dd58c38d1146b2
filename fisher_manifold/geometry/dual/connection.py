"""Amari's alpha-connections of the simplex, in geomstats' terms."""

import math

from geomstats.geometry.connection import Connection

from ..arrays import as_array_like, epsilon
from ..checks import only_one, require_arrays
from ..geodesics import BOUNDARY_RULES
from ..simplex import FisherRaoMetric, FisherRaoSimplex
from .divergence import check_alpha
from .geodesics import (
    ExponentialGeodesics,
    MetricGeodesics,
    MixtureGeodesics,
)
from .quadrature import PowerGeodesics
from .tensors import AlphaTensors


class AlphaConnection(AlphaTensors, Connection):
    r"""Amari's connection :math:`\nabla^{(\alpha)}` on the Fisher-Rao simplex.

    The acceleration of a geodesic is :math:`\frac{1 + \alpha}{2} (v_k^2 / p_k - p_k
    \sum_j v_j^2 / p_j)`.  alpha = -1 is the mixture connection (geodesics are straight
    lines in p), alpha = 1 the exponential one (straight lines in log p), alpha = 0
    Levi-Civita's.  The connections alpha and -alpha are dual with respect to the
    Fisher-Rao metric; those of -1 and 1 are flat.

    These three are closed forms; others take one quadrature, exact to rounding except
    between points of very different zeros or tiny entries with alpha near 1 (see the
    documentation on the dual structure).  Geodesics end at a wall for alpha < 1 and
    never reach one for alpha >= 1.  On a face tangent vectors are along the face.

    Parameters
    ----------
    space : FisherRaoSimplex
        The simplex.
    alpha : float
        A number between -10 and 10, beyond which quadratures lose all digits.

    Raises
    ------
    TypeError, ValueError
        If the space is no `FisherRaoSimplex`, or alpha not in [-10, 10].

    References
    ----------
    .. [AN2000] S. Amari, H. Nagaoka. Methods of Information Geometry. AMS and Oxford
       University Press, 2000.
    .. [AJLS2017] N. Ay, J. Jost, H. V. Le, L. Schwachhoefer. Information Geometry.
       Springer, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> mixture = AlphaConnection(FisherRaoSimplex(1), alpha=-1.0)
    >>> p, q = np.array([0.5, 0.5]), np.array([0.1, 0.9])
    >>> mixture.geodesic(p, q)(0.5).round(3)
    array([[0.3, 0.7]])
    >>> mixture.dual.geodesic(p, q)(0.5).round(3)
    array([[0.25, 0.75]])
    """

    def __init__(self, space, alpha):
        if not isinstance(space, FisherRaoSimplex):
            raise TypeError(f"expected a FisherRaoSimplex, got {space!r}")
        super().__init__(space)
        self.alpha = check_alpha(alpha)
        if abs(self.alpha) > 10:
            raise ValueError(f"expected alpha between -10 and 10, got {alpha}")
        self._rule = _geodesics(space, self.alpha)

    def __repr__(self):
        """Space and alpha."""
        return f"AlphaConnection({self._space!r}, alpha={self.alpha:g})"

    @property
    def dual(self):
        """The connection -alpha, dual to this one with respect to the metric."""
        return AlphaConnection(self._space, -self.alpha)

    def exp(self, tangent_vec, base_point, boundary="continue"):
        """Point at time 1 of the geodesic with a velocity.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vector at the base point.
        base_point : array-like, shape=[..., dim + 1]
            Base point.
        boundary : {"continue", "clip", "raise"}
            What to do where the geodesic leaves the simplex before time 1 (never for
            alpha >= 1).  "continue" follows the straight line (alpha = -1) or the
            great circle (0) to points with negative entries; for other alpha there is
            no continuation and the result is NaN: `belongs` is False.  "clip" stops at
            the wall.  "raise" raises.  See `exit_time` for a mask.

        Returns
        -------
        end_point : array-like, shape=[..., dim + 1]
            Point at time 1.

        Raises
        ------
        ValueError
            If boundary="raise" and a geodesic leaves the simplex.
        """
        xp = require_arrays(
            self._space.shape, tangent_vec=tangent_vec, base_point=base_point
        )
        if boundary not in BOUNDARY_RULES:
            raise ValueError(f"expected boundary in {BOUNDARY_RULES}, got {boundary!r}")
        if boundary == "continue" and self._rule.continues or self.alpha >= 1:
            return self._rule.follow(tangent_vec, base_point)
        time, leaves = self._exit(tangent_vec, base_point)
        if boundary == "raise" and bool(xp.any(leaves)):
            raise ValueError(
                "expected geodesics that stay on the simplex, but one leaves it at "
                f"time {float(xp.min(time)):.6g} < 1: shorten tangent_vec, or choose "
                'boundary="continue" or "clip"'
            )
        if self._rule.continues:
            tangent_vec = xp.where(leaves, time, 1.0) * tangent_vec
        end_point = self._rule.follow(tangent_vec, base_point)
        if boundary == "continue":
            return xp.where(leaves, math.nan, end_point)
        return xp.where(leaves & (end_point < 0.0), 0.0, end_point)

    def _exit(self, tangent_vec, base_point):
        """Exit time, of shape [..., 1], and whether it is before time 1."""
        time = self._rule.exit_time(tangent_vec, base_point)[..., None]
        # A geodesic that ends on a wall leaves at time 1 up to rounding, or quadrature.
        slack = 1024.0 * epsilon(time) if self._rule.continues else epsilon(time) ** 0.5
        return time, time < 1.0 - slack

    def exit_time(self, tangent_vec, base_point):
        """Time at which the geodesic leaves the simplex.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., dim + 1]
            Initial velocity.
        base_point : array-like, shape=[..., dim + 1]
            Initial point.

        Returns
        -------
        time : array-like, shape=[...,]
            Infinity for alpha >= 1 and for the zero vector.
        """
        require_arrays(
            self._space.shape, tangent_vec=tangent_vec, base_point=base_point
        )
        return self._rule.exit_time(tangent_vec, base_point)

    def log(self, point, base_point):
        """Initial velocity of the geodesic that is at a point at time 1.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            End point.
        base_point : array-like, shape=[..., dim + 1]
            Base point.

        Returns
        -------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vector at the base point.  For -1 < alpha < 1 components at zeros
            of the base point are 0: `geodesic` can leave a face, `log` cannot.

        Raises
        ------
        ValueError
            For alpha >= 1 if the points have different zeros; for alpha < -1 if the
            base point has zeros that the point has not.
        """
        require_arrays(self._space.shape, point=point, base_point=base_point)
        return self._rule.log(point, base_point)

    def geodesic(self, initial_point, end_point=None, initial_tangent_vec=None):
        """Geodesic from a point, to a point or with an initial velocity.

        Parameters
        ----------
        initial_point : array-like, shape=[..., dim + 1]
            Initial point.
        end_point : array-like, shape=[..., dim + 1]
            End point, reached at time 1.
        initial_tangent_vec : array-like, shape=[..., dim + 1]
            Initial velocity, if no end point is given.

        Returns
        -------
        path : callable
            Takes times, a number or an array of shape [n_times,], and returns points
            of shape [..., n_times, dim + 1].  Beyond the simplex as
            `exp(..., boundary="continue")`; to an end point, for alpha other than -1,
            0 and 1, times are between 0 and 1.

        Raises
        ------
        ValueError
            Unless one of end point and velocity is given; as `log` for alpha >= 1.
        """
        name, other = only_one(
            end_point=end_point, initial_tangent_vec=initial_tangent_vec
        )
        arrays = {"initial_point": initial_point, name: other}
        xp = require_arrays(self._space.shape, **arrays)
        start, other = xp.broadcast_arrays(initial_point, other)
        start, other = start[..., None, :], other[..., None, :]

        def path(t):
            times = as_array_like(t, start).reshape(-1)[:, None]
            if name == "end_point":
                return self._rule.between(start, other, times)
            return self.exp(times * other, start)

        return path

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        r"""Parallel transport along a geodesic.

        alpha = -1: v.  alpha = 1: :math:`q (v / p - \sum_i q_i v_i / p_i)`.  These do
        not depend on the curve.

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
            Tangent vector at the end of the geodesic; NaN where `exp` is.

        Raises
        ------
        ValueError
            Unless one of direction and end point is given; for alpha >= 1 or
            alpha < -1 if the points have different zeros.
        """
        name, other = only_one(direction=direction, end_point=end_point)
        arrays = {"tangent_vec": tangent_vec, "base_point": base_point, name: other}
        xp = require_arrays(self._space.shape, **arrays)
        if name == "end_point" or self._rule.continues or self.alpha >= 1:
            return self._rule.transport(tangent_vec, base_point, **{name: other})
        _, leaves = self._exit(other, base_point)
        direction = xp.where(leaves, 0.0, other)
        moved = self._rule.transport(tangent_vec, base_point, direction=direction)
        return xp.where(leaves, math.nan, moved)


def _geodesics(space, alpha):
    """Geodesics of the alpha-connection."""
    if alpha == -1:
        return MixtureGeodesics()
    if alpha == 1:
        return ExponentialGeodesics()
    return PowerGeodesics(alpha) if alpha else MetricGeodesics(FisherRaoMetric(space))
