"""Exact laws: probabilities sum to 1, and entropy and samples agree with them.

The oracle is the list of all sequences of a tiny law, with probabilities multiplied in
plain Python from the law's definition.
"""

import itertools
import math

import numpy as np
import pytest

from fisher_manifold.data import (
    CopyConstraint,
    IndependentSites,
    MarkovChain,
    MixtureOfProducts,
    MotifModel,
    ParityConstraint,
    estimate_entropy,
)

SITES = np.array([[0.2, 0.8, 0.0], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
WEIGHTS = np.array([0.3, 0.7, 0.0])
COMPONENTS = np.random.default_rng(0).dirichlet(np.ones(3), size=(3, 4))
COMPONENTS[0, 0] = COMPONENTS[1, 0] = [0.0, 1.0, 0.0]


def random_chain(order, n_categories=3, length=4, seed=0):
    generator = np.random.default_rng(seed)
    shape = (n_categories,) * order
    initial = generator.dirichlet(np.ones(n_categories**order)).reshape(shape)
    transition = generator.dirichlet(np.ones(n_categories), size=shape)
    if order:
        transition[..., 0, :] = np.eye(n_categories)[1]
    return MarkovChain(initial, transition, length)


def chain_probability(chain, y):
    m = chain.order
    steps = [chain.transition[y[i - m : i + 1]] for i in range(m, chain.length)]
    return float(chain.initial[y[:m]]) * math.prod(float(p) for p in steps)


def mixture_probability(law, y):
    return sum(
        float(w) * math.prod(float(p[i, k]) for i, k in enumerate(y))
        for w, p in zip(law.weights, law.probabilities, strict=True)
    )


def copy_probability(law, y):
    half = len(y) // 2
    return chain_probability(law.half, y[:half]) if y[:half] == y[half:] else 0.0


def motif_probability(law, y):
    """Sum over positions, and over the letters that the motif has overwritten."""
    width, total = len(law.motif), 0.0
    for start, weight in enumerate(law.position):
        planted = math.prod(float(law.motif[j, y[start + j]]) for j in range(width))
        for hidden in itertools.product(range(law.n_categories), repeat=width):
            before = (*y[:start], *hidden, *y[start + width :])
            total += float(weight) * planted * chain_probability(law.background, before)
    return total


def random_motif(order, position=None):
    motif = np.random.default_rng(8).dirichlet(np.ones(3), size=2)
    motif[0] = [0.0, 0.25, 0.75]
    return MotifModel(random_chain(order), motif, position)


LAWS = {
    "independent": (
        IndependentSites(SITES),
        lambda law, y: math.prod(float(SITES[i, k]) for i, k in enumerate(y)),
    ),
    "mixture": (MixtureOfProducts(WEIGHTS, COMPONENTS), mixture_probability),
    "parity": (
        ParityConstraint(4, 3),
        lambda law, y: 3.0**-3 if sum(y) % 3 == 0 else 0.0,
    ),
    "parity of one site": (ParityConstraint(1, 2), lambda law, y: float(y == (0,))),
    "chain 0": (random_chain(0), chain_probability),
    "chain 1": (random_chain(1), chain_probability),
    "chain 2": (random_chain(2), chain_probability),
    "chain of its order": (random_chain(4), chain_probability),
    "copy": (CopyConstraint(random_chain(1, length=2)), copy_probability),
    "motif in letters": (random_motif(0), motif_probability),
    "motif in a chain": (random_motif(1), motif_probability),
    "motif at its places": (random_motif(2, [0.5, 0.0, 0.5]), motif_probability),
    "fitted chain": (
        MarkovChain.fit(np.random.default_rng(1).integers(0, 3, (9, 5)), 3, order=2),
        chain_probability,
    ),
}


@pytest.fixture(params=LAWS, name="case")
def fixture_case(request):
    law, probability = LAWS[request.param]
    every = list(itertools.product(range(law.n_categories), repeat=law.length))
    return law, np.array(every), np.array([probability(law, y) for y in every])


def test_log_prob_is_the_logarithm_of_the_definition(case):
    law, every, expected = case
    log_prob = law.log_prob(every)
    assert log_prob.shape == (len(every),)
    assert (np.isneginf(log_prob) == (expected == 0)).all()
    # a handful of products and logarithms, each right to an ulp
    np.testing.assert_allclose(np.exp(log_prob), expected, rtol=1e-13)
    assert np.exp(log_prob).sum() == pytest.approx(1.0, abs=1e-13)


def test_entropy_is_the_sum_over_all_sequences(case):
    law, _, expected = case
    terms = [-p * math.log(p) for p in expected if p > 0]
    assert isinstance(law.entropy(), float)
    assert law.entropy() == pytest.approx(math.fsum(terms), abs=1e-12)


def test_entropies_are_estimated_within_their_errors(case):
    law, _, _ = case
    estimate = estimate_entropy(law, 2000, np.random.default_rng(4))
    assert law.entropy_rate() == law.entropy() / law.length
    # laws that are uniform on their support have no error but rounding
    error = 4.5 * estimate.standard_error + 1e-12
    assert abs(estimate.value - law.entropy()) <= error


def test_all_probabilities_are_listed_in_lexicographic_order(case):
    law, every, _ = case
    listed = law.all_log_probs()
    np.testing.assert_array_equal(listed, law.log_prob(every))


def test_samples_have_the_frequencies_of_the_law(case):
    law, every, expected = case
    n = 40_000
    labels = law.sample(n, np.random.default_rng(7))
    assert labels.shape == (n, law.length)
    assert labels.dtype == np.int64
    index = np.ravel_multi_index(labels.T, (law.n_categories,) * law.length)
    counts = np.bincount(index, minlength=len(every))
    assert (counts[expected == 0] == 0).all()
    # six standard deviations of a binomial count, at most 81 of them, seed fixed
    deviation = np.sqrt(n * expected * (1 - expected))
    assert (abs(counts - n * expected) <= 6 * deviation + 1e-9).all()


def test_samples_depend_on_the_generator_alone(case):
    law, _, _ = case
    first, second = (law.sample(50, np.random.default_rng(3)) for _ in range(2))
    assert (first == second).all()


def test_no_samples_are_possible(case):
    law, _, _ = case
    empty = law.sample(0, np.random.default_rng(0))
    assert empty.shape == (0, law.length)
    assert law.log_prob(empty).shape == (0,)


def test_labels_that_are_none_are_refused(case):
    law, every, _ = case
    with pytest.raises(ValueError, match="shape"):
        law.log_prob(every[:, :-1])
    with pytest.raises(ValueError, match="between 0 and"):
        law.log_prob(every + law.n_categories)
    with pytest.raises(TypeError, match="integers"):
        law.log_prob(every + 0.5)


def test_the_toy_problem_of_the_paper_is_a_softmax_of_uniform_numbers():
    law = IndependentSites.from_paper(20, generator=np.random.default_rng(5))
    uniform = np.random.default_rng(5).random((4, 20))
    assert law.probabilities.shape == (4, 20)
    # ratios of a softmax are exponentials of differences, all within a factor e
    ratios = np.log(law.probabilities[:, :1] / law.probabilities)
    np.testing.assert_allclose(ratios, uniform[:, :1] - uniform, atol=1e-14)


def test_uniform_sites_have_the_entropy_of_all_sequences():
    law = IndependentSites(np.full((5, 4), 0.25))
    assert law.entropy() == pytest.approx(5 * math.log(4), rel=1e-14)


def test_all_but_one_site_of_a_parity_are_uniform():
    labels = ParityConstraint(3, 2).sample(40_000, np.random.default_rng(0))
    assert (labels.sum(axis=1) % 2 == 0).all()
    for i, j in itertools.combinations(range(3), 2):
        counts = np.bincount(2 * labels[:, i] + labels[:, j], minlength=4)
        # standard deviation sqrt(40000 * 3 / 16) = 87
        assert (abs(counts - 10_000) < 6 * 87).all()


def test_the_entropy_of_a_large_mixture_is_not_summed():
    law = MixtureOfProducts([1.0], np.full((1, 30, 4), 0.25))
    with pytest.raises(ValueError, match=r"4 \*\* 30 sequences.*log_prob"):
        law.entropy()


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        ([[0.5, 0.6]], r"sum to 1 .* the sum is 1.1 at index \(0,\)"),
        ([[0.5, 0.5], [1.5, -0.5]], r"not negative; -0.5 stands at \(1, 1\)"),
        ([[0.5, np.nan]], r"finite .*nan stands at \(0, 1\)"),
        ([[np.inf, 0.0]], "finite"),
        ([0.5, 0.5], "must have 2 axes"),
        (np.zeros((0, 3)), "must not be empty"),
    ],
)
def test_vectors_that_are_no_probabilities_are_refused(probabilities, message):
    with pytest.raises(ValueError, match=message):
        IndependentSites(probabilities)


def test_mixtures_need_one_weight_per_component():
    with pytest.raises(ValueError, match="one weight per component"):
        MixtureOfProducts([0.5, 0.5], np.full((3, 2, 2), 0.5))
    with pytest.raises(ValueError, match="weights must sum to 1"):
        MixtureOfProducts([0.5, 0.4], np.full((2, 2, 2), 0.5))


@pytest.mark.parametrize("arguments", [(0, 2), (3, 1)])
def test_parities_need_sites_and_categories(arguments):
    with pytest.raises(ValueError, match="at least 1 site and 2 categories"):
        ParityConstraint(*arguments)


@pytest.mark.parametrize(
    ("motif", "position", "message"),
    [
        (np.full((2, 4), 0.25), None, r"n_categories = 3 .* it has \(2, 4\)"),
        (np.full((5, 3), 1 / 3), None, "length 4; it has"),
        ([[0.5, 0.6, 0.0]], None, "motif must sum to 1"),
        (np.full((2, 3), 1 / 3), [0.5, 0.5], "position must have 3 entries"),
        (np.full((2, 3), 1 / 3), [0.5, 0.6, 0.0], "position must sum to 1"),
    ],
)
def test_motifs_fit_their_background(motif, position, message):
    with pytest.raises(ValueError, match=message):
        MotifModel(random_chain(1), motif, position)


def test_one_sample_says_nothing_of_the_error_of_an_entropy():
    with pytest.raises(ValueError, match="at least two samples"):
        estimate_entropy(ParityConstraint(2, 2), 1, np.random.default_rng(0))


def test_laws_do_not_share_memory_with_their_arguments():
    probabilities = np.full((2, 2), 0.5)
    law = IndependentSites(probabilities)
    probabilities[:] = 0.0
    assert (law.probabilities == 0.5).all()
    with pytest.raises(ValueError, match="read-only"):
        law.probabilities[0] = 1.0
