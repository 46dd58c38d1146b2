"""Pictures of the simplex and of the octant: what was drawn is right."""

from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color
from mpl_toolkits.mplot3d import proj3d

from fisher_manifold import plotting

matplotlib.use("Agg")

CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def simplex_points(n, seed=0):
    return np.random.default_rng(seed).dirichlet([0.5] * 3, size=n)


# The simplex


def test_simplex_coordinates_are_barycentric():
    np.testing.assert_allclose(plotting.simplex_coordinates(np.eye(3)), CORNERS)
    centre = plotting.simplex_coordinates([1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(centre, CORNERS.mean(axis=0), rtol=1e-15)
    p, q = simplex_points(10).reshape(2, 5, 3)
    middle = plotting.simplex_coordinates((p + q) / 2)
    ends = plotting.simplex_coordinates(p), plotting.simplex_coordinates(q)
    np.testing.assert_allclose(middle, (ends[0] + ends[1]) / 2, atol=1e-15)
    # The distance to the side opposite corner k is proportional to p_k.
    height = plotting.simplex_coordinates(p)[:, 1]
    np.testing.assert_allclose(height, p[:, 2] * np.sqrt(0.75), atol=1e-15)
    assert plotting.simplex_coordinates(np.full((2, 4, 3), 1 / 3)).shape == (2, 4, 2)


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([0.5, 0.5], r"shape \[..., 3\]"),
        ([0.5, 0.6, 0.1], "sum to 1"),
        ([1.5, -0.5, 0.0], "non-negative"),
        ([np.nan, 0.5, 0.5], "finite"),
    ],
)
def test_simplex_coordinates_refuse(p, message):
    with pytest.raises(ValueError, match=message):
        plotting.simplex_coordinates(p)


def test_simplex_axes_draw_a_regular_triangle_with_its_names():
    ax = plotting.simplex_axes(labels=("a", "b", "c"))
    outline = ax.lines[-1].get_xydata()
    np.testing.assert_allclose(outline, CORNERS[[0, 1, 2, 0]])
    assert ax.get_aspect() == 1
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]
    for text, corner in zip(ax.texts, CORNERS, strict=True):
        assert np.linalg.norm(text.get_position() - corner) < 0.12
    # Grid lines: p_k is constant on each, so both ends have it in common.
    assert len(ax.lines) == 10
    with pytest.raises(ValueError, match="three corners, got 2"):
        plotting.simplex_axes(labels=("a", "b"))


def test_simplex_points_and_curves_are_where_they_should_be():
    ax = plotting.simplex_axes()
    points = simplex_points(6)
    dots = plotting.plot_simplex_points(points.reshape(2, 3, 3), ax=ax, alpha=0.5)
    line = plotting.plot_simplex_curve(points, ax=ax, lw=5, label="curve")
    expected = plotting.simplex_coordinates(points)
    np.testing.assert_array_equal(dots.get_offsets(), expected)
    np.testing.assert_array_equal(line.get_xydata(), expected)
    assert dots.axes is line.axes is ax
    assert (dots.get_alpha(), line.get_linewidth()) == (0.5, 5)
    assert line.get_label() == "curve"
    assert len(plt.get_fignums()) == 1


def test_styles_overrule_the_defaults_under_any_of_their_names():
    points = simplex_points(4)
    dots = plotting.plot_simplex_points(points, c=[0, 1, 2, 3], s=7)
    np.testing.assert_array_equal(dots.get_array(), [0, 1, 2, 3])
    assert dots.get_sizes().tolist() == [7]
    line = plotting.plot_simplex_curve(points, c="k", linestyle="--")
    assert same_color(line.get_color(), "k")
    default = plotting.plot_simplex_points(points)
    assert same_color(default.get_facecolor(), "#D55E00")
    red = plotting.plot_simplex_points(points, facecolor="red")
    assert same_color(red.get_facecolor(), "red")


def test_geodesic_goes_through_the_points_of_the_metric():
    a, b = np.array([0.8, 0.1, 0.1]), np.array([0.1, 0.3, 0.6])

    def geodesic(initial_point, end_point):
        def path(times):
            times = np.asarray(times)[:, None] ** 2
            return (1 - times) * initial_point + times * end_point

        return path

    space = SimpleNamespace(metric=SimpleNamespace(geodesic=geodesic))
    line = plotting.plot_simplex_geodesic(space, a, b, n_points=5)
    times = np.array([0, 1 / 16, 1 / 4, 9 / 16, 1])
    expected = plotting.simplex_coordinates(a + times[:, None] * (b - a))
    np.testing.assert_allclose(line.get_xydata(), expected, atol=1e-15)
    with pytest.raises(ValueError, match="n_points must be at least 2"):
        plotting.plot_simplex_geodesic(space, a, b, n_points=1)


def test_curves_need_two_points_in_a_row():
    with pytest.raises(ValueError, match="n_points >= 2"):
        plotting.plot_simplex_curve([[1, 0, 0]])
    with pytest.raises(ValueError, match=r"got \[1, 2, 3\]"):
        plotting.plot_octant_curve([[[1, 0, 0], [0, 1, 0]]])


# The octant


def test_octant_axes_show_the_whole_octant_in_equal_scales():
    ax = plotting.octant_axes(labels=("a", "b", "c"))
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]
    widths = [
        np.ptp(limits) for limits in (ax.get_xlim(), ax.get_ylim(), ax.get_zlim())
    ]
    np.testing.assert_allclose(widths, widths[0])
    for line in ax.lines:
        norms = np.linalg.norm(line.get_data_3d(), axis=0)
        np.testing.assert_allclose(norms, 1, rtol=1e-15)
        assert np.min(line.get_data_3d()) >= 0
    # Corners and names lie inside the figure, and no edge of the octant is longer.
    places = np.array([to_figure(ax, corner) for corner in np.eye(3)])
    names = np.array([to_figure(ax, 1.12 * corner) for corner in np.eye(3)])
    assert np.all((names > 0.03) & (names < 0.97))
    sides = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, sides[0], rtol=1e-3)


def to_figure(ax, point):
    x, y, _ = proj3d.proj_transform(*point, ax.get_proj())
    return ax.figure.transFigure.inverted().transform(ax.transData.transform((x, y)))


def test_octant_points_and_curves_are_where_they_should_be():
    ax = plotting.octant_axes()
    points = np.sqrt(simplex_points(6))
    dots = plotting.plot_octant_points(points.reshape(3, 2, 3), ax=ax, s=9)
    line = plotting.plot_octant_curve(points, ax=ax, color="k")
    np.testing.assert_array_equal(np.transpose(dots._offsets3d), points)
    np.testing.assert_array_equal(np.transpose(line.get_data_3d()), points)
    assert dots.axes is line.axes is ax
    assert not ax.computed_zorder
    surface = ax.collections[0]
    assert surface.get_zorder() < line.get_zorder() < dots.get_zorder()


def test_octant_pictures_make_their_own_axes():
    dots = plotting.plot_octant_points([1.0, 0.0, 0.0])
    line = plotting.plot_octant_curve(np.eye(3))
    assert dots.axes is not line.axes
    assert len(dots.axes.texts) == len(line.axes.texts) == 3


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0.5, 0.5, 0.0]], r"sqrt\(p\)"),
        ([[np.nan, 0.0, 1.0]], "unit vectors"),
        ([[1.0, 0.0]], r"got \[1, 2\]"),
    ],
)
def test_octant_points_must_be_unit_vectors(points, message):
    with pytest.raises(ValueError, match=message):
        plotting.plot_octant_points(points)


def test_octant_pictures_refuse_flat_axes():
    _, ax = plt.subplots()
    for draw in (plotting.plot_octant_points, plotting.plot_octant_curve):
        with pytest.raises(ValueError, match='projection="3d"'):
            draw(np.eye(3), ax=ax)
    with pytest.raises(ValueError, match='projection="3d"'):
        plotting.octant_axes(ax=ax)
