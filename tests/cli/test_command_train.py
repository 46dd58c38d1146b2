"""`train`: every kind of file, what it prints and what it leaves."""

import csv
import gzip
import json
import sys

import numpy as np
import pytest
from cli_helpers import random_sequences, write_csv
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fisher_manifold import flow, transport

SEQUENCES = random_sequences(40, 6)
FASTA = "".join(f">s{i}\n{s}\n" for i, s in enumerate(SEQUENCES))
FILES = {
    "dna.fasta": FASTA,
    "dna.csv": "sequence\n" + "\n".join(SEQUENCES) + "\n",
    "dna.tsv": "id\tsequence\n"
    + "".join(f"{i}\t{s}\n" for i, s in enumerate(SEQUENCES)),
    "dna.txt": "\n".join(SEQUENCES) + "\n",
}


@pytest.mark.parametrize("name", [*FILES, "dna.fasta.gz"])
def test_every_kind_of_file(cli, tmp_path, name):
    content = FILES[name.removesuffix(".gz")].encode()
    data = tmp_path / name
    data.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    out = tmp_path / "model"
    said = cli.train("--data", data, "--steps", 2, "--out", out).out
    assert "40 sequences of 6 letters" in said
    assert "32 for training, 4 for validation, 4 for test" in said
    assert "validation" in said and f"sample --model {out}" in said
    assert flow.Trainer.load(out).step == 2


def test_what_is_left(cli, tmp_path, dna_csv):
    out = tmp_path / "new" / "model"
    cli.train("--data", dna_csv, "--steps", 20, "--out", out)
    names = sorted(path.name for path in out.iterdir())
    assert names == ["checkpoint.pt", "history.csv", "model.json", "reference.npz"]
    model = json.loads((out / "model.json").read_text())
    assert model["codec"]["symbols"] == "ACGT"
    assert model["length"] == 10
    assert model["classes"] is None
    assert model["training"]["steps"] == 20
    with open(out / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [10, 20]
    assert float(rows[-1]["validation_loss"]) > 0


def test_the_split_column_decides(cli, tmp_path, dna_csv):
    said = cli.train("--data", dna_csv, "--steps", 1, "--out", tmp_path / "m").out
    assert "36 for training, 12 for validation, 12 for test" in said
    assert "column 'split'" in said


def test_labels_make_classes(trained):
    folder, _ = trained
    model = json.loads((folder / "model.json").read_text())
    assert model["classes"] == ["fly", "yeast"]
    assert sum(model["class_counts"]) == 36
    assert flow.Trainer.load(folder).raw_field.network.n_classes == 2


def test_where_keeps_rows(cli, tmp_path, dna_csv):
    words = ("--data", dna_csv, "--where", "species=fly", "--steps", 1)
    said = cli.train(*words, "--out", tmp_path / "a").out
    assert "30 sequences" in said and "classes" not in said
    said = cli.train(*words, "--label", "split", "--out", tmp_path / "b").out
    assert "30 sequences" in said and "classes: test, train, valid" in said
    said = cli.train(*words, "--label", "species", "--out", tmp_path / "c").out
    assert "1 classes: fly" in said


def test_running_text_is_split_by_place(text_model):
    folder, data = text_model
    model = json.loads((folder / "model.json").read_text())
    assert model["length"] == 8
    with np.load(folder / "reference.npz", allow_pickle=False) as archive:
        labels = archive["labels"]
    letters = "".join(model["codec"]["symbols"][i] for i in labels.ravel())
    assert letters == data.read_text()[: labels.size]
    assert len(labels) == 80


def test_repairs_are_told(cli, tmp_path):
    sequences = [*random_sequences(30, 6), "ACGTNA", "acgtac", "ACG"]
    data = tmp_path / "dna.txt"
    data.write_text("\n".join(sequences) + "\n")
    words = ("--data", data, "--alphabet", "dna", "--unknown", "drop", "--pad")
    said = cli.train(*words, "--steps", 1, "--out", tmp_path / "m").err
    assert "note: 1 sequence dropped" in said and "'N' in row 31" in said
    assert "lower case letters read as upper case (first: row 32)" in said
    assert "padded" in said and "row 33" in said


@pytest.mark.parametrize("network", ["cnn", "transformer", "mlp"])
@pytest.mark.parametrize("coupling", ["independent", "exact"])
def test_networks_and_couplings(cli, tmp_path, dna_csv, network, coupling):
    out = tmp_path / "model"
    words = ("--network", network, "--coupling", coupling, "--concentration", "1")
    cli.train("--data", dna_csv, *words, "--steps", 2, "--out", out)
    trainer = flow.Trainer.load(out)
    assert type(trainer.raw_field.network).__name__.lower().endswith(network)
    assert trainer.path.source.concentration == 1.0
    assert (trainer.coupling is None) == (coupling == "independent")


def test_exact_coupling_pairs_within_labels(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    words = ("--label", "species", "--coupling", "exact", "--steps", 2)
    cli.train("--data", dna_csv, *words, "--out", out)
    coupling = flow.Trainer.load(out).coupling
    assert type(coupling) is transport.ConditionalCoupling
    assert type(coupling.coupling) is transport.ExactCoupling


def test_minutes_choose_the_steps(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    said = cli.train("--data", dna_csv, "--minutes", "0.005", "--out", out).out
    steps = json.loads((out / "model.json").read_text())["training"]["steps"]
    assert f"{steps} steps in 0.005 minutes" in said
    assert flow.Trainer.load(out).step == steps >= 1


def test_the_seed_decides(cli, tmp_path, dna_csv):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        out = tmp_path / name
        cli.train("--data", dna_csv, "--steps", 3, "--seed", seed, "--out", out)
    histories = [(tmp_path / name / "history.csv").read_text() for name in "abc"]
    assert histories[0] == histories[1] != histories[2]


def test_an_old_model_is_not_lost(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    words = ("train", "--data", dna_csv, "--out", out, "--width", 8, "--depth", 1)
    cli(*words, "--steps", 2)
    message = cli.error(*words, "--steps", 3)
    assert "already holds a checkpoint" in message
    assert f"fisher-manifold train --resume --out {out}" in message
    assert flow.Trainer.load(out).step == 2
    cli(*words, "--steps", 3, "--overwrite")
    assert flow.Trainer.load(out).step == 3


def test_a_file_without_test_rows_is_noted(cli, tmp_path):
    splits = [("train", "valid")[i % 2] for i in range(20)]
    data = write_csv(tmp_path / "a.csv", random_sequences(20), split=splits)
    said = cli.train("--data", data, "--steps", 1, "--out", tmp_path / "m").err
    assert "no test part" in said


def test_tensorboard_files_lie_beside_the_history(cli, tmp_path, dna_csv):
    out = tmp_path / "model"
    words = ("--data", dna_csv, "--steps", 20, "--tensorboard")
    cli.train(*words, "--out", out)
    resume = ("--resume", "--tensorboard", "--steps", 30, "--out", out)
    cli("train", *resume)
    with open(out / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    events = EventAccumulator(str(out / "tensorboard")).Reload()
    for name in ("loss", "validation_loss"):
        expected = [(int(row["step"]), float(row[name])) for row in rows if row[name]]
        found = [(event.step, event.value) for event in events.Scalars(name)]
        assert found == [(step, pytest.approx(value)) for step, value in expected]
        assert found[-1][0] == 30


def test_tensorboard_that_is_not_installed(cli, tmp_path, dna_csv, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    out = tmp_path / "model"
    words = ("train", "--data", dna_csv, "--tensorboard", "--out", out)
    assert 'pip install "fisher_manifold[tensorboard]"' in cli.error(*words)
    assert not out.exists()
