"""Flows as frames and as animations: the points of each frame are those given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import animation as mpl_animation
from PIL import Image

from fisher_manifold import plotting

matplotlib.use("Agg")

TIMES = (0.0, 0.25, 0.5)


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def trajectory(n_points=7):
    """Points on the way to the corners, shape [3, n_points, 3]."""
    rng = np.random.default_rng(0)
    start, end = rng.dirichlet(np.ones(3), n_points), np.eye(3)[np.arange(n_points) % 3]
    return np.stack([(1 - t) * start + t * end for t in (0.0, 0.6, 1.0)])


CHARTS = {
    "simplex": (
        trajectory(),
        plotting.plot_simplex_flow,
        plotting.animate_simplex_flow,
        plotting.simplex_axes,
    ),
    "octant": (
        np.sqrt(trajectory()),
        plotting.plot_octant_flow,
        plotting.animate_octant_flow,
        plotting.octant_axes,
    ),
}


@pytest.fixture(params=CHARTS)
def chart(request):
    return CHARTS[request.param]


def drawn(dots, points):
    """Where dots are, and where they should be."""
    if hasattr(dots, "_offsets3d"):
        return np.transpose(dots._offsets3d), points
    return dots.get_offsets(), plotting.simplex_coordinates(points)


def test_a_row_has_a_frame_for_each_time(chart):
    points, draw_row, _, _ = chart
    frames = draw_row(points, times=TIMES, s=5)
    assert len(frames) == 3
    assert len({frame.axes for frame in frames}) == 3
    assert len({frame.axes.figure for frame in frames}) == 1
    for frame, one, t in zip(frames, points, TIMES, strict=True):
        np.testing.assert_allclose(*drawn(frame, one), rtol=1e-12, atol=1e-15)
        assert frame.axes.get_title() == f"t = {t:.2f}"
        assert frame.get_sizes().tolist() == [5]


def test_a_row_takes_axes(chart):
    points, draw_row, _, axes = chart
    own = [axes() for _ in range(3)]
    assert [frame.axes for frame in draw_row(points, ax=own)] == own
    assert len(plt.get_fignums()) == 3
    with pytest.raises(ValueError, match="each of 3 frames"):
        draw_row(points, ax=own[:2])


def test_an_animation_shows_the_points_of_each_time(chart):
    points, _, animate, axes = chart
    ax = axes()
    artists = len(ax.collections)
    movie = animate(points, times=TIMES, ax=ax, color="k")
    seen = []

    def look(k, n_frames):
        # The last collection is the one that moves, the only one beside the chart.
        assert len(ax.collections) == artists + 1
        got, expected = drawn(ax.collections[-1], points[k])
        seen.append((ax.get_title(), np.abs(got - expected).max(), n_frames))

    movie.save("unused", writer=NoFile(), progress_callback=look)
    assert [title for title, *_ in seen] == ["t = 0.00", "t = 0.25", "t = 0.50"]
    assert max(error for _, error, _ in seen) < 1e-12
    assert {n_frames for *_, n_frames in seen} == {3}


class NoFile(mpl_animation.AbstractMovieWriter):
    """Draws the frames and throws them away."""

    def __init__(self):
        super().__init__(fps=10)

    def setup(self, fig, outfile, dpi=None):
        self.fig, self.outfile, self.dpi = fig, outfile, dpi or 50

    def grab_frame(self, **_):
        self.fig.canvas.draw()

    def finish(self):
        pass


def test_a_gif_has_a_frame_for_each_time_at_its_speed(chart, tmp_path):
    points, _, animate, _ = chart
    movie = animate(points, interval=120)
    path = plotting.save_animation(movie, tmp_path / "flow.gif", dpi=40)
    with Image.open(path) as gif:
        assert gif.format == "GIF"
        assert gif.n_frames == 3
        durations = [gif.seek(k) or gif.info["duration"] for k in range(3)]
    # A gif counts in hundredths of a second.
    np.testing.assert_allclose(durations, 120, atol=10)
    assert len(plt.get_fignums()) == 1


def test_other_files_are_refused(tmp_path, monkeypatch):
    movie = plotting.animate_simplex_flow(trajectory())
    with pytest.raises(ValueError, match=r"\.gif or \.mp4, got 'flow.avi'"):
        plotting.save_animation(movie, tmp_path / "flow.avi")
    monkeypatch.setattr(mpl_animation.writers, "is_available", lambda name: False)
    with pytest.raises(ValueError, match="ffmpeg, which was not found"):
        plotting.save_animation(movie, tmp_path / "flow.mp4")
    assert not list(tmp_path.iterdir())
    movie.save("unused", writer=NoFile())  # or it would warn when it is forgotten


def test_what_does_not_fit_is_refused(chart):
    points, draw_row, animate, _ = chart
    for draw in (draw_row, animate):
        with pytest.raises(ValueError, match=r"n_times, n_points, 3\], got \[7, 3\]"):
            draw(points[0])
        with pytest.raises(ValueError, match=r"times must have shape \[3\]"):
            draw(points, times=[0.0, 1.0])
        with pytest.raises(ValueError, match="sum to 1|unit vectors"):
            draw(2 * points)
