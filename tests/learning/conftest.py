"""Reproducible draws of geomstats' algorithms."""

import logging
import random

import geomstats.backend as gs
import numpy as np
import pytest

# Not to be collected for doctests: two modules named conftest cannot be imported.
collect_ignore = ["conftest.py"]


@pytest.fixture
def seeded():
    """geomstats draws from three global generators, and logs where it stops."""
    state, random_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    gs.random.seed(0)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)
    random.setstate(state)
    np.random.set_state(random_state)  # noqa: NPY002
