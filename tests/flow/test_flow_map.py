"""Flow maps: identity, distillation of flows with known ends, and what they refuse."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from exact_laws import exact_field

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.data import CopyConstraint, IndependentSites

SCRIPT = Path(__file__).with_name("geomstats_flow_maps.py")
OPTIONS = {"batch_size": 256, "learning_rate": 5e-3, "ema_decay": 0.98, "warmup": 20}


def make_map(evidence=True, n_classes=0, seed=0):
    """A map of random weights, output not zero."""
    torch.manual_seed(seed)
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
    path = flow.GeodesicPath(space)
    network = networks.TwoTimes(networks.MLP(space.shape, 16, 1, n_classes))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return flow.FlowMap(flow.PosteriorField(network, path, evidence)), path


@pytest.fixture(scope="module")
def distilled():
    """Field of two sites that agree, its path, and the trainer of its map."""
    field, path = exact_field(CopyConstraint(IndependentSites([[0.7, 0.3]])))
    torch.manual_seed(0)
    network = networks.TwoTimes(networks.MLP(path.space.shape, 32, 1))
    g = torch.Generator().manual_seed(0)
    trainer = flow.distill(
        field, path, network, 2000, 500, generator=g, progress=False, **OPTIONS
    )
    return field, path, trainer


class TestMap:
    @pytest.mark.parametrize("evidence", [True, False])
    def test_identity_where_the_times_are_equal(self, evidence):
        flow_map, path = make_map(evidence)
        x = path.source.sample(50, torch.Generator().manual_seed(0))
        s, t = torch.full((50,), 0.2), torch.full((50,), 0.4)
        assert torch.equal(flow_map(x, s, s), x)
        assert float((flow_map(x, s, t) - x).detach().abs().max()) > 0.05

    def test_posterior_means_point_inward(self):
        flow_map, path = make_map()
        x = path.source.sample(200, torch.Generator().manual_seed(0))
        moved = flow_map(x, torch.zeros(200), torch.full((200,), 0.5))
        assert bool(path.space.belongs(moved.detach(), atol=1e-6).all())

    def test_the_map_sees_the_point_at_time_0(self):
        flow_map, path = make_map()
        x = path.source.sample(2, torch.Generator().manual_seed(0))
        x_other = torch.stack([x[0], torch.stack([x[0, 0], x[1, 1]])])
        s, t = torch.zeros(2), torch.full((2,), 0.5)
        first = flow_map(x_other, s, t)[:, 0]  # the points differ at the other site
        assert float((first[0] - first[1]).detach().abs().max()) > 1e-3

    def test_conditions_reach_the_network(self):
        flow_map, path = make_map(n_classes=2)
        ends = [
            flow.sample(
                flow_map.field,
                path,
                20,
                steps=2,
                generator=torch.Generator().manual_seed(0),
                solver=flow_map,
                conditions={"label": torch.full((20,), label)},
            ).points
            for label in (0, 0, 1)
        ]
        assert torch.equal(ends[0], ends[1]) and not torch.equal(ends[0], ends[2])


class TestDistillation:
    @pytest.mark.parametrize("steps", [1, 2, 8])
    def test_the_map_ends_where_the_flow_ends(self, distilled, steps):
        field, path, trainer = distilled

        def draw(solver, grid):
            g = torch.Generator().manual_seed(5)
            options = {"generator": g, "solver": solver, "grid": grid}
            return flow.sample(field, path, 2000, **options)

        grid = trainer.path.times.grid(steps)
        exact = draw("euler", field.default_times.grid(200))
        mapped = draw(trainer.field, grid)
        assert mapped.n_evaluations == steps
        same = [
            float((result.labels == exact.labels).all(-1).double().mean())
            for result in (mapped, draw("euler", grid))
        ]
        assert same[0] > 0.92 and (steps > 1 or same[1] < 0.75)

    def test_a_checkpoint_brings_the_map_back(self, distilled, tmp_path):
        field, path, trainer = distilled
        trainer.save(tmp_path)
        loaded = flow.Trainer.load(tmp_path)
        x = path.source.sample(20, torch.Generator().manual_seed(0))
        s, t = torch.zeros(20), torch.full((20,), 0.5)
        assert torch.equal(loaded.field(x, s, t), trainer.field(x, s, t))
        assert loaded.path.grid == trainer.path.grid
        sampled = flow.sample(loaded.field.field, path, 5, steps=1, solver=loaded.field)
        assert sampled.labels.shape == (5, 2)

    def test_a_geomstats_sphere(self):
        environment = {**os.environ, "GEOMSTATS_BACKEND": "pytorch"}
        environment["OMP_NUM_THREADS"] = "1"
        done = subprocess.run(
            [sys.executable, str(SCRIPT)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        assert found["identity"] < 1e-6 and found["belongs"]
        assert found["error"] < 0.1 * found["way"]


class TestTrajectories:
    def test_they_are_those_of_the_sampler(self):
        field, path = exact_field(IndependentSites([[0.6, 0.4]] * 2))
        grid = [0.0, 0.05, 0.1, 0.2, 0.5]
        trajectories = flow.Trajectories(path, grid, every=2)
        assert trajectories.times.grid(2).tolist() == [0.0, 0.1, 0.5]
        g = torch.Generator().manual_seed(0)
        points = trajectories.follow(field, 7, g, batch_size=4)
        assert points.shape == (7, 3, 2, 2)
        start = path.source.sample(7, torch.Generator().manual_seed(0))
        assert torch.equal(points[:, 0], start)
        for last, row in ((3, 1), (5, 2)):
            g = torch.Generator().manual_seed(0)
            end = flow.sample(field, path, 7, generator=g, grid=grid[:last]).points
            assert float((points[:, row] - end).abs().max()) < 1e-6

    def test_every_piece_is_drawn(self):
        space = fm.PositiveHypersphere(2)
        path = flow.GeodesicPath(space)
        trajectories = flow.Trajectories(path, [0.0, 0.2, 0.3, 0.5], every=1)
        g = torch.Generator().manual_seed(0)
        points = space.random_point(3 * 4).astype(np.float32).reshape(3, 4, 3)
        batch = trajectories.sample(
            torch.as_tensor(points)[0].expand(900, 4, 3), generator=g
        )
        pairs = torch.stack([batch.t, batch.until], 1)
        found, counts = pairs.unique(dim=0, return_counts=True)
        expected = [(0.0, 0.2), (0.0, 0.3), (0.0, 0.5), (0.2, 0.3), (0.2, 0.5)]
        expected = torch.tensor([*expected, (0.3, 0.5)])
        assert torch.allclose(found, expected)
        assert counts.tolist() == pytest.approx([100] * 3 + [150] * 2 + [300], abs=2)
        way = (batch.until - batch.t)[:, None] * batch.velocity
        end = space.metric.exp(way, batch.x_t)
        assert float((end - batch.x_until).abs().max()) < 1e-5

    @pytest.mark.parametrize("kind", ["FisherRaoSimplex", "PositiveHypersphere"])
    def test_the_posterior_of_a_piece_leads_to_its_end(self, kind):
        space = fm.SequenceManifold(getattr(fm, kind)(3), 5)
        path, g = flow.GeodesicPath(space), torch.Generator().manual_seed(0)
        x = path.source.sample(100, g, dtype=torch.float64)
        s, t = torch.full((100,), 0.1), torch.full((100,), 0.4)
        p = torch.rand(100, 5, 4, generator=g, dtype=torch.float64)
        p = p / p.sum(-1, keepdim=True)
        share = 0.3 / 0.9
        end = space.metric.exp(share * space.metric.mean_log_to_vertices(p, x), x)
        batch = flow.trajectories.Segment(space, s, t, x, end)
        # The times are float32's.
        assert float((batch.posterior - p).abs().max()) < 1e-5

    def test_pieces_of_a_flow_have_nearly_a_posterior(self):
        field, path = exact_field(IndependentSites([[0.5, 0.3, 0.2]]))
        trajectories = flow.Trajectories(path, field.default_times.grid(64))
        g = torch.Generator().manual_seed(0)
        points = trajectories.follow(field, 1000, g)
        batch = trajectories.sample(points, generator=g)
        share = ((batch.until - batch.t) / (1 - batch.t))[:, None, None]
        way = path.space.metric.mean_log_to_vertices(batch.posterior, batch.x_t)
        end = path.space.metric.exp(share * way, batch.x_t)
        distance = path.space.metric.dist(end, batch.x_until)
        length = path.space.metric.dist(batch.x_t, batch.x_until)
        assert float(distance.max()) < 0.02 < float(length.mean())

    def test_bad_requests(self):
        path = flow.GeodesicPath(fm.PositiveHypersphere(2))
        for grid in ([0.1, 0.5], [0.0, 0.5, 0.5], [0.0]):
            with pytest.raises(ValueError, match="increasing from 0"):
                flow.Trajectories(path, grid, every=1)
        with pytest.raises(ValueError, match="that 2 divides, got 3"):
            flow.Trajectories(path, [0.0, 0.1, 0.2, 0.5], every=2)
        trajectories = flow.Trajectories(path, [0.0, 0.5], every=1)
        with pytest.raises(ValueError, match=r"shape \[n, 2, 3\], got \[4, 3\]"):
            trajectories.sample(torch.zeros(4, 3))


class TestTwoTimes:
    def test_it_starts_as_the_network(self):
        network = networks.SequenceCNN(4, 6, width=8, depth=1, n_classes=2)
        torch.nn.init.normal_(network.output.weight)
        both = networks.TwoTimes(network)
        x, t, label = torch.rand(3, 6, 4), torch.rand(3), torch.tensor([0, 1, 1])
        expected = network(x, t, label)
        for until in (None, t, t + 0.3):
            assert torch.equal(both(x, t, until, label=label), expected)
        assert not torch.equal(both(x, t, t + 0.3, point=x, label=label), expected)

    def test_it_needs_a_reference_network(self):
        with pytest.raises(TypeError, match="a keyword `until`"):
            networks.TwoTimes(torch.nn.Linear(3, 3))
