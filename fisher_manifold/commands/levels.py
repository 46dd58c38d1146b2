"""What sequences are like: levels at which the real ones are the aim, not 0."""

from dataclasses import dataclass

import numpy as np

from .. import metrics
from .comparison import share, share_interval, with_real

NEAR = 0.1
"""Share of the sites at which a near copy may differ."""

_N_NEAREST = 500
_N_RESAMPLES = 50


@dataclass(frozen=True)
class Level:
    """A figure of sequences, of the model's and of as many real ones.

    `low` to `high` and `real_low` to `real_high` are intervals of 95 %, of shares exact
    and else by the bootstrap; None where they have no meaning, or a set has no
    sequences to tell from.
    """

    name: str
    model: float | None
    real: float | None
    markov: float | None
    noise: float | None
    low: float | None = None
    high: float | None = None
    real_low: float | None = None
    real_high: float | None = None


def level(name, statistic, sets, rng, n_resamples=_N_RESAMPLES):
    """Measure one figure of the model's and of real rows, with their intervals.

    Parameters
    ----------
    name : str
        What the report calls it.
    statistic : callable
        Figure of rows; of rows of bool their mean.
    sets : Sets
        Rows; those in `floor` are the real ones.  Sets may be empty.
    rng : numpy.random.Generator
        Source of randomness.
    n_resamples : int
        Resamples of the intervals; 0 for none.

    Returns
    -------
    level : Level
        Values.
    """
    values, ends = {}, {}
    for key in ("model", "floor", "markov", "noise"):
        rows = getattr(sets, key)
        values[key] = float(statistic(rows)) if len(rows) else None
        if n_resamples and len(rows) and key in ("model", "floor"):
            if rows.dtype == bool:
                low, high = share_interval(int(rows.sum()), len(rows))
            else:
                found = metrics.bootstrap_interval(
                    statistic, rows, n_resamples=n_resamples, generator=rng
                )
                low, high = found.low, found.high
            prefix = "" if key == "model" else "real_"
            ends |= {f"{prefix}low": low, f"{prefix}high": high}
    values["real"] = values.pop("floor")
    return Level(name, **values, **ends)


def compare_diversity(sets, real, train, rng):
    """Measure how near the sets are to the training part, and to themselves.

    Parameters
    ----------
    sets : Sets
        Generated sequences and their references.
    real, train : int array, shape=[..., length]
        Labels of real sequences that were not learned from, and of those that were.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    near : Result
        Share of near copies of training sequences; its floor is that of `real`.
    levels : list of Level
        Distance to the nearest training sequence, and diversity.
    """
    sets = with_real(sets, real, rng)
    nearest = sets.map(
        lambda labels: metrics.nearest_neighbour_distance(labels[:_N_NEAREST], train)
    )
    tolerance = int(NEAR * real.shape[1])
    shares = nearest.map(lambda rows: float(np.mean(rows <= tolerance)))
    name = f"near copies (at most {tolerance} letters differ), share"
    pairs = metrics.mean_pairwise_distance
    diversity = [("different sequences, share", metrics.unique_fraction, 0)]
    if min(map(len, (sets.model, sets.floor))) > 1:
        diversity.append(("letters unlike in two sequences", pairs, _N_RESAMPLES))
    levels = [level("letters unlike the nearest training one", np.mean, nearest, rng)]
    levels += [level(title, f, sets, rng, n) for title, f, n in diversity]
    return share(name, shares, len(nearest.model)), levels
