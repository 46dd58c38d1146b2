"""Importing changes nothing global and loads nothing that is not asked for."""

import os
import subprocess
import sys

import pytest


def run(code, **environment):
    """Output of a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_import_loads_neither_torch_nor_geomstats_nor_hypothesis():
    code = """
import sys, fisher_manifold, fisher_manifold.testing
heavy = ("torch", "geomstats", "hypothesis", "scipy", "matplotlib", "autograd")
print(*[name for name in heavy if name in sys.modules])
"""
    assert run(code) == []


@pytest.mark.parametrize("backend", ["numpy", "autograd"])
def test_geometry_leaves_global_state_alone(backend):
    code = """
import sys, numpy as np
state = np.random.get_state()[1].copy()
import fisher_manifold.geometry as geometry
from fisher_manifold.testing import check_manifold
simplex = geometry.FisherRaoSimplex(2)
simplex.random_point(2, generator=np.random.default_rng(0))
print("torch" in sys.modules)
import torch
torch_state = torch.get_rng_state()
space = geometry.PositiveHypersphere(2)
space.metric.dist(*torch.eye(3)[:2])
check_manifold(space)
print((np.random.get_state()[1] == state).all())
print(torch.equal(torch.get_rng_state(), torch_state), torch.get_default_dtype())
"""
    output = run(code, GEOMSTATS_BACKEND=backend)
    assert output == ["False", "True", "True", "torch.float32"]
