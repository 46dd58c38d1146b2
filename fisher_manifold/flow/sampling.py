"""Sampling: integrate a field from the source along a grid of times."""

import dataclasses

import torch
from tqdm import tqdm

from .checks import check_conditions, check_counts, check_goes_with, evaluating
from .problem import Problem
from .solvers import find_solver

READOUTS = ("nearest", "posterior")


@dataclasses.dataclass(frozen=True)
class SampleResult:
    """What a sampler returns.

    Attributes
    ----------
    points : torch.Tensor, shape=[n, *space.shape]
        Points at the last time of the grid.
    labels : torch.Tensor of int or None
        Categories of the points, on categorical spaces.
    n_evaluations : int
        Evaluations of the field for each sample; of an adaptive solver, for the sample
        that took the most.
    largest_correction : float
        Largest change of a coordinate by the projection that follows each step and
        each stage of one: rounding for a flow that stays on the space, more for one
        that ran into a wall.
    """

    points: torch.Tensor
    labels: torch.Tensor | None
    n_evaluations: int
    largest_correction: float


@torch.no_grad()
def sample(
    field,
    path,
    n_samples,
    steps=20,
    generator=None,
    conditions=None,
    grid=None,
    batch_size=1024,
    progress=False,
    on_step=None,
    solver="euler",
    readout="nearest",
):
    """Draw samples: integrate the field from the source along the grid.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Field (``trainer.field`` has the averaged weights).
    path : GeodesicPath
        Its source is where samples start.
    n_samples : int
        Number of samples.
    steps : int
        Number of steps, if no grid is given.
    generator : torch.Generator, optional
        Source of randomness: the only one; the flow is deterministic unless the solver
        draws.
    conditions : dict of torch.Tensor, optional
        Conditions of the samples, first axis n_samples; ``given`` sites of an
        `InpaintingField` are kept exactly.
    grid : torch.Tensor, shape=[steps + 1], optional
        Increasing times from 0; default: that of the path's or the field's times.
    batch_size : int
        Samples integrated at once.
    progress : bool
        Whether to show a progress bar.
    on_step : callable, optional
        Called as ``on_step(t, x)`` for each batch at each time of the grid.
    solver : str or object with ``step``
        "euler" (x <- exp_x(h v(x, t))) and "adams" take one evaluation for each step,
        "heun" and "midpoint" two, "rk4" four; or ``flow.Adaptive()``; or,
        for fields with a posterior, ``flow.Renoising()``, ``flow.Staggered(groups)``.
    readout : str
        How labels are read off.  "nearest": the vertex nearest to the last point.
        "posterior": each site's most likely category at the last time of the grid, by
        one evaluation more; for fields with a posterior, and the better one where there
        are few steps.

    Returns
    -------
    result : SampleResult
        Samples.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> class Net(torch.nn.Module):  # the law (1/2, 1/2, 0), one site
    ...     def forward(self, x, t):
    ...         return torch.tensor([0.0, 0.0, -30.0]).expand_as(x)
    >>> g = torch.Generator().manual_seed(0)
    >>> result = flow.sample(flow.PosteriorField(Net(), path), path, 4, generator=g)
    >>> sorted(set(result.labels.tolist()))
    [0, 1]
    """
    check_counts(n_samples=n_samples, steps=steps, batch_size=batch_size)
    check_goes_with(field, path)
    solver = find_solver(solver)
    times = getattr(solver, "default_times", path.times or field.default_times)
    grid = times.grid(steps) if grid is None else _check_grid(grid)
    _check_posterior(field, grid, solver, readout)
    conditions = check_conditions(conditions, n_samples)
    parameter = next(field.parameters(), None)
    device = parameter.device if parameter is not None else None
    start = path.source.sample(n_samples, generator, device=device)
    hold = getattr(field, "hold", _let_go)
    done, read, evaluations, largest = [], [], 0, 0.0
    bar = tqdm(total=n_samples, desc="sampling", unit="", disable=not progress)
    with bar, evaluating(field):
        for first in range(0, n_samples, batch_size):
            rows = slice(first, first + batch_size)
            chunk = {k: v[rows].to(start.device) for k, v in conditions.items()}
            problem = Problem(field, path, chunk, generator)
            x = hold(start[rows], **chunk)
            x = hold(_integrate(solver, problem, x, grid, on_step), **chunk)
            done.append(x)
            if readout == "posterior":
                read.append(problem.posterior(x, float(grid[-1])).argmax(-1))
            evaluations = max(evaluations, problem.n_evaluations)
            largest = max(largest, problem.largest_correction)
            bar.update(x.shape[0])
    points = torch.cat(done)
    labels = torch.cat(read) if read else field.labels(points)
    return SampleResult(points, labels, evaluations, largest)


def _let_go(x, **_):
    """Points of a field that has no given sites to hold."""
    return x


def _integrate(solver, problem, x, grid, on_step):
    """Steps of the solver along the grid."""
    if on_step is not None:
        on_step(float(grid[0]), x)
    for now, after in zip(grid[:-1].tolist(), grid[1:].tolist(), strict=True):
        x = solver.step(problem, x, now, after)
        if not torch.isfinite(x).all():
            raise FloatingPointError(
                f"the sampler met a point that is not finite in the step from "
                f"t={now:.4g} to {after:.4g}: the field is not trained, the steps are "
                "too long, or the solver evaluated the field at t=1, where velocities "
                "need not be defined"
            )
        if on_step is not None:
            on_step(after, x)
    return x


def _check_posterior(field, grid, solver, readout):
    """What draws labels needs a posterior, and a time below 1."""
    if readout not in READOUTS:
        raise ValueError(
            f"expected a readout of {', '.join(READOUTS)}, got {readout!r}"
        )
    draws = getattr(solver, "needs_posterior", False)
    if not draws and readout == "nearest":
        return
    if not hasattr(field, "logits"):
        raise TypeError(
            "expected a field with a posterior, as flow.PosteriorField, to "
            f"{'draw labels' if draws else 'read labels'} from, got "
            f"{type(field).__name__}: use another solver and readout='nearest'"
        )
    if grid[-1] >= 1:
        raise ValueError(
            "expected a grid that ends before 1 for labels from the posterior, got "
            f"{float(grid[-1]):.4g}: all is decided at half time, 1/2"
        )


def _check_grid(grid):
    try:
        grid = torch.as_tensor(grid, dtype=torch.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"expected times as grid, got {grid!r}") from error
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
