"""Amari's alpha-divergences of categorical distributions, in nats."""

import math

from ..arrays import array_namespace
from ..checks import require_arrays
from ..numerics import polynomial
from .functions import log_ratio


def check_alpha(alpha):
    """Return alpha as a finite Python float."""
    try:
        value = float(alpha)
    except (TypeError, ValueError) as error:
        raise TypeError(f"expected alpha to be a number, got {alpha!r}") from error
    if not math.isfinite(value):
        raise ValueError(f"expected a finite alpha, got {alpha!r}")
    return value


def alpha_divergence(point_a, point_b, alpha):
    r"""Amari's alpha-divergence of categorical distributions.

    .. math:: D_\alpha(p \| q) = \frac{4}{1 - \alpha^2} \Bigl(1 - \sum_i
        p_i^{(1 - \alpha) / 2} q_i^{(1 + \alpha) / 2}\Bigr)

    and its limits :math:`D_{-1}(p \| q) = KL(p \| q) = \sum_i p_i \log(p_i / q_i)`,
    :math:`D_1(p \| q) = KL(q \| p)`.  :math:`D_0 = 2 \sum_i (\sqrt{p_i} -
    \sqrt{q_i})^2` is four times the squared Hellinger distance :math:`1 - \sum_i
    \sqrt{p_i q_i}`; :math:`D_{\pm 3}` are half the chi-squared divergences.  Dual:
    :math:`D_\alpha(p \| q) = D_{-\alpha}(q \| p)`.  The Fisher-Rao metric is the
    Hessian of each at p = q.

    Computed as a sum of terms that are never negative (the divergence of the positive
    measures p and q), so that nearby points keep full relative accuracy.

    Parameters
    ----------
    point_a : array-like, shape=[..., n_categories]
        Points p of the closed simplex.
    point_b : array-like, shape=[..., n_categories]
        Points q of the closed simplex.
    alpha : float
        Any finite number.

    Returns
    -------
    divergence : array-like, shape=[...]
        Divergence in nats.  Infinite for alpha <= -1 where q_i = 0 < p_i, for
        alpha >= 1 where p_i = 0 < q_i.  Its gradient, the one of positive measures
        (of the usual formula up to a multiple of (1, ..., 1), which no tangent vector
        sees), is 0 at p = q; derivatives by a coordinate i with p_i q_i = 0, which
        may be infinite, count as those along the face.

    Raises
    ------
    TypeError, ValueError
        If the arrays differ in library, dtype, device or number of categories, or
        alpha is not a finite number.

    References
    ----------
    .. [AN2000] S. Amari, H. Nagaoka. Methods of Information Geometry. AMS and Oxford
       University Press, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    >>> bool(np.isclose(alpha_divergence(p, q, -1.0), np.sum(p * np.log(p / q))))
    True
    """
    alpha = check_alpha(alpha)
    n_categories = _last_axis(point_a)
    xp = require_arrays((n_categories,), point_a=point_a, point_b=point_b)
    if alpha < 0:
        alpha, point_a, point_b = -alpha, point_b, point_a
    return xp.sum(_terms(point_a, point_b, alpha), axis=-1)


def _last_axis(point):
    shape = getattr(point, "shape", ())
    if not shape:
        raise _not_an_array(point)
    return shape[-1]


def _not_an_array(point):
    if hasattr(point, "shape"):
        return ValueError("expected point_a of shape [..., n_categories], got []")
    return TypeError(
        "expected point_a to be a numpy array or torch tensor, got "
        f"{type(point).__name__}: convert it first"
    )


def _terms(p, q, alpha):
    """Terms (beta p + gamma q - p^beta q^gamma) / (beta gamma), for alpha >= 0."""
    xp = array_namespace(p, q)
    beta, gamma = (1.0 - alpha) / 2.0, (1.0 + alpha) / 2.0
    inside = (p != 0) & (q != 0)
    p_inside, q_inside = xp.where(inside, p, 1.0), xp.where(inside, q, 1.0)
    ratio = log_ratio(p_inside, q_inside)
    # With x = log(p / q) the term is q x^2 / 2 + O(x^3): by its series where it would
    # be a difference of numbers that are nearly equal.
    near = xp.abs(ratio) < 1.0 / max(1.0, abs(beta))
    x = xp.where(near, ratio, 0.0)
    close = q_inside * x * x * polynomial(x, _series(beta))
    x = xp.where(near, 0.0, ratio)
    power = xp.expm1(beta * x) / beta if beta else x
    terms = xp.where(near, close, (p_inside - q_inside - q_inside * power) / gamma)
    only_q = q / beta if beta > 0 else xp.where(q != 0, math.inf, q)
    return xp.where(inside, terms, xp.where(p != 0, p / gamma, only_q))


def _series(beta):
    """Coefficients (1 + beta + ... + beta^(n - 2)) / n! for n = 2 to 20."""
    total, power, coefficients = 0.0, 1.0, []
    for n in range(2, 21):
        total, power = total + power, power * beta
        coefficients.append(total / math.factorial(n))
    return coefficients
