"""The pages of docs whose examples show what they print."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if ">>> " in page.read_text())


def test_pages_are_found():
    assert {"metrics.md", "extending.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_is_printed(page):
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 3 and found.failed == 0
