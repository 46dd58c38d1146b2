"""geomstats' own NFoldManifold and ProductManifold over our spaces."""

import pytest
from geomstats.test_cases.geometry.nfold_manifold import (
    NFoldManifoldTestCase,
    NFoldMetricTestCase,
)
from geomstats.test_cases.geometry.product_manifold import ProductManifoldTestCase
from geomstats.test_cases.geometry.riemannian_metric import RiemannianMetricTestCase

import fisher_manifold as fm

from .spaces import SpaceData, nfold, product
from .strict import StrictParametrizer

# geomstats' torch backend gives numpy a tensor where a product is split.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

STACKED = fm.FisherRaoSimplex(2), fm.PositiveHypersphere(2)
FLAT = fm.PositiveHypersphere(1), fm.FisherRaoSimplex(9)


class TestNFoldSimplex(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = nfold(fm.FisherRaoSimplex(2), 3, SpaceData)


class TestNFoldOrthant(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = nfold(fm.PositiveHypersphere(2), 3, SpaceData)


class TestNFoldSimplexMetric(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = nfold(fm.FisherRaoSimplex(2), 3)


class TestNFoldOrthantMetric(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = nfold(fm.PositiveHypersphere(2), 3)


class TestProductStacked(ProductManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = product(STACKED, SpaceData)


class TestProductFlat(ProductManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = product(FLAT, SpaceData)


class TestProductStackedMetric(RiemannianMetricTestCase, metaclass=StrictParametrizer):
    testing_data = product(STACKED)


class TestProductFlatMetric(RiemannianMetricTestCase, metaclass=StrictParametrizer):
    testing_data = product(FLAT)
