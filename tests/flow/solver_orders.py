"""Errors of the solvers on smooth flows, against scipy in the ambient space.

Run by test_solvers.py in a process whose geomstats backend is pytorch, for geomstats'
spaces; imported by it for ours.  Prints a JSON object.
"""

import json
import math
import sys

import torch
from scipy.integrate import solve_ivp

from fisher_manifold import flow

STEPS = (16, 64)
SOLVERS = ("euler", "adams", "heun", "midpoint", "rk4")
TOLERANCES = (1e-2, 1e-4, 1e-5)


class SmoothField(torch.nn.Module):
    """A smooth field without symmetry, tangent to the space."""

    default_times = flow.PowerTimes()

    def __init__(self, space, scale=0.7):
        super().__init__()
        g = torch.Generator().manual_seed(1)
        shape = (2, *space.shape)
        self.a, self.b = scale * torch.randn(shape, generator=g, dtype=torch.float64)
        self.space = space

    def forward(self, x, t):
        """Velocity at x."""
        t = t.reshape(-1, *[1] * (x.ndim - 1))
        vector = self.a * torch.cos(2 * t) + self.b * torch.sin(x.flip(-1) + t)
        # On the simplex the ambient vector is taken in sphere coordinates.
        to_tangent = getattr(self.space, "tangent_from_root", self.space.to_tangent)
        return to_tangent(vector, x)

    def labels(self, x):
        """No labels."""


class Start:
    """A source of given points."""

    def __init__(self, points):
        self.points = points

    def sample(self, n, generator=None, dtype=None, device=None):
        """Return the points."""
        return self.points


def truth(field, start):
    """Flow of the field over the unit of time, by scipy's method of order 8."""

    def rhs(t, flat):
        x = torch.as_tensor(flat).reshape(start.shape)
        return field(x, torch.full((len(x),), t, dtype=x.dtype)).numpy().ravel()

    options = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13}
    end = solve_ivp(rhs, (0.0, 1.0), start.numpy().ravel(), **options).y[:, -1]
    return torch.as_tensor(end).reshape(start.shape)


def measure(space, start, scale=0.7):
    """Orders of convergence of each solver; errors of the adaptive one."""
    field, path = SmoothField(space, scale), flow.GeodesicPath(space, Start(start))
    exact = truth(field, start)

    def run(solver, grid):
        options = {"grid": grid, "solver": solver}
        result = flow.sample(field, path, len(start), **options)
        return float((result.points - exact).abs().max()), result.n_evaluations

    orders, evaluations = {}, {}
    for name in SOLVERS:
        grids = [torch.linspace(0, 1, n + 1, dtype=torch.float64) for n in STEPS]
        errors, counts = zip(*(run(name, grid) for grid in grids), strict=True)
        orders[name] = math.log(errors[0] / errors[-1]) / math.log(STEPS[-1] / STEPS[0])
        evaluations[name] = counts[0] / STEPS[0]
    adaptive = [run(flow.Adaptive(tol, tol), [0.0, 1.0]) for tol in TOLERANCES]
    return {"orders": orders, "evaluations": evaluations, "adaptive": adaptive}


def geomstats_spaces():
    """Spaces of geomstats: a closed form of log in forward mode, and one without."""
    from geomstats.geometry.hyperboloid import Hyperboloid
    from geomstats.geometry.hypersphere import Hypersphere
    from geomstats.geometry.spd_matrices import SPDMatrices
    from geomstats.geometry.special_orthogonal import SpecialOrthogonal

    spaces = {
        "hypersphere": Hypersphere(2),
        "hyperboloid": Hyperboloid(2),
        "rotations": SpecialOrthogonal(3, equip=True),
        "spd": SPDMatrices(2),
    }
    g = torch.Generator().manual_seed(0)
    starts = {
        name: flow.RandomPointSource(space).sample(2, g, dtype=torch.float64)
        for name, space in spaces.items()
    }
    return {name: (space, starts[name]) for name, space in spaces.items()}


if __name__ == "__main__":
    chosen = geomstats_spaces()
    print(json.dumps({name: measure(*chosen[name]) for name in sys.argv[1:] or chosen}))
