"""The conformance suite can fail, and nothing of it vanishes silently."""

import inspect
import subprocess
import sys
import warnings

import geomstats.backend as gs
import numpy as np
import pytest
from geomstats.information_geometry.categorical import CategoricalMetric
from geomstats.test import test_case

from . import (
    test_comparison,
    test_diffeo,
    test_products,
    test_sequences,
    test_simplex,
    test_sphere,
)
from .deselected import DESELECTED
from .generators import InteriorGenerator
from .strict import StrictData, StrictParametrizer, deselected, upstream_tests

MODULES = (
    *(test_comparison, test_diffeo, test_products, test_sequences, test_simplex),
    test_sphere,
)
CLASSES = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, StrictParametrizer)
}
# The development head, which bears the same version, pulls the metric back instead.
RELEASED_WHEEL = hasattr(CategoricalMetric, "tangent_simplex_to_sphere")
WITHHELD = [name for name, made in CLASSES.items() if made.withheld]
# Tests of each class with the released wheel of geomstats 2.8.0, at least.
COLLECTED = {
    "TestSimplex1": 33,
    "TestSimplex2": 33,
    "TestSimplex9": 33,
    "TestFisherRaoMetric1": 100,
    "TestFisherRaoMetric2": 103,
    "TestFisherRaoMetric9": 103,
    "TestOrthant1": 25,
    "TestOrthant2": 25,
    "TestOrthant9": 25,
    "TestOrthantMetric1": 83,
    "TestOrthantMetric2": 85,
    "TestOrthantMetric9": 85,
    "TestSimplexSequence1": 19,
    "TestSimplexSequence2": 19,
    "TestSimplexSequence9": 19,
    "TestOrthantSequence1": 19,
    "TestOrthantSequence2": 19,
    "TestOrthantSequence9": 19,
    "TestSimplexSequenceMetric1": 84,
    "TestSimplexSequenceMetric2": 84,
    "TestSimplexSequenceMetric9": 84,
    "TestOrthantSequenceMetric1": 84,
    "TestOrthantSequenceMetric2": 84,
    "TestOrthantSequenceMetric9": 84,
    "TestNFoldSimplex": 18,
    "TestNFoldOrthant": 18,
    "TestNFoldSimplexMetric": 42,
    "TestNFoldOrthantMetric": 42,
    "TestProductStacked": 16,
    "TestProductFlat": 16,
    "TestProductStackedMetric": 43,
    "TestProductFlatMetric": 42,
    "TestSimplexToSphere1": 18,
    "TestSimplexToSphere2": 18,
    "TestSimplexToSphere9": 18,
    "TestAgainstSquareRoot1": 4,
    "TestAgainstSquareRoot9": 4,
    "TestAgainstCategorical": 22,
    "TestAgainstPullback1": 24,
    "TestAgainstPullback9": 30,
    "TestAgainstRoundSphere1": 32,
    "TestAgainstRoundSphere9": 38,
    "TestSimplexAgainstOrthant": 30,
    "TestSequenceAgainstNFold": 22,
}


class MissingData(test_case.TestCase):
    """Case with a test that our data do not know."""

    def test_unheard_of(self, unknown, expected, atol):
        raise AssertionError("never reached")


class OnlyNaN(test_case.TestCase):
    """Case whose results are NaN."""

    def test_nan(self, n_points):
        self.assertAllClose(gs.array([np.nan]), gs.array([np.nan]))


@pytest.mark.parametrize("name", CLASSES)
def test_every_test_of_a_class_runs_or_is_listed(name):
    made = CLASSES[name]
    assert len(made.active) >= (COLLECTED[name] if RELEASED_WHEEL else 1)
    upstream = {test for test in upstream_tests(made.__bases__)}
    assert upstream <= {*made.active, *made.withheld}
    for test in made.active:
        marks = [mark.name for mark in getattr(made, test).pytestmark]
        assert not {"ignore", "skip", "xfail"} & set(marks), test


def test_every_class_is_counted():
    assert CLASSES.keys() == COLLECTED.keys()


def test_test_without_data_fails():
    class Made(MissingData, metaclass=StrictParametrizer):
        testing_data = StrictData({})

    with pytest.raises(pytest.fail.Exception, match="test_unheard_of has no data"):
        Made().test_unheard_of()


def test_nan_is_not_close_to_nan():
    class Made(OnlyNaN, metaclass=StrictParametrizer):
        testing_data = StrictData({})

    with pytest.raises(AssertionError, match="a result is NaN"):
        Made().test_nan(1)


@pytest.mark.parametrize("name", WITHHELD)
def test_deselected_tests_do_fail(name):
    """A test that passes is deselected in vain."""
    if not test_case.np_backend():
        return  # geomstats' torch comparison broadcasts, its autodiff takes minutes
    made = CLASSES[name]
    passed = [test for test, run in made.withheld.items() if _passes(made(), run)]
    assert not passed


def _passes(instance, run):
    instance.setup_method()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run(instance)
        except Exception:
            return False
    return True


def test_no_pattern_is_stale():
    used = {
        deselected(name, test)
        for name, made in CLASSES.items()
        for test in made.withheld
    }
    assert used == set(DESELECTED)


def test_broken_methods_fail_the_suite():
    """A missing, a skipping and a wrong method, in a process of their own."""
    program = inspect.cleandoc(
        """
        import sys, pytest, fisher_manifold as fm

        class Broken(fm.FisherRaoMetric):
            def injectivity_radius(self, base_point=None):
                raise NotImplementedError
            def diameter(self, points):
                pytest.skip("not today")
            def scalar_curvature(self, base_point):
                return 0.9 * super().scalar_curvature(base_point)

        fm.FisherRaoSimplex.default_metric = staticmethod(lambda: Broken)
        tests = ["injectivity_radius", "diameter", "scalar_curvature"]
        case = sys.argv[1] + "::TestFisherRaoMetric2::test_"
        options = ["-n0", "-q", "-p", "no:cacheprovider"]
        sys.exit(pytest.main([*options, *(case + test for test in tests)]))
        """
    )
    command = [sys.executable, "-c", program, test_simplex.__file__]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("5 failed in"), done.stdout


def test_points_of_generators_are_inside():
    """The generators' vectors end inside: distance to the wall, in plain numpy."""
    generator = InteriorGenerator(test_sphere.TestOrthantMetric9.space)
    point = generator.random_point(50)
    vector = generator.random_tangent_vec(point)
    length = np.linalg.norm(np.asarray(vector), axis=-1)
    assert (length < np.arcsin(np.asarray(point).min(-1))).all()
    assert (length > 0.2 * np.arcsin(np.asarray(point).min(-1))).all()
