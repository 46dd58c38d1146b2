"""Pictures of gradient flows: the Fisher-Rao flow descends forward KL fastest."""

import matplotlib.pyplot as plt
import numpy as np

from .._validation import check_three
from ..descent import (
    aitchison_gradient,
    descent_curve,
    euclidean_gradient,
    fisher_rao_gradient,
)
from ..metrics import kl_divergence
from .fields import simplex_lattice
from .results import BLUE, VERMILLION
from .simplex import (
    plot_simplex_curve,
    plot_simplex_points,
    simplex_axes,
    simplex_coordinates,
)

__all__ = [
    "plot_descent_divergence",
    "plot_descent_paths",
    "plot_descent_slopes",
    "plot_steepest_descent",
]

# told apart by dashes where colours are not seen
_STYLES = (
    {"color": BLUE, "linestyle": "-", "linewidth": 2.6},
    {"color": VERMILLION, "linestyle": "--", "linewidth": 1.8},
    {"color": "black", "linestyle": ":", "linewidth": 2.0},
    {"color": "#CC79A7", "linestyle": "-.", "linewidth": 1.6},
)
_METRICS = {
    "Fisher-Rao": fisher_rao_gradient,
    "Euclidean": euclidean_gradient,
    "Aitchison (logits)": aitchison_gradient,
}


def plot_steepest_descent(target, start, metrics=None):
    """Compare gradient flows of KL(target | p): paths, fall, slope.

    Left, the paths on the triangle, over level lines of the divergence. Middle, the
    divergence against the Fisher-Rao length gone. Right, the theorem: the descent of
    each flow for each unit of Fisher-Rao length, as a share of the steepest possible
    at the same point.

    Parameters
    ----------
    target : array-like, shape=[3]
        Distribution without zeros.
    start : array-like, shape=[3]
        Another one.
    metrics : dict of callables, optional
        Gradients by name, as `descent.descent_curve` takes them; at most four. By
        default Fisher-Rao, Euclidean and Aitchison.

    Returns
    -------
    figure : matplotlib.figure.Figure
        With three axes.

    Raises
    ------
    ValueError
        If target and start are no distributions over three categories.

    References
    ----------
    O. Davis et al. Fisher Flow Matching for Generative Modeling over Discrete Data.
    NeurIPS 2024, arXiv:2405.14664.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> figure = plotting.plot_steepest_descent([0.2, 0.3, 0.5], [0.6, 0.2, 0.2])
    >>> len(figure.axes)
    3
    >>> plt.close(figure)
    """
    target, start = np.asarray(target, float), np.asarray(start, float)
    check_three(target, "target")
    check_three(start, "start")
    metrics = _METRICS if metrics is None else metrics
    curves = {
        name: descent_curve(gradient, target, start)
        for name, gradient in metrics.items()
    }
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    plot_descent_paths(curves, ax=simplex_axes(axes[0]))
    plot_descent_divergence(curves, ax=axes[1])
    plot_descent_slopes(curves, ax=axes[2])
    axes[1].legend(frameon=False)
    return figure


def plot_descent_paths(curves, ax=None):
    """Draw curves of descent on the triangle, over level lines of the divergence.

    Parameters
    ----------
    curves : dict of DescentCurve
        Curves over three categories by name, with one target; at most four.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.

    Returns
    -------
    lines : list of matplotlib.lines.Line2D
        One for each curve, labelled with its name.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import descent, plotting
    >>> ends = [0.2, 0.3, 0.5], [0.6, 0.2, 0.2]
    >>> natural = descent.descent_curve(descent.fisher_rao_gradient, *ends)
    >>> euclidean = descent.descent_curve(descent.euclidean_gradient, *ends)
    >>> curves = {"natural": natural, "Euclidean": euclidean}
    >>> lines = plotting.plot_descent_paths(curves)
    >>> [line.get_label() for line in lines]
    ['natural', 'Euclidean']
    >>> plt.close(lines[0].axes.figure)
    """
    _check_curves(curves)
    ax = simplex_axes() if ax is None else ax
    first = next(iter(curves.values()))
    levels = first.divergence[0] * np.array([1 / 16, 1 / 4, 1.0])
    _plot_levels(first.target, levels, ax)
    lines = [
        plot_simplex_curve(curve.points, ax, label=name, **style)
        for (name, curve), style in zip(curves.items(), _STYLES, strict=False)
    ]
    plot_simplex_points(first.points[0], ax, color="black", s=30)
    plot_simplex_points(first.target, ax, color="black", marker="*", s=110)
    return lines


def plot_descent_divergence(curves, ax=None):
    """Draw the divergence of curves of descent against their Fisher-Rao length.

    Parameters
    ----------
    curves : dict of DescentCurve
        Curves by name, at most four.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    lines : list of matplotlib.lines.Line2D
        One for each curve, labelled with its name.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import descent, plotting
    >>> natural, target = descent.fisher_rao_gradient, [0.2, 0.3, 0.5]
    >>> curve = descent.descent_curve(natural, target, [0.6, 0.2, 0.2])
    >>> (line,) = plotting.plot_descent_divergence({"natural": curve})
    >>> len(line.get_xdata()) == len(curve.length)
    True
    >>> plt.close(line.axes.figure)
    """
    ax = _axes(curves, ax)
    ax.set(
        xlabel="Fisher-Rao length gone",
        ylabel=r"$\mathrm{KL}(q \,\Vert\, p)$ in nats",
        yscale="log",
    )
    return [
        ax.plot(curve.length, curve.divergence, label=name, **style)[0]
        for (name, curve), style in zip(curves.items(), _STYLES, strict=False)
    ]


def plot_descent_slopes(curves, ax=None):
    """Draw how near curves of descent come to the steepest at each of their points.

    Parameters
    ----------
    curves : dict of DescentCurve
        Curves by name, at most four.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    lines : list of matplotlib.lines.Line2D
        Slope for each unit of Fisher-Rao length, as a share of the steepest, against
        the divergence still to go; labelled with the names.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import descent, plotting
    >>> natural, target = descent.fisher_rao_gradient, [0.2, 0.3, 0.5]
    >>> curve = descent.descent_curve(natural, target, [0.6, 0.2, 0.2])
    >>> (line,) = plotting.plot_descent_slopes({"natural": curve})
    >>> round(float(min(line.get_ydata())), 6)  # the steepest everywhere
    1.0
    >>> plt.close(line.axes.figure)
    """
    ax = _axes(curves, ax)
    ax.set(
        xlabel=r"$\mathrm{KL}(q \,\Vert\, p)$ in nats",
        ylabel="share of the steepest slope",
        xscale="log",
        ylim=(0.0, 1.05),
    )
    if not ax.xaxis_inverted():
        ax.invert_xaxis()
    return [
        ax.plot(curve.divergence, curve.share, label=name, **style)[0]
        for (name, curve), style in zip(curves.items(), _STYLES, strict=False)
    ]


def _plot_levels(target, levels, ax):
    """Level lines of KL(target | p), on a triangular lattice of the interior."""
    points = simplex_lattice(122)
    places = simplex_coordinates(points)
    divergence = kl_divergence(target, points)
    ax.tricontour(
        *places.T, divergence, levels=levels, colors="0.6", linewidths=0.8, zorder=1
    )


def _axes(curves, ax):
    _check_curves(curves)
    if ax is None:
        _, ax = plt.subplots(figsize=(4.2, 3.6), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _check_curves(curves):
    if not 1 <= len(curves) <= len(_STYLES):
        raise ValueError(
            f"curves must be a dict of 1 to {len(_STYLES)}, got {len(curves)}"
        )
