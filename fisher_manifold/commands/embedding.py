"""The Frechet distance of `evaluate`, on a classifier trained on the training part."""

import numpy as np

from .. import metrics
from ..data import MarkovChain
from .comparison import distance

_MOST_LEARNED = 20_000
_MOST_COMPARED = 10_000
_MOST_STEPS = 400
_BATCH_SIZE = 128


def compare_embeddings(sets, test, train, n_categories, seed, rng):
    """Measure the Frechet distance of the sets from the test part.

    The classifier learns the classes of one half of the training part, or, where there
    are none, to tell it from a Markov chain; floor and ceiling are taken from the other
    half, which the classifier has not seen either.

    Parameters
    ----------
    sets : Sets
        Generated sequences and their references.
    test, train : pair of int arrays, shapes [n, length] and [n] (or None)
        Labels and class labels.
    n_categories : int
        Number of categories.
    seed : int
        Of the classifier.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    result : Result or None
        None where there is too little to train on.
    accuracy : float or None
        Of the classifier on test sequences and what stands beside them.
    """
    rows = rng.permutation(len(train[0]))
    half = len(rows) // 2
    if half < 2 or len(test[0]) < 2 or len(sets.model) < 2:
        return None, None
    learned, held_out = rows[:half][:_MOST_LEARNED], rows[half:][:_MOST_COMPARED]
    part, known = _task(train, learned, n_categories, rng)
    if len(np.unique(known)) < 2:
        return None, None
    steps = min(_MOST_STEPS, 10 * -(-len(part) // _BATCH_SIZE))
    classifier = metrics.train_sequence_classifier(
        part, known, n_categories, steps=steps, batch_size=_BATCH_SIZE, seed=seed
    )
    unseen = rng.permutation(len(test[0]))[:_MOST_COMPARED]
    result = distance(
        "classifier embeddings, Frechet",
        metrics.frechet_distance,
        *(sets, test[0][unseen], train[0][held_out], rng),
        features=classifier.transform,
    )
    seen = _task(test, unseen, n_categories, rng, train[0][learned])
    return result, classifier.accuracy(*seen)


def _task(part, rows, n_categories, rng, chain_of=None):
    """Sequences and classes; without any, real ones (1) and those of a chain (0)."""
    labels, classes = part[0][rows], part[1]
    if classes is not None and len(np.unique(classes)) > 1:
        return labels, classes[rows]
    chain = MarkovChain.fit(labels if chain_of is None else chain_of, n_categories)
    made = chain.sample(len(labels), rng)
    return np.concatenate([labels, made]), np.repeat([1, 0], [len(labels), len(made)])
