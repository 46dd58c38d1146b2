"""The interactive page by mouse, touch and keys, on a desk and on a phone."""

import re

import numpy as np
import pytest
from explore_helpers import (
    CHAPTERS,
    CORNERS,
    EQUAL_ZEROS,
    OTHER_ZEROS,
    PAGE,
    VIEWS,
    centre,
    drag,
    handle,
    lengths,
    point,
    set_points,
    shares,
)


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
