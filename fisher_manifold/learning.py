r"""Frechet means that are right: on the boundary, for one-hot data, in any dimension.

The mean of points :math:`x_i` with weights :math:`w_i` minimises
:math:`F(u) = \frac12 \sum_i w_i \theta_i^2`, with :math:`\theta_i` the angle from u to
:math:`x_i`, on the unit sphere, to which all our spaces are isometric.  Write

.. math:: y(u) = \sum_i w_i \frac{\theta_i}{\sin \theta_i} x_i, \qquad
          m(u) = \langle y, u \rangle = \sum_i w_i \theta_i \cot \theta_i .

The gradient of F is :math:`m u - y`: the mean is the fixed point of :math:`u \mapsto
y / |y|`.  The Hessian is :math:`m I` plus :math:`\sum_i w_i (1 - \theta_i \cot
\theta_i) \hat e_i \hat e_i^T`, with :math:`\hat e_i` the unit direction to
:math:`x_i`: at least :math:`m I` on the orthant.  So F is convex there; the gradient
over m, our step, bounds the distance to the mean to first order.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from .geometry.arrays import array_namespace, epsilon, float64_like
from .geometry.checks import check_point, require_arrays
from .geometry.isometry import RADIUS
from .geometry.numerics import angle_over_sine


class FrechetMean(BaseEstimator):
    r"""Weighted Frechet mean on the simplex, the orthant, or sequences over them.

    Takes the place of geomstats' class, and of the `mean_estimator` of its other
    algorithms.  Sites of a sequence are averaged one by one, in one loop.

    The mean exists and is unique: the closed orthant lies within
    :math:`\arccos(1/\sqrt{d + 1}) < \pi/2` of its barycentre, and :math:`\pi/2` is half
    the injectivity radius of the unit sphere, and half of :math:`\pi / \sqrt{\Delta}`
    for its curvature :math:`\Delta = 1` [A2011]_ (Theorem 2.1, p = 2).  It lies in the
    orthant, since :math:`|u|` is at least as close as u to every point of it; an entry
    is 0 only where it is 0 in all points of positive weight.

    Computed in float64, whatever the dtype of X, by the fixed-point iteration above
    with a step length from the secant equation, halved where the gradient does not
    decrease.  Entries are sums of non-negative terms: small ones keep their digits.

    Parameters
    ----------
    space : FisherRaoSimplex, PositiveHypersphere or SequenceManifold
        Space, or geomstats' NFoldManifold over one of the first two.
    method : {"default", "adaptive", "batch"}
        Accepted for geomstats' sake; there is one method.
    max_iter : int
        Largest number of evaluations of the gradient.
    tol : float, optional
        Largest estimated distance, in radians, between the estimate and the mean, at
        each site.  Default: rounding, eps (n_samples + 8 sqrt(dim + 1)) with the eps
        of float64, or a quarter of the eps of the dtype of X if that is more.

    Attributes
    ----------
    estimate_ : array-like, shape=[..., *space.shape]
        Mean, in the library and dtype and on the device of X, without derivative.
    n_iter_ : int
        Evaluations of the gradient, each of two passes over the data.
    gradient_norm_ : array-like, shape=[...]
        Fisher norm of the mean of the logs, at the last point before the estimate.
    error_estimate_ : array-like, shape=[...]
        The distance to the mean is at most this, to first order.
    converged_ : bool
        Whether every site is within `tol`.

    References
    ----------
    .. [A2011] B. Afsari. Riemannian L^p center of mass: existence, uniqueness, and
       convexity. Proc. Amer. Math. Soc. 139(2): 655-673, 2011.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> mean = FrechetMean(fm.FisherRaoSimplex(2)).fit(np.eye(3), weights=[1, 1, 0])
    >>> mean.estimate_.round(6)
    array([0.5, 0.5, 0. ])
    """

    def __init__(self, space, method="default", max_iter=100, tol=None):
        self.space = space
        self.method = method
        self.max_iter = max_iter
        self.tol = tol

    def set(self, **kwargs):
        """Set parameters (those of sklearn's `set_params`); returns self.

        Parameters
        ----------
        **kwargs
            Names and values.

        Returns
        -------
        self : FrechetMean
            The estimator.
        """
        return self.set_params(**kwargs)

    def fit(self, X, y=None, weights=None):
        """Compute the mean.

        Parameters
        ----------
        X : array-like, shape=[n_samples, ..., *space.shape]
            Points; axes in between are a batch of data sets.
        y : None
            Ignored.
        weights : array-like, shape=[n_samples] or [n_samples, ...]
            Weights >= 0, not all zero, of any sum.  Default: equal.

        Returns
        -------
        self : FrechetMean
            The estimator.

        Raises
        ------
        TypeError
            If the space is not one of ours, or X is not a floating point array.
        ValueError
            If X is empty or off the space, or weights or parameters make no sense.

        Warns
        -----
        ConvergenceWarning
            If `tol` is not reached.
        """
        chart = _chart(self.space)
        self._check_parameters()
        X = _checked_points(self.space, X)
        weights = _checked_weights(weights, X, len(self.space.shape))
        tol = _rounding(X) if self.tol is None else self.tol
        state, self.n_iter_ = _solve(_sites(chart, X), weights, tol, self.max_iter)
        self._report(state, X, tol)
        # One more step, of length 1: small entries converge with the others.
        mean = chart.from_sphere_coordinates(_unit(state.image).reshape(X.shape[1:]))
        self.estimate_ = array_namespace(X).astype(mean, X.dtype)
        return self

    def _check_parameters(self):
        methods = ("default", "adaptive", "batch")
        if self.method not in methods:
            raise ValueError(f"expected method in {methods}, got {self.method!r}")
        if not self.max_iter >= 1:
            raise ValueError(f"expected max_iter >= 1, got {self.max_iter!r}")
        if self.tol is not None and not self.tol > 0:
            raise ValueError(f"expected tol > 0 or None, got {self.tol!r}")

    def _report(self, state, X, tol):
        """Store how far the iteration came, and warn where that is not enough."""
        self.gradient_norm_ = _over_sites(RADIUS * state.gradient_norm, X, self.space)
        self.error_estimate_ = _over_sites(state.error, X, self.space)
        worst = float(state.error.max())
        self.converged_ = worst <= tol
        if not self.converged_:
            warnings.warn(
                f"the Frechet mean is off by up to {worst:.3g} radians after "
                f"{self.n_iter_} iterations, tol is {tol:.3g}: raise max_iter or tol",
                ConvergenceWarning,
                stacklevel=3,
            )


class _State(NamedTuple):
    """An iterate u and what the next step needs; shapes [sites, 1, entries or 1]."""

    root: Any
    image: Any  # y(u)
    scale: Any  # m(u)
    descent: Any  # y - m u, minus the gradient on the unit sphere
    gradient_norm: Any

    @property
    def error(self):
        """Estimate of the distance to the mean, in radians of the Fisher metric."""
        return RADIUS * self.gradient_norm / self.scale


def _solve(points, weights, tol, max_iter):
    """Iterate until every site is within tol; at most max_iter evaluations."""
    xp = array_namespace(points)
    state = _evaluate(points, weights, _unit(xp.matmul(weights, points)))
    step = 0.0 * state.scale + 1.0
    n_iter = 1
    while n_iter < max_iter and not bool(xp.all(state.error <= tol)):
        trial = (1.0 - step) * state.root + step * state.image / state.scale
        state, step = _accept(state, _evaluate(points, weights, _unit(trial)), step)
        n_iter += 1
    return state, n_iter


def _evaluate(points, weights, root):
    """State at a unit vector: two passes over the points."""
    xp = array_namespace(points)
    cosine = xp.matmul(root, xp.matrix_transpose(points))
    image = xp.matmul(weights * angle_over_sine((1.0 - cosine) / 2.0), points)
    scale = xp.sum(image * root, axis=-1, keepdims=True)
    descent = image - scale * root
    return _State(root, image, scale, descent, _norm(descent))


def _accept(state, trial, step):
    """Take the trial where its gradient is smaller; choose the next step length."""
    xp = array_namespace(step)
    better = trial.gradient_norm < state.gradient_norm
    # A step of length s along g leaves (1 - s c) g of it: the next length is 1 / c.
    squared = xp.where(better, state.gradient_norm**2, 1.0)
    left = xp.sum(trial.descent * state.descent, axis=-1, keepdims=True) / squared
    left = xp.where(better, left, 0.0)
    # The Hessian is at least m, so that c >= 1.
    lost = xp.where(1.0 - left > step, 1.0 - left, step)
    kept = (xp.where(better, new, old) for new, old in zip(trial, state, strict=True))
    return _State(*kept), xp.where(better, step / lost, step / 2.0)


def _unit(vector):
    return vector / _norm(vector)


def _norm(vector):
    xp = array_namespace(vector)
    return xp.sqrt(xp.sum(vector * vector, axis=-1, keepdims=True))


def _chart(space):
    """Space that has the maps from and to unit vectors."""
    for chart in (space, getattr(space, "base_manifold", None)):
        if hasattr(chart, "from_sphere_coordinates"):
            return chart
    raise TypeError(
        "expected a FisherRaoSimplex, a PositiveHypersphere or a SequenceManifold, got "
        f"{space!r}: use geomstats.learning.frechet_mean.FrechetMean there"
    )


def _checked_points(space, X):
    """Points without derivative, or an error."""
    require_arrays(tuple(space.shape), X=X)
    if X.ndim == len(space.shape):
        raise ValueError(
            "expected X of shape [n_samples, ...], got a single point: use X[None]"
        )
    if 0 in X.shape:
        raise ValueError(f"expected at least one point, got X of shape {list(X.shape)}")
    X = X.detach() if hasattr(X, "detach") else X
    check_point(space, X, "X")
    return X


def _checked_weights(weights, X, point_ndim):
    """Weights of sum 1 and shape [sites, 1, n_samples], or an error."""
    samples, batch = list(X.shape[:1]), list(X.shape[: X.ndim - point_ndim])
    weights = float64_like(np.ones(samples) if weights is None else weights, X)
    if list(weights.shape) not in (samples, batch):
        expected = str(samples) if samples == batch else f"{samples} or {batch}"
        raise ValueError(
            f"expected weights of shape {expected}, got {list(weights.shape)}"
        )
    xp = array_namespace(weights)
    bad = ~((weights >= 0) & (weights < np.inf))
    if bad.any():
        raise ValueError(f"expected finite weights >= 0, got {float(weights[bad][0])}")
    largest = xp.max(weights, axis=0)
    if bool(xp.any(largest == 0)):
        raise ValueError("expected a weight > 0 in every data set, got only zeros")
    # By the largest first: the sum may under- or overflow.
    weights = weights / largest
    weights = weights / xp.sum(weights, axis=0)
    sites = [None] * (X.ndim - 1 - weights.ndim)
    weights = xp.broadcast_to(weights[(..., *sites)], X.shape[:-1])
    return weights.reshape(X.shape[0], -1).T[:, None, :]


def _sites(chart, X):
    """Unit vectors in float64, shape=[sites, n_samples, entries]."""
    xp = array_namespace(X)
    root = chart.sphere_coordinates(float64_like(X, X))
    # Points of the orthant may have entries of -eps.
    root = _unit(xp.where(root > 0.0, root, 0.0))
    return xp.permute_dims(root.reshape(X.shape[0], -1, X.shape[-1]), (1, 0, 2))


def _rounding(X):
    """What sums over samples (at worst) and entries leave of float64's accuracy."""
    terms = X.shape[0] + 8.0 * X.shape[-1] ** 0.5
    return max(terms * float(np.finfo(np.float64).eps), epsilon(X) / 4.0)


def _over_sites(values, X, space):
    """Root of the sum of squares over the sites of a point."""
    values = values.reshape(*X.shape[1 : X.ndim - len(space.shape)], -1)
    return (values**2).sum(-1) ** 0.5
