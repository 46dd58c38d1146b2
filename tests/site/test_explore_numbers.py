"""The numbers of the interactive page are the library's, on walls and corners too."""

import numpy as np
import pytest
import torch
from explore_helpers import (
    CORNERS,
    EQUAL_ZEROS,
    INSIDE,
    OTHER_ZEROS,
    PAIRS,
    VIEWS,
    compute,
    compute_all,
    set_points,
    shares,
)
from matplotlib.patches import Polygon
from scipy.integrate import quad

import fisher_manifold as fm
from fisher_manifold import data, flow

SIMPLEX = fm.FisherRaoSimplex(dim=2)
RELATIVE = 1e-12
"""Closed forms of a few dozen operations with numbers around 1, in float64."""


@pytest.mark.parametrize("pairs", [EQUAL_ZEROS, OTHER_ZEROS], ids=["equal", "other"])
def test_distances_are_the_librarys(page, pairs):
    p, q = np.array(pairs).swapaxes(0, 1)
    expected = {
        "distance": SIMPLEX.metric.dist(p, q),
        "hellinger": np.sqrt(fm.alpha_divergence(p, q, 0.0) / 4),
        "kl": fm.alpha_divergence(p, q, -1.0),
    }
    for name, values in expected.items():
        assert compute_all(page, name, pairs) == pytest.approx(values, RELATIVE, 1e-15)
    expected["kl-ab"] = expected.pop("kl")
    expected["kl-ba"] = fm.alpha_divergence(q, p, -1.0)
    for number, pair in enumerate(pairs):
        set_points(page, A=pair[0], B=pair[1])
        for name, values in expected.items():
            text = page.locator(f"#{name}").text_content()
            value = np.inf if text == "∞" else float(text)
            assert value == pytest.approx(values[number], abs=5.1e-5), name


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_geodesics_are_the_librarys(page, t):
    rules = {
        "fisherRaoGeodesic": (SIMPLEX.metric, PAIRS),
        "mGeodesic": (fm.AlphaConnection(SIMPLEX, -1.0), PAIRS),
        "eGeodesic": (fm.AlphaConnection(SIMPLEX, 1.0), EQUAL_ZEROS),
    }
    for name, (connection, pairs) in rules.items():
        p, q = np.array(pairs).swapaxes(0, 1)
        found = compute_all(page, name, [(*pair, t) for pair in pairs])
        expected = connection.geodesic(p, q)(t)[:, 0]
        assert np.array(found) == pytest.approx(expected, RELATIVE, RELATIVE), name


def test_midpoints_are_written_on_the_page(page):
    page.click("[data-chapter=paths]")
    for pair in EQUAL_ZEROS:
        set_points(page, A=pair[0], B=pair[1])
        for row, alpha in [("mixture", -1), ("riemann", 0), ("exponential", 1)]:
            rule = fm.AlphaConnection(SIMPLEX, float(alpha))
            middle = rule.geodesic(*map(np.array, pair))(0.5)[0]
            assert shares(page, row) == pytest.approx(middle, abs=5.1e-5)


def test_without_equal_zeros_the_e_geodesic_is_the_limit_from_inside(page):
    rule = fm.AlphaConnection(SIMPLEX, 1.0)
    for pair in OTHER_ZEROS[:3]:
        # At t = 1/2 weights are roots: a share eps of the uniform law adds sqrt(eps).
        inside = [(1 - 1e-14) * np.array(p) + 1e-14 / 3 for p in pair]
        limit = rule.geodesic(*inside)(0.5)[0]
        assert compute(page, "eGeodesic", *pair, 0.5) == pytest.approx(limit, abs=1e-6)
    page.click("[data-chapter=paths]")
    for pair in OTHER_ZEROS[3:]:
        assert compute(page, "eGeodesic", *pair, 0.5) is None
        set_points(page, A=pair[0], B=pair[1])
        cells = page.locator("#row-exponential output").all_text_contents()
        assert cells == ["none"] * 3
        assert "no e-geodesic" in page.locator("#note").text_content()


def test_lengths_of_curves_are_integrals_of_the_metric(page):
    page.click("[data-chapter=paths]")
    for pair in INSIDE:
        set_points(page, A=pair[0], B=pair[1])
        p, q = map(np.array, pair)
        for name, alpha in [("mixture", -1.0), ("riemann", 0.0), ("exponential", 1.0)]:
            curve = fm.AlphaConnection(SIMPLEX, alpha).geodesic(p, q)
            length = quad(speed, 0, 1, args=(curve,), limit=200, epsabs=1e-7)[0]
            found = page.locator(f"#length-{name}").text_content()
            assert float(found) == pytest.approx(length, abs=1e-4)


def speed(t, curve):
    """Fisher norm of the velocity, by a central difference of order 2."""
    h = 1e-5 * min(t, 1 - t)
    velocity = (curve(t + h)[0] - curve(t - h)[0]) / (2 * h)
    return SIMPLEX.metric.norm(velocity, curve(t)[0])


@pytest.mark.parametrize("radius", [0.1, 1.0])
def test_balls_end_at_the_radius_or_at_a_wall(page, radius):
    for center in [INSIDE[0][0], [0.5, 0.5, 0.0], [0.97, 0.03, 0.0], *CORNERS]:
        rim = np.array(compute(page, "ball", center, radius))
        assert SIMPLEX.belongs(rim).all()
        dist = SIMPLEX.metric.dist(np.array(center), rim)
        # Entries that ought to be 0 are squares of the rounding of unit vectors.
        on_wall = rim.min(-1) < 1e-15
        at_radius = np.abs(dist - radius) < 1e-9
        assert (on_wall | at_radius | (np.abs(dist) < 1e-9)).all()
        assert (dist < radius + 1e-9).all() and at_radius.sum() > 20


@pytest.mark.parametrize("radius", [0.1, 1.0])
def test_balls_hold_what_is_within_the_radius(page, radius):
    corners = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
    spread = np.random.default_rng(1).dirichlet([0.7] * 3, size=3000)
    for center in [INSIDE[0][0], [0.5, 0.5, 0.0], [0.97, 0.03, 0.0], *CORNERS]:
        near = np.random.default_rng(2).normal(scale=radius / 3, size=(3000, 3))
        near = (np.sqrt(center) + near).clip(1e-3) ** 2
        points = np.concatenate([spread, near / near.sum(-1, keepdims=True)])
        dist = SIMPLEX.metric.dist(np.array(center), points)
        clear = np.abs(dist / radius - 1) > 0.01  # the rim has 120 corners
        inside = dist[clear] < radius
        rim = np.array(compute(page, "ball", center, radius))
        region = Polygon(rim @ corners)
        assert 100 < inside.sum() < len(inside) - 100
        assert (
            region.get_path().contains_points(points[clear] @ corners) == inside
        ).all()


def test_beyond_the_triangle_the_nearest_point_is_taken(page):
    places = np.random.default_rng(3).normal(1 / 3, 1.0, size=(200, 3))
    places += (1 - places.sum(-1, keepdims=True)) / 3
    arguments = [[place] for place in places.tolist()]
    nearest = np.array(compute_all(page, "nearestDistribution", arguments))
    assert SIMPLEX.belongs(nearest).all()
    # What is nearest in a convex set: no corner is on the side of the place.
    away = (places - nearest)[:, None]
    towards = np.eye(3) - nearest[:, None]
    assert (away * towards).sum(-1).max() < 1e-12
    inside = (places > 0).all(-1)
    assert 5 < inside.sum() < 100
    assert nearest[inside] == pytest.approx(places[inside], abs=1e-12)


@pytest.mark.parametrize("concentration", [0.5, 1.0])
@pytest.mark.parametrize("law", [[0.5, 0.3, 0.2], [0.9, 0.1, 0.0], CORNERS[2]])
def test_the_field_is_the_librarys(page, law, concentration):
    sphere = fm.PositiveHypersphere(2)
    space = fm.SequenceManifold(sphere, 1)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration))
    exact = flow.ExactPosterior(data.IndependentSites([law]))
    field = flow.PosteriorField(exact, path)
    points = [p for pair in PAIRS for p in pair]
    for t in (0.0, 0.1, 0.3, 0.45, 0.7):
        x = torch.sqrt(torch.tensor(points, dtype=torch.float64))
        velocity = field(x[:, None], torch.full((len(x),), t, dtype=torch.float64))
        reachable = np.sin(t * np.pi / 2)
        # Elsewhere no path is: steps of a sampler alone might be.
        possible = ((x.numpy() >= reachable) & (np.array(law) > 0)).any(-1)
        assert possible.any()
        arguments = [(u, t, law, concentration) for u in x[possible].tolist()]
        found = np.array(compute_all(page, "velocity", arguments))
        assert found == pytest.approx(velocity[possible, 0].numpy(), 1e-9, 1e-9), t


@pytest.mark.parametrize("source", ["0.5", "1"])
def test_points_arrive_in_the_shares_of_the_law(page, source):
    page.click("[data-chapter=flow]")
    page.select_option("#source", source)
    for law in ([0.5, 0.3, 0.2], [1 / 3, 1 / 3, 1 / 3], [0.9, 0.1, 0.0], CORNERS[1]):
        set_points(page, T=law)
        # 256 points: steps of 0.004, and of Euler in 100 steps.
        assert shares(page, "arrived") == pytest.approx(law, abs=0.015)
        ends = page.evaluate("explorer.state.trajectories.map((path) => path[100])")
        assert np.max(ends, axis=-1) == pytest.approx(1.0, abs=1e-12)
        decided = page.evaluate("explorer.state.trajectories.map((path) => path[50])")
        assert (np.argmax(decided, -1) == np.argmax(ends, -1)).all()


def test_sources_are_what_they_are_called(page):
    for concentration, variance in [(0.5, 4 / 45), (1.0, 1 / 18)]:
        roots = np.array(compute(page, "sourcePoints", concentration, 4000))
        p = roots**2
        assert p.sum(-1) == pytest.approx(1.0)
        # Moments of Dirichlet(a, a, a): mean 1/3, variance 2 / (9 (3a + 1)).
        assert p.mean(0) == pytest.approx([1 / 3] * 3, abs=2e-3)
        assert p.var(0) == pytest.approx([variance] * 3, abs=2e-3)


@pytest.mark.parametrize("bend", [0.0, 0.4, 1.0])
def test_views_read_back_what_they_draw(page, bend):
    page.evaluate("(bend) => { views.octant.bend = bend; }", bend)
    points = np.array(PAIRS).reshape(-1, 3)
    for view in VIEWS:
        script = """([name, points]) => {
            const view = views[name];
            return points.map((p) => view.fromScreen(view.toScreen(p)));
        }"""
        found = np.array(page.evaluate(script, [view, points.tolist()]))
        # On the rim the line of sight touches the surface: half of the digits.
        assert found == pytest.approx(points, abs=1e-6)
    script = "(points) => points.map((p) => views.octant.toSpace(p))"
    space = np.array(page.evaluate(script, points.tolist()))
    assert (space ** (2 / (2 - bend))).sum(-1) == pytest.approx(1.0)
    if bend == 1:
        assert space == pytest.approx(fm.SimplexToSphere()(points), RELATIVE)
