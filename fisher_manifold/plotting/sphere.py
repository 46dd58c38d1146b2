"""Pictures of the sphere on a map: points, curves and densities."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

from .._validation import check_curve, check_unit_vectors

__all__ = [
    "plot_sphere_curve",
    "plot_sphere_density",
    "plot_sphere_points",
    "sphere_map_axes",
    "sphere_map_grid",
]

_NIGHT = "#0A0B1E"
_LINES = "#55587A"


def sphere_map_axes(ax=None):
    """Draw an empty map of the sphere in Mollweide's projection, which keeps areas.

    The north pole is the third axis and above; the first axis is in the middle, the
    second to the right of it.

    Parameters
    ----------
    ax : matplotlib.projections.geo.GeoAxes, optional
        Made with ``projection="mollweide"``; any of matplotlib's maps will do.

    Returns
    -------
    ax : matplotlib.projections.geo.GeoAxes

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import plotting
    >>> ax = plotting.sphere_map_axes()
    >>> ax.name
    'mollweide'
    >>> plt.close(ax.figure)
    """
    if ax is None:
        _, ax = plt.subplots(
            figsize=(8, 4.2),
            layout="constrained",
            subplot_kw={"projection": "mollweide"},
        )
    _check_map(ax)
    ax.set_facecolor(_NIGHT)
    # geographic axes have no other way to draw their lines at chosen angles
    ax.set_longitude_grid(60)
    ax.set_latitude_grid(30)
    ax.set_longitude_grid_ends(90)
    ax.grid(True, color=_LINES, lw=0.4, alpha=0.6)
    ax.tick_params(labelbottom=False, labelleft=False)
    ax.set_axisbelow(False)
    for spine in ax.spines.values():
        spine.set(color=_LINES, lw=0.8)
    return ax


def plot_sphere_points(points, ax=None, **style):
    """Draw points of the sphere as dots.

    Parameters
    ----------
    points : array-like, shape=[..., 3]
        Unit vectors.
    ax : matplotlib.projections.geo.GeoAxes, optional
        By default new `sphere_map_axes`.
    **style
        For `Axes.scatter`.

    Returns
    -------
    dots : matplotlib.collections.PathCollection

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import data, plotting
    >>> places = data.sphere_from_degrees([64.1, -41.3], [-21.9, 174.8])
    >>> dots = plotting.plot_sphere_points(places)  # Reykjavik and Wellington
    >>> dots.get_offsets().shape
    (2, 2)
    >>> plt.close(dots.axes.figure)
    """
    longitude, latitude = _angles(check_unit_vectors(points).reshape(-1, 3))
    ax = sphere_map_axes() if ax is None else _check_map(ax)
    style = {"s": 3, "color": "#FFC46B", "alpha": 0.5, "lw": 0, "zorder": 3} | style
    return ax.scatter(longitude, latitude, **style)


def plot_sphere_curve(points, ax=None, **style):
    """Draw a curve through points of the sphere, cut at the edge of the map.

    Parameters
    ----------
    points : array-like, shape=[n_points, 3]
        Unit vectors in the order of the curve, dense enough to be joined by straight
        lines on the map.
    ax : matplotlib.projections.geo.GeoAxes, optional
        By default new `sphere_map_axes`.
    **style
        For `Axes.plot`.

    Returns
    -------
    line : matplotlib.lines.Line2D

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import data, plotting
    >>> parallel = data.sphere_from_degrees(np.full(361, 40.0), np.arange(361.0))
    >>> line = plotting.plot_sphere_curve(parallel)
    >>> bool(np.isnan(line.get_xdata()).any())  # cut where it leaves the map
    True
    >>> plt.close(line.axes.figure)
    """
    points = check_unit_vectors(points)
    check_curve(points)
    longitude, latitude = _angles(points)
    ax = sphere_map_axes() if ax is None else _check_map(ax)
    jumps = np.flatnonzero(np.abs(np.diff(longitude)) > np.pi) + 1
    longitude, latitude = (
        np.insert(angle, jumps, np.nan) for angle in (longitude, latitude)
    )
    style = {"color": "#9AA0C8", "lw": 0.6, "zorder": 2} | style
    return ax.plot(longitude, latitude, **style)[0]


def sphere_map_grid(n_latitudes):
    """Corners of the cells that `plot_sphere_density` draws.

    Parameters
    ----------
    n_latitudes : int
        Rows of cells from pole to pole; there are twice as many columns.

    Returns
    -------
    corners : float64 array, shape=[n_latitudes + 1, 2 * n_latitudes + 1, 3]
        Unit vectors, from south to north and from west to east.

    Raises
    ------
    ValueError
        If there is no row.

    Examples
    --------
    >>> from fisher_manifold import plotting
    >>> corners = plotting.sphere_map_grid(n_latitudes=4)
    >>> corners.shape, corners[:, 0, 2].round(2)  # heights, from pole to pole
    ((5, 9, 3), array([-1.  , -0.71,  0.  ,  0.71,  1.  ]))
    """
    if n_latitudes < 1:
        raise ValueError(f"n_latitudes must be at least 1, got {n_latitudes}")
    latitude = np.linspace(-np.pi / 2, np.pi / 2, n_latitudes + 1)[:, None]
    longitude = np.linspace(-np.pi, np.pi, 2 * n_latitudes + 1)
    ring = np.cos(latitude)
    height = np.broadcast_to(np.sin(latitude), (len(latitude), len(longitude)))
    return np.stack([ring * np.cos(longitude), ring * np.sin(longitude), height], -1)


def plot_sphere_density(density, ax=None, decades=4, **style):
    """Draw a density on the cells of `sphere_map_grid`, in colours of its logarithm.

    Parameters
    ----------
    density : array-like, shape=[n_latitudes, 2 * n_latitudes]
        Densities of the cells from south to north and from west to east; not negative,
        with a positive maximum.
    ax : matplotlib.projections.geo.GeoAxes, optional
        By default new `sphere_map_axes`.
    decades : float
        Powers of ten that are told apart. The brightest colour is that of the density
        above which 5 % of the mass lie; what is below all of them is dark.
    **style
        For `Axes.pcolormesh`.

    Returns
    -------
    mesh : matplotlib.collections.QuadMesh
        For a colour bar: ``mesh.axes.figure.colorbar(mesh)``.

    Raises
    ------
    ValueError
        If the shape is another, or densities are negative, not finite or all 0.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> corners = plotting.sphere_map_grid(n_latitudes=8)
    >>> density = np.exp(5 * corners[:-1, :-1, 2])  # largest in the north
    >>> mesh = plotting.plot_sphere_density(density)
    >>> mesh.get_array().shape
    (8, 16)
    >>> plt.close(mesh.axes.figure)
    """
    density = np.asarray(density, dtype=np.float64)
    if density.ndim != 2 or density.shape[1] != 2 * density.shape[0]:
        raise ValueError(
            "density must have shape [n_latitudes, 2 * n_latitudes], got "
            f"{list(density.shape)}"
        )
    if not (np.isfinite(density) & (density >= 0)).all() or density.max() == 0:
        raise ValueError(
            "density must be finite and not negative, with a positive maximum"
        )
    ax = sphere_map_axes() if ax is None else _check_map(ax)
    top = _top(density, share=0.05)
    low = top / 10**decades
    n = len(density)
    style = {
        "cmap": "inferno",
        "norm": LogNorm(low, top),
        "rasterized": True,
        "zorder": 1,
    } | style
    return ax.pcolormesh(
        np.linspace(-np.pi, np.pi, 2 * n + 1),
        np.linspace(-np.pi / 2, np.pi / 2, n + 1),
        np.maximum(density, low),
        **style,
    )


def _angles(points):
    """Longitude and latitude in radians."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))


def _top(density, share):
    """Density above which a share of the mass lies."""
    bands = np.linspace(-np.pi / 2, np.pi / 2, len(density) + 1)
    mass = (density * np.diff(np.sin(bands))[:, None]).ravel()
    order = np.argsort(density, axis=None)[::-1]
    above = np.searchsorted(np.cumsum(mass[order]), share * mass.sum())
    return density.ravel()[order[min(above, len(order) - 1)]]


def _check_map(ax):
    if not hasattr(ax, "set_longitude_grid"):
        raise ValueError('ax must be a map: projection="mollweide"')
    return ax
