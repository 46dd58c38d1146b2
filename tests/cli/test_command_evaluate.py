"""`evaluate`: what is compared with what, and the report."""

import json

import numpy as np
import pytest
from cli_helpers import random_sequences, write_csv

from fisher_manifold import metrics
from fisher_manifold.commands import comparison, levels, report

FAST = ("--steps", 2, "--k", 1, 3)


def evaluate(cli, model, data, *words):
    said = cli("evaluate", "--model", model, "--data", data, *FAST, *words)
    return said, json.loads((model / "report.json").read_text())


def test_the_report(cli, trained):
    model, data = trained
    said, found = evaluate(cli, model, data)
    assert found["n_test"] == found["n_samples"] == 12
    assert found["n_training"] == 36
    names = [result["name"] for result in found["results"]]
    assert names[0].startswith("1-mers") and names[1].startswith("3-mers")
    for result in found["results"]:
        assert all(result[key] >= 0 for key in ("model", "floor", "markov", "noise"))
        if result["low"] is not None:
            assert result["low"] <= result["model"] <= result["high"]
    assert [result["name"] for result in found["results_by_class"]] == ["fly", "yeast"]
    assert 0 < found["cross_entropy_test"] < np.log(4)
    markdown = (model / "report.md").read_text()
    for name in names:
        assert f"| {name} |" in markdown and name in said.out
    assert "nan" not in said.out.lower() + markdown.lower()


def test_the_same_seed_gives_the_same_report(cli, trained):
    model, data = trained
    runs = [evaluate(cli, model, data, "--seed", seed)[1] for seed in (5, 5, 6)]
    assert runs[0] == runs[1]
    assert runs[0]["results"] != runs[2]["results"]


def test_the_report_names_the_sampler(cli, trained):
    model, data = trained
    words = ("--solver", "heun", "--readout", "posterior", "--grid", "measured")
    found = evaluate(cli, model, data, *words)[1]
    assert [found[word[2:]] for word in words[::2]] == list(words[1::2])
    assert found["n_evaluations"] == 2 * 2 + 1
    assert evaluate(cli, model, data)[1]["n_evaluations"] == 2


def test_a_file_of_its_own_is_used_whole(cli, tmp_path, trained):
    data = tmp_path / "other.csv"
    write_csv(data, random_sequences(15, seed=9), species=["fly"] * 15)
    _, found = evaluate(cli, trained[0], data, "--n", 20)
    assert found["test"] == "all sequences of the file"
    assert found["n_test"] == 15 and found["n_samples"] == 20
    assert [result["name"] for result in found["results_by_class"]] == ["fly"]


def test_the_training_file_is_split_as_in_training(cli, text_model):
    model, data = text_model
    said, found = evaluate(cli, model, data)
    assert found["n_test"] == 10 and found["n_training"] == 80
    assert "by place in the text" in found["test"]
    assert "by class" not in said.out


def test_columns_of_another_file(cli, tmp_path, trained):
    data = tmp_path / "other.fasta"
    sequences = random_sequences(6, seed=4)
    data.write_text("".join(f">a kind=fly\n{s}\n" for s in sequences))
    _, found = evaluate(cli, trained[0], data, "--label", "kind")
    assert found["n_test"] == 6


def test_out_chooses_the_file(cli, tmp_path, text_model):
    model, data = text_model
    path = tmp_path / "mine.json"
    cli("evaluate", "--model", model, "--data", data, *FAST, "--out", path)
    assert json.loads(path.read_text())["n_test"] == 10
    assert path.with_suffix(".md").exists()


@pytest.mark.parametrize(
    ("sequences", "expected"),
    [
        (["ACGTACGTAC", "ACGTACGTAN"], "'N' at position 9"),
        (["ACGTACGTAC", "ACGT"], "has length 4"),
        (["ACGT", "ACGT"], "expected sequences of length 10"),
        (["ACGTACGTAC"], "2 sequences are needed"),
    ],
)
def test_bad_files(cli, tmp_path, trained, sequences, expected):
    data = write_csv(tmp_path / "bad.csv", sequences, species=["fly"] * len(sequences))
    words = ("evaluate", "--model", trained[0], "--data", data)
    assert expected in cli.error(*words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--n", 0), "at least 1"),
        (("--k", 11), "longer than the rows"),
        (("--k", 0), "at least 1"),
        (("--out", "report.txt"), "to end in .json"),
        (("--out", "nowhere/report.json"), "a folder that exists"),
        (("--label", "color"), "no such column"),
        (("--label", ""), "this model has classes"),
    ],
)
def test_bad_requests(cli, trained, words, expected):
    model, data = trained
    message = cli.error("evaluate", "--model", model, "--data", data, *words)
    assert expected in message


def test_an_unknown_class(cli, tmp_path, trained):
    data = write_csv(tmp_path / "a.csv", random_sequences(3), species=["bee"] * 3)
    message = cli.error("evaluate", "--model", trained[0], "--data", data)
    assert "row 2 has the label 'bee'" in message


def test_samples_of_the_real_law_reach_the_floor():
    """Real sequences in place of samples: the model's column is like the floor's."""
    rng = np.random.default_rng(0)
    law = np.array([0.4, 0.3, 0.2, 0.1])
    train, test, samples = (rng.choice(4, (800, 12), p=law) for _ in range(3))
    sets = comparison.make_sets(samples, train, 4, rng)
    results = comparison.compare(sets, test, train, 4, [2], rng)
    k_mers, marginals = results[0], results[1]
    assert k_mers.model == metrics.kmer_divergence(samples, test, 2, 4)
    assert k_mers.model < 3 * k_mers.floor and k_mers.noise > 20 * k_mers.floor
    assert marginals.model < 2 * marginals.floor
    assert "about as far" in comparison.verdict(k_mers)


def test_copies_are_found():
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 4, (2, 50, 30))
    near = train.copy()
    near[:, :3] = (near[:, :3] + 1) % 4
    sets = comparison.make_sets(near, train, 4, rng)
    exact = comparison.compare(sets, test, train, 4, [1], rng)[-1]
    close, found = levels.compare_diversity(sets, test, train, rng)
    assert exact.model == exact.floor == 0 and exact.ceiling <= 0.1
    assert close.model == 1 and close.floor == 0 and close.ceiling <= 0.1
    # Clopper and Pearson: at each end, what was seen has a probability of 2.5 %.
    assert exact.low == 0 and (1 - exact.high) ** 50 == pytest.approx(0.025)
    assert close.high == 1 and close.low**50 == pytest.approx(0.025)
    nearest = found[0]
    assert nearest.model == nearest.low == nearest.high == 3
    assert 3 < nearest.real_low <= nearest.real <= nearest.real_high


@pytest.mark.parametrize("share", [0.002, 0.1, 0.5])
def test_the_ceiling_of_shares(share):
    """One in twenty sets of the same law has a larger share, or fewer."""
    rng = np.random.default_rng(0)
    above = []
    for real, other in rng.binomial(500, share, (2000, 2)) / 500:
        sets = comparison.Sets(other, real, 0.0, 0.0)
        found = comparison.share("copies", sets, 500)
        above.append(other > found.ceiling)
        assert found.low <= other <= found.high
    assert 0.005 < np.mean(above) < 0.07


def test_intervals_of_a_predictor():
    """SP-MSE of independent squares: 1.96 standard errors of their mean."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, (400, 8))
    sets = comparison.Sets(*(rng.integers(0, 4, (400, 8)) for _ in range(4)))

    def predict(labels):
        return {"profile": labels[:, :1].astype(float)}

    (found,) = comparison.compare_predicted("p", sets, labels, predict, rng)
    squares = (sets.model[:, 0] - labels[:, 0]) ** 2
    error = 1.96 * squares.std() / 20
    assert found.model == pytest.approx(squares.mean())
    for end in (found.model - found.low, found.high - found.model):
        assert 0.6 * error < end < 1.5 * error
    assert found.floor < found.ceiling < found.floor + error


@pytest.mark.parametrize(
    ("model", "markov", "expected"),
    [
        (0.001, 0.01, "10 times closer"),
        (0.02, 0.01, "2 times farther"),
        (0.0, 0.01, "model 0"),
    ],
)
def test_the_verdict(model, markov, expected):
    result = comparison.Result("3-mers", model, 0.001, markov, 0.1)
    assert expected in comparison.verdict(result)


def test_numbers_are_short():
    shown = [report._number(x) for x in (0.0, 1e-6, 0.00012345, 0.5, 1.0)]
    assert shown == ["0", "1.0e-06", "0.000123", "0.5", "1"]


PREDICTOR = """
import numpy as np

def predictor(sequences):
    profile = np.array([[c == "A" for c in s] for s in sequences])
    counts = np.array([[s.count(c) for c in "ACGT"] for s in sequences])
    return {"profile": profile, "embedding": counts}
"""


def test_a_predictor_is_one_flag_away(cli, tmp_path, trained):
    model, data = trained
    path = tmp_path / "predictor.py"
    path.write_text(PREDICTOR)
    said, found = evaluate(cli, model, data, "--predictor", f"{path}:predictor")
    names = [f"{kind} by {path}:predictor" for kind in ("SP-MSE", "FBD")]
    assert [result["name"] for result in found["results"][-2:]] == names
    assert found["predictor"] == f"{path}:predictor"
    assert all(name in said.out for name in names)
    for result in found["results"][-2:]:
        assert all(result[key] > 0 for key in ("model", "floor", "markov", "noise"))
        assert result["model"] < 1000
    message = cli.error(
        *("evaluate", "--model", model, "--data", data, "--predictor", "nowhere")
    )
    assert "module:callable" in message


def test_a_predictor_compares_sequences_of_one_class():
    """Sequences that only their class determines: the floor of the profiles is 0."""
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], [10, 30, 20])
    train = np.tile(classes[:, None], (1, 5))
    real = np.array([2, 0, 1, 1, 2, 0, 3])
    rows = comparison.choose_alike(real, classes, rng)
    assert classes[rows[:-1]].tolist() == real[:-1].tolist()
    many = comparison.choose_alike(np.ones(25, int), classes, rng)
    assert len(set(many)) == 25  # without replacement while there are enough

    def predict(labels):
        return {"profile": labels.astype(float), "embedding": labels[:, :1] * 1.0}

    sets = comparison.Sets(train[rows], train[rows], train[rows] + 1, train[::10][:7])
    pairs = np.tile(real[:-1, None], (1, 5))
    sets = comparison.Sets(
        *(getattr(sets, f)[:6] for f in comparison.Sets.__annotations__)
    )
    sp_mse, fbd = comparison.compare_predicted("p", sets, pairs, predict, rng)
    assert sp_mse.low == sp_mse.high == sp_mse.ceiling == 0
    assert sp_mse.model == sp_mse.floor == 0 and sp_mse.markov == 1 < sp_mse.noise
    assert fbd.floor == pytest.approx(0, abs=1e-12) and fbd.markov == pytest.approx(1)
