"""A finite set of targets: equal ones merged, found again by their bytes."""

import hashlib

import numpy as np

from .checks import check_weights
from .pairs import as_numpy, take


class TargetSet:
    """Distinct targets of positive weight, and the given targets behind each.

    Parameters
    ----------
    targets : array-like, shape=[N, ...]
        Points or labels.
    weights : array-like, shape=[N], optional
        Weights of sum 1; default: equal.

    Attributes
    ----------
    distinct : array-like, shape=[n, ...]
        Targets that differ from each other, in the order of their bytes.
    weights : numpy.ndarray, shape=[n]
        Their weights, of sum 1.
    shares : numpy.ndarray, shape=[N]
        Weight of each given target, as a share of that of its distinct one.
    digest : str
        SHA-256 of the distinct targets.
    """

    def __init__(self, targets, weights=None):
        given = check_weights(weights, "weights", as_numpy(targets))
        self.dtype, self.shape = targets.dtype, tuple(targets.shape)
        kept = np.flatnonzero(given > 0)
        rows, first, group = np.unique(
            _bytes_of(targets)[kept], return_index=True, return_inverse=True
        )
        group = group.reshape(-1)
        self._rows = rows
        targets = targets.detach() if hasattr(targets, "detach") else targets
        self.distinct = take(targets, kept[first])
        self.weights = np.bincount(group, weights=given[kept])
        self.group = np.full(len(given), -1)
        self.group[kept] = group
        self.shares = np.zeros(len(given))
        self.shares[kept] = given[kept] / self.weights[group]
        self.digest = hashlib.sha256(rows.tobytes()).hexdigest()
        order = np.argsort(group, kind="stable")
        self._members = kept[order]
        self._last = np.searchsorted(group[order], np.arange(len(rows)), "right") - 1
        self._reached = np.cumsum(given[self._members])

    def members(self, group, uniform):
        """Draw a given target of each of some distinct ones, in proportion to weights.

        Parameters
        ----------
        group : numpy.ndarray of int, shape=[k]
            Distinct targets.
        uniform : numpy.ndarray, shape=[k]
            Uniform random numbers in [0, 1).

        Returns
        -------
        index : numpy.ndarray of int, shape=[k]
            Given targets.
        """
        last = self._last[group]
        height = self._reached[last] - (1.0 - uniform) * self.weights[group]
        place = np.searchsorted(self._reached, height, "right")
        first = np.where(group > 0, self._last[group - 1] + 1, 0)
        return self._members[np.clip(place, first, last)]  # sums are rounded

    def check_members(self, batch):
        """Raise unless every row of a batch is a target of positive weight.

        Parameters
        ----------
        batch : array-like, shape=[m, ...]
            Points or labels, in the dtype of the targets.
        """
        if batch.dtype != self.dtype or tuple(batch.shape[1:]) != self.shape[1:]:
            raise ValueError(
                f"expected targets of dtype {self.dtype} and shape [n, "
                f"{', '.join(map(str, self.shape[1:]))}], as the coupling was given, "
                f"got {batch.dtype} and {list(batch.shape)}"
            )
        rows = _bytes_of(batch)
        place = np.minimum(np.searchsorted(self._rows, rows), len(self._rows) - 1)
        strangers = np.flatnonzero(self._rows[place] != rows)
        if len(strangers):
            raise ValueError(
                f"expected targets among the {self.shape[0]} that the coupling was "
                f"given, x1[{strangers[0]}] is none of those with positive weight: a "
                "semidiscrete coupling replaces the targets of a batch by its own, "
                "and has no partners for others, such as held-out data"
            )


def _bytes_of(array):
    """Rows as opaque values that numpy can sort."""
    flat = np.ascontiguousarray(as_numpy(array)).reshape(array.shape[0], -1)
    flat = flat + 0.0 if flat.dtype.kind == "f" else flat  # -0.0 is 0.0
    return flat.view(np.dtype((np.void, flat.itemsize * flat.shape[1]))).reshape(-1)
