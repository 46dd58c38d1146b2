r"""A solver that chooses its steps: an embedded pair with an error estimate."""

import dataclasses

import torch

from ..geometry.foreign import call
from .path import expand
from .solvers import RungeKutta, combine


@dataclasses.dataclass(frozen=True)
class Adaptive:
    r"""Bogacki and Shampine's pair of orders 3 and 2, with steps of its own.

    Every sample has its own steps, so that it does not depend on the others of its
    batch.  A step is accepted where the two orders' displacements w differ by

    .. math:: \lvert w_3 - w_2 \rvert_x / \sqrt{\dim}
        \le \mathrm{atol} + \mathrm{rtol}\, \lvert w_3 \rvert_x / \sqrt{\dim}.

    The times of the grid are met exactly: give ``steps=1`` to leave the steps to the
    solver alone.  It takes three evaluations for each step, accepted or not, and one
    more for each interval of the grid; the number reported is that of the sample with
    the most.

    Parameters
    ----------
    rtol, atol : float
        Tolerances of a step, in lengths of the metric; not both 0.
    max_steps : int
        Largest number of steps, accepted or not, in an interval of the grid.

    Raises
    ------
    RuntimeError
        If a sample needs more than max_steps steps.

    References
    ----------
    P. Bogacki and L. F. Shampine, A 3(2) pair of Runge-Kutta formulas, Applied
    Mathematics Letters 2 (1989).

    Examples
    --------
    >>> from fisher_manifold import flow
    >>> flow.Adaptive(rtol=1e-4)
    Adaptive(rtol=0.0001, atol=0.001, max_steps=1000)
    """

    rtol: float = 1e-3
    atol: float = 1e-3
    max_steps: int = 1000

    def __post_init__(self):
        if not (self.rtol >= 0 and self.atol >= 0 and self.rtol + self.atol > 0):
            raise ValueError(
                "expected tolerances of at least 0, not both 0, got "
                f"rtol={self.rtol}, atol={self.atol}"
            )
        if self.max_steps < 1:
            raise ValueError(f"expected max_steps of at least 1, got {self.max_steps}")

    def step(self, problem, x, now, after):
        """Move points over one interval of time.

        Parameters
        ----------
        problem : Problem
            Field at the samples.
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the time now.
        now, after : float
            Ends of the interval.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points at the time after.

        Raises
        ------
        FloatingPointError
            If a velocity is not finite.
        RuntimeError
            If `max_steps` steps are not enough.
        """
        x, velocity = x.clone(), problem.velocity(x, now)
        if not torch.isfinite(velocity).all():
            raise FloatingPointError(
                f"the velocity at t={now:.4g} is not finite: the field is not trained"
            )
        t = torch.full((len(x),), now, dtype=torch.float64, device=x.device)
        length = torch.full_like(t, (after - now) * _FIRST_SHARE)
        for _ in range(self.max_steps):
            (rows,) = torch.nonzero(t < after, as_tuple=True)
            if not len(rows):
                return x
            tried = torch.minimum(length[rows], after - t[rows])
            trial = _try(problem, x[rows], velocity[rows], t[rows], tried, rows)
            arrived, arrived_velocity, step_size, error = trial
            excess = self._excess(step_size, error)
            good = excess <= 1.0
            done, reached = rows[good], t[rows] + tried
            # The last step ends at the end, whatever rounding says.
            reached = torch.where(tried >= after - t[rows], after, reached)
            x[done], velocity[done] = arrived[good], arrived_velocity[good]
            t[done] = reached[good]
            length[rows] = tried * _change(excess)
        if bool((t >= after).all()):
            return x
        raise RuntimeError(
            f"after {self.max_steps} steps a sample was at t={float(t.min()):.6g} of "
            f"{after:.6g}: raise max_steps, or the tolerances rtol={self.rtol}, "
            f"atol={self.atol}; a field that jumps needs steps of about the tolerance"
        )

    def _excess(self, step_size, error):
        """Error divided by what is tolerated; a NaN is an error without end."""
        excess = error / (self.atol + self.rtol * step_size)
        return torch.where(torch.isfinite(excess), excess, torch.inf)


_PAIR = RungeKutta(
    (0.0, 0.5, 0.75, 1.0),
    ((0.5,), (0.0, 0.75), (2 / 9, 1 / 3, 4 / 9)),
    (7 / 24, 1 / 4, 1 / 3, 1 / 8),
)
"""The method of order 2; the last row of its matrix is the one of order 3."""

_FIRST_SHARE = 0.1
"""Share of an interval that is tried first."""


def _try(problem, x, velocity, t, length, rows):
    """One step of every sample: its end, velocity there, size and error per axis."""
    scale = expand(length.to(x.dtype), x)
    slopes = [velocity]
    for node, row in zip(_PAIR.nodes[1:], _PAIR.matrix, strict=True):
        displacement = scale * combine(row, slopes)
        y = problem.move(x, displacement)
        velocity = problem.velocity(y, t + node * length, rows)
        slopes.append(problem.pull_back(velocity, y, x))
    difference = displacement - scale * combine(_PAIR.weights, slopes)
    space, per_axis = problem.space, problem.space.dim**0.5
    size, error = (
        call(space, space.metric.norm, w, x) / per_axis
        for w in (displacement, difference)
    )
    return y, velocity, size.double(), error.double()


def _change(excess):
    """Factor to the next step: order 3 of the error, with a margin, within bounds."""
    return (0.9 * excess.clamp(min=1e-6) ** (-1 / 3)).clamp(0.2, 5.0)
