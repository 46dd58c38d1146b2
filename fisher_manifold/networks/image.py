"""Convolutions over images."""

import torch
from torch import nn
from torch.nn import functional

from .embedding import TimeEmbedding, zeroed


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

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> network = networks.ImageCNN(17, height=8, width=8, channels=16, depth=2)
    >>> x, t = torch.rand(5, 64, 17).float(), torch.rand(5).float()  # pixels row by row
    >>> network(x, t).shape
    torch.Size([5, 64, 17])
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
        self.output = zeroed(nn.Conv2d(channels, n_categories, 1))
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
