r"""Flow maps: from one time of the flow to another in a single evaluation.

.. math:: X(s, t, x) = \exp_x\big((t - s)\, v(s, t, x)\big)

with v the mean velocity from s to t, in normal coordinates at x.  It is distilled
from a field: a teacher's trajectories are followed once, and v is fitted to
:math:`\log_{x_s}(x_t) / (t - s)` for pairs of their points (docs/samplers.md).
"""

import torch

from ..geometry.foreign import call
from .loss import mean_posterior_loss, velocity_loss
from .path import expand
from .trainer import Trainer
from .trajectories import Trajectories


class FlowMap(torch.nn.Module):
    r"""Map :math:`X(s, t, x) = \exp_x((t - s) v(s, t, x))` on any geomstats space.

    The mean velocity v is a field whose network knows the end of the interval too.
    With a `VelocityField` it is any tangent vector.  With a `PosteriorField` it is
    :math:`\sum_k p_k(s, t, x) \log_x(e_k) / (1 - s)`, which points inward.

    A flow map is a solver: ``flow.sample(field, path, n, grid=grid, solver=flow_map)``
    starts from the source, takes one evaluation of the map for each step of the grid,
    and reads labels as usual.  Of the times of the grid it must have learnt: those of
    ``trainer.path.times.grid(2)`` for the trainer of `distill`.

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
        return call(self.space, self.space.metric.exp, displacement, x)

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
        """Return the same map with another network.

        Parameters
        ----------
        network : torch.nn.Module
            Network of the new map.

        Returns
        -------
        flow_map : FlowMap
            A map of its own; this one stays as it is.
        """
        return FlowMap(self.field.with_network(network))


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
    >>> trainer = flow.distill(field, path, network, 16, 20, **options)
    >>> grid, flow_map = trainer.path.times.grid(2), trainer.field
    >>> result = flow.sample(field, path, 4, generator=g, grid=grid, solver=flow_map)
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
