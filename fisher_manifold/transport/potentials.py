r"""Dual potentials of semidiscrete transport, learnt by averaged stochastic gradient.

A source law is carried to targets y_j of weights b_j by cells: a point x goes where
:math:`c(x, y_j) - g_j` is least.  The potentials g maximise the concave dual

.. math:: F(g) = E_x \min_j [c(x, y_j) - g_j] + \sum_j b_j g_j , \qquad
    \partial_j F = b_j - P(x \in \text{cell}_j) ,

whose gradient is estimated by counting in which cells a batch of noise falls
([G2016]_, algorithm 2).  Three things make it fast for many targets:

- the unit of g is the *gap* s, by how much the second best target is worse than the
  best: mass of a cell changes by a factor of about exp(h / s) as its potential rises by
  h.  In this unit the diagonal Newton step is the relative error of the mass;
- a target of less than one draw in a batch has seen :math:`M b_j` draws after M of
  them: its steps shrink with this number, not with that of batches;
- the iterates are averaged with weights that forget the first ones ([SZ2013]_).

References
----------
.. [G2016] A. Genevay, M. Cuturi, G. Peyre, F. Bach. Stochastic optimization for
   large-scale optimal transport. NeurIPS 2016.
.. [SZ2013] O. Shamir, T. Zhang. Stochastic gradient descent for non-smooth
   optimization: convergence results and optimal averaging schemes. ICML 2013.
"""

import torch

from .cost import pairwise_squared_dist

_BLOCK_ENTRIES = 4_000_000
"""Costs computed at once."""

_DECAY = 0.8
"""Power by which steps shrink: averaging wants below 1."""

_PRIOR_VISITS = 16.0
"""Visits that the start, equal potentials, is worth: it is not far from the solution
among many targets in many dimensions, and the first batches are mostly chance."""

_LOWEST = -8.0
"""Largest step down: far beyond what chance does to a cell of about the right mass."""

_FORGETTING = 3.0
"""Eta of [SZ2013]_: 0 averages all iterates alike."""


class Potentials:
    """Potentials of distinct targets, improved in place.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    targets : array-like, shape=[n, ...]
        Points or labels.
    weights : numpy.ndarray, shape=[n]
        Positive weights of sum 1.
    """

    def __init__(self, space, targets, weights):
        self.space, self.targets = space, targets
        device = getattr(targets, "device", None)
        self.weights = torch.as_tensor(weights, device=device)
        self.current = torch.zeros_like(self.weights)
        self.average = torch.zeros_like(self.weights)
        self.gap = 0.0
        self.n_samples = self.n_steps = 0

    def step(self, x0):
        """Improve the potentials by a batch of noise.

        Parameters
        ----------
        x0 : array-like, shape=[B, *space.shape]
            Draws of the source.
        """
        if self.n_steps == 0:
            self.gap = self._mean_gap(x0) or 1.0
        batch = x0.shape[0]
        cells = self.assign(x0, self.current)[0]
        expected = batch * self.weights
        counts = torch.bincount(cells, minlength=len(expected))
        visits = _PRIOR_VISITS + self.n_samples * self.weights
        rounds = 1.0 + visits / expected.clamp(min=1.0)
        error = (1.0 - counts / expected) * expected.clamp(max=1.0)
        self.current += self.gap * error.clamp(min=_LOWEST) / rounds**_DECAY
        self.n_samples += batch
        self.n_steps += 1
        share = (_FORGETTING + 1.0) / (self.n_steps + _FORGETTING)
        self.average += share * (self.current - self.average)

    def assign(self, x0, potentials):
        """Cell of each point, and the cost of going there.

        Parameters
        ----------
        x0 : array-like, shape=[B, *space.shape]
            Points.
        potentials : torch.Tensor, shape=[n]
            Potentials.

        Returns
        -------
        cells : torch.Tensor of int, shape=[B]
            Target of least reduced cost.
        costs : torch.Tensor of float64, shape=[B]
            Cost of the way there.
        """
        values, places = [], []
        for first, reduced in self._reduced_costs(x0, potentials):
            value, place = reduced.min(dim=1)
            values.append(value)
            places.append(first + place)
        least, block = torch.stack(values, dim=1).min(dim=1)
        cells = torch.stack(places, dim=1).gather(1, block[:, None])[:, 0]
        return cells, least.double() + potentials[cells]

    def measure(self, batches):
        """Count in which cells of the averaged potentials points fall.

        Parameters
        ----------
        batches : iterable of array-like, shape=[B, *space.shape]
            Draws of the source.

        Returns
        -------
        counts : torch.Tensor of float64, shape=[n]
            Points in each cell.
        costs : torch.Tensor of float64, shape=[n_points]
            Costs of their ways.
        """
        counts, costs = torch.zeros_like(self.weights), []
        for x0 in batches:
            cells, cost = self.assign(x0, self.average)
            counts += torch.bincount(cells, minlength=len(counts))
            costs.append(cost)
        return counts, torch.cat(costs)

    def _reduced_costs(self, x0, potentials):
        """Blocks of costs minus potentials, and the index of their first target."""
        size = max(1, _BLOCK_ENTRIES // x0.shape[0])
        for first in range(0, len(self.weights), size):
            block = slice(first, first + size)
            cost = pairwise_squared_dist(self.space, x0, self.targets[block])
            cost = cost if hasattr(cost, "detach") else torch.tensor(cost)
            yield first, cost - potentials[block].to(cost.dtype)

    def _mean_gap(self, x0):
        """Mean of second least minus least cost; 1 if there is one target only."""
        if len(self.weights) < 2:
            return 1.0
        lowest = [
            cost.topk(min(2, cost.shape[1]), dim=1, largest=False).values
            for _, cost in self._reduced_costs(x0, self.current)
        ]
        two = torch.cat(lowest, dim=1).topk(2, dim=1, largest=False).values
        return float((two[:, 1] - two[:, 0]).mean(dtype=torch.float64))
