"""Divergences of distributions and of k-mer spectra, in nats."""

import math

import numpy as np
from scipy.special import rel_entr

from .._validation import check_integer, check_labels, check_probabilities

__all__ = ["js_divergence", "kl_divergence", "kmer_divergence", "kmer_spectrum"]

_MAX_KMERS = 10**8
_BLOCK = 2**22


def kl_divergence(p, q):
    r"""Return the Kullback-Leibler divergence of q from p, in nats.

    .. math:: KL(p \| q) = \sum_i p_i \log(p_i / q_i), \qquad 0 \log 0 = 0

    It is inf where some q_i = 0 < p_i, 0 where p = q, never NaN. Rounding below 0
    is returned as 0.

    Parameters
    ----------
    p, q : array-like, shape=[..., n_categories]
        Points of the closed simplex; leading axes broadcast.

    Returns
    -------
    divergence : array, shape=[...]

    Raises
    ------
    ValueError
        If p or q is negative, not finite or does not sum to 1 within 1e-5.

    Examples
    --------
    >>> float(kl_divergence([1, 0], [0.25, 0.75])) == math.log(4)
    True
    """
    p, q = _check_pair(p, q)
    return np.maximum(rel_entr(p, q).sum(axis=-1), 0.0)


def js_divergence(p, q):
    r"""Return the Jensen-Shannon divergence of p and q, in nats.

    .. math:: JS(p, q) = KL(p \| m) / 2 + KL(q \| m) / 2, \qquad m = (p + q) / 2

    Symmetric, 0 where p = q, log 2 where the supports are disjoint.

    Parameters
    ----------
    p, q : array-like, shape=[..., n_categories]
        Points of the closed simplex; leading axes broadcast.

    Returns
    -------
    divergence : array, shape=[...]
        0 to log 2.

    Raises
    ------
    ValueError
        If p or q is negative, not finite or does not sum to 1 within 1e-5.

    Examples
    --------
    >>> float(js_divergence([1, 0], [0, 1])) == math.log(2)
    True
    """
    p, q = _check_pair(p, q)
    # (p + q) / 2 would underflow to 0 for subnormal p: keep the doubled mixture.
    double = p + q
    terms = rel_entr(2 * p, double) + rel_entr(2 * q, double)
    return np.clip(terms.sum(axis=-1) / 4, 0.0, math.log(2))


def _check_pair(p, q):
    p, q = check_probabilities(p, "p"), check_probabilities(q, "q")
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(
            "p and q must have the same number of categories, "
            f"got {p.shape[-1]} and {q.shape[-1]}"
        )
    return p, q


def kmer_spectrum(labels, k, n_categories):
    """Return the relative frequencies of all k-mers over all windows of all rows.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.
    k : int
        Length of a window, 1 <= k <= length.
    n_categories : int
        Categories of a site.

    Returns
    -------
    spectrum : array, shape=[n_categories ** k]
        A distribution; the k-mer (c_1, ..., c_k) is at the index whose digits in
        base n_categories are c_1 ... c_k.

    Raises
    ------
    ValueError
        If there are more than 1e8 k-mers, or the rows are shorter than k.

    Examples
    --------
    >>> kmer_spectrum([[0, 0, 1]], k=2, n_categories=2)
    array([0.5, 0.5, 0. , 0. ])
    """
    labels, n_kmers = _check_windows(labels, k, n_categories)
    n_windows = labels.shape[1] - k + 1
    counts = np.zeros(n_kmers, dtype=np.intp)
    step = max(1, max(_BLOCK, n_kmers) // n_windows)
    for start in range(0, len(labels), step):
        codes = _window_codes(labels[start : start + step], k, n_categories)
        counts += np.bincount(codes.ravel(), minlength=n_kmers)
    return counts / counts.sum()


def _check_windows(labels, k, n_categories):
    """Labels as an array, and the number of k-mers."""
    n_categories = check_integer(n_categories, "n_categories", 1)
    k = check_integer(k, "k", 1)
    labels = check_labels(labels, "labels", n_categories)
    n_kmers = n_categories**k
    if n_kmers > _MAX_KMERS:
        raise ValueError(
            f"{n_categories} ** {k} k-mers are too many to count (limit {_MAX_KMERS}); "
            f"use k <= {int(math.log(_MAX_KMERS, n_categories))}"
        )
    if k > labels.shape[1]:
        raise ValueError(f"k = {k} is longer than the rows, {labels.shape[1]} sites")
    return labels, n_kmers


def _window_codes(labels, k, n_categories):
    n_windows = labels.shape[1] - k + 1
    codes = labels[:, :n_windows].astype(np.intp)
    for offset in range(1, k):
        codes *= n_categories
        codes += labels[:, offset : offset + n_windows].astype(np.intp, copy=False)
    return codes


def kmer_divergence(a, b, k, n_categories):
    """Return the Jensen-Shannon divergence of two k-mer spectra, in nats.

    Parameters
    ----------
    a : array-like of int, shape=[n, length]
        One set, rows of categories.
    b : array-like of int, shape=[m, any length]
        The other set.
    k, n_categories : int
        As in `kmer_spectrum`.

    Returns
    -------
    divergence : float
        0 to log 2.

    Examples
    --------
    The same letters in another order differ in their pairs only, here in all of them:

    >>> kmer_divergence([[0, 1]], [[1, 0]], k=1, n_categories=2)
    0.0
    >>> kmer_divergence([[0, 1]], [[1, 0]], k=2, n_categories=2) == math.log(2)
    True
    """
    (a, n_kmers), (b, _) = (_check_windows(x, k, n_categories) for x in (a, b))
    n_windows = [len(x) * (x.shape[1] - k + 1) for x in (a, b)]
    if n_kmers <= sum(n_windows):
        spectra = (kmer_spectrum(x, k, n_categories) for x in (a, b))
    else:  # of those that were seen alone
        codes = [_window_codes(x, k, n_categories).ravel() for x in (a, b)]
        seen, number = np.unique(np.concatenate(codes), return_inverse=True)
        parts = np.split(number, [len(codes[0])])
        spectra = (np.bincount(x, minlength=len(seen)) / len(x) for x in parts)
    return float(js_divergence(*spectra))
