"""Pictures of the octant of the sphere: points, curves."""

import matplotlib.pyplot as plt
import numpy as np

from .._validation import check_curve, check_unit_vectors
from .simplex import LINE_COLOR, check_corner_names, dot_style, line_style

__all__ = ["octant_axes", "plot_octant_curve", "plot_octant_points"]


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

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> ax = plotting.octant_axes(labels=("A", "B", "C"))
    >>> [text.get_text() for text in ax.texts]
    ['A', 'B', 'C']
    >>> plt.close(ax.figure)
    """
    check_corner_names(labels)
    if ax is None:
        _, ax = plt.subplots(figsize=(4.8, 4.8), subplot_kw={"projection": "3d"})
        ax.figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    check_3d(ax)
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

    Examples
    --------
    >>> import numpy as np
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> p = np.random.default_rng(0).dirichlet([0.5, 0.5, 0.5], size=200)
    >>> dots = plotting.plot_octant_points(np.sqrt(p), s=4)  # uniform on the octant
    >>> dots.axes.name
    '3d'
    >>> plt.close(dots.axes.figure)
    """
    points = check_unit_vectors(points).reshape(-1, 3)
    ax = octant_axes() if ax is None else check_3d(ax)
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

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> metric = fm.PositiveHypersphere(dim=2).metric
    >>> circle = metric.geodesic(np.eye(3)[0], np.eye(3)[1])(np.linspace(0, 1, 50))
    >>> line = plotting.plot_octant_curve(circle, color="black")
    >>> line.axes.name, line.get_color()
    ('3d', 'black')
    >>> plt.close(line.axes.figure)
    """
    points = check_unit_vectors(points)
    check_curve(points)
    ax = octant_axes() if ax is None else check_3d(ax)
    return ax.plot(*points.T, **line_style(style, zorder=2))[0]


def _sphere(latitude, longitude):
    ring = np.cos(latitude)
    return np.array(
        [ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)]
    )


def check_3d(ax):
    """Return axes, or raise where they are flat."""
    if getattr(ax, "name", None) != "3d":
        raise ValueError('ax must be three-dimensional: projection="3d"')
    return ax
