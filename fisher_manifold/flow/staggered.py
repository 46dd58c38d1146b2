"""A stochastic solver in which every site has a clock of its own."""

import dataclasses
from typing import Any, ClassVar

import torch

from .times import PowerTimes

ORDERS = ("random", "strided", "stratified")


@dataclasses.dataclass(frozen=True)
class Staggered:
    r"""Groups of sites flow one after the other, each given what is decided already.

    Given its label, a site's point does not depend on the other sites.  So the evidence
    of every site may be that of a time of its own, and Bayes' rule stays as it is: any
    clocks :math:`\kappa_i(t)` that run from 0 to 1/2 make a path whose posterior has
    the same closed form (docs/samplers.md).  Here the clock of a group runs for a share
    ``width`` of the whole time and stands before and after.  In a step each site whose
    clock runs draws its label from the posterior and moves on along the geodesic to it.

    An error is made only where clocks of several sites run in the same step, as their
    labels are drawn independently.  With one site in a group there is none, in as many
    steps as there are groups.  With width 1 all clocks are one: `Renoising(0)`.  With
    width 1 / groups, the default, a group is decided in a step of its own, as in the
    decoding of masked diffusion.

    Needs a field with evidence and an independent coupling.  A network trained with one
    time for all sites is given the mean of the clocks.  Take a multiple of ``groups``
    steps, equidistant to 1/2, as is the default grid.

    Parameters
    ----------
    groups : int
        Number of groups, as even as possible; no more than there are sites.
    width : float, optional
        Share of the time in which a group's clock runs, from 1 / groups to 1; more
        where there are fewer sites than groups, so that some clock runs at any time.
    order : {"random", "strided", "stratified"}
        "random": which sites are in a group is drawn for each sample.  "strided": sites
        that lie ``groups`` apart, so that neighbours are never in one group; the order
        of the groups is drawn for each sample.  "stratified": of each stretch of
        ``groups`` sites one is in each group, drawn for each stretch, so that
        neighbours are seldom in one group and the pattern of a group is random.

    Raises
    ------
    TypeError
        If the number of groups is no integer.
    ValueError
        If it is below 1, the width is out of range, or there is no such order.

    References
    ----------
    S. S. Sahoo et al., Simple and effective masked diffusion language models (2024),
    for the limit of width 1 / groups.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import data, flow
    >>> law = data.ParityConstraint(n_sites=4, n_categories=3)
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=2), length=4)
    >>> path = flow.GeodesicPath(space)
    >>> field = flow.PosteriorField(flow.ExactPosterior(law), path)
    >>> g = torch.Generator().manual_seed(0)
    >>> solver = flow.Staggered(groups=4)
    >>> x = flow.sample(field, path, 500, steps=4, solver=solver, generator=g).labels
    >>> bool((x.sum(1) % 3 == 0).all())
    True
    """

    groups: int
    width: Any = None
    order: str = "random"
    needs_posterior: ClassVar[bool] = True
    default_times: ClassVar[PowerTimes] = PowerTimes(1.0, 0.5)

    def __post_init__(self):
        if isinstance(self.groups, bool) or not isinstance(self.groups, int):
            raise TypeError(f"expected a number of groups, got {self.groups!r}")
        if self.groups < 1:
            raise ValueError(f"expected at least one group, got {self.groups}")
        least = 1.0 / self.groups
        width = least if self.width is None else float(self.width)
        if not least <= width <= 1.0:
            raise ValueError(
                f"expected a width from 1 / groups = {least:.4g}, so that there is no "
                f"pause between groups, to 1, got {width}"
            )
        object.__setattr__(self, "width", width)
        if self.order not in ORDERS:
            raise ValueError(
                f"expected an order of {', '.join(ORDERS)}, got {self.order!r}"
            )

    def step(self, problem, x, now, after):
        """Move points over one interval of time.

        Parameters
        ----------
        problem : Problem
            Samples, whose field is evaluated once; remembers the sites' groups.
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the time now.
        now, after : float
            Ends of the interval.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points at the time after.
        """
        if problem.memory is None:
            _check_evidence(problem.field)
            problem.memory = self._starts(x, problem.generator)
        starts, width = problem.memory
        clock, later = (self._clocks(starts, width, t) for t in (now, after))
        target = problem.space.vertices(problem.draw_labels(x, clock), dtype=x.dtype)
        share = ((later - clock) / (1.0 - clock))[..., None]
        return problem.move(x, share * problem.space.metric.log(target, x))

    def _starts(self, x, generator):
        """When the sites' clocks start [n, *sites], and how long they run; shares."""
        n, sites = len(x), x[0, ..., 0].numel()
        groups = min(self.groups, sites)
        place = torch.arange(sites) * groups // sites
        if self.order == "random":
            group = place[_permutations(n, sites, generator)]
        elif self.order == "strided":
            group = _permutations(n, groups, generator)[:, torch.arange(sites) % groups]
        else:
            stretches = -(-sites // groups)
            group = _permutations(n * stretches, groups, generator)
            group = group.reshape(n, -1)[:, :sites]
        width = max(self.width, 1.0 / groups)
        starts = group * ((1.0 - width) / max(1, groups - 1))
        return starts.reshape(x.shape[:-1]).to(x), width

    def _clocks(self, starts, width, t):
        """Times of the sites at a time t."""
        share = t / self.default_times.end
        return self.default_times.end * ((share - starts) / width).clamp(0.0, 1.0)


def _permutations(n, size, generator):
    """Draw n permutations of some numbers, shape=[n, size]."""
    where = generator.device if generator is not None else None
    return torch.rand(n, size, generator=generator, device=where).argsort(1).cpu()


def _check_evidence(field):
    if not getattr(field, "evidence", False):
        raise TypeError(
            "expected a field with evidence, which is known for any clocks of the "
            f"sites, got {type(field).__name__} without: use another solver"
        )
