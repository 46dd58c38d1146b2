"""Flows on the triangle and on the octant, as frames in a row and as animations."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, writers

from .octant import octant_axes, plot_octant_points
from .simplex import plot_simplex_points, simplex_axes

__all__ = [
    "animate_octant_flow",
    "animate_simplex_flow",
    "plot_octant_flow",
    "plot_simplex_flow",
    "save_animation",
]


def plot_simplex_flow(trajectory, times=None, ax=None, **style):
    """Draw moving points of the triangle as frames in a row.

    Parameters
    ----------
    trajectory : array-like, shape=[n_times, n_points, 3]
        Distributions over three categories, at each time: a frame each.
    times : array-like, shape=[n_times], optional
        Written above the frames.
    ax : sequence of matplotlib.axes.Axes, optional
        One for each frame, as `simplex_axes` makes them. By default a new row.
    **style
        For `Axes.scatter`.

    Returns
    -------
    frames : list of matplotlib.collections.PathCollection
        The points of each frame.

    Raises
    ------
    ValueError
        If the shapes do not fit or the points are not distributions.

    Examples
    --------
    >>> import numpy as np
    >>> start = np.full((5, 3), 1 / 3)
    >>> frames = plot_simplex_flow([start, np.eye(3)[[0, 1, 2, 0, 0]]], times=[0, 1])
    >>> [frame.axes.get_title() for frame in frames]
    ['t = 0.00', 't = 1.00']
    """
    return _row(plot_simplex_points, simplex_axes, None, trajectory, times, ax, style)


def plot_octant_flow(trajectory, times=None, ax=None, **style):
    """Draw moving points of the octant as frames in a row.

    Parameters
    ----------
    trajectory : array-like, shape=[n_times, n_points, 3]
        Unit vectors, at each time: a frame each.
    times : array-like, shape=[n_times], optional
        Written above the frames.
    ax : sequence of mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        One for each frame, as `octant_axes` makes them. By default a new row.
    **style
        For `Axes3D.scatter`.

    Returns
    -------
    frames : list of mpl_toolkits.mplot3d.art3d.Path3DCollection
        The points of each frame.

    Raises
    ------
    ValueError
        If the shapes do not fit or the points are not unit vectors.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> start = np.full((3, 3), 3**-0.5)
    >>> frames = plotting.plot_octant_flow([start, np.eye(3)], times=[0, 0.5])
    >>> [frame.axes.get_title() for frame in frames]
    ['t = 0.00', 't = 0.50']
    >>> plt.close(frames[0].axes.figure)
    """
    return _row(plot_octant_points, octant_axes, "3d", trajectory, times, ax, style)


def animate_simplex_flow(trajectory, times=None, ax=None, interval=80, **style):
    """Animate moving points of the triangle.

    Parameters
    ----------
    trajectory : array-like, shape=[n_times, n_points, 3]
        Distributions over three categories, at each time: a frame each.
    times : array-like, shape=[n_times], optional
        Written above the picture.
    ax : matplotlib.axes.Axes, optional
        By default new `simplex_axes`.
    interval : float, optional
        Milliseconds from frame to frame.
    **style
        For `Axes.scatter`.

    Returns
    -------
    animation : matplotlib.animation.FuncAnimation
        For `save_animation`, or ``animation.to_jshtml()`` in a notebook. Keep it: an
        animation that is not drawn or saved before it is forgotten warns of that.

    Raises
    ------
    ValueError
        If the shapes do not fit or the points are not distributions.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> moving = [np.full((3, 3), 1 / 3), np.eye(3)]
    >>> animation = plotting.animate_simplex_flow(moving, times=[0, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = plotting.save_animation(animation, pathlib.Path(folder, "a.gif"), 20)
    >>> plt.gca().get_title()  # of the last frame
    't = 1.00'
    >>> plt.close()
    """
    ax = simplex_axes() if ax is None else ax
    return _animation(plot_simplex_points, trajectory, times, ax, interval, style)


def animate_octant_flow(trajectory, times=None, ax=None, interval=80, **style):
    """Animate moving points of the octant.

    Parameters
    ----------
    trajectory : array-like, shape=[n_times, n_points, 3]
        Unit vectors, at each time: a frame each.
    times : array-like, shape=[n_times], optional
        Written above the picture.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        By default new `octant_axes`.
    interval : float, optional
        Milliseconds from frame to frame.
    **style
        For `Axes3D.scatter`.

    Returns
    -------
    animation : matplotlib.animation.FuncAnimation
        As of `animate_simplex_flow`.

    Raises
    ------
    ValueError
        If the shapes do not fit or the points are not unit vectors.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from fisher_manifold import plotting
    >>> moving = np.sqrt([np.full((3, 3), 1 / 3), np.eye(3)])
    >>> animation = plotting.animate_octant_flow(moving, interval=200)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = plotting.save_animation(animation, pathlib.Path(folder, "a.gif"), 20)
    >>> plt.gca().name
    '3d'
    >>> plt.close()
    """
    ax = octant_axes() if ax is None else ax
    return _animation(plot_octant_points, trajectory, times, ax, interval, style)


def save_animation(animation, path, dpi=100):
    """Write an animation to a file, at its own speed.

    Its figure stays open, as after `Figure.savefig`: `plt.close` it.

    Parameters
    ----------
    animation : matplotlib.animation.Animation
    path : path-like
        Ending in .gif, or in .mp4 where ffmpeg is installed.
    dpi : int, optional
        Pixels per inch of the figure.

    Returns
    -------
    path : pathlib.Path

    Raises
    ------
    ValueError
        If the ending is another, or .mp4 without ffmpeg.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from PIL import Image
    >>> from fisher_manifold import plotting
    >>> moving = np.array([np.full((3, 3), 1 / 3), np.eye(3)])
    >>> animation = plotting.animate_simplex_flow(moving, interval=200)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = plotting.save_animation(animation, pathlib.Path(folder, "a.gif"), 20)
    ...     with Image.open(path) as image:
    ...         image.n_frames, image.info["duration"]  # in milliseconds
    (2, 200)
    >>> plt.close()
    """
    path = Path(path)
    writer = {".gif": "pillow", ".mp4": "ffmpeg"}.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"path must end in .gif or .mp4, got {path.name!r}")
    if not writers.is_available(writer):
        raise ValueError(
            f"{path.name!r} needs the program {writer}, which was not found: install "
            "it or write a .gif"
        )
    animation.save(path, writer=writer, dpi=dpi)
    return path


def _row(draw, new_axes, projection, trajectory, times, ax, style):
    """Frames of a flow, each in axes of its own."""
    trajectory, titles = _check_flow(trajectory, times)
    n = len(trajectory)
    if ax is None:
        figure, row = plt.subplots(
            *(1, n),
            figsize=(2.6 * n, 2.6),
            squeeze=False,
            subplot_kw={"projection": projection},
        )
        figure.subplots_adjust(left=0, right=1, bottom=0, top=0.9, wspace=0)
        ax = [new_axes(one) for one in row[0]]
    if len(ax) != n:
        raise ValueError(f"ax must have one of the axes for each of {n} frames")
    frames = []
    for one, points, title in zip(ax, trajectory, titles, strict=True):
        frames.append(draw(points, ax=one, **{"s": 8, **style}))
        one.set_title(title)
    return frames


def _animation(draw, trajectory, times, ax, interval, style):
    """Frames of a flow, one after the other in the same axes."""
    trajectory, titles = _check_flow(trajectory, times)
    shown = [draw(trajectory[0], ax=ax, **style)]

    def show(k):
        # Points in space have no public way to be moved: draw them anew.
        shown.pop().remove()
        shown.append(draw(trajectory[k], ax=ax, **style))
        ax.set_title(titles[k])
        return shown

    return FuncAnimation(ax.figure, show, frames=len(trajectory), interval=interval)


def _check_flow(trajectory, times):
    """Array of points [n_times, n_points, 3] and a title for each time."""
    trajectory = np.asarray(trajectory)
    if trajectory.ndim != 3 or trajectory.shape[-1] != 3 or 0 in trajectory.shape:
        raise ValueError(
            "trajectory must have shape [n_times, n_points, 3], got "
            f"{list(trajectory.shape)}"
        )
    if times is None:
        return trajectory, [""] * len(trajectory)
    times = np.asarray(times, dtype=np.float64)
    if times.shape != trajectory.shape[:1]:
        raise ValueError(
            f"times must have shape [{len(trajectory)}], one for each frame, got "
            f"{list(times.shape)}"
        )
    return trajectory, [f"t = {time:.2f}" for time in times]
