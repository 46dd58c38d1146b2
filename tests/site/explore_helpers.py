"""The interactive page: pairs of points to try, and hands to move them."""

from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[2] / "docs" / "_static" / "explore.html"
CHAPTERS = ("bend", "paths", "ball", "flow")
VIEWS = ("triangle", "octant")

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
