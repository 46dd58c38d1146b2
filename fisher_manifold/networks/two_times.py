"""Networks of flow maps, which are told where an interval ends."""

import copy
import math

import torch
from torch import nn

from .embedding import TimeEmbedding, zeroed


class TwoTimes(nn.Module):
    """One of the networks above, told of a second time: that of a flow map's end.

    It starts with the network's weights, and where no point is given or the interval is
    empty with its output.

    Parameters
    ----------
    network : torch.nn.Module
        Reference network; copied.

    Raises
    ------
    TypeError
        If the network has no `TimeEmbedding`.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> network = networks.MLP(shape=(8, 4), width=32, depth=1).eval()
    >>> _ = torch.nn.init.normal_(network.output.weight)  # as if it had learnt
    >>> x, t = torch.rand(5, 8, 4).float(), torch.rand(5).float()
    >>> told = networks.TwoTimes(network)  # starts as the network
    >>> torch.equal(told(x, t, until=torch.ones(5)), network(x, t))
    True
    """

    def __init__(self, network):
        super().__init__()
        if not isinstance(getattr(network, "embed", None), TimeEmbedding):
            raise TypeError(
                "expected a reference network with a TimeEmbedding, got "
                f"{type(network).__name__}: give your own network a keyword `until`"
            )
        self.network = copy.deepcopy(network)
        self.network.embed = _TwoTimeEmbedding(network.embed)

    def forward(self, x, t, until=None, point=None, **conditions):
        """Output of the shape of x [n, *shape] for intervals from t [n] to until [n].

        A point [n, *shape] is added to x, by the more the longer the interval.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *shape]
            Points.
        t, until : torch.Tensor, shape=[n]
            Ends of the intervals; default: no length.
        point : torch.Tensor, shape=[n, *shape], optional
            What is added to x.
        **conditions
            For the network.

        Returns
        -------
        output : torch.Tensor
            Of the shape of the output of the inner network.
        """
        until = t if until is None else until.to(t.dtype)
        if point is not None:
            size = (until - t).reshape(-1, *[1] * (x.ndim - 1))
            x = x + 2.0 * math.sqrt(x.shape[-1]) * size * point.to(x.dtype)
        return self.network(x, torch.stack([t, until], -1), **conditions)


class _TwoTimeEmbedding(nn.Module):
    """Embedding of the start [n, 0] of an interval, and of its length."""

    def __init__(self, embed):
        super().__init__()
        self.start = copy.deepcopy(embed)
        self.length = TimeEmbedding(embed.width)
        self.output = zeroed(nn.Linear(embed.width, embed.width))
        self.to(torch.float32)

    def forward(self, times, label=None):
        """Embed times [n, 2] and labels [n] as [n, width]."""
        t, until = times.unbind(-1)
        return self.start(t, label) + self.output(self.length(until - t))
