"""`evaluate` on letters: floors and ceilings, TATA boxes by class, the bound."""

import dataclasses
import json

import numpy as np
import pytest
from cli_helpers import TINY, random_sequences, splits_of, write_csv

from fisher_manifold import metrics
from fisher_manifold.cli import main
from fisher_manifold.commands import comparison, embedding, levels, promoter, report
from fisher_manifold.commands import evaluate as evaluation
from fisher_manifold.commands.findings import Findings

FAST = ("--steps", 2, "--k", 1, "--bound", 2)
LETTERS = promoter.Letters("ACGT", 60, start_site=49)
TATA = [3, 0, 3, 0, 0, 0, 0, 2]


def rng(seed=0):
    return np.random.default_rng(seed)


def promoters(n, seed, share=0.5, place=18):
    """Sequences of 60 letters, a share of them with TATAAAAG at a place."""
    generator = rng(seed)
    labels = generator.choice(4, (n, 60), p=[0.2, 0.3, 0.3, 0.2])
    boxes = generator.random(n) < share
    labels[boxes, place : place + 8] = TATA
    return labels


def sets_like(samples, train):
    return comparison.make_sets(samples, train, 4, rng(9))


def named(rows):
    return {row.name: row for row in rows}


# The command


@pytest.fixture(scope="module")
def bounded(tmp_path_factory):
    """Folder of a model whose source allows a bound, and its data file."""
    folder = tmp_path_factory.mktemp("bounded")
    species = [("fly", "fly", "yeast")[i % 3] for i in range(60)]
    columns = {"species": species, "split": splits_of(60)}
    data = write_csv(folder / "a.csv", random_sequences(length=12), **columns)
    words = ("train", *TINY, "--data", data, "--label", "species", "--steps", 5)
    words += ("--concentration", 2, "--out", folder / "model")
    assert main([str(word) for word in words]) == 0
    return folder / "model", data


def evaluate(cli, model, data, *words):
    said = cli("evaluate", "--model", model, "--data", data, *FAST, *words)
    return said, json.loads((model / "report.json").read_text())


def test_the_report_of_dna(cli, bounded):
    said, found = evaluate(cli, *bounded, "--start-site", 8)
    results = named_in(found["results"])
    assert list(results) == [
        *("1-mers, Jensen-Shannon", "site marginals, total variation"),
        "copies of training sequences, share",
        "near copies (at most 1 letters differ), share",
        *("letters by position, JS", "GC content, Wasserstein"),
        *("TATA box, place and share, JS", "classifier embeddings, Frechet"),
    ]
    for row in results.values():
        assert 0 <= row["floor"] <= row["ceiling"]
        assert row["low"] <= row["model"] <= row["high"]
    assert {"GC content", "TATA box, share"} < set(named_in(found["levels"]))
    assert set(found["levels_by_class"]) == {"fly", "yeast"}
    assert set(found["more_results_by_class"]) == {"fly", "yeast"}
    assert found["start_site"] == 8
    profile = found["letters_by_position"]
    assert profile["sites"] == list(range(12))
    mean = results["letters by position, JS"]["model"]
    assert np.mean(profile["model"]) == pytest.approx(mean, rel=1e-12)
    markdown = (bounded[0] / "report.md").read_text()
    assert "| TATA box, share by class |" in markdown
    assert (
        "| GC content by class |" in markdown and "GC content by class" not in said.out
    )
    assert "ceiling" in said.out and "TATA box, share by class" in said.out


def named_in(rows):
    return {row["name"]: row for row in rows}


def test_the_bound_of_the_likelihood(cli, bounded, trained):
    said, found = evaluate(cli, *bounded)
    bound = found["bound"]
    assert bound["n_sequences"] == 2 and bound["standard_error"] > 0
    # After five steps the letters are still nearly uniform: 2 bits, and some looseness.
    assert 1.5 < bound["bits_per_site"] < 4
    assert f"at most {bound['bits_per_site']:.4f} bits/site" in said.out
    assert evaluate(cli, *bounded, "--bound", 0)[1]["bound"] is None
    said, found = evaluate(cli, *trained)
    assert found["bound"]["bits_per_site"] is None
    assert "train with --concentration 2" in said.out


def test_the_bound_of_a_model_that_is_given_letters(cli, bounded, tmp_path):
    """Any concentration will do, and the training is resumed with its settings."""
    words = ("train", *TINY, "--data", bounded[1], "--steps", 5, "--blank", 1)
    assert main([str(word) for word in (*words, "--out", tmp_path / "model")]) == 0
    said, found = evaluate(cli, tmp_path / "model", bounded[1])
    bound = found["bound"]
    assert bound["law"] == "order" and 1.5 < bound["bits_per_site"] < 2.5
    assert f"at most {bound['bits_per_site']:.4f} bits/site" in said.out
    settings = json.loads((tmp_path / "model" / "model.json").read_text())
    assert settings["training"]["blank"] == 1.0


def test_text_has_no_boxes(cli, text_model):
    said, found = evaluate(cli, *text_model)
    assert "TATA" not in said.out and "GC content" not in said.out
    assert "letters by position, JS" in said.out
    # Real text against a Markov chain: there are no classes to learn.
    assert 0 <= found["classifier_accuracy"] <= 1


def test_a_start_site_beyond_the_sequences(cli, trained):
    words = ("evaluate", "--model", trained[0], "--data", trained[1])
    assert "expected a start site within the 10" in cli.error(
        *words, "--start-site", 10
    )


def test_the_usual_lengths_of_k_mers():
    labels = np.zeros((2, 12), int)
    assert evaluation._check_lengths(None, labels, 4) == [3, 4, 5, 6]
    assert evaluation._check_lengths(None, labels, 27) == [3, 5]
    assert evaluation._check_lengths(None, labels[:, :4], 4) == [3, 4]
    assert evaluation._check_lengths([5, 2, 5], labels, 4) == [2, 5]
    with pytest.raises(ValueError, match="longer than the rows"):
        evaluation._check_lengths([5], labels[:, :4], 4)


# What is measured


def test_the_real_law_lies_below_the_ceilings_and_another_above():
    train, test = promoters(4000, 0), promoters(2000, 1)
    for samples, is_real in (
        (promoters(1000, 2), True),
        (promoters(1000, 3, 0.2), False),
    ):
        sets = sets_like(samples, train)
        found = named(promoter.compare_letters(LETTERS, sets, test, train, rng()))
        assert len(found) == 3
        for row in found.values():
            # A share of 5 % lies above; their intervals reach below.
            assert (row.low < row.ceiling) if is_real else (row.low > row.ceiling)
            assert row.markov > row.ceiling and row.noise > row.ceiling


def test_boxes_are_looked_for_before_the_start_site():
    inside, outside = promoters(50, 0, 1.0, 18), promoters(50, 0, 1.0, 45)
    assert (LETTERS.tata(inside) >= 0).all()
    assert (LETTERS.tata(outside) == -1).mean() > 0.9
    anywhere = promoter.Letters("ACGT", 60)
    assert (anywhere.tata(outside) >= 0).all()
    edges = [promoter.Letters("ACGT", 60, i) for i in (0, 19, 20, 59)]
    for place, letters in zip((45, 45, 0, 35), edges, strict=True):
        assert (letters.tata(promoters(9, 0, 1.0, place)) >= 0).all()


def test_levels_of_the_tata_box():
    samples, train = promoters(800, 0, 0.25, 20), promoters(800, 1)
    real = promoters(800, 2, 0.5, 17)
    sets = dataclasses.replace(sets_like(samples, train), floor=real)
    found = named(promoter.letter_levels(LETTERS, sets, rng()))
    share, place = (
        found["TATA box, share"],
        found["TATA box, first letter from the start site"],
    )
    assert share.model == np.mean(LETTERS.tata(samples) >= 0)
    assert share.low < share.model < share.high < share.real_low < share.real
    # Half width of 95 %: 1.96 sqrt(p (1 - p) / n), from 50 resamples.
    half = 1.96 * np.sqrt(share.model * (1 - share.model) / 800)
    assert share.high - share.low == pytest.approx(2 * half, rel=0.4)
    assert place.model == pytest.approx(20 - 49, abs=0.5)
    assert place.real == pytest.approx(17 - 49, abs=0.5)
    assert found["GC content"].model == metrics.gc_content(samples).mean()


def test_no_box_at_all_is_no_place():
    labels = np.zeros((20, 60), int)
    sets = comparison.Sets(labels, labels, labels, labels)
    place = promoter.letter_levels(LETTERS, sets, rng())[-1]
    assert place.model is None and place.real is None and place.low is None
    table = report._level_table("figure", [place, levels.Level("b", 0.5, 1.0, None, 0)])
    assert table == [
        ("figure", "model", "real", "noise"),
        (place.name, "", "", ""),
        ("b", "0.5", "1", "0"),
    ]


def test_classes_are_compared_with_their_own():
    train, test, samples = (
        (
            np.concatenate([promoters(400, s, 0.9), promoters(400, s + 1, 0.1)]),
            np.repeat([0, 1], 400),
        )
        for s in (0, 2, 4)
    )
    classes = ["with", "without", "missing"]
    swapped = samples[0], 1 - samples[1]
    right, high = promoter.compare_by_class(
        LETTERS, samples, test, train, classes, rng()
    )
    wrong, _ = promoter.compare_by_class(LETTERS, swapped, test, train, classes, rng())
    assert list(right) == ["with", "without"]
    assert high["with"][1].model > 0.8 > 0.2 > high["without"][1].model
    for name in right:
        rows = named(right[name]), named(wrong[name])
        for key in rows[0]:
            assert rows[0][key].model < rows[1][key].model / 5
    tables = report._tables(
        Findings(None, right["with"], [], levels_by_class=high, results_by_class=right)
    )
    titles = [[table[0][0] for table in part] for part in tables]
    assert titles[0] == ["metric (0 is best)", "TATA box, share by class"]
    assert "letters by position, JS by class" in titles[1]


def test_frechet_distance_of_embeddings():
    train, test = promoters(1500, 0), promoters(600, 1)
    classes = [
        (labels, (LETTERS.tata(labels) >= 0).astype(int)) for labels in (test, train)
    ]
    for samples, is_real in (
        (promoters(400, 2), True),
        (promoters(400, 3, 0.0), False),
    ):
        sets = sets_like(samples, train)
        found, accuracy = embedding.compare_embeddings(sets, *classes, 4, 0, rng())
        assert accuracy > 0.9
        assert (found.low < found.ceiling) if is_real else (found.low > found.ceiling)
        again, _ = embedding.compare_embeddings(sets, *classes, 4, 0, rng())
        assert again == found


def test_without_classes_the_classifier_knows_real_sequences():
    train, test = promoters(2000, 0, 1.0), promoters(500, 1, 1.0)
    sets = sets_like(promoters(300, 2, 1.0), train)
    found, accuracy = embedding.compare_embeddings(
        sets, (test, None), (train, None), 4, 0, rng()
    )
    assert accuracy > 0.9 and found.markov > 5 * found.ceiling
    nothing = embedding.compare_embeddings(
        sets, (test, None), (train[:3], None), 4, 0, rng()
    )
    assert nothing == (None, None)
