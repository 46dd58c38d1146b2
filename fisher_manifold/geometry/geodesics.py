"""Exponential, logarithm, geodesics and parallel transport, through the sphere."""

from typing import Any

from .arrays import array_namespace, as_array_like, epsilon
from .checks import only_one, require_arrays
from .numerics import (
    mean_log_to_vertices,
    sphere_exit_time,
    sphere_exp,
    sphere_geodesic_point,
    sphere_geodesic_velocity,
    sphere_log,
    sphere_transport_along,
    sphere_transport_to,
)

BOUNDARY_RULES = ("continue", "clip", "raise")


class Geodesics:
    """Mixin of `ClosedFormMetric`: maps along geodesics, site by site.

    Geodesics are great circles of the sphere.  They go through sphere coordinates even
    between points of the simplex, where tangent vectors cannot point off a face.
    """

    _space: Any
    _chart: Any

    def _direction(self, point, base_point):
        """Unit vector of the base point, and logarithm in sphere coordinates."""
        root, _, difference = self._chart.roots(base_point, point)
        return root, sphere_log(difference, root)

    def _follow(self, tangent_vec, base_point):
        """Exponential along the great circle, whatever lies on the way."""
        chart, root = self._chart, self._chart.root(base_point)
        return chart.point(sphere_exp(chart.to_root(tangent_vec, root), root))

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
            so that `belongs` is False.  "clip" stops at the wall (all sites of a
            sequence when the first arrives).  "raise" raises.
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

    def exit_time(self, tangent_vec, base_point):
        """Time at which the geodesic leaves the manifold (infinity for zero vectors).

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., *point_shape]
            Initial velocity.
        base_point : array-like, shape=[..., *point_shape]
            Initial point.

        Returns
        -------
        time : array-like, shape=[...,]
            First time >= 0 after which a coordinate is negative.
        """
        shape, chart = self._space.shape, self._chart
        xp = require_arrays(shape, tangent_vec=tangent_vec, base_point=base_point)
        root = chart.root(base_point)
        times = sphere_exit_time(chart.to_root(tangent_vec, root), root)
        return times if len(shape) == 1 else xp.min(times, axis=-1)

    def log(self, point, base_point):
        """Riemannian logarithm, accurate also for nearby points.

        On the simplex components at zeros of the base point are 0: its coordinates
        cannot carry a direction off a face (the orthant's can), so that
        exp(log(q, p), p) stays on the face of p.  `geodesic` between two points does
        not go through `log` and is right everywhere.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            End point.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        log : array-like, shape=[..., *point_shape]
            Tangent vector at the base point.
        """
        require_arrays(self._space.shape, point=point, base_point=base_point)
        root, direction = self._direction(point, base_point)
        return self._chart.from_root(direction, root)

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
        chart, ndim = self._chart, len(self._space.shape)
        name, other = only_one(
            end_point=end_point, initial_tangent_vec=initial_tangent_vec
        )
        arrays = {"initial_point": initial_point, name: other}
        require_arrays(self._space.shape, **arrays)
        if name == "end_point":
            root, direction = self._direction(end_point, initial_point)
        else:
            root = chart.root(initial_point)
            direction = chart.to_root(initial_tangent_vec, root)
        xp = array_namespace(root, direction)
        root, direction = xp.broadcast_arrays(root, direction)
        axis = (..., None, *[slice(None)] * ndim)

        def path(t):
            times = as_array_like(t, initial_point).reshape(-1)[(..., *[None] * ndim)]
            return chart.point(sphere_exp(times * direction[axis], root[axis]))

        return path

    def geodesic_state(self, initial_point, end_point, t):
        """Point and velocity of the geodesic between two points, each at its time.

        Parameters
        ----------
        initial_point : array-like, shape=[..., *point_shape]
            Initial point.
        end_point : array-like, shape=[..., *point_shape]
            End point.
        t : float or array-like, shape=[...]
            A time for each pair, taken in the dtype and on the device of the points.

        Returns
        -------
        point : array-like, shape=[..., *point_shape]
            Point at time t.
        velocity : array-like, shape=[..., *point_shape]
            Velocity at time t.
        """
        shape, chart = self._space.shape, self._chart
        require_arrays(shape, initial_point=initial_point, end_point=end_point)
        start, end, difference = chart.roots(initial_point, end_point)
        times = as_array_like(t, initial_point)[(..., *[None] * len(shape))]
        root = sphere_geodesic_point(difference, start, end, times)
        velocity = sphere_geodesic_velocity(difference, start, end, times)
        return chart.point(root), chart.from_root(velocity, root)

    def geodesic_point(self, initial_point, end_point, t):
        """Point of the geodesic between two points, each at its time.

        The first part of `geodesic_state`, with less work.

        Parameters
        ----------
        initial_point : array-like, shape=[..., *point_shape]
            Initial point.
        end_point : array-like, shape=[..., *point_shape]
            End point.
        t : float or array-like, shape=[...]
            A time for each pair, taken in the dtype and on the device of the points.

        Returns
        -------
        point : array-like, shape=[..., *point_shape]
            Point at time t.
        """
        shape, chart = self._space.shape, self._chart
        require_arrays(shape, initial_point=initial_point, end_point=end_point)
        start, end, difference = chart.roots(initial_point, end_point)
        times = as_array_like(t, initial_point)[(..., *[None] * len(shape))]
        return chart.point(sphere_geodesic_point(difference, start, end, times))

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        """Parallel transport along a geodesic.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., *point_shape]
            Vector to transport.
        base_point : array-like, shape=[..., *point_shape]
            Point to transport from.
        direction : array-like, shape=[..., *point_shape]
            Initial velocity of the geodesic, followed to time 1.
        end_point : array-like, shape=[..., *point_shape]
            Point to transport to, if no direction is given.

        Returns
        -------
        transported : array-like, shape=[..., *point_shape]
            Tangent vector at the end of the geodesic.
        """
        chart, shape = self._chart, self._space.shape
        name, other = only_one(end_point=end_point, direction=direction)
        arrays = {"tangent_vec": tangent_vec, "base_point": base_point, name: other}
        require_arrays(shape, **arrays)
        if name == "end_point":
            root, end = chart.root(base_point), chart.root(end_point)
            vector = chart.to_root(tangent_vec, root)
            moved = sphere_transport_to(vector, root, end)
        else:
            root = chart.root(base_point)
            along = chart.to_root(direction, root)
            vector = chart.to_root(tangent_vec, root)
            moved = sphere_transport_along(vector, root, along)
            end = sphere_exp(along, root)
        return chart.from_root(moved, end)

    def mean_log_to_vertices(self, weights, base_point):
        r"""Weighted sum :math:`\sum_k w_k \log_p(e_k)` of the logs of all vertices.

        Parameters
        ----------
        weights : array-like, shape=[..., *point_shape]
            Weights of the vertices, site by site.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        mean_log : array-like, shape=[..., *point_shape]
            Tangent vector at the base point.
        """
        require_arrays(self._space.shape, weights=weights, base_point=base_point)
        root = self._chart.root(base_point)
        return self._chart.from_root(mean_log_to_vertices(weights, root), root)
