r"""Geodesics and parallel transport of the three alpha-connections in closed form.

alpha = -1 (mixture): straight lines in p.  alpha = 1 (exponential): straight lines in
log p.  alpha = 0: the great circles of the metric.  All others are in
:mod:`~fisher_manifold.geometry.dual.quadrature`.  Each class has the same five maps
on arrays that are known to be of one library and to broadcast.
"""

import math

from ..arrays import array_namespace
from .functions import is_known_true, log_ratio


def require_support(inner, outer, same, alpha):
    """Raise unless outer is positive where inner is (and, if same, only there)."""
    xp = array_namespace(inner, outer)
    wrong = (outer == 0) & (inner != 0)
    if same:
        wrong = wrong | ((inner == 0) & (outer != 0))
    if is_known_true(xp.any(wrong)):
        raise ValueError(
            f"expected points with the same zeros, since alpha = {alpha:g} has no "
            "geodesic of finite velocity between these faces: mix in a little of the "
            "uniform distribution, or choose -1 <= alpha < 1"
        )


def relative(tangent_vec, base_point):
    """Return v / p, 0 (with its derivatives) where v = p = 0."""
    xp = array_namespace(tangent_vec, base_point)
    on_face = (base_point == 0) & (tangent_vec == 0)
    return xp.where(on_face, 0.0, tangent_vec / xp.where(on_face, 1.0, base_point))


class MixtureGeodesics:
    """Straight lines in p: the connection alpha = -1, which is flat."""

    continues = True

    def follow(self, tangent_vec, base_point):
        """Point at time 1; may have negative entries."""
        return base_point + tangent_vec

    def exit_time(self, tangent_vec, base_point):
        """First time at which an entry vanishes that goes on to be negative."""
        xp = array_namespace(tangent_vec, base_point)
        falls = tangent_vec < 0
        times = base_point / xp.where(falls, -tangent_vec, 1.0)
        return xp.min(xp.where(falls, times, math.inf), axis=-1)

    def log(self, point, base_point):
        """Initial velocity."""
        return point - base_point

    def between(self, initial_point, end_point, t):
        """Point at time t."""
        return (1.0 - t) * initial_point + t * end_point

    def transport(self, tangent_vec, base_point, direction=None, end_point=None):
        """Vectors do not change."""
        other = end_point if direction is None else direction
        return tangent_vec + 0.0 * (base_point + other)


class ExponentialGeodesics:
    """Straight lines in log p: the connection alpha = 1, which is flat."""

    continues = True

    def follow(self, tangent_vec, base_point):
        """Point at time 1, p exp(v / p) divided by its sum."""
        return self._tilt(relative(tangent_vec, base_point), base_point)

    def _tilt(self, slope, base_point):
        return base_point * self._tilt_factor(slope, base_point)

    def _tilt_factor(self, slope, base_point):
        xp = array_namespace(slope, base_point)
        empty = base_point == 0
        logits = slope + xp.log(xp.where(empty, 1.0, base_point))
        logits = xp.where(empty, -math.inf, logits)
        factor = xp.exp(slope - xp.max(logits, axis=-1, keepdims=True))
        return factor / xp.sum(base_point * factor, axis=-1, keepdims=True)

    def exit_time(self, tangent_vec, base_point):
        """Never."""
        xp = array_namespace(tangent_vec, base_point)
        return math.inf + 0.0 * xp.sum(base_point + tangent_vec, axis=-1)

    def log(self, point, base_point):
        """Initial velocity p (log(q / p) - mean)."""
        require_support(point, base_point, same=True, alpha=1.0)
        xp = array_namespace(point, base_point)
        scaled = base_point * log_ratio(point, base_point)
        return scaled - base_point * xp.sum(scaled, axis=-1, keepdims=True)

    def between(self, initial_point, end_point, t):
        """Point at time t."""
        require_support(end_point, initial_point, same=True, alpha=1.0)
        return self._tilt(t * log_ratio(end_point, initial_point), initial_point)

    def transport(self, tangent_vec, base_point, direction=None, end_point=None):
        """Scores v / p stay the same up to a constant."""
        other = end_point if direction is None else direction
        xp = array_namespace(tangent_vec, base_point, other)
        if direction is None:
            require_support(end_point, base_point, same=True, alpha=1.0)
            factor = relative(end_point, base_point)
        else:
            slope = relative(direction, base_point)
            end_point = self._tilt(slope, base_point)
            factor = self._tilt_factor(slope, base_point)
        moved = factor * tangent_vec
        return moved - end_point * xp.sum(moved, axis=-1, keepdims=True)


class MetricGeodesics:
    """Great circles: the connection alpha = 0, Levi-Civita's."""

    continues = True

    def __init__(self, metric):
        self._metric = metric
        self.exit_time, self.log = metric.exit_time, metric.log
        self.transport = metric.parallel_transport

    def follow(self, tangent_vec, base_point):
        """Point at time 1; past a wall with negative entries."""
        return self._metric.exp(tangent_vec, base_point)

    def between(self, initial_point, end_point, t):
        """Point at time t."""
        times = t[..., 0] + 0.0 * (initial_point + end_point)[..., 0]
        point, _ = self._metric.geodesic_state(initial_point, end_point, times)
        return point
