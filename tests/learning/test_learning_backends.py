"""geomstats' algorithms on its other backends, which are chosen at import."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
TESTS = ("test_geomstats_learning.py", "test_geomstats_clustering.py")


@pytest.mark.parametrize("backend", ["autograd", "pytorch"])
def test_backend(backend):
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "--tb=short"]
    done = subprocess.run(
        [*command, *(str(HERE / name) for name in TESTS)],
        cwd=HERE.parents[1],
        env={**os.environ, "GEOMSTATS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
