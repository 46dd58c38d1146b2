"""Wasserstein barycentres: the measure that is nearest to several on the average."""

import dataclasses
import operator
import warnings
from typing import Any

import numpy as np

from ..geometry.arrays import array_namespace, float64_like
from .checks import check_costs, check_weights
from .cost import is_labels, vertices_of
from .karcher import frechet_means
from .measures import (
    float64_points,
    given_weights,
    planned_pairs,
    squared_dist_matrix,
)
from .pairs import check_points, take, uniform


@dataclasses.dataclass(frozen=True)
class Barycenter:
    """Barycentre of measures, and how the iteration went.

    Attributes
    ----------
    points : array-like, shape=[n_points, *space.shape]
        Its points.
    weights : array-like, shape=[n_points]
        Their weights, all equal, in float64.
    objective : numpy.ndarray, shape=[n_iter + 1]
        Weighted mean of the squared distances :math:`W_2^2` to the measures, at the
        start and after each iteration; it never increases.
    n_iter : int
        Iterations: times that the points were moved.
    converged : bool
        Whether the last iteration lowered the objective by at most `tol` of it.
    """

    points: Any
    weights: Any
    objective: Any
    n_iter: int
    converged: bool


def wasserstein_barycenter(
    space,
    measures,
    weights=None,
    measure_weights=None,
    n_points=None,
    init=None,
    generator=None,
    max_iter=100,
    tol=1e-9,
):
    r"""Free-support Wasserstein barycentre, of order 2, with equally weighted points.

    .. math:: \min_{x_1, \dots, x_n} \sum_s \lambda_s\, W_2^2 \Bigl( \frac1n \sum_i
              \delta_{x_i}, \mu_s \Bigr)

    ([A2011]_, (2.2), over measures of n points), by the fixed point of [A2016]_
    and [C2014]_ (Algorithm 2 without its update of the weights): exact plans to the
    measures, then every point goes to the Frechet mean of all that the plans send it
    to.  Neither half can raise the objective.  It finds a local minimum: for other
    ones, give another `init`.

    Parameters
    ----------
    space : Manifold
        Any geomstats space with exp and log.  On a `FisherRaoSimplex` and its like
        means are exact at the boundary, too.
    measures : sequence of array-like, shape=[m_s, *space.shape]
        Points of each measure, or integer labels of vertices.
    weights : array-like, shape=[n_measures], optional
        Weights :math:`\lambda_s` of the measures, of sum 1; default: equal.
    measure_weights : sequence of array-like, shape=[m_s], or None, optional
        Weights of the points of each measure, of sum 1; default, and for None: equal.
    n_points : int, optional
        Number of points; default: that of `init`, else of the largest measure.
    init : array-like, shape=[n_points, *space.shape], optional
        Start.  Default: the points of the largest measure; if `n_points` is not their
        number, points drawn from that measure by systematic resampling.
    generator : torch.Generator or numpy.random.Generator, optional
        Source of randomness where a start is drawn.
    max_iter : int
        Largest number of iterations.
    tol : float
        The iteration stops where it lowers the objective by at most this share of it.

    Returns
    -------
    barycenter : Barycenter
        Points in the dtype of the measures (computed in float64, without derivative),
        weights, objective and how far the iteration came.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` iterations are not enough.

    Raises
    ------
    TypeError
        If labels are given for a space without vertices, or libraries are mixed.
    ValueError
        If there is no measure, a batch or weights are not those of a measure, or a
        parameter is out of range; the message names the measure.

    References
    ----------
    .. [A2011] M. Agueh, G. Carlier. Barycenters in the Wasserstein space. SIAM J. Math.
       Anal. 43(2), 2011.
    .. [A2016] P. C. Alvarez-Esteban, E. del Barrio, J. A. Cuesta-Albertos, C. Matran.
       A fixed-point approach to barycenters in Wasserstein space. J. Math. Anal. Appl.
       441(2), 2016.
    .. [C2014] M. Cuturi, A. Doucet. Fast computation of Wasserstein barycenters. ICML
       2014.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> simplex = fm.FisherRaoSimplex(2)
    >>> result = wasserstein_barycenter(simplex, [np.array([0]), np.array([2])])
    >>> result.points.round(6), result.objective.round(6)
    (array([[0.5, 0. , 0.5]]), array([4.934802, 2.467401, 2.467401]))
    """
    _check_settings(max_iter, tol)
    measures, given = _checked_measures(space, measures, measure_weights)
    shares = check_weights(weights, "weights", np.empty(len(measures)))
    like = next((m for m in measures if not is_labels(m)), measures[0])
    points = _start(space, measures, given, n_points, init, generator, like)
    problem = _Problem(space, measures, given, shares, like)
    state, history, converged = problem.iterate(points, max_iter, tol)
    if not converged:
        _warn(history, max_iter, tol)
    n = points.shape[0]
    dtype = vertices_of(space, like, like).dtype
    return Barycenter(
        array_namespace(points).astype(state.points, dtype),
        float64_like(np.full(n, 1.0 / n), points),
        np.asarray(history),
        len(history) - 1,
        converged,
    )


@dataclasses.dataclass(frozen=True)
class _State:
    """Points, the objective there, and what the plans send each point to."""

    points: Any
    objective: float
    places: Any
    weights: Any


class _Problem:
    """Measures to be near to: the two halves of an iteration."""

    def __init__(self, space, measures, given, shares, like):
        kept = [s for s, share in enumerate(shares) if share > 0]
        self.space = space
        self.given = [given[s] for s in kept]
        self.shares = shares[kept]
        batches = [_regular(space, measures[s], like) for s in kept]
        self.targets = array_namespace(*batches).concat(batches)
        # Labels stay labels, for their distances are looked up.
        self.measures = [
            measures[s] if is_labels(measures[s]) else batch
            for s, batch in zip(kept, batches, strict=True)
        ]

    def iterate(self, points, max_iter, tol):
        """State at the end, objectives, and whether the last gain is small enough."""
        state = self.evaluate(points)
        history = [state.objective]
        for _ in range(max_iter):
            new = self.evaluate(self.move(state))
            gain = state.objective - new.objective
            # A mean that is right to rounding may be worse to rounding: keep the old.
            state = new if gain >= 0.0 else state
            history.append(state.objective)
            if gain <= tol * state.objective:
                return state, history, True
        return state, history, False

    def evaluate(self, points):
        """Exact plans from points to all measures."""
        n, first, objective, parts = points.shape[0], 0, 0.0, []
        for measure, given, share in zip(
            self.measures, self.given, self.shares, strict=True
        ):
            cost = squared_dist_matrix(self.space, points, measure)
            check_costs(cost)
            pairs = planned_pairs(cost, 2, None, given)
            objective += share * float(pairs.weights @ pairs.squared_dist)
            mass = n * share * pairs.weights
            parts.append((pairs.source_index, first + pairs.target_index, mass))
            first += measure.shape[0]
        rows, places, mass = (np.concatenate(part) for part in zip(*parts, strict=True))
        return _State(points, objective, *_by_row(rows, places, mass, n))

    def move(self, state):
        """Frechet means of what the plans send each point to."""
        targets = take(self.targets, state.places)
        weights = float64_like(state.weights, targets)
        return frechet_means(self.space, state.points, targets, weights)


def _by_row(rows, places, mass, n):
    """Table of each row's places and their mass, shape=[k, n], filled with mass 0."""
    order = np.argsort(rows, kind="stable")
    rows, places, mass = rows[order], places[order], mass[order]
    counts = np.bincount(rows, minlength=n)
    starts = np.cumsum(counts) - counts
    table = np.tile(places[starts], (counts.max(), 1))
    weights = np.zeros(table.shape)
    within = np.arange(len(rows)) - starts[rows]
    table[within, rows], weights[within, rows] = places, mass
    return table, weights / weights.sum(0)


def _regular(space, points, like):
    """Points in float64, of the space to its rounding, without derivative."""
    points = float64_points(space, points, like)
    points = points.detach() if hasattr(points, "detach") else points
    if not hasattr(space, "from_sphere_coordinates"):
        return points
    return space.projection(points)  # float32's rounding is off the space in float64


def _start(space, measures, given, n_points, init, generator, like):
    """Points to start from."""
    if init is not None:
        check_points(space, init=init)
        if n_points not in (None, init.shape[0]):
            raise ValueError(
                f"expected n_points={init.shape[0]}, as init has, or None, got "
                f"{n_points!r}"
            )
        return _regular(space, init, like)
    largest = max(range(len(measures)), key=lambda s: measures[s].shape[0])
    points = _regular(space, measures[largest], like)
    n = points.shape[0] if n_points is None else operator.index(n_points)
    if n < 1:
        raise ValueError(f"expected n_points >= 1, got {n_points!r}")
    if n == points.shape[0]:
        return points
    law = check_weights(given[largest], "measure_weights", np.empty(points.shape[0]))
    first = float(uniform(1, points, generator)[0])
    # From the right: points without weight are passed over.
    reached = np.cumsum(law)
    places = (np.arange(n) + first) / n * reached[-1]
    return take(points, np.searchsorted(reached, places, side="right"))


def _checked_measures(space, measures, measure_weights):
    """Measures and the weights of their points, or an error."""
    measures = list(measures)
    if not measures:
        raise ValueError("expected at least one measure, got an empty sequence")
    given = [None] * len(measures)
    if measure_weights is not None:
        given = list(measure_weights)
    if len(given) != len(measures):
        raise ValueError(
            f"expected measure_weights for each of {len(measures)} measures, got "
            f"{len(given)}: give None where they are equal"
        )
    for s, points in enumerate(measures):
        check_points(space, **{f"measures[{s}]": points})
        given[s] = given_weights(given[s], f"measure_weights[{s}]", points)
    return measures, given


def _check_settings(max_iter, tol):
    if not max_iter >= 1:
        raise ValueError(f"expected max_iter >= 1, got {max_iter!r}")
    if not 0.0 <= tol < float("inf"):
        raise ValueError(f"expected a finite tol >= 0, got {tol!r}")


def _warn(history, max_iter, tol):
    from sklearn.exceptions import ConvergenceWarning

    gain = (history[-2] - history[-1]) / history[-2]
    warnings.warn(
        f"the last of {max_iter} iterations lowered the objective by {gain:.2g} of it, "
        f"more than tol={tol:g}: raise max_iter or tol",
        ConvergenceWarning,
        stacklevel=3,
    )
