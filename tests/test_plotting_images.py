"""What a reader sees: pixels of the pictures, in colour, in grey, and to every eye.

No stored images: each pixel is compared with the geometry it stands for.
"""

from itertools import combinations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from colour_vision import SIGHTS, contrast, difference, lab, luminance
from matplotlib.colors import to_rgb
from mpl_toolkits.mplot3d import proj3d

import fisher_manifold as fm
from fisher_manifold import plotting
from fisher_manifold.plotting import descent, results

matplotlib.use("Agg")

SIMPLEX = fm.FisherRaoSimplex(dim=2)
CORNERS = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
CENTER = np.array([0.2, 0.3, 0.5])
PALETTE = (results.BLUE, results.VERMILLION)
FLAT = {"color": "red", "alpha": 1, "lw": 0}


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


def pixels(ax):
    """Colours of the axes' figure, row 0 at the bottom as in display coordinates."""
    canvas = ax.figure.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[::-1, :, :3] / 255


def colours_at(ax, places):
    """Colours of the pixels at places of the plane of the data."""
    image = pixels(ax)  # drawing comes first: it lays out the axes
    column, row = np.floor(ax.transData.transform(places)).astype(int).T
    return image[row, column]


def is_colour(seen, colour):
    return (np.abs(seen - to_rgb(colour)) < 0.02).all(-1)


def on_octant(ax, roots):
    """Places of unit vectors in the plane of three-dimensional axes."""
    ax.figure.canvas.draw()
    x, y, _ = proj3d.proj_transform(*roots.T, ax.get_proj())
    return np.stack([x, y], axis=-1)


def inner_points(n=4000):
    points = np.random.default_rng(0).dirichlet([1.0] * 3, size=n)
    return points[points.min(-1) > 0.02]


@pytest.mark.parametrize("radius", [0.3, 1.0])
def test_the_ball_covers_the_points_within_its_radius(radius):
    points = inner_points()
    dist = SIMPLEX.metric.dist(CENTER, points)
    # A pixel is 1/300 wide; at these points the metric is at most sqrt(1 / 0.02) = 7.
    clear = np.abs(dist - radius) > 0.04
    points, inside = points[clear], dist[clear] < radius
    assert 0.05 < inside.mean() < 0.95
    triangle = plotting.plot_simplex_ball(CENTER, radius, zorder=9, **FLAT).axes
    seen = colours_at(triangle, plotting.simplex_coordinates(points))
    assert (is_colour(seen, "red") == inside).all()
    octant = plotting.octant_axes()
    plotting.plot_octant_ball(np.sqrt(CENTER), radius, octant, zorder=9, **FLAT)
    seen = colours_at(octant, on_octant(octant, np.sqrt(points)))
    assert (is_colour(seen, "red") == inside).all()


def test_the_geodesic_is_where_it_is_said_to_be_and_nowhere_else():
    a, b = np.array([0.9, 0.1, 0.0]), np.array([0.0, 0.4, 0.6])
    line = plotting.plot_simplex_geodesic(SIMPLEX, a, b, lw=4, zorder=9)
    ax = line.axes
    path = SIMPLEX.metric.geodesic(a, b)(np.linspace(0.05, 0.95, 40))
    places = plotting.simplex_coordinates(path)
    assert is_colour(colours_at(ax, places), results.BLUE).all()
    blue = is_colour(pixels(ax), results.BLUE)
    steps = np.diff(ax.transData.transform(line.get_xydata()), axis=0)
    width = 4 * ax.figure.dpi / 72
    expected = np.linalg.norm(steps, axis=1).sum() * width
    # Less the blended pixels of both sides, about one a step; more the caps.
    assert expected * (1 - 1.5 / width) < blue.sum() < expected * 1.05


def test_dots_are_seen_on_both_charts():
    points = np.array([[1.0, 0, 0], [0, 0.5, 0.5], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    triangle = plotting.plot_simplex_points(points).axes
    seen = colours_at(triangle, plotting.simplex_coordinates(points))
    assert is_colour(seen, results.VERMILLION).all()
    octant = plotting.octant_axes()
    plotting.plot_octant_points(np.sqrt(points), octant)
    seen = colours_at(octant, on_octant(octant, np.sqrt(points)))
    assert is_colour(seen, results.VERMILLION).all()


def test_densities_grow_darker_in_grey_as_in_colour():
    points = inner_points(800)
    on_grid = np.abs(points[..., None] - [0.25, 0.5, 0.75]).min((-2, -1)) < 0.015
    points = points[~on_grid]

    def density(p):
        return p[..., 2] ** 2

    ax = plotting.plot_simplex_density(density).axes
    seen = colours_at(ax, plotting.simplex_coordinates(points))
    grey = np.array([luminance(colour) for colour in seen])
    values = density(points)
    low, high = values[:, None], values[None]
    # Cells and their edges are up to 1/30 wide, over which p^2 changes by 1/15.
    apart = high - low > 0.1
    assert apart.sum() > 10000
    assert (grey[:, None] > grey[None])[apart].all()


def test_an_arrow_is_drawn_from_its_foot_to_its_head():
    vector = np.array([0.2, -0.1, -0.1])
    ax = plotting.plot_simplex_field([CENTER], [vector], color="red").axes
    shares = np.array([0.1, 0.5, 0.9])[:, None]
    places = (CENTER + shares * vector) @ CORNERS
    assert is_colour(colours_at(ax, places), "red").all()
    beyond = (CENTER + np.array([[-0.1], [1.2]]) * vector) @ CORNERS
    assert not is_colour(colours_at(ax, beyond), "red").any()


def test_colours_are_apart_for_every_sight():
    styles = [style["color"] for style in descent._STYLES]
    for one, other in combinations(styles, 2):
        for sight in SIGHTS:
            assert difference(one, other, sight) > 20, (one, other, sight)
    # Those that share a picture without dashes or markers are apart in grey, too.
    lightness = [lab(colour)[0] for colour in PALETTE]
    assert abs(lightness[0] - lightness[1]) > 8


def test_lines_and_dots_are_seen_on_paper():
    # WCAG 2.2, 1.4.11: graphics 3 to 1.
    styles = [style["color"] for style in descent._STYLES]
    for colour in {*PALETTE, *styles}:
        assert contrast(colour, "white") >= 3, colour


def test_the_measures_of_colours_are_those_of_the_standards():
    assert contrast("black", "white") == pytest.approx(21)
    assert difference("black", "white") == pytest.approx(100)
    # Red of sRGB in CIELAB, and as protanopes see it: dark, and not red.
    assert lab("red") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert lab("red", "protanopia")[0] < 45
    assert (
        difference("red", "#5e5500", "protanopia") < 30 < difference("red", "#5e5500")
    )
