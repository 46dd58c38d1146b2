"""Links within the built site lead somewhere: to a file, and to a place in it.

Build it first: ``sphinx-build docs docs/_build``. Without it these tests skip.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(
    os.environ.get(
        "FISHER_MANIFOLD_SITE", Path(__file__).parents[2] / "docs" / "_build"
    )
)
"""Where the site is; the variable names another folder."""
LINK = re.compile(r'\s(?:href|src)="([^"]*)"')
FETCHED = re.compile(r'<(?:script|img|link)\s[^>]*(?:src|href)="(?:https?:)?//[^>]*>')
PLACE = re.compile(r'\sid="([^"]*)"')

pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").exists(), reason=f"no built site in {SITE}"
)


@pytest.fixture(scope="module")
def pages():
    """Text of all pages but those that belong to the theme."""
    found = SITE.resolve().rglob("*.html")
    return {path: path.read_text() for path in found if "_static" not in path.parts}


def links(text):
    """Addresses on a page, without those of other sites."""
    for link in set(LINK.findall(text)):
        parts = urlsplit(link.replace("&amp;", "&"))
        if not parts.scheme and not parts.netloc:
            yield link, unquote(parts.path), unquote(parts.fragment)


def test_links_lead_to_files_and_places(pages):
    places = {path: set(PLACE.findall(text)) for path, text in pages.items()}
    dead = []
    for path, text in pages.items():
        for link, file, place in links(text):
            target = Path(os.path.normpath(path.parent / file)) if file else path
            missing = place and target in places and place not in places[target]
            if not target.exists() or missing:
                dead.append((path.name, link))
    assert not dead


def test_nothing_is_fetched_from_elsewhere(pages):
    fetched = {
        (path.name, found)
        for path, text in pages.items()
        for found in re.findall(FETCHED, text)
        if not re.search(r'rel="(?:canonical|author)"', found)
    }
    assert not fetched


def test_pictures_have_a_text(pages):
    silent = {
        (path.name, image)
        for path, text in pages.items()
        for image in re.findall(r"<img[^>]*>", text)
        if not re.search(r'alt="[^"]+"', image)
    }
    assert not silent
