"""Velocities of geodesics near their ends, entry by entry, against 50 digits."""

import numpy as np
import pytest
import torch

import fisher_manifold as fm

from . import oracle

STARTS = [[0.2, 0.3, 0.5], [0.999, 0.0005, 0.0005], [1e-6, 0.4, 0.599999]]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("chart", [fm.FisherRaoSimplex, fm.PositiveHypersphere])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("early", [False, True])
def test_velocity_near_a_vertex(chart, start, early, dtype):
    """Of the entry that is nearly 1, too, which hardly moves any more."""
    space, simplex = chart(dim=2), chart is fm.FisherRaoSimplex
    inside = torch.tensor(start, dtype=torch.float64)
    inside = (inside if simplex else inside.sqrt()).to(dtype)
    vertex = torch.tensor([0.0, 0.0, 1.0], dtype=dtype)
    a, b = (vertex, inside) if early else (inside, vertex)
    for k in range(1, 7):
        t = torch.tensor(10.0**-k if early else 1 - 10.0**-k, dtype=dtype)
        _, velocity = space.metric.geodesic_state(a, b, t)
        expected = velocity_in_digits(a, b, t, simplex)
        error = np.abs((oracle.exact(velocity) - expected).astype(float))
        size = np.abs(expected.astype(float))
        assert (error <= 50 * torch.finfo(dtype).eps * size).all()


def velocity_in_digits(a, b, t, simplex):
    """Velocity at time t, in the coordinates of the chart."""
    a, b = (oracle.unit(oracle.root(x, simplex)) for x in (a, b))
    theta, t = oracle.angle(a, b), oracle.exact(t)[0]
    sine, rest = oracle.sin(theta), 1 - t
    moved = oracle.cos(t * theta) * b - oracle.cos(rest * theta) * a
    velocity = theta / sine * moved
    if not simplex:
        return velocity
    point = (oracle.sin(rest * theta) * a + oracle.sin(t * theta) * b) / sine
    return 2 * point * velocity
