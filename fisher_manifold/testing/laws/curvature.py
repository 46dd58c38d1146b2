"""Laws of curvature: its symmetries, and how it slows the spreading of geodesics.

Signs are those of geomstats: R(a, b)c = D_a D_b c - D_b D_a c - D_[a,b] c, so that
<R(a, b)b, a> is positive on spheres.
"""

import math

import numpy as np

from ..arrays import ambient_norm, epsilon, wide
from ..coordinates import NOISE, in_coordinates, limit_at_zero, tensor_times
from ..deviation import deviation, shorten, stretch, unit_scale, widened


def curvature_is_skew_in_its_plane(
    space, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point
):
    """Curvature is skew in its plane: R(a, b)c = -R(b, a)c."""
    a, b, c = tangent_vec_a, tangent_vec_b, tangent_vec_c
    terms = _curvatures(space, base_point, (a, b, c), (b, a, c))
    return _cancels(space, base_point, terms, (a, b, c))


def first_bianchi_identity(
    space, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point
):
    """First Bianchi identity: R(a, b)c + R(b, c)a + R(c, a)b = 0."""
    a, b, c = tangent_vec_a, tangent_vec_b, tangent_vec_c
    terms = _curvatures(space, base_point, (a, b, c), (b, c, a), (c, a, b))
    return _cancels(space, base_point, terms, (a, b, c))


def curvature_turns_vectors(
    space, tangent_vec_a, tangent_vec_b, tangent_vec_c, tangent_vec_d, base_point
):
    """Curvature is a turn: <R(a, b)c, d> = -<R(a, b)d, c>."""
    a, b, c, d = tangent_vec_a, tangent_vec_b, tangent_vec_c, tangent_vec_d
    one = _component(space, base_point, a, b, c, d)
    other = _component(space, base_point, a, b, d, c)
    scale = np.abs(one) + _product_of_norms(space, base_point, a, b, c, d)
    return deviation(space, one + other, scale, base_point)


def curvature_is_symmetric_in_pairs(
    space, tangent_vec_a, tangent_vec_b, tangent_vec_c, tangent_vec_d, base_point
):
    """Curvature is symmetric in its pairs: <R(a, b)c, d> = <R(c, d)a, b>."""
    a, b, c, d = tangent_vec_a, tangent_vec_b, tangent_vec_c, tangent_vec_d
    one = _component(space, base_point, a, b, c, d)
    other = _component(space, base_point, c, d, a, b)
    scale = np.abs(one) + _product_of_norms(space, base_point, a, b, c, d)
    return deviation(space, one - other, scale, base_point)


def curvature_is_tangent(
    space, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point
):
    """Curvature of tangent vectors is tangent: R(a, b)c = to_tangent(R(a, b)c)."""
    turned = space.metric.curvature(
        tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point
    )
    gap = wide(space.to_tangent(turned, base_point)) - wide(turned)
    vecs = tangent_vec_a, tangent_vec_b, tangent_vec_c
    scale = ambient_norm(space, turned) + _sizes(space, base_point, vecs)
    return deviation(space, ambient_norm(space, gap), scale, base_point)


def riemann_tensor_gives_curvature(
    space, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point
):
    """Riemann tensor: R(a, b)c = R_ijk^l c^i a^j b^k."""
    tensor = in_coordinates(space, space.metric.riemann_tensor, base_point, 4)
    a, b, c = tangent_vec_a, tangent_vec_b, tangent_vec_c
    turned = wide(space.metric.curvature(a, b, c, base_point))
    vecs = [wide(vec) for vec in (c, a, b)]
    gap = tensor_times(tensor, vecs) - turned
    terms = tensor_times(np.abs(tensor), [np.abs(vec) for vec in vecs])
    scale = ambient_norm(space, terms) + _sizes(space, base_point, (a, b, c))
    return deviation(space, ambient_norm(space, gap), scale, base_point)


def sectional_curvature_is_that_of_curvature(
    space, tangent_vec_a, tangent_vec_b, base_point
):
    """Sectional curvature: K(a, b) (|a|^2 |b|^2 - <a, b>^2) = <R(a, b)b, a>."""
    a, b = tangent_vec_a, tangent_vec_b
    component = _component(space, base_point, a, b, b, a)
    sectional, area, resolved = _sectional(space, base_point, a, b)
    scale = np.abs(component) + np.abs(sectional) * area
    size = _product_of_norms(space, base_point, a, b, b, a)
    # The area is right to the rounding of |a|^2 |b|^2, however small it is.
    scale = scale + (1.0 + np.abs(sectional)) * size
    return deviation(
        space, resolved * (sectional * area - component), scale, base_point
    )


def curvature_spreads_geodesics(space, base_point, point_b, point_c):
    """Curvature spreads geodesics: t^2 |a - b|^2 - dist^2 = t^4 <R(a, b)b, a>/3.

    That is, up to O(t^5), of the distance between exp(ta) and exp(tb), by finite
    differences.
    """
    a, b = _directions(space, base_point, point_b, point_c)
    component = _component(space, base_point, a, b, b, a)
    return _against_spreading(space, base_point, a, b, component)


def sectional_curvature_spreads_geodesics(space, base_point, point_b, point_c):
    """Sectional curvature spreads geodesics: the same with K times the area.

    With K (|a|^2 |b|^2 - <a, b>^2) in the place of <R(a, b)b, a>.
    """
    a, b = _directions(space, base_point, point_b, point_c)
    sectional, area, resolved = _sectional(space, base_point, a, b)
    component = np.where(resolved, sectional * area, 0.0)
    return _against_spreading(space, base_point, a, b, component)


def _curvatures(space, base_point, *triples):
    return [wide(space.metric.curvature(*abc, base_point)) for abc in triples]


def _component(space, base_point, a, b, c, d):
    """<R(a, b)c, d>."""
    turned = space.metric.curvature(a, b, c, base_point)
    return wide(space.metric.inner_product(turned, d, base_point))


def _cancels(space, base_point, terms, vecs):
    """Deviation of a sum of vectors from zero."""
    gap = ambient_norm(space, sum(terms))
    scale = sum(ambient_norm(space, term) for term in terms)
    return deviation(space, gap, scale + _sizes(space, base_point, vecs), base_point)


def _sizes(space, base_point, vecs):
    """Size in coordinates of <a, b>c and the like: what curvature is made of."""
    lengths = [wide(space.metric.norm(vec, base_point)) for vec in vecs]
    ambients = [ambient_norm(space, vec) for vec in vecs]
    others = [math.prod(lengths[:i] + lengths[i + 1 :]) for i in range(3)]
    parts = [size * other for size, other in zip(ambients, others, strict=True)]
    # Vectors of unit length are right to eps, also where they are short in coordinates.
    return sum(parts) + math.prod(lengths) + math.prod(ambients)


def _product_of_norms(space, base_point, *vecs):
    """Product of the lengths of vectors, in the metric and in coordinates."""
    lengths = [wide(space.metric.norm(vec, base_point)) for vec in vecs]
    ambients = [ambient_norm(space, vec) for vec in vecs]
    return math.prod(lengths) + math.prod(ambients)


def _sectional(space, base_point, a, b):
    """Sectional curvature, area of the plane, and whether there is a plane."""
    metric = space.metric
    area = wide(metric.squared_norm(a, base_point)) * wide(
        metric.squared_norm(b, base_point)
    )
    size = area
    area = area - wide(metric.inner_product(a, b, base_point)) ** 2
    with np.errstate(all="ignore"):  # where there is no plane
        sectional = wide(metric.sectional_curvature(a, b, base_point))
    resolved = area > np.sqrt(epsilon(base_point)) * size
    return np.where(resolved, sectional, 0.0), area, resolved


def _directions(space, base_point, point_b, point_c):
    """Directions to two points, of length 1 or less."""
    logs = [space.metric.log(point, base_point) for point in (point_b, point_c)]
    return [shorten(space, log, base_point) for log in logs]


def _against_spreading(space, base_point, a, b, component):
    """Deviation of <R(a, b)b, a> from what distances of geodesics say it is."""
    metric = space.metric
    start = wide(metric.squared_norm(a - b, base_point))

    def estimate(t):
        ends = [metric.exp(t * vec, base_point) for vec in (a, b)]
        return 3.0 * (t**2 * start - wide(metric.squared_dist(*ends))) / t**4

    # Noise and truncation, eps / t^3 and t^3, meet about here.
    step = epsilon(base_point) ** 0.125
    limit, truncation = limit_at_zero(estimate, step)
    unit = unit_scale(space, base_point) * stretch(space, base_point, a, b)
    error = 2.0 * np.sqrt(start) * step * unit + epsilon(base_point) * unit**2
    noise = 3.0 * (error + step**2 * start) / step**4
    scale = NOISE * noise + _product_of_norms(space, base_point, a, b, b, a)
    law = deviation(space, limit - component, scale, base_point)
    return widened(law, truncation)
