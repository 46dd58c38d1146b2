"""Semidiscrete transport: cells, costs, frequencies, files and training."""

from pathlib import Path

import numpy as np
import ot
import pytest
import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hypersphere import Hypersphere
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import fisher_manifold as fm
from fisher_manifold import data, flow, networks, transport

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(2), 3)
TARGETS = torch.tensor([[0, 1, 2], [2, 2, 2], [0, 1, 2], [1, 0, 0], [1, 1, 1]])
WEIGHTS = torch.tensor([0.1, 0.3, 0.2, 0.4, 0.0], dtype=torch.float64)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def small(conditions=None, n_samples=100_000):
    coupling = transport.SemidiscreteCoupling(SPACE, TARGETS, WEIGHTS, conditions)
    fit = coupling.fit(
        flow.DirichletSource(SPACE), n_samples, n_fresh=50_000, generator=generator()
    )
    return coupling, fit


def octant_grid(n):
    """Points of equal areas on the octant: equidistant in height and longitude."""
    middle = (np.arange(n) + 0.5) / n
    height, longitude = np.meshgrid(middle, np.pi / 2 * middle)
    radius = np.sqrt(1 - height**2)
    points = [radius * np.cos(longitude), radius * np.sin(longitude), height]
    return torch.from_numpy(np.stack(points, -1).reshape(-1, 3))


@pytest.mark.parametrize(
    "weights", [[1 / 3, 1 / 3, 1 / 3], [0.2, 0.3, 0.5], [0.002, 0.008, 0.99]]
)
def test_masses_of_cells_by_quadrature(weights):
    """On the simplex, uniform noise: cells of vertices have the masses wanted."""
    space = fm.FisherRaoSimplex(2)
    weights = torch.tensor(weights, dtype=torch.float64)
    coupling = transport.SemidiscreteCoupling(space, torch.arange(3), weights)
    source = flow.DirichletSource(space)
    fit = coupling.fit(source, 6_000_000, batch_size=8192, generator=generator(1))
    grid = octant_grid(1000)
    labels = coupling(grid**2).x1
    masses = torch.bincount(labels, minlength=3) / len(labels)
    assert float(abs(masses - weights).max()) < 1e-3
    assert float(abs(fit.masses - weights).max()) < 3e-3  # chance of 100 000 draws
    assert fit.converged and fit.marginal_error < 0.01


def test_cost_and_potentials_of_weighted_vertices():
    """Dual value and cost against POT's plan from a quadrature grid."""
    space = fm.PositiveHypersphere(2)
    b = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    coupling = transport.SemidiscreteCoupling(space, torch.arange(3), b)
    source = flow.DirichletSource(space)
    fit = coupling.fit(source, 2_000_000, n_fresh=400_000, generator=generator())
    grid = octant_grid(60)
    cost = (2 * torch.acos(grid)) ** 2
    exact = ot.emd2(np.full(3600, 1 / 3600), b.numpy(), cost.numpy(), numItermax=10**7)
    assert fit.cost == pytest.approx(exact, abs=4 * fit.cost_standard_error + 2e-3)
    assert fit.dual_value == pytest.approx(exact, abs=4 * fit.cost_standard_error)


class UniformInterval:
    """Uniform law on [0, 1], in numpy."""

    def sample(self, n, generator=None):
        """Draw n points."""
        return generator.random((n, 1))


def test_cells_of_an_interval_are_quantiles():
    """In one dimension the plan is monotone: cells end at the sums of the weights."""
    targets = np.array([[3.0], [-1.0], [0.2]])
    weights = np.array([0.5, 0.2, 0.3])
    coupling = transport.SemidiscreteCoupling(Euclidean(1), targets, weights)
    rng = np.random.default_rng(0)
    fit = coupling.fit(UniformInterval(), 500_000, n_fresh=50_000, generator=rng)
    x0 = np.array([[0.195], [0.205], [0.495], [0.505]])
    pairs = coupling(x0)
    np.testing.assert_array_equal(pairs.x1.ravel(), [-1.0, 0.2, 0.2, 3.0])
    assert isinstance(pairs.x1, np.ndarray) and isinstance(fit.masses, np.ndarray)
    # The integral of (x - y)^2 over each cell.
    ends = np.array([0.0, 0.2, 0.5, 1.0])
    at = np.array([-1.0, 0.2, 3.0])
    exact = (((ends[1:] - at) ** 3 - (ends[:-1] - at) ** 3) / 3).sum()
    assert fit.cost == pytest.approx(exact, abs=4 * fit.cost_standard_error + 1e-3)


class UniformSphere:
    """Uniform law on the sphere, in numpy."""

    def sample(self, n, generator=None):
        """Draw n points."""
        x = generator.normal(size=(n, 3))
        return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_any_geomstats_space():
    """Two poles of a sphere: caps, whose areas are known."""
    poles, weights = np.array([[0, 0, 1.0], [0, 0, -1.0]]), np.array([0.1, 0.9])
    coupling = transport.SemidiscreteCoupling(Hypersphere(2), poles, weights)
    coupling.fit(UniformSphere(), 1_000_000, generator=np.random.default_rng(0))
    z = np.array([0.795, 0.805])  # a cap of height 0.2 has a tenth of the area
    x0 = np.stack([np.sqrt(1 - z**2), 0 * z, z], -1)
    np.testing.assert_array_equal(coupling(x0).x1[:, 2], [-1.0, 1.0])


def test_frequencies_duplicates_and_conditions():
    coupling, fit = small({"number": torch.arange(5)})
    x0 = flow.DirichletSource(SPACE).sample(40_000, generator(7))
    # The conditions of the batch are replaced with its targets.
    given = {"number": torch.zeros(2)}
    pairs = coupling(x0, TARGETS[:2], given, generator(8))
    again = coupling(x0, generator=generator(8))
    assert torch.equal(again.conditions["number"], pairs.conditions["number"])
    assert pairs.x0 is x0 and pairs.permutation is None and pairs.plan is None
    number = pairs.conditions["number"]
    assert torch.equal(pairs.x1, TARGETS[number])
    assert torch.equal(pairs.target_index, number)
    share = torch.bincount(number, minlength=5) / len(number)
    error = 4 * (WEIGHTS * (1 - WEIGHTS) / len(number)).sqrt() + 2e-3
    assert bool((abs(share - WEIGHTS) <= error).all()) and share[4] == 0
    assert float(abs(fit.masses - WEIGHTS).max()) < 0.01
    cost = transport.pairwise_squared_dist(SPACE, x0, TARGETS)
    taken = cost[torch.arange(len(x0)), number].double().mean()
    assert pairs.cost == pytest.approx(float(taken), rel=1e-5)


def test_cost_is_below_that_of_minibatches_and_of_other_maps():
    rng = generator(3)
    source = flow.DirichletSource(SPACE)
    targets = torch.randint(3, (200, 3), generator=rng)
    coupling = transport.SemidiscreteCoupling(SPACE, targets)
    fit = coupling.fit(source, 200_000, generator=rng)
    exact = transport.ExactCoupling(SPACE)
    batches = [
        exact(source.sample(64, rng), targets[torch.randint(200, (64,), generator=rng)])
        for _ in range(100)
    ]
    assert fit.cost < np.mean([pairs.cost for pairs in batches]) - 0.1
    # No map to the same masses is cheaper: a plan of POT for fresh noise.
    x0 = source.sample(2000, rng)
    cost = transport.pairwise_squared_dist(SPACE, x0, targets).double().numpy()
    plan = ot.emd2(np.full(2000, 1 / 2000), np.full(200, 1 / 200), cost)
    assert fit.dual_value == pytest.approx(plan, abs=0.05 * plan)


PROMOTERS = (
    Path(__file__).resolve().parents[3] / "shared/data/promoters_species_60bp.csv.gz"
)


@pytest.mark.skipif(not PROMOTERS.is_file(), reason=f"no real data at {PROMOTERS}")
def test_promoters_of_one_species():
    """Cheaper than exact plans of 512, and each target in its turn."""
    table = data.read_sequences(PROMOTERS, column="sequence", label="species")
    columns = zip(table.sequences, table.labels, table.splits, strict=True)
    rows = [row[0] for row in columns if row[1:] == ("A_thaliana", "train")][:1000]
    targets = torch.as_tensor(data.DNA.encode(rows))
    space = fm.SequenceManifold(fm.PositiveHypersphere(3), 60)
    source, rng = flow.DirichletSource(space), generator()
    coupling = transport.SemidiscreteCoupling(space, targets)
    fit = coupling.fit(source, 200_000, n_fresh=30_000, generator=rng)
    assert fit.converged  # masses are off by a tenth in all, at most
    exact = transport.ExactCoupling(space)
    drawn = torch.randint(1000, (4, 512), generator=rng)
    costs = [exact(source.sample(512, rng), targets[index]).cost for index in drawn]
    assert fit.cost < min(costs) - 1.0


def test_blocks_do_not_matter(monkeypatch):
    coupling, _ = small(n_samples=10_000)
    x0 = flow.DirichletSource(SPACE).sample(100, generator(1))
    whole = coupling(x0, generator=generator())
    sizes = []
    original = transport.potentials.pairwise_squared_dist

    def spy(space, x0, targets):
        sizes.append(len(targets))
        return original(space, x0, targets)

    monkeypatch.setattr(transport.potentials, "pairwise_squared_dist", spy)
    monkeypatch.setattr(transport.potentials, "_BLOCK_ENTRIES", 250)
    blocks = coupling(x0, generator=generator())
    assert sizes == [2, 1]
    assert torch.equal(blocks.x1, whole.x1)
    assert blocks.cost == pytest.approx(whole.cost, rel=1e-6)


def test_files_and_going_on(tmp_path):
    source = flow.DirichletSource(SPACE)
    whole = transport.SemidiscreteCoupling(SPACE, TARGETS, WEIGHTS)
    rng = generator(5)
    settings = {"batch_size": 1000, "n_fresh": 1000, "generator": rng, "tol": 1.0}
    whole.fit(source, 4000, **settings)
    file = tmp_path / "potentials.npz"
    whole.save(file)
    state = rng.get_state()
    fit = whole.fit(source, 4000, **settings)
    assert fit.n_samples == 8000 and fit.n_fresh == 1000
    order = torch.tensor([4, 1, 3, 0, 2])
    resumed = transport.SemidiscreteCoupling.load(
        file, SPACE, TARGETS[order], WEIGHTS[order]
    )
    rng.set_state(state)
    again = resumed.fit(source, 4000, **settings)
    assert again.cost == fit.cost and again.dual_value == fit.dual_value
    assert torch.equal(again.masses, fit.masses[order])
    assert [path.name for path in tmp_path.iterdir()] == ["potentials.npz"]


def test_damaged_and_foreign_files(tmp_path):
    coupling, _ = small(n_samples=10_000)
    file = tmp_path / "potentials.npz"
    coupling.save(file)
    load = transport.SemidiscreteCoupling.load
    with pytest.raises(ValueError, match="belong to others"):
        load(file, SPACE, TARGETS)  # other weights
    with pytest.raises(ValueError, match="belong to others"):
        load(file, SPACE, TARGETS.flip(1), WEIGHTS)
    coupling.save(tmp_path / "whole.npz")
    content = bytearray(file.read_bytes())
    for position in (100, len(content) // 2, len(content) - 5):
        damaged = bytearray(content)
        damaged[position] ^= 255
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged or another"):
            load(file, SPACE, TARGETS, WEIGHTS)
    rng = np.random.default_rng(0)
    for position in rng.integers(len(content), size=200):
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        file.write_bytes(damaged)
        try:
            load(file, SPACE, TARGETS, WEIGHTS)  # some bits of a zip mean nothing
        except ValueError:
            pass
    arrays = dict(np.load(tmp_path / "whole.npz"))
    for change in (
        {"average": np.zeros(1)},
        {"current": np.full(3, np.nan)},
        {"average": np.array(["a", "b", "c"])},
        {"format": np.array([1, 1])},
        {"weights": np.ones(2)},
    ):
        np.savez(file, **(arrays | change))
        with pytest.raises(ValueError, match="expected"):
            load(file, SPACE, TARGETS, WEIGHTS)
    file.write_bytes(content[:200])
    with pytest.raises(ValueError, match="damaged or another"):
        load(file, SPACE, TARGETS, WEIGHTS)
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="damaged or another"):
        load(tmp_path / "objects.npy", SPACE, TARGETS, WEIGHTS)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent.npz", SPACE, TARGETS, WEIGHTS)


def test_bad_input():
    kind = transport.SemidiscreteCoupling
    with pytest.raises(ValueError, match="targets is empty"):
        kind(SPACE, TARGETS[:0])
    with pytest.raises(ValueError, match="sum to 1"):
        kind(SPACE, TARGETS, 2 * WEIGHTS)
    with pytest.raises(ValueError, match="first axis 5"):
        kind(SPACE, TARGETS, conditions={"a": torch.zeros(4)})
    points = SPACE.vertices(TARGETS)
    points[3, 0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"targets"):
        kind(SPACE, points)
    source, fresh = flow.DirichletSource(SPACE), kind(SPACE, TARGETS)
    with pytest.raises(ValueError, match=r"labels between 0 and 2 .*targets\[0\]"):
        kind(SPACE, TARGETS + 1)
    flat = np.array([[0.0, 1.0], [np.nan, 0.0]])
    with pytest.raises(ValueError, match=r"finite targets, but targets\[1\]"):
        kind(Euclidean(2), flat)
    with pytest.raises(TypeError, match="one library"):
        kind(SPACE, TARGETS.numpy()).fit(source)
    x0 = source.sample(6, generator())
    with pytest.raises(NotFittedError, match="call fit"):
        fresh(x0)
    with pytest.raises(ValueError, match="n_samples >= 2, got 0"):
        fresh.fit(source, 0)
    with pytest.raises(TypeError, match="float"):
        fresh.fit(source, 1e4)
    with pytest.warns(ConvergenceWarning, match="above tol=0.1: call fit again"):
        short = kind(SPACE, TARGETS, WEIGHTS)
        assert not short.fit(source, 64, batch_size=64, generator=generator()).converged
    coupling, _ = small(n_samples=10_000)
    with pytest.raises(ValueError, match=r"x1\[1\] is none of those"):
        coupling(x0, torch.tensor([[1, 0, 0], [1, 1, 1]]))
    with pytest.raises(ValueError, match="dtype torch.int64"):
        coupling(x0, TARGETS.int())
    with pytest.raises(ValueError, match="must be given to the coupling"):
        coupling(x0, TARGETS[:2], {"species": torch.zeros(2)})
    with pytest.raises(ValueError, match="x0"):
        coupling(x0 * float("nan"))


def test_reproducible_and_no_global_randomness():
    state = torch.get_rng_state()
    (first, a), (second, b) = small(n_samples=10_000), small(n_samples=10_000)
    assert a.cost == b.cost and torch.equal(a.masses, b.masses)
    x0 = flow.DirichletSource(SPACE).sample(500, generator(1))
    pairs = [c(x0, generator=generator(2)).target_index for c in (first, second)]
    assert torch.equal(*pairs)
    assert torch.equal(torch.get_rng_state(), state)
    assert first(x0, conditions={}).conditions == {}  # as a trainer gives them


def test_training_with_it(tmp_path):
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 3)
    path = flow.GeodesicPath(space)
    coupling, _ = small({"number": torch.arange(5.0)[:, None]})

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = networks.MLP(space.shape, width=8, depth=1)

        def forward(self, x, t, number):
            return self.body(x, t) + 0.0 * number[:, :, None]

    trainer = flow.Trainer(
        flow.PosteriorField(Net(), path),
        path,
        coupling,
        batch_size=16,
        generator=generator(),
    )
    number = torch.arange(4.0)[:, None]
    trainer.fit(TARGETS[:4], steps=3, conditions={"number": number}, progress=False)
    assert trainer.step == 3
    other = TARGETS[:4].flip(0).flip(1)
    with pytest.raises(ValueError, match="validation do not go with .* held-out data"):
        trainer.fit(
            TARGETS[:4],
            steps=4,
            conditions={"number": number},
            validation=other,
            validation_conditions={"number": number},
        )
    assert trainer.step == 3
    trainer.save(tmp_path)
    with pytest.raises(flow.CheckpointError, match="coupling="):
        flow.Trainer.load(tmp_path, network=Net())
    again = flow.Trainer.load(tmp_path, network=Net(), coupling=coupling)
    for model in (trainer, again):
        model.fit(TARGETS[:4], 5, conditions={"number": number}, progress=False)
    assert again.history == trainer.history
