"""Laws of the gradient of the squared distance, by automatic differentiation."""

import numpy as np

from ..arrays import ambient_norm, derivative, like, point_axes, wide
from ..coordinates import in_coordinates, matrix_times
from ..deviation import deviation, product_of_norms


def gradient_of_squared_dist_is_minus_two_log(space, tangent_vec, point_a, point_b):
    """Gradient of dist(a, b)^2 in a is -2 log_a(b) (torch or autograd)."""
    slope = _slope_of_squared_dist(space, point_a, point_b, tangent_vec)
    log = space.metric.log(point_b, point_a)
    terms = slope * wide(tangent_vec)
    along = np.sum(terms, axis=point_axes(space))
    inner = wide(space.metric.inner_product(log, tangent_vec, point_a))
    scale = np.sum(np.abs(terms), axis=point_axes(space))
    scale = scale + 2.0 * product_of_norms(space, point_a, log, tangent_vec)
    scale = scale + ambient_norm(space, tangent_vec)
    return deviation(space, along + 2.0 * inner, scale, point_a)


def cometric_matrix_gives_gradients(space, point_a, point_b):
    """Cometric matrix: G^-1 d(dist(a, b)^2), made tangent, is -2 log_a(b)."""
    comatrix = in_coordinates(space, space.metric.cometric_matrix, point_a, 2)
    slope = _slope_of_squared_dist(space, point_a, point_b)
    raised = space.to_tangent(like(matrix_times(comatrix, slope), point_a), point_a)
    log = space.metric.log(point_b, point_a)
    gap = ambient_norm(space, wide(raised) + 2.0 * wide(log))
    # Derivatives are right to the rounding of their size or of 1, the larger.
    terms = matrix_times(np.abs(comatrix), 1.0 + np.abs(slope))
    scale = ambient_norm(space, terms) + 2.0 * ambient_norm(space, log)
    scale = scale + 2.0 * wide(space.metric.norm(log, point_a))
    return deviation(space, gap, scale, point_a)


def _slope_of_squared_dist(space, point_a, point_b, *others):
    """Partial derivatives of dist(a, b)^2 in a, in float64."""
    shapes = (tuple(array.shape) for array in (point_a, point_b, *others))
    shape = np.broadcast_shapes(*shapes)
    squared_dist = space.metric.squared_dist
    return wide(derivative(lambda a: squared_dist(a, point_b), point_a, shape))
