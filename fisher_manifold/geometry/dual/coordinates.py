"""The dually flat structure of the simplex, and the natural gradient."""

from ..arrays import array_namespace
from ..checks import require_arrays
from ..simplex import FisherRaoSimplex
from .divergence import alpha_divergence
from .functions import log_ratio


class DualCoordinates:
    r"""Natural and expectation coordinates of categorical distributions.

    .. math:: \theta_i = \log(p_i / p_{d + 1}), \qquad \eta_i = p_i, \qquad
              i = 1, \dots, d

    are affine coordinates of the exponential and of the mixture connection.  They are
    each other's gradients of two convex functions, a Legendre pair:

    .. math:: \psi(\theta) = \log\Bigl(1 + \sum_i e^{\theta_i}\Bigr), \quad
              \varphi(\eta) = \sum_{i = 1}^{d + 1} p_i \log p_i, \quad
              \eta = \nabla \psi, \quad \theta = \nabla \varphi, \quad
              \psi(\theta) + \varphi(\eta) = \langle \theta, \eta \rangle.

    The Hessian of psi is the Fisher-Rao metric in the coordinates theta.

    Parameters
    ----------
    space : FisherRaoSimplex
        The simplex.

    Raises
    ------
    TypeError
        If the space is no `FisherRaoSimplex`.

    References
    ----------
    .. [AN2000] S. Amari, H. Nagaoka. Methods of Information Geometry. AMS and Oxford
       University Press, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> coordinates = DualCoordinates(FisherRaoSimplex(2))
    >>> theta = coordinates.to_natural(np.array([0.25, 0.25, 0.5]))
    >>> bool(np.allclose(theta, [-np.log(2), -np.log(2)]))
    True
    >>> coordinates.from_natural(theta)
    array([0.25, 0.25, 0.5 ])
    """

    def __init__(self, space):
        _require_simplex(space)
        self._space = space

    def __repr__(self):
        """Space."""
        return f"DualCoordinates({self._space!r})"

    def to_natural(self, point):
        """Natural coordinates: log-odds with respect to the last category.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Interior points (infinite where an entry is 0).

        Returns
        -------
        natural : array-like, shape=[..., dim]
            Natural coordinates.
        """
        require_arrays(self._space.shape, point=point)
        return log_ratio(point[..., :-1], point[..., -1:])

    def from_natural(self, natural):
        """Point of natural coordinates.

        Parameters
        ----------
        natural : array-like, shape=[..., dim]
            Natural coordinates, of any size.

        Returns
        -------
        point : array-like, shape=[..., dim + 1]
            Point.
        """
        logits, xp = self._logits(natural)
        return xp.exp(logits - self.potential(natural)[..., None])

    def to_expectation(self, point):
        """Expectation coordinates: the first dim probabilities.

        Parameters
        ----------
        point : array-like, shape=[..., dim + 1]
            Points.

        Returns
        -------
        expectation : array-like, shape=[..., dim]
            Expectation coordinates.
        """
        return self._space.extrinsic_to_intrinsic_coords(point)

    def from_expectation(self, expectation):
        """Point of expectation coordinates; the last entry is 1 minus their sum.

        Parameters
        ----------
        expectation : array-like, shape=[..., dim]
            Expectation coordinates.

        Returns
        -------
        point : array-like, shape=[..., dim + 1]
            Point.
        """
        return self._space.intrinsic_to_extrinsic_coords(expectation)

    def potential(self, natural):
        r"""Log-partition function :math:`\psi(\theta) = \log(1 + \sum_i e^{\theta_i})`.

        Parameters
        ----------
        natural : array-like, shape=[..., dim]
            Natural coordinates, of any size.

        Returns
        -------
        potential : array-like, shape=[...]
            Potential, whose gradient is the expectation coordinates.
        """
        logits, xp = self._logits(natural)
        top = xp.max(logits, axis=-1, keepdims=True)
        total = xp.sum(xp.exp(logits - top), axis=-1)
        return top[..., 0] + xp.log(total)

    def dual_potential(self, expectation):
        r"""Negative entropy :math:`\varphi(\eta) = \sum_i p_i \log p_i`, in nats.

        Parameters
        ----------
        expectation : array-like, shape=[..., dim]
            Expectation coordinates; on the boundary 0 log 0 = 0.

        Returns
        -------
        potential : array-like, shape=[...]
            Dual potential, whose gradient is the natural coordinates.
        """
        point = self.from_expectation(expectation)
        xp = array_namespace(point)
        logs = xp.log(xp.where(point == 0, 1.0, point))
        return xp.sum(point * logs, axis=-1)

    def bregman_divergence(self, natural_a, natural_b):
        r"""Bregman divergence of the potential in natural coordinates.

        .. math:: \psi(\theta_a) - \psi(\theta_b) - \langle \eta_b, \theta_a - \theta_b
                  \rangle = KL(p_b \| p_a)

        Computed as the right hand side, which has no cancelling terms; going from
        coordinates to points costs nearby points about eps over their separation.

        Parameters
        ----------
        natural_a : array-like, shape=[..., dim]
            Natural coordinates.
        natural_b : array-like, shape=[..., dim]
            Natural coordinates.

        Returns
        -------
        divergence : array-like, shape=[...]
            Divergence in nats.
        """
        point_a, point_b = self.from_natural(natural_a), self.from_natural(natural_b)
        return alpha_divergence(point_b, point_a, -1.0)

    def dual_bregman_divergence(self, expectation_a, expectation_b):
        r"""Bregman divergence of the dual potential in expectation coordinates.

        .. math:: \varphi(\eta_a) - \varphi(\eta_b) - \langle \theta_b, \eta_a - \eta_b
                  \rangle = KL(p_a \| p_b)

        Computed as the right hand side, which has no cancelling terms; going from
        coordinates to points costs nearby points about eps over their separation.

        Parameters
        ----------
        expectation_a : array-like, shape=[..., dim]
            Expectation coordinates.
        expectation_b : array-like, shape=[..., dim]
            Expectation coordinates.

        Returns
        -------
        divergence : array-like, shape=[...]
            Divergence in nats.
        """
        point_a = self.from_expectation(expectation_a)
        point_b = self.from_expectation(expectation_b)
        return alpha_divergence(point_a, point_b, -1.0)

    def _logits(self, natural):
        """Natural coordinates and the 0 of the last category; array namespace."""
        require_arrays((self._space.dim,), natural=natural)
        xp = array_namespace(natural)
        return xp.concat([natural, 0.0 * natural[..., :1]], axis=-1), xp


def natural_gradient(space, differential, base_point):
    r"""Riemannian gradient :math:`p_i (\partial_i f - \sum_j p_j \partial_j f)`.

    The cometric applied to a Euclidean gradient, what ``metric.cometric_matrix``
    (diag(p) - p p^T) does, without the matrix.  Among all directions of the same
    Fisher norm it is that of steepest ascent.  Adding a multiple of (1, ..., 1) to the
    differential changes nothing, so any extension of f off the simplex will do.

    Parameters
    ----------
    space : FisherRaoSimplex
        The simplex.
    differential : array-like, shape=[..., dim + 1]
        Partial derivatives of a function of the probabilities, as automatic
        differentiation returns them.
    base_point : array-like, shape=[..., dim + 1]
        Points of the simplex.  Derivatives at zeros are not looked at: the gradient is
        along the face.

    Returns
    -------
    gradient : array-like, shape=[..., dim + 1]
        Tangent vector at the base point.

    Raises
    ------
    TypeError, ValueError
        If the space is no `FisherRaoSimplex`, or the arrays do not fit it.

    References
    ----------
    .. [A1998] S. Amari. Natural gradient works efficiently in learning. Neural
       Computation 10: 251-276, 1998.

    Examples
    --------
    The gradient of KL(target | p) is p - target:

    >>> import numpy as np
    >>> target, p = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    >>> natural_gradient(FisherRaoSimplex(2), -target / p, p)
    array([-0.25, -0.25,  0.5 ])
    """
    _require_simplex(space)
    xp = require_arrays(space.shape, differential=differential, base_point=base_point)
    differential = xp.where(base_point == 0, 0.0, differential)
    mean = xp.sum(base_point * differential, axis=-1, keepdims=True)
    return base_point * (differential - mean)


def _require_simplex(space):
    if not isinstance(space, FisherRaoSimplex):
        raise TypeError(f"expected a FisherRaoSimplex, got {space!r}")
