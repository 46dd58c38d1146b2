"""Metric balls and vector fields on the triangle and on the octant."""

import numpy as np
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import Collection
from matplotlib.patches import Polygon
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from .._validation import (
    check_integer,
    check_probabilities,
    check_three,
    check_unit_vectors,
)
from ..geometry import PositiveHypersphere
from .octant import check_3d, octant_axes
from .results import BLUE
from .simplex import simplex_axes, simplex_coordinates

__all__ = [
    "fisher_rao_circle",
    "plot_octant_ball",
    "plot_octant_field",
    "plot_simplex_ball",
    "plot_simplex_field",
    "simplex_lattice",
]


def simplex_lattice(n_steps):
    """Evenly spaced distributions over three categories, none of them on a wall.

    Parameters
    ----------
    n_steps : int
        Probabilities are multiples of 1 / n_steps, at least 3.

    Returns
    -------
    points : array, shape=[(n_steps - 1) (n_steps - 2) / 2, 3]

    Examples
    --------
    >>> from fisher_manifold import plotting
    >>> plotting.simplex_lattice(4)
    array([[0.25, 0.25, 0.5 ],
           [0.25, 0.5 , 0.25],
           [0.5 , 0.25, 0.25]])
    """
    n_steps = check_integer(n_steps, "n_steps", 3)
    first, second = np.meshgrid(*[np.arange(1, n_steps)] * 2, indexing="ij")
    counts = np.stack([first, second, n_steps - first - second], axis=-1)
    return counts[counts[..., 2] > 0] / n_steps


def fisher_rao_circle(center, radius, n_points=181):
    """Boundary of a ball of the Fisher-Rao metric, within the simplex.

    Parameters
    ----------
    center : array-like, shape=[3]
        Distribution over three categories, on a wall or not.
    radius : float
        Fisher-Rao distance, above 0; in radians of the sphere of radius 2.
    n_points : int, optional
        The last is the first again.

    Returns
    -------
    points : array, shape=[n_points, 3]
        Distributions at distance `radius`; where a geodesic from the center meets a
        wall before that, the point of the wall. So the curve bounds what lies in the
        ball and in the simplex.

    Raises
    ------
    ValueError
        If the center is no distribution or the radius is not positive.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> from fisher_manifold import plotting
    >>> center = np.array([0.5, 0.3, 0.2])
    >>> circle = plotting.fisher_rao_circle(center, radius=0.5, n_points=9)
    >>> fm.FisherRaoSimplex(dim=2).metric.dist(circle, center).round(6)
    array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    """
    center = check_probabilities(center, "center")
    check_three(center, "center")
    if center.ndim != 1:
        raise ValueError(f"center must be one point, got shape {list(center.shape)}")
    return _circle(np.sqrt(center), radius, n_points) ** 2


def plot_simplex_ball(center, radius, ax=None, **style):
    """Draw a ball of the Fisher-Rao metric on the triangle.

    Parameters
    ----------
    center : array-like, shape=[3]
        Distribution over three categories.
    radius : float
        Fisher-Rao distance, in radians of the sphere of radius 2.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    **style
        For `matplotlib.patches.Polygon`.

    Returns
    -------
    ball : matplotlib.patches.Polygon

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> ax = plotting.simplex_axes()
    >>> for center in ([0.3, 0.3, 0.4], [0.9, 0.05, 0.05]):
    ...     ball = plotting.plot_simplex_ball(center, radius=0.3, ax=ax)
    ...     round(float(ball.get_xy()[:, 0].std()), 2)  # narrower near a corner
    0.08
    0.05
    >>> plt.close(ax.figure)
    """
    circle = fisher_rao_circle(center, radius)
    ax = simplex_axes() if ax is None else ax
    style = _ball_style(normalize_kwargs(style, Polygon))
    return ax.add_patch(Polygon(simplex_coordinates(circle), closed=True, **style))


def plot_octant_ball(center, radius, ax=None, **style):
    """Draw a ball of the Fisher-Rao metric on the octant.

    Parameters
    ----------
    center : array-like, shape=[3]
        Unit vector of the octant.
    radius : float
        Fisher-Rao distance, twice the angle.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        By default new `octant_axes`.
    **style
        For `mpl_toolkits.mplot3d.art3d.Poly3DCollection`.

    Returns
    -------
    ball : mpl_toolkits.mplot3d.art3d.Poly3DCollection

    Raises
    ------
    ValueError
        If the center is not in the octant, or the radius not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> center = np.sqrt([0.5, 0.3, 0.2])
    >>> ball = plotting.plot_octant_ball(center, radius=0.4, alpha=0.3)
    >>> ball.axes.name, ball.get_alpha()
    ('3d', 0.3)
    >>> plt.close(ball.axes.figure)
    """
    center = check_unit_vectors(center)
    if center.ndim != 1 or (center < 0).any():
        raise ValueError(
            f"center must be one unit vector without negative entries, got {center}"
        )
    circle = _circle(center, radius, 181)
    ax = octant_axes() if ax is None else check_3d(ax)
    style = _ball_style(normalize_kwargs(style, Collection))
    return ax.add_collection3d(Poly3DCollection([circle], **style))


def plot_simplex_field(points, vectors, ax=None, **style):
    """Draw tangent vectors of the simplex as arrows, in the coordinates of points.

    Parameters
    ----------
    points : array-like, shape=[n_points, 3]
        Distributions over three categories: feet of the arrows.
    vectors : array-like, shape=[n_points, 3]
        Tangent vectors: their entries sum to 0.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    **style
        For `Axes.quiver`; by default an arrow ends at point + vector.

    Returns
    -------
    arrows : matplotlib.quiver.Quiver

    Raises
    ------
    ValueError
        If the vectors do not fit the points or are not tangent.

    Examples
    --------
    >>> import numpy as np
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import descent, plotting
    >>> points, target = plotting.simplex_lattice(6), np.array([0.2, 0.3, 0.5])
    >>> downhill = -descent.fisher_rao_gradient(-target / points, points)
    >>> arrows = plotting.plot_simplex_field(points, downhill)
    >>> arrows.N == len(points)
    True
    >>> plt.close(arrows.axes.figure)
    """
    points, vectors = np.asarray(points), _check_vectors(points, vectors)
    if (abs(vectors.sum(-1)) > 1e-6 * (1 + abs(vectors).max(-1))).any():
        raise ValueError("vectors must be tangent: the entries of each sum to 0")
    # The map to the plane is affine; its linear part is that of any two points.
    feet, corners = simplex_coordinates(points), simplex_coordinates(np.eye(3))
    ax = simplex_axes() if ax is None else ax
    defaults = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006}
    style = {"color": BLUE, "zorder": 2, **defaults, **style}
    return ax.quiver(*feet.T, *(vectors @ corners).T, **style)


def plot_octant_field(points, vectors, ax=None, **style):
    """Draw tangent vectors of the sphere as arrows.

    Parameters
    ----------
    points : array-like, shape=[n_points, 3]
        Unit vectors: feet of the arrows.
    vectors : array-like, shape=[n_points, 3]
        Vectors orthogonal to them.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        By default new `octant_axes`.
    **style
        For `Axes3D.quiver`.

    Returns
    -------
    arrows : mpl_toolkits.mplot3d.art3d.Line3DCollection

    Raises
    ------
    ValueError
        If the vectors do not fit the points or are not tangent.

    Examples
    --------
    >>> import numpy as np
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> points = np.sqrt(plotting.simplex_lattice(5))
    >>> vectors = np.cross([0.0, 0.0, 0.2], points)  # a turn around the third axis
    >>> arrows = plotting.plot_octant_field(points, vectors)
    >>> arrows.axes.name
    '3d'
    >>> plt.close(arrows.axes.figure)
    """
    points, vectors = check_unit_vectors(points), _check_vectors(points, vectors)
    normal = abs((points * vectors).sum(-1))
    if (normal > 1e-6 * (1 + abs(vectors).max(-1))).any():
        raise ValueError("vectors must be tangent: orthogonal to their points")
    ax = octant_axes() if ax is None else check_3d(ax)
    style = {"color": BLUE, "linewidth": 1.5, "arrow_length_ratio": 0.35, **style}
    return ax.quiver(*points.T, *vectors.T, zorder=style.pop("zorder", 2), **style)


def _circle(root, radius, n_points):
    """Unit vectors around one, at a distance or on the wall before it."""
    if not radius > 0:
        raise ValueError(f"radius must be above 0, got {radius}")
    angle = np.linspace(0, 2 * np.pi, check_integer(n_points, "n_points", 4))
    # Two unit vectors orthogonal to the center; lengths are half of Fisher-Rao's.
    first, second = np.linalg.svd(root[None])[2][1:]
    directions = np.outer(np.cos(angle), first) + np.outer(np.sin(angle), second)
    metric = PositiveHypersphere(2).metric
    circle = metric.exp(radius / 2 * directions, root, boundary="clip")
    return np.clip(circle, 0, None)


def _ball_style(style):
    if "color" not in style:
        style = {"facecolor": "#0072B240", "edgecolor": BLUE, **style}
    return {"linewidth": 1.2, "zorder": 1.5, **style}


def _check_vectors(points, vectors):
    points, vectors = np.asarray(points), np.asarray(vectors)
    if points.ndim != 2:
        raise ValueError(
            f"points must have shape [n_points, 3], got {list(points.shape)}"
        )
    if vectors.shape != points.shape or not np.isfinite(vectors).all():
        raise ValueError(
            f"vectors must be finite and of the points' shape {list(points.shape)}, "
            f"got shape {list(vectors.shape)}"
        )
    return vectors
