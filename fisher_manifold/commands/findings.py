"""All that `evaluate` finds out about generated sequences."""

from dataclasses import dataclass, field

from .comparison import (
    Result,
    Sets,
    compare,
    compare_classes,
    make_sets,
    with_real,
)
from .embedding import compare_embeddings
from .levels import Level, compare_diversity
from .promoter import (
    Letters,
    compare_by_class,
    compare_letters,
    letter_levels,
    position_profile,
)


@dataclass
class Findings:
    """Metrics of a report.

    Attributes
    ----------
    sets : Sets
        Sequences that were compared.
    results : list of Result
        Distances, 0 at best.
    levels : list of Level
        Figures, those of real sequences at best.
    k_mers_by_class : list of Result
        Distance of k-mers of each class.
    results_by_class : dict of list of Result
        Other distances, by class.
    levels_by_class : dict of list of Level
        Figures, by class.
    profile : dict
        Distances of letters site by site.
    accuracy : float or None
        Of the classifier that gives embeddings, on test sequences.
    """

    sets: Sets
    results: list[Result]
    levels: list[Level]
    k_mers_by_class: list[Result] = field(default_factory=list)
    results_by_class: dict[str, list[Result]] = field(default_factory=dict)
    levels_by_class: dict[str, list[Level]] = field(default_factory=dict)
    profile: dict = field(default_factory=dict)
    accuracy: float | None = None


def find(samples, real, test, train, model, ks, start_site, seed, rng):
    """Compare samples with real sequences.

    Parameters
    ----------
    samples : int array, shape=[n, length]
        Generated labels.
    real : pair of int arrays, shapes [n, length] and [n] (or None)
        Test sequences of the conditions of the samples, and their classes.
    test, train : pair of int arrays
        All test sequences, and those learned from.
    model : ModelDescription
        Alphabet and classes.
    ks : list of int
        Lengths of the k-mers.
    start_site : int or None
        Where transcription starts.
    seed : int
        Of the classifier.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    findings : Findings
        Metrics.
    """
    n_categories, classes = model.codec.n_categories, model.classes or ()
    letters = Letters(model.codec.alphabet, model.length, start_site)
    sets = make_sets(samples, train[0], n_categories, rng)
    given = sets, test[0], train[0]
    results = compare(*given, n_categories, ks, rng)
    near, levels = compare_diversity(sets, real[0], train[0], rng)
    results += [near, *compare_letters(letters, *given, rng)]
    embedded, accuracy = compare_embeddings(sets, test, train, n_categories, seed, rng)
    results += [] if embedded is None else [embedded]
    levels += letter_levels(letters, with_real(sets, real[0], rng), rng)
    found = Findings(sets, results, levels, accuracy=accuracy)
    found.profile = position_profile(letters, sets, test[0])
    own = samples, real[1]
    found.k_mers_by_class = compare_classes(
        own, test, train, classes, ks[0], n_categories, rng
    )
    found.results_by_class, found.levels_by_class = compare_by_class(
        letters, own, test, train, classes, rng
    )
    return found
