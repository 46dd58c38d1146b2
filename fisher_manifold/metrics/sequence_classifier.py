"""A small convolutional classifier of sequences, whose embeddings are compared.

Its embeddings are to `frechet_distance` what those of the enhancer classifiers of the
papers on DNA are to their FBD; it is trained here, on the training part, in seconds.
`ClassifierFeatures` is its like for images as small as digits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._validation import check_integer, check_labels

__all__ = ["SequenceClassifier", "train_sequence_classifier"]

_SEGMENTS = 8
_KERNEL = 9
_BATCH = 1024


@dataclass(frozen=True, eq=False)
class SequenceClassifier:
    """A trained classifier of sequences.

    Attributes
    ----------
    network : torch.nn.Sequential
        One-hot sequences [n, n_categories, length] to scores [n, n_classes]; its last
        layer is the only one above the embedding.
    classes : array, shape=[n_classes]
        The classes in the order of the scores.
    n_categories : int
        Categories of a site.
    length : int
        Sites of a sequence.

    Examples
    --------
    One made by hand, whose embedding is the share of each letter; its class is the
    letter with the largest (`train_sequence_classifier` trains one):

    >>> from torch import nn
    >>> network = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Identity())
    >>> classifier = SequenceClassifier(network, np.array(["A", "C"]), 2, length=4)
    >>> classifier.transform([[0, 0, 0, 1], [1, 1, 1, 1]])
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    >>> classifier.accuracy([[0, 0, 0, 1], [1, 1, 1, 1]], ["A", "A"])
    0.5
    """

    network: Any
    classes: np.ndarray
    n_categories: int
    length: int

    def transform(self, labels):
        """Return embeddings of sequences.

        Parameters
        ----------
        labels : array-like of int, shape=[n, length]
            Rows of categories.

        Returns
        -------
        embeddings : array of float64, shape=[n, n_features]
            Activations of the last hidden layer.
        """
        return self._outputs(labels, self.network[:-1])

    def predict(self, labels):
        """Return the most probable classes, shape=[n].

        Parameters
        ----------
        labels : array-like of int, shape=[n, length]
            Rows of categories.

        Returns
        -------
        classes : array, shape=[n]
        """
        return self.classes[self._outputs(labels, self.network).argmax(axis=1)]

    def accuracy(self, labels, classes):
        """Return the share of sequences whose predicted class is the given one.

        Parameters
        ----------
        labels : array-like of int, shape=[n, length]
            Rows of categories.
        classes : array-like, shape=[n]
            True classes, or those asked of a conditional model.

        Returns
        -------
        accuracy : float
            0 to 1.
        """
        predicted = self.predict(labels)
        return float(np.mean(predicted == _check_classes(classes, len(predicted))))

    def _outputs(self, labels, network):
        import torch

        labels = check_labels(labels, "labels", self.n_categories)
        if labels.shape[1] != self.length:
            raise ValueError(
                f"labels must have {self.length} sites as in training, "
                f"got {labels.shape[1]}"
            )
        with torch.no_grad():
            parts = [
                network(_one_hot(labels[i : i + _BATCH], self.n_categories))
                for i in range(0, len(labels), _BATCH)
            ]
        return torch.cat(parts).numpy().astype(np.float64)


def train_sequence_classifier(
    labels,
    classes,
    n_categories,
    *,
    steps=400,
    batch_size=128,
    width=32,
    n_features=64,
    learning_rate=3e-3,
    seed=0,
):
    """Train a small convolutional network to tell the classes of sequences apart.

    Two convolutions over 9 sites, means over 8 stretches of the sequence, a hidden
    layer (the embedding) and scores; cross-entropy, Adam with a rate that falls to 0.
    Train it on the training part only.  No generator of random numbers is touched
    outside, and the same seed gives the same network.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.
    classes : array-like, shape=[n]
        Class of every sequence, at least two different ones.  Where data have none,
        real sequences against those of a Markov chain serve.
    n_categories : int
        Categories of a site.
    steps, batch_size : int, optional
        Training steps, and sequences in each.
    width : int, optional
        Channels of the convolutions.
    n_features : int, optional
        Size of the embedding.
    learning_rate : float, optional
        Highest rate of Adam.
    seed : int, optional
        Of the initial weights and of the batches.

    Returns
    -------
    classifier : SequenceClassifier

    Raises
    ------
    ValueError
        If there is only one class, or not one for each sequence.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels, classes = rng.integers(0, 4, (400, 20)), np.arange(400) % 2
    >>> labels[classes == 1, 5:10] = 3
    >>> found = train_sequence_classifier(labels, classes, 4, steps=30, width=16)
    >>> found.accuracy(labels, classes) > 0.95
    True
    >>> found.transform(labels).shape
    (400, 64)
    """
    import torch

    n_categories = check_integer(n_categories, "n_categories", 2)
    labels = check_labels(labels, "labels", n_categories)
    steps, batch_size, width, n_features = (
        check_integer(value, name, 1)
        for value, name in (
            *((steps, "steps"), (batch_size, "batch_size")),
            *((width, "width"), (n_features, "n_features")),
        )
    )
    names, targets = np.unique(
        _check_classes(classes, len(labels)), return_inverse=True
    )
    if len(names) < 2:
        raise ValueError(f"classes must differ, got only {names[0]}")
    with torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(seed)
        network = _make_network(n_categories, len(names), width, n_features)
    optimiser = torch.optim.Adam(network.parameters(), learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    generator = np.random.default_rng(seed)
    for _ in range(steps):
        rows = generator.integers(len(labels), size=batch_size)
        scores = network(_one_hot(labels[rows], n_categories))
        loss = torch.nn.functional.cross_entropy(scores, torch.as_tensor(targets[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return SequenceClassifier(network.eval(), names, n_categories, labels.shape[1])


def _make_network(n_categories, n_classes, width, n_features):
    from torch import nn

    return nn.Sequential(
        nn.Conv1d(n_categories, width, _KERNEL, padding="same"),
        nn.ReLU(),
        nn.MaxPool1d(2, ceil_mode=True),
        nn.Conv1d(width, width, _KERNEL, padding="same"),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(_SEGMENTS),
        nn.Flatten(),
        nn.Linear(_SEGMENTS * width, n_features),
        nn.ReLU(),
        nn.Linear(n_features, n_classes),
    ).float()


def _one_hot(labels, n_categories):
    """Return indicators in float32, shape=[n, n_categories, length]."""
    import torch

    indicators = np.eye(n_categories, dtype=np.float32)[labels]
    return torch.from_numpy(np.ascontiguousarray(indicators.transpose(0, 2, 1)))


def _check_classes(classes, n_rows):
    classes = np.asarray(classes)
    if classes.shape != (n_rows,):
        raise ValueError(
            f"classes must have shape [{n_rows}], one for each sequence, got "
            f"{list(classes.shape)}"
        )
    return classes
