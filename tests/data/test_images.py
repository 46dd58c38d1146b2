"""Digits: what they are, and that splits are stratified."""

import sys

import numpy as np
import pytest

from fisher_manifold.data import load_digits_labels


def test_digits_are_grey_levels():
    digits = load_digits_labels()
    assert digits.images.shape == (1797, 64)
    assert digits.images.dtype == digits.classes.dtype == np.int64
    assert (digits.images.min(), digits.images.max()) == (0, 16)
    assert digits.n_categories == 17
    assert digits.shape == (8, 8)
    assert np.unique(digits.classes).tolist() == list(range(10))


def test_rows_of_pixels_are_rows_of_the_image():
    from sklearn.datasets import load_digits

    digits = load_digits_labels()
    assert (digits.images.reshape(-1, *digits.shape) == load_digits().images).all()


@pytest.mark.parametrize("fraction", [0.5, 0.8])
def test_splits_are_partitions_with_equal_shares_of_each_class(fraction):
    digits = load_digits_labels()
    train, test = digits.split(seed=3, train_fraction=fraction)
    together = np.concatenate([train.images, test.images])
    assert sorted(together.tolist()) == sorted(digits.images.tolist())
    for part, share in [(train, fraction), (test, 1 - fraction)]:
        counts = np.bincount(part.classes)
        assert (abs(counts - share * np.bincount(digits.classes)) <= 0.5 + 1e-9).all()


def test_the_same_seed_gives_the_same_split():
    digits = load_digits_labels()
    first, second, other = (digits.split(seed)[0] for seed in (0, 0, 1))
    assert (first.images == second.images).all()
    assert (first.images != other.images).any()


@pytest.mark.parametrize("fraction", [0.0, 1.0, float("nan"), 1e-4])
def test_splits_leave_images_to_both_parts(fraction):
    with pytest.raises(ValueError, match="train_fraction"):
        load_digits_labels().split(train_fraction=fraction)


def test_a_missing_scikit_learn_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        load_digits_labels()
