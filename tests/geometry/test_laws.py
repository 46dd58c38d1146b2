"""The laws of fisher_manifold.testing on our spaces, for both array libraries."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fisher_manifold.testing import LAWS, check_manifold
from fisher_manifold.testing.sampling import random_points
from fisher_manifold.testing.strategies import KINDS, law_arguments

from .helpers import (
    DTYPES,
    LIBRARIES,
    SEQUENCES,
    SIMPLICES,
    SPACES,
    SPHERES,
    each_dtype,
    each_library,
    each_space,
    on_simplex,
)

# On the simplex a logarithm at a zero of p cannot point off the face.
NEED_DIRECTIONS_OFF_FACES = {
    "exp_inverts_log",
    "norm_of_log_is_dist",
    "transport_is_an_isometry",
    "transport_keeps_the_velocity",
    "transport_is_undone_by_transport_back",
    "gradient_of_squared_dist_is_minus_two_log",
    "cometric_matrix_gives_gradients",
    "curvature_spreads_geodesics",
    "sectional_curvature_spreads_geodesics",
    "random_unit_tangent_vec_has_norm_one",  # at a vertex no vector has
}

# Of 100 categories they do not fit in memory.
NEED_TENSORS = {
    "christoffels_are_symmetric",
    "christoffels_accelerate_geodesics",
    "geodesic_equation_accelerates_geodesics",
    "riemann_tensor_gives_curvature",
}

NEED_GRADIENTS = {
    "gradient_of_squared_dist_is_minus_two_log",
    "cometric_matrix_gives_gradients",
}


def kinds_for(law, space):
    if on_simplex(space) and law.__name__ in NEED_DIRECTIONS_OFF_FACES:
        return KINDS[:2]
    return KINDS


def assert_nothing_else_missing(space, report, expected):
    large = NEED_TENSORS if space.n_categories > 10 else set()
    assert {row.law for row in report.missing} <= expected | large


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@given(st.data())
def test_law(law, data):
    needs_torch = law.__name__ in NEED_GRADIENTS
    space = data.draw(st.sampled_from(SPACES))
    library = data.draw(st.sampled_from(LIBRARIES[needs_torch:]))
    dtype = data.draw(st.sampled_from(DTYPES))
    kinds = kinds_for(law, space)
    arguments = data.draw(law_arguments(law, space, library, dtype, kinds))
    if space.n_categories > 10:
        assume(law.__name__ not in NEED_TENSORS)
    deviation = law(space, **arguments)
    assert deviation.holds, f"error {deviation.error} > {deviation.tolerance}"


@each_space
@each_library
@each_dtype
def test_all_laws_near_the_boundary(space, library, dtype):
    points = random_points(space, (24,), 5, library, dtype, KINDS[:2])
    report = check_manifold(space, points=points)
    assert report.holds, str(report)
    assert_nothing_else_missing(space, report, NEED_GRADIENTS)


@pytest.mark.parametrize("space", [*SPHERES, SEQUENCES[1]], ids=repr)
@each_library
@each_dtype
def test_all_laws_on_faces_and_vertices_of_the_orthant(space, library, dtype):
    points = random_points(space, (24,), 6, library, dtype, KINDS)
    report = check_manifold(space, points=points)
    assert report.holds, str(report)


@pytest.mark.parametrize("space", [*SIMPLICES[1:], SEQUENCES[0]], ids=repr)
@each_library
@each_dtype
def test_all_laws_inside_a_face_of_the_simplex(space, library, dtype):
    on_face = np.asarray(random_points(space, (24,), 7, "numpy", "float64"))
    on_face[..., 1] = 0.0
    points = random_points(space, (1,), 7, library, dtype)
    points = type(points)(on_face) if library == "torch" else on_face.astype(dtype)
    points = space.projection(points)
    laws = [law for law in LAWS if law.__name__ not in NEED_GRADIENTS]
    report = check_manifold(space, points=points, laws=laws)
    assert report.holds, str(report)
    assert_nothing_else_missing(space, report, set())
