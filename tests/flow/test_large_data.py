"""Memory-mapped data, which are trained on without being loaded whole."""

import contextlib
import resource
import sys

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.flow import checks
from fisher_manifold.flow.batches import TensorBatches

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 64)
MIB = 2**20


def make_trainer():
    torch.manual_seed(0)
    path = flow.GeodesicPath(SPACE)
    field = flow.VelocityField(networks.MLP(SPACE.shape, 8, 1), SPACE)
    g = torch.Generator().manual_seed(0)
    return flow.Trainer(field, path, batch_size=16, generator=g)


@contextlib.contextmanager
def little_memory(extra):
    """Let this process allocate `extra` bytes more, and no further ones."""
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    used = int(lines["VmData"].split()[0]) * 1024
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + extra, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def mapped_labels(path, n):
    """Labels in a file, all 0 but in the last row."""
    labels = np.memmap(path, np.uint16, "w+", shape=(n, 64))
    labels[-1] = 3
    labels.flush()
    return np.memmap(path, np.uint16, "r", shape=(n, 64))


def mapped_points(path, n):
    points = np.memmap(path, np.float32, "w+", shape=(n, 64, 4))
    points[..., 0] = 1.0
    points.flush()
    return np.memmap(path, np.float32, "r", shape=(n, 64, 4))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize(
    ("make", "n"), [(mapped_labels, 2**20), (mapped_points, 2**17)]
)
def test_data_stay_in_their_file(tmp_path, monkeypatch, make, n):
    monkeypatch.setattr(checks, "_CHUNK", 2**18)
    data = make(tmp_path / "data", n)
    assert data.nbytes == 128 * MIB
    make_trainer().fit(data[:100], 1, progress=False)
    with little_memory(64 * MIB):
        with pytest.raises(MemoryError):
            np.array(data)
        assert make_trainer().fit(data, 2, progress=False).step == 2


def test_mapped_data_give_the_same_run(tmp_path):
    mapped = mapped_labels(tmp_path / "data", 50)
    runs = [
        make_trainer().fit(data, 12, validation=data, progress=False)
        for data in (mapped, torch.from_numpy(np.array(mapped, np.int64)))
    ]
    assert runs[0].history == runs[1].history


def test_a_changed_row_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "_CHUNK", 64)
    mapped = mapped_labels(tmp_path / "data", 500)
    trainer = make_trainer().fit(mapped, 2, directory=tmp_path, progress=False)
    flow.Trainer.load(tmp_path).fit(mapped, 3, progress=False)
    np.memmap(tmp_path / "data", np.uint16, "r+", shape=(500, 64))[123, 2] = 1
    with pytest.raises(ValueError, match="same data"):
        trainer.fit(mapped, 4, progress=False)


def test_chunks_name_the_row(monkeypatch):
    monkeypatch.setattr(checks, "_CHUNK", 1024)
    points = SPACE.random_point(50, generator=torch.Generator().manual_seed(0))
    points[37] *= 2
    with pytest.raises(ValueError, match=r"data\[36:\]\[1\]"):
        make_trainer().fit(points, 1, progress=False)
    points[37, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="row 37 has NaN"):
        make_trainer().fit(points, 1, progress=False)


def test_the_fingerprint_does_not_depend_on_chunks(monkeypatch):
    data = torch.arange(300).reshape(100, 3)
    whole = TensorBatches(data, {"c": data[:, 0]}, 8, 0).fingerprint()
    monkeypatch.setattr(checks, "_CHUNK", 7)
    assert TensorBatches(data, {"c": data[:, 0]}, 8, 0).fingerprint() == whole
