"""Costs: every space in blocks, labels by look-ups, little memory."""

import itertools
import math

import numpy as np
import pytest
import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hyperbolic import Hyperbolic
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.spd_matrices import SPDMatrices
from geomstats.geometry.special_orthogonal import SpecialOrthogonal
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

import fisher_manifold as fm
from fisher_manifold import transport

GEOMSTATS = [
    Euclidean(3),
    Hypersphere(2),
    Hyperbolic(2),
    SPDMatrices(2),
    SpecialOrthogonal(3, point_type="vector"),
    SpecialOrthogonal(3),
]


@pytest.mark.parametrize("space", GEOMSTATS, ids=lambda space: type(space).__name__)
def test_geomstats_spaces_in_blocks(space, monkeypatch):
    np.random.seed(0)  # noqa: NPY002 (geomstats draws from it)
    a, b = space.random_point(7), space.random_point(5)
    cost = transport.pairwise_squared_dist(space, a, b)
    assert cost.shape == (7, 5) and cost.dtype == a.dtype
    for i, j in itertools.product(range(7), range(5)):
        single = float(np.squeeze(space.metric.squared_dist(a[i], b[j])))
        assert cost[i, j] == pytest.approx(single, rel=1e-9, abs=1e-12)
    sizes = []
    original = transport.cost._block
    monkeypatch.setattr(
        transport.cost, "_block", lambda *x: sizes.append(len(x[1])) or original(*x)
    )
    monkeypatch.setattr(transport.cost, "_BLOCK_ENTRIES", 31 * math.prod(space.shape))
    blocked = transport.pairwise_squared_dist(space, a, b)
    assert sizes == [6, 1]
    assert abs(blocked - cost).max() <= 1e-9 * cost.max()


def random_problem(n_categories, length, n=40, m=30, library="torch"):
    """Points in float32 for torch, float64 for numpy, and labels."""
    space = fm.SequenceManifold(fm.PositiveHypersphere(n_categories - 1), length)
    if library == "numpy":
        g = np.random.default_rng(0)
        labels = g.integers(n_categories, size=(m, length))
    else:
        g = torch.Generator().manual_seed(0)
        labels = torch.randint(n_categories, (m, length), generator=g)
    return space, space.random_point(n, generator=g), labels


@pytest.mark.parametrize(("n_categories", "length"), [(2, 1), (4, 50), (5, 3), (6, 7)])
@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_look_ups_and_products_give_the_sum_of_arcs(n_categories, length, library):
    space, x0, labels = random_problem(n_categories, length, library=library)
    cost = transport.pairwise_squared_dist(space, x0, labels)
    assert type(cost) is type(x0) and cost.dtype == x0.dtype
    exact = x0 if library == "numpy" else x0.double().numpy()
    angle = 2 * np.arccos(np.clip(exact, 0, 1))  # the distance to each vertex
    sites = np.arange(length)
    eps = 2.3e-16 if library == "numpy" else 1.2e-7
    for j, label in enumerate(np.asarray(labels)):
        expected = (angle[:, sites, label] ** 2).sum(1)
        # acos of a rounded coordinate has an error of about sqrt(eps) near 1.
        error = np.abs(np.asarray(cost[:, j]) - expected).max()
        assert error <= length * math.pi**2 * 40 * eps


def test_products_in_blocks(monkeypatch):
    space, x0, labels = random_problem(4, 12)
    whole = transport.pairwise_squared_dist(space, x0, labels)
    monkeypatch.setattr(transport.cost, "_BLOCK_ENTRIES", 7 * 48)
    blocked = transport.pairwise_squared_dist(space, x0, labels)
    assert float(abs(blocked - whole).max()) <= 1e-6 * float(whole.max())


class Allocations(TorchDispatchMode):
    """Bytes of the largest tensor that operations make, and of all alive at a time."""

    def __init__(self):
        super().__init__()
        self.largest = self.peak = 0
        self._storages = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            if isinstance(tensor, torch.Tensor) and not tensor._is_view():
                storage = tensor.untyped_storage()
                self._storages[StorageWeakRef(storage)] = storage.nbytes()
                self.largest = max(self.largest, storage.nbytes())
        self._storages = {
            ref: size for ref, size in self._storages.items() if not ref.expired()
        }
        self.peak = max(self.peak, sum(self._storages.values()))
        return out


def test_vertex_cost_needs_little_memory():
    """n = 512, 4 sites, 160 categories: less than 10 MB, result included."""
    space, x0, labels = random_problem(160, 4, n=512, m=512)
    with Allocations() as made:
        transport.pairwise_squared_dist(space, x0, labels)
    assert 512 * 512 * 4 <= made.peak < 10e6


@pytest.mark.parametrize("n_categories", [4, 27])
def test_no_array_of_pairs_and_sites(n_categories):
    space, x0, labels = random_problem(n_categories, 256, n=60, m=60)
    vertices = space.vertices(labels, dtype=x0.dtype)
    for targets in (labels, vertices):
        with Allocations() as made:
            transport.pairwise_squared_dist(space, x0, targets)
        # n m entries, the blocks, or the points themselves.
        assert made.largest <= 8 * 60 * 256 * n_categories < 4 * 60 * 60 * 256


def test_gradient_of_the_vertex_cost():
    for n_categories in (3, 7):
        space, *batches = random_problem(n_categories, 4, n=3, m=2, library="numpy")
        x0, labels = map(torch.from_numpy, batches)
        x0.requires_grad_()
        cost = transport.pairwise_squared_dist(space, x0, labels)
        (gradient,) = torch.autograd.grad(cost[1, 0], x0)
        vertices = space.vertices(labels, dtype=x0.dtype)
        direct = space.metric.squared_dist(x0[1], vertices[0])
        (expected,) = torch.autograd.grad(direct, x0)
        tangent = space.to_tangent(gradient, x0) - space.to_tangent(expected, x0)
        assert float(tangent.detach().abs().max()) < 1e-12


def test_bad_arguments():
    sphere, g = fm.PositiveHypersphere(3), np.random.default_rng(0)
    points = sphere.random_point(4, generator=g)
    with pytest.raises(TypeError, match="floating point x1 for .*categorical space"):
        transport.pairwise_squared_dist(Hypersphere(3), points, np.arange(4))
    with pytest.raises(TypeError, match="x1 to be a numpy array .* got list"):
        transport.pairwise_squared_dist(sphere, points, points.tolist())
    with pytest.raises(ValueError, match=r"x1 of shape \[n\], got \[4, 1\]"):
        transport.pairwise_squared_dist(sphere, points, np.zeros((4, 1), int))
    with pytest.raises(ValueError, match="x1 is empty"):
        transport.pairwise_squared_dist(sphere, points, np.zeros(0, int))
    with pytest.raises(ValueError, match="values between -1 and 2"):
        transport.pairwise_squared_dist(sphere, points, np.array([-1, 2]))
    with pytest.raises(TypeError, match="one library"):
        transport.pairwise_squared_dist(sphere, points, torch.from_numpy(points))
    with pytest.raises(TypeError, match="dtype"):
        transport.pairwise_squared_dist(sphere, points, points.astype(np.float32))
