"""Pictures of results: training curves, spectra, metrics."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from .._validation import check_probabilities
from ..metrics import js_divergence

__all__ = [
    "BLUE",
    "ORANGE",
    "VERMILLION",
    "plot_kmer_scatter",
    "plot_metric_dots",
    "plot_training_curve",
]

BLUE, ORANGE, VERMILLION = "#0072B2", "#E69F00", "#D55E00"


def plot_training_curve(history, ax=None):
    """Draw the loss against the step, raw and smoothed, and the validation loss.

    The smooth line is a centred mean over a twentieth of the entries. The axis of
    the loss is logarithmic where the loss is positive and spans a factor above 10.

    Parameters
    ----------
    history : sequence of dict
        Keys "step", "loss" and, in any of them, "validation_loss" (None is skipped).
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    ax : matplotlib.axes.Axes

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> history = [{"step": s, "loss": 1.0 / s} for s in range(1, 101)]
    >>> history[-1]["validation_loss"] = 0.02
    >>> ax = plotting.plot_training_curve(history)
    >>> ax.get_yscale()  # the loss spans a factor of 100
    'log'
    >>> plt.close(ax.figure)
    """
    steps, losses = _check_history(history)
    validation = [row for row in history if row.get("validation_loss") is not None]
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    window = max(1, len(losses) // 20)
    if window > 1:
        ax.plot(steps, losses, color=BLUE, alpha=0.25, lw=0.8, label="training, raw")
    ax.plot(steps, _centred_mean(losses, window), color=BLUE, label="training")
    if validation:
        points = np.array([(row["step"], row["validation_loss"]) for row in validation])
        ax.plot(*points.T, "o--", color=VERMILLION, ms=4, lw=1.2, label="validation")
    if losses.min() > 0 and losses.max() > 10 * losses.min():
        ax.set_yscale("log")
    ax.set(xlabel="step", ylabel="loss")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_kmer_scatter(real, generated, ax=None):
    """Draw the k-mer frequencies of generated data against those of real data.

    Both axes are logarithmic. K-mers that one side lacks stand on the margin, as
    triangles; those that both lack are left out.

    Parameters
    ----------
    real, generated : array-like, shape=[n_kmers]
        Spectra, as from `metrics.kmer_spectrum`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If they are not distributions of one shape.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> real, generated = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.4, 0.3, 0.0, 0.3])
    >>> ax = plotting.plot_kmer_scatter(real, generated)
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    >>> plt.close(ax.figure)
    """
    real = check_probabilities(real, "real")
    generated = check_probabilities(generated, "generated")
    if real.ndim != 1 or real.shape != generated.shape:
        raise ValueError(
            "real and generated must have one shape [n_kmers], "
            f"got {list(real.shape)} and {list(generated.shape)}"
        )
    if ax is None:
        _, ax = plt.subplots(figsize=(4.6, 4.6), layout="constrained")
    both = np.concatenate([real, generated])
    margin, top = both[both > 0].min() / 2, both.max() * 2
    ax.plot([margin, top], [margin, top], color="0.6", lw=1, zorder=1)
    groups = [
        ((real > 0) & (generated > 0), "o", BLUE, "in both"),
        ((real > 0) & (generated == 0), "v", VERMILLION, "not generated"),
        ((real == 0) & (generated > 0), "<", ORANGE, "not in real"),
    ]
    for mask, marker, color, name in groups:
        if mask.any():
            x, y = np.maximum(real[mask], margin), np.maximum(generated[mask], margin)
            style = {"s": 12, "alpha": 0.6, "linewidth": 0, "rasterized": True}
            style |= {"marker": marker, "color": color}
            ax.scatter(x, y, label=f"{name} ({mask.sum()})", **style)
    limits = (margin * 0.7, top)
    ax.set(xscale="log", yscale="log", xlim=limits, ylim=limits, aspect="equal")
    ax.set(xlabel="frequency in real data", ylabel="frequency in generated data")
    ax.set_title(f"Jensen-Shannon {js_divergence(real, generated):.2g} nats", size=11)
    ax.legend(frameon=False, loc="upper left")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_metric_dots(metrics, ax=None):
    """Draw where each metric lies between its floor and its ceiling.

    Parameters
    ----------
    metrics : mapping of str to (value, floor, ceiling)
        Numbers in the metric's own unit, written beside its dot: `floor` is what
        real data reach against real data, `ceiling` what noise reaches. The dot is
        at (value - floor) / (ceiling - floor).
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no metrics, or numbers that make no scale.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> ax = plotting.plot_metric_dots({"3-mers (bits)": (0.02, 0.01, 0.4)})
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['3-mers (bits)']
    >>> plt.close(ax.figure)
    """
    if not metrics:
        raise ValueError("metrics is empty; expected name -> (value, floor, ceiling)")
    rows = np.array(list(metrics.values()), dtype=np.float64)
    if rows.shape != (len(metrics), 3) or not np.isfinite(rows).all():
        raise ValueError("every metric must be finite numbers (value, floor, ceiling)")
    value, floor, ceiling = rows.T
    for name, equal in zip(metrics, floor == ceiling, strict=True):
        if equal:
            raise ValueError(f"floor and ceiling of {name!r} are equal: no scale")
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 1.1 + 0.45 * len(rows)), layout="constrained")
    place, level = (value - floor) / (ceiling - floor), np.arange(len(rows))
    ax.hlines(level, 0, 1, color="0.75", lw=1.2, zorder=1)
    ax.plot(place, level, "o", color=BLUE, ms=8, zorder=2)
    for y, numbers in enumerate(rows):
        _write_number(ax, place[y], y, numbers[0], 7, fontsize=10)
        _write_number(ax, 0, y, numbers[1], -13, fontsize=8, color="0.4")
        _write_number(ax, 1, y, numbers[2], -13, fontsize=8, color="0.4")
    ax.set_yticks(level, list(metrics))
    ax.set_xticks([0, 1], ["floor (real)", "ceiling (noise)"])
    ax.set(ylim=(len(rows) - 0.4, -0.6))
    ax.tick_params(length=0, top=True, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    return ax


def _write_number(ax, x, y, number, up, **style):
    place = {"xytext": (0, up), "textcoords": "offset points", "ha": "center"}
    ax.annotate(f"{number:.3g}", (x, y), **place, **style)


def _check_history(history):
    for i, row in enumerate(history):
        if "step" not in row or "loss" not in row:
            raise ValueError(
                f'history[{i}] must have keys "step" and "loss", got {sorted(row)}'
            )
        if not math.isfinite(row["loss"]):
            raise ValueError(f"history[{i}] has a loss not finite: {row['loss']}")
    if len(history) == 0:
        raise ValueError("history is empty: nothing was trained")
    return np.array([(row["step"], row["loss"]) for row in history], dtype=float).T


def _centred_mean(values, window):
    """Return the mean over a window, over what there is of it at the ends."""
    ones = np.ones(window)
    counts = np.convolve(np.ones(len(values)), ones, mode="same")
    return np.convolve(values, ones, mode="same") / counts
