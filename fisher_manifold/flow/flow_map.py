r"""Flow maps: from one time of the flow to another in a single evaluation.

.. math:: X(s, t, x) = \exp_x\big((t - s)\, v(s, t, x)\big)

with v the mean velocity from s to t, in normal coordinates at x.  It is distilled
from a field: a teacher's trajectories are followed once, and v is fitted to
:math:`\log_{x_s}(x_t) / (t - s)` for pairs of their points (docs/samplers.md).
"""

import dataclasses
from typing import Any

import torch

from ..geometry.numerics import angle_over_sine, sphere_log
from .loss import mean_posterior_loss, velocity_loss
from .path import expand
from .sampling import sample
from .times import TableTimes
from .trainer import Trainer


class FlowMap(torch.nn.Module):
    r"""Map :math:`X(s, t, x) = \exp_x((t - s) v(s, t, x))` on any geomstats space.

    The mean velocity v is a field whose network knows the end of the interval too.
    With a `VelocityField` it is any tangent vector.  With a `PosteriorField` it is
    :math:`\sum_k p_k(s, t, x) \log_x(e_k) / (1 - s)`, which points inward.

    A flow map is a solver: ``flow.sample(field, path, n, steps=2, solver=flow_map)``
    starts from the source, takes two evaluations of the map, and reads labels as usual.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Field with a network ``network(x, s, until=t, **conditions)``, such as
        ``networks.TwoTimes``.  That of a `PosteriorField` with evidence is also given
        ``point=``, the unit vectors of x: at time 0 the evidence is blank.

    References
    ----------
    N. M. Boffi, M. S. Albergo and E. Vanden-Eijnden, Flow map matching (2024), with exp
    of the metric in the place of the sum.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> space = fm.PositiveHypersphere(dim=2)
    >>> path = flow.GeodesicPath(space)
    >>> network = networks.TwoTimes(networks.MLP(space.shape, 8, 1))
    >>> flow_map = flow.FlowMap(flow.PosteriorField(network, path))
    >>> x, s = torch.tensor([[0.6, 0.8, 0.0]]), torch.tensor([0.2])
    >>> torch.equal(flow_map(x, s, s), x)
    True
    """

    def __init__(self, field):
        super().__init__()
        self.field = field

    @property
    def network(self):
        """Network of the field."""
        return self.field.network

    @property
    def space(self):
        """Space of the field."""
        return self.field.space

    def velocity(self, x, s, t, **conditions):
        """Mean velocity from s to t.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the times s.
        s, t : torch.Tensor, shape=[n]
            Times, s <= t.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at x.
        """
        return self._call(self.field, x, s, t, conditions)

    def _call(self, function, x, s, t, conditions):
        """Call the field, or its logits, with the end of the interval."""
        if getattr(self.field, "evidence", False):
            conditions = {"point": self.space.sphere_coordinates(x), **conditions}
        return function(x, s, until=t, **conditions)

    def forward(self, x, s, t, **conditions):
        """Points at the times t of the trajectories through x at the times s.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the times s.
        s, t : torch.Tensor, shape=[n]
            Times, s <= t.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points; x itself where s = t.
        """
        displacement = expand(t - s, x) * self.velocity(x, s, t, **conditions)
        return self.space.metric.exp(displacement, x)

    def step(self, problem, x, now, after):
        """Move points over one interval of time: the map as a solver.

        Parameters
        ----------
        problem : Problem
            Samples; their field is not evaluated, the map once.
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the time now.
        now, after : float
            Ends of the interval.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points at the time after.
        """
        problem.n_evaluations += 1
        s, t = x.new_full((len(x),), now), x.new_full((len(x),), after)
        velocity = self.velocity(x, s, t, **problem.conditions)
        return problem.move(x, (after - now) * velocity)

    def loss(self, batch, **conditions):
        """Loss of each pair of a batch.

        With a `PosteriorField` the divergence of p from `Segment.posterior`, in nats
        per site, else the squared norm of the error of v, divided by the dimension.

        Parameters
        ----------
        batch : Segment
            Ends of pieces of trajectories.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        loss : torch.Tensor, shape=[n]
            Losses; 0 for the flow map of the teacher.
        """
        ends = batch.x_t, batch.t, batch.until
        if hasattr(self.field, "logits"):
            logits = self._call(self.field.logits, *ends, conditions)
            return mean_posterior_loss(logits, batch.posterior)
        predicted = self._call(self.field, *ends, conditions)
        return velocity_loss(self.space, predicted, batch)

    def with_network(self, network):
        """Return the same map with another network."""
        return FlowMap(self.field.with_network(network))


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
        log = self.space.metric.log(self.x_until, self.x_t)
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
    """

    def __init__(self, path, grid, every=8):
        self.path = path
        self.space = path.space
        self.source = path.source
        self.grid = tuple(torch.as_tensor(grid, dtype=torch.float64).tolist())
        self.every = every
        if (len(self.grid) - 1) % every:
            raise ValueError(
                f"expected a number of steps that {every} divides, got "
                f"{len(self.grid) - 1}: give another grid, or `every`"
            )
        self.kept = self.grid[::every]
        shares = torch.linspace(0, 1, len(self.kept), dtype=torch.float64)
        self.times = TableTimes(self.kept, tuple(shares.tolist()))

    def point_dtype(self, x1):
        """Dtype of the points."""
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


def distill(
    field,
    path,
    network,
    n_trajectories,
    steps,
    grid=None,
    every=8,
    generator=None,
    conditions=None,
    progress=True,
    **options,
):
    """Distil a field into a flow map: follow its trajectories, and fit the map to them.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Teacher (``trainer.field`` has the averaged weights).
    path : GeodesicPath
        Its path.
    network : torch.nn.Module
        The map's: ``networks.TwoTimes(field.network)`` starts from the teacher's.
    n_trajectories : int
        Number of the teacher's trajectories.
    steps : int
        Training steps.
    grid : sequence of float, length=m * every + 1, optional
        Steps of the teacher; default: 64 of the sampler, the last of them to 1, where
        labels are farthest from each other.
    every : int
        The map is learnt between every so many of them.
    generator : torch.Generator, optional
        Source of randomness.
    conditions : dict of torch.Tensor, optional
        Conditions of the trajectories, first axis n_trajectories.
    progress : bool
        Whether to show progress bars.
    **options : object
        Of the `Trainer`.

    Returns
    -------
    trainer : Trainer
        ``trainer.field`` is the `FlowMap`; its path are the `Trajectories`.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> field = flow.PosteriorField(networks.MLP((3,), 8, 1), path)
    >>> g = torch.Generator().manual_seed(0)
    >>> network = networks.TwoTimes(field.network)
    >>> options = {"generator": g, "progress": False, "batch_size": 16}
    >>> flow_map = flow.distill(field, path, network, 16, 20, **options).field
    >>> result = flow.sample(field, path, 4, steps=2, generator=g, solver=flow_map)
    >>> result.n_evaluations
    2
    """
    if grid is None:
        grid = [*(path.times or field.default_times).grid(64)[:-1].tolist(), 1.0]
    trajectories = Trajectories(path, grid, every)
    points = trajectories.follow(
        field, n_trajectories, generator, conditions, progress=progress
    )
    flow_map = FlowMap(field.with_network(network))
    trainer = Trainer(flow_map, trajectories, generator=generator, **options)
    return trainer.fit(points, steps, conditions, progress=progress)
