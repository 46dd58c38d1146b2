"""Stopping and going on: Ctrl-C, SIGTERM, kill -9, and damaged checkpoints."""

import json
import pickle
import signal

import pytest
import torch
from cli_helpers import TINY

from fisher_manifold import flow
from fisher_manifold.flow import checkpoint

STEPS = 400


def words_for(data, out, steps=STEPS):
    words = ("--data", data, "--label", "species", "--seed", 3, "--steps", steps)
    return ("train", *TINY, *words, "--checkpoint-every", 10, "--out", out)


def assert_same(a, b, where="state"):
    """Compare tensors bit by bit, and everything else."""
    assert type(a) is type(b), where
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype and torch.equal(a, b), where
    elif isinstance(a, dict):
        assert list(a) == list(b), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for i, (one, other) in enumerate(zip(a, b, strict=True)):
            assert_same(one, other, f"{where}[{i}]")
    else:
        assert a == b, where


@pytest.mark.parametrize(
    ("number", "expected_code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)],
)
def test_a_stopped_run_goes_on_to_the_same_result(
    cli, start, tmp_path, dna_csv, number, expected_code
):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped run"
    process = start(*words_for(dna_csv, stopped))
    code, out, err = process.stop_after(stopped / "history.csv", 30, number)
    assert code == expected_code, err
    if code == 130:
        assert f"fisher-manifold train --resume --out '{stopped}'" in out
        assert "Traceback" not in err
    step = flow.Trainer.load(stopped).step
    assert 30 <= step < STEPS
    said = cli("train", "--resume", "--out", stopped).out
    assert f"steps {step} to {STEPS}" in said
    cli(*words_for(dna_csv, whole))
    assert_same(checkpoint.read(whole), checkpoint.read(stopped))
    histories = [(folder / "history.csv").read_bytes() for folder in (whole, stopped)]
    assert histories[0] == histories[1]


def test_resume_of_a_finished_run(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    cli(*words_for(dna_csv, out, steps=5))
    before = (out / "checkpoint.pt").read_bytes()
    assert "5 of 5 steps" in cli("train", "--resume", "--out", out).out
    assert (out / "checkpoint.pt").read_bytes() == before
    cli("train", "--resume", "--out", out, "--steps", 8)
    assert flow.Trainer.load(out).step == 8
    assert json.loads((out / "model.json").read_text())["training"]["steps"] == 8


def test_resume_takes_the_settings_of_the_run(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    cli(*words_for(dna_csv, out, steps=5))
    message = cli.error("train", "--resume", "--out", out, "--width", 16, "--seed", 1)
    assert "leave out --seed, --width" in message


def test_resume_needs_the_same_data(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    cli(*words_for(dna_csv, out, steps=5))
    resume = ("train", "--resume", "--out", out, "--steps", 8)
    content = dna_csv.read_text()
    dna_csv.write_text(content.replace("fly", "bee"))
    assert f"{dna_csv} has changed" in cli.error(*resume)
    dna_csv.unlink()
    assert f"{dna_csv} are not there any more" in cli.error(*resume)
    dna_csv.write_text(content)
    cli(*resume)


def test_a_folder_that_cannot_be_written_to(cli, tmp_path, dna_csv):
    (tmp_path / "file").write_text("")
    message = cli.error(*words_for(dna_csv, tmp_path / "file" / "model"))
    assert str(tmp_path / "file") in message


def test_a_full_disk_is_told_in_a_line(cli, tmp_path, dna_csv, monkeypatch):
    out = tmp_path / "model"
    cli(*words_for(dna_csv, out, steps=5))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    message = cli.error("train", "--resume", "--out", out, "--steps", 8)
    assert "No space left on device" in message
    assert flow.Trainer.load(out).step == 5


def test_resume_without_a_run(cli, tmp_path):
    assert "has no model.json" in cli.error("train", "--resume", "--out", tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "gone"])
def test_a_damaged_checkpoint_is_named(cli, tmp_path, dna_csv, damage):
    out = tmp_path / "model"
    cli(*words_for(dna_csv, out, steps=2))
    path = out / "checkpoint.pt"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    for i in range(middle, middle + 200):
        content[i] ^= 0xFF
    damaged = {
        "truncated": bytes(content[:middle]),
        "flipped": bytes(content),
        "empty": b"",
    }
    path.unlink()
    if damage in damaged:
        path.write_bytes(damaged[damage])
    for command in (
        ("sample", "--model", out, "--n", 1),
        ("train", "--resume", "--out", out),
        ("evaluate", "--model", out, "--data", dna_csv),
    ):
        message = cli.error(*command)
        assert str(path) in message
        assert ("found nothing there" if damage == "gone" else "damaged") in message


class Malicious:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("write", [pickle.dump, torch.save])
def test_nothing_is_ever_unpickled(cli, tmp_path, dna_csv, write):
    out, trace = tmp_path / "model", tmp_path / "executed"
    cli(*words_for(dna_csv, out, steps=2))
    for name in ("checkpoint.pt", "reference.npz"):
        before = (out / name).read_bytes()
        with open(out / name, "wb") as file:
            write({"format": 1, "labels": Malicious(trace)}, file)
        message = cli.error("evaluate", "--model", out, "--data", dna_csv)
        assert f"{out / name}" in message and "damaged" in message
        assert not trace.exists()
        (out / name).write_bytes(before)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"format": 1}', b'{"format": 99}']
)
def test_a_damaged_description_is_named(cli, tmp_path, content):
    (tmp_path / "model.json").write_bytes(content)
    message = cli.error("sample", "--model", tmp_path, "--n", 1)
    assert str(tmp_path / "model.json") in message
    assert "damaged" in message or "format 1" in message
