"""The command itself: help, version, errors, and what an import costs."""

import os
import subprocess
import sys

import pytest
import torch
from cli_helpers import TINY, random_sequences

from fisher_manifold import __version__
from fisher_manifold import cli as command

PYTHON = (sys.executable, "-m", "fisher_manifold")


def run(*words, **keywords):
    return subprocess.run(
        [*PYTHON, *map(str, words)], capture_output=True, text=True, **keywords
    )


def test_help_and_version(cli):
    said = cli("--help").out
    for name in ("demo", "train", "sample", "evaluate", "examples:"):
        assert name in said
    assert cli("--version").out.strip() == __version__
    assert "commands:" in cli(code=2).out


@pytest.mark.parametrize("name", ["demo", "train", "sample", "evaluate"])
def test_help_of_the_commands(cli, name):
    said = cli(name, "--help").out
    assert "--traceback" in said
    assert name == "demo" or "fisher-manifold " + name in said.partition("example")[2]


@pytest.mark.parametrize("words", [("--help",), ("train", "--help"), ("--version",)])
def test_help_is_fast(words):
    code = (
        "import sys; from fisher_manifold.cli import main; main(sys.argv[1:]); "
        "assert not {'torch', 'geomstats', 'numpy', 'pandas'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("fly",), "invalid choice: 'fly'"),
        (("train", "--out", "m"), "--data FILE"),
        (("train", "--data", "a.txt"), "--out"),
        (("train", "--data", "a.txt", "--out", "m", "--steps", "few"), "'few'"),
        (("train", "--data", "a.txt", "--out", "m", "--width", "30"), "multiple of 4"),
        (("train", "--data", "a.txt", "--out", "m", "--test", "1"), "share"),
        (("train", "--data", "a.txt", "--out", "m", "--learning-rate", "0"), "above 0"),
        (("train", "--data", "a.txt", "--out", "m", "--alphabet", "rna"), "'rna'"),
        (("train", "--data", "nowhere.txt", "--out", "m"), "no such file"),
        (("train", "--data", "a.pdf", "--out", "m"), "expected one of .fa"),
    ],
)
def test_bad_words(cli, tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    assert expected in cli.error(*words)
    assert list(tmp_path.iterdir()) == []


SEQUENCES = random_sequences(30, 6)
BAD_FILES = {
    "empty.txt": ("", "the file is empty"),
    "empty.csv": ("sequence\n", "empty below its header"),
    "unknown.txt": ("\n".join([*SEQUENCES, "ACGTNA"]), "(row 31 of the file) has 'N'"),
    "unequal.txt": (
        "\n".join([*SEQUENCES, "ACG"]),
        "(row 31 of the file) has length 3",
    ),
    "hole.txt": (
        "\n".join([*SEQUENCES, "", "ACGTAC"]),
        "line 31 has an empty sequence",
    ),
    "few.txt": ("ACGT\nACGA\n", "2 sequences are too few"),
    "split.csv": (
        "sequence,split\nACGT,train\nACGA,learn\n",
        "row 3: the column 'split' says 'learn'",
    ),
    "training.csv": (
        "sequence,split\nACGT,train\nACGA,valid\nACGG,valid\n",
        "1 of 3 sequences are for training, at least 2",
    ),
    "validation.txt": (
        "\n".join(SEQUENCES[:10]),
        "1 of 10 sequences are for validation",
    ),
    "header.fasta": ("ACGT\n>a\nACGT\n", "but line 1 does not"),
    "columns.csv": ("a,b\nACGT,ACGT\nACGA,ACGA\n", "which column holds the sequences"),
    "one.txt": ("ACGT" * 50, "--length N"),
    "same.txt": ("LLLL\n" * 30, "needs at least 2 letters"),
    "zip.txt.gz": ("ACGT\n", "not a whole gzip file"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(cli, tmp_path, name):
    content, expected = BAD_FILES[name]
    path, out = tmp_path / name, tmp_path / "model"
    path.write_text(content)
    alphabet = "auto" if name == "same.txt" else "dna"
    words = ("--data", path, "--alphabet", alphabet, "--out", out)
    message = cli.error("train", *TINY, *words)
    assert expected in message
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--column", "seq"), "column='seq', but there is no such column"),
        (("--label", "color"), "label='color', but there is no such column"),
        (("--where", "color=red"), "'color', but there is no such column"),
        (
            ("--where", "species=bee"),
            "no row has species=bee; the values are fly, yeast",
        ),
        (("--where", "species"), "expected --where COLUMN=VALUE, got 'species'"),
        (("--length", "12"), "has length 10, expected 12"),
    ],
)
def test_bad_requests(cli, tmp_path, dna_csv, words, expected):
    message = cli.error("train", "--data", dna_csv, "--out", tmp_path / "m", *words)
    assert expected in message


def test_a_file_in_place_of_the_folder(cli, dna_csv):
    message = cli.error("train", "--data", dna_csv, "--out", dna_csv, "--steps", 1)
    assert str(dna_csv) in message


def test_traceback_on_request(cli, tmp_path):
    words = ("sample", "--model", tmp_path, "--n", 1, "--traceback")
    said = cli(*words, code=2).err
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("fisher-manifold: error: ")


def test_our_own_mistakes_are_not_hidden(monkeypatch):
    class Broken:
        @staticmethod
        def run(arguments):
            raise AttributeError("a mistake of ours")

    monkeypatch.setattr(command, "_command", lambda name: Broken)
    with pytest.raises(AttributeError):
        command.main(["sample", "--model", "m", "--n", "1"])


def test_interruption_before_anything_is_done(cli, monkeypatch):
    class Interrupted:
        @staticmethod
        def run(arguments):
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "_command", lambda name: Interrupted)
    said = cli("sample", "--model", "m", "--n", 1, code=130)
    assert said.err == "fisher-manifold: interrupted\n"


def test_a_reader_that_goes_away(trained):
    """`fisher-manifold sample | head -1` ends without a traceback."""
    words = " ".join([*PYTHON, "sample", "--model", str(trained[0]), "--steps 1"])
    done = subprocess.run(
        f"{words} --n 5000 --format txt | head -1",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert len(done.stdout.split()) == 1
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_nothing_global_is_changed(cli, tmp_path, dna_csv):
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    out = tmp_path / "model"
    words = ("--data", dna_csv, "--steps", 2, "--width", 8, "--depth", 1)
    cli("train", *words, "--threads", 3, "--out", out)
    cli("sample", "--model", out, "--n", 2, "--steps", 2, "--threads", 3)
    assert torch.equal(torch.rand(3), expected)
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (threads, dtype)


def test_a_fresh_process_from_end_to_end(tmp_path, dna_csv):
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    words = ("train", *TINY, "--data", dna_csv.name, "--steps", 2, "--out", "model")
    done = run(*words, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    done = run("sample", "--model", "model", "--n", 2, "--steps", 1, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count(">sample_") == 2
    assert done.stderr == ""
    done = run("sample", "--model", "nowhere", "--n", 2, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
