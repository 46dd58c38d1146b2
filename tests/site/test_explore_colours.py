"""Colours of the interactive page are told apart by every reader, light or dark."""

import re
from itertools import combinations

import pytest
from colour_vision import SIGHTS, contrast, difference, lab
from explore_helpers import PAGE

THEMES = ("light", "dark")
CURVES = ("riemann", "mixture", "exponential")
DOTS = ("one", "two", "three")


@pytest.fixture(params=THEMES)
def colours(request):
    """Names and values of one theme."""
    blocks = re.findall(r"^:root[^{]*\{(.*?)\}", PAGE.read_text(), re.S | re.M)
    themes = [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in blocks]
    assert [set(theme) for theme in themes] == [set(themes[0])] * 2
    return themes[THEMES.index(request.param)]


@pytest.mark.parametrize("names", [CURVES, DOTS], ids=["curves", "dots"])
def test_curves_and_dots_are_told_apart(colours, names):
    for one, other in combinations([colours[name] for name in names], 2):
        for sight in SIGHTS:
            assert difference(one, other, sight) > 15, (one, other, sight)
        assert abs(lab(one)[0] - lab(other)[0]) > 4, (one, other)


def test_what_is_drawn_is_seen(colours):
    # WCAG 2.2, 1.4.11: graphics 3 to 1; 1.4.3: text 4.5 to 1.
    for name in CURVES + DOTS + ("ball", "edge"):
        for ground in ("surface", "shade", "glow"):
            assert contrast(colours[name], colours[ground]) >= 3, (name, ground)
    for text, ground in [
        *[("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card")],
        *[("on-accent", "accent"), ("ink", "surface")],
    ]:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
