"""Couplings: how the points of a source batch are paired with those of a target batch.

Every coupling is called as ``coupling(x0, x1, conditions=None, generator=None)`` and
returns a frozen :class:`Pairs`.  Targets keep their order, and their conditions with
them; it is the source points that are permuted.
"""

import dataclasses
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..geometry.checks import check_point, rounding_of
from .cost import pairwise_squared_dist


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Paired batches.

    Attributes
    ----------
    x0 : array-like, shape=[n, *point_shape]
        Source points, permuted.
    x1 : array-like, shape=[n, ...]
        Target points or labels, in their order.
    conditions : any
        What belongs to the targets, in their order.
    permutation : array-like of int, shape=[n], or None
        ``x0 = given_x0[permutation]``; None if the order was kept.
    cost : float or None
        Mean squared distance of the pairs, if it was computed.
    """

    x0: Any
    x1: Any
    conditions: Any = None
    permutation: Any = None
    cost: float | None = None


class IndependentCoupling:
    """Pair the batches as they come: x0 and x1 stay independent."""

    def __call__(self, x0, x1, conditions=None, generator=None):
        """Pair two batches.

        Parameters
        ----------
        x0 : array-like, shape=[n, *point_shape]
            Source points.
        x1 : array-like, shape=[n, ...]
            Target points or labels.
        conditions : any, optional
            Passed on.
        generator : optional
            Not used.

        Returns
        -------
        pairs : Pairs
            The batches as given.
        """
        _check_lengths(x0, x1)
        return Pairs(x0, x1, conditions)


class ExactCoupling:
    """Optimal transport between two batches of equal size, solved exactly.

    The plan is a permutation (Birkhoff), found by scipy's modified Jonker-Volgenant
    algorithm [C2016]_ on the matrix of squared geodesic distances.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.

    References
    ----------
    .. [C2016] D. F. Crouse. On implementing 2D rectangular assignment algorithms.
       IEEE Trans. Aerospace and Electronic Systems 52(4): 1679-1696, 2016.
    """

    def __init__(self, space):
        self.space = space

    def __call__(self, x0, x1, conditions=None, generator=None):
        """Pair two batches at least total squared distance.

        Parameters
        ----------
        x0 : array-like, shape=[n, *point_shape]
            Source points.
        x1 : array-like, shape=[n, *point_shape] or int array of labels
            Target points, or labels of vertices.
        conditions : any, optional
            What belongs to the targets; kept in their order.
        generator : optional
            Not used: the plan is deterministic.

        Returns
        -------
        pairs : Pairs
            With permutation and mean cost.

        Raises
        ------
        ValueError
            If the sizes differ, a batch is empty, a point is off the space (beyond
            rounding), or a cost is not finite.
        """
        _check_lengths(x0, x1)
        for name, points in (("x0", x0), ("x1", x1)):
            if "int" not in str(points.dtype):
                check_point(self.space, points, name, atol=rounding_of(points))
        cost = pairwise_squared_dist(self.space, x0, x1)
        matrix = cost.detach().cpu().numpy() if hasattr(cost, "detach") else cost
        if not np.isfinite(matrix).all():
            row, column = np.argwhere(~np.isfinite(matrix))[0]
            raise ValueError(
                f"expected finite costs, got {matrix[row, column]} between x0[{row}] "
                f"and x1[{column}]: check that both batches belong to the space"
            )
        # Columns (targets) in their order, each with the row assigned to it.
        columns, rows = linear_sum_assignment(matrix.T)
        mean = float(matrix[rows, columns].mean())
        permutation = _index_like(rows, x0)
        return Pairs(x0[permutation], x1, conditions, permutation, mean)


def _check_lengths(x0, x1):
    if x0.shape[0] != x1.shape[0]:
        raise ValueError(
            f"expected batches of equal size, got {x0.shape[0]} source and "
            f"{x1.shape[0]} target points"
        )
    if x0.shape[0] == 0:
        raise ValueError("expected at least one pair, got empty batches")


def _index_like(rows, array):
    if hasattr(array, "detach"):
        import torch

        return torch.as_tensor(rows, device=array.device)
    return rows
