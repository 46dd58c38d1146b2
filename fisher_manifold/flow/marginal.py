r"""Velocities averaged over targets: regression without the noise of the pairing.

Flow matching regresses on the velocity of one path through x; what the network learns
is the mean over all paths through x.  Where targets are a finite set and the source is
the uniform law of a unit sphere, that mean has a closed form.  Geodesics to c shrink
the angle to it by the factor :math:`a = 1 - t`, so that given c the density at x is, up
to a factor common to all targets,

.. math::
    r_c(x, t) = \Big(\frac{\sin \phi_c}{\sin \theta_c}\Big)^{d - 1}, \qquad
    \phi_c = \theta_c / a, \quad \theta_c = \operatorname{dist}(x, c),

and 0 beyond :math:`\phi_c = \pi`; and the mean velocity is that of Bayes' rule,

.. math::
    v(x, t) = \frac{1}{a} \sum_c \frac{r_c}{\sum_{c'} r_{c'}} \log_x c.

In Euclidean space the same is the *stable target field* of Y. Xu, S. Tong and T.
Jaakkola, Stable Target Field for Reduced Variance Score Estimation in Diffusion
Models, ICLR 2023.
"""

import math

import torch

from .field import VelocityField
from .loss import velocity_loss

_BLOCK = 2**17
"""Pairs of a point and a target at a time: those of a processor's cache."""


def marginal_velocity(x, t, targets):
    """Mean velocity of geodesics from uniform points of a sphere to given targets.

    Parameters
    ----------
    x : torch.Tensor, shape=[n, dim + 1]
        Unit vectors.
    t : torch.Tensor, shape=[n]
        Times in [0, 1).
    targets : torch.Tensor, shape=[m, dim + 1]
        Unit vectors, each as likely; repeated ones count as often.

    Returns
    -------
    velocity : torch.Tensor, shape=[n, dim + 1]
        Tangent vectors at x, in the dtype of x; NaN where no path to any target passes,
        and in float32 not exact to 1e-3 for t above 0.9999.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Examples
    --------
    Between two targets, nearer to the first:

    >>> import torch
    >>> targets = torch.eye(3)[:2]
    >>> x = torch.tensor([[0.8, 0.6, 0.0]])
    >>> velocity = marginal_velocity(x, torch.tensor([0.7]), targets)
    >>> [round(v, 3) for v in velocity[0].tolist()]
    [1.151, -1.535, 0.0]
    """
    if x.ndim != 2 or targets.ndim != 2 or x.shape[1] != targets.shape[1]:
        raise ValueError(
            "expected x and targets of shapes [n, dim + 1] and [m, dim + 1], got "
            f"{list(x.shape)} and {list(targets.shape)}"
        )
    if t.shape != x.shape[:1]:
        raise ValueError(f"expected t of shape [{len(x)}], got {list(t.shape)}")
    rows = max(1, _BLOCK // len(targets))
    blocks = zip(x.split(rows), (1.0 - t).to(x.dtype).split(rows), strict=True)
    return torch.cat([_block(y, a[:, None], targets.to(x.dtype)) for y, a in blocks])


def _block(x, a, targets):
    wide_x, wide = x.double(), targets.double()  # without cancellation at small angles
    lengths = 0.25 * (wide_x.square().sum(1, keepdim=True) + wide.square().sum(1))
    squared = torch.addmm(lengths, wide_x, wide.T, alpha=-0.5).to(x.dtype)
    half = squared.clamp_(1e-30, 1.0).sqrt()  # sine of half the angle
    theta = 2.0 * half.asin()
    sine = (half * (1.0 - squared).clamp_(min=1e-30).sqrt_()).mul_(2.0)
    phi = theta / a
    ratio = phi.sin().div_(sine).masked_fill_(phi >= math.pi, 0.0)
    weight = ratio if x.shape[1] == 3 else ratio ** (x.shape[1] - 2)
    total = weight.sum(1, keepdim=True)
    mean = (weight * theta).div_(sine) @ targets / (total * a)
    return mean - (mean * x).sum(1, keepdim=True) * x


class MarginalVelocityField(VelocityField):
    """Velocity regression on the mean over all targets, on a unit sphere.

    The minimum of the loss is that of `VelocityField`, trained from the uniform source
    with independent pairs and on these targets; its noise is gone, or with `at_most`
    most of it.

    Parameters
    ----------
    network : torch.nn.Module
        As that of `VelocityField`.
    space : Hypersphere
        A unit sphere.
    targets : torch.Tensor, shape=[m, dim + 1]
        The training data, of which each batch is a part.
    at_most : int, optional
        The mean is over the targets of the batch and as many others, drawn from
        torch's global generator (which the `Trainer` seeds for each step), as make
        this number.  Targets of a batch are like any others, so that the minimum
        stays.

    Raises
    ------
    ValueError
        If the targets are not of the shape of points of the space.

    Examples
    --------
    >>> import torch
    >>> from geomstats.geometry.hypersphere import Hypersphere
    >>> from fisher_manifold import flow, networks
    >>> network, targets = networks.MLP((3,), 8, 1), torch.eye(3)
    >>> field = flow.MarginalVelocityField(network, Hypersphere(2), targets, at_most=2)
    >>> field.targets.shape, "targets" in field.state_dict()  # data are not weights
    (torch.Size([3, 3]), False)
    """

    targets: torch.Tensor

    def __init__(self, network, space, targets, at_most=None):
        super().__init__(network, space)
        if tuple(targets.shape[1:]) != tuple(space.shape) or targets.ndim != 2:
            raise ValueError(
                f"expected targets of shape [m, {space.shape[0]}], got "
                f"{list(targets.shape)}"
            )
        self.register_buffer("targets", targets, persistent=False)
        self.at_most = at_most

    def loss(self, batch, **conditions):
        """Loss of each point of a batch (see `velocity_loss`).

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
        return velocity_loss(self.space, predicted, _Averaged(batch, self._some(batch)))

    def _some(self, batch):
        if self.at_most is None or self.at_most >= len(self.targets):
            return self.targets
        others = max(0, self.at_most - len(batch.x1))
        rows = torch.randint(len(self.targets), (others,), device=self.targets.device)
        return torch.cat([batch.x1, self.targets[rows].to(batch.x1)])


class _Averaged:
    """A batch whose velocity is the mean over targets, where that is known."""

    def __init__(self, batch, targets):
        self.x_t = batch.x_t
        with torch.no_grad():
            mean = marginal_velocity(batch.x_t, batch.t, targets)
            known = torch.isfinite(mean).all(1, keepdim=True)
            self.velocity = torch.where(known, mean, batch.velocity)
