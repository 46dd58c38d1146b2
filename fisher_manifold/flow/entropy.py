"""Times that follow the entropy a field has still to resolve, measured."""

import torch

from .checks import check_conditions, check_counts, check_goes_with, evaluating
from .times import TableTimes

_EVEN = 0.1
"""Share of the law spread evenly over time, so that no time is left out."""


@torch.no_grad()
def measure_times(
    field,
    path,
    labels,
    conditions=None,
    generator=None,
    n_times=33,
    *,
    batch_size=4096,
):
    r"""Law of times at the rate at which the field's cross-entropy falls.

    The cross-entropy of the labels given x_t, :math:`H(t)`, is the entropy of each site
    that the field has not resolved at time t: at first that of the labels alone, 0 at
    half time.  Nine tenths of the law's weight below t are :math:`1 - H(t) / H(0)`,
    one tenth is even.  Unlike `EvidenceTimes`, which knows one site by itself, it sees
    when sites hear from others.

    For a better grid, after training: ``flow.sample(..., grid=times.grid(steps))``; for
    the training itself: ``flow.GeodesicPath(space, source, times)``.

    Parameters
    ----------
    field : PosteriorField
        A trained field.
    path : GeodesicPath
        Its path.
    labels : torch.Tensor of int, shape=[n, *space.shape[:-1]]
        Data; some thousands are plenty.
    conditions : dict of torch.Tensor, optional
        Conditions of the data, first axis n.
    generator : torch.Generator, optional
        Source of randomness.
    n_times : int
        Times at which the cross-entropy is measured: quadratic from 0 to 1/2.
    batch_size : int
        Sequences given to the network at once.

    Returns
    -------
    times : TableTimes
        Law of times, from 0 to 1/2.

    Raises
    ------
    TypeError
        If the field has no posterior.
    ValueError
        If the field resolves nothing by half time.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> class Net(torch.nn.Module):  # the uniform law, one site
    ...     def forward(self, x, t):
    ...         return torch.zeros_like(x)
    >>> g = torch.Generator().manual_seed(0)
    >>> labels = torch.randint(3, (4096,), generator=g)
    >>> field = flow.PosteriorField(Net(), path)
    >>> times = flow.measure_times(field, path, labels, generator=g)
    >>> [round(t, 1) for t in times.grid(2).tolist()]
    [0.0, 0.3, 0.5]
    """
    if not hasattr(field, "logits"):
        raise TypeError(
            "expected a field with a posterior, as flow.PosteriorField, got "
            f"{type(field).__name__}"
        )
    if n_times < 2 or len(labels) == 0:
        raise ValueError(
            f"expected at least two times and one sequence, got {n_times} times and "
            f"{len(labels)} sequences"
        )
    check_goes_with(field, path)
    check_counts(batch_size=batch_size)
    times = 0.5 * torch.linspace(0.0, 1.0, n_times, dtype=torch.float64) ** 2
    conditions = check_conditions(conditions, len(labels))
    with evaluating(field):
        entropy = [
            _cross_entropy(field, path, labels, conditions, t, generator, batch_size)
            for t in times.tolist()
        ]
    resolved = 1.0 - torch.tensor(entropy, dtype=torch.float64) / entropy[0]
    resolved = resolved.clamp(min=0.0).cummax(0).values
    if not resolved[-1] > 0:
        raise ValueError(
            f"expected a cross-entropy that falls with time, got {entropy[0]:.4g} "
            f"at time 0 and {entropy[-1]:.4g} at half time: the field "
            "is not trained, or the labels are not its data"
        )
    shares = (1 - _EVEN) * resolved / resolved[-1] + _EVEN * times / times[-1]
    # Rounding must not leave the last share below 1.
    return TableTimes(tuple(times.tolist()), (*shares[:-1].tolist(), 1.0))


def _cross_entropy(field, path, labels, conditions, t, generator, batch_size):
    """Mean cross-entropy of the labels at time t."""
    total = 0.0
    for first in range(0, len(labels), batch_size):
        rows = slice(first, first + batch_size)
        at = torch.full((len(labels[rows]),), t, device=labels.device)
        batch = path.sample(labels[rows], t=at, generator=generator)
        chunk = {name: value[rows] for name, value in conditions.items()}
        total += float(field.loss(batch, **chunk).double().sum())
    return total / len(labels)
