"""Laws of a diffeomorphism, and of an isometry between two spaces.

They take the diffeomorphism, its space and its image space, then arrays of the space.
"""

import numpy as np

from ..arrays import ambient_norm, epsilon, wide
from ..coordinates import NOISE, limit_at_zero
from ..deviation import (
    along_geodesic,
    deviation,
    product_of_norms,
    truth,
    unit_scale,
    widened,
)


def images_belong(diffeo, space, image_space, point):
    """Images of points belong to the image space."""
    return truth(image_space.belongs(diffeo(point)))


def images_of_vectors_are_tangent(diffeo, space, image_space, tangent_vec, base_point):
    """Images of tangent vectors are tangent to the image space."""
    image = diffeo.tangent(tangent_vec, base_point=base_point)
    return truth(image_space.is_tangent(image, diffeo(base_point)))


def inverse_undoes_diffeo(diffeo, space, image_space, point):
    """Inverse of a map: f^-1(f(p)) = p."""
    image = diffeo(point)
    gap = ambient_norm(space, wide(diffeo.inverse(image)) - wide(point))
    scale = unit_scale(space, point) + ambient_norm(image_space, image)
    return deviation(space, gap, scale, point)


def diffeo_undoes_inverse(diffeo, space, image_space, point):
    """A map of its inverse: f(f^-1(q)) = q, for images q."""
    image = diffeo(point)
    again = diffeo(diffeo.inverse(image))
    gap = ambient_norm(image_space, wide(again) - wide(image))
    scale = unit_scale(image_space, image) + ambient_norm(space, point)
    return deviation(image_space, gap, scale, point)


def tangent_is_the_derivative(diffeo, space, image_space, tangent_vec, base_point):
    """Differential of a map: df(v) is the derivative of f(exp_p(tv)) at t = 0."""
    start = wide(diffeo(base_point))

    def estimate(t):
        end_point = space.metric.exp(t * tangent_vec, base_point)
        return (wide(diffeo(end_point)) - start) / t

    # Noise and truncation, eps / t and t^3, meet about here.
    step = epsilon(base_point) ** 0.25
    limit, truncation = limit_at_zero(estimate, step)
    image = diffeo.tangent(tangent_vec, base_point=base_point)
    gap = ambient_norm(image_space, limit - wide(image))
    unit = _unit_scale(space, image_space, base_point, start, tangent_vec, image)
    scale = NOISE * 2.0 * unit / step + ambient_norm(image_space, image)
    law = deviation(image_space, gap, scale, base_point)
    return widened(law, ambient_norm(image_space, truncation))


def tangent_takes_either_point(diffeo, space, image_space, tangent_vec, base_point):
    """Differential from either point: df(v) at p and at f(p) are the same."""
    image_point = diffeo(base_point)
    one = diffeo.tangent(tangent_vec, base_point=base_point)
    other = diffeo.tangent(tangent_vec, image_point=image_point)
    gap = ambient_norm(image_space, wide(one) - wide(other))
    scale = _unit_scale(space, image_space, base_point, image_point, tangent_vec, one)
    scale = scale * (1.0 + ambient_norm(image_space, one))
    return deviation(image_space, gap, scale, base_point)


def inverse_tangent_undoes_tangent(diffeo, space, image_space, tangent_vec, base_point):
    """Inverse of the differential: df^-1(df(v)) = v, from either point."""
    image = diffeo.tangent(tangent_vec, base_point=base_point)
    back = [
        diffeo.inverse_tangent(image, image_point=diffeo(base_point)),
        diffeo.inverse_tangent(image, base_point=base_point),
    ]
    gap = sum(ambient_norm(space, wide(vec) - wide(tangent_vec)) for vec in back)
    scale = unit_scale(space, base_point, tangent_vec)
    scale = scale + ambient_norm(image_space, image)
    return deviation(space, gap, 2.0 * scale, base_point)


def isometry_keeps_inner_products(
    diffeo, space, image_space, tangent_vec_a, tangent_vec_b, base_point
):
    """Isometry keeps inner products: <df v, df w> = <v, w>."""
    vecs = tangent_vec_a, tangent_vec_b
    images = [diffeo.tangent(vec, base_point=base_point) for vec in vecs]
    image_point = diffeo(base_point)
    before = wide(space.metric.inner_product(*vecs, base_point))
    after = wide(image_space.metric.inner_product(*images, image_point))
    scale = product_of_norms(space, base_point, *vecs)
    scale = scale + product_of_norms(image_space, image_point, *images)
    return deviation(space, after - before, scale, base_point)


def isometry_keeps_distances(diffeo, space, image_space, point_a, point_b):
    """Isometry keeps distances: dist(f(a), f(b)) = dist(a, b)."""
    images = diffeo(point_a), diffeo(point_b)
    before = wide(space.metric.dist(point_a, point_b))
    after = wide(image_space.metric.dist(*images))
    scale = before + unit_scale(space, point_a, point_b)
    scale = scale + unit_scale(image_space, *images)
    return deviation(space, after - before, scale, point_a)


def isometry_commutes_with_exp(diffeo, space, image_space, tangent_vec, base_point):
    """Isometry commutes with exp: f(exp_p(v)) = exp_f(p)(df v)."""
    end_point = space.metric.exp(tangent_vec, base_point)
    image_point = diffeo(base_point)
    image = diffeo.tangent(tangent_vec, base_point=base_point)
    other = image_space.metric.exp(image, image_point)
    gap = ambient_norm(image_space, wide(diffeo(end_point)) - wide(other))
    scale = _unit_scale(space, image_space, base_point, image_point, tangent_vec, image)
    scale = scale + unit_scale(image_space, other, image)
    return deviation(image_space, gap, scale, base_point)


def isometry_commutes_with_log(diffeo, space, image_space, point_a, point_b):
    """Isometry commutes with log: df(log_a(b)) = log_f(a)(f(b))."""
    log = space.metric.log(point_b, point_a)
    images = diffeo(point_a), diffeo(point_b)
    image = diffeo.tangent(log, base_point=point_a)
    other = image_space.metric.log(images[1], images[0])
    gap = ambient_norm(image_space, wide(image) - wide(other))
    scale = _unit_scale(space, image_space, point_a, images[0], log, image)
    scale = scale + unit_scale(image_space, *images, other)
    return deviation(image_space, gap, scale, point_a)


def isometry_commutes_with_geodesics(diffeo, space, image_space, point_a, point_b):
    """Isometry takes geodesics to geodesics, at the same times."""
    path = along_geodesic(space, point_a, point_b)
    images = diffeo(point_a), diffeo(point_b)
    others = along_geodesic(image_space, *images)
    gaps = [
        ambient_norm(image_space, wide(diffeo(point)) - wide(other))
        for point, other in zip(path, others, strict=True)
    ]
    log = space.metric.log(point_b, point_a)
    image = diffeo.tangent(log, base_point=point_a)
    scale = _unit_scale(space, image_space, point_a, images[0], log, image)
    scale = scale + unit_scale(image_space, *images)
    return deviation(image_space, np.max(gaps, axis=0), scale, point_a)


def isometry_commutes_with_transport(
    diffeo, space, image_space, tangent_vec, base_point, end_point
):
    """Isometry commutes with parallel transport: df(Tv) = T(df v)."""
    image_point, image_end = diffeo(base_point), diffeo(end_point)
    moved = space.metric.parallel_transport(
        tangent_vec, base_point, end_point=end_point
    )
    image = diffeo.tangent(tangent_vec, base_point=base_point)
    one = diffeo.tangent(moved, base_point=end_point)
    other = image_space.metric.parallel_transport(
        image, image_point, end_point=image_end
    )
    gap = ambient_norm(image_space, wide(one) - wide(other))
    scale = _unit_scale(space, image_space, base_point, image_point, tangent_vec, image)
    scale = scale * (1.0 + ambient_norm(image_space, other))
    return deviation(image_space, gap, scale, base_point)


def _unit_scale(space, image_space, base_point, image_point, tangent_vec, image):
    """Unit scale of an image, and of a point as far as the map stretches vectors."""
    before = ambient_norm(space, tangent_vec)
    factor = ambient_norm(image_space, image) / np.where(before > 0, before, np.inf)
    return unit_scale(image_space, image_point) + factor * unit_scale(space, base_point)
