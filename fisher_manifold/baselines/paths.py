"""Paths from noise to labels.

`flow.Trainer` draws the noise of a path's ``source`` and a time, so that all randomness
of a step is that of its number; here a path makes a network's input of both and of the
labels.
"""

import dataclasses
from typing import Any

import torch

from ..flow.checks import check_counts
from ..flow.times import PowerTimes
from ..geometry import FisherRaoSimplex, SequenceManifold


@dataclasses.dataclass(frozen=True)
class Batch:
    """What a loss is computed from.

    Attributes
    ----------
    t : torch.Tensor, shape=[n]
        Times.
    x_t : torch.Tensor, shape=[n, length, n_categories]
        The network's input.
    labels : torch.Tensor of int64, shape=[n, length]
        Targets.
    velocity : torch.Tensor, shape=[n, length, n_categories], or None
        Velocity at x_t, of paths that move.
    """

    t: torch.Tensor
    x_t: torch.Tensor
    labels: torch.Tensor
    velocity: torch.Tensor | None = None


@dataclasses.dataclass(frozen=True)
class Noise:
    """Independent numbers: uniform in [0, 1), or exponential of mean 1.

    Parameters
    ----------
    shape : tuple of int
        Shape of one draw.
    exponential : bool
        Which of the two.
    """

    shape: tuple[int, ...]
    exponential: bool = False

    def sample(self, n, generator=None, dtype=None, device=None):
        """Draw numbers [n, *shape]."""
        where = generator.device if generator is not None else device
        dtype = dtype or torch.float32
        kind: dict[str, Any] = {"generator": generator, "dtype": dtype, "device": where}
        uniform = torch.rand(n, *self.shape, **kind).to(device or where)
        return -torch.log1p(-uniform) if self.exponential else uniform


class LabelPath:
    """What `flow.Trainer` asks of a path; a subclass gives ``points``.

    Parameters
    ----------
    n_categories : int
        Categories of a site; at least 2.
    length : int
        Sites.
    source : Noise
        What paths are made of beside labels and times.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> path = baselines.MaskedDiffusion(networks.MLP((5, 3), 16, 1), 3, 5).path
    >>> labels = torch.tensor([[0, 1, 2, 2, 1]]).repeat(2, 1)
    >>> batch = path.sample(labels, t=torch.tensor([0.0, 1.0]))
    >>> batch.x_t.any(-1).sum(1)  # sites that are shown: at first none, then all
    tensor([0, 5])
    """

    times = None

    def __init__(self, n_categories, length, source):
        check_counts(n_categories=n_categories, length=length)
        self.space = SequenceManifold(FisherRaoSimplex(n_categories - 1), length)
        self.n_categories = int(n_categories)
        self.length = int(length)
        self.source = source

    def point_dtype(self, x1):
        """Dtype of the points of a target batch.

        Parameters
        ----------
        x1 : torch.Tensor
            Labels.

        Returns
        -------
        dtype : torch.dtype
            float32.
        """
        return torch.float32

    def sample(self, x1, x0=None, t=None, generator=None):
        """Network's input on the way to labels.

        Parameters
        ----------
        x1 : torch.Tensor of int, shape=[n, length]
            Labels.
        x0 : torch.Tensor, shape=[n, *source.shape], optional
            Noise; default: drawn from the source.
        t : torch.Tensor, shape=[n], optional
            Times; default: uniform.
        generator : torch.Generator, optional
            Source of randomness.

        Returns
        -------
        batch : Batch
            Input and targets.
        """
        labels = self.check(x1)
        n, device = len(labels), labels.device
        if x0 is None:
            x0 = self.source.sample(n, generator, torch.float32, device)
        if t is None:
            t = PowerTimes().sample(n, generator, torch.float32, device)
        return self.points(labels, x0, t)

    def points(self, labels, noise, t):
        """Network's input at given times; a function of its arguments alone.

        Parameters
        ----------
        labels : torch.Tensor of int64, shape=[n, length]
            Labels.
        noise : torch.Tensor, shape=[n, *source.shape]
            Draws of the source.
        t : torch.Tensor, shape=[n]
            Times in [0, 1).

        Returns
        -------
        batch : Batch
            Input and targets.

        Raises
        ------
        NotImplementedError
            If the subclass has none.
        """
        raise NotImplementedError

    def one_hot(self, labels):
        """Vertices of labels.

        Parameters
        ----------
        labels : torch.Tensor of int64, shape=[n, length]
            Labels.

        Returns
        -------
        points : torch.Tensor of float32, shape=[n, length, n_categories]
            One-hot rows.
        """
        return torch.nn.functional.one_hot(labels, self.n_categories).float()

    def check(self, labels):
        """Labels as int64, or an error that says what is wrong with them.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Labels.

        Returns
        -------
        labels : torch.Tensor of int64, shape=[n, length]
            The same.

        Raises
        ------
        TypeError
            If they are no integers.
        ValueError
            If their shape or range is another.
        """
        labels = torch.as_tensor(labels)
        if labels.is_floating_point() or labels.dtype == torch.bool:
            raise TypeError(f"expected integer labels, got {labels.dtype}")
        if tuple(labels.shape[1:]) != (self.length,) or len(labels) == 0:
            raise ValueError(
                f"expected labels of shape [n, {self.length}], got {list(labels.shape)}"
            )
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= self.n_categories:
            raise ValueError(
                f"expected labels from 0 to {self.n_categories - 1}, got {low} to "
                f"{high}"
            )
        return labels.long()
