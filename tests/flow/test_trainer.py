"""The trainer: resume, averages, interrupts, divergence, checkpoints, data."""

import os
import pickle
import signal
import threading

import numpy as np
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks, transport


def make_trainer(seed=0, dropout=0.2, coupling=False, **options):
    space = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)
    path = flow.GeodesicPath(space)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = networks.MLP(space.shape, width=16, depth=1, dropout=dropout)
    field = flow.PosteriorField(network, path)
    return flow.Trainer(
        field,
        path,
        transport.ExactCoupling(space) if coupling else None,
        batch_size=16,
        generator=torch.Generator().manual_seed(seed),
        **options,
    )


@pytest.fixture
def data():
    return torch.randint(4, (50, 6), generator=torch.Generator().manual_seed(1))


def same_state(a, b):
    assert a.step == b.step
    for left, right in zip(
        [*a.raw_field.state_dict().values(), *a.field.state_dict().values()],
        [*b.raw_field.state_dict().values(), *b.field.state_dict().values()],
        strict=True,
    ):
        assert torch.equal(left, right)
    assert a.history == b.history


@pytest.mark.parametrize("coupling", [False, True])
def test_resume_is_bit_exact(tmp_path, data, coupling):
    whole = make_trainer(coupling=coupling).fit(data, 47, progress=False)
    part = make_trainer(coupling=coupling)

    def stop(trainer, row):
        if row["step"] == 20:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="after step 20"):
        part.fit(data, 47, directory=tmp_path, progress=False, callbacks=[stop])
    torch.manual_seed(99)  # the global state does not matter
    resumed = flow.Trainer.load(tmp_path).fit(data, 47, progress=False)
    same_state(whole, resumed)


def test_resume_between_log_rows(tmp_path, data, monkeypatch):
    whole = make_trainer().fit(data, 30, progress=False)
    part = make_trainer()
    save = part.save
    monkeypatch.setattr(part, "save", lambda folder: save(folder / str(part.step)))
    part.fit(data, 30, directory=tmp_path, checkpoint_every=17, progress=False)
    resumed = flow.Trainer.load(tmp_path / "17").fit(data, 30, progress=False)
    same_state(whole, resumed)
    same_state(whole, part)


def test_training_leaves_global_random_states_alone(data):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    make_trainer().fit(data, 3, progress=False)
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])  # noqa: NPY002
    assert torch.get_default_dtype() == torch.float32


def test_same_seed_same_run_other_seed_other_run(data):
    a, b, c = (make_trainer(seed).fit(data, 5, progress=False) for seed in (0, 0, 1))
    same_state(a, b)
    assert a.history != c.history


def test_average_follows_the_weights(data):
    trainer = make_trainer(dropout=0.0, ema_decay=0.9)
    weights = []
    for step in range(1, 6):
        trainer.fit(data, step, progress=False)
        weights.append(trainer.raw_field.network.output.weight.detach().clone())
    average = weights[0]
    for n, weight in enumerate(weights[1:], start=1):
        decay = min(0.9, (1 + n) / (10 + n))
        average = decay * average + (1 - decay) * weight
    averaged = trainer.field.network.output.weight
    assert torch.allclose(averaged, average, atol=1e-7)
    assert not torch.equal(averaged, weights[-1])
    assert not trainer.field.network.training


def test_no_average(data):
    trainer = make_trainer(ema_decay=None).fit(data, 2, progress=False)
    assert trainer.field.network is trainer.raw_field.network


def test_validation_leaves_dropout_on(data):
    whole = make_trainer(ema_decay=None).fit(data, 30, progress=False)
    checked = make_trainer(ema_decay=None)
    checked.fit(data, 30, validation=data, validate_every=10, progress=False)
    for left, right in zip(
        whole.raw_field.parameters(), checked.raw_field.parameters(), strict=True
    ):
        assert torch.equal(left, right)


def test_infinite_gradient_stops_before_the_step(data):
    trainer = make_trainer().fit(data, 3, progress=False)
    weights = [p.detach().clone() for p in trainer.raw_field.parameters()]
    parameter = trainer.raw_field.network.output.weight
    parameter.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(flow.TrainingDiverged, match="gradient's norm"):
        trainer.fit(data, 4, progress=False)
    for before, after in zip(weights, trainer.raw_field.parameters(), strict=True):
        assert torch.equal(before, after)


def test_points_off_the_space_are_refused():
    space = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)
    path = flow.GeodesicPath(space)
    field = flow.VelocityField(networks.MLP(space.shape, 8, 1), space)
    points = space.random_point(20, generator=torch.Generator().manual_seed(0))
    flow.Trainer(field, path, batch_size=8).fit(points.float(), 1, progress=False)
    points[3] *= 2
    with pytest.raises(ValueError, match=r"data\[3\]"):
        flow.Trainer(field, path, batch_size=8).fit(points, 1, progress=False)


def test_field_of_another_path_is_refused():
    space = fm.PositiveHypersphere(3)
    field = flow.PosteriorField(networks.MLP((4,), 8, 1), flow.GeodesicPath(space))
    with pytest.raises(ValueError, match="own path"):
        flow.Trainer(field, flow.GeodesicPath(space))
    field = flow.VelocityField(networks.MLP((4,), 8, 1), space)
    with pytest.raises(ValueError, match="field's own space"):
        flow.Trainer(field, flow.GeodesicPath(fm.PositiveHypersphere(2)))


def test_numpy_settings_survive_the_checkpoint(tmp_path, data):
    trainer = make_trainer(learning_rate=np.float64(1e-3), warmup=np.int64(7))
    trainer.fit(data, 2, directory=tmp_path, progress=False)
    same_state(trainer, flow.Trainer.load(tmp_path))


@pytest.mark.parametrize(
    "options", [{"steps": -1}, {"steps": 2.5}, {"validate_every": 0}, {"steps": 2}]
)
def test_bad_counts(data, options):
    trainer = make_trainer().fit(data, 3, progress=False)
    with pytest.raises(ValueError, match="expected"):
        trainer.fit(data, **{"steps": 5, **options}, progress=False)


def test_resume_with_a_dataset_is_bit_exact(tmp_path, data):
    class Rows(torch.utils.data.Dataset):
        def __len__(self):
            return len(data)

        def __getitem__(self, index):
            return data[index]

    whole = make_trainer().fit(Rows(), 12, progress=False)
    # The same schedule as the whole run, stopped in the fourth epoch.
    part = make_trainer()

    def stop(trainer, row):
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        part.fit(Rows(), 12, directory=tmp_path, progress=False, callbacks=[stop])
    assert part.step == 10
    torch.manual_seed(3)
    same_state(whole, flow.Trainer.load(tmp_path).fit(Rows(), 12, progress=False))


def test_unnamed_conditions_of_a_dataset(data):
    pairs = torch.utils.data.TensorDataset(data, data[:, 0])
    with pytest.raises(TypeError, match="name the conditions"):
        make_trainer().fit(pairs, 1, progress=False)
    alone = torch.utils.data.TensorDataset(data)
    assert make_trainer().fit(alone, 1, progress=False).step == 1


def test_narrow_integer_labels(data):
    assert make_trainer().fit(data.to(torch.uint8), 1, progress=False).step == 1


def test_validation_is_of_the_averaged_field_on_fixed_noise(data):
    trainer = make_trainer().fit(data, 10, validation=data, progress=False)
    assert trainer.history[-1]["validation_loss"] == trainer.evaluate(data)


def test_divergence_stops_and_names_the_step(data):
    trainer = make_trainer(learning_rate=1e-3)
    trainer.fit(data, 3, progress=False)
    with torch.no_grad():
        trainer.raw_field.network.enter.weight.fill_(float("nan"))
    with pytest.raises(flow.TrainingDiverged, match="at step 3") as caught:
        trainer.fit(data, 5, progress=False)
    assert caught.value.batch.x_t.shape == (16, 6, 4)
    assert trainer.step == 3


def test_other_data_are_refused_on_resume(tmp_path, data):
    make_trainer().fit(data, 3, directory=tmp_path, progress=False)
    with pytest.raises(ValueError, match="same data"):
        flow.Trainer.load(tmp_path).fit(data.flip(0), 6, progress=False)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_truncated_checkpoint_is_recognised(tmp_path, data, keep):
    path = make_trainer().fit(data, 2, progress=False).save(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(flow.CheckpointError, match="checkpoint.pt is damaged"):
        flow.Trainer.load(tmp_path)


def test_flipped_bits_are_recognised(tmp_path, data):
    path = make_trainer().fit(data, 2, progress=False).save(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(bytes(content))
    with pytest.raises(flow.CheckpointError, match="damaged"):
        flow.Trainer.load(tmp_path)


class Malicious:
    def __reduce__(self):
        return (os.system, ("touch executed",))


def test_foreign_pickles_are_not_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(flow.CheckpointError):
        flow.Trainer.load(tmp_path)
    torch.save(Malicious(), tmp_path / "checkpoint.pt")
    with pytest.raises(flow.CheckpointError):
        flow.Trainer.load(tmp_path)
    assert not (tmp_path / "executed").exists()


def test_descriptions_name_public_classes_only(tmp_path):
    from fisher_manifold.flow import checkpoint

    for name in ("Thread", "system", "Trainer.load", "Path"):
        with pytest.raises(flow.CheckpointError, match="not made from a file"):
            checkpoint.build({"class": name, "arguments": {}})


def test_own_network_is_asked_for(tmp_path, data):
    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.Linear(4, 4, dtype=torch.float32)

        def forward(self, x, t):
            return self.inner(x)

    path = flow.GeodesicPath(fm.SequenceManifold(fm.PositiveHypersphere(3), 6))
    trainer = flow.Trainer(flow.PosteriorField(Own(), path), path, batch_size=8)
    trainer.fit(data, 2, directory=tmp_path, progress=False)
    with pytest.raises(flow.CheckpointError, match="network="):
        flow.Trainer.load(tmp_path)
    same_state(trainer, flow.Trainer.load(tmp_path, network=Own()))


def test_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(flow.CheckpointError, match="found nothing there"):
        flow.Trainer.load(tmp_path)


def test_failed_write_leaves_the_old_checkpoint(tmp_path, data, monkeypatch):
    trainer = make_trainer().fit(data, 2, directory=tmp_path, progress=False)
    before = (tmp_path / "checkpoint.pt").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        trainer.fit(data, 4, directory=tmp_path, progress=False)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert not list(tmp_path.glob(".checkpoint-*"))


def test_datasets_and_loaders_with_conditions(data):
    labels = data[:, 0]
    items = [(x, {"label": c}) for x, c in zip(data, labels, strict=True)]
    space = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)
    path = flow.GeodesicPath(space)
    seen = []

    class Net(networks.MLP):
        def forward(self, x, t, label=None):
            seen.append(label)
            return super().forward(x, t, label)

    class Items(torch.utils.data.Dataset):
        def __len__(self):
            return len(items)

        def __getitem__(self, index):
            return items[index]

    loader = torch.utils.data.DataLoader(items, batch_size=10)
    for source in (Items(), loader):
        field = flow.PosteriorField(Net(space.shape, 8, 1, n_classes=4), path)
        trainer = flow.Trainer(field, path, batch_size=16)
        assert trainer.fit(source, 12, progress=False).step == 12
    assert {len(label) for label in seen} == {10, 16}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "linear"}, "schedule"),
        ({"ema_decay": 1.0}, "ema_decay"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_settings(options, message):
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(networks.MLP(space.shape, 8, 1), path)
    with pytest.raises(ValueError, match=message):
        flow.Trainer(field, path, **options)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (torch.zeros(0, 6, dtype=torch.long), ValueError, "at least one row"),
        (torch.zeros(5, 7, dtype=torch.long), ValueError, r"\[n, 6\]"),
        (torch.full((5, 6), 4), ValueError, "between 0 and 3, got 4"),
        (torch.full((5, 6, 4), float("nan")), ValueError, "row 0 has NaN"),
        ("ACGT", TypeError, "tensor, array, Dataset or DataLoader"),
    ],
)
def test_bad_data(bad, error, message):
    with pytest.raises(error, match=message):
        make_trainer().fit(bad, 2, progress=False)


def test_works_outside_the_main_thread(data):
    results = []
    worker = threading.Thread(
        target=lambda: results.append(make_trainer().fit(data, 2, progress=False).step)
    )
    worker.start()
    worker.join()
    assert results == [2]


def test_bfloat16_autocast_trains_in_float32(data):
    trainer = make_trainer(autocast=torch.bfloat16).fit(data, 3, progress=False)
    assert next(trainer.raw_field.parameters()).dtype == torch.float32
    assert np.isfinite(trainer.history[-1]["loss"])
