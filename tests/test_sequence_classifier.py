"""The small classifier of sequences: it learns, is seeded, and its Frechet distance."""

import numpy as np
import pytest
import scipy.linalg
import torch

from fisher_manifold import metrics


def rng(seed=0):
    return np.random.default_rng(seed)


def promoters(n, seed):
    """Sequences of two classes; those of "tata" have TATA somewhere from 5 to 8."""
    generator = rng(seed)
    labels = generator.integers(0, 4, (n, 24))
    classes = np.where(generator.random(n) < 0.5, "tata", "other")
    starts = generator.integers(5, 9, n)
    for row in np.flatnonzero(classes == "tata"):
        labels[row, starts[row] : starts[row] + 4] = [3, 0, 3, 0]
    return labels, classes


@pytest.fixture(scope="module")
def classifier():
    return metrics.train_sequence_classifier(
        *promoters(3000, 0), 4, steps=150, width=16, n_features=6
    )


def test_it_tells_unseen_sequences_apart(classifier):
    labels, classes = promoters(1000, 1)
    # Random sequences have the motif there with probability below 0.02.
    assert classifier.accuracy(labels, classes) > 0.9
    predicted = classifier.predict(labels)
    assert classifier.accuracy(labels, predicted) == 1
    assert set(predicted) == {"tata", "other"}
    assert classifier.accuracy(labels, np.roll(classes, 1)) < 0.6


def test_the_same_seed_gives_the_same_embeddings_and_leaves_torch_alone():
    labels, classes = promoters(60, 0)
    before = torch.get_rng_state()
    runs = [
        metrics.train_sequence_classifier(
            labels, classes, 4, steps=3, width=4, seed=seed
        ).transform(labels)
        for seed in (0, 0, 1)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert runs[0].shape == (60, 64) and runs[0].dtype == np.float64
    assert np.abs(runs[0] - runs[2]).max() > 0


def test_embeddings_do_not_depend_on_the_batch(classifier):
    labels = rng().integers(0, 4, (1500, 24))
    whole = classifier.transform(labels)
    for rows in (slice(0, 1), slice(1000, 1100)):
        np.testing.assert_allclose(
            classifier.transform(labels[rows]), whole[rows], atol=1e-5
        )


def test_frechet_distance_of_all_embeddings_is_that_of_sqrtm(classifier):
    a, b = (classifier.transform(promoters(n, n)[0]) for n in (400, 300))
    b = b[:, :] * 1.5
    a, b = a + rng(1).normal(size=a.shape), b + rng(2).normal(size=b.shape)
    covariances = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    expected += np.trace(covariances[0] + covariances[1] - 2 * root)
    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)


def test_the_distance_sees_a_lost_class(classifier):
    test = classifier.transform(promoters(800, 2)[0])
    labels, classes = promoters(800, 3)
    whole = metrics.frechet_distance(classifier.transform(labels), test)
    lost = classifier.transform(labels[classes == "other"])
    noise = classifier.transform(rng(4).integers(0, 4, (800, 24)))
    assert whole < metrics.frechet_distance(lost, test) / 10
    assert whole < metrics.frechet_distance(noise, test) / 10


@pytest.mark.parametrize("length", [1, 2, 7])
def test_short_sequences(length):
    labels = rng().integers(0, 3, (40, length))
    found = metrics.train_sequence_classifier(
        labels, labels[:, 0], 3, steps=2, width=4, n_features=5
    )
    assert found.transform(labels).shape == (40, 5)
    assert set(found.predict(labels)) <= {0, 1, 2}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (([[0, 1]] * 3, [1, 1, 1], 2), "classes must differ, got only 1"),
        (([[0, 1]] * 3, [1, 0], 2), r"classes must have shape \[3\]"),
        (([[0, 2]] * 2, [1, 0], 2), r"labels\[0, 1\] = 2"),
    ],
)
def test_training_refuses(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        metrics.train_sequence_classifier(*arguments)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        metrics.train_sequence_classifier([[0, 1]] * 2, [0, 1], 2, steps=0)


def test_other_sequences_are_refused(classifier):
    with pytest.raises(ValueError, match="must have 24 sites as in training, got 5"):
        classifier.transform(np.zeros((2, 5), int))
    with pytest.raises(ValueError, match=r"classes must have shape \[2\]"):
        classifier.accuracy(np.zeros((2, 24), int), ["tata"])
