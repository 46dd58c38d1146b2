"""Every law of isometries and symmetries catches a map that breaks it."""

import functools

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold.testing import (
    ISOMETRY_LAWS,
    SYMMETRY_LAWS,
    check_isometry,
    check_symmetry,
    laws,
)
from fisher_manifold.testing.sampling import random_points

from .test_mutants import SPHERE, TANGENT_NOISE, scaled, shifted


class WrongMap(fm.SimplexToSphere):
    """The isometry of the simplex and the sphere, to be broken."""

    def image(self, point):
        return super().__call__(point)

    def __call__(self, base_point):
        return self.image(base_point)


def wrong_map(name, wrap):
    diffeo = WrongMap()
    setattr(diffeo, name, functools.partial(wrap, getattr(diffeo, name)))
    return diffeo


def bent(right, p):
    """A diffeomorphism, but no isometry."""
    root = right(p) * torch.tensor([1.0, 1.0, 1.0, 1.01])
    return root / root.norm(dim=-1, keepdim=True)


def one_sided(right, v, base_point=None, image_point=None):
    image = right(v, base_point=base_point, image_point=image_point)
    return image if image_point is None else 1.001 * image


def uneven_tangent(right, v, base_point=None, image_point=None):
    image = right(v, base_point=base_point, image_point=image_point)
    return image * (1.0 + 1e-3 * base_point[..., :1])


WRONG_MAPS = {
    laws.images_belong: ("image", scaled(1.001)),
    laws.images_of_vectors_are_tangent: ("tangent", shifted(TANGENT_NOISE)),
    laws.inverse_undoes_diffeo: ("inverse", scaled(1.001)),
    laws.diffeo_undoes_inverse: ("inverse", scaled(1.001)),
    laws.tangent_is_the_derivative: ("tangent", scaled(1.001)),
    laws.tangent_takes_either_point: ("tangent", one_sided),
    laws.inverse_tangent_undoes_tangent: ("inverse_tangent", scaled(1.001)),
    laws.isometry_keeps_inner_products: ("tangent", scaled(1.001)),
    laws.isometry_keeps_distances: ("image", bent),
    laws.isometry_commutes_with_exp: ("image", bent),
    laws.isometry_commutes_with_log: ("image", bent),
    laws.isometry_commutes_with_geodesics: ("image", bent),
    laws.isometry_commutes_with_transport: ("tangent", uneven_tangent),
}


@pytest.mark.parametrize("law", ISOMETRY_LAWS, ids=lambda law: law.__name__)
def test_law_of_isometries_catches_a_fault(law):
    simplex = fm.FisherRaoSimplex(3)
    points = random_points(simplex, (12,), 0, "torch", "float64")

    def judge(diffeo):
        given = {"points": points, "laws": [law]}
        return check_isometry(diffeo, simplex, SPHERE, **given).rows[0]

    assert judge(fm.SimplexToSphere()).holds
    row = judge(wrong_map(*WRONG_MAPS[law]))
    assert row.holds is False
    assert row.worst_error > row.tolerance, row.note


def test_wrong_symmetries_are_caught():
    simplex = fm.FisherRaoSimplex(3)
    mixing = torch.eye(4, dtype=torch.float64)
    mixing[:2, :2] = torch.tensor([[0.9, 0.1], [0.1, 0.9]], dtype=torch.float64)
    points = random_points(simplex, (12,), 0, "torch", "float64")

    def average(array):
        return array @ mixing

    failing = {
        row.law for row in check_symmetry(simplex, average, points=points).failures
    }
    still_true = {
        "images_belong",
        "images_of_vectors_are_tangent",
        "tangent_is_the_derivative",
    }
    assert failing == {law.__name__ for law in SYMMETRY_LAWS} - still_true
