"""Solvers: orders of convergence, error control, evaluations, wrong arguments."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from solver_orders import TOLERANCES, measure

import fisher_manifold as fm
from fisher_manifold import flow

# torch's, when a derivative is first taken in forward mode.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

SCRIPT = Path(__file__).with_name("solver_orders.py")
GEOMSTATS = ("hypersphere", "hyperboloid", "rotations", "spd")
OURS = ("simplex", "orthant", "sequence")
ORDERS = {"euler": 1, "adams": 2, "heun": 2, "midpoint": 2, "rk4": 4}
EVALUATIONS = {"euler": 1, "adams": 1, "heun": 2, "midpoint": 2, "rk4": 4}


def our_outcome(name):
    g = torch.Generator().manual_seed(0)
    sphere = fm.PositiveHypersphere(2)
    # Near the centre, so that nothing reaches a wall in the unit of time.
    root = torch.rand(2, 2, 3, generator=g, dtype=torch.float64) + 1.0
    root = root / root.norm(dim=-1, keepdim=True)
    if name == "simplex":
        return measure(fm.FisherRaoSimplex(2), root[0] ** 2, scale=0.15)
    if name == "orthant":
        return measure(sphere, root[0], scale=0.15)
    return measure(fm.SequenceManifold(sphere, 2), root, scale=0.15)


@pytest.fixture(scope="module")
def outcomes():
    environment = {**os.environ, "GEOMSTATS_BACKEND": "pytorch", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *GEOMSTATS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout.splitlines()[-1])
    return {**theirs, **{name: our_outcome(name) for name in OURS}}


@pytest.mark.parametrize("name", GEOMSTATS + OURS)
class TestOnSpaces:
    def test_order_of_convergence(self, outcomes, name):
        for solver, order in ORDERS.items():
            # Measured between 16 and 64 steps, where the next order still shows.
            assert outcomes[name]["orders"][solver] == pytest.approx(order, abs=0.3)

    def test_evaluations(self, outcomes, name):
        assert outcomes[name]["evaluations"] == EVALUATIONS

    def test_errors_follow_the_tolerance(self, outcomes, name):
        for tolerance, (error, _) in zip(
            TOLERANCES, outcomes[name]["adaptive"], strict=True
        ):
            # The tolerance is that of a step; errors of steps add up and are carried
            # along by the flow.
            assert error < 10 * tolerance
        counts = [count for _, count in outcomes[name]["adaptive"]]
        # Order 3: a tenth of the error takes 10**(1/3) = 2.2 times the steps.
        assert counts[0] < counts[1] < counts[2] < 4 * counts[1]


class Rotation(torch.nn.Module):
    """Rotation of the first site around an axis, in embedding coordinates."""

    def __init__(self, space):
        super().__init__()
        self.space, self.default_times = space, flow.PowerTimes()

    def forward(self, x, t):
        axis = torch.tensor([0.2, -0.1, 0.4], dtype=x.dtype)
        return torch.linalg.cross(axis.expand_as(x), x)

    def labels(self, x):
        return None


def test_rotation_of_the_sphere_is_exact():
    """A field with a closed-form flow: the matrix exponential."""
    space = fm.PositiveHypersphere(2)
    x0 = torch.nn.functional.normalize(torch.tensor([[1.0, 1.2, 0.9]]).double())
    path = flow.GeodesicPath(space, flow.EmpiricalSource(x0))
    a, b, c = 0.2, -0.1, 0.4
    generator = torch.tensor([[0, -c, b], [c, 0, -a], [-b, a, 0]], dtype=torch.float64)
    exact = x0 @ torch.linalg.matrix_exp(0.5 * generator).T
    for solver, bound in (("euler", 1e-2), ("midpoint", 1e-5), ("rk4", 1e-9)):
        grid = torch.linspace(0, 0.5, 17).double()
        got = flow.sample(Rotation(space), path, 1, grid=grid, solver=solver).points
        assert float((got - exact).abs().max()) < bound


def test_adams_takes_unequal_steps():
    space = fm.PositiveHypersphere(2)
    x0 = torch.nn.functional.normalize(torch.tensor([[1.0, 1.2, 0.9]]).double())
    path = flow.GeodesicPath(space, flow.EmpiricalSource(x0))

    def end(steps, solver):
        grid = torch.linspace(0, 1, steps + 1).double() ** 2
        return flow.sample(Rotation(space), path, 1, grid=grid, solver=solver).points

    exact = end(64, "rk4")
    errors = [float((end(n, "adams") - exact).norm()) for n in (16, 32, 64)]
    assert 3.3 < errors[0] / errors[1] < 4.8 and 3.3 < errors[1] / errors[2] < 4.8


def test_where_nothing_moves_the_pull_back_is_the_identity():
    space = fm.PositiveHypersphere(2)
    x0 = torch.nn.functional.normalize(torch.ones(2, 3).double())
    path = flow.GeodesicPath(space, flow.EmpiricalSource(x0))

    class Late(Rotation):
        def forward(self, x, t):
            return super().forward(x, t) * (t > 0.25)[:, None]

    for solver in ("heun", "rk4", "adams"):
        grid = torch.linspace(0, 0.5, 9).double()
        result = flow.sample(Late(space), path, 2, grid=grid, solver=solver)
        assert torch.isfinite(result.points).all()
        assert float((result.points - x0[0]).abs().max()) > 1e-3


def categorical(length=2, k=3):
    space = fm.SequenceManifold(fm.PositiveHypersphere(k - 1), length)
    path = flow.GeodesicPath(space)

    class Constant(torch.nn.Module):
        def forward(self, x, t):
            return torch.linspace(0, 1, k).expand_as(x)

    return flow.PosteriorField(Constant(), path), path


def test_adaptive_steps_do_not_depend_on_the_batch():
    field, path = categorical()

    def draw(batch_size):
        g = torch.Generator().manual_seed(0)
        options = {"steps": 1, "solver": flow.Adaptive(0.03), "batch_size": batch_size}
        return flow.sample(field, path, 20, generator=g, **options)

    whole, single = draw(20), draw(3)
    assert torch.allclose(whole.points, single.points, atol=1e-5)
    assert whole.n_evaluations == single.n_evaluations


def test_adaptive_counts_every_call():
    field, path = categorical()
    calls = []
    forward = field.network.forward
    field.network.forward = lambda x, t: (calls.append(len(x)), forward(x, t))[1]
    g = torch.Generator().manual_seed(0)
    options = {"solver": flow.Adaptive(), "steps": 2, "generator": g}
    result = flow.sample(field, path, 20, **options)
    # Those that are done are evaluated no more.
    assert result.n_evaluations == len(calls) and min(calls) < max(calls) == 20


@pytest.mark.parametrize("solver", ["rk4", flow.Adaptive(0.03), flow.Renoising()])
def test_conditions_go_with_their_samples(solver):
    path = flow.GeodesicPath(fm.PositiveHypersphere(2))

    class Ordered(torch.nn.Module):
        """The law that is sure of the category that the condition names."""

        def forward(self, x, t, label):
            return 100.0 * torch.nn.functional.one_hot(label, 3).to(x.dtype)

    field, label = flow.PosteriorField(Ordered(), path), torch.arange(20) % 3
    options = {"solver": solver, "batch_size": 7, "conditions": {"label": label}}
    g = torch.Generator().manual_seed(0)
    result = flow.sample(field, path, 20, steps=3, generator=g, **options)
    assert torch.equal(result.labels, label)


def test_adaptive_gives_up_with_the_remedy():
    field, path = categorical()
    options = {"solver": flow.Adaptive(1e-6, 1e-6, max_steps=3)}
    with pytest.raises(RuntimeError, match="raise max_steps"):
        flow.sample(field, path, 4, **options)


@pytest.mark.parametrize("solver", ["rk4", flow.Adaptive(), flow.Renoising()])
def test_nan_is_reported(solver):
    field, path = categorical()
    field.network.forward = lambda x, t: torch.full_like(x, torch.nan)
    with pytest.raises(FloatingPointError, match="not trained"):
        flow.sample(field, path, 4, solver=solver)


@pytest.mark.parametrize("solver", [*ORDERS, flow.Adaptive(), flow.Renoising()])
def test_every_solver_visits_the_grid(solver):
    field, path = categorical()
    seen = []
    grid = [0.0, 0.1, 0.3, 0.5]
    options = {"grid": grid, "solver": solver, "on_step": lambda t, x: seen.append(t)}
    flow.sample(field, path, 3, generator=torch.Generator().manual_seed(0), **options)
    assert seen == pytest.approx(grid)


@pytest.mark.parametrize("solver", [*ORDERS, flow.Adaptive()])
@pytest.mark.parametrize("chart", [fm.PositiveHypersphere, fm.FisherRaoSimplex])
def test_exact_posterior_samples_the_exact_law(solver, chart):
    """One site: the flow of every solver has the law's frequencies."""
    path = flow.GeodesicPath(chart(2))
    law = torch.tensor([0.5, 0.3, 0.2])

    class Constant(torch.nn.Module):
        def forward(self, x, t):
            return law.log().expand_as(x)

    field, n = flow.PosteriorField(Constant(), path), 4_000
    options = {"steps": 20, "solver": solver, "batch_size": n}
    g = torch.Generator().manual_seed(0)
    result = flow.sample(field, path, n, generator=g, **options)
    counts = torch.nn.functional.one_hot(result.labels, 3).float().mean(0)
    # Four standard errors, and the discretisation of 20 steps.
    assert float((counts - law).abs().max()) < 4 * 0.5 / n**0.5 + 0.01
    assert bool(path.space.belongs(result.points).all())


@pytest.mark.parametrize(
    ("solver", "error", "message"),
    [
        ("runge", ValueError, "euler, adams, heun, midpoint, rk4"),
        (flow.Adaptive, TypeError, "object with a method step"),
        (3, TypeError, "object with a method step"),
    ],
)
def test_wrong_solvers(solver, error, message):
    field, path = categorical()
    with pytest.raises(error, match=message):
        flow.sample(field, path, 4, solver=solver)


def test_wrong_settings():
    with pytest.raises(ValueError, match="tolerances"):
        flow.Adaptive(0.0, 0.0)
    with pytest.raises(ValueError, match="max_steps"):
        flow.Adaptive(max_steps=0)
    with pytest.raises(ValueError, match="rows of 1, 2"):
        flow.RungeKutta((0.0, 1.0), (), (0.5, 0.5))
    with pytest.raises(ValueError, match="weights of sum 1"):
        flow.RungeKutta((0.0, 1.0), ((1.0,),), (0.5, 0.6))
