"""Splits: disjoint, complete, reproducible, and the file's own where it has one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fisher_manifold.data import SequenceTable, prepare, split_indices


def data_of(n, splits=None):
    rows = list(range(2, n + 2))
    return prepare(SequenceTable(["AC"] * n, None, rows, splits, "data.csv"))


@settings(derandomize=True, deadline=None)
@given(st.integers(10, 200), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 9))
def test_random_splits_are_partitions_of_the_sizes_asked_for(n, valid, test, seed):
    split = split_indices(
        data_of(n), valid, test, generator=np.random.default_rng(seed)
    )
    again = split_indices(
        data_of(n), valid, test, generator=np.random.default_rng(seed)
    )
    parts = [split.train, split.valid, split.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    assert len(split.valid) == (max(1, round(valid * n)) if valid else 0)
    assert len(split.test) == (max(1, round(test * n)) if test else 0)
    for part, same in zip(parts, [again.train, again.valid, again.test], strict=True):
        assert (part == same).all()
        assert (np.diff(part) > 0).all()


def test_the_seed_matters():
    data = data_of(100)
    one, two = (split_indices(data, generator=np.random.default_rng(k)) for k in (0, 1))
    assert one.valid.tolist() != two.valid.tolist()


def test_the_split_of_the_file_is_used():
    words = ["train", "test", "VAL", "validation", "valid", " Train "]
    split = split_indices(data_of(6, words))
    assert split.train.tolist() == [0, 5]
    assert split.valid.tolist() == [2, 3, 4]
    assert split.test.tolist() == [1]


def test_other_words_are_refused():
    with pytest.raises(
        ValueError, match="row 3: the column 'split' says 'dev', .*'test'"
    ):
        split_indices(data_of(3, ["train", "dev", "x"]))
    with pytest.raises(ValueError, match="leaves nothing for training"):
        split_indices(data_of(2, ["test", "valid"]))


def test_a_random_split_needs_a_generator_and_enough_data():
    with pytest.raises(ValueError, match="pass generator="):
        split_indices(data_of(10))
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="2 sequences are too few to set 1 aside"):
        split_indices(data_of(2), 0.1, 0.1, generator=generator)
    for shares in [(-0.1, 0.0), (0.5, 0.5), (float("nan"), 0.0)]:
        with pytest.raises(ValueError, match="must be shares"):
            split_indices(data_of(10), *shares, generator=generator)
