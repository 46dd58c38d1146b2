"""What all tests share: reproducible examples, one thread, no windows."""

import os
import sys

import hypothesis
import pytest

# Not to be collected for doctests: two modules named conftest cannot be imported, and
# benchmarks choose geomstats' backend.
collect_ignore = ["conftest.py", "benchmarks"]

os.environ.setdefault("MPLBACKEND", "Agg")

# Examples are a function of the test alone, and a slow machine is no failure: the
# suite never flakes.
hypothesis.settings.register_profile(
    "derandomized",
    derandomize=True,
    deadline=None,
    max_examples=30,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("derandomized")


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Keep torch to one thread: xdist runs as many workers as there are cores."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
