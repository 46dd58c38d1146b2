"""PositiveHypersphere and its metric under geomstats' test cases."""

from geomstats.test_cases.geometry.base import LevelSetTestCase
from geomstats.test_cases.geometry.riemannian_metric import RiemannianMetricTestCase

from .spaces import sphere, sphere_metric
from .strict import StrictParametrizer


class TestOrthant1(LevelSetTestCase, metaclass=StrictParametrizer):
    testing_data = sphere(1)


class TestOrthant2(LevelSetTestCase, metaclass=StrictParametrizer):
    testing_data = sphere(2)


class TestOrthant9(LevelSetTestCase, metaclass=StrictParametrizer):
    testing_data = sphere(9)


class TestOrthantMetric1(RiemannianMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sphere_metric(1)


class TestOrthantMetric2(RiemannianMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sphere_metric(2)


class TestOrthantMetric9(RiemannianMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sphere_metric(9)
