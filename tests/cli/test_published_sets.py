"""Published data sets on the command line: trained on, and evaluated with."""

import json
import pickle

import numpy as np
import pytest
from cli_helpers import random_sequences

from fisher_manifold.data import text8


@pytest.fixture
def enhancer_file(tmp_path):
    rng = np.random.default_rng(0)
    content = {}
    for name, n in (("train", 40), ("valid", 10), ("test", 10)):
        classes = rng.integers(0, 5, n)
        letters = rng.integers(0, 4, (n, 12))
        content[f"{name}_data"] = np.eye(4, dtype=np.int8)[letters]
        content[f"y_{name}"] = np.eye(5)[classes]
    path = tmp_path / "DeepMEL2_data.pkl"
    path.write_bytes(pickle.dumps(content))
    return path


def test_enhancers_with_classes(cli, tmp_path, enhancer_file):
    model = tmp_path / "model"
    words = ("--data", enhancer_file, "--label", "class", "--steps", 4, "--out", model)
    said = cli.train(*words).out
    assert "40 for training, 10 for validation, 10 for test (as published)" in said
    assert "5 classes: 0, 1, 2, 3, 4" in said
    words = ("--model", model, "--data", enhancer_file, "--steps", 2, "--k", 1)
    cli("evaluate", *words)
    found = json.loads((model / "report.json").read_text())
    assert found["n_test"] == 10 and "as published" in found["test"]
    printed = cli(
        "sample", "--model", model, "--n", 2, "--steps", 2, "--label", "3"
    ).out
    assert printed.count('label="3"') == 2


def test_enhancers_without_classes(cli, tmp_path, enhancer_file):
    said = cli.train("--data", enhancer_file, "--steps", 1, "--out", tmp_path / "m").out
    assert "5 classes:" not in said
    cases = {
        ("--label", "topic"): "expected --label class",
        ("--column", "x"): "has no columns: leave out --column",
        ("--where", "class=3"): "leave out --where",
        ("--length", 10): "expected no --length, or 12, got 10",
    }
    for words, expected in cases.items():
        words = ("--data", enhancer_file, "--out", tmp_path / "n", *words)
        assert expected in cli.error("train", *words)


def test_text8(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(text8, "SIZES", (500, 100, 100))
    path = tmp_path / "text8"
    path.write_text(random_sequences(1, 700, " abcdefgh")[0])
    words = ("--data", path, "--out", tmp_path / "model", "--steps", 1)
    assert "as --length 256" in cli.error("train", *words)
    assert "has no classes" in cli.error("train", *words, "--label", "x")
    said = cli.train(*words, "--length", 10)
    assert "50 for training, 10 for validation, 10 for test (as published)" in said.out
    assert "cut into 70 consecutive windows of 10" in said.err
    assert "out of the 27" in said.out
