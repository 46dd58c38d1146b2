"""Posteriors of sites, and of hidden modes, against sums over all sequences."""

import itertools

import numpy as np
import pytest

from fisher_manifold.data import (
    CopyConstraint,
    IndependentSites,
    MarkovChain,
    MixtureOfProducts,
    MotifModel,
    ParityConstraint,
)


def dirichlet(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), size=shape[:-1])


def chain(order, length=5):
    initial = dirichlet(3**order).reshape((3,) * order)
    return MarkovChain(initial, dirichlet(*(3,) * (order + 1), seed=1), length)


SURE = np.eye(3)[[1, 0, 1]]
LAWS = {
    "independent": IndependentSites(dirichlet(4, 3)),
    "mixture": MixtureOfProducts([0.3, 0.7, 0.0], dirichlet(3, 4, 3)),
    "sure mixture": MixtureOfProducts([0.5, 0.5], np.stack([SURE, SURE[[1, 1, 0]]])),
    "parity": ParityConstraint(4, 3),
    "parity of bits": ParityConstraint(5, 2),
    "parity of one site": ParityConstraint(1, 2),
    "chain 0": chain(0),
    "chain 1": chain(1),
    "chain 2": chain(2),
    "chain of its order": chain(3, length=3),
    "copy": CopyConstraint(chain(1, length=2)),
    "copied parity": CopyConstraint(ParityConstraint(2, 3)),
    "motif in letters": MotifModel(chain(0), dirichlet(2, 3, seed=5)),
    "motif in a chain": MotifModel(chain(2), SURE, [0.2, 0.0, 0.8]),
    "motif as long as the sequence": MotifModel(chain(1), dirichlet(5, 3, seed=6)),
}


@pytest.fixture(params=LAWS, name="law")
def fixture_law(request):
    return LAWS[request.param]


def by_enumeration(law, log_evidence):
    """Posterior of one row: every sequence weighed, in plain sums."""
    every = np.array(
        list(itertools.product(range(law.n_categories), repeat=law.length))
    )
    sites = np.arange(law.length)
    evidence = np.exp(log_evidence[sites, every]).prod(axis=1)
    weights = np.exp(law.log_prob(every)) * evidence
    onehot = np.eye(law.n_categories)[every]
    return np.einsum("y,yik->ik", weights / weights.sum(), onehot)


def random_evidence(law, n=6, scale=2.0):
    shape = (n, law.length, law.n_categories)
    return scale * np.random.default_rng(2).normal(size=shape)


def test_posteriors_are_those_of_all_sequences(law):
    log_evidence = random_evidence(law)
    posterior = np.exp(law.log_posterior(log_evidence))
    expected = [by_enumeration(law, row) for row in log_evidence]
    np.testing.assert_allclose(posterior, expected, rtol=1e-11, atol=1e-14)


def test_without_evidence_the_posterior_is_the_marginal(law):
    shape = (1, law.length, law.n_categories)
    marginal = np.exp(law.log_posterior(np.zeros(shape)))[0]
    expected = by_enumeration(law, np.zeros(shape)[0])
    np.testing.assert_allclose(marginal, expected, rtol=1e-12, atol=1e-15)


def test_categories_that_are_ruled_out_stay_so(law):
    """A sample is compatible with evidence that allows it and one other letter."""
    labels = law.sample(6, np.random.default_rng(3))
    other = (labels + 1) % law.n_categories
    allowed = np.eye(law.n_categories)[labels] + np.eye(law.n_categories)[other]
    with np.errstate(divide="ignore"):
        log_evidence = np.log(allowed) + random_evidence(law)
    posterior = np.exp(law.log_posterior(log_evidence))
    assert (posterior[allowed == 0] == 0).all()
    expected = [by_enumeration(law, row) for row in log_evidence]
    np.testing.assert_allclose(posterior, expected, rtol=1e-11, atol=1e-14)


def test_a_constant_at_a_site_changes_nothing_however_large(law):
    log_evidence = random_evidence(law)
    shift = np.random.default_rng(4).normal(size=(6, law.length, 1))
    # sums of some ten terms of size 4000: a rounding of 1e-12
    np.testing.assert_allclose(
        np.exp(law.log_posterior(log_evidence + 2000 * shift)),
        np.exp(law.log_posterior(log_evidence)),
        atol=1e-10,
    )


def test_the_joint_sums_to_the_probability_of_the_evidence(law):
    log_evidence = random_evidence(law)
    every = np.array(
        list(itertools.product(range(law.n_categories), repeat=law.length))
    )
    evidence = log_evidence[:, np.arange(law.length), every].sum(axis=-1)
    expected = (np.exp(evidence) * np.exp(law.log_prob(every))).sum(axis=1)
    total = np.exp(law._log_joint(log_evidence)).sum(axis=-1)
    # the same number from every site
    np.testing.assert_allclose(total, np.tile(expected, (law.length, 1)).T, rtol=1e-12)


def test_certain_evidence_gives_the_sequence(law):
    labels = law.sample(4, np.random.default_rng(5))
    log_evidence = np.where(np.eye(law.n_categories)[labels] == 1, 0.0, -60.0)
    posterior = np.exp(law.log_posterior(50 * log_evidence))
    np.testing.assert_allclose(posterior, np.eye(law.n_categories)[labels], atol=1e-12)


def test_evidence_against_all_sequences_is_refused():
    law = CopyConstraint(IndependentSites([[0.5, 0.5]]))
    log_evidence = np.zeros((2, 2, 2))
    log_evidence[1, 0, 0] = log_evidence[1, 1, 1] = -np.inf
    with pytest.raises(ValueError, match="row 1 rules out all"):
        law.log_posterior(log_evidence)


@pytest.mark.parametrize(
    ("log_evidence", "message"),
    [
        (np.zeros((4, 3)), r"= \[n, 4, 3\], not \[4, 3\]"),
        (np.zeros((1, 3, 3)), r"not \[1, 3, 3\]"),
        (np.full((1, 4, 3), np.nan), r"nan stands at \(0, 0, 0\)"),
        (np.full((1, 4, 3), np.inf), "minus infinity; inf stands"),
    ],
)
def test_evidence_that_is_none_is_refused(log_evidence, message):
    with pytest.raises(ValueError, match=message):
        LAWS["parity"].log_posterior(log_evidence)


@pytest.mark.parametrize("name", ["mixture", "motif in letters", "motif in a chain"])
def test_modes_and_sequences_have_a_joint_law(name):
    law = LAWS[name]
    every = np.array(
        list(itertools.product(range(law.n_categories), repeat=law.length))
    )
    joint = np.exp(law.log_mode_joint(every))
    np.testing.assert_allclose(joint.sum(axis=0), law.mode_weights, atol=1e-14)
    np.testing.assert_allclose(joint.sum(axis=1), np.exp(law.log_prob(every)))


def test_modes_of_a_mixture_are_weighed_by_bayes_rule():
    law = LAWS["mixture"]
    labels = np.array([[0, 1, 2, 1]])
    parts = [
        w * np.prod(p[np.arange(4), labels[0]])
        for w, p in zip(law.weights, law.probabilities, strict=True)
    ]
    np.testing.assert_allclose(np.exp(law.log_mode_joint(labels))[0], parts, rtol=1e-13)


def test_no_evidence_at_all_is_possible(law):
    empty = np.empty((0, law.length, law.n_categories))
    assert law.log_posterior(empty).shape == empty.shape
