"""Pairs: what a coupling returns, and how they are drawn from a plan."""

import dataclasses
from typing import Any

import numpy as np

from ..geometry.arrays import array_namespace
from ..geometry.checks import check_point, rounding_of
from .checks import check_conditions
from .cost import check_shapes, is_labels


@dataclasses.dataclass(frozen=True)
class Match:
    """Which source point goes with which target, and what is known of the plan.

    Attributes
    ----------
    source_index : array-like of int, shape=[n_pairs], or None
        Source point of each pair; None if the source points keep their order.
    target_index : array-like of int, shape=[n_pairs], or None
        Target of each pair; None if the targets keep their order, each once.
    plan : array-like, shape=[n, m], or None
        Joint law that the pairs were drawn from; None if the plan is a permutation.
    cost : float or None
        Expected squared distance under the plan, if it was computed.
    marginal_error : float
        Sum of the absolute differences between the plan's marginals and the weights.
    """

    source_index: Any = None
    target_index: Any = None
    plan: Any = None
    cost: float | None = None
    marginal_error: float = 0.0

    def pairs(self, x0, x1, conditions=None):
        """Paired batches.

        Parameters
        ----------
        x0, x1 : array-like, shape=[n, ...], shape=[m, ...]
            Source points and targets.
        conditions : pytree of array-like, optional
            What belongs to the targets.

        Returns
        -------
        pairs : Pairs
            Pairs; conditions stay with their targets.
        """
        if self.target_index is not None:
            import optree

            conditions = optree.tree_map(
                lambda leaf: take(leaf, self.target_index), conditions
            )
        return Pairs(
            take(x0, self.source_index),
            take(x1, self.target_index),
            conditions,
            self.source_index if self.plan is None else None,
            self.cost,
            self.plan,
            self.source_index,
            self.target_index,
            self.marginal_error,
        )


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Paired batches.

    Attributes
    ----------
    x0 : array-like, shape=[n_pairs, *point_shape]
        Source points.
    x1 : array-like, shape=[n_pairs, ...]
        Targets: points or labels.
    conditions : pytree of array-like
        What belongs to the targets, in the order of x1.
    permutation : array-like of int, shape=[n_pairs], or None
        ``x0 = given_x0[permutation]``, where the plan is a permutation that was
        computed.
    cost : float or None
        Expected squared distance under the plan, if it was computed.
    plan : array-like, shape=[n, m], or None
        Joint law that the pairs were drawn from; None for permutations.
    source_index, target_index : array-like of int, shape=[n_pairs], or None
        ``x0 = given_x0[source_index]`` and ``x1 = given_x1[target_index]``; None where
        the order was kept.
    marginal_error : float
        Sum of the absolute differences between the plan's marginals and the weights.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> coupling = fm.transport.ExactCoupling(fm.PositiveHypersphere(dim=2))
    >>> x0, labels, names = np.eye(3), np.array([2, 0, 1]), np.array(["c", "a", "b"])
    >>> pairs = coupling(x0, labels, conditions={"name": names})
    >>> pairs.permutation, pairs.cost  # every vertex finds itself
    (array([2, 0, 1]), 0.0)
    >>> bool((pairs.x0 == x0[pairs.permutation]).all()), pairs.conditions["name"]
    (True, array(['c', 'a', 'b'], dtype='<U1'))
    """

    x0: Any
    x1: Any
    conditions: Any = None
    permutation: Any = None
    cost: float | None = None
    plan: Any = None
    source_index: Any = None
    target_index: Any = None
    marginal_error: float = 0.0


def check_batches(x0, x1, conditions=None, space=None):
    """Raise unless two batches and their conditions fit together, and the space.

    Parameters
    ----------
    x0, x1 : array-like, shape=[n, ...], shape=[m, ...]
        Source points and targets.
    conditions : pytree of array-like, optional
        What belongs to the targets.
    space : Manifold, optional
        Where both belong.
    """
    if space is not None:
        check_points(space, x0=x0, x1=x1)
    for name, batch in (("source", x0), ("target", x1)):
        if batch.shape[0] == 0:
            raise ValueError(f"expected at least one {name} point, got an empty batch")
    check_conditions(conditions, x1.shape[0])


def check_points(space, **batches):
    """Raise unless batches are finite points of a space, or labels of its vertices.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    **batches : array-like
        Batches under the names that an error message should use.
    """
    check_shapes(space, **batches)
    for name, points in batches.items():
        if is_labels(points):
            last = space.shape[-1] - 1
            good = (points >= 0) & (points <= last)
            _check_rows(points, good, name, f"labels between 0 and {last} in {name}")
            continue
        # Not every space's `belongs` sees what is not finite.
        finite = array_namespace(points).isfinite(points)
        _check_rows(points, finite, name, f"finite {name}")
        check_point(space, points, name, atol=rounding_of(points))


def _check_rows(points, good, name, expected):
    """Raise unless all entries are good; the message names the first row."""
    xp = array_namespace(points)
    rows = xp.all(xp.reshape(good, (points.shape[0], -1)), axis=1)
    if not bool(xp.all(rows)):
        first = int(xp.argmin(xp.astype(rows, xp.int64)))
        raise ValueError(f"expected {expected}, but {name}[{first}] is {points[first]}")


def draw_pairs(plan, target_weights=None, generator=None):
    """Draw a source point for each target from a plan.

    Without weights every target occurs once, in its order.  With weights targets are
    drawn by systematic resampling: of m pairs, target j is in m b_j on average, rounded
    up or down.  The source point of a pair is drawn from the column of its target.

    Parameters
    ----------
    plan : array-like, shape=[n, m]
        Joint law.
    target_weights : array-like, shape=[m], optional
        Weights of the targets; None if uniform.
    generator : torch.Generator or numpy.random.Generator, optional
        Source of randomness.

    Returns
    -------
    source_index : array-like of int, shape=[m]
        Source point of each pair.
    target_index : array-like of int, shape=[m], or None
        Target of each pair.
    """
    xp = array_namespace(plan)
    n, m = plan.shape
    target_index = None
    if target_weights is not None:
        first = uniform(1, plan, generator)
        places = (xp.arange(m, device=getattr(plan, "device", None)) + first) / m
        reached = xp.cumulative_sum(target_weights, axis=0)
        target_index = xp.searchsorted(reached, places * reached[-1])
        plan = plan[:, target_index]
    cumulative = xp.cumulative_sum(xp.astype(plan, xp.float64), axis=0)
    _check_rows(
        cumulative[-1],
        (cumulative[-1] > 0) & xp.isfinite(cumulative[-1]),
        "masses",
        "a plan with finite mass in every column",
    )
    height = uniform(m, plan, generator) * cumulative[-1]
    # Counting entries <= the height passes over rows without mass.
    source_index = xp.sum(xp.astype(cumulative <= height, xp.int64), axis=0)
    return source_index, target_index


def uniform(n, like, generator):
    """Uniform random numbers in float64 in the library and on the device of an array.

    Parameters
    ----------
    n : int
        How many.
    like : array-like
        Array.
    generator : torch.Generator or numpy.random.Generator, or None
        Source of randomness, of the array's library; default: that library's own.

    Returns
    -------
    numbers : array-like, shape=[n]
        Numbers in [0, 1 - 1e-9), so that rounding does not make a product with a sum
        equal to the sum.
    """
    scale = 1.0 - 1e-9
    if hasattr(like, "detach"):
        import torch

        _check_generator(generator, torch.Generator)
        device = generator.device if generator is not None else like.device
        numbers = torch.rand(n, generator=generator, dtype=torch.float64, device=device)
        return scale * numbers.to(like.device)
    _check_generator(generator, np.random.Generator)
    return scale * (generator or np.random.default_rng()).random(n)


def _check_generator(generator, kind):
    if generator is not None and not isinstance(generator, kind):
        raise TypeError(
            f"expected a {kind.__module__}.{kind.__name__}, as the points are of that "
            f"library, got {type(generator).__name__}"
        )


def take(array, index):
    """Rows of an array, whatever the library and device of the index.

    Parameters
    ----------
    array : array-like, shape=[n, ...]
        Array.
    index : array-like of int, shape=[k], or None
        Rows; None for all, in their order.

    Returns
    -------
    rows : array-like, shape=[k, ...]
        Rows.
    """
    return array if index is None else array[index_like(index, array)]


def index_like(index, array):
    """Index in the library and on the device of an array."""
    if hasattr(array, "detach"):
        import torch

        return torch.as_tensor(index, device=array.device)
    return as_numpy(index)


def as_numpy(array):
    """Array of either library in numpy."""
    return array.detach().cpu().numpy() if hasattr(array, "detach") else array
