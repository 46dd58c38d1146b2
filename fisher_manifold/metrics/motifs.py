"""Motifs of DNA such as the TATA box: how often, and where they stand."""

import numpy as np
from Bio.Data.IUPACData import ambiguous_dna_values

from .._validation import check_integer, check_labels
from .divergences import js_divergence

__all__ = [
    "TATA_BOX",
    "motif_divergence",
    "motif_hits",
    "motif_positions",
    "start_window",
]

TATA_BOX = "TATAWAWR"
"""Consensus of the TATA box in the letters of IUPAC: W is A or T, R is A or G.

A. D. Basehoar, S. J. Zanton, B. F. Pugh, "Identification and distinct regulation of
yeast TATA box-containing genes", Cell 116 (2004), 699-709; the matrix of P. Bucher
(J. Mol. Biol. 212 (1990), 563-578; POL012.1 of JASPAR) has these letters as its most
frequent ones at the sites 2 to 9.
"""


def motif_hits(labels, motif=TATA_BOX, alphabet="ACGT"):
    """Return where a motif stands: all hits, overlapping ones too.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.
    motif : str, optional
        Letters of IUPAC: A, C, G, T, and W, R, N and so on for several of them.
    alphabet : str, optional
        Letters of the categories in their order; a letter that is none of A, C, G and
        T (padding) is never part of a hit.

    Returns
    -------
    hits : bool array, shape=[n, length - len(motif) + 1]
        Whether the motif begins at a site.

    Raises
    ------
    ValueError
        If the motif has other letters, none, or more than the sequences.

    Examples
    --------
    >>> labels = [["ACGT".index(letter) for letter in "GTATATAAA"]]
    >>> motif_hits(labels, "TATAW")
    array([[False,  True, False,  True, False]])
    """
    unknown = set(motif) - set(ambiguous_dna_values)
    if not motif or unknown:
        raise ValueError(
            f"expected a motif of the letters {''.join(sorted(ambiguous_dna_values))}, "
            f"got {motif!r}"
        )
    labels = check_labels(labels, "labels", len(alphabet))
    n_starts = labels.shape[1] - len(motif) + 1
    if n_starts < 1:
        raise ValueError(
            f"the motif {motif} is longer than the sequences, {labels.shape[1]} letters"
        )
    hits = np.ones((len(labels), n_starts), dtype=bool)
    for offset, letter in enumerate(motif):
        allowed = np.array([one in ambiguous_dna_values[letter] for one in alphabet])
        hits &= allowed[labels[:, offset : offset + n_starts]]
    return hits


def motif_positions(labels, motif=TATA_BOX, alphabet="ACGT", window=None):
    """Return where the first hit of a motif begins in each sequence, -1 for none.

    Parameters
    ----------
    labels : array-like of int, shape=[n, length]
        Rows of categories.
    motif, alphabet : str, optional
        As in `motif_hits`.
    window : slice, optional
        Sites where a hit may begin, as `start_window` gives; by default all.

    Returns
    -------
    position : array of int, shape=[n]
        Site of its first letter, counted from the first letter of the sequence.

    Raises
    ------
    ValueError
        If the window has another step than 1, or no site where the motif can begin.

    Examples
    --------
    >>> labels = [["ACGT".index(c) for c in word] for word in ("GGTATA", "GGGGGG")]
    >>> motif_positions(labels, "TATA")
    array([ 2, -1])
    """
    hits = motif_hits(labels, motif, alphabet)
    start, stop, step = (slice(None) if window is None else window).indices(
        hits.shape[1]
    )
    if step != 1 or start >= stop:
        raise ValueError(
            f"expected a window of step 1 within the {hits.shape[1]} sites where "
            f"{motif} can begin, got {window}"
        )
    hits = hits[:, start:stop]
    return np.where(hits.any(axis=1), start + hits.argmax(axis=1), -1)


def motif_divergence(positions_a, positions_b, length):
    """Return the Jensen-Shannon divergence of the positions of a motif, in nats.

    "None" counts as a place of its own: the frequency of the motif and where it stands
    both count.

    Parameters
    ----------
    positions_a : array-like of int, shape=[n]
        From `motif_positions`.
    positions_b : array-like of int, shape=[m]
        Those of the other set.
    length : int
        Letters of a sequence.

    Returns
    -------
    divergence : float
        0 to log 2.

    Raises
    ------
    ValueError
        If positions are no integers, none, or not between -1 and length - 1.

    Examples
    --------
    >>> motif_divergence([3, 3, -1, -1], [3, 3, -1, -1], length=10)
    0.0
    """
    length = check_integer(length, "length", 1)
    laws = []
    for name, positions in (("positions_a", positions_a), ("positions_b", positions_b)):
        positions = np.asarray(positions)
        if positions.ndim != 1 or positions.size == 0 or positions.dtype.kind != "i":
            raise ValueError(
                f"{name} must be integers of shape [n], n >= 1, got shape "
                f"{list(positions.shape)} and dtype {positions.dtype}"
            )
        if positions.min() < -1 or positions.max() >= length:
            raise ValueError(
                f"{name} must lie between -1 (none) and {length - 1}, got "
                f"{positions.min()} to {positions.max()}"
            )
        laws.append(np.bincount(positions + 1, minlength=length + 1) / len(positions))
    return float(js_divergence(*laws))


def start_window(start_site, before, after, length):
    """Return the sites around a start site, cut off at the ends of the sequence.

    Parameters
    ----------
    start_site : int
        Index of the letter where transcription starts, from 0.
    before, after : int
        Sites from start_site - before to start_site + after, both included; `after`
        may be negative, for a window that ends before the start site.
    length : int
        Letters of a sequence.

    Returns
    -------
    window : slice
        Sites.

    Raises
    ------
    ValueError
        If the start site or the whole window lies outside the sequence.

    Examples
    --------
    >>> start_window(49, before=40, after=-20, length=60)
    slice(9, 30, None)
    """
    length = check_integer(length, "length", 1)
    start_site = check_integer(start_site, "start_site", 0)
    window = slice(max(0, start_site - before), min(length, start_site + after + 1))
    if start_site >= length or window.start >= window.stop:
        raise ValueError(
            f"expected a start site within the {length} letters with sites {before} "
            f"before to {after} after it, got {start_site}"
        )
    return window
