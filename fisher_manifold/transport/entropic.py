r"""Entropic optimal transport, for one matrix of costs or a batch of them.

Among the plans P with marginals a and b, Sinkhorn's algorithm [C2013]_ finds the one of
least :math:`\langle P, C \rangle + \varepsilon\, KL(P \| a b^T)`.  It has the form

.. math:: P_{ij} = a_i b_j \exp((f_i + g_j - C_{ij}) / \varepsilon) ,

and the iteration chooses the potentials f and g in turn, each so that one marginal is
right.  It is run as products of a kernel with scalings, u for f and v for g, that are
absorbed into the potentials before they grow large ([S2019]_, section 3): as exact as
sums in the logarithmic domain, at the price of a matrix-vector product.  A falling
sequence of epsilon leads to the wanted one ([S2019]_, section 3.4).
"""

import math

import numpy as np
import torch

_EASY = 1 / 16
"""Epsilon, as a share of the mean cost, that needs no other before it."""

_STAGE_RATIO = 4.0
"""Ratio of successive values of epsilon on the way to the wanted one."""

_STAGE_ITERATIONS = 20
"""Iterations at each of those values."""

_ABSORB_EVERY = 20
"""Iterations between absorptions."""

_LARGE = 1e30
"""Scalings beyond this make way for a step in the logarithmic domain."""

_LOWEST_EXPONENT = -200.0
"""exp of less is 0 to rounding in any sum here, and tens of times slower."""


def float64_tensor(array):
    """Tensor in float64, without derivative, of an array of either library."""
    if isinstance(array, np.ndarray) and not array.flags.writeable:
        array = array.copy()  # torch warns of memory that it may not write
    return torch.as_tensor(array).detach().to(torch.float64)


class EntropicProblem:
    """Potentials f and g of a batch of problems, improved in place.

    Parameters
    ----------
    cost : torch.Tensor of float64, shape=[..., n, m]
        Costs.
    a, b : torch.Tensor of float64, shape=[n], shape=[m]
        Weights.
    """

    def __init__(self, cost, a, b):
        self.cost, self.a, self.b = cost, a, b
        self.log_a, self.log_b = a.log(), b.log()
        self.f = cost.new_zeros(cost.shape[:-1])
        self.g = cost.new_zeros((*cost.shape[:-2], cost.shape[-1]))

    def run(self, eps, tol, max_iter):
        """Iterate until the marginal error is at most tol; return the iterations."""
        easy = _EASY * (self.cost @ self.b) @ self.a
        n_stages = math.log(max(1.0, float((easy / eps).max())), _STAGE_RATIO)
        n_iter = 0
        for k in range(math.ceil(n_stages), 0, -1):
            steps = min(_STAGE_ITERATIONS, max_iter - 1 - n_iter)
            n_iter += self._iterate(eps * _STAGE_RATIO**k, 0.1, steps)
        if n_stages > 0:
            # From the potentials of another epsilon, scalings may overflow.
            self.update_by_logarithms(eps)
            n_iter += 1
        return n_iter + self._iterate(eps, tol, max_iter - n_iter)

    def _iterate(self, eps, tol, max_iter):
        """Iterate at one epsilon; return the number of iterations."""
        n_iter = 0
        while True:
            steps = min(_ABSORB_EVERY, max_iter - n_iter)
            u, v, taken, error = self._scale(self._kernel(eps), tol, steps)
            self.f = self.f + eps[..., None] * u.log()
            self.g = self.g + eps[..., None] * v.log()
            n_iter += taken
            if n_iter >= max_iter or bool((error <= tol).all()):
                return n_iter
            if taken < steps:  # the scalings became too large
                self.update_by_logarithms(eps)
                n_iter += 1

    def _scale(self, kernel, tol, steps):
        """Scalings of a kernel, the iterations taken, and the marginal error."""
        u, v = self.f.new_ones(self.f.shape), self.g.new_ones(self.g.shape)
        for taken in range(steps + 1):
            row = _product(kernel, self.b * v)
            error = (self.a * (u * row - 1.0).abs()).sum(-1)
            if taken == steps or taken > 0 and bool((error <= tol).all()):
                break
            new_u = 1.0 / row
            new_v = 1.0 / _product(kernel.mT, self.a * new_u)
            if not float(new_u.max() + new_v.max()) < _LARGE:
                break
            u, v = new_u, new_v
        return u, v, taken, error

    def update_by_logarithms(self, eps):
        """One iteration by sums in the logarithmic domain, from any potentials."""
        eps = eps[..., None]
        scaled = self.cost / eps[..., None]
        self.f = -eps * log_sum_exp((self.g / eps + self.log_b)[..., None, :] - scaled)
        columns = (self.f / eps + self.log_a)[..., None] - scaled
        self.g = -eps * log_sum_exp(columns.mT)

    def _kernel(self, eps):
        exponent = self.f[..., None] + self.g[..., None, :] - self.cost
        exponent = exponent / eps[..., None, None]
        return exponent.clamp_(min=_LOWEST_EXPONENT).exp_()

    def plan(self, eps):
        """Plan and the error of its source marginal."""
        plan = self.a[:, None] * self._kernel(eps) * self.b
        return plan, (plan.sum(-1) - self.a).abs().sum(-1)


def _product(matrix, vector):
    return (matrix @ vector[..., None])[..., 0]


def log_sum_exp(exponents):
    """Logarithm of the sum over the last axis, without slow underflow."""
    largest = exponents.amax(-1, keepdim=True)
    terms = (exponents - largest).clamp_(min=_LOWEST_EXPONENT).exp_()
    return terms.sum(-1).log() + largest[..., 0]
