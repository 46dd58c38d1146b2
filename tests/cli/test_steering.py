"""`train --condition-dropout --reveal`, `sample --guidance --given`."""

import numpy as np
import pytest
import torch
from cli_helpers import splits_of, write_csv

from fisher_manifold import flow, networks
from fisher_manifold.commands import folder, steering


@pytest.fixture(scope="module")
def steerable(tmp_path_factory):
    """Folder of a model that can be steered, and its data: A in one class, T in one."""
    from cli_helpers import TINY

    from fisher_manifold.cli import main

    place = tmp_path_factory.mktemp("steerable")
    rng = np.random.default_rng(0)
    rows = [rng.choice(list("ACGT"), 10, p=p) for p in ([0.7, 0.1, 0.1, 0.1],) * 100]
    first = ["".join(row) for row in rows]
    second = [s.translate(str.maketrans("AT", "TA")) for s in first]
    data = write_csv(
        place / "dna.csv",
        first + second,
        kind=["a"] * 100 + ["t"] * 100,
        split=splits_of(200),
    )
    words = ("train", *TINY, "--data", data, "--label", "kind", "--steps", 150)
    words += ("--condition-dropout", 0.2, "--reveal", 0.5, "--learning-rate", 0.02)
    assert main([str(w) for w in (*words, "--out", place / "model")]) == 0
    return place / "model", data


def sequences(cli, model, *words):
    words = ("--model", model, "--steps", 5, "--format", "csv", *words)
    lines = cli("sample", *words).out.splitlines()[1:]
    return [line.split(",")[0] for line in lines]


def share(rows, letter):
    return sum(row.count(letter) for row in rows) / sum(map(len, rows))


def test_the_model_can_be_steered(steerable):
    trainer = flow.Trainer.load(steerable[0])
    assert type(trainer.raw_field) is flow.InpaintingField
    assert type(trainer.raw_field.network) is networks.Conditional
    assert trainer.raw_field.network.drop == 0.2 and trainer.raw_field.reveal == 0.5


def test_guidance_exaggerates_the_class(cli, steerable):
    shares = [
        share(sequences(cli, steerable[0], "--n", 200, "--label", "t", *words), "T")
        for words in (("--guidance", 0), (), ("--guidance", 3))
    ]
    assert shares[0] + 0.05 < shares[1] < shares[2] - 0.05


def test_given_letters_are_kept(cli, steerable):
    model, _ = steerable
    rows = sequences(cli, model, "--n", 50, "--given", "NTAtaa?NNg")
    assert all(row[1:6] == "TATAA" and row[9] == "G" for row in rows)
    assert len(set(rows)) > 30
    both = ("--given", "CNNNNNNNNN", "--guidance", 3, "--label", "a")
    rows = sequences(cli, model, "--n", 50, *both)
    assert all(row[0] == "C" for row in rows) and share(rows, "A") > 0.5


def test_training_resumes(cli, tmp_path, steerable):
    _, data = steerable
    words = ("--data", data, "--label", "kind", "--reveal", 1)
    words += ("--condition-dropout", 0.2)
    cli.train(*words, "--steps", 6, "--out", tmp_path / "whole")
    cli.train(*words, "--steps", 3, "--out", tmp_path / "half")
    cli("train", "--resume", "--steps", 6, "--out", tmp_path / "half")
    trainers = [flow.Trainer.load(tmp_path / name) for name in ("whole", "half")]
    assert [t.step for t in trainers] == [6, 6]
    kinds = [type(t.raw_field.network) for t in trainers]
    assert kinds == [networks.Conditional] * 2


def test_evaluate_takes_guidance(cli, steerable):
    import json

    model, data = steerable
    words = ("--steps", 2, "--k", 1, "--guidance", 2)
    cli("evaluate", "--model", model, "--data", data, *words)
    assert json.loads((model / "report.json").read_text())["guidance"] == 2


def test_models_that_were_not_trained_for_it(cli, trained, text_model):
    for model in (trained[0], text_model[0]):
        words = ("sample", "--model", model, "--n", 2, "--steps", 2)
        message = cli.error(*words, "--guidance", 2)
        assert "--label and --condition-dropout" in message
    printed = cli(*words, "--given", "a???????")
    assert "has not seen given letters in training" in printed.err
    assert [line[0] for line in printed.out.splitlines()] == ["a", "a"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--given", "NNN"), "expected 10 letters, one for each place, got 3"),
        (("--given", "NNNNNNNNNX"), "--given: .*'X' at position 9"),
        (("--guidance", -1), "at least 0"),
        (("--guidance", "inf"), "at least 0"),
        (("--guidance", "much"), "expected a number"),
    ],
)
def test_bad_requests(cli, steerable, words, expected):
    import re

    message = cli.error("sample", "--model", steerable[0], "--n", 1, *words)
    assert re.search(expected, message)


def test_patterns_of_other_alphabets(text_model):
    model = folder.read_description(text_model[0])
    given = steering.parse_given("?b??d?a?", model)
    letters = model.codec.alphabet
    expected = [letters.index(c) if c != "?" else -1 for c in "?b??d?a?"]
    assert given.tolist() == expected and given.dtype == torch.int64
    with pytest.raises(ValueError, match="--given: .*'N'"):
        steering.parse_given("N???????", model)
