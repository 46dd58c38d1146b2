"""The interactive page in a real browser."""

import os
import shutil

import pytest
from explore_helpers import PAGE

# Not to be collected for doctests: two modules named conftest cannot be imported.
collect_ignore = ["conftest.py"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def browser():
    """Chromium, headless; without playwright or a browser the tests skip."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install playwright"
    )
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
