"""The interactive page in a real browser: it works, and its numbers are the library's.

Chromium, headless, from ``file://``; without playwright or a browser the tests skip.
"""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.patches import Polygon
from scipy.integrate import quad

import fisher_manifold as fm
from fisher_manifold import data, flow

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install playwright"
)

PAGE = Path(__file__).parents[2] / "docs" / "_static" / "explore.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHAPTERS = ("bend", "paths", "ball", "flow")
VIEWS = ("triangle", "octant")
SIMPLEX = fm.FisherRaoSimplex(dim=2)
RELATIVE = 1e-12
"""Closed forms of a few dozen operations with numbers around 1, in float64."""

INSIDE = [
    tuple(pair)
    for pair in np.random.default_rng(0).dirichlet([0.7] * 3, size=(6, 2)).tolist()
]
CORNERS = np.eye(3).tolist()
ONE_FACE = [([0.5, 0.5, 0.0], [0.1, 0.9, 0.0]), ([0.0, 0.3, 0.7], [0.0, 0.8, 0.2])]
EQUAL_ZEROS = [*INSIDE, *ONE_FACE, ([0.2, 0.3, 0.5],) * 2, (CORNERS[0],) * 2]
OTHER_ZEROS = [
    ([0.5, 0.5, 0.0], [0.2, 0.3, 0.5]),
    ([0.5, 0.5, 0.0], [0.0, 0.3, 0.7]),
    (CORNERS[0], [0.6, 0.0, 0.4]),
    (CORNERS[0], CORNERS[1]),
    ([0.0, 0.4, 0.6], CORNERS[0]),
]
PAIRS = EQUAL_ZEROS + OTHER_ZEROS


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = [path for path in map(shutil.which, BROWSERS) if path]
        found.append(playwright.chromium.executable_path)
        if not os.path.exists(found[0]):
            pytest.skip("no Chromium: install one, or run playwright install chromium")
        browser = playwright.chromium.launch(executable_path=found[0])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def record():
    """What pages complained of, and what they asked for."""
    return {"complaints": [], "requests": []}


def open_with(browser, record, width=1100, height=900, clock=False, **options):
    context = browser.new_context(
        viewport={"width": width, "height": height}, **options
    )
    page = context.new_page()
    page.on("console", lambda message: record["complaints"].append(message.text))
    page.on("pageerror", lambda error: record["complaints"].append(str(error)))
    page.on("request", lambda request: record["requests"].append(request.url))
    if clock:
        page.clock.install()
    page.goto(PAGE.as_uri())
    return page


@pytest.fixture(autouse=True)
def no_complaints(record):
    """No errors, no network, in any test."""
    yield
    assert record["complaints"] == []
    asked = {url for url in record["requests"] if not url.startswith("data:")}
    assert asked <= {PAGE.as_uri()}


@pytest.fixture
def open_page(browser, record):
    """Open the page on a device of its own."""
    pages = []

    def open_(*size, **options):
        pages.append(open_with(browser, record, *size, **options))
        return pages[-1]

    yield open_
    for page in pages:
        page.context.close()


@pytest.fixture(scope="module")
def desktop(browser, record):
    return open_with(browser, record)


@pytest.fixture
def page(desktop):
    desktop.reload()
    return desktop


def compute(page, name, *arguments):
    """Value of a function of the page's geometry."""
    return compute_all(page, name, [arguments])[0]


def compute_all(page, name, arguments):
    """Values of a function of the page's geometry for many tuples of arguments."""
    script = "([name, given]) => given.map((one) => geometry[name](...one))"
    return page.evaluate(script, [name, arguments])


def set_points(page, **points):
    for label, point in points.items():
        page.evaluate("([label, p]) => explorer.setPoint(label, p)", [label, point])


def point(page, label):
    return np.array(page.evaluate(f"explorer.state.points.{label}"))


def shares(page, row):
    """Probabilities as they are written on the page."""
    cells = page.locator(f"#row-{row} output").all_text_contents()
    return np.array([float(cell) for cell in cells])


def handle(page, label, view):
    return page.locator(f"#{view} [data-point={label}]")


def centre(locator):
    box = locator.locator(".knob").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, label, view, x, y):
    start = centre(handle(page, label, view))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + x, start[1] + y, steps=4)
    page.mouse.up()


def lengths(page):
    return page.locator("[id^=length], #distance, #kl-ab, #kl-ba").all_text_contents()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("label", ["A", "B"])
def test_dragging_changes_the_numbers_in_both_views(page, label, view):
    page.click("[data-chapter=paths]")
    before, numbers = point(page, label), lengths(page)
    places = [centre(handle(page, label, name)) for name in VIEWS]
    drag(page, label, view, -30, -70)
    after = point(page, label)
    assert np.abs(after - before).max() > 0.05
    assert after.sum() == pytest.approx(1.0, abs=1e-12) and (after >= 0).all()
    assert shares(page, label) == pytest.approx(after, abs=6e-5)
    assert all(old != new for old, new in zip(numbers, lengths(page), strict=True))
    for name, place in zip(VIEWS, places, strict=True):
        assert np.abs(np.subtract(centre(handle(page, label, name)), place)).max() > 20
    page.mouse.move(10, 10)  # the button is up
    assert (point(page, label) == after).all()


@pytest.mark.parametrize("view", VIEWS)
def test_a_point_follows_the_pointer(page, view):
    start = centre(handle(page, "B", view))
    drag(page, "B", view, -60, 40)
    assert centre(handle(page, "B", view)) == pytest.approx(
        (start[0] - 60, start[1] + 40), abs=0.6
    )


@pytest.mark.parametrize("view", VIEWS)
def test_dragged_beyond_a_wall_a_point_is_on_it(page, view):
    drag(page, "A", view, 0, 300)
    assert point(page, "A")[2] == 0
    assert page.locator("#kl-ba").text_content() == "∞"
    drag(page, "B", view, 600, 600)
    assert point(page, "B") == pytest.approx([0, 1, 0], abs=1e-9)


def test_touch_moves_points(open_page):
    page = open_page(360, 780, has_touch=True, is_mobile=True)
    handle(page, "A", "triangle").scroll_into_view_if_needed()
    before, scrolled = point(page, "A"), page.evaluate("scrollY")
    x, y = centre(handle(page, "A", "triangle"))
    touch = page.context.new_cdp_session(page)

    def send(kind, *places):
        points = [{"x": x, "y": y} for x, y in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (x, y))
    for step in range(1, 9):
        send("touchMove", (x + 4 * step, y - 8 * step))
    send("touchEnd")
    assert np.abs(point(page, "A") - before).max() > 0.1
    assert page.evaluate("scrollY") == scrolled


@pytest.mark.parametrize("view", VIEWS)
def test_keys_move_points(page, view):
    page.click("[data-chapter=paths]")
    knob = handle(page, "B", view)
    knob.focus()
    for key, axis, sign in [
        ("ArrowLeft", 0, -1),
        ("ArrowRight", 0, 1),
        ("ArrowUp", 1, -1),
        ("ArrowDown", 1, 1),
    ]:
        set_points(page, B=[0.3, 0.3, 0.4])
        start, numbers = np.array(centre(knob)), lengths(page)
        page.keyboard.press(f"Shift+{key}")
        moved = np.array(centre(knob)) - start
        assert moved[axis] * sign > 10 and abs(moved[1 - axis]) < 1
        assert lengths(page) != numbers
        values = ", ".join(f"{share:.3f}" for share in point(page, "B"))
        assert knob.get_attribute("aria-valuetext") == f"probabilities {values}"
    nearer = point(page, "B")[0]
    page.keyboard.press("1")
    assert nearer < point(page, "B")[0] < 1
    for k in range(3):
        page.keyboard.press(f"Shift+Digit{k + 1}")
        assert (point(page, "B") == np.eye(3)[k]).all()


def test_all_points_are_reached_with_the_tab_key(page):
    page.click("[data-chapter=flow]")
    page.locator("[data-layer=paths]").check()
    page.locator("[data-chapter=flow]").focus()
    names = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        names.append(name)
    wanted = {
        f"{what}, on the {view}"
        for what in ("Distribution A", "Distribution B", "Law T to be generated")
        for view in VIEWS
    }
    assert wanted <= set(names)


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


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_nothing_is_ever_not_a_number(page, chapter):
    page.click(f"[data-chapter={chapter}]")
    laws = [[0.5, 0.5, 0.0], *CORNERS]
    bodies = []
    for number, pair in enumerate(OTHER_ZEROS + EQUAL_ZEROS[-2:]):
        page.evaluate(f"explorer.set('bend', {number % 3 / 2})")
        for name, value in [("time", number % 2), ("clock", number / 6)]:
            page.evaluate(f"explorer.set('{name}', {value})")
        set_points(page, A=pair[0], B=pair[1], T=laws[number % 4])
        bodies.append(page.locator("main").evaluate("(main) => main.outerHTML"))
    assert not re.search(r"NaN|Infinity|undefined", "".join(bodies))
    assert len(set(bodies)) == len(bodies)


def test_fits_a_phone(open_page):
    page = open_page(360, 780, has_touch=True, is_mobile=True)
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
    for chapter in CHAPTERS:
        page.tap(f"[data-chapter={chapter}]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("innerWidth") == 360
        script = "(all) => all.map((one) => one.getBoundingClientRect().right)"
        assert max(page.locator("body *").evaluate_all(script)) <= 360


def test_plays_only_when_asked(open_page):
    page = open_page(reduced_motion="no-preference", clock=True)
    time, button = page.locator("output[for=clock]"), page.locator("#play")
    page.click("[data-chapter=flow]")
    start = time.text_content()
    page.clock.run_for(200)
    assert time.text_content() == start
    button.click()
    page.clock.run_for(200)
    assert button.text_content() == "Pause"
    button.click()
    paused = time.text_content()
    assert float(start) < float(paused) < 1
    page.clock.run_for(200)
    assert (time.text_content(), button.text_content()) == (paused, "Play")
    button.click()
    page.clock.run_for(50)
    page.clock.fast_forward(20000)
    assert (time.text_content(), button.text_content()) == ("1.00", "Play")


def test_reduced_motion_is_respected(open_page):
    page = open_page(reduced_motion="reduce")
    page.click("[data-chapter=flow]")
    page.click("#play")
    assert page.locator("output[for=clock]").text_content() == "1.00"


def test_dark_where_the_reader_wants_it(open_page):
    script = "getComputedStyle(document.body).backgroundColor"
    colours = {}
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme)
        colours[scheme] = page.evaluate(script)
    assert colours["light"] == "rgb(255, 255, 255)"
    assert max(map(int, re.findall(r"\d+", colours["dark"]))) < 40
    page.evaluate("postMessage({ theme: 'light' }, '*')")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    assert page.evaluate(script) == colours["light"]


def test_the_sites_page_gives_it_room_and_its_theme(browser, tmp_path):
    source = (PAGE.parents[1] / "explore.md").read_text()
    frame = re.search(r"```\{raw\} html\n(.*?)```", source, re.S)[1]
    around = tmp_path / "around.html"
    markup = f'<!DOCTYPE html><html data-theme="light"><section id="explore">{frame}'
    around.write_text(markup.replace("_static/explore.html", PAGE.as_uri()))
    page = browser.new_page(color_scheme="dark", viewport={"width": 500, "height": 600})
    page.goto(around.as_uri())
    inside = page.frames[1]
    inside.wait_for_function("document.documentElement.dataset.theme === 'light'")
    inside.wait_for_function("document.documentElement.offsetHeight <= innerHeight")
    short = inside.evaluate("innerHeight")
    inside.click("[data-chapter=paths]")
    inside.evaluate("document.querySelector('details').open = true")
    inside.wait_for_function(f"innerHeight > {short}")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    inside.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.close()


def test_controls_do_what_they_say(page):
    page.click("[data-chapter=ball]")
    small = page.locator("#octant path.ball").get_attribute("d")
    page.locator("#radius").fill("1")
    assert page.locator("#octant path.ball").get_attribute("d") != small
    page.locator("#bend").fill("0")
    assert page.evaluate("views.octant.toSpace([0.2, 0.3, 0.5])") == [0.2, 0.3, 0.5]
    page.locator("[data-layer=lattice]").check()
    assert page.locator("#triangle path.lattice").is_visible()
    page.locator("[data-layer=lattice]").uncheck()
    assert not page.locator("#triangle path.lattice").is_visible()
    turn = page.evaluate("views.octant.turn")
    box = page.locator("#octant").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.up()
    assert page.evaluate("views.octant.turn") != turn
    page.click("#reset")
    assert page.evaluate("views.octant.turn") == turn
