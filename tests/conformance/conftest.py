"""Seeds, marks and strictness of geomstats' test cases."""

import pathlib
import random
import sys
import zlib

import numpy as np
import pytest

# Drops tests that have no data: those that deselected.py lists.
from geomstats.test.conf import pytest_collection_modifyitems  # noqa: F401

# Not to be collected for doctests: two modules named conftest cannot be imported.
collect_ignore = ["conftest.py"]

HERE = pathlib.Path(__file__).parent
MARKS = ("ignore", "mathprop", "random", "shape", "type", "vec")


def pytest_configure(config):
    """Register the marks of geomstats' test cases."""
    for mark in MARKS:
        config.addinivalue_line("markers", f"{mark}: of geomstats' test cases")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A skipped test is a failed one."""
    report = yield
    if report.skipped and HERE in item.path.parents:
        report.outcome = "failed"
        report.longrepr = f"skipped, which conformance forbids: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def seeded(request):
    """Seed the global generators that geomstats draws from; restore them after."""
    seed = zlib.crc32(request.node.nodeid.encode())
    torch = sys.modules.get("torch")
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    torch_state = torch.get_rng_state() if torch else None
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    if torch:
        torch.manual_seed(seed)
    yield
    random.setstate(python_state)
    np.random.set_state(numpy_state)  # noqa: NPY002
    if torch:
        torch.set_rng_state(torch_state)
