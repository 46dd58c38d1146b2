"""Our metrics against geomstats' metrics of the same manifolds, and one another."""

import pytest
from geomstats.geometry.nfold_manifold import NFoldManifold
from geomstats.information_geometry.categorical import CategoricalDistributions
from geomstats.test_cases.geometry.riemannian_metric import (
    RiemannianMetricComparisonTestCase,
)

import fisher_manifold as fm

from .references import pulled_back_simplex, round_sphere
from .spaces import sequence, simplex_metric, sphere_metric
from .strict import StrictParametrizer

# geomstats differentiates the constant metric matrix of its sphere.
pytestmark = pytest.mark.filterwarnings("ignore:Output seems independent of input")


def against(data, other_space, **attributes):
    """Data with the space to compare with."""
    data.attributes |= {"other_space": other_space} | attributes
    return data


class TestAgainstCategorical(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(simplex_metric(2), CategoricalDistributions(2))


class TestAgainstPullback1(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(simplex_metric(1), pulled_back_simplex(1))


class TestAgainstPullback9(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(simplex_metric(9), pulled_back_simplex(9))


class TestAgainstRoundSphere1(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(sphere_metric(1), round_sphere(1))


class TestAgainstRoundSphere9(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(sphere_metric(9), round_sphere(9))


class TestSimplexAgainstOrthant(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(
        simplex_metric(9), fm.PositiveHypersphere(9), diffeo=fm.SimplexToSphere()
    )


class TestSequenceAgainstNFold(
    RiemannianMetricComparisonTestCase, metaclass=StrictParametrizer
):
    testing_data = against(
        sequence(fm.FisherRaoSimplex(2), 3), NFoldManifold(fm.FisherRaoSimplex(2), 3)
    )
