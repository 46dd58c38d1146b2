"""Balls, fields and densities: what was drawn is right."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color
from mpl_toolkits.mplot3d import proj3d

from fisher_manifold import plotting

matplotlib.use("Agg")

CENTER = np.array([0.2, 0.3, 0.5])


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def distance(p, q):
    """Fisher-Rao distance by its definition; of points that are not close."""
    return 2 * np.arccos(np.clip(np.sqrt(p * q).sum(-1), -1, 1))


def test_lattice_is_even_and_inside():
    points = plotting.simplex_lattice(7)
    assert points.shape == (15, 3)
    np.testing.assert_allclose(points.sum(-1), 1, rtol=1e-15)
    assert points.min() == pytest.approx(1 / 7)
    counts = 7 * points
    np.testing.assert_allclose(counts, counts.round(), atol=1e-14)
    assert len(np.unique(counts.round(), axis=0)) == 15
    with pytest.raises(ValueError, match="n_steps must be at least 3"):
        plotting.simplex_lattice(2)


# Balls


def test_circle_is_at_its_distance_all_around():
    circle = plotting.fisher_rao_circle(CENTER, 0.4, n_points=90)
    np.testing.assert_allclose(distance(circle, CENTER), 0.4, rtol=1e-12)
    np.testing.assert_allclose(circle[0], circle[-1], atol=1e-15)
    # Evenly around: neighbours on a circle of a sphere of radius 2.
    steps = distance(circle[1:], circle[:-1])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    total = 2 * np.pi * 2 * np.sin(0.4 / 2)
    assert steps.sum() == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("center", [CENTER, [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
def test_large_circle_stops_at_the_walls(center):
    circle = plotting.fisher_rao_circle(center, 1.5)
    assert (circle >= 0).all()
    far = distance(circle, np.asarray(center))
    inside = circle.min(-1) > 1e-12
    np.testing.assert_allclose(far[inside], 1.5, rtol=1e-12)
    assert (far <= 1.5 + 1e-7).all()
    assert 0 < inside.sum() < len(inside)


def test_balls_of_both_charts_are_the_same():
    ax = plotting.simplex_axes()
    ball = plotting.plot_simplex_ball(CENTER, 0.3, ax=ax, fc="none", ec="k")
    cap = plotting.plot_octant_ball(np.sqrt(CENTER), 0.3, color="red")
    assert ball.axes is ax
    assert same_color(ball.get_edgecolor(), "k")
    assert same_color(cap.get_facecolor()[0], "red")
    circle = plotting.fisher_rao_circle(CENTER, 0.3)
    expected = plotting.simplex_coordinates(circle)
    np.testing.assert_allclose(ball.get_xy()[: len(expected)], expected)
    (drawn,) = polygons(cap)
    np.testing.assert_allclose(drawn[: len(circle)], projected(cap, np.sqrt(circle)))


def polygons(artist):
    """Corners on the screen, as drawn."""
    artist.axes.figure.canvas.draw()
    return [path.vertices for path in artist.get_paths()]


def projected(artist, points):
    matrix = artist.axes.get_proj()
    return np.stack(proj3d.proj_transform(*points.T, matrix)[:2], -1)


def area(corners):
    x, y = corners.T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


@pytest.mark.parametrize(
    ("draw", "center", "radius", "message"),
    [
        (plotting.plot_simplex_ball, CENTER, 0.0, "radius must be above 0"),
        (plotting.plot_simplex_ball, [0.5, 0.6, 0.1], 0.1, "sum to 1"),
        (plotting.plot_simplex_ball, np.eye(3), 0.1, "one point"),
        (plotting.plot_octant_ball, CENTER, 0.1, r"sqrt\(p\)"),
        (plotting.plot_octant_ball, [0.0, 0.6, -0.8], 0.1, "negative entries"),
        (plotting.plot_octant_ball, [0.0, 0.0, 1.0], np.nan, "radius must be"),
    ],
)
def test_balls_refuse(draw, center, radius, message):
    with pytest.raises(ValueError, match=message):
        draw(center, radius)


# Fields


def test_arrows_of_the_triangle_end_at_point_plus_vector():
    points = plotting.simplex_lattice(5)
    vectors = 0.5 * (CENTER - points)
    arrows = plotting.plot_simplex_field(points, vectors, color="k")
    ends = arrows.get_offsets() + np.stack([arrows.U, arrows.V], -1)
    middles = plotting.simplex_coordinates(points + vectors)
    np.testing.assert_allclose(ends, middles, atol=1e-15)
    assert (arrows.scale, arrows.angles) == (1, "xy")
    assert same_color(arrows.get_facecolor()[0], "k")


def test_arrows_of_the_octant_start_at_their_points():
    points = np.sqrt(plotting.simplex_lattice(5))
    vectors = np.cross(points, [0.0, 0.0, 0.3])
    arrows = plotting.plot_octant_field(points, vectors)
    # Shafts, from the head, and the strokes of heads, in any order.
    drawn = np.array(polygons(arrows)).reshape(-1, 4)
    ends = [projected(arrows, points + vectors), projected(arrows, points)]
    shafts = np.concatenate(ends, axis=-1)
    assert len(drawn) == 3 * len(points)
    gaps = abs(drawn[:, None] - shafts).max(-1)
    np.testing.assert_allclose(gaps.min(0), 0, atol=1e-12)


@pytest.mark.parametrize("draw", ["plot_simplex_field", "plot_octant_field"])
def test_fields_refuse_what_is_not_tangent(draw):
    points = plotting.simplex_lattice(4)
    points = np.sqrt(points) if "octant" in draw else points
    draw = getattr(plotting, draw)
    with pytest.raises(ValueError, match="vectors must be tangent"):
        draw(points, points)
    with pytest.raises(ValueError, match=r"of the points' shape \[3, 3\]"):
        draw(points, points[:2])
    with pytest.raises(ValueError, match="vectors must be finite"):
        draw(points, np.nan * points)
    with pytest.raises(ValueError, match=r"points must have shape \[n_points, 3\]"):
        draw(points[0], 0 * points[0])


# Densities


def test_density_of_the_triangle_is_that_of_the_middles():
    asked = []

    def first(points):
        asked.append(points)
        return points[:, 0]

    shades = plotting.plot_simplex_density(first, n_steps=6, cmap="Greys")
    (points,) = asked
    assert points.shape == (36, 3)
    assert points.min() > 0
    np.testing.assert_array_equal(shades.get_array(), points[:, 0])
    assert shades.get_cmap().name == "Greys"
    middles = np.array([path.vertices[:3].mean(0) for path in shades.get_paths()])
    np.testing.assert_allclose(middles, plotting.simplex_coordinates(points))
    # The triangles tile: equal areas, that of the whole in all.
    areas = [area(path.vertices[:3]) for path in shades.get_paths()]
    np.testing.assert_allclose(areas, np.sqrt(3) / 4 / 36)


def test_density_of_the_octant_covers_it():
    shades = plotting.plot_octant_density(lambda u: u[:, 2], n_steps=20)
    cells = polygons(shades)
    assert len(cells) == 400
    # Seen from its middle, the octant covers (integral of <n, u>) = sqrt(3) pi / 4, the
    # triangle of its corners sqrt(3) / 2.
    covered = sum(area(cell[:3]) for cell in cells)
    ratio = covered / area(projected(shades, np.eye(3)))
    assert ratio == pytest.approx(np.pi / 2, rel=5e-3)
    heights = shades.get_array()
    assert 0 < heights.min() < heights.max() < 1


def test_density_must_give_one_value_for_each_point():
    for draw in (plotting.plot_simplex_density, plotting.plot_octant_density):
        with pytest.raises(ValueError, match=r"must return shape \[9\]"):
            draw(lambda points: points, n_steps=3)


def test_octant_pictures_refuse_flat_axes():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match='projection="3d"'):
        plotting.plot_octant_ball([0.0, 0.0, 1.0], 0.1, ax=ax)
    with pytest.raises(ValueError, match='projection="3d"'):
        plotting.plot_octant_field(np.eye(3), 0 * np.eye(3), ax=ax)
    with pytest.raises(ValueError, match='projection="3d"'):
        plotting.plot_octant_density(lambda u: u[:, 0], ax=ax)
