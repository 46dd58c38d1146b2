"""Densities on the triangle and on the octant, as shades."""

import numpy as np
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from .._validation import check_integer
from .octant import check_3d, octant_axes
from .simplex import simplex_axes, simplex_coordinates

__all__ = ["plot_octant_density", "plot_simplex_density"]


def plot_simplex_density(density, ax=None, n_steps=60, **style):
    """Draw a function of distributions over three categories as shades.

    Parameters
    ----------
    density : callable
        From points, shape [n, 3], to values, shape [n]. It is drawn as it is: whether
        it is a density by area of the triangle or by Riemannian volume is yours.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    n_steps : int, optional
        The triangle is cut into n_steps squared small ones of one shade each, that of
        its centre; no point of a wall is asked for.
    **style
        For `Axes.tripcolor`.

    Returns
    -------
    shades : matplotlib.collections.PolyCollection

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> shades = plotting.plot_simplex_density(lambda p: p.prod(axis=1), n_steps=8)
    >>> len(shades.get_array()), bool((shades.get_array() > 0).all())  # none on a wall
    (64, True)
    >>> plt.close(shades.axes.figure)
    """
    corners, triangles = _cells(check_integer(n_steps, "n_steps", 1))
    values = _values(density, corners[triangles].mean(axis=1))
    ax = simplex_axes() if ax is None else ax
    style = {"cmap": "cividis_r", "zorder": 0.4, "edgecolors": "face", **style}
    return ax.tripcolor(
        *simplex_coordinates(corners).T, triangles=triangles, facecolors=values, **style
    )


def plot_octant_density(density, ax=None, n_steps=40, **style):
    """Draw a function of unit vectors of the octant as shades.

    Parameters
    ----------
    density : callable
        From unit vectors, shape [n, 3], to values, shape [n].
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        By default new `octant_axes`.
    n_steps : int, optional
        The octant is cut into n_steps squared cells of one shade each.
    **style
        For `mpl_toolkits.mplot3d.art3d.Poly3DCollection`.

    Returns
    -------
    shades : mpl_toolkits.mplot3d.art3d.Poly3DCollection

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> shades = plotting.plot_octant_density(lambda u: u[:, 0] ** 2, n_steps=8)
    >>> len(shades.get_array())
    64
    >>> plt.close(shades.axes.figure)
    """
    corners, triangles = _cells(check_integer(n_steps, "n_steps", 1))
    cells = np.sqrt(corners)[triangles]
    middles = cells.mean(axis=1)
    middles /= np.linalg.norm(middles, axis=-1, keepdims=True)
    values = _values(density, middles)
    ax = octant_axes() if ax is None else check_3d(ax)
    style = {"cmap": "cividis_r", "zorder": 0.2, "linewidth": 0.2, **style}
    shades = Poly3DCollection(cells, **style)
    shades.set_array(values)
    ax.add_collection3d(shades)
    shades.set_edgecolor("face")
    return shades


def _values(density, points):
    values = np.asarray(density(points))
    if values.shape != points.shape[:1]:
        raise ValueError(
            f"density must return shape [{len(points)}] for points of shape "
            f"{list(points.shape)}, got {list(values.shape)}"
        )
    return values


def _cells(n):
    """Corners, shape [m, 3], and indices, shape [n^2, 3], of n^2 equal triangles."""
    places = [(i, j) for i in range(n + 1) for j in range(n + 1 - i)]
    index = {place: k for k, place in enumerate(places)}
    triangles = []
    for i, j in places:
        right, above = index.get((i + 1, j)), index.get((i, j + 1))
        if i + j < n:
            triangles.append((index[i, j], right, above))
        if i + j < n - 1:
            triangles.append((index[i + 1, j + 1], right, above))
    corners = np.array([(i, j, n - i - j) for i, j in places]) / n
    return corners, np.array(triangles)
