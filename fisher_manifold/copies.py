"""Copies: how near generated samples are to the sequences that were learned from."""

import numpy as np

from ._validation import check_integer, check_two

__all__ = ["copy_fraction", "nearest_neighbour_distance"]


def nearest_neighbour_distance(samples, reference):
    """Return the Hamming distance of each sample to its nearest reference row.

    The cost is n * m * length comparisons, in tiles of fixed memory.

    Parameters
    ----------
    samples : array-like of int, shape=[n, length]
    reference : array-like of int, shape=[m, length]

    Returns
    -------
    distance : array of int, shape=[n]
        Number of sites at which the two differ, 0 to length.
    """
    samples, reference = check_two(samples, reference, "samples", "reference")
    narrow = np.min_scalar_type(max(samples.max(), reference.max()))
    samples = np.ascontiguousarray(samples.T, dtype=narrow)
    reference = np.ascontiguousarray(reference.T, dtype=narrow)
    nearest = np.full(samples.shape[1], len(samples), dtype=np.intp)
    for i in range(0, samples.shape[1], 64):
        for j in range(0, reference.shape[1], 4096):
            tile = _hamming_tile(samples[:, i : i + 64], reference[:, j : j + 4096])
            part = nearest[i : i + 64]
            np.minimum(part, tile.min(axis=1), out=part)
    return nearest


def _hamming_tile(samples, reference):
    """Return distances [n, m] of columns: one pass a site keeps the tile in cache."""
    length, shape = len(samples), (samples.shape[1], reference.shape[1])
    count = np.zeros(shape, dtype=np.min_scalar_type(length))
    differs = np.empty(shape, dtype=bool)
    for site_a, site_b in zip(samples, reference, strict=True):
        np.not_equal(site_a[:, None], site_b[None, :], out=differs)
        count += differs.view(np.uint8)
    return count


def copy_fraction(samples, reference, tolerance=0):
    """Return the share of samples that are copies of a reference row.

    Parameters
    ----------
    samples : array-like of int, shape=[n, length]
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
