"""SP-MSE and FBD by a predictor, against scipy and over the whole set at once."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import torch

from fisher_manifold import metrics

LETTERS = "ACGT"


def rng(seed=0):
    return np.random.default_rng(seed)


def random_sequences(n, length=12, seed=0, law=None):
    rows = rng(seed).choice(list(LETTERS), (n, length), p=law)
    return ["".join(row) for row in rows]


def counts(sequences):
    """Counts of letters: [n, 4]."""
    return np.array([[s.count(c) for c in LETTERS] for s in sequences])


def has_g(sequences):
    """Where a G is: a profile [n, length]."""
    return np.array([[c == "G" for c in s] for s in sequences])


def test_profile_error_is_the_mean_of_squares():
    a, b = rng().normal(size=(2, 7, 5, 3))
    expected = np.mean([(x - y) ** 2 for x, y in zip(a.flat, b.flat, strict=True)])
    assert metrics.profile_error(a, b) == pytest.approx(expected, rel=1e-14)
    assert metrics.profile_error([1.0, 4.0], [0.0, 2.0]) == (1 + 4) / 2
    assert metrics.profile_error(a, a) == 0
    with pytest.raises(ValueError, match=r"one shape \[n, ...\].* got \[7\] and \[6\]"):
        metrics.profile_error(np.zeros(7), np.zeros(6))
    with pytest.raises(ValueError, match="gave NaN"):
        metrics.profile_error([np.nan], [0.0])


def test_sp_mse_of_paired_sequences():
    """By hand: a share of the positions at which just one has a G."""
    pairs = ["ACGG", "GGGG"], ["ACGT", "AAAA"]
    outputs = [metrics.predict(has_g, sequences) for sequences in pairs]
    distances = metrics.predicted_distances(*outputs)
    assert distances["SP-MSE"] == (1 + 4) / 8


def test_fbd_is_that_of_all_sequences_at_once():
    a = random_sequences(300, seed=1)
    b = random_sequences(250, seed=2, law=[0.3, 0.25, 0.25, 0.2])
    outputs = [
        metrics.predict(lambda s: {"embedding": counts(s)[:, :3]}, s, batch_size=32)
        for s in (a, b)
    ]
    value = metrics.predicted_distances(*outputs)
    x, y = counts(a)[:, :3], counts(b)[:, :3]
    root = scipy.linalg.sqrtm(np.cov(x.T) @ np.cov(y.T)).real
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2)
    expected += np.trace(np.cov(x.T) + np.cov(y.T) - 2 * root)
    assert value == {"FBD": pytest.approx(expected, rel=1e-9)}
    batches = [
        metrics.frechet_distance(p, q)
        for p, q in zip(np.split(x[:240], 10), np.split(y[:240], 10), strict=True)
    ]
    assert np.mean(batches) > 1.5 * value["FBD"]  # what averaging over batches gives


def test_a_predictor_sees_batches_of_strings():
    seen = []

    def predictor(sequences):
        assert isinstance(sequences, list) and isinstance(sequences[0], str)
        seen.append(len(sequences))
        return torch.tensor([len(s) for s in sequences], requires_grad=False)

    sequences = random_sequences(10)
    outputs = metrics.predict(predictor, sequences, batch_size=4)
    assert seen == [4, 4, 2]
    assert outputs["profile"].tolist() == [12.0] * 10
    assert outputs["embedding"].shape == (10, 1)


def test_kinds_of_output():
    sequences = random_sequences(6)
    assert set(metrics.predict(counts, sequences)) == {"profile", "embedding"}
    three = metrics.predict(lambda s: has_g(s)[:, :, None], sequences)
    assert set(three) == {"profile"}
    both = metrics.predict(
        lambda s: {"profile": has_g(s), "embedding": counts(s)}, sequences
    )
    distances = metrics.predicted_distances(both, both)
    assert distances["SP-MSE"] == 0 and distances["FBD"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("predictor", "error", "expected"),
    [
        (lambda s: np.zeros(3), ValueError, "one row for each of 4 sequences"),
        (lambda s: 0.5, ValueError, r"its output has shape \[\]"),
        (lambda s: s, TypeError, "expected numbers from a predictor"),
        (lambda s: {"score": np.zeros(4)}, ValueError, r"got \['score'\]"),
        (lambda s: {}, ValueError, "named profile or embedding"),
    ],
)
def test_other_outputs_are_refused(predictor, error, expected):
    with pytest.raises(error, match=expected):
        metrics.predict(predictor, random_sequences(4))


def test_outputs_that_change_between_batches_are_refused():
    sizes = itertools.count(1)
    with pytest.raises(ValueError, match="outputs of different shapes"):
        metrics.predict(lambda s: np.zeros((2, next(sizes))), random_sequences(4), 2)
    kinds = itertools.cycle(["profile", "embedding"])
    with pytest.raises(ValueError, match="other kinds of output"):
        metrics.predict(lambda s: {next(kinds): np.zeros(2)}, random_sequences(4), 2)


SOURCE = """
class Length:
    def __init__(self):
        self.factor = 2.0

    def __call__(self, sequences):
        return [self.factor * len(s) for s in sequences]

NUMBER = 3
"""


def test_predictors_by_name(tmp_path, monkeypatch):
    path = tmp_path / "my_predictor_of_length.py"
    path.write_text(SOURCE)
    assert metrics.load_predictor(f"{path}:Length")(["ACG"]) == [6.0]
    monkeypatch.syspath_prepend(tmp_path)
    assert metrics.load_predictor("my_predictor_of_length:Length")(["A"]) == [2.0]
    assert metrics.load_predictor("os:path.basename")("a/b") == "b"
    cases = {
        "Length": "as module:callable or file.py:callable",
        f"{path}:Width": "has no attribute 'Width'",
        f"{path}:NUMBER": "something to call with a list of sequences, got int",
        f"{path}x.py:Length": "there is no file",
        "no_such_module_here:f": "a file is named with its path",
    }
    for name, expected in cases.items():
        with pytest.raises(ValueError, match=expected):
            metrics.load_predictor(name)
