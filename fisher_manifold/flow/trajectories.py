"""Trajectories of a field, and pieces of them: the data of a flow map."""

import dataclasses
from typing import Any

import torch

from ..geometry.foreign import call
from ..geometry.numerics import angle_over_sine, sphere_log
from .checks import check_counts
from .path import expand
from .sampling import sample
from .times import TableTimes


@dataclasses.dataclass(frozen=True)
class Segment:
    """A batch of pieces of trajectories.

    Attributes
    ----------
    space : Manifold
        The space.
    t, until : torch.Tensor, shape=[n]
        Times of their ends.
    x_t, x_until : torch.Tensor, shape=[n, *space.shape]
        Ends.
    """

    space: Any
    t: torch.Tensor
    until: torch.Tensor
    x_t: torch.Tensor
    x_until: torch.Tensor

    @property
    def velocity(self):
        """Mean velocity in normal coordinates at x_t, shape=[n, *space.shape]."""
        log = call(self.space, self.space.metric.log, self.x_until, self.x_t)
        return log / expand(self.until - self.t, log)

    @property
    def posterior(self):
        r"""Probabilities p of which the velocity is the mean, on categorical spaces.

        With w the logarithm divided by (t - s) / (1 - s), in sphere coordinates u,
        and :math:`c_k = \theta_k / \sin\theta_k`, so that :math:`\log_u(e_k) =
        c_k (e_k - u_k u)`, they solve :math:`c_k p_k = w_k + \lambda u_k`, sum 1.
        Curvature makes a few of them slightly negative; these become 0.
        """
        root = self.space.sphere_coordinates(self.x_t)
        end = self.space.sphere_coordinates(self.x_until)
        share = expand((self.until - self.t) / (1.0 - self.t), root)
        w, c = sphere_log(end - root, root) / share, angle_over_sine((1.0 - root) / 2.0)
        total, slope = ((a / c).sum(-1, keepdim=True) for a in (w, root))
        weights = ((w + (1.0 - total) / slope * root) / c).clamp(min=0.0)
        return weights / weights.sum(-1, keepdim=True)


class Trajectories:
    """Trajectories of a field, in the place of the conditional paths of a `Trainer`.

    Parameters
    ----------
    path : GeodesicPath
        Path of the field.
    grid : sequence of float, length=m * every + 1
        Increasing times from 0: steps in which the trajectories are followed.
    every : int
        They are kept at each so many of them.  The map is learnt from each of the
        times that are kept to each later one.

    Attributes
    ----------
    kept : tuple of float, length=m + 1
        Times that are kept.
    times : TableTimes
        Law whose ``times.grid(n)`` are such times, where n divides m.

    Raises
    ------
    ValueError
        If the times do not increase from 0, or `every` does not divide the steps.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> field = flow.PosteriorField(networks.MLP((3,), 8, 1), path)
    >>> trajectories = flow.Trajectories(path, field.default_times.grid(8), every=2)
    >>> x = trajectories.follow(field, 6, torch.Generator().manual_seed(0))
    >>> x.shape, len(trajectories.kept)  # 8 steps, every second point kept
    (torch.Size([6, 5, 3]), 5)
    >>> trajectories.sample(x).x_until.shape
    torch.Size([6, 3])
    """

    def __init__(self, path, grid, every=8):
        self.path = path
        self.space = path.space
        self.source = path.source
        self.grid = tuple(torch.as_tensor(grid, dtype=torch.float64).tolist())
        self.every = every
        check_counts(every=every)
        if (len(self.grid) - 1) % every:
            raise ValueError(
                f"expected a number of steps that {every} divides, got "
                f"{len(self.grid) - 1}: give another grid, or `every`"
            )
        self.kept = self.grid[::every]
        shares = torch.linspace(0, 1, len(self.kept), dtype=torch.float64)
        self.times = TableTimes(self.kept, tuple(shares.tolist()))

    def point_dtype(self, x1):
        """Dtype of the points.

        Parameters
        ----------
        x1 : torch.Tensor
            Batch of targets, or of labels.

        Returns
        -------
        dtype : torch.dtype
            A floating point one.
        """
        return x1.dtype

    def follow(self, field, n, generator=None, conditions=None, **options):
        """Trajectories of a field from the source.

        Parameters
        ----------
        field : VelocityField or PosteriorField
            Teacher.
        n : int
            Number of trajectories.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions of the trajectories, first axis n.
        **options : object
            Of `flow.sample`, such as progress.

        Returns
        -------
        points : torch.Tensor, shape=[n, m + 1, *space.shape]
            Points at the times that are kept.
        """
        points, kept = [], set(self.kept)
        sample(
            field,
            self.path,
            n,
            generator=generator,
            conditions=conditions,
            grid=self.grid,
            on_step=lambda t, x: points.append(x) if t in kept else None,
            **options,
        )
        m = len(kept)
        batches = [points[i : i + m] for i in range(0, len(points), m)]
        return torch.cat([torch.stack(batch, 1) for batch in batches])

    def sample(self, x1, x0=None, t=None, generator=None):
        """Draw a piece of each trajectory.

        Parameters
        ----------
        x1 : torch.Tensor, shape=[n, m + 1, *space.shape]
            Trajectories.
        x0 : object
            Not used: a trajectory has its own start.
        t : torch.Tensor, shape=[n], optional
            Times; the piece starts at the last kept time before, and the place of t
            in its interval chooses the end.  Default: drawn.
        generator : torch.Generator, optional
            Source of randomness.

        Returns
        -------
        batch : Segment
            Pieces: every start as often, and every end after it.

        Raises
        ------
        ValueError
            If x1 are no trajectories at the times that are kept.
        """
        shape = [len(self.kept), *self.space.shape]
        if list(x1.shape[1:]) != shape:
            raise ValueError(
                f"expected trajectories of shape [n, {', '.join(map(str, shape))}], "
                f"got {list(x1.shape)}: `follow` makes them"
            )
        if t is None:
            t = self.times.sample(len(x1), generator, x1.dtype, x1.device)
        grid = torch.tensor(self.kept, dtype=torch.float64, device=x1.device)
        last = len(grid) - 1
        start = torch.searchsorted(grid, t.double(), right=True).clamp(1, last) - 1
        place = (t - grid[start]) / (grid[start + 1] - grid[start])
        end = start + 1 + (place * (last - start)).long()
        end = end.clamp(max=last)
        rows, times = torch.arange(len(x1), device=x1.device), grid.to(x1.dtype)
        pairs = times[start], times[end], x1[rows, start], x1[rows, end]
        return Segment(self.space, *pairs)
