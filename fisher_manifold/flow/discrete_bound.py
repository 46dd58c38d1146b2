r"""A lower bound of the probability of labels under a flow, unbiased and proven.

.. math:: \log P(y) \ge E_{q(x | y)} \big[ \log p(y | x) + \log p_\tau(x)
                                           - \log q(x | y) \big]

with q the law of x at time tau on the way to the vertices y (closed form), p_tau the
density of the flow and p(y | x) any law of labels given x (docs/likelihood.md).
"""

import dataclasses
import math

import torch

from .change_of_variables import device_of, pull_back
from .checks import check_conditions, check_counts, refuse_given
from .evidence import log_contraction
from .likelihood import error_of_mean, grid_of_times


@dataclasses.dataclass(frozen=True)
class DiscreteBoundResult:
    """Lower bounds of log-probabilities of sequences of labels.

    Attributes
    ----------
    value : torch.Tensor of float64, shape=[n]
        Estimate of the bound for each sequence, in nats.
    standard_error : torch.Tensor of float64, shape=[n]
        Of the estimate, from the spread of its draws; NaN for a single draw.
    n_sites : int
        Sites of a sequence.
    n_draws : int
        Points drawn for each sequence.
    n_evaluations : int
        Times at which field and divergence were evaluated, for each point.
    largest_correction : float
        Largest change of a coordinate by the retraction that follows each step.
    """

    value: torch.Tensor
    standard_error: torch.Tensor
    n_sites: int
    n_draws: int
    n_evaluations: int
    largest_correction: float

    @property
    def bits_per_site(self):
        """Bound for each sequence in bits per site, shape=[n]."""
        return self.value / (self.n_sites * math.log(2.0))

    @property
    def mean(self):
        """Mean of the bound over the sequences, in nats: a float."""
        return float(self.value.mean())

    @property
    def mean_standard_error(self):
        """Standard error of the mean: a float.

        For sequences that were drawn independently; the spread of the values has the
        noise of their own draws in it.  NaN for a single sequence.
        """
        return float(error_of_mean(self.value, 0))


def discrete_log_prob_bound(
    field,
    path,
    labels,
    *,
    tau=None,
    draws=16,
    importance_weighted=False,
    steps=50,
    grid=None,
    probes=None,
    generator=None,
    conditions=None,
    batch_size=1024,
    progress=False,
):
    """Lower bound of the log-probability of labels under a flow.

    The law of the labels is that of the flow at time tau, read off by the nearest
    vertex for tau >= 1/2 (as `sample` does; a `VelocityField`, which need not have
    decided by 1/2, it follows to 1) and drawn from the field's own posterior,
    site by site, for earlier times.

    Parameters
    ----------
    field : PosteriorField or VelocityField
        Field on a categorical space; a velocity field needs tau >= 1/2.
    path : GeodesicPath
        Its source has to have a density, ``source.log_prob(x)``.
    labels : torch.Tensor of int, shape=[n, *space.shape[:-1]]
        Sequences.
    tau : float, optional
        Time of the bound, 0 < tau < 1; default: 1/2, or the end of the grid.
    draws : int
        Points drawn for each sequence.
    importance_weighted : bool
        Whether to take the logarithm of the mean of the draws' weights instead of the
        mean of their logarithms: still a bound in expectation, and tighter, but its
        value depends on the number of draws and its standard error is approximate.
    steps : int
        Steps of the fourth-order Runge-Kutta method, if no grid is given: equal ones,
        after 1/2 equal ones in log(1 - t).
    grid : torch.Tensor, shape=[steps + 1], optional
        Increasing times from 0 to tau.
    probes : int, optional
        Random probes of Hutchinson's estimate of the divergence; default: the exact
        divergence.
    generator : torch.Generator, optional
        Source of randomness.
    conditions : dict of torch.Tensor, optional
        Conditions of the sequences, first axis n.
    batch_size : int
        Points integrated at once.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    result : DiscreteBoundResult
        Bounds in nats and bits per site, with standard errors.

    Raises
    ------
    ValueError
        If labels are out of range, tau does not fit, or the field has no bounded
        divergence (the evidence of a Dirichlet source of concentration below 1).
    TypeError
        If the labels are no integers, the space has no vertices, or the density of the
        source is not known.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=2), length=1)
    >>> path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration=2.0))
    >>> class Net(torch.nn.Module):  # the law (1/2, 1/4, 1/4), one site
    ...     def forward(self, x, t):
    ...         return torch.tensor([0.5, 0.25, 0.25]).log().expand_as(x)
    >>> field = flow.PosteriorField(Net(), path)
    >>> g = torch.Generator().manual_seed(0)
    >>> result = flow.discrete_log_prob_bound(
    ...     field, path, torch.tensor([[0], [1]]), draws=4, steps=20, generator=g
    ... )
    >>> result.value.exp().round(decimals=2).tolist()
    [0.5, 0.25]
    """
    check_counts(draws=draws)
    if importance_weighted and probes is not None:
        raise ValueError(
            "expected the exact divergence (probes=None) with importance_weighted: the "
            "exponential of a noisy logarithm is too large on average"
        )
    labels = check_site_labels(field.space, labels)
    labels = labels.to(device_of(field) or labels.device)
    times = _times(field, path, steps, grid, tau)
    tau = float(times[-1])
    if tau < 0.5 and not hasattr(field, "logits"):
        raise ValueError(
            f"expected tau >= 1/2 for a {type(field).__name__}, got {tau:.4g}: before "
            "half time labels are drawn from the posterior of a PosteriorField"
        )
    refuse_given(conditions)
    conditions = check_conditions(conditions, len(labels))
    many = labels.repeat_interleave(draws, 0)
    conditions = {
        name: value.repeat_interleave(draws, 0).to(labels.device)
        for name, value in conditions.items()
    }
    x, log_q = _draw_points(path, many, tau, generator)
    log_p, _, n_evaluations, largest = pull_back(
        field,
        path,
        x,
        times,
        probes=probes,
        generator=generator,
        conditions=conditions,
        batch_size=batch_size,
        progress=progress,
    )
    log_weights = log_p.mean(0) - log_q
    if tau < 0.5:
        log_weights = log_weights + _log_decoder(
            field, x, many, tau, conditions, batch_size
        )
    value, error = _average(log_weights.reshape(-1, draws), importance_weighted)
    n_sites = math.prod(labels.shape[1:])
    return DiscreteBoundResult(value, error, n_sites, draws, n_evaluations, largest)


def check_site_labels(space, labels):
    """Labels of sequences of a categorical space, refused if they do not fit.

    Parameters
    ----------
    space : Manifold
        Space.
    labels : torch.Tensor of int, shape=[n, *space.shape[:-1]]
        Labels.

    Returns
    -------
    labels : torch.Tensor of int64, shape=[n, *space.shape[:-1]]
        Labels.
    """
    labels = torch.as_tensor(labels)
    if not hasattr(space, "vertices"):
        raise TypeError(
            f"expected a field on a categorical space, got {space!r}: points of other "
            "spaces have a density, see log_prob"
        )
    space.vertices(labels)  # raises for labels out of range
    shape = tuple(space.shape[:-1])
    if tuple(labels.shape[1:]) != shape or len(labels) == 0:
        raise ValueError(
            f"expected labels of shape [n, {', '.join(map(str, shape))}], got "
            f"{list(labels.shape)}"
        )
    return labels.long()


def _times(field, path, steps, grid, tau):
    """Grid that ends at tau."""
    if grid is not None:
        grid = grid_of_times(field, path, steps, grid)
        if tau is not None and abs(float(grid[-1]) - tau) > 1e-6:
            raise ValueError(
                f"expected a grid that ends at tau = {tau}, got {float(grid[-1])}"
            )
        tau = float(grid[-1])
    tau = 0.5 if tau is None else float(tau)
    if not 0.0 < tau < 1.0:
        raise ValueError(f"expected 0 < tau < 1, got {tau}")
    if grid is None:
        check_counts(steps=steps)
        grid = _steps_to(tau, steps)
    longest = float((grid.diff() / (1.0 - grid[1:])).max())
    if longest > 1.0:
        raise ValueError(
            "expected steps no longer than the time they leave to 1, over which volume "
            f"contracts by a power of it, got a step of {longest:.3g} times that: take "
            "more steps, or an earlier tau (nothing is gained after 1/2)"
        )
    return grid


def _steps_to(tau, steps):
    """Equal steps up to 1/2, from there equal ones in log(1 - t)."""
    if tau <= 0.5:
        return torch.linspace(0.0, tau, steps + 1, dtype=torch.float64)
    length = 1.0 - math.log(2.0 * (1.0 - tau))
    s = torch.linspace(0.0, length, steps + 1, dtype=torch.float64)
    grid = torch.where(s <= 1.0, s / 2, 1.0 - 0.5 * torch.exp(1.0 - s))
    grid[-1] = tau
    return grid


def _draw_points(path, labels, tau, generator):
    """Points x of time tau on the way to labels, and log q(x | labels)."""
    space, n = path.space, len(labels)
    x1 = space.vertices(labels, dtype=torch.float64)
    x0 = path.source.sample(n, generator, dtype=torch.float64, device=labels.device)
    t = torch.full((n,), tau, dtype=torch.float64, device=labels.device)
    x = path.sample(x1, x0=x0, t=t).x_t
    root = space.sphere_coordinates(x0)
    shrunk = log_contraction(root, labels, tau).reshape(n, -1).sum(1)
    return x, path.source.log_prob(x0) - shrunk


@torch.no_grad()
def _log_decoder(field, x, labels, tau, conditions, batch_size):
    """Log-probability of the labels under the field's posterior at x."""
    parts = []
    for first in range(0, len(x), batch_size):
        rows = slice(first, first + batch_size)
        chunk = {k: v[rows] for k, v in conditions.items()}
        t = torch.full((len(x[rows]),), tau, dtype=x.dtype, device=x.device)
        log_posterior = torch.log_softmax(field.logits(x[rows], t, **chunk), -1)
        each = log_posterior.gather(-1, labels[rows][..., None])
        parts.append(each.flatten(1).sum(1))
    return torch.cat(parts)


def _average(log_weights, importance_weighted):
    """Mean over the last axis and its standard error."""
    draws = log_weights.shape[-1]
    if not importance_weighted:
        return log_weights.mean(-1), error_of_mean(log_weights, -1)
    value = torch.logsumexp(log_weights, -1) - math.log(draws)
    weights = torch.exp(log_weights - value[:, None])
    return value, error_of_mean(weights, -1)
