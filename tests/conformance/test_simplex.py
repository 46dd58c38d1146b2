"""FisherRaoSimplex and FisherRaoMetric under geomstats' multinomial test cases."""

from geomstats.test_cases.geometry.riemannian_metric import RiemannianMetricTestCase
from geomstats.test_cases.information_geometry import multinomial

from .mended import CategoricalTestCase
from .spaces import simplex, simplex_metric
from .strict import StrictParametrizer

# A newer geomstats may do without it: its metric is a pull-back.
MetricTestCase = getattr(
    multinomial, "MultinomialMetricTestCase", RiemannianMetricTestCase
)


class TestSimplex1(CategoricalTestCase, metaclass=StrictParametrizer):
    testing_data = simplex(1)


class TestSimplex2(CategoricalTestCase, metaclass=StrictParametrizer):
    testing_data = simplex(2)


class TestSimplex9(CategoricalTestCase, metaclass=StrictParametrizer):
    testing_data = simplex(9)


class TestFisherRaoMetric1(MetricTestCase, metaclass=StrictParametrizer):
    testing_data = simplex_metric(1)


class TestFisherRaoMetric2(MetricTestCase, metaclass=StrictParametrizer):
    testing_data = simplex_metric(2)


class TestFisherRaoMetric9(MetricTestCase, metaclass=StrictParametrizer):
    testing_data = simplex_metric(9)
