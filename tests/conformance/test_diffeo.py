"""SimplexToSphere under geomstats' test cases of diffeomorphisms."""

from geomstats.test_cases.geometry.diffeo import (
    DiffeoComparisonTestCase,
    DiffeoTestCase,
)

from .spaces import diffeo
from .strict import StrictParametrizer


class TestSimplexToSphere1(DiffeoTestCase, metaclass=StrictParametrizer):
    testing_data = diffeo(1)


class TestSimplexToSphere2(DiffeoTestCase, metaclass=StrictParametrizer):
    testing_data = diffeo(2)


class TestSimplexToSphere9(DiffeoTestCase, metaclass=StrictParametrizer):
    testing_data = diffeo(9)


class TestAgainstSquareRoot1(DiffeoComparisonTestCase, metaclass=StrictParametrizer):
    testing_data = diffeo(1)


class TestAgainstSquareRoot9(DiffeoComparisonTestCase, metaclass=StrictParametrizer):
    testing_data = diffeo(9)
