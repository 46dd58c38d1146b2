"""Small files, tiny models, and the commands run in this process."""

import signal

import pytest
from cli_helpers import TINY, Cli, Process, random_sequences, splits_of, write_csv

from fisher_manifold.cli import main

# Not to be collected for doctests: two modules named conftest cannot be imported.
collect_ignore = ["conftest.py"]


@pytest.fixture
def cli(capsys):
    return Cli(capsys)


@pytest.fixture
def dna_csv(tmp_path):
    sequences = random_sequences()
    species = [("fly", "yeast")[i % 2] for i in range(60)]
    return write_csv(
        tmp_path / "dna.csv", sequences, species=species, split=splits_of(60)
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Folder of a conditional model, and its data file: made once."""
    folder = tmp_path_factory.mktemp("trained")
    species = [("fly", "fly", "yeast")[i % 3] for i in range(60)]
    data = write_csv(
        folder / "dna.csv", random_sequences(), species=species, split=splits_of(60)
    )
    words = ("train", *TINY, "--data", data, "--label", "species", "--steps", 20)
    assert main([str(w) for w in (*words, "--out", folder / "model")]) == 0
    return folder / "model", data


@pytest.fixture(scope="session")
def text_model(tmp_path_factory):
    """Folder of a model of a running text without classes, and its data file."""
    folder = tmp_path_factory.mktemp("text")
    data = folder / "book.txt"
    data.write_text("".join(random_sequences(1, 800, " abcdefgh")).replace("  ", " a"))
    words = ("train", *TINY, "--data", data, "--length", 8, "--steps", 10)
    assert main([str(w) for w in (*words, "--out", folder / "model")]) == 0
    return folder / "model", data


@pytest.fixture
def start():
    """Start training processes; none of them outlives the test."""
    started = []

    def launch(*words):
        started.append(Process(*words))
        return started[-1]

    yield launch
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGKILL)
            one.process.communicate()
