"""What the readers of published data sets return (docs/formats.md)."""

from dataclasses import dataclass, field

import numpy as np

from fisher_manifold.data.preparation import PreparedData
from fisher_manifold.data.splits import split_indices

PARTS = ("train", "valid", "test")
DOUBTFUL = ("error", "drop", "first")


@dataclass(frozen=True, eq=False)
class PublishedData(PreparedData):
    r"""Labels of a published data set, with its own split and conditions.

    Other fields: see `PreparedData`; labels may have 1 byte each.

    Parameters
    ----------
    conditions : dict of array, first axis n_sequences
        What belongs to each sequence, by the names that `networks.Conditional` knows it
        by: "label" [n], "vector" [n, size] or "signal" [n, length, channels].

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fisher_manifold import data
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "qm9.csv")
    ...     _ = path.write_text("smiles,gap,split\nC,0.5,train\nCO,0.25,test\n")
    ...     found = data.read_qm9(path, properties=["gap"])
    >>> labels, conditions = found.part("test")
    >>> found.codec.decode(labels), conditions["vector"]
    (['CO'], array([[0.25]], dtype=float32))
    """

    conditions: dict[str, np.ndarray] = field(default_factory=dict)

    def part(self, name):
        """Give a part of the authors' split.

        Parameters
        ----------
        name : {"train", "valid", "test"}
            Part.

        Returns
        -------
        labels : int array, shape=[n, length]
            Labels.
        conditions : dict of array, first axis n
            Their conditions.
        """
        rows = getattr(split_indices(self), name)
        conditions = {key: value[rows] for key, value in self.conditions.items()}
        return self.labels[rows], conditions


def deal_with(is_doubtful, doubtful, what, source, rows):
    """Rows to keep, and a message where some are doubtful.

    Parameters
    ----------
    is_doubtful : bool array, shape=[n]
        Rows.
    doubtful : {"error", "drop", "first"}
        What becomes of them.
    what : str
        What is wrong with them.
    source : str
        File, for the error.
    rows : sequence of int
        Numbers of the rows.

    Returns
    -------
    kept : int array
        Indices of the rows that are kept.
    messages : list of str
        What was done.
    """
    n, everything = int(is_doubtful.sum()), np.arange(len(is_doubtful))
    if n == 0:
        return everything, []
    first = rows[int(is_doubtful.argmax())]
    found = f"{n} of {len(is_doubtful)} sequences with {what} (first: row {first})"
    if doubtful == "error":
        raise ValueError(
            f"{source}: {found}: leave them out (doubtful='drop', --unknown drop), or "
            "read them as the papers' loaders do (doubtful='first')"
        )
    if doubtful == "drop":
        return everything[~is_doubtful], [f"{found} dropped"]
    return everything, [f"{found} read as the first of equally large entries"]


def check_doubtful(doubtful):
    """Raise unless the choice is known."""
    if doubtful not in DOUBTFUL:
        raise ValueError(f"doubtful must be one of {DOUBTFUL}, not {doubtful!r}")
