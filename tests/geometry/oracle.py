"""Fisher-Rao geometry in 50 digits: textbook formulas on the unit sphere.

Points are lists of mpmath numbers, exactly the floating point numbers given, divided
by their norm: the nearest point of the manifold in the sense of rounding.
"""

import mpmath
import numpy as np

mp = mpmath.MPContext()  # of its own: other tests may set mpmath's global precision
mp.dps = 50


def exact(values):
    """Floating point numbers as mpmath numbers, without rounding."""
    return [mp.mpf(float(value)) for value in np.ravel(values)]


def norm(vec):
    return mp.sqrt(mp.fsum(x * x for x in vec))


def inner(vec_a, vec_b):
    return mp.fsum(x * y for x, y in zip(vec_a, vec_b, strict=True))


def combine(coefficient_a, vec_a, coefficient_b, vec_b):
    return [
        coefficient_a * x + coefficient_b * y for x, y in zip(vec_a, vec_b, strict=True)
    ]


def root(point, simplex):
    """Unit vector of a point of the simplex or of the sphere, not yet normalised."""
    return [mp.sqrt(x) for x in exact(point)] if simplex else exact(point)


def unit(vec):
    length = norm(vec)
    return [x / length for x in vec]


def angle(a, b):
    return 2 * mp.asin(norm(combine(1, b, -1, a)) / 2)


def log(a, b):
    theta = angle(a, b)
    if theta == 0:
        return [mp.mpf(0)] * len(a)
    scale = theta / mp.sin(theta)
    return combine(scale, b, -scale * mp.cos(theta), a)


def exp(vec, a):
    theta = norm(vec)
    if theta == 0:
        return a
    return combine(mp.cos(theta), a, mp.sin(theta) / theta, vec)


def transport(vec, a, b):
    """Parallel transport from a to b: the reflections in a and in a + b."""
    factor = inner(b, vec) / (1 + inner(a, b))
    return combine(1, vec, -factor, combine(1, a, 1, b))


def tangent_root(vec, point, simplex):
    """Tangent vector of the sphere: v / (2 sqrt p) on the simplex."""
    vec = exact(vec)
    if not simplex:
        return vec
    roots = root(point, simplex)
    return [x / (2 * u) if u else mp.mpf(0) for x, u in zip(vec, roots, strict=True)]


def signed_root(point, simplex):
    """Coordinates on the sphere of a result: sign(p) sqrt|p| on the simplex."""
    if not simplex:
        return exact(point)
    return [mp.sign(x) * mp.sqrt(abs(x)) for x in exact(point)]


def distance(vec_a, vec_b):
    return norm(combine(1, vec_a, -1, vec_b))
