"""Pictures of gradient flows: what was drawn is right and told apart."""

import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from fisher_manifold import descent, plotting

matplotlib.use("Agg")

TARGET, START = [0.6, 0.35, 0.05], [0.02, 0.18, 0.8]
DOCS = Path(__file__).parents[1] / "docs" / "steepest_descent.md"


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def make_curves():
    return {
        "natural": descent.descent_curve(descent.fisher_rao_gradient, TARGET, START),
        "plain": descent.descent_curve(descent.euclidean_gradient, TARGET, START),
    }


def test_paths_lie_where_the_curves_do():
    curves = make_curves()
    lines = plotting.plot_descent_paths(curves)
    assert [line.get_label() for line in lines] == ["natural", "plain"]
    for line, curve in zip(lines, curves.values(), strict=True):
        places = plotting.simplex_coordinates(curve.points)
        np.testing.assert_allclose(line.get_xydata(), places)
    ax = lines[0].axes
    start, target = ax.collections[-2:]
    np.testing.assert_allclose(
        [start.get_offsets()[0], target.get_offsets()[0]],
        plotting.simplex_coordinates([START, TARGET]),
    )


def test_level_lines_are_of_the_divergence():
    curves = make_curves()
    ax = plotting.plot_descent_paths(curves)[0].axes
    (levels,) = [c for c in ax.collections if hasattr(c, "levels")]
    top = curves["natural"].divergence[0]
    np.testing.assert_allclose(levels.levels, top * np.array([1 / 16, 1 / 4, 1]))
    corners = plotting.simplex_coordinates(np.eye(3))
    for level, path in zip(levels.levels, levels.get_paths(), strict=True):
        places = np.column_stack([path.vertices, np.ones(len(path.vertices))])
        p = places @ np.linalg.inv(np.column_stack([corners, np.ones(3)]))
        inside = p[p.min(axis=1) > 0.05]
        divergence = np.sum(TARGET * np.log(TARGET / inside), axis=1)
        # the lattice has a spacing of 1 / 122
        np.testing.assert_allclose(divergence, level, rtol=0.02)


def test_falls_and_slopes_are_those_of_the_curves():
    curves = make_curves()
    falls = plotting.plot_descent_divergence(curves)
    slopes = plotting.plot_descent_slopes(curves)
    for fall, slope, curve in zip(falls, slopes, curves.values(), strict=True):
        np.testing.assert_array_equal(
            fall.get_xydata(), np.transpose([curve.length, curve.divergence])
        )
        np.testing.assert_array_equal(
            slope.get_xydata(), np.transpose([curve.divergence, curve.share])
        )
    assert falls[0].axes is not slopes[0].axes
    assert falls[0].axes.get_yscale() == slopes[0].axes.get_xscale() == "log"
    # time runs to the right, and drawing twice does not turn it round
    again = plotting.plot_descent_slopes(curves, ax=slopes[0].axes)
    assert again[0].axes.xaxis_inverted()


def test_comparison_has_three_pictures_of_the_same_flows():
    figure = plotting.plot_steepest_descent(TARGET, START)
    names = ["Fisher-Rao", "Euclidean", "Aitchison (logits)"]
    legend = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert legend == names
    for ax in figure.axes:
        drawn = [line for line in ax.lines if line.get_label() in names]
        assert [line.get_label() for line in drawn] == names
    own = {"twice": lambda f, p: 2 * descent.euclidean_gradient(f, p)}
    figure = plotting.plot_steepest_descent(TARGET, START, metrics=own)
    euclidean = make_curves()["plain"]
    # speed does not matter: the curve is the same
    np.testing.assert_allclose(
        figure.axes[1].lines[0].get_xdata(), euclidean.length, atol=1e-6
    )


def test_flows_are_told_apart_without_colour():
    ax = plotting.plot_steepest_descent(TARGET, START).axes[1]
    assert len({line.get_linestyle() for line in ax.lines}) == 3
    weights = [0.2126, 0.7152, 0.0722]
    greys = sorted(np.dot(weights, to_rgb(line.get_color())) for line in ax.lines)
    assert min(np.diff(greys)) > 0.05


@pytest.mark.parametrize(
    ("target", "start", "message"),
    [
        ([0.5, 0.5], [0.4, 0.6], "target must have shape"),
        (TARGET, [0.4, 0.6], "start must have shape"),
        (TARGET, TARGET, "end_divergence"),
    ],
)
def test_comparison_refuses(target, start, message):
    with pytest.raises(ValueError, match=message):
        plotting.plot_steepest_descent(target, start)


def test_numbers_of_curves_that_have_no_style_are_refused():
    for draw in (plotting.plot_descent_paths, plotting.plot_descent_slopes):
        with pytest.raises(ValueError, match="1 to 4, got 0"):
            draw({})


def test_the_picture_of_the_page_is_made_as_the_page_says(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "images").mkdir(parents=True)
    exec(compile(code, str(DOCS), "exec"), {})
    made = plt.imread(tmp_path / "docs" / "images" / "steepest_descent.png")
    kept = plt.imread(DOCS.parent / "images" / "steepest_descent.png")
    assert made.shape == kept.shape
    # fonts and anti-aliasing may differ between machines, lines may not
    assert np.abs(made - kept).mean() < 0.02
