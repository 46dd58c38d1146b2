r"""Log-densities of flows by the change of variables.

Along a trajectory of dx/dt = v(x, t) the density p_t with respect to the Riemannian
volume obeys d/dt log p_t(x_t) = -div v(x_t, t).  The trajectory through x is followed
*backwards* to the source, whose density is known:

.. math:: \log p_\tau(x_\tau) = \log p_0(x_0) - \int_0^\tau \operatorname{div} v(x_t, t) dt.
"""

import contextlib
import dataclasses

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from tqdm import tqdm

from .checks import check_counts, check_on_space
from .divergence import (
    coordinates_of,
    estimated_divergence,
    exact_divergence,
    random_signs,
)


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
    >>> bool(torch.isclose(-result.value, torch.tensor(space.metric.log_volume())))
    True
    """
    check_counts(batch_size=batch_size)
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


def check_conditions(conditions, n):
    """Conditions as tensors whose first axis is n."""
    conditions = {k: torch.as_tensor(v) for k, v in (conditions or {}).items()}
    for name, value in conditions.items():
        if value.shape[:1] != (n,):
            raise ValueError(
                f"expected condition {name!r} of first axis {n}, got "
                f"{list(value.shape)}"
            )
    return conditions


@torch.no_grad()
def pull_back(
    field, path, x, grid, *, probes, generator, conditions, batch_size, progress
):
    """Log-densities at x, at the last time of the grid.

    Returns
    -------
    estimates : torch.Tensor, shape=[n_probes or 1, n]
        Log-densities by each probe.
    source_points, n_evaluations, largest_correction
        As in `LogProbResult`.
    """
    if probes is not None:
        check_counts(probes=probes)
    _check_density(path.source)
    _check_no_jump(field)
    coordinates = coordinates_of(field.space)
    parameter = next(field.parameters(), None)
    x = x.to(parameter.device) if parameter is not None else x
    estimates, starts, largest = [], [], 0.0
    bar = tqdm(total=len(x), desc="likelihood", unit="", disable=not progress)
    with bar, _evaluating(field):
        for first in range(0, len(x), batch_size):
            rows = slice(first, first + batch_size)
            chunk = {k: v[rows].to(x.device) for k, v in conditions.items()}
            y = coordinates.encode(x[rows])
            signs = None if probes is None else random_signs(probes, y, generator)
            y, change, lost, correction = _integrate(
                field, coordinates, y, grid, chunk, signs
            )
            start = coordinates.decode(y)
            value = path.source.log_prob(start) + change
            estimates.append(torch.where(lost, -torch.inf, value))
            starts.append(start)
            largest = max(largest, correction)
            bar.update(len(y))
    n_evaluations = 4 * (len(grid) - 1)
    return torch.cat(estimates, 1), torch.cat(starts), n_evaluations, largest


def _integrate(field, coordinates, y, grid, conditions, signs):
    """Runge-Kutta steps of point and log-volume from the end of the grid to 0."""

    def rate(y, t):
        t = torch.full((y.shape[0],), t, dtype=y.dtype, device=y.device)
        y = coordinates.retract(y)

        def function(x):
            return field(x, t, **conditions)

        if signs is None:
            return exact_divergence(coordinates, function, y)
        return estimated_divergence(coordinates, function, y, signs)

    lost, change, largest = ~coordinates.inside(y), 0.0, 0.0
    times = grid.flip(0).tolist()
    for now, after in zip(times[:-1], times[1:], strict=True):
        h, middle = after - now, 0.5 * (now + after)
        v1, d1 = rate(y, now)
        v2, d2 = rate(y + 0.5 * h * v1, middle)
        v3, d3 = rate(y + 0.5 * h * v2, middle)
        v4, d4 = rate(y + h * v3, after)
        stepped = y + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4)
        change = change + h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
        y = coordinates.retract(stepped)
        lost = lost | ~coordinates.inside(y)
        largest = max(largest, float((y - stepped).abs().max()))
        if not (torch.isfinite(y).all() and torch.isfinite(change).all()):
            raise FloatingPointError(
                "the solver met a point or a divergence that is not finite in the step "
                f"from t={now:.4g} back to {after:.4g}: the field is not trained, the "
                "steps are too long, or the grid ends at a time when the field is not "
                "defined"
            )
    return y, change, lost, largest


@contextlib.contextmanager
def _evaluating(field):
    """No dropout, and attention by the code that has forward derivatives."""
    training, fast = field.training, torch.backends.mha.get_fastpath_enabled()
    field.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        field.train(training)


def _check_density(source):
    if not hasattr(source, "log_prob"):
        raise TypeError(
            f"expected a source with a known density, got {type(source).__name__}, "
            "which has no method log_prob(x): give the path a source that has one, the "
            "log-density with respect to the Riemannian volume"
        )


def _check_no_jump(field):
    """Refuse fields with jumps, whose flows have no change of variables."""
    concentration = getattr(getattr(field, "path", None), "source", None)
    concentration = getattr(concentration, "concentration", None)
    if not getattr(field, "evidence", False) or concentration >= 1.0:
        return
    reason = (
        "jumps where a category is ruled out, and densities with it, which no "
        "divergence sees"
        if concentration <= 0.5
        else "has an unbounded divergence where a category is ruled out"
    )
    raise ValueError(
        "expected a field with a bounded divergence, got the evidence of a Dirichlet "
        f"source of concentration {concentration:.4g}, which {reason}. Train with "
        "DirichletSource(space, concentration=2), or 1 at least: from 1 on the "
        "evidence falls to 0 with a bounded slope before it is ruled out"
    )


def _standard_error(estimates, probes):
    if probes is None:
        return torch.zeros_like(estimates[0])
    return estimates.std(0) / probes**0.5
