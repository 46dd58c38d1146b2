r"""The laws of a Riemannian manifold, each a function of a space and of points.

A law takes a geomstats `space` and the arrays that its arguments name, in any batch
shape that the space takes: points `point`, `point_a`, `point_b`, `point_c`,
`base_point`, `end_point`; tangent vectors `tangent_vec`, `tangent_vec_a`,
`tangent_vec_b`, `tangent_vec_c`, `tangent_vec_d`; vectors of the ambient space,
`vector`.  It returns a :class:`~fisher_manifold.testing.deviation.Deviation`: the
error at each point of the batch and its tolerance.  The first line of its docstring
states the law.  Laws on geodesics, logarithms and transport presuppose points joined by
one shortest geodesic, and tangent vectors inside the injectivity radius.

Laws of maps between spaces take the map `diffeo`, the `space` and the `image_space`.

Examples
--------
>>> import numpy as np, fisher_manifold as fm
>>> from fisher_manifold.testing import laws
>>> simplex, (a, b, c) = fm.FisherRaoSimplex(dim=2), np.eye(3)
>>> found = laws.triangle_inequality(simplex, a, b, c)
>>> found.holds, laws.triangle_inequality.__doc__
(True, 'Triangle inequality: dist(a, c) <= dist(a, b) + dist(b, c).')
"""

from .curvature import (
    curvature_is_skew_in_its_plane,
    curvature_is_symmetric_in_pairs,
    curvature_is_tangent,
    curvature_spreads_geodesics,
    curvature_turns_vectors,
    first_bianchi_identity,
    riemann_tensor_gives_curvature,
    sectional_curvature_is_that_of_curvature,
    sectional_curvature_spreads_geodesics,
)
from .diffeo import (
    diffeo_undoes_inverse,
    images_belong,
    images_of_vectors_are_tangent,
    inverse_tangent_undoes_tangent,
    inverse_undoes_diffeo,
    isometry_commutes_with_exp,
    isometry_commutes_with_geodesics,
    isometry_commutes_with_log,
    isometry_commutes_with_transport,
    isometry_keeps_distances,
    isometry_keeps_inner_products,
    tangent_is_the_derivative,
    tangent_takes_either_point,
)
from .distance import (
    dist_is_symmetric,
    dist_separates_points,
    dist_vanishes_on_the_diagonal,
    squared_dist_is_the_square_of_dist,
    triangle_inequality,
)
from .geodesics import (
    christoffels_accelerate_geodesics,
    christoffels_are_symmetric,
    exp_belongs,
    exp_inverts_log,
    exp_is_injective_inside_the_injectivity_radius,
    exp_of_zero_is_the_base_point,
    geodesic_equation_accelerates_geodesics,
    geodesic_has_constant_speed,
    geodesic_joins_its_end_points,
    log_inverts_exp,
    log_is_tangent,
    norm_of_log_is_dist,
)
from .gradients import (
    cometric_matrix_gives_gradients,
    gradient_of_squared_dist_is_minus_two_log,
)
from .inner_product import (
    cometric_matrix_undoes_the_metric_matrix,
    inner_product_is_bilinear,
    inner_product_is_positive,
    inner_product_is_symmetric,
    metric_matrix_gives_inner_products,
    squared_norm_is_inner_product,
)
from .points import (
    projection_belongs,
    projection_is_idempotent,
    projection_keeps_points,
    random_point_belongs,
    random_tangent_vec_is_tangent,
    random_unit_tangent_vec_has_norm_one,
    random_unit_tangent_vec_is_tangent,
    to_tangent_is_idempotent,
    to_tangent_is_tangent,
)
from .transport import (
    transport_is_an_isometry,
    transport_is_undone_by_transport_back,
    transport_keeps_the_velocity,
    transported_vector_is_tangent,
)

LAWS = (
    random_point_belongs,
    projection_belongs,
    projection_is_idempotent,
    projection_keeps_points,
    to_tangent_is_tangent,
    to_tangent_is_idempotent,
    random_tangent_vec_is_tangent,
    random_unit_tangent_vec_is_tangent,
    random_unit_tangent_vec_has_norm_one,
    inner_product_is_symmetric,
    inner_product_is_bilinear,
    inner_product_is_positive,
    squared_norm_is_inner_product,
    metric_matrix_gives_inner_products,
    cometric_matrix_undoes_the_metric_matrix,
    dist_is_symmetric,
    dist_vanishes_on_the_diagonal,
    dist_separates_points,
    triangle_inequality,
    squared_dist_is_the_square_of_dist,
    exp_of_zero_is_the_base_point,
    exp_belongs,
    exp_inverts_log,
    log_inverts_exp,
    log_is_tangent,
    norm_of_log_is_dist,
    geodesic_joins_its_end_points,
    geodesic_has_constant_speed,
    exp_is_injective_inside_the_injectivity_radius,
    christoffels_are_symmetric,
    christoffels_accelerate_geodesics,
    geodesic_equation_accelerates_geodesics,
    transport_is_an_isometry,
    transport_keeps_the_velocity,
    transport_is_undone_by_transport_back,
    transported_vector_is_tangent,
    curvature_is_skew_in_its_plane,
    first_bianchi_identity,
    curvature_turns_vectors,
    curvature_is_symmetric_in_pairs,
    curvature_is_tangent,
    riemann_tensor_gives_curvature,
    sectional_curvature_is_that_of_curvature,
    curvature_spreads_geodesics,
    sectional_curvature_spreads_geodesics,
    gradient_of_squared_dist_is_minus_two_log,
    cometric_matrix_gives_gradients,
)
"""Laws of a space."""

SYMMETRY_LAWS = (
    images_belong,
    images_of_vectors_are_tangent,
    tangent_is_the_derivative,
    isometry_keeps_inner_products,
    isometry_keeps_distances,
    isometry_commutes_with_exp,
    isometry_commutes_with_log,
    isometry_commutes_with_geodesics,
    isometry_commutes_with_transport,
)
"""Laws of a symmetry: a linear map that keeps a space and its metric."""

ISOMETRY_LAWS = (
    inverse_undoes_diffeo,
    diffeo_undoes_inverse,
    tangent_takes_either_point,
    inverse_tangent_undoes_tangent,
    *SYMMETRY_LAWS,
)
"""Laws of an isometry between two spaces."""

__all__ = [
    "ISOMETRY_LAWS",
    "LAWS",
    "SYMMETRY_LAWS",
    "christoffels_accelerate_geodesics",
    "christoffels_are_symmetric",
    "cometric_matrix_gives_gradients",
    "cometric_matrix_undoes_the_metric_matrix",
    "curvature_is_skew_in_its_plane",
    "curvature_is_symmetric_in_pairs",
    "curvature_is_tangent",
    "curvature_spreads_geodesics",
    "curvature_turns_vectors",
    "diffeo_undoes_inverse",
    "dist_is_symmetric",
    "dist_separates_points",
    "dist_vanishes_on_the_diagonal",
    "exp_belongs",
    "exp_inverts_log",
    "exp_is_injective_inside_the_injectivity_radius",
    "exp_of_zero_is_the_base_point",
    "first_bianchi_identity",
    "geodesic_equation_accelerates_geodesics",
    "geodesic_has_constant_speed",
    "geodesic_joins_its_end_points",
    "gradient_of_squared_dist_is_minus_two_log",
    "images_belong",
    "images_of_vectors_are_tangent",
    "inner_product_is_bilinear",
    "inner_product_is_positive",
    "inner_product_is_symmetric",
    "inverse_tangent_undoes_tangent",
    "inverse_undoes_diffeo",
    "isometry_commutes_with_exp",
    "isometry_commutes_with_geodesics",
    "isometry_commutes_with_log",
    "isometry_commutes_with_transport",
    "isometry_keeps_distances",
    "isometry_keeps_inner_products",
    "log_inverts_exp",
    "log_is_tangent",
    "metric_matrix_gives_inner_products",
    "norm_of_log_is_dist",
    "projection_belongs",
    "projection_is_idempotent",
    "projection_keeps_points",
    "random_point_belongs",
    "random_tangent_vec_is_tangent",
    "random_unit_tangent_vec_has_norm_one",
    "random_unit_tangent_vec_is_tangent",
    "riemann_tensor_gives_curvature",
    "sectional_curvature_is_that_of_curvature",
    "sectional_curvature_spreads_geodesics",
    "squared_dist_is_the_square_of_dist",
    "squared_norm_is_inner_product",
    "tangent_is_the_derivative",
    "tangent_takes_either_point",
    "to_tangent_is_idempotent",
    "to_tangent_is_tangent",
    "transport_is_an_isometry",
    "transport_is_undone_by_transport_back",
    "transport_keeps_the_velocity",
    "transported_vector_is_tangent",
    "triangle_inequality",
]
