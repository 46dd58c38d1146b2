"""check_manifold and the strategies: what holds, what fails, what is missing."""

import dataclasses
import pathlib
import re

import geomstats.backend as gs
import numpy as np
import pytest
import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.spd_matrices import SPDMatrices
from hypothesis import given

import fisher_manifold as fm
from fisher_manifold.testing import LAWS, check_manifold, laws, strategies
from fisher_manifold.testing.arrays import seeded, to_numpy
from fisher_manifold.testing.sampling import random_points

from .helpers import (
    SIMPLICES,
    SMALL_SPACES,
    array,
    assert_of,
    each_dtype,
    each_library,
    each_small_space,
    each_space,
)

NEED_GRADIENTS = [
    "gradient_of_squared_dist_is_minus_two_log",
    "cometric_matrix_gives_gradients",
]


# geomstats draws a random ambient vector and makes its norm 1.
NOT_TANGENT = ["random_unit_tangent_vec_is_tangent"]


class WithMetric(fm.PositiveHypersphere):
    """An orthant whose metric is to be broken."""

    def __init__(self, metric):
        super().__init__(2, equip=False)
        self.equip_with_metric(metric)


class ArccosMetric(fm.PositiveHypersphereMetric):
    def dist(self, point_a, point_b):
        product = np.clip((point_a * point_b).sum(-1), -1.0, 1.0)
        return 2.0 * np.arccos(product)


class ProjectedTransportMetric(fm.PositiveHypersphereMetric):
    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        return self._space.to_tangent(tangent_vec, end_point)


class RaisingMetric(fm.PositiveHypersphereMetric):
    def log(self, point, base_point):
        raise NotImplementedError("no log")

    def exp(self, tangent_vec, base_point):
        raise RuntimeError("solver\ndiverged")

    def dist(self, point_a, point_b):
        return np.nan * (point_a * point_b).sum(-1)


@each_space
def test_our_spaces_obey_all_laws(space):
    report = check_manifold(space)
    assert report.holds, str(report)
    if space.n_categories <= 10:
        numpy = gs.__name__.endswith("numpy")
        assert [row.law for row in report.missing] == (NEED_GRADIENTS if numpy else [])
    assert [row.law for row in report.rows] == [law.__name__ for law in LAWS]


@each_small_space
@each_library
@each_dtype
def test_points_decide_library_and_dtype(space, library, dtype):
    points = random_points(space, (5,), 0, library, dtype)
    assert_of(points, library, dtype)
    report = check_manifold(space, points=points)
    assert report.holds
    row = report["exp_inverts_log"]
    assert row.tolerance > np.finfo(dtype).eps
    assert row.example["point_a"].dtype == dtype
    # Gradients need torch tensors, or geomstats' autograd backend.
    differentiable = library == "torch" or gs.__name__.endswith("autograd")
    assert bool(report.missing) != differentiable


@pytest.mark.parametrize("space", [Euclidean(3), SPDMatrices(2)])
def test_spaces_of_geomstats_that_obey_the_laws(space):
    """All but what torch cannot differentiate at coincident points."""
    report = check_manifold(space, n_samples=4)
    assert {row.law for row in report.failures} <= set(NEED_GRADIENTS + NOT_TANGENT), (
        str(report)
    )
    assert report["exp_inverts_log"].holds


def test_arccos_of_geomstats_sphere_is_found_out():
    report = check_manifold(Hypersphere(2))
    assert not report.holds
    row = report["dist_separates_points"]
    assert row.holds is False
    assert row.note == "nearby pairs"
    difference = row.example["point_a"] - row.example["point_b"]
    assert row.worst_error == pytest.approx(np.linalg.norm(difference))
    assert report["inner_product_is_bilinear"].holds


def test_failing_examples_reproduce_the_failure():
    space = WithMetric(ArccosMetric)
    points = random_points(space, (12,), 0, "numpy")
    row = check_manifold(space, points=points)["dist_vanishes_on_the_diagonal"]
    assert row.holds is False
    deviation = laws.dist_vanishes_on_the_diagonal(space, **row.example)
    assert not deviation.holds
    assert deviation.error == row.worst_error


def test_projection_is_not_parallel_transport():
    space = WithMetric(ProjectedTransportMetric)
    points = random_points(space, (12,), 0, "numpy")
    report = check_manifold(space, points=points)
    failing = {row.law for row in report.failures}
    assert failing == {
        "transport_is_an_isometry",
        "transport_keeps_the_velocity",
        "transport_is_undone_by_transport_back",
    }


def test_missing_and_raising_methods_are_told_apart():
    space = WithMetric(RaisingMetric)
    points = random_points(space, (6,), 0, "numpy")
    report = check_manifold(space, points=points)
    missing = report["exp_inverts_log"]
    assert missing.holds is None
    assert missing.note == "no log"
    raising = report["exp_of_zero_is_the_base_point"]
    assert raising.holds is False
    assert raising.note == "random pairs: RuntimeError: solver diverged"
    assert raising.example["base_point"].shape == (6, 3)
    assert "base_point = array of shape [6, 3]" in str(report)
    assert report["dist_vanishes_on_the_diagonal"].holds is False
    assert np.isnan(report["dist_vanishes_on_the_diagonal"].worst_error)


def test_spaces_without_metric_or_points_do_not_crash():
    report = check_manifold(fm.FisherRaoSimplex(2, equip=False))
    assert report.holds
    assert report["to_tangent_is_idempotent"].holds
    assert report["dist_is_symmetric"].holds is None
    report = check_manifold(object())
    assert not report.holds
    assert "random_point" in report.rows[0].note


def test_report_is_a_frozen_table():
    report = check_manifold(fm.FisherRaoSimplex(2))
    text = str(report)
    assert text.startswith("FisherRaoSimplex(dim=2): 4")
    assert "laws hold, 0 fail" in text
    assert all(row.statement in text for row in report.rows)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.rows = ()
    with pytest.raises(KeyError, match="no law 'gravity'"):
        report["gravity"]
    failing = str(check_manifold(Hypersphere(2)))
    assert "dist_separates_points fails (nearby pairs) for\n  point_a = [" in failing


def test_reports_depend_on_the_seed_alone():
    space = Hypersphere(2)
    one, again = (check_manifold(space, seed=1) for _ in range(2))
    assert str(one) == str(again)
    assert str(one) != str(check_manifold(space, seed=2))


def test_slack_widens_tolerances():
    tight = check_manifold(fm.FisherRaoSimplex(2), slack=1e-6)
    assert not tight.holds
    name = "exp_inverts_log"
    loose = check_manifold(fm.FisherRaoSimplex(2), slack=1e6)[name]
    assert loose.tolerance == pytest.approx(1e12 * tight[name].tolerance, rel=0.5)


def test_laws_can_be_chosen():
    report = check_manifold(Hypersphere(2), laws=[laws.inner_product_is_symmetric])
    assert [row.law for row in report.rows] == ["inner_product_is_symmetric"]
    assert report.holds


def test_seeded_restores_the_global_generators():
    torch.manual_seed(5)
    numpy_state = np.random.get_state()[1].copy()  # noqa: NPY002 (must not change)
    torch_state = torch.get_rng_state()
    with seeded(1):
        first = (np.random.rand(), float(torch.rand(())))  # noqa: NPY002
    with seeded(1):
        assert first == (np.random.rand(), float(torch.rand(())))  # noqa: NPY002
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)


@each_small_space
@each_library
@each_dtype
def test_strategies_for_our_spaces(space, library, dtype):
    @given(
        strategies.points(space, library, dtype, batch_shape=(2, 3)),
        strategies.tangent_vectors(space, library, dtype, max_norm=0.5),
        strategies.nearby_pairs(space, library, dtype, separations=(1e-3,)),
    )
    def check(points, vector, pair):
        assert tuple(points.shape) == (2, 3, *space.shape)
        assert_of(points, library, dtype)
        assert space.belongs(points).all()
        tangent_vec, base_point = vector
        assert_of(tangent_vec, library, dtype)
        assert space.is_tangent(tangent_vec, base_point)
        assert float(space.metric.norm(tangent_vec, base_point)) < 0.501
        assert all(space.belongs(point) for point in pair)
        assert float(space.metric.dist(*pair)) < 1.001e-3

    check()


def test_strategies_reach_every_kind_of_point():
    seen = set()

    @given(strategies.points(SIMPLICES[1], "numpy", "float64"))
    def collect(point):
        n_zeros, lowest = (point == 0).sum(), point[point > 0].min()
        kind = ("near" if lowest < 1e-6 else "inside") if n_zeros == 0 else n_zeros
        seen.add(kind)

    collect()
    assert seen >= {"inside", "near", 1, 2}


@given(strategies.tangent_vectors(Hypersphere(2), batch_shape=(4,)))
def test_strategies_for_spaces_of_geomstats(vector):
    tangent_vec, base_point = vector
    space = Hypersphere(2)
    assert tuple(base_point.shape) == (4, 3)
    assert bool(space.belongs(base_point, atol=1e-12).all())
    assert bool(space.is_tangent(tangent_vec, base_point, atol=1e-12).all())


def test_unknown_choices_are_refused():
    space = SMALL_SPACES[0]
    with pytest.raises(ValueError, match="expected library 'numpy' or 'torch'"):
        random_points(space, (), 0, "jax")
    with pytest.raises(ValueError, match="expected kinds among"):
        random_points(space, (), 0, kinds=("exterior",))
    assert to_numpy(array([1.0], "numpy")).dtype == float


@pytest.mark.skipif(not gs.__name__.endswith("numpy"), reason="they are for numpy")
def test_examples_of_the_documentation():
    text = (pathlib.Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    blocks = re.findall("```python\n(.*?)```", text.split("## What fails")[0], re.S)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, {"__name__": "example"})
