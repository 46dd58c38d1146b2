"""SequenceManifold under geomstats' test cases of n-fold products."""

from geomstats.test_cases.geometry.nfold_manifold import (
    NFoldManifoldTestCase,
    NFoldMetricTestCase,
)

import fisher_manifold as fm

from .spaces import SpaceData, sequence
from .strict import StrictParametrizer


class TestSimplexSequence1(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.FisherRaoSimplex(1), 1, SpaceData)


class TestSimplexSequence2(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.FisherRaoSimplex(2), 3, SpaceData)


class TestSimplexSequence9(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.FisherRaoSimplex(9), 2, SpaceData)


class TestOrthantSequence1(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.PositiveHypersphere(1), 3, SpaceData)


class TestOrthantSequence2(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.PositiveHypersphere(2), 1, SpaceData)


class TestOrthantSequence9(NFoldManifoldTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.PositiveHypersphere(9), 2, SpaceData)


class TestSimplexSequenceMetric1(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.FisherRaoSimplex(1), 3)


class TestSimplexSequenceMetric2(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.FisherRaoSimplex(2), 1)


class TestSimplexSequenceMetric9(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.FisherRaoSimplex(9), 2)


class TestOrthantSequenceMetric1(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.PositiveHypersphere(1), 2)


class TestOrthantSequenceMetric2(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.PositiveHypersphere(2), 3)


class TestOrthantSequenceMetric9(NFoldMetricTestCase, metaclass=StrictParametrizer):
    testing_data = sequence(fm.PositiveHypersphere(9), 1)
