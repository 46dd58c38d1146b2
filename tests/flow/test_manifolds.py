"""Flows on many manifolds, in processes with geomstats' torch backend.

Each trains on float32 data, samples, has its velocity compared with differences of the
path and its likelihood with the determinant of the flow, and is run on a second device
that stands for a GPU.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fisher_manifold import adapters, flow

SCRIPT = Path(__file__).with_name("manifold_runs.py")
CLOSED = (
    "sphere",
    "hyperboloid",
    "Poincare ball",
    "Poincare half-space",
    "Poincare polydisk",
    "SO(3)",
    "SE(3)",
    "SPD, affine",
    "SPD, log-Euclidean",
    "SPD, Bures-Wasserstein",
    "Grassmann",
    "pre-shapes",
    "torus",
    "Klein bottle",
    "sphere x SPD",
    "normal laws",
    "simplex (ours)",
    "sequences (ours)",
    "own subclass: cylinder",
)
SOLVED = (
    "Stiefel",
    "correlation matrices",
    "Dirichlet laws",
    "own subclass: paraboloid",
)
GEOOPT = ("geoopt's sphere", "geoopt's ball")
needs_geoopt = pytest.mark.skipif(
    importlib.util.find_spec("geoopt") is None, reason="needs geoopt"
)
SPACES = (
    *CLOSED,
    *SOLVED,
    *(pytest.param(name, marks=needs_geoopt) for name in GEOOPT),
)


@pytest.fixture(scope="module")
def outcomes():
    environment = {**os.environ, "GEOMSTATS_BACKEND": "pytorch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    return found


@pytest.mark.parametrize("name", SPACES)
class TestManifold:
    def test_trains(self, outcomes, name):
        training = outcomes[name]["training"]
        # Few steps where each geodesic costs a solver.
        share = 0.95 if name in SOLVED else 0.6
        assert training["after"] < share * training["before"]

    def test_samples(self, outcomes, name):
        assert outcomes[name]["training"]["belongs"]

    def test_float32_stays(self, outcomes, name):
        training = outcomes[name]["training"]
        assert training["dtypes"] == ["torch.float32"]
        assert training["loss_dtype"] == "torch.float32"

    def test_float32_paths_are_right(self, outcomes, name):
        velocity = outcomes[name]["velocity"]
        # Ends rounded to 1e-7; solvers stop at a tolerance of about 1e-3.
        tolerance = 1e-2 if name in SOLVED else 1e-5
        assert velocity["float32_error"] < tolerance * max(1.0, velocity["scale"])

    def test_velocity_is_the_derivative_of_the_path(self, outcomes, name):
        velocity = outcomes[name]["velocity"]
        # Differences of step 1e-6, and 1e-3 where solvers are not that precise.
        tolerance = 1e-3 if name in SOLVED else 1e-8
        assert velocity["error"] < tolerance * max(1.0, velocity["scale"])
        assert velocity["tangent"]

    def test_likelihood(self, outcomes, name):
        likelihood = outcomes[name]["likelihood"]
        # Fourth order in 10 steps.
        assert likelihood["error"] < 1e-4 * likelihood["scale"]
        assert likelihood["scale"] > 1e-3

    @pytest.mark.parametrize("part", ["train", "sample", "log_prob", "couple"])
    def test_on_another_device(self, outcomes, name, part):
        if part in ("sample", "couple") and name in SOLVED:
            pytest.skip("one more call of a solver shows nothing new")
        assert outcomes[name]["on_device"][part] == ""


def test_nothing_global_is_left_behind(outcomes):
    devices = {outcome["on_device"]["afterwards"] for outcome in outcomes.values()}
    assert devices == {"cpu"}


class Curve:
    """A space that has nothing but a name."""

    def __repr__(self):
        return "Curve()"


class Geoopt(Curve):
    """A manifold in the style of geoopt."""

    def expmap(self, x, u):
        """Exponential."""


def test_what_a_space_lacks_is_named():
    with pytest.raises(TypeError, match=r"Curve\(\) without projection.*metric\.log"):
        flow.GeodesicPath(Curve())
    with pytest.raises(TypeError, match="equip_with_metric"):
        flow.VelocityField(torch.nn.Identity(), Curve())
    with pytest.raises(TypeError, match=r"adapters\.GeooptSpace"):
        flow.GeodesicPath(Geoopt())
    with pytest.raises(TypeError, match="without logmap, inner"):
        adapters.GeooptSpace(Geoopt(), (3,))
    with pytest.raises(TypeError, match="random_point"):
        flow.RandomPointSource(Curve())


def test_geomstats_alone_fails_on_another_device(outcomes):
    fails = {name for name in CLOSED if outcomes[name]["on_device"]["bare"]}
    assert {"sphere", "SO(3)", "SPD, affine", "Grassmann", "torus"} <= fails


@needs_geoopt
@pytest.mark.parametrize("name", GEOOPT)
def test_geoopt_agrees_with_geomstats(outcomes, name):
    agreement = outcomes[name]["agreement"]
    assert agreement["error"] < 1e-10
    assert agreement["dim"] and agreement["on"] and not agreement["off"]
