"""Divergences and densities on geomstats' own spaces, against closed forms."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("geomstats_likelihoods.py")
SPACES = ("sphere", "rotations", "hyperboloid", "poincare_ball", "spd")
FLOWS = ("rotated vMF", "uniform to tanh", "vMF(1) to vMF(5)", "wrapped normal")


@pytest.fixture(scope="module")
def errors():
    environment = {**os.environ, "GEOMSTATS_BACKEND": "pytorch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("space", SPACES)
def test_divergence(errors, space):
    assert errors["divergence"][space]["exact"] < 1e-13


@pytest.mark.parametrize("space", SPACES)
def test_estimated_divergence(errors, space):
    # The largest of 12: 4.5 standard errors have a chance of 1e-4.
    assert errors["divergence"][space]["standard_errors"] < 4.5


@pytest.mark.parametrize("name", FLOWS)
def test_density(errors, name):
    # Fourth order: the error of 50 steps for speeds of order 2.
    assert errors["density"][name]["error"] < 1e-6


def test_density_by_random_probes(errors):
    # The largest of 50.
    assert errors["density"]["Hutchinson"]["standard_errors"] < 4.5
    assert errors["density"]["Hutchinson"]["error"] > 1e-6
