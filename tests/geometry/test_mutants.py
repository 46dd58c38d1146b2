"""Every law catches a space that breaks it: one deliberate fault for each law."""

import functools

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold.testing import LAWS, check_manifold, laws
from fisher_manifold.testing.sampling import random_points

SPHERE = fm.PositiveHypersphere(3)
TANGENT_NOISE = torch.tensor([1e-3, 0.0, 0.0, 0.0])


def on_space(name, wrap):
    """A sphere with one method of the space wrapped."""
    space = fm.PositiveHypersphere(3)
    setattr(space, name, functools.partial(wrap, getattr(space, name)))
    return space


def on_metric(name, wrap):
    """A sphere with one method of the metric wrapped."""
    space = fm.PositiveHypersphere(3)
    setattr(space.metric, name, functools.partial(wrap, getattr(space.metric, name)))
    return space


def scaled(factor):
    return lambda right, *args, **kwargs: factor * right(*args, **kwargs)


def shifted(shift):
    return lambda right, *args, **kwargs: right(*args, **kwargs) + shift


def never(right, *args, **kwargs):
    return right(*args, **kwargs) & False


def half_way(right, p):
    return 0.5 * (p + right(p))


def biased_inner(right, v, w, p=None):
    return right(v, w, p) + 1e-3 * v[..., 0] * w[..., 1]


def quadratic_inner(right, v, w, p=None):
    return right(v, w, p) * (1.0 + 1e-3 * (v * w).sum(-1) ** 2)


def uneven_dist(right, a, b):
    return right(a, b) * (1.0 + 1e-3 * a[..., 0])


def cubed_dist(right, a, b):
    return right(a, b) ** 2


def blind_dist(right, a, b):
    return torch.acos((a * b).sum(-1).clip(-1.0, 1.0)) * 2.0


def bent_path(right, a, end_point=None, initial_tangent_vec=None):
    path = right(a, end_point=end_point, initial_tangent_vec=initial_tangent_vec)
    return lambda t: path(t**2)


def shortened_path(right, a, end_point=None, initial_tangent_vec=None):
    path = right(a, end_point=end_point, initial_tangent_vec=initial_tangent_vec)
    return lambda t: path(0.999 * t)


def projected_transport(right, v, p, direction=None, end_point=None):
    return SPHERE.to_tangent(v, end_point)


def no_transport(right, v, p, direction=None, end_point=None):
    return v


def doubling_transport(right, v, p, direction=None, end_point=None):
    return 1.001 * right(v, p, direction=direction, end_point=end_point)


def off_plane_curvature(right, a, b, c, p):
    return right(a, b, c, p) + 1e-3 * right(a, c, b, p)


def slanted_curvature(right, a, b, c, p):
    return right(a, b, c, p) + 1e-3 * a[..., :1] ** 2 * c


def off_symmetric_curvature(right, a, b, c, p):
    """Skew in its plane and a turn, but of a plane that depends on coordinates."""
    turn = c[..., [1, 0, 2, 3]] * torch.tensor([1.0, -1.0, 0.0, 0.0])
    area = a[..., :1] * b[..., 2:3] - a[..., 2:3] * b[..., :1]
    return right(a, b, c, p) + 1e-3 * SPHERE.to_tangent(area * turn, p)


def off_tangent_curvature(right, a, b, c, p):
    return right(a, b, c, p) + 1e-3 * p


def skewed_symbols(right, p):
    symbols = right(p).clone()
    symbols[..., 0, 1, 2] += 1e-3
    return symbols


def halved_acceleration(right, state):
    flow = right(state).clone()
    flow[..., 1, :] *= 0.999
    return flow


def detached_squared_dist(right, a, b):
    return right(a.detach(), b) + 0.0 * a.sum(-1)


def untouched_unit(right, p, **kwargs):
    return torch.nn.functional.normalize(torch.rand(4), dim=0).expand(p.shape) / 2.0


WRONG_SPHERES = {
    laws.random_point_belongs: (on_space, "belongs", never),
    laws.projection_belongs: (on_space, "projection", scaled(1.001)),
    laws.projection_is_idempotent: (on_space, "projection", half_way),
    laws.projection_keeps_points: (on_space, "projection", scaled(1.001)),
    laws.to_tangent_is_tangent: (on_space, "to_tangent", lambda right, v, p: v),
    laws.to_tangent_is_idempotent: (on_space, "to_tangent", scaled(0.999)),
    laws.random_tangent_vec_is_tangent: (
        on_space,
        "random_tangent_vec",
        shifted(TANGENT_NOISE),
    ),
    laws.random_unit_tangent_vec_is_tangent: (
        on_metric,
        "random_unit_tangent_vec",
        untouched_unit,
    ),
    laws.random_unit_tangent_vec_has_norm_one: (
        on_metric,
        "random_unit_tangent_vec",
        scaled(1.001),
    ),
    laws.inner_product_is_symmetric: (on_metric, "inner_product", biased_inner),
    laws.inner_product_is_bilinear: (on_metric, "inner_product", quadratic_inner),
    laws.inner_product_is_positive: (on_metric, "inner_product", scaled(-1.0)),
    laws.squared_norm_is_inner_product: (on_metric, "norm", scaled(1.001)),
    laws.metric_matrix_gives_inner_products: (
        on_metric,
        "metric_matrix",
        scaled(1.001),
    ),
    laws.cometric_matrix_undoes_the_metric_matrix: (
        on_metric,
        "cometric_matrix",
        scaled(1.001),
    ),
    laws.dist_is_symmetric: (on_metric, "dist", uneven_dist),
    laws.dist_vanishes_on_the_diagonal: (on_metric, "dist", shifted(1e-9)),
    laws.dist_separates_points: (on_metric, "dist", blind_dist),
    laws.triangle_inequality: (on_metric, "dist", cubed_dist),
    laws.squared_dist_is_the_square_of_dist: (on_metric, "squared_dist", scaled(1.001)),
    laws.exp_of_zero_is_the_base_point: (on_metric, "exp", shifted(TANGENT_NOISE)),
    laws.exp_belongs: (on_metric, "exp", scaled(1.001)),
    laws.exp_inverts_log: (on_metric, "log", scaled(1.001)),
    laws.log_inverts_exp: (on_metric, "log", scaled(1.001)),
    laws.log_is_tangent: (on_metric, "log", shifted(TANGENT_NOISE)),
    laws.norm_of_log_is_dist: (on_metric, "log", scaled(1.001)),
    laws.geodesic_joins_its_end_points: (on_metric, "geodesic", shortened_path),
    laws.geodesic_has_constant_speed: (on_metric, "geodesic", bent_path),
    laws.exp_is_injective_inside_the_injectivity_radius: (
        on_metric,
        "injectivity_radius",
        lambda right, p: 10.0 + 0.0 * right(p),
    ),
    laws.christoffels_are_symmetric: (on_metric, "christoffels", skewed_symbols),
    laws.christoffels_accelerate_geodesics: (on_metric, "christoffels", scaled(1.001)),
    laws.geodesic_equation_accelerates_geodesics: (
        on_metric,
        "geodesic_equation",
        halved_acceleration,
    ),
    laws.transport_is_an_isometry: (
        on_metric,
        "parallel_transport",
        projected_transport,
    ),
    laws.transport_keeps_the_velocity: (
        on_metric,
        "parallel_transport",
        projected_transport,
    ),
    laws.transport_is_undone_by_transport_back: (
        on_metric,
        "parallel_transport",
        doubling_transport,
    ),
    laws.transported_vector_is_tangent: (on_metric, "parallel_transport", no_transport),
    laws.curvature_is_skew_in_its_plane: (on_metric, "curvature", slanted_curvature),
    laws.first_bianchi_identity: (on_metric, "curvature", off_symmetric_curvature),
    laws.curvature_turns_vectors: (on_metric, "curvature", off_plane_curvature),
    laws.curvature_is_symmetric_in_pairs: (
        on_metric,
        "curvature",
        off_symmetric_curvature,
    ),
    laws.curvature_is_tangent: (on_metric, "curvature", off_tangent_curvature),
    laws.riemann_tensor_gives_curvature: (on_metric, "riemann_tensor", scaled(-1.0)),
    laws.sectional_curvature_is_that_of_curvature: (
        on_metric,
        "sectional_curvature",
        scaled(1.001),
    ),
    laws.curvature_spreads_geodesics: (on_metric, "curvature", scaled(1.001)),
    laws.sectional_curvature_spreads_geodesics: (
        on_metric,
        "sectional_curvature",
        scaled(1.001),
    ),
    laws.gradient_of_squared_dist_is_minus_two_log: (
        on_metric,
        "squared_dist",
        detached_squared_dist,
    ),
    laws.cometric_matrix_gives_gradients: (on_metric, "cometric_matrix", scaled(1.001)),
}
"""How to make the sphere with the fault that a law is to catch."""


def judged(law, space):
    points = random_points(SPHERE, (12,), 0, "torch", "float64")
    return check_manifold(space, points=points, laws=[law]).rows[0]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_catches_a_fault(law):
    assert judged(law, SPHERE).holds
    make, name, wrap = WRONG_SPHERES[law]
    row = judged(law, make(name, wrap))
    assert row.holds is False
    assert row.worst_error > row.tolerance, row.note
