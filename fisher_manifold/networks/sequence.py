"""Networks along the sites of a sequence: convolutions, attention."""

import torch
from torch import nn
from torch.nn import functional

from .embedding import TimeEmbedding, zeroed


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

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> network = networks.SequenceCNN(4, length=20, width=16, depth=2)
    >>> output = network(torch.rand(3, 20, 4).float(), torch.rand(3).float())
    >>> output.shape, output.count_nonzero()  # new: the evidence alone, or no velocity
    (torch.Size([3, 20, 4]), tensor(0))
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
        self.output = zeroed(nn.Conv1d(width, n_categories, 1))
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

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> network = networks.Transformer(4, length=20, width=16, depth=1, n_classes=2)
    >>> x, t = torch.rand(3, 20, 4).float(), torch.rand(3).float()
    >>> network(x, t, label=torch.tensor([0, 1, 1])).shape
    torch.Size([3, 20, 4])
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
        self.output = zeroed(nn.Linear(width, n_categories))
        self.to(torch.float32)

    def forward(self, x, t, label=None):
        """Output of the shape of x [n, length, n_categories] at times t [n]."""
        hidden = self.enter(x) + self.position + self.embed(t, label)[:, None]
        return self.output(self.leave(self.layers(hidden)))
