"""What networks are told of times and class labels, and how they start."""

import math

import torch
from torch import nn


class TimeEmbedding(nn.Module):
    """Sines and cosines of a time in [0, 1], and an embedding of class labels.

    Parameters
    ----------
    width : int
        Length of the embedding; even.
    n_classes : int
        Number of classes; 0 for none.

    Raises
    ------
    ValueError
        If the width is odd, or below 2.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> embedding = networks.TimeEmbedding(width=8, n_classes=2)
    >>> embedding(torch.linspace(0, 1, 5), torch.tensor([0, 1, 0, 1, 0])).shape
    torch.Size([5, 8])
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
        """Embed times [n] and labels [n] as [n, width].

        Raises
        ------
        ValueError
            If a label is missing, or given to an embedding without classes.
        """
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


def zeroed(layer):
    """Set a layer to zero and return it.

    A network that ends with it starts from output zero: the evidence alone, or no
    motion.

    Parameters
    ----------
    layer : torch.nn.Module
        Layer with a weight and a bias.

    Returns
    -------
    layer : torch.nn.Module
        The same layer.
    """
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
