"""Fisher-Rao geometry in 50 digits: textbook formulas on the unit sphere.

Vectors are numpy arrays of `decimal.Decimal`, exactly the floating point numbers given
(ten times as fast as lists of mpmath's numbers: 10 000 entries take milliseconds).
Sines and arcs of single numbers come from mpmath.  `unit` divides points by their
norm: the nearest point of the manifold in the sense of rounding.
"""

import decimal
from decimal import Decimal

import mpmath
import numpy as np

decimal.getcontext().prec = 50
mp = mpmath.MPContext()  # of its own: other tests may set mpmath's global precision
mp.dps = 55

ONE = Decimal(1)
PI = Decimal(mp.nstr(mp.pi, 55))
_decimals = np.frompyfunc(lambda value: +Decimal(value), 1, 1)
_roots = np.frompyfunc(lambda value: value.sqrt(), 1, 1)
_signed_roots = np.frompyfunc(lambda x: abs(x).sqrt().copy_sign(x), 1, 1)


def exact(values):
    """Floating point numbers as decimals, without rounding that could matter."""
    return _decimals(np.atleast_1d(np.asarray(values, dtype=np.float64)).astype(object))


def _function(name):
    function = getattr(mp, name)
    return lambda x: Decimal(mp.nstr(function(mp.mpf(str(x))), 55))


sin, cos, asin = _function("sin"), _function("cos"), _function("asin")


def norm(vec):
    return (vec @ vec).sqrt()


def root(point, simplex):
    """Unit vector of a point of the simplex or of the sphere, not yet normalised."""
    return _roots(exact(point)) if simplex else exact(point)


def unit(vec):
    return vec / norm(vec)


def angle(a, b):
    return 2 * asin(norm(b - a) / 2)


def log(a, b):
    theta = angle(a, b)
    if theta == 0:
        return 0 * a
    return theta / sin(theta) * (b - cos(theta) * a)


def exp(vec, a):
    theta = norm(vec)
    if theta == 0:
        return a
    return cos(theta) * a + sin(theta) / theta * vec


def transport(vec, a, b):
    """Parallel transport from a to b: the reflections in a and in a + b."""
    return vec - (b @ vec) / (1 + a @ b) * (a + b)


def tangent_root(vec, point, simplex):
    """Tangent vector of the sphere: v / (2 sqrt p) on the simplex."""
    vec = exact(vec)
    if not simplex:
        return vec
    roots = root(point, simplex)
    return np.where(roots == 0, 0 * ONE, vec / np.where(roots == 0, ONE, 2 * roots))


def signed_root(point, simplex):
    """Coordinates on the sphere of a result: sign(p) sqrt|p| on the simplex."""
    return _signed_roots(exact(point)) if simplex else exact(point)


def directional_derivative(function, arguments, directions, step=Decimal("1e-22")):
    """Central difference of a function of vectors; its error is of order step^2."""
    moved = [
        function(*(x + sign * d for x, d in zip(arguments, directions, strict=True)))
        for sign in (step, -step)
    ]
    return (moved[0] - moved[1]) / (2 * step)
