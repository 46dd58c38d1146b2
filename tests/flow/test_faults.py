"""Faults: the last good checkpoint loads whatever happens, nothing is half-written."""

import contextlib
import csv
import multiprocessing
import os
import random
import resource
import sys
import time
import zipfile

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.flow import checkpoint

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)
DATA = torch.randint(4, (50, 6), generator=torch.Generator().manual_seed(1))


def make_trainer(field=None, **options):
    torch.manual_seed(0)
    path = flow.GeodesicPath(SPACE)
    if field is None:
        field = flow.PosteriorField(networks.MLP(SPACE.shape, 16, 1, dropout=0.2), path)
    g = torch.Generator().manual_seed(0)
    options = {"schedule": "constant", "couple_ahead": False, **options}
    return flow.Trainer(field, path, batch_size=16, generator=g, **options)


def assert_same(a, b):
    assert (a.step, a.history) == (b.step, b.history)
    for one, other in zip(
        [*a.raw_field.parameters(), *a.field.parameters()],
        [*b.raw_field.parameters(), *b.field.parameters()],
        strict=True,
    ):
        assert torch.equal(one, other)


def train_on(folder):
    """Go on for ever, with a checkpoint at each step."""
    torch.set_num_threads(1)  # a forked process has no thread pool
    begun = (folder / "checkpoint.pt").exists()
    trainer = flow.Trainer.load(folder) if begun else make_trainer()
    trainer.fit(DATA, 10**6, directory=folder, checkpoint_every=1, progress=False)


def wait_for_checkpoints(path, number):
    """Wait until a file has been replaced a number of times."""
    inode, deadline = path.stat().st_ino if path.exists() else None, time.time() + 60
    while number:
        assert time.time() < deadline, "training did not get going"
        time.sleep(0.001)
        if path.exists() and path.stat().st_ino != inode:
            inode, number = path.stat().st_ino, number - 1


def steps_in(history):
    if not history.exists():
        return []
    with open(history, newline="") as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


@pytest.mark.skipif(sys.platform != "linux", reason="forks after torch was imported")
def test_a_run_that_is_killed_twenty_times(tmp_path):
    """Steps, writing and reading are hit alike; the result is the undisturbed one."""
    draw = random.Random(0)
    context = multiprocessing.get_context("fork")
    for _ in range(20):
        process = context.Process(target=train_on, args=(tmp_path,))
        process.start()
        wait_for_checkpoints(tmp_path / "checkpoint.pt", draw.randint(1, 3))
        time.sleep(draw.uniform(0.0, 0.03))
        process.kill()
        process.join()
        assert process.exitcode == -9
        step = flow.Trainer.load(tmp_path).step
        # The history is written after the checkpoint.
        expected = list(range(10, step + 1, 10))
        assert steps_in(tmp_path / "history.csv") in (expected, expected[:-1])
    resumed = flow.Trainer.load(tmp_path)
    resumed.fit(DATA, step + 10, directory=tmp_path, progress=False)
    assert sorted(os.listdir(tmp_path)) == ["checkpoint.pt", "history.csv"]
    whole = make_trainer().fit(DATA, step + 10, progress=False)
    assert len(whole.history) >= len(resumed.history)
    whole.history = whole.history[: len(resumed.history)]
    assert_same(whole, resumed)


@contextlib.contextmanager
def files_of_at_most(size):
    """Let writes beyond a size fail, as they do on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_full_disk(tmp_path, share):
    trainer = make_trainer().fit(DATA, 2, directory=tmp_path, progress=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with files_of_at_most(int(share * len(before["checkpoint.pt"]))):
        with pytest.raises(OSError, match="File too large"):
            trainer.fit(DATA, 4, directory=tmp_path, progress=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    resumed = flow.Trainer.load(tmp_path).fit(DATA, 4, progress=False)
    whole = make_trainer().fit(DATA, 2, progress=False).fit(DATA, 4, progress=False)
    assert_same(whole, resumed)


def test_a_folder_that_cannot_be_made_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    trainer = make_trainer()
    for folder in (tmp_path / "file" / "model", tmp_path / "file", "/proc/model"):
        with pytest.raises(OSError, match=str(folder)):
            trainer.fit(DATA, 10**6, directory=folder, progress=False)
    assert trainer.step == 0


def test_no_flipped_bit_changes_what_is_loaded(tmp_path):
    path = make_trainer().fit(DATA, 2, progress=False).save(tmp_path)
    good, expected = path.read_bytes(), torch.load(path)
    draw, refused = random.Random(0), 0
    for _ in range(60):
        content = bytearray(good)
        content[draw.randrange(len(good))] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        try:
            found = checkpoint.read(tmp_path)
        except flow.CheckpointError as error:
            assert "damaged" in str(error)
            refused += 1
        else:  # in the padding between records
            assert repr(found) == repr(expected)
    assert refused > 40


class Points(torch.utils.data.Dataset):
    """Labels, of which reading the last one goes wrong."""

    def __init__(self, fault):
        self.fault = fault

    def __len__(self):
        return len(DATA)

    def __getitem__(self, row):
        return self.fault() if row == 40 else DATA[row]


@pytest.mark.parametrize("workers", [0, 1])
def test_an_exception_of_a_data_worker(tmp_path, workers):
    def fault():
        raise ValueError("row 40 is missing")

    loader = torch.utils.data.DataLoader(Points(fault), 16, num_workers=workers)
    with pytest.raises(ValueError, match="row 40 is missing"):
        trainer = make_trainer()
        trainer.fit(loader, 9, directory=tmp_path, checkpoint_every=1, progress=False)
    assert flow.Trainer.load(tmp_path).step == 2


def test_nan_of_a_dataset(tmp_path):
    points = SPACE.random_point(50, generator=torch.Generator().manual_seed(0)).float()
    points[40, 2, 1] = float("nan")
    rows = torch.utils.data.TensorDataset(points)
    field = flow.VelocityField(networks.MLP(SPACE.shape, 16, 1), SPACE)
    trainer, loader = make_trainer(field), torch.utils.data.DataLoader(rows, 16)
    with pytest.raises(flow.TrainingDiverged, match="loss became nan at step 2"):
        trainer.fit(loader, 9, directory=tmp_path, checkpoint_every=1, progress=False)
    loaded = flow.Trainer.load(tmp_path)
    assert loaded.step == 2
    assert all(p.isfinite().all() for p in loaded.raw_field.parameters())


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "archive/../../e"])
def test_names_in_archives_lead_nowhere(tmp_path, name):
    folder = tmp_path / "deep" / "model"
    path = make_trainer().save(folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    with contextlib.suppress(flow.CheckpointError):
        flow.Trainer.load(folder)
    files = {p for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {path, path.with_name("history.csv")}
    assert not os.path.exists("/tmp/escaped")


def test_records_that_unpack_to_more_than_the_file(tmp_path):
    path = make_trainer().save(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/bomb", bytes(2**24), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**20
    with pytest.raises(flow.CheckpointError, match="damaged"):
        flow.Trainer.load(tmp_path)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("width", 2**40), ("depth", 2**40), ("shape", [2**30, 2**30]), ("n_classes", 7)],
)
def test_networks_of_absurd_size_are_not_made(tmp_path, argument, value):
    make_trainer().save(tmp_path)
    state = checkpoint.read(tmp_path)
    state["field"]["arguments"]["network"]["arguments"][argument] = value
    checkpoint.write(tmp_path, state)
    with pytest.raises(flow.CheckpointError, match="network of other weights"):
        flow.Trainer.load(tmp_path)


def test_another_format_is_named(tmp_path):
    make_trainer().save(tmp_path)
    state = checkpoint.read(tmp_path)
    torch.save({**state, "format": 99}, tmp_path / "checkpoint.pt")
    with pytest.raises(
        flow.CheckpointError, match=f"format {checkpoint.FORMAT} at .*, got 99"
    ):
        flow.Trainer.load(tmp_path)


def test_checkpoints_from_before_a_setting_load(tmp_path):
    make_trainer().save(tmp_path)
    state = checkpoint.read(tmp_path)
    for name in ("coupling_size", "micro_batch_size"):
        del state["settings"][name]
    checkpoint.write(tmp_path, state)
    assert flow.Trainer.load(tmp_path).coupling_size == 16


def test_numpy_data_that_changed(tmp_path):
    data = DATA.numpy().copy()
    make_trainer().fit(data, 2, directory=tmp_path, progress=False)
    data[7, 3] = (data[7, 3] + 1) % 4
    with pytest.raises(ValueError, match="resume with the same data"):
        flow.Trainer.load(tmp_path).fit(data, 4, progress=False)
