"""Divergence of samples from a law: exact values of known wrong models."""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

from fisher_manifold import metrics
from fisher_manifold.data import (
    CopyConstraint,
    IndependentSites,
    MarkovChain,
    MixtureOfProducts,
    MotifModel,
    ParityConstraint,
)

DOCS = Path(__file__).parents[1] / "docs" / "structured_laws.md"


def rng(seed=0):
    return np.random.default_rng(seed)


def dirichlet(*shape, seed=0):
    return rng(seed).dirichlet(np.ones(shape[-1]), size=shape[:-1])


CHAIN = MarkovChain([0.5, 0.3, 0.2], dirichlet(3, 3), length=4)
SHARP = np.array([[0.85, 0.1, 0.05]] * 4)
LAWS = {
    "independent": IndependentSites(dirichlet(4, 3)),
    "chain": CHAIN,
    "mixture": MixtureOfProducts([0.6, 0.4], [SHARP, SHARP[:, ::-1]]),
    "motif": MotifModel(CHAIN, [[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]),
    "parity": ParityConstraint(4, 3),
    "copy": CopyConstraint(IndependentSites(dirichlet(2, 3))),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("n", [100, 5000])
def test_perfect_samples_have_no_divergence(name, n):
    law = LAWS[name]
    result = metrics.sample_divergence(law.sample(n, rng(1)), law)
    assert result.violation_rate == 0
    # the error of uniform laws is rounding alone
    assert abs(result.excess) <= 4 * result.excess_error + 1e-12
    assert abs(result.kl) < 4 * result.kl_error
    assert result.total_variation < 1.5 * result.total_variation_floor
    if hasattr(law, "mode_weights"):
        assert result.mode_error < 3 / math.sqrt(n)
    else:
        assert result.mode_error is None


def test_the_floor_of_many_samples_is_half_a_chi_square():
    """The plug-in divergence of n perfect samples is about chi^2_{S - 1} / 2 n."""
    law, n = ParityConstraint(3, 3), 20_000
    result = metrics.sample_divergence(law.sample(n, rng(0)), law, n_floor=1000)
    frequency = np.unique(law.sample(n, rng(0)), axis=0, return_counts=True)[1] / n
    plug_in = np.sum(frequency * np.log(frequency * 9))
    # standard deviation of the mean of a thousand: 2 / n / sqrt(1000)
    assert plug_in - result.kl == pytest.approx(8 / 2 / n, abs=4 * 2 / n / 31)
    assert result.kl_error >= math.sqrt(8 / 2) / n * 0.9


def test_standard_errors_are_those_of_repeated_samples():
    law = IndependentSites(dirichlet(3, 3))
    model = IndependentSites(0.7 * law.probabilities + 0.1)
    results = [
        metrics.sample_divergence(model.sample(2000, rng(seed)), law, n_floor=20)
        for seed in range(60)
    ]
    for field in ("excess", "kl"):
        values = [getattr(result, field) for result in results]
        errors = [getattr(result, f"{field}_error") for result in results]
        # a standard deviation of 60 values has a relative error of 9 %
        assert np.mean(errors) == pytest.approx(np.std(values, ddof=1), rel=0.35)


def test_known_wrong_models_have_their_exact_divergence():
    law = IndependentSites(dirichlet(3, 3))
    model = IndependentSites(0.7 * law.probabilities + 0.1)
    result = metrics.sample_divergence(model.sample(40_000, rng(0)), law)
    p, q = law.probabilities, model.probabilities
    assert abs(result.kl - np.sum(q * np.log(q / p))) < 4 * result.kl_error
    excess = -np.sum(q * np.log(p)) - law.entropy()
    assert abs(result.excess - excess) < 4 * result.excess_error
    every = np.array(list(itertools.product(range(3), repeat=3)))
    gap = np.exp(model.log_prob(every)) - np.exp(law.log_prob(every))
    assert result.total_variation == pytest.approx(np.abs(gap).sum() / 2, abs=0.01)


def test_noise_is_above_and_sharpness_below():
    law = IndependentSites(SHARP)
    noisy = IndependentSites(0.5 * SHARP + 0.5 / 3)
    sharp = IndependentSites(SHARP**2 / (SHARP**2).sum(axis=1, keepdims=True))
    above, below = (
        metrics.sample_divergence(model.sample(1000, rng(0)), law)
        for model in (noisy, sharp)
    )
    assert above.excess > 10 * above.excess_error
    assert below.excess < -10 * below.excess_error
    assert min(above.kl / above.kl_error, below.kl / below.kl_error) > 5


def test_a_lost_mode_is_seen():
    law = LAWS["mixture"]
    one = IndependentSites(law.probabilities[0])
    result = metrics.sample_divergence(one.sample(4000, rng(0)), law)
    # modes overlap hardly: weights (1, 0) for (0.6, 0.4), KL about -log 0.6
    assert result.mode_error == pytest.approx(0.4, abs=0.02)
    assert result.kl == pytest.approx(-math.log(0.6), abs=0.05)
    motif = LAWS["motif"]
    first = MotifModel(CHAIN, motif.motif, [1.0, 0.0, 0.0])
    lost = metrics.sample_divergence(first.sample(4000, rng(0)), motif)
    kept = metrics.sample_divergence(motif.sample(4000, rng(0)), motif)
    assert lost.mode_error > 10 * kept.mode_error


def test_violations_are_counted_and_left_out():
    law = ParityConstraint(4, 3)
    free = rng(0).integers(0, 3, (9000, 4))
    result = metrics.sample_divergence(free, law)
    # binomial standard error 0.005
    assert result.violation_rate == pytest.approx(2 / 3, abs=0.02)
    # 27 possible sequences of 81, each with a third of its probability
    assert result.total_variation == pytest.approx(2 / 3, abs=0.03)
    # what remains is uniform on the parity, hence perfect
    assert abs(result.excess) < 1e-12
    assert abs(result.kl) < 4 * result.kl_error
    none = metrics.sample_divergence([[0, 0, 0, 1], [0, 0, 0, 2]], law)
    assert none.violation_rate == 1
    assert math.isnan(none.excess)
    assert math.isnan(none.kl)
    assert none.total_variation == pytest.approx(1)


def test_copies_are_compared_with_the_probability_of_the_training_set():
    law = ParityConstraint(4, 3)
    training = law.sample(10, rng(0))
    n_distinct = len({tuple(row) for row in training.tolist()})
    fresh = metrics.sample_divergence(law.sample(5000, rng(1)), law, training)
    assert fresh.expected_copy_rate == pytest.approx(n_distinct / 27)
    assert fresh.copy_rate == pytest.approx(n_distinct / 27, abs=0.03)
    learned = metrics.sample_divergence(training, law, training)
    assert learned.copy_rate == 1
    assert metrics.sample_divergence(training, law).copy_rate is None


def test_long_sequences_have_no_list_but_an_excess():
    law = IndependentSites(np.tile(SHARP, (20, 1)))
    result = metrics.sample_divergence(law.sample(500, rng(0)), law)
    assert result.kl is result.total_variation is None
    assert abs(result.excess) < 4 * result.excess_error
    given = metrics.sample_divergence(law.sample(500, rng(0)), law, entropy=0.0)
    assert given.excess == pytest.approx(result.excess + law.entropy())


def test_results_are_a_function_of_the_arguments():
    law = LAWS["chain"]
    samples = law.sample(200, rng(0))
    first, again = (metrics.sample_divergence(samples, law) for _ in "ab")
    assert first == again
    other = metrics.sample_divergence(samples, law, generator=rng(5))
    assert first.kl != other.kl
    assert first.excess == other.excess


@pytest.mark.parametrize(
    ("samples", "options", "message"),
    [
        ([[0, 1, 2]], {}, r"shape \[n, 4\] with n at least 2, got \[1, 3\]"),
        ([[0, 1, 2, 0]], {}, r"got \[1, 4\]"),
        ([[0, 1, 2, 3]] * 2, {}, r"samples\[0, 3\] = 3"),
        ([[0, 1, 2, 0]] * 2, {"n_floor": 1}, "n_floor must be at least 2"),
        ([[0, 1, 2, 0]] * 2, {"training": [[0, 1]]}, "same number of sites"),
    ],
)
def test_what_does_not_fit_is_refused(samples, options, message):
    with pytest.raises(ValueError, match=message):
        metrics.sample_divergence(samples, LAWS["parity"], **options)


def test_the_example_of_the_page_runs():
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    exec(compile(code, str(DOCS), "exec"), {})
