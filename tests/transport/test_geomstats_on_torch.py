"""Transport on geomstats' own spaces gives the same on its torch backend."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from transport_on_torch import run
from transport_spaces import SPACES, draw

SCRIPT = Path(__file__).with_name("transport_on_torch.py")


@pytest.fixture(scope="module")
def batches():
    return {name: draw(space, 5, 5, 5) for name, space in SPACES.items()}


@pytest.fixture(scope="module")
def on_torch(batches):
    given = {name: [x.tolist() for x in batch] for name, batch in batches.items()}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps(given),
        env={**os.environ, "GEOMSTATS_BACKEND": "pytorch", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", SPACES)
def test_tensors_give_what_arrays_give(batches, on_torch, name):
    expected = run(SPACES[name], *batches[name])
    for key, value in expected.items():
        found = on_torch[name][key]
        # geomstats' arccos takes a point to be 1e-8 from itself.
        assert np.allclose(found, value, rtol=1e-6, atol=1e-7), key
