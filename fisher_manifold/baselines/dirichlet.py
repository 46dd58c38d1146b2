r"""Dirichlet flow matching (Stark et al. 2024, arXiv:2402.05841, section 3.2).

Given the label k, a site is :math:`x_t \sim \mathrm{Dirichlet}(1 + t\, e_k)`, for times
t from 0 to infinity.  The velocity :math:`u_t(x | k) = C(x_k, t)\, (e_k - x)`
transports these laws, with :math:`I_x` the regularised incomplete beta function and K
categories:

.. math:: C(x, t) = -\frac{\partial I_x(t + 1, K - 1)}{\partial t}
                    \frac{B(t + 1, K - 1)}{(1 - x)^{K - 1} x^t}
"""

import dataclasses
import functools
import math

import numpy as np
import torch

from ..flow.checks import check_counts
from ..flow.times import Times
from .common import Baseline, Samples
from .paths import Batch, LabelPath, Noise

_TABLE = 1025


@dataclasses.dataclass(frozen=True)
class ExponentialTimes(Times):
    """Exponential law of times, cut off and divided by the longest of them.

    Parameters
    ----------
    scale : float
        Mean of the exponential law.
    longest : float
        Longest time.
    """

    scale: float = 2.0
    longest: float = 7.0
    end = 1.0

    def at(self, s):
        """Times of s in [0, 1], as shares of the longest."""
        below = -math.expm1(-self.longest / self.scale)
        return -self.scale * torch.log1p(-below * s) / self.longest


class DirichletPath(LabelPath):
    r"""Points of Dirichlet(1 + t e_k), as smooth functions of noise and time.

    With E exponential, :math:`\log x_k = -\sum_{j=1}^{K-1} E_j / (t + j)` is that of a
    Beta(t + 1, K - 1) variable (a product of Beta(t + j, 1) variables); the rest of the
    unit is shared out uniformly.

    Parameters
    ----------
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    longest : float
        The time that the times from 0 to 1 of the trainer are shares of.
    """

    def __init__(self, n_categories, length, longest=7.0):
        noise = Noise((length, 2 * n_categories - 1), exponential=True)
        super().__init__(n_categories, length, noise)
        self.longest = float(longest)

    def points(self, labels, noise, t):
        """Points at times t [n], as shares of the longest."""
        own, others = noise.split([self.n_categories - 1, self.n_categories], -1)
        j = torch.arange(1, self.n_categories, device=t.device)
        rates = self.longest * t[:, None, None] + j
        log_share = -(own / rates).sum(-1, keepdim=True)
        end = self.one_hot(labels)
        others = others * (1.0 - end)
        others = others / others.sum(-1, keepdim=True)
        rest = -torch.expm1(log_share)
        return Batch(t, log_share.exp() * end + rest * others, labels)


class DirichletFlow(Baseline):
    r"""Dirichlet flow matching whose network gives the posterior of each site's label.

    The velocity is :math:`\sum_k p(x_1 = e_k | x)\, C(x_k, t)\, (e_k - x)`; the loss is
    the cross-entropy.  Times, in the network's eyes shares of the longest, are drawn
    from an exponential law of mean 2, and up to 7, as in the authors' code.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)`` on points of the simplex: logits.
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    longest : float
        Time at which labels are read off.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.MLP((5, 3), 16, 1)
    >>> model = baselines.DirichletFlow(network, n_categories=3, length=5)
    >>> g = torch.Generator().manual_seed(0)
    >>> x = model.start(2, g)
    >>> moved = model.follow(x, steps=8)
    >>> bool((moved >= 0).all()), bool(((moved.sum(-1) - 1).abs() < 1e-5).all())
    (True, True)
    >>> samples = model.sample(2, g, steps=8)
    >>> samples.labels.shape, samples.n_evaluations
    (torch.Size([2, 5]), 8)
    """

    def __init__(self, network, n_categories, length, longest=7.0):
        super().__init__(network, DirichletPath(n_categories, length, longest))
        self.default_times = ExponentialTimes(longest=float(longest))

    def velocity(self, x, t, **conditions):
        """Velocity at one time for all points.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Points of the simplex.
        t : float
            Time, at least 0 and at most the longest.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, length, n_categories]
            Vectors of sum 0.
        """
        share = x.new_full((len(x),), t / self.path.longest)
        posterior = torch.softmax(self.logits(x, share, **conditions), -1)
        weight = posterior * _tabulated_speed(x, t)
        return weight - x * weight.sum(-1, keepdim=True)

    def sample(self, n, generator=None, conditions=None, *, steps=50, batch_size=1024):
        """Draw labels: equal Euler steps, then the most likely label of each site.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        steps : int
            Evaluations: of one step less, and of the posterior at the longest time.
        batch_size : int
            Samples at once.

        Returns
        -------
        samples : Samples
            Labels.
        """
        check_counts(steps=steps)
        done = []
        with self.parts(n, conditions, batch_size) as parts:
            for _, size, chunk in parts:
                x = self.follow(self.start(size, generator), steps - 1, **chunk)
                logits = self.logits(x, x.new_ones(size), **chunk)
                done.append(logits.argmax(-1))
        return Samples(torch.cat(done), steps)

    def start(self, n, generator=None):
        """Draw points of Dirichlet(1), the uniform law of the simplex.

        Parameters
        ----------
        n : int
            Number of points.
        generator : torch.Generator, optional
            Source of randomness.

        Returns
        -------
        x : torch.Tensor, shape=[n, length, n_categories]
            Points.
        """
        path = self.path
        noise = Noise((path.length, path.n_categories), exponential=True)
        x = noise.sample(n, generator, device=self.device)
        return x / x.sum(-1, keepdim=True)

    def follow(self, x, steps, **conditions):
        """Follow the flow from time 0 to the longest by equal Euler steps.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Points at time 0.
        steps : int
            Steps.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        x : torch.Tensor, shape=[n, length, n_categories]
            Points at the longest time.
        """
        for i in range(steps):
            h = self.path.longest / steps
            x = x + h * self.velocity(x, i * h, **conditions)
            x = x.clamp(min=0.0)  # long steps of few may overshoot
            x = x / x.sum(-1, keepdim=True)
        return x


def vertex_speed(x, t, n_categories):
    r"""Coefficient C(x, t) of the velocity towards a vertex.

    With :math:`a = t + 1`, :math:`m = K - 1` and :math:`\mu = \psi(a) - \psi(a + m)`,
    the mean of log x, the derivative of the incomplete beta function is an integral of
    the density times :math:`\log s - \mu`, from the end at which that has one sign: no
    cancellation.  Gauss-Legendre quadrature, relative error below 1e-9 up to 200
    categories and t = 10.

    Parameters
    ----------
    x : torch.Tensor of float64, shape=[...]
        Coordinate of the vertex, in [0, 1].
    t : float
        Time, at least 0.
    n_categories : int
        Categories, at least 2.

    Returns
    -------
    speed : torch.Tensor, shape=[...]
        C, not negative; at x = 0 below 1e-300.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines
    >>> x = torch.tensor([0.0, 0.5], dtype=torch.float64)
    >>> speed = baselines.vertex_speed(x, t=0.0, n_categories=2)  # -x log x / (1 - x)
    >>> [round(s, 4) for s in speed.tolist()]
    [0.0, 0.6931]
    """
    nodes, weights = _legendre()
    a, m = torch.tensor(t + 1.0, dtype=x.dtype), n_categories - 1
    mean = torch.digamma(a) - torch.digamma(a + m)
    x = x.clamp(min=torch.finfo(x.dtype).tiny)[..., None]
    y = 1.0 - x
    # Below e**mean: from 0, with s = x r and r = q**4, since log r is steep at 0.
    r = nodes**4
    ratio = (1.0 - x * r) / y.clamp(min=-torch.expm1(mean))
    below = 4.0 * nodes ** (4 * a - 1) * ratio ** (m - 1) * (mean - x.log() - r.log())
    below = (below * weights).sum(-1) * (x / y.clamp(min=-torch.expm1(mean)))[..., 0]
    # Above: from 1, with 1 - s = (1 - x) r.
    s = 1.0 - y * nodes
    above = nodes ** (m - 1) * (s / x.clamp(min=mean.exp())) ** (a - 1)
    above = (above * (s.log() - mean) * weights).sum(-1)
    return torch.where(x[..., 0].log() < mean, below, above)


def _tabulated_speed(x, t):
    """Coefficient at all points x [..., n_categories], from a table, in their dtype."""
    table = _speed_table(float(t), x.shape[-1]).to(x)
    place = x.clamp(0.0, 1.0).sqrt() * (_TABLE - 1)
    left = place.floor().clamp(max=_TABLE - 2)
    index = left.long()
    return torch.lerp(table[index], table[index + 1], place - left)


@functools.lru_cache(maxsize=256)
def _speed_table(t, n_categories):
    """Coefficient at equidistant square roots of x: it falls like x log x to 0."""
    root = torch.linspace(0.0, 1.0, _TABLE, dtype=torch.float64)
    return vertex_speed(root.square(), t, n_categories)


@functools.lru_cache(maxsize=1)
def _legendre(n=96):
    """Nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return torch.as_tensor((nodes + 1) / 2), torch.as_tensor(weights / 2)
