r"""Log-densities of flows by the change of variables.

Along a trajectory of dx/dt = v(x, t) the density p_t with respect to the Riemannian
volume obeys d/dt log p_t(x_t) = -div v(x_t, t).  The trajectory through x is followed
*backwards* to the source, whose density is known:

.. math::
    \log p_\tau(x_\tau) = \log p_0(x_0) - \int_0^\tau \operatorname{div} v(x_t, t) dt.
"""

import dataclasses

import torch

from .change_of_variables import pull_back
from .checks import check_conditions, check_counts, check_on_space, refuse_given


@dataclasses.dataclass(frozen=True)
class LogProbResult:
    """Log-densities of a flow at points.

    Attributes
    ----------
    value : torch.Tensor of float64, shape=[n]
        Log-density with respect to the Riemannian volume, in nats; minus infinity
        where no trajectory from the source arrives.
    standard_error : torch.Tensor of float64, shape=[n]
        Of the estimate of the divergence; 0 if it was exact, NaN for a single probe.
    source_points : torch.Tensor of float64, shape=[n, *space.shape]
        Where the trajectories start at time 0.
    n_evaluations : int
        Times at which field and divergence were evaluated, for each point.
    largest_correction : float
        Largest change of a coordinate by the retraction that follows each step: the
        error of the solver normal to the space.
    """

    value: torch.Tensor
    standard_error: torch.Tensor
    source_points: torch.Tensor
    n_evaluations: int
    largest_correction: float


def log_prob(
    field,
    path,
    x,
    *,
    steps=50,
    grid=None,
    probes=None,
    generator=None,
    conditions=None,
    batch_size=1024,
    progress=False,
):
    """Log-density of a flow at points, with respect to the Riemannian volume.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Field (``trainer.field`` has the averaged weights).
    path : GeodesicPath
        Its source has to have a density, ``source.log_prob(x)``.
    x : torch.Tensor, shape=[n, *space.shape]
        Points at the last time of the grid.  Computed in float64, the network in its
        own dtype.
    steps : int
        Steps of the fourth-order Runge-Kutta method, if no grid is given.
    grid : torch.Tensor, shape=[steps + 1], optional
        Increasing times from 0 to that of x; default: equidistant to the end of the
        path's or the field's times.  (Unlike samplers, likelihoods need the late times
        as much as the early ones.)
    probes : int, optional
        Random probes of Hutchinson's estimate of the divergence; default: the exact
        divergence, at the price of one derivative for each coordinate.
    generator : torch.Generator, optional
        Source of randomness of the probes.
    conditions : dict of torch.Tensor, optional
        Conditions of the points, first axis n.
    batch_size : int
        Points integrated at once.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    result : LogProbResult
        Log-densities in nats.

    Raises
    ------
    ValueError
        If x is not on the space, or the field has no bounded divergence (the evidence
        of a Dirichlet source of concentration below 1).
    TypeError
        If the density of the source is not known.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> space = fm.PositiveHypersphere(dim=2)
    >>> class Still(torch.nn.Module):
    ...     def forward(self, x, t):
    ...         return 0.0 * x
    >>> field = flow.VelocityField(Still(), space)
    >>> x = torch.tensor([[0.6, 0.0, 0.8]])
    >>> result = flow.log_prob(field, flow.GeodesicPath(space), x)
    >>> abs(float(result.value) + space.metric.log_volume()) < 1e-12
    True
    """
    check_counts(batch_size=batch_size)
    refuse_given(conditions)
    space = field.space
    x = torch.as_tensor(x)
    if not x.is_floating_point():
        raise TypeError(
            f"expected floating point points x, got {x.dtype}: labels have a "
            "probability, see discrete_log_prob_bound"
        )
    if tuple(x.shape[1:]) != tuple(space.shape):
        raise ValueError(
            f"expected x of shape [n, {', '.join(map(str, space.shape))}], got "
            f"{list(x.shape)}"
        )
    check_on_space(space, x, "x")
    times = grid_of_times(field, path, steps, grid)
    estimates, *rest = pull_back(
        field,
        path,
        x.to(torch.float64),
        times,
        probes=probes,
        generator=generator,
        conditions=check_conditions(conditions, len(x)),
        batch_size=batch_size,
        progress=progress,
    )
    return LogProbResult(estimates.mean(0), _standard_error(estimates, probes), *rest)


def grid_of_times(field, path, steps, grid=None, end=None):
    """Increasing float64 times from 0 to the end, checked."""
    if grid is None:
        check_counts(steps=steps)
        end = (path.times or field.default_times).end if end is None else end
        return torch.linspace(0.0, end, steps + 1, dtype=torch.float64)
    grid = torch.as_tensor(grid, dtype=torch.float64)
    if grid.ndim != 1 or len(grid) < 2 or not bool((grid.diff() > 0).all()):
        raise ValueError(
            f"expected increasing times, at least two, got {grid.tolist()}"
        )
    if grid[0] != 0 or grid[-1] > 1:
        raise ValueError(
            "expected times from 0, where the source is, to at most 1, got "
            f"{grid[0]:.4g} to {grid[-1]:.4g}"
        )
    return grid


def _standard_error(estimates, probes):
    if probes is None:
        return torch.zeros_like(estimates[0])
    return error_of_mean(estimates, 0)


def error_of_mean(values, dim):
    """Standard error of a mean; NaN for the mean of one."""
    n = values.shape[dim]
    if n == 1:
        return torch.full_like(values.select(dim, 0), torch.nan)
    return values.std(dim) / n**0.5
