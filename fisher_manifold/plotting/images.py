"""Pictures of images: grids of them, pairs of grids, and how a flow makes them."""

import math

import matplotlib.pyplot as plt
import numpy as np

from .._validation import check_images, check_integer

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

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from fisher_manifold import data, plotting
    >>> digits = data.load_digits_labels()
    >>> images = digits.images[:10].reshape(-1, *digits.shape)
    >>> picture = plotting.plot_image_grid(images, n_columns=5)
    >>> picture.get_extent()  # five columns, two rows
    [0, 5, 2, 0]
    >>> plt.close(picture.axes.figure)
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

    Raises
    ------
    ValueError
        If the images are not of shape [n, height, width], or there are not two titles.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> dark, light = np.full((4, 8, 8), 16), np.full((4, 8, 8), 2)
    >>> figure = plotting.plot_image_comparison(dark, light, titles=("dark", "light"))
    >>> [(ax.get_title(), int(ax.images[0].get_clim()[1])) for ax in figure.axes]
    [('dark', 16), ('light', 16)]
    >>> plt.close(figure)
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

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> frames = np.random.default_rng(0).random((5, 3, 8, 8))  # three samples
    >>> figure = plotting.plot_flow_strip(frames, times=np.linspace(0, 1, 5))
    >>> figure.axes[0].images[0].get_extent()  # five times, a column each
    [0, 5, 3, 0]
    >>> plt.close(figure)
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
