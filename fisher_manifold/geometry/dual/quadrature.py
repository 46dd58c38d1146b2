r"""Geodesics and parallel transport of any alpha-connection, by one quadrature each.

The positive measures carry the flat alpha-connection, whose affine coordinates are
:math:`y_i = p_i^\beta` with :math:`\beta = (1 - \alpha) / 2`; that of the simplex is
its Fisher-orthogonal projection.  The normal of the simplex is p itself, a multiple of
y in these coordinates.  So a curve of the simplex is a geodesic if :math:`y'' = \lambda
y`, and lies over a straight line :math:`z(s) = a + s b`:

.. math:: p(s) = \frac{z^{1 / \beta}}{N}, \qquad N = \sum_i z_i^{1 / \beta}, \qquad
          \frac{dt}{ds} \propto r(s) = N^{-2 \beta}

(y = c z makes c^2 ds/dt constant).  A field w in the coordinates y is parallel if
:math:`w' = \nu y` with :math:`\sum_i p_i^{1 - \beta} w_i = 0`; so w stays in the space
spanned by w(0), a and b, and a linear equation of first order remains.  With
:math:`V_i = v_i(0) (p_i(s) / p_i(0))^{1 - \beta}` its solution is

.. math:: v(s) = V + k p \frac{z'}{z} - p \sum_i \Bigl(V + k p \frac{z'}{z}\Bigr)_i,
          \qquad k = \frac{1}{r(s)} \int_0^s r \sum_i V_i \, d\sigma.

Integrands may have powers of the distances to the ends as singularities: the
double-exponential rule (Takahasi and Mori 1974) converges all the same.
"""

import dataclasses
from typing import Any

import numpy as np

from ..arrays import array_namespace, as_array_like, epsilon
from .functions import (
    is_known_true,
    log_ratio,
    stop_gradient,
)
from .geodesics import relative, require_support

_FREE_STEPS, _DIFFERENTIATED_STEPS = 1, 2


def double_exponential_rule(n_nodes):
    """Nodes and weights of the tanh-sinh rule on [0, 1], for float64."""
    u, step = np.linspace(-3.1, 3.1, n_nodes, retstep=True)
    half = np.pi / 2.0 * np.sinh(u)
    nodes = 1.0 / (1.0 + np.exp(-2.0 * half))
    return nodes, step * np.pi / 4.0 * np.cosh(u) / np.cosh(half) ** 2


@dataclasses.dataclass(frozen=True)
class _Line:
    """Line z^(1/beta) = weight (1 + start + s slope)^(1/beta), 0 <= s <= 1, N(0) = 1.

    Relative to a weight, so that nothing cancels for beta near 0 or nearby points.
    """

    weight: Any
    start: Any
    slope: Any
    beta: float

    def map(self, function):
        """Return the line with a function applied to its three arrays."""
        weight, start = function(self.weight), function(self.start)
        return _Line(weight, start, function(self.slope), self.beta)

    def over_nodes(self):
        """Return the same line with an axis for nodes before the last."""
        return self.map(lambda part: part[..., None, :])

    def _rest(self, s):
        """Return start + s slope kept above -1, and where it is there by itself."""
        xp = array_namespace(self.start, self.slope, s)
        rest = self.start + s * self.slope
        # For beta < 0 the end of the line is a vertex, where z^(1/beta) is infinite.
        floor = -1.0 if self.beta > 0 else epsilon(rest) - 1.0
        alive = ~(rest <= floor)  # NaN goes on: a vector off the face
        return xp.where(alive, rest, 0.0 if self.beta > 0 else floor), alive

    def state(self, s):
        """Point, of shape [..., dim + 1], and rate dt/ds, at s of shape [..., 1]."""
        xp = array_namespace(self.weight, self.start, self.slope, s)
        rest, alive = self._rest(s)
        power = xp.log1p(rest) / self.beta
        filled = alive & (self.weight != 0) if self.beta > 0 else self.weight != 0
        log_weight = xp.log(xp.where(self.weight != 0, self.weight, 1.0))
        logs = xp.where(filled, power + log_weight, -np.inf)
        top = stop_gradient(xp.max(logs, axis=-1, keepdims=True))
        power = xp.where(filled, power, 0.0)
        measure = xp.where(filled, self.weight * xp.exp(power - top), 0.0)
        total = xp.sum(measure, axis=-1, keepdims=True)
        rate = xp.exp(-2.0 * self.beta * (top + xp.log(total)))
        return measure / total, rate

    def log_derivative(self, s):
        """Return z'/z, 0 where z = 0."""
        xp = array_namespace(self.start, self.slope, s)
        rest, alive = self._rest(s)
        return xp.where(alive, self.slope / (1.0 + rest), 0.0)


class PowerGeodesics:
    """Geodesics of the alpha-connection for alpha other than -1, 0 and 1."""

    continues = False

    def __init__(self, alpha):
        self.alpha = alpha
        self._beta = (1.0 - alpha) / 2.0
        # N has complex zeros, at a distance ~ |beta| from the real axis, where entries
        # of very different points cross: the nodes must be as dense.
        fewest = 129 if abs(alpha) > 1 else 65
        n_nodes = int(np.clip(30.0 / abs(self._beta), fewest, 257))
        self._nodes, self._weights = double_exponential_rule(n_nodes)

    def follow(self, tangent_vec, base_point):
        """Point at time 1, or on the wall if the geodesic ends there before."""
        line, s = self._line_of_vector(tangent_vec, base_point)
        return line.state(s)[0]

    def exit_time(self, tangent_vec, base_point):
        """Time at which the geodesic reaches a wall; never for alpha > 1."""
        xp = array_namespace(tangent_vec, base_point)
        if self.alpha > 1:
            return np.inf + 0.0 * xp.sum(base_point + tangent_vec, axis=-1)
        line, scale = self._line_to_wall(tangent_vec, base_point)
        time = (scale * self._duration(line))[..., 0]
        return xp.where(xp.all(tangent_vec >= 0, axis=-1), np.inf, time)

    def log(self, point, base_point):
        """Initial velocity; components at zeros of the base point are 0."""
        if abs(self.alpha) > 1:
            require_support(point, base_point, self.alpha > 1, self.alpha)
        xp = array_namespace(point, base_point)
        duration = self._duration(self._line_between(base_point, point))
        empty = base_point == 0
        ratio = log_ratio(xp.where(empty, 1.0, point), xp.where(empty, 1.0, base_point))
        step = base_point * xp.expm1(self._beta * ratio) / self._beta
        tangent = step - base_point * xp.sum(step, axis=-1, keepdims=True)
        return duration * tangent

    def between(self, initial_point, end_point, t):
        """Point at time t, 0 <= t <= 1."""
        if self.alpha > 1:
            require_support(end_point, initial_point, True, self.alpha)
        xp = array_namespace(initial_point, end_point)
        if is_known_true(xp.any((t < 0) | (t > 1))):
            raise ValueError(
                "expected times between 0 and 1 for a geodesic given by its end "
                "point: give initial_tangent_vec (the log) to go further"
            )
        line = self._line_between(initial_point, end_point)
        return line.state(self._solve(line, t * self._duration(line)))[0]

    def transport(self, tangent_vec, base_point, direction=None, end_point=None):
        """Parallel transport along the geodesic."""
        other = end_point if direction is None else direction
        xp = array_namespace(tangent_vec, base_point, other)
        if direction is None:
            if abs(self.alpha) > 1:
                require_support(end_point, base_point, True, self.alpha)
            line = self._line_between(base_point, end_point)
            s = 0.0 * line.weight[..., :1] + 1.0
        else:
            line, s = self._line_of_vector(direction, base_point)
        point, rate = line.state(s)
        moved = self._scaled(tangent_vec, base_point, point)
        nodes = s * self._like(self._nodes, s)
        points, rates = line.over_nodes().state(nodes[..., None])
        sums = xp.sum(
            self._scaled(tangent_vec[..., None, :], base_point[..., None, :], points),
            axis=-1,
        )
        weights = self._like(self._weights, s)
        integral = s * xp.sum(rates[..., 0] * sums * weights, axis=-1, keepdims=True)
        moved = moved + integral / rate * point * line.log_derivative(s)
        return moved - point * xp.sum(moved, axis=-1, keepdims=True)

    def _scaled(self, tangent_vec, base_point, point):
        """V = v (p / p(0))^(1 - beta)."""
        xp = array_namespace(tangent_vec, base_point, point)
        empty = base_point == 0
        ratio = log_ratio(xp.where(empty, 1.0, point), xp.where(empty, 1.0, base_point))
        return tangent_vec * xp.exp((1.0 - self._beta) * ratio)

    def _line_between(self, initial_point, end_point):
        """Return the line of a geodesic between two points."""
        xp = array_namespace(initial_point, end_point)
        larger = xp.where(initial_point > end_point, initial_point, end_point)
        weight = stop_gradient(larger)  # a scale: nothing depends on it
        start = xp.expm1(self._beta * log_ratio(initial_point, weight))
        end = xp.expm1(self._beta * log_ratio(end_point, weight))
        return _Line(weight, start, end - start, self._beta)

    def _line_to_wall(self, tangent_vec, base_point):
        """Return the line a + s y'(0) as far as a wall, and the unit of its s."""
        xp = array_namespace(tangent_vec, base_point)
        slope = self._beta * relative(tangent_vec, base_point)
        steepest = xp.max(-slope, axis=-1, keepdims=True)
        # Vectors near 0 that do not sum to 0 must reach time 1 as well: derivatives.
        # For alpha > 1 vectors that do reach it at an s <= 1, as N^beta >= 1.
        lowest = 0.5 if self.alpha > 1 else 0.0
        steepest = xp.where(steepest > lowest, steepest, 0.5)
        slope = slope / steepest
        weight = base_point + 0.0 * slope
        return _Line(weight, 0.0 * slope, slope, self._beta), 1.0 / steepest

    def _line_of_vector(self, tangent_vec, base_point):
        """Return the line of a velocity and the s of time 1, or of the wall."""
        line, scale = self._line_to_wall(tangent_vec, base_point)
        s = self._solve(line, 1.0 / scale)
        return line, array_namespace(s).where(s < 1.0, s, 1.0)

    def _duration(self, line, s=1.0):
        """Integral of the rate from 0 to s, of shape [..., 1]."""
        nodes = s * self._like(self._nodes, line.weight)
        _, rates = line.over_nodes().state(nodes[..., None])
        weights = self._like(self._weights, line.weight)
        xp = array_namespace(rates)
        return s * xp.sum(rates[..., 0] * weights, axis=-1, keepdims=True)

    def _solve(self, line, time):
        """Return the s to which the duration is a given time, by Newton's method."""
        xp = array_namespace(line.weight, time)
        fixed = line.map(stop_gradient)
        target = stop_gradient(time)
        s = self._guess(fixed, target)
        for _ in range(_FREE_STEPS):
            s = s - (self._duration(fixed, s) - target) / fixed.state(s)[1]
            s = xp.where(s > 0.0, xp.where(s < 1.0, s, 1.0), 0.0)
        # Two steps from a constant are right up to the third derivative.
        for _ in range(_DIFFERENTIATED_STEPS):
            s = s - (self._duration(line, s) - time) / line.state(s)[1]
        return s

    def _guess(self, line, time):
        """Invert the trapezoidal sums over the nodes, by linear interpolation."""
        xp = array_namespace(line.weight)
        nodes = self._like(self._nodes, line.weight)
        weights = self._like(self._weights, line.weight)
        _, rates = line.over_nodes().state(nodes[..., None])
        sums = np.triu(np.ones((len(nodes), len(nodes))), 1) + 0.5 * np.eye(len(nodes))
        times = (rates[..., 0] * weights) @ self._like(sums, line.weight)
        gaps = times[..., 1:] - times[..., :-1]
        ramps = (time - times[..., :-1]) / xp.where(gaps > 0, gaps, 1.0)
        ramps = xp.where(ramps > 0, xp.where(ramps < 1, ramps, 1.0), 0.0)
        return xp.sum(ramps * (nodes[1:] - nodes[:-1]), axis=-1, keepdims=True)

    def _like(self, values, array):
        return as_array_like(values, stop_gradient(array))
