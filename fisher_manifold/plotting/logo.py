"""Sequence logos: letters stacked at each site, as high as they inform."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D
from scipy.special import entr

from .._validation import check_integer, check_labels, check_probabilities
from ..metrics import site_marginals
from .results import BLUE, VERMILLION

__all__ = ["logo_heights", "sequence_logo"]

_GREEN, _BLACK = "#009E73", "#000000"
_COLORS = (_GREEN, BLUE, _BLACK, VERMILLION)
_WIDTH = 0.92
_NARROWEST = 0.45
_LEAST = 1e-3
"""Share of the axis below which a letter would not be seen, and is left out."""


def logo_heights(weights):
    r"""Return the heights of letters in a logo, in bits.

    .. math:: h_{i c} = p_{i c} \Big( \log_2 K + \sum_b p_{i b} \log_2 p_{i b} \Big)

    for K letters: the information of the site, shared out in proportion to the
    letters.  No correction for small samples is taken off; it is (K - 1) / (2 n log 2)
    bits for n sequences.

    Parameters
    ----------
    weights : array-like, shape=[length, n_categories]
        Frequencies of the letters at each site, as from `metrics.site_marginals`.

    Returns
    -------
    heights : array, shape=[length, n_categories]
        0 to log2(n_categories).

    Raises
    ------
    ValueError
        If the shape is another, or a row is no distribution.

    References
    ----------
    .. [1] T. D. Schneider, R. M. Stephens, "Sequence logos: a new way to display
       consensus sequences", Nucleic Acids Research 18 (1990), 6097-6100.

    Examples
    --------
    >>> logo_heights([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.25] * 4])
    array([[2. , 0. , 0. , 0. ],
           [0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0. , 0. ]])
    """
    weights = check_probabilities(weights, "weights")
    if weights.ndim != 2 or weights.shape[1] < 2:
        raise ValueError(
            "weights must have shape [length, n_categories] with two categories or "
            f"more, got {list(weights.shape)}"
        )
    bits = math.log2(weights.shape[1]) - entr(weights).sum(axis=1) / math.log(2.0)
    return weights * np.maximum(bits, 0.0)[:, None]


def sequence_logo(
    weights_or_sequences, ax=None, alphabet="ACGT", *, first=0, colors=None
):
    """Draw a sequence logo.

    At each site the letters are stacked, the most frequent on top; the height of the
    stack is the information of the site in bits (see `logo_heights`).  The axis of
    bits ends a little above the highest stack: set one limit for logos to be compared.

    Parameters
    ----------
    weights_or_sequences : array-like
        Position weights of shape [length, n_categories] (floats that sum to 1 at each
        site); or sequences, as labels of shape [n, length] (integers) or a list of str.
    ax : matplotlib.axes.Axes, optional
    alphabet : str, optional
        Letters of the categories in their order.
    first : int, optional
        Number of the first site, e.g. -49 where the start site is the fiftieth letter.
    colors : mapping of str to color, optional
        Colours of letters, beside those of the default: green, blue, black and
        vermillion by turns, which stand out from white in greyscale too.

    Returns
    -------
    letters : list of matplotlib.patches.PathPatch
        One for each letter that is drawn, in the order of the alphabet, labelled with
        it; all its occurrences are one path.

    Raises
    ------
    ValueError
        If the weights are none, or letters are not in the alphabet.

    Examples
    --------
    >>> letters = sequence_logo(["TATA", "TAAA", "TATA"])
    >>> [letter.get_label() for letter in letters]
    ['A', 'T']
    >>> plt.close(letters[0].axes.figure)
    """
    weights = _as_weights(weights_or_sequences, alphabet)
    heights = logo_heights(weights)
    first = check_integer(first, "first", -(10**9))
    if ax is None:
        size = (max(3.0, 0.16 * len(weights) + 1.0), 1.8)
        _, ax = plt.subplots(figsize=size, layout="constrained")
    top = 1.05 * heights.sum(axis=1).max() or math.log2(len(alphabet))
    ax.set(xlim=(first - 0.6, first + len(weights) - 0.4), ylim=(0, top), ylabel="bits")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    bottoms = _bottoms(heights)
    drawn = []
    for index, letter in enumerate(alphabet):
        sites = np.flatnonzero(heights[:, index] > _LEAST * top)
        if len(sites):
            boxes = first + sites, bottoms[sites, index], heights[sites, index]
            color = (colors or {}).get(letter, _COLORS[index % len(_COLORS)])
            style = {"facecolor": color, "linewidth": 0, "label": letter}
            drawn.append(ax.add_patch(PathPatch(_letters(letter, *boxes), **style)))
    return drawn


def _bottoms(heights):
    """Where letters begin: under each lie those that are rarer, in stable order."""
    order = np.argsort(heights, axis=1, kind="stable")
    tops = np.take_along_axis(heights, order, axis=1).cumsum(axis=1)
    bottoms = np.empty_like(heights)
    np.put_along_axis(bottoms, order, tops, axis=1)
    return bottoms - heights


def _letters(letter, places, bottoms, heights):
    """One path of a letter at all its places."""
    outline = _outline(letter)
    paths = [
        Affine2D().scale(1.0, height).translate(x, y).transform_path(outline)
        for x, y, height in zip(places, bottoms, heights, strict=True)
    ]
    return Path.make_compound_path(*paths)


def _as_weights(given, alphabet):
    """Position weights, shape=[length, len(alphabet)], of weights or of sequences."""
    if len(set(alphabet)) < len(alphabet) or len(alphabet) < 2:
        raise ValueError(
            f"expected an alphabet of two or more different letters, got {alphabet!r}"
        )
    given = [given] if isinstance(given, str) else given
    if len(given) and isinstance(given[0], str):
        given = _labels_of(given, alphabet)
    array = np.asarray(given)
    if array.dtype.kind in "iu":
        return site_marginals(
            check_labels(array, "sequences", len(alphabet)), len(alphabet)
        )
    if array.ndim != 2 or array.shape[-1] != len(alphabet):
        raise ValueError(
            f"expected weights of shape [length, {len(alphabet)}] for the alphabet "
            f"{alphabet!r}, or sequences, got shape {list(array.shape)}"
        )
    return array


def _labels_of(sequences, alphabet):
    lengths = {len(sequence) for sequence in sequences}
    if len(lengths) > 1:
        raise ValueError(
            f"sequences of a logo must have one length, got {sorted(lengths)}"
        )
    unknown = set().union(*sequences) - set(alphabet)
    if unknown:
        raise ValueError(
            f"the letters {sorted(unknown)} are not in the alphabet {alphabet!r}"
        )
    return np.array([[alphabet.index(letter) for letter in s] for s in sequences])


def _outline(letter):
    """Outline of a letter, one high from 0 to 1 and at most one wide about 0."""
    font = FontProperties(family="DejaVu Sans", weight="bold")
    path = TextPath((0, 0), "\N{OPEN BOX}" if letter == " " else letter, 1, prop=font)
    box = path.get_extents()
    # An I as wide as an A is no I any more.
    width = max(box.width, _NARROWEST * box.height)
    return (
        Affine2D()
        .translate(-(box.x0 + box.x1) / 2, -box.y0)
        .scale(_WIDTH / width, 1 / box.height)
        .transform_path(path)
    )
