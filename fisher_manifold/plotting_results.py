"""Pictures of results: images, flows, training curves, spectra, metrics."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from ._validation import check_images, check_integer, check_probabilities
from .divergences import js_divergence

__all__ = [
    "BLUE",
    "ORANGE",
    "VERMILLION",
    "plot_flow_strip",
    "plot_image_comparison",
    "plot_image_grid",
    "plot_kmer_scatter",
    "plot_metric_dots",
    "plot_training_curve",
]

BLUE, ORANGE, VERMILLION = "#0072B2", "#E69F00", "#D55E00"
_SEPARATOR = "0.8"
_MIN_TILE = 32


def plot_image_grid(images, ax=None, n_columns=None, vmax=None):
    """Draw images as tiles of one picture, row by row.

    Parameters
    ----------
    images : array-like, shape=[n, height, width]
        Non-negative grey levels: 0 is white, vmax is black.
    ax : matplotlib.axes.Axes, optional
    n_columns : int, optional
        By default the grid is as near to a square as it can be.
    vmax : float, optional
        By default the largest level.

    Returns
    -------
    picture : matplotlib.image.AxesImage
        Tile i spans one unit of x and of y, from its corner at column i % n_columns
        and row i // n_columns. Small images are enlarged by repeating pixels; the
        separators, and the tiles after the last image, are NaN.
    """
    images = check_images(images, "images")
    n, height, width = images.shape
    n_columns = math.ceil(math.sqrt(n)) if n_columns is None else n_columns
    n_columns = min(check_integer(n_columns, "n_columns", 1), n)
    n_rows = math.ceil(n / n_columns)
    if ax is None:
        size = (0.7 * n_columns * width / height, 0.7 * n_rows)
        _, ax = plt.subplots(figsize=size, layout="constrained")
    vmax = (images.max() or 1) if vmax is None else vmax
    picture = ax.imshow(
        _tiled(images, n_rows, n_columns),
        cmap="gray_r",
        vmin=0,
        vmax=vmax,
        interpolation="nearest",
        extent=(0, n_columns, n_rows, 0),
        aspect=height / width,
    )
    ax.set(xticks=[], yticks=[], facecolor=_SEPARATOR)
    ax.spines[:].set_visible(False)
    return picture


def _tiled(images, n_rows, n_columns):
    """Return one array of tiles: enlarged images, each framed by one NaN pixel."""
    n, height, width = images.shape
    zoom = math.ceil(_MIN_TILE / min(height, width))
    large = images.repeat(zoom, axis=1).repeat(zoom, axis=2)
    height, width = zoom * height + 2, zoom * width + 2
    tiles = np.full((n_rows * n_columns, height, width), np.nan)
    tiles[:n, 1:-1, 1:-1] = large
    tiles = tiles.reshape(n_rows, n_columns, height, width).swapaxes(1, 2)
    return tiles.reshape(n_rows * height, n_columns * width)


def plot_image_comparison(
    real, generated, titles=("real", "generated"), n_columns=None, vmax=None
):
    """Draw two sets of images side by side, on one grey scale.

    Parameters
    ----------
    real, generated : array-like, shape=[n, height, width]
    titles : sequence of two str, optional
    n_columns, vmax : optional
        As in `plot_image_grid`; vmax is by default the largest level of both.

    Returns
    -------
    figure : matplotlib.figure.Figure
    """
    sets = [check_images(real, "real"), check_images(generated, "generated")]
    if len(titles) != 2:
        raise ValueError(f"titles must name two grids, got {len(titles)}")
    if vmax is None:
        vmax = max(images.max() for images in sets) or 1
    _, height, width = sets[0].shape
    n_columns = math.ceil(math.sqrt(len(sets[0]))) if n_columns is None else n_columns
    n_rows = math.ceil(max(map(len, sets)) / check_integer(n_columns, "n_columns", 1))
    size = (9, 4.3 * (n_rows * height) / (n_columns * width) + 0.4)
    figure, axes = plt.subplots(1, 2, figsize=size, layout="constrained")
    figure.get_layout_engine().set(wspace=0.06)
    for ax, images, title in zip(axes, sets, titles, strict=True):
        plot_image_grid(images, ax=ax, n_columns=n_columns, vmax=vmax)
        ax.set_title(title, fontsize=13)
    return figure


def plot_flow_strip(frames, times, vmax=None):
    r"""Draw how samples flow from noise to data: a row a sample, a column a time.

    Parameters
    ----------
    frames : array-like, shape=[n_times, n, height, width]
    times : array-like, shape=[n_times]
        Values of :math:`\kappa`, written above the columns.
    vmax : float, optional
        As in `plot_image_grid`.

    Returns
    -------
    figure : matplotlib.figure.Figure
    """
    frames, times = np.asarray(frames), np.asarray(times, dtype=np.float64)
    if frames.ndim != 4 or frames.size == 0 or times.shape != frames.shape[:1]:
        raise ValueError(
            "frames must have shape [n_times, n, height, width] and times [n_times], "
            f"got {list(frames.shape)} and {list(times.shape)}"
        )
    n_times, n, height, width = frames.shape
    size = (0.85 * n_times * width / height + 0.2, 0.85 * n + 0.4)
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    images = frames.swapaxes(0, 1).reshape(-1, height, width)
    plot_image_grid(images, ax=ax, n_columns=n_times, vmax=vmax)
    labels = [f"{time:.3g}" for time in times]
    labels[0] = f"$\\kappa$ = {labels[0]}"
    ax.set_xticks(np.arange(n_times) + 0.5, labels)
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    return figure


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
