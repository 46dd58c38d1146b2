"""A stochastic solver: labels drawn from the posterior, and new starts."""

import dataclasses
import math
from typing import ClassVar

import torch


@dataclasses.dataclass(frozen=True)
class Renoising:
    r"""Draw each site's label from the posterior, give some sites a new start, move on.

    A site keeps its own start with probability :math:`e^{-\mathrm{rate}\, h}` in a step
    of length h, and then moves along the geodesic to the label drawn.  Else it is
    noised afresh: its next point is drawn from the exact law of a point given its
    label, a new start moved towards the label.  Given the label, a site's point does
    not depend on the other sites, so a new start for *one* site keeps the law of x_t;
    for several at once it is wrong in second order, as their labels are drawn
    independently.  With steps of length h -> 0 the labels follow the law of the flow
    for every finite rate (docs/samplers.md); for an infinite rate they do not.

    Needs a field with a posterior, and an independent coupling of independent sites.
    The last step ends at the drawn labels, if it ends at half time or later.

    Parameters
    ----------
    rate : float
        Expected number of new starts of a site per unit of time: half of it in a whole
        run to half time.  0: every site keeps its start; inf: none does.

    Raises
    ------
    ValueError
        If the rate is negative.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> class Net(torch.nn.Module):  # the law (1/2, 1/2, 0), one site
    ...     def forward(self, x, t):
    ...         return torch.tensor([0.0, 0.0, -30.0]).expand_as(x)
    >>> field, g = flow.PosteriorField(Net(), path), torch.Generator().manual_seed(0)
    >>> options = {"steps": 2, "solver": flow.Renoising(rate=2.0), "generator": g}
    >>> sorted(set(flow.sample(field, path, 8, **options).labels.tolist()))
    [0, 1]
    """

    rate: float = 2.0
    needs_posterior: ClassVar[bool] = True

    def __post_init__(self):
        if not self.rate >= 0:
            raise ValueError(f"expected a rate of at least 0, got {self.rate}")

    def step(self, problem, x, now, after):
        """Move points over one interval of time.

        Parameters
        ----------
        problem : Problem
            Field at the samples, evaluated once, and path.
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the time now.
        now, after : float
            Ends of the interval.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points at the time after.
        """
        path, generator = problem.path, problem.generator
        target = problem.space.vertices(problem.draw_labels(x, now), dtype=x.dtype)
        n, share = len(x), (after - now) / (1.0 - now)
        kept = path.sample(target, x0=x, t=x.new_full((n,), share)).x_t
        new_share = 1.0 - math.exp(-self.rate * (after - now))
        if new_share == 0.0:
            return kept
        start = path.source.sample(n, generator, dtype=x.dtype, device=x.device)
        fresh = path.sample(target, x0=start, t=x.new_full((n,), after)).x_t
        where = generator.device if generator is not None else x.device
        shape = (*x.shape[:-1], 1)
        uniform = torch.rand(shape, generator=generator, device=where).to(x.device)
        return torch.where(uniform < new_share, fresh, kept)
