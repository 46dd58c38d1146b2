r"""Gradient flows of the forward Kullback-Leibler divergence under several metrics.

A metric turns the differential of a function into a direction. All directions here
descend; that of the Fisher-Rao metric descends fastest for the Fisher length it goes
(docs/steepest_descent.md).
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from ._validation import check_integer, check_probabilities
from .geometry import FisherRaoSimplex, natural_gradient
from .metrics import kl_divergence

__all__ = [
    "DescentCurve",
    "aitchison_gradient",
    "descent_curve",
    "euclidean_gradient",
    "fisher_rao_gradient",
]


def fisher_rao_gradient(differential, point):
    r"""Return the gradient of the Fisher-Rao metric, the natural gradient.

    Parameters
    ----------
    differential : array-like, shape=[..., n_categories]
        Partial derivatives of a function of the probabilities.
    point : array-like, shape=[..., n_categories]
        Points of the simplex.

    Returns
    -------
    gradient : array, shape=[..., n_categories]
        Tangent vector :math:`p_i (\partial_i f - \sum_j p_j \partial_j f)`.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import descent
    >>> p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    >>> gradient = descent.fisher_rao_gradient(-q / p, p)  # of KL(q | p)
    >>> np.allclose(gradient, p - q)  # straight away from q
    True
    """
    differential, point = np.asarray(differential), np.asarray(point)
    return natural_gradient(FisherRaoSimplex(point.shape[-1] - 1), differential, point)


def euclidean_gradient(differential, point):
    r"""Return the gradient of the Euclidean metric of the probabilities.

    Parameters
    ----------
    differential : array-like, shape=[..., n_categories]
        Partial derivatives of a function of the probabilities.
    point : array-like, shape=[..., n_categories]
        Points of the simplex; the gradient does not depend on them otherwise.

    Returns
    -------
    gradient : array, shape=[..., n_categories]
        Tangent vector, the differential less its mean.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import descent
    >>> descent.euclidean_gradient(np.array([3.0, 0.0, 0.0]), np.array([0.5, 0.3, 0.2]))
    array([ 2., -1., -1.])
    """
    differential = np.asarray(differential)
    return differential - differential.mean(axis=-1, keepdims=True)


def aitchison_gradient(differential, point):
    r"""Return the gradient of Aitchison's metric, that of logits.

    Descent of a softmax's logits :math:`z = \log p - mean(\log p)`: their gradient is
    :math:`J\,\partial f`, and a change of them moves p by :math:`J = diag(p) - p p^T`.
    So the gradient is the natural one taken twice.

    Parameters
    ----------
    differential : array-like, shape=[..., n_categories]
        Partial derivatives of a function of the probabilities.
    point : array-like, shape=[..., n_categories]
        Points of the interior of the simplex.

    Returns
    -------
    gradient : array, shape=[..., n_categories]
        Tangent vector.

    References
    ----------
    J. Aitchison. The Statistical Analysis of Compositional Data. Chapman and Hall,
    1986.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import descent
    >>> df, p = np.array([1.0, 0.0, -1.0]), np.array([0.5, 0.3, 0.2])
    >>> jacobian = np.diag(p) - np.outer(p, p)  # of the softmax
    >>> np.allclose(descent.aitchison_gradient(df, p), jacobian @ jacobian @ df)
    True
    """
    return fisher_rao_gradient(fisher_rao_gradient(differential, point), point)


@dataclass(frozen=True, eq=False)
class DescentCurve:
    """A curve of steepest descent of KL(target | p), for some metric.

    Attributes
    ----------
    target : array, shape=[n_categories]
        Where the divergence is 0.
    points : array, shape=[n_points, n_categories]
        Points of the curve, from its start.
    divergence : array, shape=[n_points]
        KL(target | p), in nats, falling.
    length : array, shape=[n_points]
        Fisher-Rao length of the curve up to each point, in radians of a sphere of
        radius 2.
    share : array, shape=[n_points]
        Descent for each unit of Fisher-Rao length, as a share of the steepest at the
        same point: the cosine between the two gradients, at most 1.

    Examples
    --------
    >>> from fisher_manifold import descent
    >>> target, start = [0.2, 0.3, 0.5], [0.6, 0.2, 0.2]
    >>> for gradient in (descent.fisher_rao_gradient, descent.euclidean_gradient):
    ...     curve = descent.descent_curve(gradient, target, start)
    ...     round(float(curve.share.min()), 2)  # the natural gradient is the steepest
    1.0
    0.97
    """

    target: np.ndarray
    points: np.ndarray
    divergence: np.ndarray
    length: np.ndarray
    share: np.ndarray


def descent_curve(gradient, target, start, end_divergence=1e-3, n_points=201):
    r"""Follow :math:`\dot p = -\operatorname{grad} KL(target \| p)` down.

    Time is chosen so that the logarithm of the divergence falls evenly; the curve is
    the same.

    Parameters
    ----------
    gradient : callable
        ``gradient(differential, point)`` for arrays of shape [n_categories]: what a
        metric makes of a differential, such as `fisher_rao_gradient`.
    target : array-like, shape=[n_categories]
        Distribution in the interior of the simplex.
    start : array-like, shape=[n_categories]
        Another one.
    end_divergence : float
        Divergence at which the curve ends, in nats; less than at the start.
    n_points : int
        Number of points, at least 2.

    Returns
    -------
    curve : DescentCurve
        Accurate to some 1e-8.

    Raises
    ------
    ValueError
        If the distributions have zeros or do not fit, or the end is above the start.
    RuntimeError
        If the flow cannot be integrated: its gradient does not descend.

    Examples
    --------
    The natural gradient goes straight to the target:

    >>> curve = descent_curve(fisher_rao_gradient, [0.2, 0.3, 0.5], [0.6, 0.2, 0.2])
    >>> ratio = (curve.points[1:] - curve.target) / (curve.points[0] - curve.target)
    >>> bool(np.allclose(ratio, ratio[:, :1]))
    True
    """
    target, start = _check_interior(target, "target"), _check_interior(start, "start")
    n_points = check_integer(n_points, "n_points", 2)
    if target.shape != start.shape:
        raise ValueError(
            "target and start must have the same number of categories, got "
            f"{len(target)} and {len(start)}"
        )
    top = float(kl_divergence(target, start))
    if not 0 < end_divergence < top:
        raise ValueError(
            f"end_divergence must lie between 0 and that of the start, {top:.4g}, got "
            f"{end_divergence}"
        )

    def velocity(_, state):
        point = state[:-1]
        divergence = np.sum(target * np.log(target / point))
        direction, slope, speed, _ = _directions(gradient, target, point)
        return np.append(direction, speed) * (divergence / slope)

    times = np.linspace(0.0, np.log(top / end_divergence), n_points)
    solution = solve_ivp(
        velocity, times[[0, -1]], np.append(start, 0.0), "DOP853", times,
        rtol=1e-9, atol=1e-11,
    )  # fmt: skip
    if not solution.success:
        raise RuntimeError(f"the gradient flow ended early: {solution.message}")
    points = solution.y[:-1].T
    share = np.array([_directions(gradient, target, p)[3] for p in points])
    divergence = kl_divergence(target, points)
    return DescentCurve(target, points, divergence, solution.y[-1], share)


def _directions(gradient, target, point):
    """Minus the gradient; the descent along it, its Fisher norm, its cosine."""
    differential = -target / point
    direction = -gradient(differential, point)
    slope = -np.sum(differential * direction)
    speed = np.sqrt(np.sum(direction**2 / point))
    steepest = np.sqrt(np.sum((point - target) ** 2 / point))
    return direction, slope, speed, slope / (speed * steepest)


def _check_interior(point, name):
    point = check_probabilities(point, name)
    if point.ndim != 1 or not (point > 0).all():
        raise ValueError(
            f"{name} must be one distribution without zeros, shape [n_categories], "
            f"got {point.tolist()}"
        )
    return point
