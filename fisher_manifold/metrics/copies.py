"""Copies and diversity: how near samples are to the training set, and to each other."""

import numpy as np

from .._validation import check_integer, check_labels, check_two

__all__ = [
    "copy_fraction",
    "mean_pairwise_distance",
    "nearest_neighbour_distance",
    "unique_fraction",
]

_TILE = 16, 4096
"""Rows of samples and of references in a tile, whose words stay in the cache."""


def nearest_neighbour_distance(samples, reference):
    """Return the Hamming distance of each sample to its nearest reference row.

    Exact: all n * m pairs are compared, in tiles of fixed memory.  The categories are
    written in bits, 64 sites to a word, and differing sites are counted a word at a
    time.

    Parameters
    ----------
    samples : array-like of int, shape=[n, length]
        Generated rows.
    reference : array-like of int, shape=[m, length]
        Rows to look for them in, usually the training set.

    Returns
    -------
    distance : array of int, shape=[n]
        Number of sites at which the two differ, 0 to length.

    Examples
    --------
    >>> nearest_neighbour_distance([[0, 1, 2], [3, 3, 3]], [[0, 1, 1], [3, 3, 3]])
    array([1, 0])
    """
    samples, reference = check_two(samples, reference, "samples", "reference")
    length = samples.shape[1]
    n_bits = max(1, int(max(samples.max(), reference.max())).bit_length())
    samples, reference = (_packed(rows, n_bits) for rows in (samples, reference))
    nearest = np.full(samples.shape[-1], length, dtype=np.intp)
    count_type = np.min_scalar_type(length)
    for i in range(0, samples.shape[-1], _TILE[0]):
        part = nearest[i : i + _TILE[0]]
        for j in range(0, reference.shape[-1], _TILE[1]):
            tile = samples[..., i : i + _TILE[0]], reference[..., j : j + _TILE[1]]
            np.minimum(part, _hamming_tile(*tile, count_type).min(axis=1), out=part)
    return nearest


def _packed(labels, n_bits):
    """Return bits of the categories in words, shape=[n_words, n_bits, n] (uint64)."""
    n, length = labels.shape
    n_words = -(-length // 64)
    packed = np.zeros((n_words, n_bits, n), dtype=np.uint64)
    for bit in range(n_bits):
        rows = np.zeros((n, 8 * n_words), dtype=np.uint8)
        digits = np.packbits((labels >> bit) & 1 == 1, axis=1)
        rows[:, : digits.shape[1]] = digits
        packed[:, bit] = rows.view(np.uint64).T
    return packed


def _hamming_tile(samples, reference, count_type):
    """Return distances [n, m] of packed rows: a site differs where one bit does."""
    shape = samples.shape[-1], reference.shape[-1]
    count = np.zeros(shape, dtype=count_type)
    differs, more = np.empty((2, *shape), dtype=np.uint64)
    for word_a, word_b in zip(samples, reference, strict=True):
        np.bitwise_xor(word_a[0][:, None], word_b[0], out=differs)
        for bit_a, bit_b in zip(word_a[1:], word_b[1:], strict=True):
            np.bitwise_xor(bit_a[:, None], bit_b, out=more)
            np.bitwise_or(differs, more, out=differs)
        count += np.bitwise_count(differs)
    return count


def mean_pairwise_distance(labels):
    r"""Return the mean Hamming distance of two different rows: their diversity.

    .. math:: \sum_i \Big( 1 - \sum_c \frac{n_{i c} (n_{i c} - 1)}{n (n - 1)} \Big)

    with n_ic the rows that have the category c at the site i: exact, over all pairs,
    without forming them.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        At least two rows.

    Returns
    -------
    distance : float
        Number of sites, 0 to length.

    Raises
    ------
    ValueError
        If there is only one row.

    Examples
    --------
    >>> mean_pairwise_distance([[0, 1], [0, 2], [0, 1], [0, 2], [0, 3]])
    0.8
    """
    labels = check_labels(labels, "labels")
    n = len(labels)
    if n < 2:
        raise ValueError("a mean over pairs needs at least two rows, got one")
    counts = (np.unique(site, return_counts=True)[1] for site in labels.T)
    alike = sum(float((c * (c - 1.0)).sum()) for c in counts)
    return labels.shape[1] - alike / (n * (n - 1.0))


def unique_fraction(labels):
    """Return the share of different rows: 1 where no row stands twice.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.

    Returns
    -------
    fraction : float
        1 / n to 1.

    Examples
    --------
    >>> unique_fraction([[0, 1], [0, 1], [0, 2], [1, 1]])
    0.75
    """
    labels = check_labels(labels, "labels")
    return len({row.tobytes() for row in np.ascontiguousarray(labels)}) / len(labels)


def copy_fraction(samples, reference, tolerance=0):
    """Return the share of samples that are copies of a reference row.

    Parameters
    ----------
    samples : array-like of int, shape=[n, length]
        Generated rows.
    reference : array-like of int, shape=[m, length]
        Usually the training set.
    tolerance : int, optional
        A sample is a copy where it differs from some row at no more sites.

    Returns
    -------
    fraction : float
        0 to 1.

    Examples
    --------
    >>> copy_fraction([[0, 1, 2], [2, 2, 2]], reference=[[0, 1, 2]])
    0.5
    """
    samples, reference = check_two(samples, reference, "samples", "reference")
    tolerance = check_integer(tolerance, "tolerance", 0)
    if tolerance == 0:
        rows = {row.tobytes() for row in reference.astype(np.intp)}
        copies = [row.tobytes() in rows for row in samples.astype(np.intp)]
    else:
        copies = nearest_neighbour_distance(samples, reference) <= tolerance
    return float(np.mean(copies))
