"""What a training run leaves and shows: history, TensorBoard files, the bar."""

import re
import sys

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import fisher_manifold as fm
from fisher_manifold import flow, networks

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)


@pytest.fixture
def data():
    return torch.randint(4, (50, 6), generator=torch.Generator().manual_seed(1))


def make_trainer():
    path = flow.GeodesicPath(SPACE)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.MLP(SPACE.shape, width=16, depth=1)
    field = flow.PosteriorField(network, path)
    g = torch.Generator().manual_seed(0)
    return flow.Trainer(field, path, batch_size=16, generator=g)


def curve(folder, name):
    """Steps and values of a curve as TensorBoard shows it."""
    events = EventAccumulator(str(folder)).Reload().Scalars(name)
    return [event.step for event in events], [event.value for event in events]


def column(folder, name):
    """Steps and values of a column of history.csv, without its empty cells."""
    head, *lines = (folder / "history.csv").read_text().splitlines()
    rows = [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]
    rows = [row for row in rows if row[name]]
    return [int(row["step"]) for row in rows], [float(row[name]) for row in rows]


def test_history_is_written(tmp_path, data):
    trainer = make_trainer().fit(data, 30, directory=tmp_path, progress=False)
    head = (tmp_path / "history.csv").read_text().splitlines()[0]
    assert head == "step,loss,learning_rate,validation_loss"
    steps, losses = column(tmp_path, "loss")
    assert steps == [10, 20, 30]
    assert losses == [row["loss"] for row in trainer.history]


def test_tensorboard_files_hold_the_history(tmp_path, data):
    log = flow.TensorBoardLog(tmp_path)
    options = {"directory": tmp_path, "progress": False, "callbacks": [log]}
    make_trainer().fit(data, 40, validation=data, validate_every=20, **options)
    for name in ("loss", "learning_rate", "validation_loss"):
        steps, values = curve(tmp_path, name)
        expected_steps, expected = column(tmp_path, name)
        assert steps == expected_steps
        assert values == [float(np.float32(value)) for value in expected]
    assert steps == [20, 40]


def test_rows_of_steps_that_are_taken_again_are_not_doubled(tmp_path, data):
    """A run dies after the row of step 30, whose last checkpoint is of step 15."""

    class Died(Exception):
        pass

    def die(trainer, row):
        if row["step"] == 30:
            raise Died

    for callbacks in ([die], []):
        fresh = not (tmp_path / "checkpoint.pt").exists()
        trainer = make_trainer() if fresh else flow.Trainer.load(tmp_path)
        assert trainer.step == (0 if fresh else 15)
        log = flow.TensorBoardLog(tmp_path)
        try:
            trainer.fit(
                data,
                40,
                directory=tmp_path,
                checkpoint_every=15,
                progress=False,
                callbacks=[log, *callbacks],
            )
        except Died:
            assert curve(tmp_path, "loss")[0] == [10, 20, 30]
            assert column(tmp_path, "loss")[0] == [10]
    for steps, _ in (curve(tmp_path, "loss"), column(tmp_path, "loss")):
        assert steps == [10, 20, 30, 40]
    whole = make_trainer().fit(data, 40, progress=False)
    assert column(tmp_path, "loss")[1] == [row["loss"] for row in whole.history]


def test_no_event_file_before_the_first_row(tmp_path, data):
    """So processes other than rank 0, which call no callbacks, leave nothing."""
    log = flow.TensorBoardLog(tmp_path / "events")
    assert list(tmp_path.iterdir()) == []
    make_trainer().fit(data, 1, progress=False, callbacks=[log])
    assert len(list((tmp_path / "events").iterdir())) == 1


def test_tensorboard_is_asked_for_by_name(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match=r"fisher_manifold\[tensorboard\]"):
        flow.TensorBoardLog(tmp_path)


def test_callbacks_see_the_trainer_and_the_row(data):
    seen = []

    def callback(trainer, row):
        seen.append((trainer.step, row))

    trainer = make_trainer().fit(data, 25, progress=False, callbacks=[callback])
    assert [step for step, _ in seen] == [10, 20, 25]
    assert [row for _, row in seen] == trainer.history


def test_a_run_that_diverges_leaves_its_history(tmp_path, data):
    trainer = make_trainer()

    def spoil(trainer, row):
        if row["step"] == 20:
            trainer.raw_field.network.enter.weight.data.fill_(float("nan"))

    with pytest.raises(flow.TrainingDiverged, match="at step 20"):
        trainer.fit(data, 40, directory=tmp_path, progress=False, callbacks=[spoil])
    assert column(tmp_path, "loss")[0] == [10, 20]


def last_line(capsys):
    return re.split(r"[\r\n]+", capsys.readouterr().err.strip())[-1]


def test_the_bar_shows_losses_rate_and_time_left(data, capsys):
    trainer = make_trainer().fit(data, 40, validation=data, validate_every=20)
    row = trainer.history[-1]
    losses = f"loss={row['loss']:.4f}, validation={row['validation_loss']:.4f}"
    times = r"\d\d:\d\d<\d\d:\d\d, +[\d.]+(it/s|s/it)"
    pattern = rf"training: 100%.* 40/40 \[{times}, {losses}\]"
    assert re.fullmatch(pattern, last_line(capsys))


def test_the_bar_of_a_resumed_run_starts_where_it_stopped(data, capsys):
    trainer = make_trainer().fit(data, 20, progress=False)
    assert capsys.readouterr().err == ""
    trainer.fit(data, 40)
    first = re.split(r"[\r\n]+", capsys.readouterr().err.strip())[0]
    assert " 20/40 [" in first
