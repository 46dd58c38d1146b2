"""Pictures of results: what was drawn is right."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from fisher_manifold import plotting
from fisher_manifold.plotting import results

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def grey_images(n, height=8, width=8, seed=0):
    return np.random.default_rng(seed).integers(0, 17, (n, height, width))


def image_at(picture, row, column, shape):
    """Return the image in one cell of a grid, read back pixel by pixel."""
    tiles = np.ma.filled(picture.get_array(), np.nan)
    x_0, x_1, y_1, y_0 = picture.get_extent()
    height, width = shape
    cell = tiles.shape[0] / (y_1 - y_0), tiles.shape[1] / (x_1 - x_0)
    # Centres of the image's pixels inside the cell, whose frame is one array pixel.
    i = 1 + (np.arange(height) + 0.5) / height * (cell[0] - 2) + row * cell[0]
    j = 1 + (np.arange(width) + 0.5) / width * (cell[1] - 2) + column * cell[1]
    return tiles[np.ix_(i.astype(int), j.astype(int))]


def test_colours_differ_in_greyscale():
    weights = [0.2126, 0.7152, 0.0722]
    names = (results.BLUE, results.ORANGE)
    greys = [np.dot(weights, to_rgb(name)) for name in names]
    assert abs(greys[0] - greys[1]) > 0.2


# Images


@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 9), (40, 33)])
def test_image_grid_holds_every_image_in_its_place(height, width):
    images = grey_images(7, height, width)
    picture = plotting.plot_image_grid(images, n_columns=3)
    for i, image in enumerate(images):
        cell = image_at(picture, i // 3, i % 3, (height, width))
        np.testing.assert_array_equal(cell, image)
    for column in (1, 2):
        assert np.isnan(image_at(picture, 2, column, (height, width))).all()
    assert picture.get_extent() == [0, 3, 3, 0]
    assert picture.axes.get_aspect() == height / width


def test_image_grid_is_nearly_square_on_its_own():
    for n, columns, rows in [(1, 1, 1), (4, 2, 2), (5, 3, 2), (10, 4, 3)]:
        picture = plotting.plot_image_grid(grey_images(n))
        assert picture.get_extent() == [0, columns, rows, 0]
    few = plotting.plot_image_grid(grey_images(2), n_columns=9)
    assert few.get_extent() == [0, 2, 1, 0]


def test_grey_scale_runs_from_white_at_zero_to_black_at_vmax():
    images = np.minimum(grey_images(3), 12)
    assert plotting.plot_image_grid(images).get_clim() == (0, images.max())
    picture = plotting.plot_image_grid(images, vmax=16)
    assert picture.get_clim() == (0, 16)
    np.testing.assert_allclose(picture.to_rgba(np.array([0, 16]))[:, 0], [1, 0])
    assert plotting.plot_image_grid(np.zeros((2, 3, 3))).get_clim() == (0, 1)


def test_image_grid_draws_in_the_given_axes():
    _, ax = plt.subplots()
    assert plotting.plot_image_grid(grey_images(2), ax=ax).axes is ax
    assert len(plt.get_fignums()) == 1


def test_image_comparison_has_one_scale_and_two_titles():
    real, generated = np.minimum(grey_images(9), 9), grey_images(6, seed=1)
    figure = plotting.plot_image_comparison(real, generated)
    left, right = figure.axes
    assert (left.get_title(), right.get_title()) == ("real", "generated")
    assert left.images[0].get_clim() == right.images[0].get_clim() == (0, 16)
    for ax, images in ((left, real), (right, generated)):
        for i, image in enumerate(images):
            cell = image_at(ax.images[0], i // 3, i % 3, (8, 8))
            np.testing.assert_array_equal(cell, image)


def test_flow_strip_has_a_row_a_sample_and_a_column_a_time():
    frames = grey_images(12).reshape(4, 3, 8, 8)
    figure = plotting.plot_flow_strip(frames, [0, 0.125, 0.5, 1])
    (ax,) = figure.axes
    for time in range(4):
        for sample in range(3):
            cell = image_at(ax.images[0], sample, time, (8, 8))
            np.testing.assert_array_equal(cell, frames[time, sample])
    assert ax.get_xticks().tolist() == [0.5, 1.5, 2.5, 3.5]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == [r"$\kappa$ = 0", "0.125", "0.5", "1"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.plot_image_grid(np.ones((3, 3))), r"got \[3, 3\]"),
        (lambda: plotting.plot_image_grid(np.ones((0, 3, 3))), "non-empty"),
        (lambda: plotting.plot_image_grid(-np.ones((1, 3, 3))), "non-negative"),
        (lambda: plotting.plot_image_grid(np.full((1, 3, 3), np.nan)), "finite"),
        (
            lambda: plotting.plot_image_grid(np.ones((1, 3, 3)), n_columns=0),
            "n_columns",
        ),
        (
            lambda: plotting.plot_image_comparison(
                np.ones((1, 3, 3)), np.ones((1, 3, 3)), titles="abc"
            ),
            "two grids, got 3",
        ),
        (
            lambda: plotting.plot_flow_strip(np.ones((2, 1, 3, 3)), [0.0]),
            r"times \[n_times\], got \[2, 1, 3, 3\] and \[1\]",
        ),
    ],
)
def test_image_pictures_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Training curves


def test_training_curve_shows_raw_smooth_and_validation():
    steps = np.arange(0, 1000, 10)
    losses = np.random.default_rng(0).uniform(1, 2, size=100)
    history = [
        {"step": step, "loss": loss} for step, loss in zip(steps, losses, strict=True)
    ]
    history[20]["validation_loss"] = 1.5
    history[90]["validation_loss"] = 1.25
    history[95]["validation_loss"] = None
    ax = plotting.plot_training_curve(history)
    raw, smooth, validation = ax.lines
    np.testing.assert_array_equal(raw.get_xydata(), np.transpose([steps, losses]))
    # A centred mean over five entries, over what there is at the ends.
    for i in (0, 1, 50, 99):
        expected = losses[max(0, i - 2) : i + 3].mean()
        assert smooth.get_ydata()[i] == pytest.approx(expected, rel=1e-14)
    np.testing.assert_array_equal(validation.get_xydata(), [[200, 1.5], [900, 1.25]])
    assert ax.get_yscale() == "linear"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["training, raw", "training", "validation"]


@pytest.mark.parametrize(
    ("losses", "scale"),
    [([3.0, 0.1], "log"), ([3.0, 1.0], "linear"), ([3.0, -0.1], "linear")],
)
def test_training_curve_picks_its_scale(losses, scale):
    history = [{"step": i, "loss": loss} for i, loss in enumerate(losses)]
    _, ax = plt.subplots()
    assert plotting.plot_training_curve(history, ax=ax) is ax
    assert ax.get_yscale() == scale
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), losses)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([], "history is empty"),
        ([{"step": 1, "loss": 1.0}, {"loss": 2.0}], r"history\[1\] must have keys"),
        ([{"step": 1, "loss": float("nan")}], r"history\[0\].*nan"),
    ],
)
def test_training_curve_refuses(history, message):
    with pytest.raises(ValueError, match=message):
        plotting.plot_training_curve(history)


# Spectra and metrics


def test_kmer_scatter_shows_every_kmer_that_occurs():
    real = np.array([0.5, 0.3, 0.2, 0.0, 0.0])
    generated = np.array([0.6, 0.0, 0.3, 0.1, 0.0])
    ax = plotting.plot_kmer_scatter(real, generated)
    both, not_generated, not_real = (dots.get_offsets() for dots in ax.collections)
    np.testing.assert_allclose(both, [[0.5, 0.6], [0.2, 0.3]])
    np.testing.assert_allclose(not_generated, [[0.3, 0.05]])
    np.testing.assert_allclose(not_real, [[0.05, 0.1]])
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_xlim()[0] < 0.05 < 0.6 < ax.get_xlim()[1]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["in both (2)", "not generated (1)", "not in real (1)"]


def test_kmer_scatter_refuses():
    with pytest.raises(ValueError, match=r"got \[2\] and \[3\]"):
        plotting.plot_kmer_scatter([0.5, 0.5], [0.5, 0.25, 0.25])
    with pytest.raises(ValueError, match="real must sum to 1"):
        plotting.plot_kmer_scatter([5, 5], [0.5, 0.5])


def test_metric_dots_lie_between_floor_and_ceiling():
    metrics = {"error": (3.0, 1.0, 5.0), "confidence": (0.9, 1.0, 0.2)}
    ax = plotting.plot_metric_dots(metrics)
    (dots,) = ax.lines
    np.testing.assert_allclose(dots.get_xydata(), [[0.5, 0], [0.125, 1]])
    assert [label.get_text() for label in ax.get_yticklabels()] == list(metrics)
    numbers = [text.get_text() for text in ax.texts]
    assert numbers == ["3", "1", "5", "0.9", "1", "0.2"]
    # The first metric stands on top.
    assert ax.yaxis_inverted()


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({}, "metrics is empty"),
        ({"a": (1.0, 2.0)}, "value, floor, ceiling"),
        ({"a": (1.0, 2.0, np.inf)}, "finite"),
        ({"a": (1.0, 2.0, 3.0), "b": (1.0, 2.0, 2.0)}, "'b' are equal"),
    ],
)
def test_metric_dots_refuse(metrics, message):
    with pytest.raises(ValueError, match=message):
        plotting.plot_metric_dots(metrics)
