"""Pictures of the simplex of three categories and of its octant of the sphere.

Every function takes the axes to draw in (`ax`, made where it is left out) and
returns what it drew: an artist (its axes are `artist.axes`), axes or a figure.
Keywords it does not know go to matplotlib. Nothing changes matplotlib's global
settings or shows a window. Colours are those of Okabe and Ito, told apart by
colour-blind readers and in greyscale. Pictures of results (images, flows, losses,
spectra) live in `plotting_results` and are offered here too.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D

from ._validation import (
    check_curve,
    check_integer,
    check_probabilities,
    check_three,
    check_unit_vectors,
)
from .plotting_results import (
    BLUE,
    VERMILLION,
    plot_flow_strip,
    plot_image_comparison,
    plot_image_grid,
    plot_kmer_scatter,
    plot_metric_dots,
    plot_training_curve,
)

__all__ = [
    "octant_axes",
    "plot_flow_strip",
    "plot_image_comparison",
    "plot_image_grid",
    "plot_kmer_scatter",
    "plot_metric_dots",
    "plot_octant_curve",
    "plot_octant_points",
    "plot_simplex_curve",
    "plot_simplex_geodesic",
    "plot_simplex_points",
    "plot_training_curve",
    "simplex_axes",
    "simplex_coordinates",
]

_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
_LINE_COLOR = "0.25"
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
    """
    _check_labels(labels)
    if ax is None:
        _, ax = plt.subplots(figsize=(4.5, 4.2), layout="constrained")
    for share in (0.25, 0.5, 0.75):
        for k in range(3):
            ends = share * np.eye(3)[k] + (1 - share) * np.delete(np.eye(3), k, axis=0)
            ax.plot(*(ends @ _CORNERS).T, color=_GRID_COLOR, lw=0.7, zorder=0.5)
    outline = np.vstack([_CORNERS, _CORNERS[:1]])
    ax.plot(*outline.T, color=_LINE_COLOR, lw=1.2, zorder=1, solid_joinstyle="round")
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
    """
    coordinates = simplex_coordinates(points).reshape(-1, 2)
    ax = simplex_axes() if ax is None else ax
    return ax.scatter(*coordinates.T, **_dot_style(style, zorder=3))


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
    """
    points = np.asarray(points)
    check_curve(points)
    coordinates = simplex_coordinates(points)
    ax = simplex_axes() if ax is None else ax
    return ax.plot(*coordinates.T, **_line_style(style, zorder=2))[0]


def plot_simplex_geodesic(space, a, b, ax=None, n_points=101, **style):
    """Draw the geodesic of a space of distributions from a to b.

    Parameters
    ----------
    space : object
        `space.metric.geodesic(initial_point=a, end_point=b)` must return a function
        of times shape=[n] to points shape=[n, 3] of the simplex.
    a, b : array-like, shape=[3]
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    n_points : int, optional
    **style
        For `Axes.plot`.

    Returns
    -------
    line : matplotlib.lines.Line2D
    """
    times = np.linspace(0.0, 1.0, check_integer(n_points, "n_points", 2))
    path = space.metric.geodesic(initial_point=a, end_point=b)
    return plot_simplex_curve(np.asarray(path(times)), ax=ax, **style)


def octant_axes(ax=None, labels=("$u_1$", "$u_2$", "$u_3$")):
    """Draw the positive octant of the unit sphere, seen from its middle.

    Parameters
    ----------
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
    labels : sequence of three str, optional
        Names of the corners.

    Returns
    -------
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D
        Later artists are drawn above the surface, whatever their depth.
    """
    _check_labels(labels)
    if ax is None:
        _, ax = plt.subplots(figsize=(4.8, 4.8), subplot_kw={"projection": "3d"})
        ax.figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    _check_3d(ax)
    # Sorting by the mean depth of whole artists would hide curves in the surface.
    ax.computed_zorder = False
    angle = np.linspace(0, np.pi / 2, 49)
    latitude, longitude = np.meshgrid(angle, angle)
    surface = _sphere(latitude, longitude)
    ax.plot_surface(
        *surface, color="#E8EEF4", shade=False, lw=0, antialiased=False, zorder=0
    )
    for step in (0.25, 0.5, 0.75):
        circle = _sphere(np.full_like(angle, step * np.pi / 2), angle)
        for k in range(3):
            ax.plot(*np.roll(circle, k, axis=0), color="0.78", lw=0.7, zorder=0.5)
    for k in range(3):
        edge = np.roll(_sphere(np.zeros_like(angle), angle), k, axis=0)
        ax.plot(*edge, color=_LINE_COLOR, lw=1.2, zorder=1)
    for corner, label in zip(np.eye(3), labels, strict=True):
        ax.text(*(1.12 * corner), label, ha="center", va="center", fontsize=13)
    # The octant reaches higher than low on the screen: centre it, at equal scales.
    ax.set(xlim=(-0.05, 0.95), ylim=(-0.05, 0.95), zlim=(0.1, 1.1))
    ax.set_box_aspect((1, 1, 1), zoom=0.92)
    ax.set_proj_type("ortho")
    ax.view_init(elev=35.26, azim=45)
    ax.set_axis_off()
    return ax


def plot_octant_points(points, ax=None, **style):
    """Draw points of the sphere as dots.

    Parameters
    ----------
    points : array-like, shape=[..., 3]
        Unit vectors; those outside the octant are drawn where they are.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        By default new `octant_axes`.
    **style
        For `Axes3D.scatter`.

    Returns
    -------
    dots : mpl_toolkits.mplot3d.art3d.Path3DCollection
    """
    points = check_unit_vectors(points).reshape(-1, 3)
    ax = octant_axes() if ax is None else _check_3d(ax)
    return ax.scatter(*points.T, **_dot_style(style, zorder=3, depthshade=False))


def plot_octant_curve(points, ax=None, **style):
    """Draw a curve through points of the sphere.

    Parameters
    ----------
    points : array-like, shape=[n_points, 3]
        Unit vectors in the order of the curve.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        By default new `octant_axes`.
    **style
        For `Axes3D.plot`.

    Returns
    -------
    line : mpl_toolkits.mplot3d.art3d.Line3D
    """
    points = check_unit_vectors(points)
    check_curve(points)
    ax = octant_axes() if ax is None else _check_3d(ax)
    return ax.plot(*points.T, **_line_style(style, zorder=2))[0]


def _sphere(latitude, longitude):
    ring = np.cos(latitude)
    return np.array(
        [ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)]
    )


def _dot_style(style, **defaults):
    style = normalize_kwargs(style, PathCollection)
    if "c" not in style and "facecolor" not in style:
        defaults["color"] = VERMILLION
    return {"s": 18, "linewidth": 0, **defaults, **style}


def _line_style(style, **defaults):
    style = normalize_kwargs(style, Line2D)
    return {"color": BLUE, "linewidth": 2, **defaults, **style}


def _check_labels(labels):
    if len(labels) != 3:
        raise ValueError(f"labels must name three corners, got {len(labels)}")


def _check_3d(ax):
    if getattr(ax, "name", None) != "3d":
        raise ValueError('ax must be three-dimensional: projection="3d"')
    return ax
