"""Perceptrons on flattened points, for any space."""

import math

import torch
from torch import nn
from torch.nn import functional

from .embedding import TimeEmbedding, zeroed


class MLP(nn.Module):
    """Residual multilayer perceptron on flattened points, for any space.

    Parameters
    ----------
    shape : tuple of int
        Shape of a point; also of the output.
    width : int
        Hidden width.
    depth : int
        Number of residual blocks.
    n_classes : int
        Number of class labels; 0 for none.
    dropout : float
        Share of hidden units dropped in training.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> network = networks.MLP(shape=(8, 4), width=32, depth=2, n_classes=3)
    >>> x, t = torch.rand(5, 8, 4).float(), torch.rand(5).float()
    >>> network(x, t, label=torch.tensor([0, 1, 2, 0, 1])).shape  # that of x
    torch.Size([5, 8, 4])
    """

    def __init__(self, shape, width=256, depth=3, n_classes=0, dropout=0.0):
        super().__init__()
        self.shape = tuple(shape)
        self.width = width
        self.depth = depth
        self.n_classes = n_classes
        self.dropout = dropout
        size = math.prod(self.shape)
        self.embed = TimeEmbedding(width, n_classes)
        self.enter = nn.Linear(size, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, width),
                nn.SiLU(),
                nn.Dropout(dropout),
                nn.Linear(width, width),
            )
            for _ in range(depth)
        )
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.SiLU())
        self.output = zeroed(nn.Linear(width, size))
        self.to(torch.float32)

    def forward(self, x, t, label=None):
        """Output of the shape of x [n, *shape] at times t [n]."""
        embedding = self.embed(t, label)
        hidden = self.enter(self.features(x.flatten(1), t)) + embedding
        for block in self.blocks:
            hidden = hidden + block(hidden + embedding)
        return self.output(self.leave(hidden)).reshape(x.shape)

    def features(self, x, t):
        """What the network is given of flat points x [n, size] at times t [n]: x."""
        return x


class FourierMLP(MLP):
    r"""The same, given waves of the point too, which fade in as time goes on.

    Of random directions w of lengths from 1 to `highest`, the network sees
    :math:`\sin(w x)` and :math:`\cos(w x)`, times
    :math:`\exp(-\tfrac12 |w|^2 (1 - t)^2)`: the law at the time t is that of the data
    blurred over distances of 1 - t, so that shorter waves say nothing yet.

    Waves as features: M. Tancik et al., Fourier Features Let Networks Learn High
    Frequency Functions in Low Dimensional Domains, NeurIPS 2020.

    Parameters
    ----------
    shape, width, depth, n_classes, dropout
        As of `MLP`.
    n_waves : int
        Number of directions.
    highest : float
        Largest length: details smaller than its inverse are hard to learn.

    Raises
    ------
    ValueError
        If there is no wave, or `highest` is below 1.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> network = networks.FourierMLP(shape=(3,), width=32, depth=1, n_waves=16)
    >>> x, t = torch.eye(3)[:2], torch.tensor([0.0, 1.0])
    >>> features = network.features(x, t)  # the point, 16 sines and 16 cosines
    >>> features.shape, (features[:, 3:].norm(dim=1) / 4).round()  # none yet at t = 0
    (torch.Size([2, 35]), tensor([0., 1.]))
    """

    waves: torch.Tensor

    def __init__(
        self,
        shape,
        width=256,
        depth=3,
        n_classes=0,
        dropout=0.0,
        n_waves=128,
        highest=64.0,
    ):
        super().__init__(shape, width, depth, n_classes, dropout)
        if n_waves < 1 or highest < 1:
            raise ValueError(
                "expected at least one wave and highest >= 1, got "
                f"n_waves={n_waves} and highest={highest}"
            )
        self.n_waves = n_waves
        self.highest = highest
        size = math.prod(self.shape)
        lengths = torch.exp(torch.linspace(0.0, math.log(highest), n_waves))
        directions = functional.normalize(torch.randn(n_waves, size), dim=1)
        self.register_buffer("waves", (lengths[:, None] * directions).float())
        self.enter = nn.Linear(size + 2 * n_waves, width)
        self.to(torch.float32)

    def features(self, x, t):
        """Points x [n, size] and their waves at times t [n]."""
        waves = self.waves.to(x.dtype)
        start = t.reshape(len(x), -1)[:, :1]  # of an interval, in a flow map
        blur = waves.square().sum(1) * (1.0 - start).square()
        fade, angles = torch.exp(-0.5 * blur), x @ waves.T
        return torch.cat([x, fade * angles.sin(), fade * angles.cos()], -1)
