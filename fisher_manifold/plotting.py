"""Pictures of the simplex of three categories and of its octant of the sphere.

Every function takes the axes to draw in (`ax`, made where it is left out) and
returns what it drew: an artist (its axes are `artist.axes`), axes or a figure.
Keywords it does not know go to matplotlib. Nothing changes matplotlib's global
settings or shows a window. Colours are those of Okabe and Ito, told apart by
colour-blind readers and in greyscale. Pictures of results (images, flows, losses,
spectra) live in `plotting_results`, of the simplex in `plotting_simplex`, of gradient
flows on it in `plotting_descent`, maps of the sphere in `plotting_sphere`, and all are
offered here too.
"""

import matplotlib.pyplot as plt
import numpy as np

from ._validation import check_curve, check_unit_vectors
from .plotting_descent import (
    plot_descent_divergence,
    plot_descent_paths,
    plot_descent_slopes,
    plot_steepest_descent,
)
from .plotting_results import (
    plot_flow_strip,
    plot_image_comparison,
    plot_image_grid,
    plot_kmer_scatter,
    plot_metric_dots,
    plot_training_curve,
)
from .plotting_simplex import (
    LINE_COLOR,
    check_corner_names,
    dot_style,
    line_style,
    plot_simplex_curve,
    plot_simplex_geodesic,
    plot_simplex_points,
    simplex_axes,
    simplex_coordinates,
)
from .plotting_sphere import (
    plot_sphere_curve,
    plot_sphere_density,
    plot_sphere_points,
    sphere_map_axes,
    sphere_map_grid,
)

__all__ = [
    "octant_axes",
    "plot_descent_divergence",
    "plot_descent_paths",
    "plot_descent_slopes",
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
    "plot_sphere_curve",
    "plot_sphere_density",
    "plot_sphere_points",
    "plot_steepest_descent",
    "plot_training_curve",
    "simplex_axes",
    "simplex_coordinates",
    "sphere_map_axes",
    "sphere_map_grid",
]


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
    check_corner_names(labels)
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
        ax.plot(*edge, color=LINE_COLOR, lw=1.2, zorder=1)
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
    return ax.scatter(*points.T, **dot_style(style, zorder=3, depthshade=False))


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
    return ax.plot(*points.T, **line_style(style, zorder=2))[0]


def _sphere(latitude, longitude):
    ring = np.cos(latitude)
    return np.array(
        [ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)]
    )


def _check_3d(ax):
    if getattr(ax, "name", None) != "3d":
        raise ValueError('ax must be three-dimensional: projection="3d"')
    return ax
