"""Checks that the metrics and plots make once, where data enter."""

import operator

import numpy as np

__all__ = [
    "check_curve",
    "check_images",
    "check_integer",
    "check_labels",
    "check_probabilities",
    "check_rows",
    "check_three",
    "check_two",
    "check_unit_vectors",
]

_SUM_TOLERANCE = 1e-5
_UNIT_TOLERANCE = 1e-4


def check_integer(value, name, minimum):
    """Return `value` as an int, or raise where it is not one or is too small."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be an integer, got {type(value).__name__}: {value!r}"
        ) from None
    if number < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {number}")
    return number


def check_labels(labels, name, n_categories=None):
    """Return `labels` as an integer array of shape [n, length], n and length >= 1.

    Parameters
    ----------
    labels : array-like, shape=[n, length]
        Category of every site, 0 to n_categories - 1.
    name : str
        Name of the argument, for the error.
    n_categories : int, optional
        Without it, any category from 0 up is accepted.

    Returns
    -------
    labels : int array, shape=[n, length]
        As a numpy array.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2 or labels.size == 0:
        raise ValueError(
            f"{name} must be a non-empty array of shape [n, length], "
            f"got shape {list(labels.shape)}"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must hold integer categories, got dtype {labels.dtype}; "
            "convert it, e.g. with .astype(int)"
        )
    limit = np.inf if n_categories is None else n_categories
    if labels.min() < 0 or labels.max() >= limit:
        row, site = np.argwhere((labels < 0) | (labels >= limit))[0]
        raise ValueError(
            f"{name}[{row}, {site}] = {labels[row, site]} is not a category; "
            f"expected 0 <= category < {limit}"
        )
    return labels


def check_two(a, b, name_a, name_b, n_categories=None):
    """Return two sets of labels with the same number of sites, or raise."""
    if n_categories is not None:
        n_categories = check_integer(n_categories, "n_categories", 1)
    a = check_labels(a, name_a, n_categories)
    b = check_labels(b, name_b, n_categories)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"{name_a} and {name_b} must have the same number of sites, "
            f"got {a.shape[1]} and {b.shape[1]}"
        )
    return a, b


def check_probabilities(probabilities, name):
    """Return distributions along the last axis in float64, summing to 1 exactly.

    A sum further than 1e-5 from 1 is an error; what single-precision rounding
    left below that is divided out.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.ndim == 0 or probabilities.size == 0:
        raise ValueError(
            f"{name} must be a non-empty array of shape [..., n_categories], "
            f"got shape {list(probabilities.shape)}"
        )
    bad = ~(np.isfinite(probabilities) & (probabilities >= 0))
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} must be finite and non-negative, "
            f"got {name}{list(index)} = {probabilities[index]}"
        )
    total = probabilities.sum(axis=-1, keepdims=True)
    bad = np.abs(total - 1) > _SUM_TOLERANCE
    if bad.any():
        raise ValueError(
            f"{name} must sum to 1 along its last axis, got a sum of {total[bad][0]}; "
            "divide counts by their sum"
        )
    return probabilities / total


def check_rows(rows, name, minimum=1):
    """Return a finite float64 array of shape [n, dim] with at least `minimum` rows."""
    rows = np.asarray(rows, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] < minimum or rows.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape [n, dim] with n >= {minimum} and dim >= 1, "
            f"got {list(rows.shape)}"
        )
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(
            f"{name} must be finite, got {name}[{row}, {column}] = {rows[row, column]}"
        )
    return rows


def check_images(images, name):
    """Return non-negative grey levels in float64, shape=[n, height, width]."""
    images = np.asarray(images, dtype=np.float64)
    if images.ndim != 3 or images.size == 0:
        raise ValueError(
            f"{name} must be a non-empty array of shape [n, height, width], "
            f"got {list(images.shape)}"
        )
    if not (np.isfinite(images) & (images >= 0)).all():
        raise ValueError(f"{name} must hold finite, non-negative grey levels")
    return images


def check_three(points, name):
    """Raise where the last axis of `points` is not 3 long."""
    if points.shape[-1:] != (3,):
        raise ValueError(
            f"{name} must have shape [..., 3], one column for each of three "
            f"categories, got {list(points.shape)}"
        )


def check_unit_vectors(points):
    """Return unit vectors in float64, shape=[..., 3]."""
    points = np.asarray(points, dtype=np.float64)
    check_three(points, "points")
    off = ~(np.abs(np.linalg.norm(points, axis=-1) - 1) <= _UNIT_TOLERANCE)
    if off.any():
        raise ValueError(
            f"points must be unit vectors, got {points[off][0]}; "
            "the sphere's point of a distribution p is sqrt(p)"
        )
    return points


def check_curve(points):
    """Raise where `points` is not a sequence of at least two points."""
    if points.ndim != 2 or len(points) < 2:
        raise ValueError(
            "the points of a curve must have shape [n_points, 3] with n_points >= 2, "
            f"got {list(points.shape)}"
        )
