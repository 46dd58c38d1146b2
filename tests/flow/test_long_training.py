"""A short version of tests/benchmarks/long_training.py."""

import math

import pytest
from watched_training import DTYPES, train


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["posterior", "velocity"])
def test_training_is_finite_and_nothing_is_clamped(kind, dtype):
    _, watch = train(kind, dtype, 200)
    assert watch.steps == 200
    assert watch.raised == 0
    assert 0 < watch.largest_gradient < math.inf
