"""Pictures of the simplex of three categories: points, curves, geodesics."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D

from .._validation import (
    check_curve,
    check_integer,
    check_probabilities,
    check_three,
)
from .results import BLUE, VERMILLION

__all__ = [
    "plot_simplex_curve",
    "plot_simplex_geodesic",
    "plot_simplex_points",
    "simplex_axes",
    "simplex_coordinates",
]

LINE_COLOR = "0.25"
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
_GRID_COLOR = "0.85"


def simplex_coordinates(p):
    """Return the place in the plane of distributions over three categories.

    The barycentric map: categories 1, 2, 3 are the corners (0, 0), (1, 0) and
    (1/2, sqrt(3)/2) of an equilateral triangle.

    Parameters
    ----------
    p : array-like, shape=[..., 3]
        Points of the closed simplex.

    Returns
    -------
    coordinates : array, shape=[..., 2]

    Raises
    ------
    ValueError
        If the last axis is not 3 long or the points are not distributions.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> plotting.simplex_coordinates([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])
    array([[1. , 0. ],
           [0.5, 0. ]])
    """
    p = check_probabilities(p, "p")
    check_three(p, "p")
    return p @ _CORNERS


def simplex_axes(ax=None, labels=("$p_1$", "$p_2$", "$p_3$")):
    """Draw the triangle of distributions over three categories.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
    labels : sequence of three str, optional
        Names of the corners. The thin lines are p_k = 1/4, 1/2, 3/4.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> figure, both = plt.subplots(1, 2)  # two triangles side by side
    >>> for ax in both:
    ...     _ = plotting.simplex_axes(ax, labels=("A", "C", "G"))
    >>> [text.get_text() for text in ax.texts]
    ['A', 'C', 'G']
    >>> plt.close(figure)
    """
    check_corner_names(labels)
    if ax is None:
        _, ax = plt.subplots(figsize=(4.5, 4.2), layout="constrained")
    for share in (0.25, 0.5, 0.75):
        for k in range(3):
            ends = share * np.eye(3)[k] + (1 - share) * np.delete(np.eye(3), k, axis=0)
            ax.plot(*(ends @ _CORNERS).T, color=_GRID_COLOR, lw=0.7, zorder=0.5)
    outline = np.vstack([_CORNERS, _CORNERS[:1]])
    ax.plot(*outline.T, color=LINE_COLOR, lw=1.2, zorder=1, solid_joinstyle="round")
    centre = _CORNERS.mean(axis=0)
    for corner, label in zip(_CORNERS, labels, strict=True):
        x, y = centre + 1.13 * (corner - centre)
        ax.text(x, y, label, ha="center", va="center", fontsize=12)
    ax.set(aspect="equal", xlim=(-0.15, 1.15), ylim=(-0.13, 1.0))
    ax.set_axis_off()
    return ax


def plot_simplex_points(points, ax=None, **style):
    """Draw distributions over three categories as dots.

    Parameters
    ----------
    points : array-like, shape=[..., 3]
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    **style
        For `Axes.scatter`.

    Returns
    -------
    dots : matplotlib.collections.PathCollection

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> p = np.random.default_rng(0).dirichlet([0.5, 0.5, 0.5], size=200)
    >>> dots = plotting.plot_simplex_points(p, s=4)
    >>> dots.get_offsets().shape
    (200, 2)
    >>> plt.close(dots.axes.figure)
    """
    coordinates = simplex_coordinates(points).reshape(-1, 2)
    ax = simplex_axes() if ax is None else ax
    return ax.scatter(*coordinates.T, **dot_style(style, zorder=3))


def plot_simplex_curve(points, ax=None, **style):
    """Draw a curve through distributions over three categories.

    Parameters
    ----------
    points : array-like, shape=[n_points, 3]
        In the order of the curve.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    **style
        For `Axes.plot`.

    Returns
    -------
    line : matplotlib.lines.Line2D

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> t = np.linspace(0, 1, 20)[:, None]
    >>> mixture = (1 - t) * [0.9, 0.1, 0.0] + t * [0.0, 0.1, 0.9]  # straight
    >>> line = plotting.plot_simplex_curve(mixture, linestyle="--")
    >>> line.get_xydata().shape
    (20, 2)
    >>> plt.close(line.axes.figure)
    """
    points = np.asarray(points)
    check_curve(points)
    coordinates = simplex_coordinates(points)
    ax = simplex_axes() if ax is None else ax
    return ax.plot(*coordinates.T, **line_style(style, zorder=2))[0]


def plot_simplex_geodesic(space, a, b, ax=None, n_points=101, **style):
    """Draw the geodesic of a space of distributions from a to b.

    Parameters
    ----------
    space : object
        `space.metric.geodesic(initial_point=a, end_point=b)` must return a function
        of times shape=[n] to points shape=[n, 3] of the simplex.
    a, b : array, shape=[3]
        Ends, of the kind that the space takes.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    n_points : int, optional
    **style
        For `Axes.plot`.

    Returns
    -------
    line : matplotlib.lines.Line2D

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np, fisher_manifold as fm
    >>> from fisher_manifold import plotting
    >>> a, b = np.array([0.9, 0.1, 0.0]), np.array([0.0, 0.1, 0.9])
    >>> line = plotting.plot_simplex_geodesic(fm.FisherRaoSimplex(dim=2), a, b)
    >>> x, y = line.get_xydata().T
    >>> round(float((x - y / np.sqrt(3)).max()), 2)  # p_2, which is 0.1 at the ends
    0.18
    >>> plt.close(line.axes.figure)
    """
    times = np.linspace(0.0, 1.0, check_integer(n_points, "n_points", 2))
    path = space.metric.geodesic(initial_point=a, end_point=b)
    return plot_simplex_curve(np.asarray(path(times)), ax=ax, **style)


def dot_style(style, **defaults):
    """Keywords of `Axes.scatter`: those given, else the defaults."""
    style = normalize_kwargs(style, PathCollection)
    if "c" not in style and "facecolor" not in style:
        defaults["color"] = VERMILLION
    return {"s": 18, "linewidth": 0, **defaults, **style}


def line_style(style, **defaults):
    """Keywords of `Axes.plot`: those given, else the defaults."""
    style = normalize_kwargs(style, Line2D)
    return {"color": BLUE, "linewidth": 2, **defaults, **style}


def check_corner_names(labels):
    """Raise unless there are three."""
    if len(labels) != 3:
        raise ValueError(f"labels must name three corners, got {len(labels)}")
