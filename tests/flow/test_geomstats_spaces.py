"""The trainer on geomstats' own spaces, in a process with geomstats' torch backend."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("geomstats_spaces.py")
SPACES = ("hypersphere", "rotations", "spd", "hyperboloid", "euclidean")


@pytest.fixture(scope="module")
def outcomes():
    environment = {**os.environ, "GEOMSTATS_BACKEND": "pytorch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *SPACES],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", SPACES)
class TestGeomstatsSpace:
    def test_loss_falls(self, outcomes, name):
        assert outcomes[name]["after"] < 0.5 * outcomes[name]["before"]

    def test_samples_belong_to_the_space(self, outcomes, name):
        assert outcomes[name]["belongs"]

    def test_samples_come_near_the_data(self, outcomes, name):
        assert outcomes[name]["distance"] < 0.3 * outcomes[name]["start_distance"]

    def test_velocity_is_the_derivative_of_the_path(self, outcomes, name):
        outcome = outcomes[name]
        # Central differences with step 1e-6 in float64: about 1e-10 relative.
        assert outcome["velocity_error"] < 1e-7 * max(1.0, outcome["velocity_scale"])
        assert outcome["tangent"]

    def test_network_stays_float32_and_points_float64(self, outcomes, name):
        assert outcomes[name]["dtype"] == "torch.float64"
        assert outcomes[name]["network_dtype"] == "torch.float32"


def test_numpy_backend_is_refused_with_the_remedy():
    code = (
        "from geomstats.geometry.hypersphere import Hypersphere\n"
        "from fisher_manifold import flow\n"
        "flow.RandomPointSource(Hypersphere(2)).sample(3)\n"
    )
    environment = {**os.environ, "GEOMSTATS_BACKEND": "numpy"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "GEOMSTATS_BACKEND=pytorch" in done.stderr
