"""Training, validation and test parts of data."""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data.preparation import PreparedData

_SPLITS = {
    "train": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
}


@dataclass(frozen=True, eq=False)
class SplitIndices:
    """Indices of the sequences for training, validation and test, each increasing.

    Attributes
    ----------
    train, valid, test : array of int
        Indices of the examples of each part.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def split_indices(
    prepared: PreparedData,
    validation: float = 0.1,
    test: float = 0.0,
    *,
    generator: np.random.Generator | None = None,
) -> SplitIndices:
    """Split data as its file says, else at random.

    Parameters
    ----------
    prepared : PreparedData
        Data. Its ``splits``, where it has them, decide alone: train, valid (val,
        validation) or test, in any case.
    validation, test : float
        Shares of the data set aside where the file says nothing, rounded, but at least
        one sequence where the share is positive.
    generator : numpy.random.Generator
        Source of randomness; needed where the file says nothing.

    Returns
    -------
    indices : SplitIndices
        Disjoint indices that together are all of the data.

    Raises
    ------
    ValueError
        If the file has another word for a split, or nothing is left for training.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> table = data.SequenceTable(["AC", "GT"] * 6, None, range(1, 13), None, "file")
    >>> prepared, rng = data.prepare(table, "dna"), np.random.default_rng(0)
    >>> split = data.split_indices(prepared, 0.1, test=0.25, generator=rng)
    >>> len(split.train), len(split.valid), len(split.test)
    (8, 1, 3)
    """
    if prepared.splits is not None:
        return _read_splits(prepared)
    if generator is None:
        raise ValueError(
            "the data has no column 'split': pass "
            "generator=numpy.random.default_rng(seed) to split it at random"
        )
    if not (validation >= 0 and test >= 0 and validation + test < 1):
        raise ValueError(
            "validation and test must be shares, not negative and with sum below 1; "
            f"they are {validation} and {test}"
        )
    n = len(prepared.labels)
    n_valid, n_test = (max(1, round(s * n)) if s else 0 for s in (validation, test))
    if n_valid + n_test >= n:
        raise ValueError(
            f"{n} sequences are too few to set {n_valid} aside for validation and "
            f"{n_test} for test: pass more data or smaller shares"
        )
    order = generator.permutation(n)
    parts = np.split(order, [n_valid, n_valid + n_test])
    valid, test_indices, train = (np.sort(part) for part in parts)
    return SplitIndices(train, valid, test_indices)


def _read_splits(prepared) -> SplitIndices:
    words = np.array(
        [_SPLITS.get(word.strip().lower(), "") for word in prepared.splits]
    )
    if (words == "").any():
        i = int((words == "").argmax())
        raise ValueError(
            f"row {prepared.rows[i]}: the column 'split' says {prepared.splits[i]!r}, "
            f"expected one of {sorted(_SPLITS)}: correct it or remove the column"
        )
    if not (words == "train").any():
        raise ValueError(
            "the column 'split' leaves nothing for training: mark rows with 'train', "
            "or remove the column"
        )
    return SplitIndices(
        *(np.flatnonzero(words == w) for w in ("train", "valid", "test"))
    )
