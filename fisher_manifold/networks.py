"""Reference networks, all with the signature ``network(x, t, **conditions)``.

They are small and plain; any module with that signature serves.  ``x`` are points,
[n, *shape], ``t`` times, [n]; ``label`` is the one condition they know: class labels,
[n], with ``n_classes`` more than 0.  `Conditional` makes one of them know labels,
vectors and signals, all of which may be missing.
"""

import copy
import math

import torch
from torch import nn
from torch.nn import functional

from .conditional import Conditional as Conditional


class TimeEmbedding(nn.Module):
    """Sines and cosines of a time in [0, 1], and an embedding of class labels.

    Parameters
    ----------
    width : int
        Length of the embedding; even.
    n_classes : int
        Number of classes; 0 for none.
    """

    frequencies: torch.Tensor

    def __init__(self, width, n_classes=0):
        super().__init__()
        if width < 2 or width % 2:
            raise ValueError(f"expected an even width of at least 2, got {width}")
        self.width = width
        self.n_classes = n_classes
        frequencies = torch.exp(torch.linspace(0.0, math.log(200.0), width // 2))
        self.register_buffer("frequencies", frequencies.to(torch.float32))
        self.mix = nn.Sequential(
            nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.classes = nn.Embedding(n_classes, width) if n_classes else None

    def forward(self, t, label=None):
        """Embed times [n] and labels [n] as [n, width]."""
        angles = t[:, None] * self.frequencies.to(t.dtype)
        embedding = self.mix(torch.cat([angles.sin(), angles.cos()], -1))
        if self.classes is None:
            if label is not None:
                raise ValueError(
                    "expected no label: this network was made with n_classes=0"
                )
            return embedding
        if label is None:
            raise ValueError(
                f"expected the condition 'label' (0 to {self.n_classes - 1}) for a "
                "network with classes, got none: give it in conditions"
            )
        return embedding + self._of_classes(self.classes, label)

    def _of_classes(self, classes, label):
        try:
            return classes(label)
        except (IndexError, RuntimeError) as error:  # no check before: it would wait
            wanted = f"expected integer labels from 0 to {self.n_classes - 1}"
            if label.is_floating_point() or label.dtype == torch.bool:
                raise TypeError(f"{wanted}, got {label.dtype}") from error
            if not 0 <= int(label.min()) <= int(label.max()) < self.n_classes:
                raise ValueError(
                    f"{wanted}, got {int(label.min())} to {int(label.max())}: make the "
                    "network with more n_classes, or number the classes from 0"
                ) from error
            raise


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
        self.output = _zeroed(nn.Linear(width, size))
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


class SequenceCNN(nn.Module):
    """Residual dilated convolutions along a sequence.

    Parameters
    ----------
    n_categories : int
        Categories of each site.
    length : int
        Number of sites; positions are embedded.
    width : int
        Channels.
    depth : int
        Number of blocks; dilations 1, 2, 4, 8 in turn.
    kernel_size : int
        Odd kernel size.
    n_classes : int
        Number of class labels; 0 for none.
    """

    def __init__(
        self, n_categories, length, width=128, depth=6, kernel_size=5, n_classes=0
    ):
        super().__init__()
        self.n_categories = n_categories
        self.length = length
        self.width = width
        self.depth = depth
        self.kernel_size = kernel_size
        self.n_classes = n_classes
        self.embed = TimeEmbedding(width, n_classes)
        self.enter = nn.Conv1d(n_categories, width, kernel_size, padding="same")
        self.position = nn.Parameter(0.02 * torch.randn(1, width, length))
        self.norms = nn.ModuleList(nn.GroupNorm(1, width) for _ in range(depth))
        self.shifts = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(depth))
        self.mixers = nn.ModuleList(
            nn.Conv1d(width, width, kernel_size, padding="same", dilation=2 ** (i % 4))
            for i in range(depth)
        )
        self.pointwise = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(depth))
        self.leave = nn.GroupNorm(1, width)
        self.output = _zeroed(nn.Conv1d(width, n_categories, 1))
        self.to(torch.float32)

    def forward(self, x, t, label=None):
        """Output of the shape of x [n, length, n_categories] at times t [n]."""
        embedding = functional.silu(self.embed(t, label))
        hidden = self.enter(x.transpose(1, 2)) + self.position
        for norm, shift, mixer, pointwise in zip(
            self.norms, self.shifts, self.mixers, self.pointwise, strict=True
        ):
            scale, offset = shift(embedding)[:, :, None].chunk(2, 1)
            update = mixer(norm(hidden) * (1 + scale) + offset)
            hidden = hidden + pointwise(functional.gelu(update))
        output = self.output(functional.gelu(self.leave(hidden)))
        return output.transpose(1, 2)


class Transformer(nn.Module):
    """Pre-norm transformer encoder over the sites of a sequence.

    Parameters
    ----------
    n_categories : int
        Categories of each site.
    length : int
        Number of sites; positions are embedded.
    width : int
        Width of the tokens.
    depth : int
        Number of layers.
    n_heads : int
        Attention heads.
    n_classes : int
        Number of class labels; 0 for none.
    dropout : float
        Dropout in training.
    """

    def __init__(
        self,
        n_categories,
        length,
        width=128,
        depth=4,
        n_heads=4,
        n_classes=0,
        dropout=0.0,
    ):
        super().__init__()
        self.n_categories = n_categories
        self.length = length
        self.width = width
        self.depth = depth
        self.n_heads = n_heads
        self.n_classes = n_classes
        self.dropout = dropout
        self.embed = TimeEmbedding(width, n_classes)
        self.enter = nn.Linear(n_categories, width)
        self.position = nn.Parameter(0.02 * torch.randn(1, length, width))
        layer = nn.TransformerEncoderLayer(
            width,
            n_heads,
            4 * width,
            dropout,
            "gelu",
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.leave = nn.LayerNorm(width)
        self.output = _zeroed(nn.Linear(width, n_categories))
        self.to(torch.float32)

    def forward(self, x, t, label=None):
        """Output of the shape of x [n, length, n_categories] at times t [n]."""
        hidden = self.enter(x) + self.position + self.embed(t, label)[:, None]
        return self.output(self.leave(self.layers(hidden)))


class ImageCNN(nn.Module):
    """Residual convolutions over the two axes of an image of categorical pixels.

    Parameters
    ----------
    n_categories : int
        Categories of each pixel.
    height, width : int
        Size of the image; points have shape [height * width, n_categories].
    channels : int
        Channels.
    depth : int
        Number of blocks; dilations 1 and 2 in turn.
    n_classes : int
        Number of class labels; 0 for none.
    dropout : float
        Share of channels dropped in training.
    """

    def __init__(
        self,
        n_categories,
        height,
        width,
        channels=64,
        depth=6,
        n_classes=0,
        dropout=0.0,
    ):
        super().__init__()
        self.n_categories = n_categories
        self.height = height
        self.width = width
        self.channels = channels
        self.depth = depth
        self.n_classes = n_classes
        self.dropout = dropout
        self.embed = TimeEmbedding(channels, n_classes)
        self.enter = nn.Conv2d(n_categories, channels, 3, padding="same")
        self.position = nn.Parameter(0.02 * torch.randn(1, channels, height, width))
        self.norms = nn.ModuleList(nn.GroupNorm(1, channels) for _ in range(depth))
        self.shifts = nn.ModuleList(
            nn.Linear(channels, 2 * channels) for _ in range(depth)
        )
        self.first = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding="same", dilation=1 + i % 2)
            for i in range(depth)
        )
        self.second = nn.ModuleList(
            nn.Conv2d(channels, channels, 1) for _ in range(depth)
        )
        self.drop = nn.Dropout2d(dropout)
        self.leave = nn.GroupNorm(1, channels)
        self.output = _zeroed(nn.Conv2d(channels, n_categories, 1))
        self.to(torch.float32)

    def forward(self, x, t, label=None):
        """Output of the shape of x [n, height * width, n_categories] at times t [n]."""
        embedding = functional.silu(self.embed(t, label))
        image = x.transpose(1, 2).unflatten(2, (self.height, self.width))
        hidden = self.enter(image) + self.position
        for norm, shift, first, second in zip(
            self.norms, self.shifts, self.first, self.second, strict=True
        ):
            scale, offset = shift(embedding)[:, :, None, None].chunk(2, 1)
            update = first(norm(hidden) * (1 + scale) + offset)
            hidden = hidden + second(self.drop(functional.gelu(update)))
        output = self.output(functional.gelu(self.leave(hidden)))
        return output.flatten(2).transpose(1, 2)


class TwoTimes(nn.Module):
    """One of the networks above, told of a second time: that of a flow map's end.

    It starts with the network's weights, and where no point is given or the interval is
    empty with its output.

    Parameters
    ----------
    network : torch.nn.Module
        Reference network; copied.
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
        self.output = _zeroed(nn.Linear(embed.width, embed.width))
        self.to(torch.float32)

    def forward(self, times, label=None):
        """Embed times [n, 2] and labels [n] as [n, width]."""
        t, until = times.unbind(-1)
        return self.start(t, label) + self.output(self.length(until - t))


def _zeroed(layer):
    """Start from output zero: the evidence alone, or no motion."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
