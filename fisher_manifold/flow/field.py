"""Fields: what the network's output means, here a velocity; `posterior` has the other.

Both fields take a network with one signature, ``network(x, t, **conditions)``, are
called as ``field(x, t, **conditions)`` for the velocity at x, and give the loss of a
batch as ``field.loss(batch, **conditions)``.
"""

import copy

import torch

from ..geometry.foreign import call, check_space
from .loss import velocity_loss
from .times import PowerTimes


class VelocityField(torch.nn.Module):
    """Velocity regression on any geomstats space.

    The network's output is projected to the tangent space at x.  On categorical spaces
    it is taken in sphere coordinates: on the simplex itself a bounded output would have
    an unbounded Fisher norm near the boundary.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)`` with x of shape [n, *space.shape] and t of
        shape [n], both in the network's own dtype; returns the shape of x.
    space : Manifold
        Any geomstats space.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=5)
    >>> network = networks.MLP(space.shape, 8, 1)
    >>> _ = torch.nn.init.normal_(network.output.weight)  # a new one gives 0
    >>> x = flow.DirichletSource(space).sample(2, torch.Generator().manual_seed(0))
    >>> velocity = flow.VelocityField(network, space)(x, torch.tensor([0.0, 0.5]))
    >>> velocity.shape, space.is_tangent(velocity, x)
    (torch.Size([2, 5, 4]), tensor([True, True]))
    """

    default_times = PowerTimes()

    def __init__(self, network, space):
        super().__init__()
        check_space(space)
        self.network = network
        self.space = space

    def forward(self, x, t, **conditions):
        """Velocity at points and times.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        t : torch.Tensor, shape=[n]
            Times.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at x, in the dtype of x.
        """
        output = call_network(self.network, x, t, conditions)
        to_tangent = getattr(self.space, "tangent_from_root", self.space.to_tangent)
        return call(self.space, to_tangent, output.to(x.dtype), x)

    def loss(self, batch, **conditions):
        """Loss of each pair of a batch (see `velocity_loss`).

        Parameters
        ----------
        batch : PathSample
            Points on the paths.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        loss : torch.Tensor, shape=[n]
            Squared norm of the error, divided by the dimension.
        """
        predicted = self(batch.x_t, batch.t, **conditions)
        return velocity_loss(self.space, predicted, batch)

    def labels(self, x):
        """Labels of final points: their nearest vertices, or None without vertices.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.

        Returns
        -------
        labels : torch.Tensor of int, shape=[n, *space.shape[:-1]], or None
            Labels.
        """
        nearest = getattr(self.space, "nearest_vertex", None)
        return nearest(x) if nearest is not None else None

    def with_network(self, network):
        """Return the same field with another network.

        Parameters
        ----------
        network : torch.nn.Module
            Network of the new field.

        Returns
        -------
        field : VelocityField
            A copy; network and space are not copied.
        """
        return with_network(self, network)


def with_network(field, network):
    """Copy of a field, of its own class, around another network."""
    other = copy.copy(field)
    other._modules = dict(field._modules)
    other.network = network
    return other


def unwrapped(network):
    """The user's network inside of averages and of torch's parallel wrappers."""
    while hasattr(network, "module"):
        network = network.module
    return network


def call_network(network, x, t, conditions):
    """Call a network in the dtype of its parameters."""
    parameter = next(network.parameters(), None)
    dtype = parameter.dtype if parameter is not None else x.dtype
    return network(x.to(dtype), t.to(dtype), **conditions)
