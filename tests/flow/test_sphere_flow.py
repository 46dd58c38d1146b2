"""Flows on the sphere: the mean velocity, and a density that integrates to 1."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fisher_manifold import flow, networks

SCRIPT = Path(__file__).with_name("sphere_flow.py")


def unit(n, dim, seed):
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(n, dim + 1, generator=generator, dtype=torch.float64)
    return torch.nn.functional.normalize(points, dim=1)


def log_map(x, c):
    theta = torch.arccos((x * c).sum(1, keepdim=True))
    return theta / theta.sin() * (c - theta.cos() * x)


def density(x, t, targets):
    """Density at the time t, up to a constant."""
    dim, a = x.shape[1] - 1, 1 - t
    theta = torch.arccos((x @ targets.T).clamp(-1, 1))
    phi = theta / a
    kernel = (phi.sin() / theta.sin()) ** (dim - 1) / a
    return torch.where(phi < math.pi, kernel, 0.0).mean(1)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_mean_velocity_moves_the_law(dim):
    # continuity, dp/dt + div(p v) = 0, by central differences on the sphere
    targets, x, t, h = unit(6, dim, 0), unit(40, dim, 1), 0.35, 1e-4

    def flux(y):
        times = torch.full((len(y),), t, dtype=torch.float64)
        v = flow.marginal_velocity(y, times, targets)
        return density(y, t, targets)[:, None] * v

    rate = (density(x, t + h, targets) - density(x, t - h, targets)) / (2 * h)
    divergence = torch.zeros(len(x), dtype=torch.float64)
    frames = torch.linalg.svd(x[:, None])[2][:, 1:]
    for k in range(dim):
        e = frames[:, k]
        ahead, behind = (flux(math.cos(h) * x + s * math.sin(h) * e) for s in (1, -1))
        divergence += ((ahead - behind) * e).sum(1) / (2 * h)
    # away from the walls of the kernels, where they have kinks
    phi = torch.arccos((x @ targets.T).clamp(-1, 1)) / (1 - t)
    smooth = ((phi - math.pi).abs() > 0.01).all(1)
    assert smooth.sum() > 25
    torch.testing.assert_close(
        rate[smooth], -divergence[smooth], atol=1e-5 * float(rate.abs().max()), rtol=0
    )


def test_one_target_pulls_straight_and_copies_count():
    c, x = unit(1, 2, 0), unit(30, 2, 1)
    t = torch.full((30,), 0.0, dtype=torch.float64)
    v = flow.marginal_velocity(x, t, c)
    torch.testing.assert_close(v, log_map(x, c.expand(30, 3)), atol=1e-10, rtol=1e-8)
    others = unit(3, 2, 2)
    t = torch.full((30,), 0.2, dtype=torch.float64)
    twice = flow.marginal_velocity(x, t, torch.cat([c, c, others]))
    # weights of the mixture, by the densities of its two parts
    p, q = density(x, 0.2, c), density(x, 0.2, others)
    v, w = (flow.marginal_velocity(x, t, part) for part in (c, others))
    share = (2 * p / (2 * p + 3 * q))[:, None]
    expected = torch.where(share > 0, share * v.nan_to_num(), 0.0)
    expected = expected + torch.where(share < 1, (1 - share) * w.nan_to_num(), 0.0)
    known = twice.isfinite().all(1)
    assert known.sum() > 25
    torch.testing.assert_close(twice[known], expected[known], atol=1e-9, rtol=1e-9)


def test_single_precision_late_in_time():
    targets = unit(200, 2, 0)
    a = 1e-3
    start = unit(200, 2, 1)
    x = targets + a * log_map(targets, start)
    x = torch.nn.functional.normalize(x, dim=1).float()
    targets = targets.float()
    t = torch.full((200,), 1 - a)
    v = flow.marginal_velocity(x, t, targets)
    exact = flow.marginal_velocity(x.double(), t.double(), targets.double())
    assert v.dtype == torch.float32
    # velocities have norms up to pi; rounding of x is magnified by 1 / a
    assert float((v - exact).abs().max()) < 10 * 6e-8 / a


def test_nothing_passes_far_from_all_targets_late():
    c = unit(1, 2, 0)
    v = flow.marginal_velocity(-c, torch.tensor([0.9], dtype=torch.float64), c)
    assert v.isnan().all()


def test_errors():
    x, t = unit(4, 2, 0), torch.zeros(4)
    with pytest.raises(ValueError, match=r"\[m, dim \+ 1\]"):
        flow.marginal_velocity(x, t, unit(2, 3, 0))
    with pytest.raises(ValueError, match=r"t of shape \[4\]"):
        flow.marginal_velocity(x, t[:1], x)
    with pytest.raises(ValueError, match="power > 0"):
        flow.LateTimes(0.0)
    with pytest.raises(ValueError, match="highest >= 1"):
        networks.FourierMLP((3,), highest=0.5)


def test_late_times_are_dense_at_the_end():
    grid = flow.LateTimes(2.0, 0.9).grid(10)
    assert grid[0] == 0 and math.isclose(grid[-1], 0.9)
    gaps = grid.diff()
    assert (gaps.diff() < 0).all()
    t = flow.LateTimes(3.0).sample(1000, torch.Generator().manual_seed(0))
    shares = (1 - t).double() ** (1 / 3)  # uniform
    assert abs(float(shares.mean()) - 0.5) < 1e-3  # stratified
    assert float(t.max()) < 1


def test_waves_fade_in():
    torch.manual_seed(0)
    network = networks.FourierMLP((3,), width=8, depth=1, n_waves=16, highest=100.0)
    x = unit(5, 2, 0).float()
    n = 16
    early, late = (network.features(x, torch.full((5,), t)) for t in (0.0, 1.0))
    lengths = network.waves.norm(dim=1)
    torch.testing.assert_close(lengths[[0, -1]], torch.tensor([1.0, 100.0]))
    for part in (slice(3, 3 + n), slice(3 + n, None)):
        ratio = early[:, part] / late[:, part]
        torch.testing.assert_close(ratio[:, 0], torch.full((5,), math.exp(-0.5)))
        assert float(early[:, part][:, -1].abs().max()) < 1e-30
    # in a flow map, whose network is told two times, it is the first that counts
    both = torch.stack([torch.zeros(5), torch.ones(5)], -1)
    torch.testing.assert_close(network.features(x, both), early)
    again = networks.TwoTimes(network)(x, torch.zeros(5), until=torch.ones(5))
    assert again.shape == x.shape
    norms = late[:, 3 : 3 + n] ** 2 + late[:, 3 + n :] ** 2
    torch.testing.assert_close(norms, torch.ones(5, n))


@pytest.fixture(scope="module")
def results():
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


def test_density_along_the_exact_field_is_the_closed_form(results):
    # the field has kinks where a target is ruled out, so the order is low there
    assert results["density_error"] < 1e-3


def test_mean_velocity_has_no_noise(results):
    assert results["losses"]["means"] < 1e-20
    assert results["losses"]["pairs"] > 0.1
    assert 0 < results["losses"]["some"] < 0.2 * results["losses"]["pairs"]


def test_learnt_density_integrates_to_one(results):
    assert abs(results["trained"]["integral"] - 1) < 0.01


def test_learnt_density_is_near_the_law(results):
    trained = results["trained"]
    assert trained["excess"] > -3 * trained["standard_error"]  # Gibbs
    assert trained["excess"] < 0.06
    assert trained["uniform"] - trained["entropy"] > 1  # of that much to learn


def test_checkpoint_gives_the_network_back(results):
    assert results["trained"]["same"]
