"""What every metric with closed-form exp, log and inner product gets from them."""

from typing import Any

from .checks import require_arrays
from .isometry import RADIUS
from .numerics import array_namespace, epsilon, safe_sqrt

BOUNDARY_RULES = ("continue", "clip", "raise")


class ClosedFormMetric:
    """Mixin: geodesics, norms and vectorised distances for any batch shape.

    The class it is mixed into is a geomstats metric with `log`, `inner_product`,
    `squared_dist`, `exit_time`, and four maps that go through sphere coordinates, in
    which a geodesic may leave a face of the simplex: `_root_log` (direction from one
    point to another), `_root_tangent` (direction of a tangent vector), `_root_follow`
    and `_root_state` (point, or point and velocity, of the geodesic in a direction).
    """

    _space: Any
    inner_product: Any
    squared_dist: Any
    exit_time: Any
    log: Any
    _root_log: Any
    _root_tangent: Any
    _root_follow: Any
    _root_state: Any

    def _follow(self, tangent_vec, base_point):
        """Exponential along the great circle, whatever lies on the way."""
        direction = self._root_tangent(tangent_vec, base_point)
        return self._root_follow(direction, base_point)

    def exp(self, tangent_vec, base_point, boundary="continue"):
        """Riemannian exponential.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., *point_shape]
            Tangent vector at the base point.
        base_point : array-like, shape=[..., *point_shape]
            Base point.
        boundary : {"continue", "clip", "raise"}
            What to do where the geodesic leaves the manifold before time 1.
            "continue" follows the great circle: the result has negative coordinates,
            so that `belongs` is False.  "clip" stops at the wall.  "raise" raises.
            See `exit_time` for a mask.

        Returns
        -------
        end_point : array-like, shape=[..., *point_shape]
            Point at time 1.

        Raises
        ------
        ValueError
            If boundary="raise" and a geodesic leaves the manifold.
        """
        shape = self._space.shape
        xp = require_arrays(shape, tangent_vec=tangent_vec, base_point=base_point)
        if boundary == "continue":
            return self._follow(tangent_vec, base_point)
        if boundary not in BOUNDARY_RULES:
            raise ValueError(f"expected boundary in {BOUNDARY_RULES}, got {boundary!r}")
        time = self.exit_time(tangent_vec, base_point)
        # A geodesic that ends on a wall leaves at time 1 up to rounding.
        leaves = time < 1.0 - 1024.0 * epsilon(time)
        if boundary == "clip":
            factor = xp.where(leaves, time, 1.0)[(..., *[None] * len(shape))]
            end_point = self._follow(factor * tangent_vec, base_point)
            # On the wall up to rounding: the coordinate that vanishes is >= -eps.
            return xp.where((factor < 1.0) & (end_point < 0.0), 0.0, end_point)
        if bool(xp.any(leaves)):
            raise ValueError(
                "expected geodesics that stay on the manifold, but one leaves it at "
                f"time {float(xp.min(time)):.6g} < 1: shorten tangent_vec, or choose "
                'boundary="continue" or "clip"'
            )
        return self._follow(tangent_vec, base_point)

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

    def geodesic(self, initial_point, end_point=None, initial_tangent_vec=None):
        """Geodesic from a point, to a point or with an initial velocity.

        Parameters
        ----------
        initial_point : array-like, shape=[..., *point_shape]
            Initial point.
        end_point : array-like, shape=[..., *point_shape]
            End point, reached at time 1.
        initial_tangent_vec : array-like, shape=[..., *point_shape]
            Initial velocity, if no end point is given.

        Returns
        -------
        path : callable
            Takes times, a number or an array of shape [n_times,], and returns points
            of shape [..., n_times, *point_shape].
        """
        if (end_point is None) == (initial_tangent_vec is None):
            raise ValueError(
                "expected either end_point or initial_tangent_vec, got "
                + ("neither" if end_point is None else "both")
            )
        shape = self._space.shape
        if initial_tangent_vec is None:
            require_arrays(shape, initial_point=initial_point, end_point=end_point)
            direction = self._root_log(end_point, initial_point)
        else:
            require_arrays(
                shape,
                initial_point=initial_point,
                initial_tangent_vec=initial_tangent_vec,
            )
            direction = self._root_tangent(initial_tangent_vec, initial_point)
        xp = array_namespace(initial_point, direction)
        initial_point, direction = xp.broadcast_arrays(initial_point, direction)
        ndim = len(shape)
        axis = (..., None, *[slice(None)] * ndim)

        def path(t):
            times = _times_like(t, initial_point)
            directions = times[(..., *[None] * ndim)] * direction[axis]
            return self._root_follow(directions, initial_point[axis])

        return path

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
        return turned / RADIUS**2

    def _site_inner(self, tangent_vec_a, tangent_vec_b, base_point):
        """Inner products of single distributions."""
        return self.inner_product(tangent_vec_a, tangent_vec_b, base_point)

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
        a, b = tangent_vec_a, tangent_vec_b
        turned = self.curvature(a, b, b, base_point)
        area = self.squared_norm(a, base_point) * self.squared_norm(b, base_point)
        area = area - self.inner_product(a, b, base_point) ** 2
        return self.inner_product(turned, a, base_point) / area

    def _root_direction(self, base_point, direction, end_point):
        """Direction in sphere coordinates from the two ways of giving a geodesic."""
        if (direction is None) == (end_point is None):
            raise ValueError(
                "expected either direction or end_point, got "
                + ("neither" if direction is None else "both")
            )
        shape = self._space.shape
        if direction is None:
            require_arrays(shape, base_point=base_point, end_point=end_point)
            return self._root_log(end_point, base_point)
        require_arrays(shape, base_point=base_point, direction=direction)
        return self._root_tangent(direction, base_point)

    def dist(self, point_a, point_b):
        """Geodesic distance; subgradient 0 at coincident points.

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
        return safe_sqrt(self.squared_dist(point_a, point_b))

    def geodesic_state(self, initial_point, end_point, t):
        """Point and velocity of the geodesic between two points, each at its time.

        Parameters
        ----------
        initial_point : array-like, shape=[..., *point_shape]
            Initial point.
        end_point : array-like, shape=[..., *point_shape]
            End point.
        t : array-like, shape=[...]
            A time for each pair.

        Returns
        -------
        point : array-like, shape=[..., *point_shape]
            Point at time t.
        velocity : array-like, shape=[..., *point_shape]
            Velocity at time t.
        """
        shape = self._space.shape
        require_arrays(shape, initial_point=initial_point, end_point=end_point)
        direction = self._root_log(end_point, initial_point)
        times = t[(..., *[None] * len(shape))]
        return self._root_state(direction, initial_point, times)


def _times_like(t, array):
    """Times as a one-dimensional array of the library, dtype and device of array."""
    import numpy as np

    times: Any = t
    if hasattr(array, "detach"):
        import torch

        times = torch.as_tensor(t, dtype=array.dtype, device=array.device)
    elif not type(t).__module__.startswith("autograd."):
        times = np.asarray(t, dtype=array.dtype)
    return times.reshape(-1)
