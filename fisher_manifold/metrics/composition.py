"""Composition of sequences: letters by site and by sequence, pairs of sites."""

import numpy as np
from scipy.stats import wasserstein_distance

from .._validation import check_integer, check_labels, check_two
from .divergences import js_divergence

__all__ = [
    "gc_content",
    "gc_distance",
    "marginal_error",
    "pairwise_error",
    "position_divergence",
    "site_marginals",
]


def site_marginals(labels, n_categories):
    """Return the relative frequencies of the categories at every site.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.
    n_categories : int
        Categories of a site.

    Returns
    -------
    marginals : array, shape=[length, n_categories]
        Each row sums to 1.

    Examples
    --------
    >>> site_marginals([[0, 1], [1, 1]], n_categories=2)
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    n_categories = check_integer(n_categories, "n_categories", 1)
    labels = check_labels(labels, "labels", n_categories)
    counts = [np.bincount(site, minlength=n_categories) for site in _columns(labels)]
    return np.stack(counts) / len(labels)


def marginal_error(a, b, n_categories):
    """Return the mean over sites of the total variation of the site marginals.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
        One set, rows of categories.
    b : array-like of int, shape=[m, length]
        The other set.
    n_categories : int
        Categories of a site.

    Returns
    -------
    error : float
        0 to 1.

    Examples
    --------
    Sites that vary alike, each by itself, have no error however they go together:

    >>> marginal_error([[0, 0], [1, 1]], [[0, 1], [1, 0]], n_categories=2)
    0.0
    """
    a, b = check_two(a, b, "a", "b", n_categories)
    gap = site_marginals(a, n_categories) - site_marginals(b, n_categories)
    return float(np.abs(gap).sum(axis=-1).mean() / 2)


def pairwise_error(a, b, n_categories, generator=None, n_pairs=2048):
    """Return the mean total variation of the joint laws of pairs of sites.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
        One set, rows of categories.
    b : array-like of int, shape=[m, length]
        The other set.
    n_categories : int
        Categories of a site.
    generator : numpy.random.Generator, optional
        Draws the pairs where there are too many; by default one seeded with 0, so
        that every call uses the same pairs.
    n_pairs : int, optional
        All length (length - 1) / 2 pairs are used up to this number (64 sites have
        2016), else this many different ones.

    Returns
    -------
    error : float
        0 to 1.

    Raises
    ------
    ValueError
        If the sequences have only one site, or different numbers of sites.

    Examples
    --------
    Two sites always equal against two never equal, whose marginals are the same:

    >>> pairwise_error([[0, 0], [1, 1]], [[0, 1], [1, 0]], n_categories=2)
    1.0
    """
    a, b = check_two(a, b, "a", "b", n_categories)
    check_integer(n_pairs, "n_pairs", 1)
    if a.shape[1] < 2:
        raise ValueError("pairs of sites need length >= 2, got length 1")
    columns_a, columns_b = _columns(a), _columns(b)
    total = 0.0
    first, second = _site_pairs(a.shape[1], n_pairs, generator)
    for i, j in zip(first, second, strict=True):
        law_a = _joint_law(columns_a[i], columns_a[j], n_categories)
        law_b = _joint_law(columns_b[i], columns_b[j], n_categories)
        total += np.abs(law_a - law_b).sum() / 2
    return float(total / len(first))


def _site_pairs(length, n_pairs, generator):
    """Return pairs i < j: index j (j - 1) / 2 + i counts them without gaps."""
    n_all = length * (length - 1) // 2
    if n_all <= n_pairs:
        index = np.arange(n_all)
    else:
        generator = np.random.default_rng(0) if generator is None else generator
        index = generator.choice(n_all, size=n_pairs, replace=False)
    second = ((1 + np.sqrt(1 + 8 * index)) // 2).astype(np.intp)
    return index - second * (second - 1) // 2, second


def _joint_law(first, second, n_categories):
    codes = first * n_categories + second
    return np.bincount(codes, minlength=n_categories**2) / len(codes)


def _columns(labels):
    return np.ascontiguousarray(labels.T, dtype=np.intp)


def position_divergence(a, b, n_categories, sites=None):
    r"""Return how the letters of two sets differ at each site, in nats.

    .. math:: JS_i = JS(w_i, w_i'), \qquad w_i(c) = \frac{1}{n} |\{r : y_{r i} = c\}|

    between the position weights w, the relative frequencies that `site_marginals`
    gives: the columns of a position weight matrix, as sequence logos draw them.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
        One set, rows of categories.
    b : array-like of int, shape=[m, length]
        The other set.
    n_categories : int
        Categories of a site.
    sites : slice or array-like of int, optional
        Sites to compare, as a window around a start site; by default all.

    Returns
    -------
    divergence : array, shape=[n_sites]
        0 to log 2 for each site.  Its mean is the figure of ``evaluate``.

    Raises
    ------
    ValueError
        If `sites` chooses none, or others than the sequences have.

    References
    ----------
    .. [1] J. Lin, "Divergence measures based on the Shannon entropy", IEEE
       Transactions on Information Theory 37 (1991), section IV.

    Examples
    --------
    >>> position_divergence([[0, 0], [1, 0]], [[0, 1], [1, 1]], n_categories=2)
    array([0.        , 0.69314718])
    """
    a, b = check_two(a, b, "a", "b", n_categories)
    sites = slice(None) if sites is None else sites
    try:
        a, b = a[:, sites], b[:, sites]
    except IndexError as error:
        raise ValueError(
            f"sites must lie within the {a.shape[1]} of the sequences: {error}"
        ) from error
    if a.ndim != 2 or a.shape[1] == 0:
        raise ValueError("sites must choose one or more sites: a slice, or a list")
    return js_divergence(
        site_marginals(a, n_categories), site_marginals(b, n_categories)
    )


def gc_content(labels, alphabet="ACGT"):
    """Return the share of G and C among the A, C, G and T of each sequence.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.
    alphabet : str, optional
        Letters of the categories in their order.  Others than A, C, G and T (padding)
        are not counted.

    Returns
    -------
    share : array, shape=[n]
        0 to 1.

    Raises
    ------
    ValueError
        If the alphabet lacks one of the four, or a sequence has none of them.

    Examples
    --------
    >>> gc_content([[1, 2, 0, 3], [0, 0, 3, 2]])  # CGAT, AATG
    array([0.5 , 0.25])
    """
    if not set("ACGT") <= set(alphabet):
        raise ValueError(
            f"GC content is one of DNA: expected an alphabet with A, C, G and T, got "
            f"{alphabet!r}"
        )
    labels = check_labels(labels, "labels", len(alphabet))
    is_gc, is_known = (
        np.array([letter in chosen for letter in alphabet])[labels].sum(axis=1)
        for chosen in ("GC", "ACGT")
    )
    if (is_known == 0).any():
        row = int(np.flatnonzero(is_known == 0)[0])
        raise ValueError(f"labels[{row}] has no A, C, G or T; leave such rows out")
    return is_gc / is_known


def gc_distance(a, b, alphabet="ACGT"):
    r"""Return the distance between the distributions of GC content of two sets.

    .. math:: W_1 = \int |F(s) - F'(s)|\, ds

    with F, F' the distribution functions of `gc_content` (scipy's
    ``wasserstein_distance``): sequences that have the right mean, but vary too little
    or too much from one to the other, are seen too.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
        One set, rows of categories.
    b : array-like of int, shape=[m, any length]
        The other set.
    alphabet : str, optional
        As in `gc_content`.

    Returns
    -------
    distance : float
        0 to 1.

    Examples
    --------
    >>> gc_distance([[1, 2], [0, 3]], [[1, 0], [2, 3]])  # CG, AT against CA, GT
    0.5
    """
    shares = gc_content(a, alphabet), gc_content(b, alphabet)
    return float(wasserstein_distance(*shares))
