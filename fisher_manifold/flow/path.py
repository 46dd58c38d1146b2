"""Conditional paths: geodesics from source to target, and the law of their times."""

import dataclasses
import functools
from typing import Any

import torch

from ..geometry.arrays import in_blocks
from ..geometry.foreign import call, check_space
from .checks import check_methods
from .source import DirichletSource, RandomPointSource
from .times import PowerTimes


@dataclasses.dataclass(frozen=True)
class PathSample:
    """A batch of points on conditional paths.

    Attributes
    ----------
    space : Manifold
        The space.
    t : torch.Tensor, shape=[n]
        Times.
    x0, x1 : torch.Tensor, shape=[n, *space.shape]
        Ends of the geodesics.
    x_t : torch.Tensor, shape=[n, *space.shape]
        Points at the times.
    labels : torch.Tensor of int, shape=[n, *space.shape[:-1]], or None
        Labels of x1, where targets are vertices.
    start_velocity : torch.Tensor, shape=[n, *space.shape], or None
        Velocity at x0, the logarithm of x1, where x_t was computed from it.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> path, t = flow.GeodesicPath(fm.PositiveHypersphere(dim=1)), torch.tensor([0.5])
    >>> x0 = torch.eye(2)[:1].float()  # labels become points in float32
    >>> batch = path.sample(torch.tensor([1]), x0=x0, t=t)
    >>> batch.labels, batch.x_t.numpy().round(4)  # half way from vertex 0 to vertex 1
    (tensor([1]), array([[0.7071, 0.7071]], dtype=float32))
    >>> speed = path.space.metric.norm(batch.velocity, batch.x_t)
    >>> round(float(speed), 4)  # the distance of the ends
    3.1416
    """

    space: Any
    t: torch.Tensor
    x0: torch.Tensor
    x1: torch.Tensor
    x_t: torch.Tensor
    labels: torch.Tensor | None = None
    start_velocity: torch.Tensor | None = None

    @functools.cached_property
    def velocity(self):
        """Velocity of the geodesics at x_t, shape=[n, *space.shape]; on first use."""
        metric = self.space.metric
        if hasattr(metric, "geodesic_state"):
            return _state(metric, 1, self.x0, self.x1, self.t)
        return _geodesic_velocity(self)


class GeodesicPath:
    """Geodesics x_t from a source point (t = 0) to a target (t = 1).

    Parameters
    ----------
    space : Manifold
        Any geomstats space with exp and log.
    source : object with ``sample``, optional
        Source law.  Default: Dirichlet(1/2), the uniform law, on categorical spaces,
        else the space's ``random_point``.
    times : object with ``sample`` and ``grid``, optional
        Law of the training times and grid of the sampler.  Default: that of the field
        (uniform for velocities, early times for posteriors).

    Raises
    ------
    TypeError
        If the space, the source or the times lack a method that is needed.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=2)
    >>> g = torch.Generator().manual_seed(0)
    >>> batch = GeodesicPath(space).sample(torch.tensor([[0, 3], [1, 1]]), generator=g)
    >>> batch.x_t.shape, batch.velocity.shape
    (torch.Size([2, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(self, space, source=None, times=None):
        check_space(space)
        if source is None:
            categorical = hasattr(space, "from_sphere_coordinates")
            source = DirichletSource(space) if categorical else RandomPointSource(space)
        if not hasattr(source, "log_prob"):  # all that a likelihood asks for
            check_methods(source, ("sample",), "a source")
        if times is not None:
            check_methods(times, ("sample", "grid"), "a law of times")
        self.space = space
        self.source = source
        self.times = times

    def target_points(self, x1):
        """Points of a target batch, and its labels where it is given by labels.

        Parameters
        ----------
        x1 : torch.Tensor
            Points [n, *space.shape], or integer labels [n, *space.shape[:-1]].

        Returns
        -------
        points : torch.Tensor, shape=[n, *space.shape]
            Points; those of labels in float32.
        labels : torch.Tensor or None
            Labels.

        Raises
        ------
        TypeError
            If labels are given for a space without vertices.
        ValueError
            If the shape does not fit the space.
        """
        shape = tuple(self.space.shape)
        if x1.is_floating_point():
            if tuple(x1.shape[1:]) != shape:
                raise ValueError(
                    f"expected target points of shape [n, {', '.join(map(str, shape))}]"
                    f", got {list(x1.shape)}"
                )
            return x1, None
        if not hasattr(self.space, "vertices"):
            raise TypeError(
                f"expected floating point targets for {self.space!r}, got {x1.dtype}; "
                "integer labels need a categorical space"
            )
        if tuple(x1.shape[1:]) != shape[:-1]:
            raise ValueError(
                f"expected labels of shape [n, {', '.join(map(str, shape[:-1]))}], got "
                f"{list(x1.shape)}"
            )
        return self.space.vertices(x1, dtype=self.point_dtype(x1)), x1.long()

    def point_dtype(self, x1):
        """Dtype of the points of a target batch: its own, float32 for labels.

        Parameters
        ----------
        x1 : torch.Tensor
            Batch of targets, or of labels.

        Returns
        -------
        dtype : torch.dtype
            A floating point one.
        """
        return x1.dtype if x1.is_floating_point() else torch.float32

    def sample(self, x1, x0=None, t=None, generator=None):
        """Draw points on the paths to given targets.

        Parameters
        ----------
        x1 : torch.Tensor
            Targets: points [n, *space.shape], or integer labels of vertices.
        x0 : torch.Tensor, shape=[n, *space.shape], optional
            Source points (from a coupling); default: drawn from the source.
        t : torch.Tensor, shape=[n], optional
            Times; default: drawn from the time law.
        generator : torch.Generator, optional
            Source of randomness.

        Returns
        -------
        batch : PathSample
            Points on the paths, with ``.velocity``.
        """
        points, labels = self.target_points(x1)
        n = points.shape[0]
        if x0 is None:
            x0 = self.source.sample(
                n, generator, dtype=points.dtype, device=points.device
            )
        if t is None:
            times = self.times or PowerTimes()
            t = times.sample(n, generator, dtype=points.dtype, device=points.device)
        t = t.to(points.dtype)
        x_t, log = self._interpolate(x0, points, t)
        return PathSample(self.space, t, x0, points, x_t, labels, log)

    def _interpolate(self, x0, x1, t):
        space, metric = self.space, self.space.metric
        if hasattr(metric, "geodesic_point"):
            return in_blocks(metric.geodesic_point, x0, x1, t), None
        if hasattr(metric, "geodesic_state"):
            return _state(metric, 0, x0, x1, t), None
        log = call(space, metric.log, x1, x0)
        return call(space, metric.exp, expand(t, x0) * log, x0), log


def expand(t, points):
    """Times [n] with trailing axes, to multiply points [n, ...]."""
    return t.reshape(-1, *[1] * (points.ndim - 1))


def _state(metric, part, x0, x1, t):
    """Points (part 0) or velocities (part 1) of geodesics, by the closed form."""
    return in_blocks(lambda *ends: metric.geodesic_state(*ends)[part], x0, x1, t)


def _geodesic_velocity(batch):
    """Velocity at x_t: the initial velocity transported, where that has a closed form.

    Else by the logarithm to the farther end divided by the time to it, which never
    divides by a small number.
    """
    space, t = batch.space, expand(batch.t, batch.x0)
    metric, log = space.metric, batch.start_velocity
    try:
        transport = metric.parallel_transport
        return call(space, transport, log, batch.x0, direction=t * log)
    except NotImplementedError:
        pass
    if hasattr(metric, "log_solver"):
        return _difference_in_time(batch)
    forward = call(space, metric.log, batch.x1, batch.x_t) / (1.0 - t).clamp(min=0.5)
    backward = -call(space, metric.log, batch.x0, batch.x_t) / t.clamp(min=0.5)
    return torch.where(t < 0.5, forward, backward)


def _difference_in_time(batch):
    """Central difference of x_t, in float64, where each logarithm costs a solver."""
    space, x0 = batch.space, batch.x0.double()
    t, log = expand(batch.t, x0).double(), batch.start_velocity.double()
    later, earlier = (
        call(space, space.metric.exp, (t + h) * log, x0) for h in (_STEP, -_STEP)
    )
    velocity = ((later - earlier) / (2 * _STEP)).to(batch.x_t)
    return call(space, space.to_tangent, velocity, batch.x_t)


_STEP = 1e-4
"""Of the difference: its own error is 1e-8, that of solvers is magnified 1e4 times."""
