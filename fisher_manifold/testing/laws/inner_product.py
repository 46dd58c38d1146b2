"""Laws of the inner product and its matrices."""

import numpy as np

from ..arrays import ambient_norm, point_axes, smallest, wide
from ..coordinates import in_coordinates, matrix_times, product
from ..deviation import deviation, product_of_norms, truth


def inner_product_is_symmetric(space, tangent_vec_a, tangent_vec_b, base_point):
    """Symmetric inner product: <v, w> = <w, v>."""
    one = wide(space.metric.inner_product(tangent_vec_a, tangent_vec_b, base_point))
    other = wide(space.metric.inner_product(tangent_vec_b, tangent_vec_a, base_point))
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    return deviation(space, one - other, scale, base_point)


def inner_product_is_bilinear(space, tangent_vec_a, tangent_vec_b, base_point):
    """Bilinear inner product: <v - w/2, w> = <v, w> - <w, w>/2."""
    inner = space.metric.inner_product
    mixed = inner(tangent_vec_a - 0.5 * tangent_vec_b, tangent_vec_b, base_point)
    parts = wide(inner(tangent_vec_a, tangent_vec_b, base_point)) - 0.5 * wide(
        inner(tangent_vec_b, tangent_vec_b, base_point)
    )
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    scale = scale + product_of_norms(space, base_point, tangent_vec_b, tangent_vec_b)
    return deviation(space, wide(mixed) - parts, scale, base_point)


def inner_product_is_positive(space, tangent_vec, base_point):
    """Positive inner product: <v, v> > 0 unless v = 0 or squares underflow."""
    squared = wide(space.metric.inner_product(tangent_vec, tangent_vec, base_point))
    tiny = ambient_norm(space, tangent_vec) ** 2 <= smallest(tangent_vec)
    return truth(np.where(tiny, squared >= 0, squared > 0))


def squared_norm_is_inner_product(space, tangent_vec, base_point):
    """Norm: norm(v)^2 = squared_norm(v) = <v, v>."""
    squared = wide(space.metric.squared_norm(tangent_vec, base_point))
    norm = wide(space.metric.norm(tangent_vec, base_point))
    inner = wide(space.metric.inner_product(tangent_vec, tangent_vec, base_point))
    error = np.abs(squared - inner) + np.abs(norm**2 - inner)
    return deviation(space, error, 2.0 * np.abs(inner), base_point)


def metric_matrix_gives_inner_products(space, tangent_vec_a, tangent_vec_b, base_point):
    """Metric matrix: v^T G w = <v, w>."""
    matrix = in_coordinates(space, space.metric.metric_matrix, base_point, 2)
    inner = wide(space.metric.inner_product(tangent_vec_a, tangent_vec_b, base_point))
    terms = product(wide(tangent_vec_a), matrix_times(matrix, wide(tangent_vec_b)))
    error = np.sum(terms, axis=point_axes(space)) - inner
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    return deviation(space, error, scale, base_point)


def cometric_matrix_undoes_the_metric_matrix(space, tangent_vec, base_point):
    """Cometric matrix: G^-1 G v = v."""
    metric = space.metric
    matrix = in_coordinates(space, metric.metric_matrix, base_point, 2)
    comatrix = in_coordinates(space, metric.cometric_matrix, base_point, 2)
    vec = wide(tangent_vec)
    lowered = matrix_times(matrix, vec)
    gap = ambient_norm(space, matrix_times(comatrix, lowered) - vec)
    terms = matrix_times(np.abs(comatrix), matrix_times(np.abs(matrix), np.abs(vec)))
    scale = ambient_norm(space, terms) + wide(metric.norm(tangent_vec, base_point))
    return deviation(space, gap, scale, base_point)
