"""Checks of what a coupling is given: weights, conditions and costs."""

import numpy as np
import optree

from ..geometry.arrays import array_namespace, float64_like

_SUM_TOLERANCE = 1e-5
"""Distance from 1 that a sum of weights may keep: rounding, which is divided out."""


def check_conditions(conditions, n):
    """Raise unless every leaf of a pytree is an array with first axis n.

    Parameters
    ----------
    conditions : pytree of array-like
        What belongs to a batch: nested dictionaries, lists and tuples of arrays.
    n : int
        Length of the batch.
    """
    paths, leaves, _ = optree.tree_flatten_with_path(conditions)
    for path, leaf in zip(paths, leaves, strict=True):
        name = "conditions" + "".join(f"[{key!r}]" for key in path)
        if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
            raise TypeError(
                f"expected {name} to be an array or tensor, got {type(leaf).__name__}"
            )
        if leaf.ndim == 0 or leaf.shape[0] != n:
            raise ValueError(
                f"expected {name} with first axis {n}, as the targets, got shape "
                f"{list(leaf.shape)}"
            )


def check_weights(weights, name, points):
    """Weights of a batch of points, of sum 1, in float64; uniform if not given.

    Parameters
    ----------
    weights : array-like, shape=[n], or None
        Weights >= 0 of sum 1.
    name : str
        Name that an error message should use.
    points : array-like, shape=[n, ...]
        What they belong to: decides library and device of the result.

    Returns
    -------
    weights : array-like, shape=[n]
        Weights in float64.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or they do not sum to 1.
    """
    n = points.shape[0]
    if weights is None:
        return float64_like(np.full(n, 1.0 / n), points)
    weights = float64_like(weights, points)
    if tuple(weights.shape) != (n,):
        raise ValueError(f"expected {name} of shape [{n}], got {list(weights.shape)}")
    good = (weights >= 0) & (weights < float("inf"))
    if not bool(good.all()):
        raise ValueError(f"expected finite {name} >= 0, got {float(weights[~good][0])}")
    total = float(weights.sum())
    if not abs(total - 1.0) <= _SUM_TOLERANCE:
        raise ValueError(
            f"expected {name} that sum to 1, got a sum of {total:.6g}: divide them by "
            "their sum if that is what you mean"
        )
    return weights / weights.sum()


def check_costs(cost):
    """Raise unless a matrix of costs is finite; the message names the pair.

    Parameters
    ----------
    cost : array-like, shape=[..., n, m]
        Costs.
    """
    if cost.ndim < 2 or 0 in cost.shape:
        raise ValueError(
            "expected a matrix of costs between at least one source and one target "
            f"point, got shape {list(cost.shape)}"
        )
    xp = array_namespace(cost)
    finite = xp.isfinite(cost)
    if bool(xp.all(finite)):
        return
    place = [int(axis[0]) for axis in xp.nonzero(~finite)]
    value = float(cost[tuple(place)])
    *batch, row, column = place
    of_batch = f" in problem {batch}" if batch else ""
    raise ValueError(
        f"expected finite costs, got {value} between x0[{row}] and x1[{column}]"
        f"{of_batch}: check that both batches belong to the space"
    )
