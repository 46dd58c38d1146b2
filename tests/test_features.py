"""The Frechet distance against closed forms; the classifier on real digits."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from fisher_manifold.metrics import features

EPS = np.finfo(float).eps
LAWS = settings(derandomize=True, deadline=None, max_examples=100)


def rng(seed=0):
    return np.random.default_rng(seed)


# Frechet distance


def features_with(mean, root, n=9, seed=0):
    """Rows whose sample mean and covariance are exactly `mean` and root @ root.T."""
    dim = len(mean)
    white = rng(seed).normal(size=(max(n, dim + 1), dim))
    white = np.linalg.qr(white - white.mean(axis=0))[0] * math.sqrt(len(white) - 1)
    return mean + white @ np.transpose(root)


@pytest.mark.parametrize("seed", range(5))
def test_frechet_distance_of_commuting_gaussians(seed):
    generator = rng(seed)
    basis = np.linalg.qr(generator.normal(size=(4, 4)))[0]
    mean_a, mean_b = generator.normal(size=(2, 4))
    std_a, std_b = generator.exponential(size=(2, 4))
    std_a[0] = 0
    value = features.frechet_distance(
        features_with(mean_a, basis * std_a), features_with(mean_b, basis * std_b, 11)
    )
    expected = np.sum((mean_a - mean_b) ** 2) + np.sum((std_a - std_b) ** 2)
    assert value == pytest.approx(expected, rel=1e3 * EPS)


@pytest.mark.parametrize("seed", range(5))
def test_frechet_distance_against_the_matrix_square_root(seed):
    generator = rng(seed)
    a = generator.normal(size=(30, 6)) @ generator.normal(size=(6, 6))
    b = generator.normal(size=(25, 6)) @ generator.normal(size=(6, 6)) + 1
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2)
    expected += np.trace(cov_a + cov_b - 2 * root)
    assert features.frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert features.frechet_distance(b, a) == pytest.approx(expected, rel=1e-9)


@LAWS
@given(st.integers(0, 2**31), st.integers(2, 9), st.integers(2, 9), st.integers(1, 6))
def test_frechet_distance_of_any_rank(seed, n, m, dim):
    generator = rng(seed)
    a, b = generator.normal(size=(n, dim)), generator.normal(size=(m, dim))
    scale = np.var(a, axis=0).sum() + np.var(b, axis=0).sum() + dim
    distance = features.frechet_distance(a, b)
    assert distance > 0
    assert features.frechet_distance(b, a) == pytest.approx(distance, rel=1e-10)
    assert 0 <= features.frechet_distance(a, a) <= 1e3 * EPS * scale
    # The fidelity by eigenvalues only: tr (C^1/2 C' C^1/2)^1/2 = sum sqrt eig(C C').
    cov_a, cov_b = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    fidelity = np.sqrt(np.abs(np.linalg.eigvals(cov_a @ cov_b))).sum()
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2)
    expected += np.trace(cov_a) + np.trace(cov_b) - 2 * fidelity
    assert distance == pytest.approx(expected, abs=1e-6 * scale)


def test_frechet_distance_resolves_nearly_equal_covariances():
    root = np.diag([1.0, 2.0, 0.0])
    a = features_with(np.zeros(3), root)
    value = features.frechet_distance(a, a * (1 + 1e-7))
    assert value == pytest.approx(5e-14, rel=1e-5)


def test_frechet_distance_refuses():
    good = np.eye(3)
    with pytest.raises(ValueError, match="same dim, got 3 and 2"):
        features.frechet_distance(good, good[:, :2])
    with pytest.raises(ValueError, match=r"n >= 2 and dim >= 1, got \[1, 3\]"):
        features.frechet_distance(good, good[:1])
    with pytest.raises(ValueError, match=r"features_a\[1, 1\] = nan"):
        features.frechet_distance(np.diag([1.0, np.nan, 1.0]), good)


# The classifier


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    labels, classes = load_digits(return_X_y=True)
    return train_test_split(
        labels.astype(int), classes, test_size=0.5, random_state=0, stratify=classes
    )


@pytest.fixture(scope="module")
def classifier(digits):
    train, _, classes, _ = digits
    return features.ClassifierFeatures(17).fit(train, classes)


def test_classifier_reads_digits_it_has_not_seen(digits, classifier):
    _, test, _, classes = digits
    assert classifier.accuracy(test, classes) > 0.95
    assert classifier.accuracy(test, classes) == np.mean(
        classifier.predict(test) == classes
    )
    assert 0.95 < classifier.confidence(test) <= 1


def test_frechet_distance_of_features_orders_real_blurred_and_noise(digits, classifier):
    train, test, _, _ = digits
    damaged = test.copy()
    damaged[:, ::8] = rng().integers(0, 17, damaged[:, ::8].shape)
    noise = rng().integers(0, 17, test.shape)
    real = classifier.transform(train)
    floor, middle, ceiling = (
        features.frechet_distance(real, classifier.transform(labels))
        for labels in (test, damaged, noise)
    )
    assert 5 * floor < middle < ceiling / 2


@pytest.mark.parametrize("encoding", ["ordinal", "one-hot"])
def test_hidden_activations_give_the_predicted_probabilities(digits, encoding):
    train, test, classes, _ = digits
    model = features.ClassifierFeatures(17, encoding, random_state=3, n_hidden=16)
    hidden = model.fit(train[:300], classes[:300]).transform(test)
    assert hidden.shape == (len(test), 16)
    assert hidden.min() >= 0
    # The output layer applied to the hidden one must give back the classifier.
    logits = hidden @ model._network.coefs_[1] + model._network.intercepts_[1]
    probabilities = scipy.special.softmax(logits, axis=1)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), model.predict(test))
    confidence = probabilities.max(axis=1).mean()
    assert model.confidence(test) == pytest.approx(confidence, rel=1e-5)


def test_classifier_is_seeded(digits):
    train, test, classes, _ = digits
    models = [
        features.ClassifierFeatures(17, random_state=seed).fit(train, classes)
        for seed in (1, 1, 2)
    ]
    one, same, other = (model.transform(test) for model in models)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_one_hot_sees_categories_without_an_order():
    labels = rng().integers(0, 3, (300, 1))
    classes = np.where(labels[:, 0] == 1, "middle", "ends")
    model = features.ClassifierFeatures(3, "one-hot").fit(labels, classes)
    assert model.accuracy(labels, classes) == 1
    assert model.predict([[1], [2]]).tolist() == ["middle", "ends"]


def test_classifier_refuses(classifier):
    with pytest.raises(ValueError, match="encoding must be one of"):
        features.ClassifierFeatures(17, "binary")
    with pytest.raises(ValueError, match="n_categories must be at least 2"):
        features.ClassifierFeatures(1)
    model = features.ClassifierFeatures(3)
    with pytest.raises(ValueError, match="call fit"):
        model.transform([[0]])
    with pytest.raises(ValueError, match=r"labels\[0, 1\] = 3"):
        model.fit([[0, 3]], [0])
    with pytest.raises(ValueError, match=r"shape \[2\].*got \[3\]"):
        model.fit([[0], [1]], [0, 1, 1])
    with pytest.raises(ValueError, match="classes must differ"):
        model.fit([[0], [1]], [4, 4])
    with pytest.raises(ValueError, match="equal rows only"):
        model.fit([[1], [1]], [0, 1])
    with pytest.raises(ValueError, match="64 sites as in fit, got 2"):
        classifier.predict([[0, 1]])
