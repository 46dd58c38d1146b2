"""Markov chains: fits are counts, and shapes are checked."""

import numpy as np
import pytest

from fisher_manifold.data import DNA, MarkovChain

LABELS = DNA.encode(["AACG", "ACGT", "AATT"])


def counted(order, pseudocount):
    """Transition table counted letter by letter."""
    table = np.full((4,) * (order + 1), float(pseudocount))
    for row in LABELS.tolist():
        for i in range(order, len(row)):
            table[tuple(row[i - order : i + 1])] += 1
    return table


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_fits_are_relative_counts(order):
    chain = MarkovChain.fit(LABELS, 4, order, pseudocount=0.5)
    table = counted(order, 0.5)
    expected = table / table.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(chain.transition, expected, rtol=1e-14)
    assert chain.length == 4
    assert chain.order == order


def test_the_first_letters_are_fitted_jointly():
    chain = MarkovChain.fit(LABELS, 4, order=2, pseudocount=1.0)
    expected = np.full((4, 4), 0.25)
    expected[0, 0] += 2
    expected[0, 1] += 1
    np.testing.assert_allclose(chain.initial, expected / 7, rtol=1e-14)


def test_without_pseudocount_unseen_sequences_are_impossible():
    chain = MarkovChain.fit(LABELS, 4, order=1, pseudocount=0)
    log_prob = chain.log_prob(DNA.encode(["AACG", "CACG", "AGGG"]))
    # P(A A C G) = 1 * P(A|A) * P(C|A) * P(G|C), with A followed by A, C, C, A, T
    assert log_prob[0] == pytest.approx(np.log(2 / 5 * 2 / 5 * 1))
    assert np.isneginf(log_prob[1:]).all()
    # T is only seen before T; G before T
    assert chain.transition[3].tolist() == [0, 0, 0, 1]


def test_without_pseudocount_contexts_never_seen_are_followed_by_any_letter():
    chain = MarkovChain.fit(DNA.encode(["AAAA"]), 4, order=1, pseudocount=0)
    assert chain.transition[2].tolist() == [0.25] * 4


def test_fitting_a_large_sample_recovers_the_chain():
    generator = np.random.default_rng(0)
    transition = generator.dirichlet(np.ones(3), size=(3, 3))
    initial = generator.dirichlet(np.ones(9)).reshape(3, 3)
    law = MarkovChain(initial, transition, length=12)
    fit = MarkovChain.fit(law.sample(30_000, generator), 3, order=2, pseudocount=0)
    # 30 000 first pairs; a context has at least some thousand followers
    np.testing.assert_allclose(fit.initial, initial, atol=6 * 0.5 / np.sqrt(30_000))
    np.testing.assert_allclose(
        fit.transition, transition, atol=6 * 0.5 / np.sqrt(3_000)
    )


def test_higher_orders_explain_training_data_no_worse():
    labels = np.random.default_rng(0).integers(0, 4, (500, 10))
    means = [
        MarkovChain.fit(labels, 4, m, pseudocount=0).log_prob(labels).mean()
        for m in range(4)
    ]
    assert (np.diff(means) > 0).all()


@pytest.mark.parametrize(
    ("initial", "transition", "length", "message"),
    [
        ([0.5, 0.5], [[0.5, 0.5]], 3, r"shape \[K\] \* \(m \+ 1\)"),
        ([1 / 3] * 3, [[0.5, 0.5]] * 2, 3, r"\(2, 2\) and \(3,\)"),
        ([0.5, 0.5], [[0.5, 0.6]] * 2, 3, "transition must sum to 1"),
        ([0.5, 0.6], [[0.5, 0.5]] * 2, 3, "initial, .* must sum to 1"),
        ([np.nan, 1.0], [[0.5, 0.5]] * 2, 3, "initial, .* finite"),
        ([0.5, 0.5], [[0.5, 0.5]] * 2, 0, "length must be at least 1"),
        (0.5, [0.5, 0.5], 2, "initial, .* must sum to 1"),
    ],
)
def test_tables_that_are_no_chain_are_refused(initial, transition, length, message):
    with pytest.raises(ValueError, match=message):
        MarkovChain(initial, transition, length)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (LABELS, {"order": 5}, "order between 0 and the length"),
        (LABELS, {"order": -1}, "order between 0 and the length"),
        (LABELS, {"pseudocount": -1}, "pseudocount"),
        (LABELS[:0], {}, "at least one sequence"),
        (LABELS + 1, {}, "between 0 and 3"),
        (np.zeros((2, 40), int), {"order": 20}, "choose a lower order"),
    ],
)
def test_fits_that_make_no_sense_are_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        MarkovChain.fit(labels, 4, **options)
