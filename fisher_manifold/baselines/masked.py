r"""Masked discrete diffusion: labels are revealed one after the other, in any order.

Each site of a sequence y is shown at a time of its own, uniform in [0, 1]; a network
gives the law of the hidden sites given the shown ones.  The continuous-time bound of
Sahoo et al. (2024, arXiv:2406.07524) and Shi et al. (2024, arXiv:2406.04329) is here,
with time running from noise to data and the share t of the sites shown,

.. math:: \log P(y) \ge \int_0^1 \frac{1}{1 - t}
          E_{x_t} \sum_{i\ \mathrm{hidden}} \log p(y_i | x_t)\, dt.
"""

import torch

from ..flow.checks import check_counts, evaluating
from ..flow.order_bound import bound_by_orders, log_prob_of
from .categories import draw_categories
from .common import Baseline, Samples
from .paths import Batch, LabelPath, Noise


class MaskedPath(LabelPath):
    """One-hot rows of the sites that are shown, rows of zeros for the others.

    Parameters
    ----------
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    """

    def __init__(self, n_categories, length):
        super().__init__(n_categories, length, Noise((length,)))

    def points(self, labels, noise, t):
        """Sites whose noise is below t [n] are shown."""
        return Batch(t, self.show(labels, noise < t[:, None]), labels)

    def show(self, labels, shown):
        """Network's input: labels [n, length] where shown."""
        return self.one_hot(labels) * shown[..., None]


class MaskedDiffusion(Baseline):
    """Diffusion to an absorbing state, the mask, whose network gives labels back.

    The network is not told the time (it is given 0), on which the exact posterior does
    not depend: what is shown says it all.  The model is then one of sequences filled in
    in a random order, and its law does not depend on time steps.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``: logits.
    n_categories : int
        Categories of a site.
    length : int
        Sites.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.MLP((5, 3), 16, 1)
    >>> model = baselines.MaskedDiffusion(network, n_categories=3, length=5)
    >>> samples = model.sample(4, torch.Generator().manual_seed(0))
    >>> samples.labels.shape, samples.n_evaluations  # one site after the other
    (torch.Size([4, 5]), 5)
    >>> bound = model.log_prob_bound(samples.labels, draws=2)
    >>> (bound.value.exp() * 3**5).round(decimals=6).tolist()  # untrained: uniform
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, network, n_categories, length):
        super().__init__(network, MaskedPath(n_categories, length))

    def loss(self, batch, **conditions):
        """Minus an unbiased estimate of the bound, in nats per site: shape=[n]."""
        logits = self.logits(batch.x_t, torch.zeros_like(batch.t), **conditions)
        cross_entropy = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), batch.labels, reduction="none"
        )
        hidden = ~batch.x_t.any(-1)
        return (cross_entropy * hidden).mean(-1) / (1.0 - batch.t)

    def sample(
        self, n, generator=None, conditions=None, *, steps=None, batch_size=1024
    ):
        """Draw labels: in each step the sites whose time has come, independently.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        steps : int, optional
            Equal steps of time, as ancestral sampling takes them; one evaluation each.
            Sites of the same step do not know of each other.  Default: one site after
            the other, which draws from the model exactly, with `length` evaluations.
        batch_size : int
            Samples at once.

        Returns
        -------
        samples : Samples
            Labels.
        """
        check_counts(steps=1 if steps is None else steps)
        path, done = self.path, []
        with self.parts(n, conditions, batch_size) as parts:
            for _, size, chunk in parts:
                times = path.source.sample(size, generator, device=self.device)
                if steps is None:
                    step = times.argsort(-1).argsort(-1)
                else:
                    step = (times * steps).long().clamp(max=steps - 1)
                labels = torch.zeros_like(step)
                for i in range(path.length if steps is None else steps):
                    drawn = self._fill_in(labels, step < i, chunk, generator)
                    labels = torch.where(step == i, drawn, labels)
                done.append(labels)
        return Samples(torch.cat(done), path.length if steps is None else steps)

    def log_prob_bound(
        self,
        labels,
        *,
        draws=16,
        generator=None,
        conditions=None,
        batch_size=1024,
    ):
        """Lower bound of the log-probability of labels under the model.

        That of a random order, with the integral over time done (`flow.order_bound`);
        an equality where all orders agree.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Sequences.
        draws : int
            Draws for each sequence; one evaluation each.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        batch_size : int
            Draws at once.

        Returns
        -------
        result : DiscreteBoundResult
            Unbiased estimates of the bounds, in nats and in bits per site.
        """
        labels = self.path.check(labels).to(self.device)
        with evaluating(self):
            return bound_by_orders(
                self._log_prob, labels, draws, generator, conditions, batch_size
            )

    def _fill_in(self, labels, shown, conditions, generator):
        return draw_categories(self._law(labels, shown, conditions), generator)

    def _log_prob(self, labels, shown, conditions):
        return log_prob_of(self._law(labels, shown, conditions), labels)

    def _law(self, labels, shown, conditions):
        x = self.path.show(labels, shown)
        return self.logits(x, x.new_zeros(len(x)), **conditions)
