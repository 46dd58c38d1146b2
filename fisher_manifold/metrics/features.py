"""Features of a small classifier, and the Frechet distance between features."""

import numpy as np
from scipy.linalg import orthogonal_procrustes

from .._validation import check_integer, check_labels, check_rows

__all__ = ["ClassifierFeatures", "frechet_distance"]

_ENCODINGS = ("ordinal", "one-hot")


def frechet_distance(features_a, features_b):
    r"""Return the squared Frechet distance of two Gaussians fitted to features.

    .. math:: |\mu - \mu'|^2 + \mathrm{tr}(C + C' - 2 (C C')^{1/2})

    with the means and the unbiased covariances of the rows: the squared
    2-Wasserstein distance, the quantity known as FID. Any rank of the covariances
    is fine; the result is never negative, and 0 for identical features.

    Parameters
    ----------
    features_a : array-like, shape=[n, dim]
        At least two rows.
    features_b : array-like, shape=[m, dim]
        At least two rows.

    Returns
    -------
    distance : float
        In squared units of the features. The bias of small samples grows like
        dim / n: compare at equal sizes only.

    Raises
    ------
    ValueError
        If features have fewer than two rows, are not finite or differ in dim.

    References
    ----------
    .. [1] D. C. Dowson, B. V. Landau, "The Frechet distance between multivariate
       normal distributions", J. Multivariate Analysis 12 (1982), eq. 16.

    Examples
    --------
    In one dimension, the squared gap of the means and that of the standard deviations:
    here (5 - 0)^2 = 25 and (sqrt(18) - sqrt(2))^2 = 8.

    >>> round(frechet_distance([[-1.0], [1.0]], [[2.0], [8.0]]), 12)
    33.0
    """
    features_a = check_rows(features_a, "features_a", minimum=2)
    features_b = check_rows(features_b, "features_b", minimum=2)
    if features_a.shape[1] != features_b.shape[1]:
        raise ValueError(
            "features_a and features_b must have the same dim, "
            f"got {features_a.shape[1]} and {features_b.shape[1]}"
        )
    mean_gap = features_a.mean(axis=0) - features_b.mean(axis=0)
    root_a, root_b = _covariance_root(features_a), _covariance_root(features_b)
    # tr(C + C' - 2 (C C')^{1/2}) = min |A Q - B|^2 over rotations Q, for any roots
    # C = A A^T, C' = B B^T. Neither C nor a root of an eigenvalue that is 0 up to
    # rounding is formed, and nothing cancels (Bhatia, Jain & Lim 2019, theorem 1).
    rotation, _ = orthogonal_procrustes(root_a, root_b)
    return float(mean_gap @ mean_gap + np.sum((root_a @ rotation - root_b) ** 2))


def _covariance_root(features):
    """Return A, shape=[dim, dim], with A A^T the unbiased covariance of the rows."""
    n, dim = features.shape
    centred = features - features.mean(axis=0)
    upper = np.linalg.qr(centred, mode="r") / np.sqrt(n - 1)
    return np.pad(upper, ((0, dim - len(upper)), (0, 0))).T


class ClassifierFeatures:
    """A small neural classifier whose hidden layer serves as a feature space.

    A multilayer perceptron with one hidden layer (scikit-learn's `MLPClassifier`).
    Inputs are centred at every site and divided by one standard deviation common to
    all: with one per site, a site that hardly varies in the training data would
    dominate the features of any sample that varies there. Fit on training data only.

    Parameters
    ----------
    n_categories : int
        Categories of a site, at least 2.
    encoding : {"ordinal", "one-hot"}, optional
        "ordinal" feeds category / (n_categories - 1), for ordered categories such as
        grey levels; "one-hot" feeds indicators, for unordered ones such as letters.
    random_state : int, optional
        Seed of the initial weights and of the order of the batches.
    n_hidden : int, optional
        Width of the hidden layer.
    max_iter : int, optional
        Most passes over the training data.

    Raises
    ------
    ValueError
        If the encoding is none of the two, or a number is too small.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels, classes = rng.integers(0, 4, (200, 6)), np.arange(200) % 2
    >>> labels[:, 0] = 3 * classes  # the first site tells the classes apart
    >>> features = ClassifierFeatures(4, "one-hot", n_hidden=8).fit(labels, classes)
    >>> features.accuracy(labels, classes)
    1.0
    >>> features.transform(labels).shape
    (200, 8)
    """

    def __init__(
        self,
        n_categories,
        encoding="ordinal",
        random_state=0,
        n_hidden=64,
        max_iter=500,
    ):
        if encoding not in _ENCODINGS:
            raise ValueError(f"encoding must be one of {_ENCODINGS}, got {encoding!r}")
        self.n_categories = check_integer(n_categories, "n_categories", 2)
        self.encoding = encoding
        self.random_state = random_state
        self.n_hidden = check_integer(n_hidden, "n_hidden", 1)
        self.max_iter = check_integer(max_iter, "max_iter", 1)
        self._network = None

    def fit(self, labels, classes):
        """Fit the classifier and return it.

        Parameters
        ----------
        labels : array-like of int, shape=[n, length]
            Rows of categories.
        classes : array-like, shape=[n]
            Class of every row, at least two different ones.

        Returns
        -------
        self : ClassifierFeatures

        Raises
        ------
        ValueError
            If there is only one class, not one for each row, or all rows are equal.
        """
        from sklearn.neural_network import MLPClassifier

        labels = check_labels(labels, "labels", self.n_categories)
        classes = _check_classes(classes, len(labels))
        if len(np.unique(classes)) < 2:
            raise ValueError(f"classes must differ, got only {classes[0]!r}")
        inputs = self._encode(labels)
        mean, scale = inputs.mean(axis=0), np.sqrt(inputs.var(axis=0).mean())
        if scale == 0:
            raise ValueError("labels has equal rows only; nothing tells classes apart")
        network = MLPClassifier(
            hidden_layer_sizes=(self.n_hidden,),
            learning_rate_init=3e-3,
            max_iter=self.max_iter,
            random_state=self.random_state,
        )
        self._network = network.fit((inputs - mean) / scale, classes)
        self._length, self._mean, self._scale = labels.shape[1], mean, scale
        return self

    def transform(self, labels):
        """Return the hidden activations, shape=[n, n_hidden], of labels [n, length].

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Rows of categories.

        Returns
        -------
        features : array, shape=[n, n_hidden]
            Activations, not negative.
        """
        inputs = self._inputs(labels)
        weights, bias = self._network.coefs_[0], self._network.intercepts_[0]
        return np.maximum(inputs @ weights + bias, 0)

    def predict(self, labels):
        """Return the most probable class, shape=[n], of labels [n, length].

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Rows of categories.

        Returns
        -------
        classes : array, shape=[n,]
            Predicted classes.
        """
        inputs = self._inputs(labels)
        return self._network.predict(inputs)

    def confidence(self, labels):
        """Return the mean probability, 0 to 1, of the most probable class.

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Rows of categories.

        Returns
        -------
        confidence : float
            Mean over the rows.
        """
        inputs = self._inputs(labels)
        return float(self._network.predict_proba(inputs).max(axis=1).mean())

    def accuracy(self, labels, classes):
        """Return the share of labels [n, length] predicted to be in classes [n].

        Parameters
        ----------
        labels : array-like of integers, shape=[n, length]
            Rows of categories.
        classes : array-like, shape=[n,]
            True classes.

        Returns
        -------
        accuracy : float
            Between 0 and 1.
        """
        predicted = self.predict(labels)
        return float(np.mean(predicted == _check_classes(classes, len(predicted))))

    def _inputs(self, labels):
        if self._network is None:
            raise ValueError("the classifier is not fitted; call fit(labels, classes)")
        labels = check_labels(labels, "labels", self.n_categories)
        if labels.shape[1] != self._length:
            raise ValueError(
                f"labels must have {self._length} sites as in fit, "
                f"got {labels.shape[1]}"
            )
        return (self._encode(labels) - self._mean) / self._scale

    def _encode(self, labels):
        if self.encoding == "ordinal":
            return (labels / (self.n_categories - 1)).astype(np.float32)
        indicators = np.eye(self.n_categories, dtype=np.float32)[labels]
        return indicators.reshape(len(labels), -1)


def _check_classes(classes, n_rows):
    classes = np.asarray(classes)
    if classes.shape != (n_rows,):
        raise ValueError(
            f"classes must have shape [{n_rows}], one for each row of labels, "
            f"got {list(classes.shape)}"
        )
    return classes
