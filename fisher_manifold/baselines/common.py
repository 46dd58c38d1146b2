"""What the baselines share: paths from noise to labels, and models trained on them.

`flow.Trainer` draws the noise of a path's ``source`` and a time, so that all randomness
of a step is that of its number; here a path makes a network's input of both and of the
labels.
"""

import contextlib
import copy
import dataclasses
from typing import Any

import torch

from ..flow.checks import check_conditions, check_counts, evaluating
from ..flow.loss import posterior_loss
from ..flow.times import PowerTimes
from ..geometry import FisherRaoSimplex, SequenceManifold


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
    """

    times = None

    def __init__(self, n_categories, length, source):
        check_counts(n_categories=n_categories, length=length)
        self.space = SequenceManifold(FisherRaoSimplex(n_categories - 1), length)
        self.n_categories = int(n_categories)
        self.length = int(length)
        self.source = source

    def point_dtype(self, x1):
        """Dtype of the points of a target batch."""
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
        """Batch of labels [n, length], noise [n, *source.shape] and times [n]."""
        raise NotImplementedError

    def one_hot(self, labels):
        """Vertices of labels, shape=[n, length, n_categories]."""
        return torch.nn.functional.one_hot(labels, self.n_categories).float()

    def check(self, labels):
        """Labels as int64, or an error that says what is wrong with them."""
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


class Baseline(torch.nn.Module):
    """Model of labels around a network, for `flow.Trainer`: a field with ``sample``.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``; its input and output have the shape
        [n, length, n_categories].
    path : LabelPath
        What it is trained on.
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
        """The network's output, in the dtype of x."""
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
        """Return the same model with another network."""
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


def draw_categories(logits, generator=None):
    """Draw a category from each row of logits.

    Parameters
    ----------
    logits : torch.Tensor, shape=[..., n_categories]
        Unnormalised log-probabilities.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    labels : torch.Tensor of int64, shape=[...]
        Categories.
    """
    probabilities = torch.softmax(logits.double(), -1).reshape(-1, logits.shape[-1])
    if generator is not None:
        probabilities = probabilities.to(generator.device)
    drawn = torch.multinomial(probabilities, 1, generator=generator)
    return drawn.reshape(logits.shape[:-1]).to(logits.device)


def log_prob_of(logits, labels):
    """Log-probability of each site's label, in nats and float64, shape=[n, length]."""
    log_prob = torch.log_softmax(logits.double(), -1)
    return log_prob.gather(-1, labels[..., None])[..., 0]
