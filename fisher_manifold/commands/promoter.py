"""What `evaluate` measures of DNA: position weights, GC content, the TATA box."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import wasserstein_distance

from .. import metrics
from .comparison import distance, make_sets, with_real
from .levels import level

_AROUND = 50
_TATA_BEFORE = 40, 20


@dataclass(frozen=True)
class Letters:
    """Which letters the categories are, and where transcription starts.

    Attributes
    ----------
    alphabet : str
        Letters of the categories.
    length : int
        Sites of a sequence.
    start_site : int, optional
        Index of the start site in every sequence.
    """

    alphabet: str
    length: int
    start_site: int | None = None

    def __post_init__(self):
        """Check that the start site lies in the sequences."""
        if self.start_site is not None:
            self._window(0, 0)

    def _window(self, before, after):
        return metrics.start_window(self.start_site, before, after, self.length)

    @property
    def is_dna(self):
        """Whether there are A, C, G and T, and room for a TATA box."""
        is_long = self.length >= len(metrics.TATA_BOX)
        return set("ACGT") <= set(self.alphabet) and is_long

    @property
    def sites(self):
        """Sites whose letters are compared: around the start, or all."""
        if self.start_site is None:
            return slice(0, self.length)
        return self._window(_AROUND, _AROUND)

    def gc(self, labels):
        """GC content of each sequence that has letters of DNA."""
        known = np.array([letter in "ACGT" for letter in self.alphabet])[labels]
        return metrics.gc_content(labels[known.any(axis=1)], self.alphabet)

    def tata(self, labels):
        """Where the TATA box begins: before the start site, or anywhere; -1 for none.

        Where the window before the start site is cut off entirely, anywhere.
        """
        window, (first, last) = None, _TATA_BEFORE
        n_starts = self.length - len(metrics.TATA_BOX) + 1
        if self.start_site is not None and last <= self.start_site < last + n_starts:
            window = metrics.start_window(
                self.start_site - last, first - last, 0, n_starts
            )
        return metrics.motif_positions(labels, alphabet=self.alphabet, window=window)


def compare_letters(letters, sets, test, train, rng):
    """Measure letters by position and, of DNA, GC content and TATA boxes.

    Parameters
    ----------
    letters : Letters
        Alphabet and start site.
    sets : Sets
        Generated sequences and their references.
    test, train : int array, shape=[..., length]
        Labels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    results : list of Result
        Distances.
    """

    def positions(a, b):
        sites = letters.sites
        found = metrics.position_divergence(a, b, len(letters.alphabet), sites)
        return found.mean()

    def tata(a, b):
        return metrics.motif_divergence(a, b, letters.length)

    given = sets, test, train, rng
    results = [distance("letters by position, JS", positions, *given)]
    if letters.is_dna:
        name = "GC content, Wasserstein"
        results.append(distance(name, wasserstein_distance, *given, letters.gc))
        name = "TATA box, place and share, JS"
        results.append(distance(name, tata, *given, letters.tata))
    return results


def letter_levels(letters, sets, rng):
    """Measure GC content, share of TATA boxes and their mean place.

    Parameters
    ----------
    letters : Letters
        Alphabet and start site.
    sets : Sets
        Sequences; those in `floor` are the real ones.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    levels : list of Level
        Empty for other letters than DNA's.
    """
    if not letters.is_dna:
        return []
    boxes = sets.map(letters.tata)
    places = boxes.map(lambda rows: rows[rows >= 0] - (letters.start_site or 0))
    start = "the start site" if letters.start_site is not None else "the first letter"
    return [
        level("GC content", np.mean, sets.map(letters.gc), rng),
        level("TATA box, share", np.mean, boxes.map(lambda rows: rows >= 0), rng),
        level(f"TATA box, first letter from {start}", np.mean, places, rng),
    ]


def compare_by_class(letters, samples, test, train, classes, rng):
    """Measure letters, GC content and TATA boxes of each class.

    Parameters
    ----------
    letters : Letters
        Alphabet and start site.
    samples, test, train : pair of int arrays, shapes [n, length] and [n]
        Labels and class labels.
    classes : list of str
        Names of the classes.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    results : dict of list of Result
        Distances, by the name of the class; of those classes that all three have.
    levels : dict of list of Level
        Figures, by the name of the class.
    """
    results, levels = {}, {}
    for i, name in enumerate(classes):
        own, real, known = (
            labels[class_labels == i] for labels, class_labels in (samples, test, train)
        )
        if min(len(own), len(real), len(known)) == 0:
            continue
        sets = make_sets(own, known, len(letters.alphabet), rng)
        results[name] = compare_letters(letters, sets, real, known, rng)
        levels[name] = letter_levels(letters, with_real(sets, real, rng), rng)
    return results, levels


def position_profile(letters, sets, test):
    """Divergence of the letters at each site, of the four sets.

    Parameters
    ----------
    letters : Letters
        Alphabet and start site.
    sets : Sets
        Generated sequences and their references.
    test : int array, shape=[n, length]
        Labels.

    Returns
    -------
    profile : dict
        "sites", "model", "floor", "markov", "noise": a number for each site.
    """
    sites = letters.sites
    n_categories = len(letters.alphabet)
    profile = {"sites": list(range(*sites.indices(letters.length)))}
    for key in ("model", "floor", "markov", "noise"):
        found = metrics.position_divergence(
            getattr(sets, key), test, n_categories, sites
        )
        profile[key] = found.tolist()
    return profile
