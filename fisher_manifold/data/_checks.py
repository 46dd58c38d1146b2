"""Errors, and checks made once, at the public boundary of the data package."""

from collections.abc import Iterable

import numpy as np


class UnknownSymbolError(ValueError):
    """A sequence has a letter that the alphabet does not know.

    Parameters
    ----------
    message : str
        What is wrong.
    symbol : str
        The letter.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> try:
    ...     data.DNA.encode(["ACGT", "ACGU"])
    ... except data.UnknownSymbolError as error:
    ...     print(error.symbol)
    U
    """

    def __init__(self, message: str, symbol: str = ""):
        super().__init__(message)
        self.symbol = symbol


class UnequalLengthError(ValueError):
    """Sequences that should have one common length do not.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> try:
    ...     data.DNA.encode(["ACGT", "AC"])
    ... except data.UnequalLengthError as error:
    ...     print(str(error).split(":")[0])  # and then what to do
    sequence 1 has length 2, expected 4
    """


def where(index, rows=None):
    """Name a sequence by its index, and by its row in the file where that is known."""
    return f"sequence {index}" + (f" (row {rows[index]} of the file)" if rows else "")


def with_lengths(sequences: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """Return sequences as a list, and their lengths."""
    if isinstance(sequences, str):
        raise TypeError(
            "sequences must be a list of strings; put the single string in one"
        )
    sequences = list(sequences)
    return sequences, np.fromiter(map(len, sequences), np.int64, count=len(sequences))


def check_labels(labels, n_categories, length=None):
    """Return labels as an int64 array of shape [n, length], or say what is wrong."""
    labels = np.asarray(labels)
    if labels.size and not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"labels must be integers, not {labels.dtype}")
    if labels.ndim != 2 or length not in (None, labels.shape[1]):
        expected = "length" if length is None else length
        raise ValueError(f"labels must have shape [n, {expected}], not {labels.shape}")
    outside = (labels < 0) | (labels >= n_categories)
    if outside.any():
        i, j = np.argwhere(outside)[0]
        raise ValueError(
            f"labels must lie between 0 and {n_categories - 1}; label {labels[i, j]} "
            f"stands at index [{i}, {j}]"
        )
    return labels.astype(np.int64, copy=False)


def check_probabilities(values, name, n_axes=None):
    """Return probability vectors (last axis) as float64, or say what is wrong.

    Parameters
    ----------
    values : array-like, shape=[..., n_categories]
        Non-negative numbers with sum 1 along the last axis, to 1e-6.
    name : str
        Name for messages.
    n_axes : int, optional
        Number of axes expected.

    Returns
    -------
    probabilities : float64 array, shape=[..., n_categories]
        A read-only copy.

    Raises
    ------
    ValueError
        With the first index at fault.
    """
    values = np.array(values, dtype=np.float64)
    if n_axes is not None and values.ndim != n_axes:
        raise ValueError(f"{name} must have {n_axes} axes, not shape {values.shape}")
    if values.size == 0:
        raise ValueError(f"{name} must not be empty; its shape is {values.shape}")
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} must be finite and not negative; {values[first]} stands at {first}"
        )
    sums = np.atleast_1d(values.sum(axis=-1))
    # 1e-6 admits probabilities that were computed in float32
    wrong = np.abs(sums - 1.0) > 1e-6
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} must sum to 1 along the last axis; the sum is {sums[first]} at "
            f"index {first}: divide by the sum"
        )
    values.flags.writeable = False
    return values
