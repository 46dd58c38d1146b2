"""What a solver sees of the flow: a field at the samples of one batch."""

import torch

from ..geometry.arrays import in_blocks
from ..geometry.foreign import call, retract
from .path import expand


class Problem:
    """Field, path and conditions of a batch; counts evaluations and corrections.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Field.
    path : GeodesicPath
        Path, for solvers that draw new starts.
    conditions : dict of torch.Tensor
        Conditions of the samples.
    generator : torch.Generator or None
        Source of randomness, for solvers that draw.

    Attributes
    ----------
    n_evaluations : int
        Evaluations of the field so far.
    largest_correction : float
        Largest change of a coordinate by a projection so far.
    memory : object
        What a solver of several steps remembers of the step before; None at first.
    """

    def __init__(self, field, path, conditions=None, generator=None):
        self.field = field
        self.path = path
        self.space = field.space
        self.conditions = conditions or {}
        self.generator = generator
        self.n_evaluations = 0
        self.largest_correction = 0.0
        self.memory = None

    def velocity(self, x, t, rows=None):
        """Evaluate the field.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        t : float or torch.Tensor, shape=[n]
            Times.
        rows : torch.Tensor of int, shape=[n], optional
            Which samples of the batch the points belong to; default: all.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at x.
        """
        self.n_evaluations += 1
        return self.field(x, self._times(t, x), **self._conditions(rows))

    def posterior(self, x, t):
        """Evaluate the field's posterior of each site's category.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        t : float or torch.Tensor, shape=[n, *space.shape[:-1]]
            Time below 1, or times of the sites.

        Returns
        -------
        posterior : torch.Tensor, shape=[n, *space.shape]
            Probabilities.
        """
        self.n_evaluations += 1
        logits = self.field.logits(x, self._times(t, x), **self.conditions)
        posterior = torch.softmax(logits, -1)
        if not torch.isfinite(posterior).all():
            raise FloatingPointError(
                "the posterior is not finite at a time up to "
                f"{float(torch.as_tensor(t).max()):.4g}: the field is not trained"
            )
        return posterior

    def draw_labels(self, x, t):
        """Draw each site's category from the field's posterior: one evaluation.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        t : float or torch.Tensor, shape=[n, *space.shape[:-1]]
            Time below 1, or times of the sites.

        Returns
        -------
        labels : torch.Tensor of int, shape=[n, *space.shape[:-1]]
            Labels.
        """
        posterior = self.posterior(x, t)
        where = self.generator.device if self.generator is not None else x.device
        flat = posterior.reshape(-1, posterior.shape[-1]).to(where)
        drawn = torch.multinomial(flat, 1, generator=self.generator)
        return drawn.reshape(posterior.shape[:-1]).to(x.device)

    def move(self, x, displacement):
        """Follow geodesics from x, and project what rounding or a wall left outside.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        displacement : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at x.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points of the space.
        """
        return in_blocks(self._move, x, displacement)

    def _move(self, x, displacement):
        space = self.space
        arrived = call(space, space.metric.exp, displacement, x)
        moved = retract(space, arrived)
        correction = float((moved - arrived).abs().max())
        self.largest_correction = max(self.largest_correction, correction)
        return moved

    def pull_back(self, velocity, y, x):
        """Velocity at y in normal coordinates at x: the derivative of log_x along it.

        Parameters
        ----------
        velocity : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at y.
        y : torch.Tensor, shape=[n, *space.shape]
            Points, inside the injectivity radius around x.
        x : torch.Tensor, shape=[n, *space.shape]
            Centres of the coordinates.

        Returns
        -------
        pulled : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at x; where y is x, the velocity itself.
        """
        space = self.space

        def log(point):
            return call(space, space.metric.log, point, x)

        try:
            pulled = torch.func.jvp(log, (y,), (velocity,))[1]
        except RuntimeError:
            # The matrix logarithm of geomstats' rotations has no forward mode.
            pulled = _central_difference(space, log, velocity, y)
        # geomstats' logarithms have no derivative at coincident points.
        apart = (y != x).flatten(1).any(1)
        return torch.where(expand(apart, x), pulled, velocity)

    def _times(self, t, x):
        if isinstance(t, torch.Tensor):
            return t.to(dtype=x.dtype)
        return torch.full((x.shape[0],), t, dtype=x.dtype, device=x.device)

    def _conditions(self, rows):
        if rows is None:
            return self.conditions
        return {name: value[rows] for name, value in self.conditions.items()}


def _central_difference(space, log, velocity, y):
    """Derivative of log along geodesics from y; error of order eps**(2/3)."""
    size = velocity.abs().amax().clamp(min=torch.finfo(y.dtype).tiny)
    step = torch.finfo(y.dtype).eps ** (1 / 3) / size
    exp = space.metric.exp
    ahead, behind = (call(space, exp, s * velocity, y) for s in (step, -step))
    return (log(ahead) - log(behind)) / (2 * step)
