"""Laws of the training times, and the sampling grids that go with them.

A law is a monotone map from s in [0, 1] to the times: training times are the images of
uniform s, the grid that of equidistant s.  A schedule kappa(t) along the geodesic is
nothing but another choice of this map, so paths have constant speed.
"""

import dataclasses
import itertools
from typing import Any

import torch

from .time_tables import evidence_table, invert


class Times:
    """Law of times: a subclass gives ``end`` and the increasing map ``at(s)``."""

    end: float
    at: Any

    def sample(self, n, generator=None, dtype=torch.float32, device=None):
        """Draw n times, stratified: one from each of n equal slices of s, shuffled.

        Parameters
        ----------
        n : int
            Number of times.
        generator : torch.Generator, optional
            Source of randomness.
        dtype, device : optional
            Of the result.

        Returns
        -------
        t : torch.Tensor, shape=[n]
            Times in [0, end).
        """
        where = generator.device if generator is not None else None
        # In float64: a float32 draw can round up to the end of its slice.
        s = torch.rand(n, generator=generator, device=where, dtype=torch.float64)
        slices = torch.randperm(n, generator=generator, device=where)
        t = self.at((slices + s) / n)
        below = self.end * (1.0 - torch.finfo(dtype).eps)
        return t.to(dtype=dtype, device=device).clamp(max=below)

    def grid(self, steps):
        """Times of a sampler with the given number of steps.

        Parameters
        ----------
        steps : int
            Number of steps.

        Returns
        -------
        grid : torch.Tensor of float64, shape=[steps + 1]
            Increasing, from 0 to end.

        Raises
        ------
        ValueError
            If there are fewer steps than one.
        """
        if steps < 1:
            raise ValueError(f"expected at least one step, got {steps}")
        return self.at(torch.arange(steps + 1, dtype=torch.float64) / steps)


@dataclasses.dataclass(frozen=True)
class PowerTimes(Times):
    """Times ``t = end * s**power``.

    Parameters
    ----------
    power : float
        1 is uniform; larger powers favour early times.
    end : float
        Last time, in (0, 1].

    Raises
    ------
    ValueError
        If the power is not above 0, or the end not in (0, 1].

    Examples
    --------
    >>> PowerTimes(power=2.0).grid(4).tolist()
    [0.0, 0.0625, 0.25, 0.5625, 1.0]
    """

    power: float = 1.0
    end: float = 1.0

    def __post_init__(self):
        if not (self.power > 0 and 0 < self.end <= 1):
            raise ValueError(
                f"expected power > 0 and 0 < end <= 1, got {self.power}, {self.end}"
            )

    def at(self, s):
        """Times of s in [0, 1].

        Parameters
        ----------
        s : torch.Tensor, shape=[...]
            Shares of the law, in [0, 1].

        Returns
        -------
        t : torch.Tensor, shape=[...]
            Times, in [0, end].
        """
        return self.end * s**self.power


@dataclasses.dataclass(frozen=True)
class LateTimes(Times):
    """Times ``t = end * (1 - (1 - s)**power)``, dense at the end.

    For data with fine details, which are made at times 1 - t of their size.

    Parameters
    ----------
    power : float
        1 is uniform; larger powers favour late times.
    end : float
        Last time, in (0, 1].

    Examples
    --------
    >>> LateTimes(power=2.0).grid(4).tolist()
    [0.0, 0.4375, 0.75, 0.9375, 1.0]
    """

    power: float = 2.0
    end: float = 1.0

    def __post_init__(self):
        PowerTimes(self.power, self.end)  # the same bounds

    def at(self, s):
        """Times of s in [0, 1].

        Parameters
        ----------
        s : torch.Tensor, shape=[...]
            Shares of the law, in [0, 1].

        Returns
        -------
        t : torch.Tensor, shape=[...]
            Times, in [0, end].
        """
        return self.end * (1.0 - (1.0 - s) ** self.power)


@dataclasses.dataclass(frozen=True)
class EvidenceTimes(Times):
    """Times at which a site's own evidence resolves its category, up to half time.

    Half of the law's weight is the rate at which the mean posterior entropy of a single
    site (uniform over categories) falls, half is spread evenly in the square root of
    time: sites that hear from others are decided earlier.

    Parameters
    ----------
    n_categories : int
        Categories of a site.
    concentration : float
        Concentration of the Dirichlet source.

    Raises
    ------
    ValueError
        If there are fewer than two categories, or the concentration is not above 0.

    Examples
    --------
    >>> from fisher_manifold import flow
    >>> [round(t, 2) for t in flow.EvidenceTimes(n_categories=4).grid(4).tolist()]
    [0.0, 0.08, 0.21, 0.34, 0.5]
    """

    n_categories: int
    concentration: float = 0.5
    end = 0.5

    def __post_init__(self):
        if self.n_categories < 2 or not self.concentration > 0:
            raise ValueError(
                "expected at least two categories and a concentration above 0, got "
                f"{self.n_categories} and {self.concentration}"
            )

    def at(self, s):
        """Times of s in [0, 1].

        Parameters
        ----------
        s : torch.Tensor, shape=[...]
            Shares of the law, in [0, 1].

        Returns
        -------
        t : torch.Tensor, shape=[...]
            Times, in [0, end].
        """
        shares, times = evidence_table(*dataclasses.astuple(self))
        return invert(shares, times, s)


@dataclasses.dataclass(frozen=True)
class TableTimes(Times):
    """Times of a law given by a table, piecewise linear between its entries.

    Parameters
    ----------
    times : tuple of float, length=m
        Increasing times from 0 to at most 1.
    shares : tuple of float, length=m
        Shares of the law below them, increasing from 0 to 1.

    Raises
    ------
    ValueError
        If a row does not increase from 0 as it should, or their lengths differ.

    Examples
    --------
    >>> from fisher_manifold import flow
    >>> times = flow.TableTimes(times=(0.0, 0.2, 1.0), shares=(0.0, 0.5, 1.0))
    >>> [round(t, 6) for t in times.grid(4).tolist()]  # half of them are below 0.2
    [0.0, 0.1, 0.2, 0.6, 1.0]
    """

    times: tuple
    shares: tuple
    end: float = dataclasses.field(init=False, repr=False)

    def __post_init__(self):
        for name in ("times", "shares"):
            values = tuple(getattr(self, name))
            object.__setattr__(self, name, values)
            ends = len(values) > 1 and values[0] == 0 and values[-1] <= 1
            if not ends or not all(a < b for a, b in itertools.pairwise(values)):
                raise ValueError(
                    f"expected {name} increasing from 0 to at most 1, got {values}"
                )
        if len(self.times) != len(self.shares) or self.shares[-1] != 1:
            raise ValueError(
                f"expected a share for each of {len(self.times)} times, the last one "
                f"1, got {self.shares}"
            )
        object.__setattr__(self, "end", self.times[-1])

    def at(self, s):
        """Times of s in [0, 1].

        Parameters
        ----------
        s : torch.Tensor, shape=[...]
            Shares of the law, in [0, 1].

        Returns
        -------
        t : torch.Tensor, shape=[...]
            Times, in [0, end].
        """
        shares = torch.tensor(self.shares, dtype=torch.float64)
        return invert(shares, torch.tensor(self.times, dtype=torch.float64), s)
