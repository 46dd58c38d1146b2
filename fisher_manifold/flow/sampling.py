"""Sampling: integrate a field from the source along a grid of times."""

import contextlib
import dataclasses

import torch
from tqdm import tqdm


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
        Evaluations of the field for each sample.
    largest_correction : float
        Largest change of a coordinate by the projection that follows each step:
        rounding for a flow that stays on the space, more for one that ran into a wall.
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
):
    """Draw samples by the geodesic Euler method x <- exp_x(h v(x, t)).

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
        Source of randomness: the only one, the flow is deterministic.
    conditions : dict of torch.Tensor, optional
        Conditions of the samples, first axis n_samples.
    grid : torch.Tensor, shape=[steps + 1], optional
        Increasing times from 0; default: that of the path's or the field's times.
    batch_size : int
        Samples integrated at once.
    progress : bool
        Whether to show a progress bar.
    on_step : callable, optional
        Called as ``on_step(t, x)`` for each batch at each time of the grid.

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
    if n_samples < 1:
        raise ValueError(f"expected at least one sample, got {n_samples}")
    times = path.times or field.default_times
    grid = times.grid(steps) if grid is None else _check_grid(grid)
    conditions = {k: torch.as_tensor(v) for k, v in (conditions or {}).items()}
    for name, value in conditions.items():
        if value.shape[0] != n_samples:
            raise ValueError(
                f"expected condition {name!r} of first axis {n_samples}, got "
                f"{list(value.shape)}"
            )
    parameter = next(field.parameters(), None)
    device = parameter.device if parameter is not None else None
    start = path.source.sample(n_samples, generator, device=device)
    done, largest = [], 0.0
    bar = tqdm(total=n_samples, desc="sampling", unit="", disable=not progress)
    with bar, _evaluating(field):
        for first in range(0, n_samples, batch_size):
            rows = slice(first, first + batch_size)
            chunk = {k: v[rows].to(start.device) for k, v in conditions.items()}
            x, correction = _integrate(field, start[rows], grid, chunk, on_step)
            done.append(x)
            largest = max(largest, correction)
            bar.update(x.shape[0])
    points = torch.cat(done)
    return SampleResult(points, field.labels(points), len(grid) - 1, largest)


@contextlib.contextmanager
def _evaluating(field):
    """Draw without dropout, and give the field its mode back."""
    training = field.training
    field.eval()
    try:
        yield
    finally:
        field.train(training)


def _integrate(field, x, grid, conditions, on_step):
    """Geodesic Euler steps along the grid, each followed by a projection."""
    space, largest = field.space, 0.0
    if on_step is not None:
        on_step(float(grid[0]), x)
    for now, after in zip(grid[:-1].tolist(), grid[1:].tolist(), strict=True):
        t = torch.full((x.shape[0],), now, dtype=x.dtype, device=x.device)
        velocity = field(x, t, **conditions)
        stepped = space.metric.exp((after - now) * velocity, x)
        x = space.projection(stepped)
        largest = max(largest, float((x - stepped).abs().max()))
        if not torch.isfinite(x).all():
            raise FloatingPointError(
                f"the sampler met a point that is not finite in the step from "
                f"t={now:.4g} to {after:.4g}: the field is not trained, or the steps "
                "are too long"
            )
        if on_step is not None:
            on_step(after, x)
    return x, largest


def _check_grid(grid):
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
