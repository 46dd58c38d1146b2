"""`sample`: sequences in every format, classes, and seeds."""

import gzip

import numpy as np
import pytest
import torch

from fisher_manifold import flow
from fisher_manifold.commands import sampling_arguments
from fisher_manifold.data import read_sequences
from fisher_manifold.flow import sampling, solvers


def read_back(path, label=None):
    return read_sequences(path, label=label)


@pytest.mark.parametrize("suffix", [".fasta", ".fa", ".csv", ".csv.gz"])
def test_a_file_reads_back(cli, tmp_path, trained, suffix):
    model, _ = trained
    path = tmp_path / f"samples{suffix}"
    said = cli("sample", "--model", model, "--n", 7, "--steps", 3, "--out", path)
    assert said.out == "" and "7 sequences written" in said.err
    table = read_back(path, "label")
    assert len(table.sequences) == 7
    assert all(len(s) == 10 and set(s) <= set("ACGT") for s in table.sequences)
    assert set(table.labels) <= {"fly", "yeast"}


def test_standard_output_holds_sequences_only(cli, trained, text_model):
    words = ("--n", 3, "--steps", 2)
    fasta = cli("sample", "--model", trained[0], *words).out.splitlines()
    assert sum(line.startswith(">") for line in fasta) == 3 and len(fasta) == 6
    csv = cli("sample", "--model", trained[0], *words, "--format", "csv").out
    assert csv.splitlines()[0] == "sequence,label" and len(csv.splitlines()) == 4
    text = cli("sample", "--model", text_model[0], *words).out
    assert [len(line) for line in text.splitlines()] == [8] * 3
    assert set(text) <= set(" abcdefgh\n")


def test_npz_loads_without_pickle(cli, tmp_path, trained):
    path = tmp_path / "samples.npz"
    cli("sample", "--model", trained[0], "--n", 4, "--steps", 2, "--out", path)
    with np.load(path, allow_pickle=False) as archive:
        assert archive["sequences"].shape == archive["labels"].shape == (4,)


def test_plain_text_has_no_classes(cli, tmp_path, trained):
    path = tmp_path / "samples.txt.gz"
    words = ("sample", "--model", trained[0], "--n", 4, "--steps", 2)
    said = cli(*words, "--out", path)
    assert "no place for the classes" in said.err
    assert len(gzip.decompress(path.read_bytes()).split()) == 4


def test_a_class_by_name(cli, tmp_path, trained):
    path = tmp_path / "samples.csv"
    words = ("sample", "--model", trained[0], "--n", 9, "--steps", 2, "--out", path)
    cli(*words, "--label", "yeast")
    assert read_back(path, "label").labels == ["yeast"] * 9
    cli(*words[:4], 300, *words[5:])
    # 24 of the 36 training rows are of the fly: 200 expected, deviation 8
    assert 150 < read_back(path, "label").labels.count("fly") < 250


def test_the_seed_decides(cli, trained):
    words = ("sample", "--model", trained[0], "--n", 4, "--steps", 2)
    runs = [cli(*words, "--seed", seed).out for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_solver_readout_and_grid(cli, trained, monkeypatch):
    asked = []

    def sample(field, path, n, steps, **options):
        asked.append({"steps": steps, **options})
        return flow.SampleResult(None, torch.zeros(n, 10, dtype=torch.long), 0, 0.0)

    monkeypatch.setattr(flow, "sample", sample)
    words = ("sample", "--model", trained[0], "--n", 2, "--steps", 4)
    cli(*words)
    cli(*words, "--solver", "adams", "--readout", "posterior", "--grid", "measured")
    cli(*words, "--solver", "staggered")
    assert asked[2]["solver"] == flow.Staggered(groups=4, order="stratified")
    names = ("steps", "solver", "readout")
    assert [asked[0][name] for name in names] == [4, "euler", "nearest"]
    assert [asked[1][name] for name in names] == [4, "adams", "posterior"]
    assert asked[0]["grid"] is None
    grid = asked[1]["grid"].tolist()
    assert len(grid) == 5 and grid[0] == 0 and grid[-1] == 0.5
    default = flow.Trainer.load(trained[0]).field.default_times.grid(4)
    # Letters of no structure: the evidence of the sites alone, and an even tenth.
    assert grid != default.tolist() and grid == pytest.approx(default.tolist(), abs=0.1)


def test_the_names_are_those_of_the_sampler():
    assert sampling_arguments.SOLVERS == tuple(solvers.SOLVERS)
    assert sampling_arguments.READOUTS == sampling.READOUTS


def test_padding_is_taken_off(cli, tmp_path):
    data = tmp_path / "words.txt"
    data.write_text("\n".join(["a", "ab", "abb"] * 20) + "\n")
    out = tmp_path / "model"
    cli.train("--data", data, "--pad", "--steps", 100, "--out", out)
    said = cli("sample", "--model", out, "--n", 20, "--steps", 5).out
    assert set(said) <= set("ab\n-")
    assert len({len(line) for line in said.splitlines()}) > 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--n", 0), "at least 1"),
        (("--n", "many"), "a whole number, got 'many'"),
        (("--n", 2, "--steps", 0), "at least 1"),
        (("--n", 2, "--seed", -1), "at least 0"),
        (("--n", 2, "--solver", "leapfrog"), "adams"),
        (("--n", 2, "--readout", "best"), "posterior"),
        (("--n", 2, "--grid", "even"), "measured"),
        (("--n", 2, "--solver", "staggered", "--grid", "measured"), "clocks"),
        (("--n", 2, "--label", "bee"), "the model knows fly, yeast"),
        (("--n", 2, "--format", "npz"), "--out FILE"),
        (("--n", 2, "--format", "xml"), "fasta"),
        (("--n", 2, "--out", "samples.xml"), ".fasta, .csv, .txt, .npz"),
        (("--n", 2, "--out", "nowhere/samples.csv"), "nowhere/samples.csv"),
        ((), "--n"),
    ],
)
def test_bad_requests(cli, trained, words, expected):
    assert expected in cli.error("sample", "--model", trained[0], *words)


def test_a_label_for_a_model_without_classes(cli, text_model):
    words = ("sample", "--model", text_model[0], "--n", 1, "--label", "fly")
    assert "trained without classes" in cli.error(*words)


def test_a_missing_model(cli, tmp_path):
    message = cli.error("sample", "--model", tmp_path / "nowhere", "--n", 1)
    assert "nowhere has no model.json" in message
