"""Trajectories followed back to the source, with the volume they carry along."""

import contextlib

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from tqdm import tqdm

from .checks import check_counts, check_goes_with, evaluating
from .divergence import (
    coordinates_of,
    estimated_divergence,
    exact_divergence,
    random_signs,
)


@torch.no_grad()
def pull_back(
    field, path, x, grid, *, probes, generator, conditions, batch_size, progress
):
    """Log-densities at x, at the last time of the grid.

    Parameters
    ----------
    field, path, probes, generator, batch_size, progress
        As in `log_prob`.
    x : torch.Tensor of float64, shape=[n, *space.shape]
        Points.
    grid : torch.Tensor of float64, shape=[steps + 1]
        Increasing times from 0.
    conditions : dict of torch.Tensor
        Conditions of the points, first axis n.

    Returns
    -------
    estimates : torch.Tensor, shape=[n_probes or 1, n]
        Log-densities by each probe.
    source_points, n_evaluations, largest_correction
        As in `LogProbResult`.
    """
    if probes is not None:
        check_counts(probes=probes)
    _check_path(field, path)
    _check_no_jump(field)
    coordinates = coordinates_of(field.space)
    x = x.to(device_of(field) or x.device)
    path.source.log_prob(x[:1])  # raises now, not after a long computation
    estimates, starts, largest = [], [], 0.0
    bar = tqdm(total=len(x), desc="likelihood", unit="", disable=not progress)
    with bar, _evaluating(field):
        for first in range(0, len(x), batch_size):
            rows = slice(first, first + batch_size)
            chunk = {k: v[rows].to(x.device) for k, v in conditions.items()}
            y = coordinates.retract(coordinates.encode(x[rows]))
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
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with evaluating(field), sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _check_path(field, path):
    """Refuse another path than the field's, and sources without a density."""
    if getattr(field, "path", path) is not path:
        raise ValueError(
            "expected the path that the field was made with, whose source decides its "
            "evidence: give field.path"
        )
    check_goes_with(field, path)
    source = path.source
    if not hasattr(source, "log_prob"):
        raise TypeError(
            f"expected a source with a known density, got {type(source).__name__}, "
            "which has no method log_prob(x): give the path a source that has one, the "
            "log-density with respect to the Riemannian volume"
        )


def _check_no_jump(field):
    """Refuse fields with jumps, whose flows have no change of variables."""
    if not getattr(field, "evidence", False):
        return
    concentration = float(field.path.source.concentration)
    if concentration >= 1.0:
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


def device_of(field):
    """Device of a field's weights, or None without any."""
    parameter = next(field.parameters(), None)
    return parameter.device if parameter is not None else None
