"""Isometries and symmetries: ours, and geomstats' own; wrong ones are caught."""

import geomstats.backend as gs
import numpy as np
import pytest
from geomstats.geometry._hyperbolic import HyperbolicDiffeo
from geomstats.geometry.hyperboloid import Hyperboloid
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.poincare_ball import PoincareBall
from geomstats.geometry.poincare_half_space import PoincareHalfSpace
from geomstats.geometry.spd_matrices import (
    SPDLogEuclideanMetric,
    SPDMatrices,
    SymMatrixLog,
)
from geomstats.geometry.symmetric_matrices import SymmetricMatrices
from hypothesis import given
from hypothesis import strategies as st

import fisher_manifold as fm
from fisher_manifold.testing import (
    ISOMETRY_LAWS,
    SYMMETRY_LAWS,
    check_isometry,
    check_symmetry,
)
from fisher_manifold.testing.check import LinearAction
from fisher_manifold.testing.sampling import random_points
from fisher_manifold.testing.strategies import KINDS, law_arguments

from .helpers import DIMS, DTYPES, LIBRARIES, SPACES, each_dtype, each_library

DIFFEO = fm.SimplexToSphere()


@pytest.mark.parametrize("law", ISOMETRY_LAWS, ids=lambda law: law.__name__)
@given(st.data())
def test_simplex_and_sphere_are_isometric(law, data):
    dim = data.draw(st.sampled_from(DIMS))
    simplex, sphere = fm.FisherRaoSimplex(dim), fm.PositiveHypersphere(dim)
    library = data.draw(st.sampled_from(LIBRARIES))
    dtype = data.draw(st.sampled_from(DTYPES))
    arguments = data.draw(law_arguments(law, simplex, library, dtype, KINDS[:2]))
    deviation = law(DIFFEO, simplex, sphere, **arguments)
    assert deviation.holds, f"error {deviation.error} > {deviation.tolerance}"


@each_library
@each_dtype
@pytest.mark.parametrize("kinds", [KINDS[:1], KINDS[:2]], ids=["inside", "near"])
def test_report_on_the_isometry(library, dtype, kinds):
    simplex, sphere = fm.FisherRaoSimplex(9), fm.PositiveHypersphere(9)
    points = random_points(simplex, (12,), 3, library, dtype, kinds)
    report = check_isometry(DIFFEO, simplex, sphere, points=points)
    assert report.holds, str(report)
    assert not report.missing
    assert report.space.startswith("SimplexToSphere(): FisherRaoSimplex(dim=9) to")


def test_sequences_are_isometric_site_by_site():
    base = fm.FisherRaoSimplex(3), fm.PositiveHypersphere(3)
    report = check_isometry(DIFFEO, *(fm.SequenceManifold(b, 5) for b in base))
    assert report.holds, str(report)


@pytest.mark.parametrize("law", SYMMETRY_LAWS, ids=lambda law: law.__name__)
@given(st.data())
def test_categories_may_be_permuted(law, data):
    space = data.draw(st.sampled_from(SPACES))
    order = data.draw(st.permutations(range(space.n_categories)))
    action = LinearAction(lambda array: array[..., order])
    library = data.draw(st.sampled_from(LIBRARIES))
    dtype = data.draw(st.sampled_from(DTYPES))
    arguments = data.draw(law_arguments(law, space, library, dtype, KINDS[:2]))
    deviation = law(action, space, space, **arguments)
    assert deviation.holds, f"error {deviation.error} > {deviation.tolerance}"


@pytest.mark.parametrize("base", [fm.FisherRaoSimplex(2), fm.PositiveHypersphere(2)])
def test_sites_may_be_permuted(base):
    space = fm.SequenceManifold(base, 4)
    report = check_symmetry(space, lambda array: array[..., [2, 3, 1, 0], :])
    assert report.holds, str(report)


def test_our_orthant_is_not_the_whole_sphere():
    def mirror(array):
        return array * np.array([-1.0, 1.0, 1.0])

    space = fm.PositiveHypersphere(2)
    points = random_points(space, (6,), 0, "numpy")
    failing = {row.law for row in check_symmetry(space, mirror, points=points).failures}
    assert failing == {"images_belong"}


def rotation(dim, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(dim, dim))
    return gs.array(np.linalg.qr(matrix)[0])


def test_rotations_of_the_hypersphere():
    """All but the arc cosine's loss of digits at nearby points."""
    matrix = rotation(4)
    report = check_symmetry(Hypersphere(3), lambda array: array @ matrix)
    nearby = {"isometry_keeps_distances", "isometry_commutes_with_log"}
    others = {row.law for row in report.failures} - nearby
    assert not others - {"isometry_commutes_with_geodesics"}, str(report)
    report = check_symmetry(Hypersphere(3), lambda array: array @ (matrix + 0.01))
    assert report["images_belong"].holds is False
    assert report["isometry_keeps_inner_products"].holds is False


HYPERBOLIC = {
    "extrinsic": Hyperboloid(2),
    "ball": PoincareBall(2),
    "half-space": PoincareHalfSpace(2),
}
PAIRS = [(a, b) for a in HYPERBOLIC for b in HYPERBOLIC if a != b]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_models_of_the_hyperbolic_plane_are_isometric(source, target):
    """All but what the hyperboloid's arc cosine loses at nearby points."""
    spaces = HYPERBOLIC[source], HYPERBOLIC[target]
    report = check_isometry(HyperbolicDiffeo(source, target), *spaces)
    lossy = {"isometry_keeps_distances", "isometry_commutes_with_geodesics"}
    failing = {row.law for row in report.failures}
    assert failing <= (lossy if "extrinsic" in (source, target) else set()), str(report)
    assert all(row.note != "random pairs" for row in report.failures)
    assert len(report.rows) - len(report.missing) >= 12


class Stretched(HyperbolicDiffeo):
    """A diffeomorphism of the half plane, with its differentials, but no isometry."""

    def __init__(self):
        super().__init__("half-space", "half-space")

    def __call__(self, base_point):
        return base_point * gs.array([1.0, 1.5])

    def inverse(self, image_point):
        return image_point / gs.array([1.0, 1.5])

    def tangent(self, tangent_vec, base_point=None, image_point=None):
        return self(tangent_vec)

    def inverse_tangent(self, image_tangent_vec, image_point=None, base_point=None):
        return self.inverse(image_tangent_vec)


def test_diffeomorphisms_that_are_no_isometries_are_told_apart():
    plane = HYPERBOLIC["half-space"]
    report = check_isometry(Stretched(), plane, plane)
    failing = {row.law for row in report.failures}
    assert failing == {
        "isometry_keeps_inner_products",
        "isometry_keeps_distances",
        "isometry_commutes_with_exp",
        "isometry_commutes_with_log",
        "isometry_commutes_with_geodesics",
    }


def test_logarithm_of_log_euclidean_matrices():
    matrices, flat = SPDMatrices(3, equip=False), SymmetricMatrices(3)
    matrices.equip_with_metric(SPDLogEuclideanMetric)
    assert check_isometry(SymMatrixLog(), matrices, flat).holds
    affine = check_isometry(SymMatrixLog(), SPDMatrices(3), flat)
    assert affine["inverse_undoes_diffeo"].holds
    assert affine["isometry_keeps_distances"].holds is False


def test_congruences_of_affine_invariant_matrices():
    matrix = rotation(3) + 0.1 * gs.eye(3)
    report = check_symmetry(SPDMatrices(3), lambda array: matrix @ array @ matrix.T)
    assert report.holds, str(report)


def test_actions_do_not_know_their_inverse():
    action = LinearAction(lambda array: array)
    space = fm.FisherRaoSimplex(2)
    report = check_isometry(action, space, space)
    assert {row.law for row in report.missing} == {
        "inverse_undoes_diffeo",
        "diffeo_undoes_inverse",
        "inverse_tangent_undoes_tangent",
    }
    assert report.holds
