"""The first 10^8 letters of a cleaned Wikipedia, with their customary split."""

import gzip
import itertools
import zipfile
from pathlib import Path

import numpy as np

from fisher_manifold.data.codec import TEXT
from fisher_manifold.data.published import PARTS, PublishedData

SIZES = (90_000_000, 5_000_000, 5_000_000)
"""Letters for training, validation and test."""


def read_text8(path, length=256, sizes=None):
    """Read text8 and cut each part into consecutive windows.

    Parameters
    ----------
    path : path-like
        ``text8.zip`` as published, the file ``text8`` in it, or either gzipped.
    length : int
        Letters of a window; what fills none at the end of a part is left out.
    sizes : tuple of int, length=3, optional
        Letters for training, validation and test, in this order in the text.  Default:
        90, 5 and 5 million.

    Returns
    -------
    data : PublishedData
        Windows over the alphabet `TEXT`, space and a to z; no conditions.

    Raises
    ------
    ValueError
        If the file has another number of letters than the parts together, or a letter
        outside the alphabet.

    References
    ----------
    M. Mahoney, About the test data, https://mattmahoney.net/dc/textdata.html (2011);
    the split: T. Mikolov et al., Subword language modeling with neural networks (2012).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fisher_manifold import data
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "text8")
    ...     _ = path.write_text("anarchism originated")
    ...     found = data.read_text8(path, length=5, sizes=(10, 5, 5))
    >>> data.TEXT.decode(found.labels), found.splits
    (['anarc', 'hism ', 'origi', 'nated'], ['train', 'train', 'valid', 'test'])
    """
    sizes = SIZES if sizes is None else sizes
    if length < 1 or len(sizes) != 3 or sizes[0] < length or min(sizes) < 0:
        raise ValueError(
            "expected a length of at least 1 and three sizes, of which the first has "
            f"room for a window, got {length} and {tuple(sizes)}"
        )
    text = np.frombuffer(_read(Path(path), sum(sizes)), np.uint8)
    table = np.full(256, 255, np.uint8)
    table[np.frombuffer(TEXT.symbols.encode(), np.uint8)] = range(len(TEXT.symbols))
    letters = table[text]
    if letters.max() == 255:
        at = int((letters == 255).argmax())
        raise ValueError(
            f"{path}: the letter {chr(text[at])!r} at position {at} is not one of "
            f"{TEXT.symbols!r}: use the cleaned text, text8, not enwik8"
        )
    ends = list(itertools.accumulate(sizes))
    parts = [_windows(part, length) for part in np.split(letters, ends[:-1])]
    labels = np.concatenate(parts)
    splits = [name for name, p in zip(PARTS, parts, strict=True) for _ in p]
    rest = sum(size % length for size in sizes)
    messages = [
        f"text of {len(text)} letters cut into {len(labels)} consecutive windows of "
        f"{length}; {rest} letters at the ends of its parts fill none and are left out"
    ]
    rows = list(range(1, len(labels) + 1))
    return PublishedData(labels, TEXT, None, None, splits, rows, messages)


def _windows(letters, length):
    n = len(letters) // length
    return letters[: n * length].reshape(n, length)


def _read(path, size):
    """Bytes of the text, no more than one of that size can have."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; check the path")
    try:
        with _open(path) as file:
            content = file.read(size + 2)
    except (zipfile.BadZipFile, OSError, EOFError, KeyError) as error:
        raise ValueError(
            f"{path}: not a whole {path.suffix} file with the text in it ({error}): "
            "fetch it again"
        ) from error
    content = content.rstrip(b"\r\n")
    if len(content) != size:
        found = f"{len(content)}" if len(content) < size else "more"
        raise ValueError(
            f"{path}: expected {size} letters, got {found}: fetch it again, or give "
            "the sizes of the parts of another text (sizes=...)"
        )
    return content


def _open(path):
    if path.suffix == ".zip":
        archive = zipfile.ZipFile(path)
        (name,) = archive.namelist() if len(archive.namelist()) == 1 else ("text8",)
        return archive.open(name)
    return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
