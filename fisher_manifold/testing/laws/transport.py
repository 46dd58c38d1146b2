"""Laws of parallel transport."""

from ..arrays import ambient_norm, wide
from ..deviation import deviation, product_of_norms, truth, unit_scale


def transport_is_an_isometry(
    space, tangent_vec_a, tangent_vec_b, base_point, end_point
):
    """Parallel transport keeps inner products: <Tv, Tw> = <v, w>."""
    metric = space.metric
    moved = [
        metric.parallel_transport(vec, base_point, end_point=end_point)
        for vec in (tangent_vec_a, tangent_vec_b)
    ]
    before = wide(metric.inner_product(tangent_vec_a, tangent_vec_b, base_point))
    after = wide(metric.inner_product(*moved, end_point))
    scale = product_of_norms(space, base_point, tangent_vec_a, tangent_vec_b)
    return deviation(space, after - before, scale, base_point)


def transport_keeps_the_velocity(space, point_a, point_b):
    """Parallel transport keeps velocities: T log_a(b) = -log_b(a)."""
    log = space.metric.log(point_b, point_a)
    back = space.metric.log(point_a, point_b)
    moved = space.metric.parallel_transport(log, point_a, end_point=point_b)
    gap = ambient_norm(space, wide(moved) + wide(back))
    return deviation(space, gap, unit_scale(space, point_a, point_b, log), point_a)


def transport_is_undone_by_transport_back(space, tangent_vec, base_point, end_point):
    """Parallel transport there and back gives the same vector."""
    transport = space.metric.parallel_transport
    moved = transport(tangent_vec, base_point, end_point=end_point)
    back = transport(moved, end_point, end_point=base_point)
    gap = ambient_norm(space, wide(back) - wide(tangent_vec))
    scale = ambient_norm(space, tangent_vec) + ambient_norm(space, moved)
    scale = scale + wide(space.metric.norm(tangent_vec, base_point))
    return deviation(space, gap, scale, base_point)


def transported_vector_is_tangent(space, tangent_vec, base_point, end_point):
    """Parallel transport gives vectors tangent at the end point."""
    moved = space.metric.parallel_transport(
        tangent_vec, base_point, end_point=end_point
    )
    return truth(space.is_tangent(moved, end_point))
