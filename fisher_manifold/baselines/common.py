"""Models of labels that `flow.Trainer` trains, and what they draw."""

import contextlib
import copy
import dataclasses
from typing import Any

import torch

from ..flow.checks import check_conditions, check_counts, evaluating
from ..flow.loss import posterior_loss
from ..flow.times import PowerTimes


@dataclasses.dataclass(frozen=True)
class Samples:
    """Labels drawn from a model.

    Attributes
    ----------
    labels : torch.Tensor of int64, shape=[n, length]
        Labels.
    n_evaluations : int
        Evaluations of the network for each of them; 0 for models without one.
    """

    labels: torch.Tensor
    n_evaluations: int


class Baseline(torch.nn.Module):
    """Model of labels around a network, for `flow.Trainer`: a field with ``sample``.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``; its input and output have the shape
        [n, length, n_categories].
    path : LabelPath
        What it is trained on.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> model = baselines.LinearFlow(networks.MLP((5, 3), 16, 1), 3, 5)
    >>> isinstance(model, baselines.Baseline)
    True
    >>> batch = model.path.sample(torch.tensor([[0, 1, 2, 1, 0]]))
    >>> round(model.loss(batch).item(), 4)  # log 3 nats: not yet trained
    1.0986
    """

    default_times: Any = PowerTimes()
    coupling = None

    def __init__(self, network, path):
        super().__init__()
        self.network = network
        self.path = path
        self.space = path.space

    @property
    def device(self):
        """Device of the network."""
        parameter = next(self.network.parameters(), None)
        return parameter.device if parameter is not None else torch.device("cpu")

    def logits(self, x, t, **conditions):
        """The network's output, in the dtype of x.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            The network's input.
        t : torch.Tensor, shape=[n]
            Times, as the network sees them.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        logits : torch.Tensor, shape=[n, length, n_categories]
            Output.
        """
        return self.network(x, t, **conditions).to(x.dtype)

    def loss(self, batch, **conditions):
        """Cross-entropy of each row of a batch, in nats per site.

        Parameters
        ----------
        batch : Batch
            Inputs and targets.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        loss : torch.Tensor, shape=[n]
            Mean over sites.
        """
        logits = self.logits(batch.x_t, batch.t, **conditions)
        return posterior_loss(logits, batch.labels)

    def with_network(self, network):
        """Return the same model with another network.

        Parameters
        ----------
        network : torch.nn.Module
            Network.

        Returns
        -------
        model : Baseline
            Copy around it.
        """
        other = copy.copy(self)
        other._modules = {**self._modules, "network": network}
        return other

    @contextlib.contextmanager
    def parts(self, n, conditions, batch_size):
        """Rows and conditions of parts of n samples, for a network that is not trained.

        Parameters
        ----------
        n : int
            Number of samples.
        conditions : dict of torch.Tensor or None
            Conditions, first axis n.
        batch_size : int
            Samples at once.

        Yields
        ------
        parts : iterator of (slice, int, dict)
            Rows, their number and their conditions on the network's device.
        """
        check_counts(n=n, batch_size=batch_size)
        conditions = check_conditions(conditions, n)
        device = self.device

        def part(first):
            rows = slice(first, min(first + batch_size, n))
            values = {k: v[rows].to(device) for k, v in conditions.items()}
            return rows, rows.stop - rows.start, values

        with torch.no_grad(), evaluating(self):
            yield (part(first) for first in range(0, n, batch_size))
