"""Writers of sequences, in the formats that the readers read and as NumPy archive."""

import csv
import gzip
import io
from collections.abc import Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO

import numpy as np

_WIDTH = 80


def write_sequences(
    path_or_file: str | PathLike | IO,
    sequences: Sequence[str],
    format: str = "fasta",
    labels: Sequence[str] | None = None,
) -> None:
    """Write sequences so that reading them gives back the same strings.

    Parameters
    ----------
    path_or_file : str, path-like or file object
        Where to write; a path with suffix .gz is compressed. A file object must be open
        for text, or for bytes where the format is "npz".
    sequences : sequence of str
        Sequences.
    format : {"fasta", "csv", "txt", "npz"}
        FASTA with headers ``sample_1``, ``sample_2``, ..., a table with columns
        ``sequence`` and ``label``, one sequence per line, or a NumPy archive with
        arrays ``sequences`` and ``labels`` that loads without pickle.
    labels : sequence of str, optional
        One label per sequence. In FASTA they stand in the header as ``label=value``.

    Raises
    ------
    ValueError
        If a sequence or a label cannot be written in this format; nothing is written
        then.

    Examples
    --------
    >>> import sys
    >>> from fisher_manifold import data
    >>> data.write_sequences(sys.stdout, ["ACGT", "GG"], labels=["x", "y"])
    >sample_1 label="x"
    ACGT
    >sample_2 label="y"
    GG
    """
    sequences = list(sequences)
    labels = None if labels is None else [str(label) for label in labels]
    if format not in _WRITERS:
        raise ValueError(f"format must be one of {sorted(_WRITERS)}, not {format!r}")
    if labels is not None and len(labels) != len(sequences):
        raise ValueError(
            f"one label per sequence is needed; {len(sequences)} sequences and "
            f"{len(labels)} labels arrived"
        )
    check, write = _WRITERS[format]
    check(sequences, labels)
    with _open(path_or_file, "wb" if format == "npz" else "w") as file:
        write(file, sequences, labels)


@contextmanager
def _open(path_or_file, mode):
    if hasattr(path_or_file, "write"):
        yield path_or_file
        return
    path = Path(path_or_file)
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    if mode == "wb":
        with opener(path, mode) as file:
            yield file
        return
    with opener(path, mode + "t", encoding="utf-8", newline="") as file:
        yield file


def _refuse(values, forbidden, what, format):
    """Refuse values with characters that the format cannot hold."""
    for i, value in enumerate(values):
        bad = next((c for c in value if c in forbidden), None)
        if bad is not None:
            raise ValueError(
                f"{what} {i} has the character {bad!r}, which {format} cannot hold: "
                "choose the format 'csv' or 'npz'"
            )


def _check_fasta(sequences, labels):
    # readers of FASTA remove white space and take '>' for the start of a record
    blank = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
    _refuse(sequences, blank + ">", "sequence", "FASTA")
    _refuse(labels or [], '"\n\r', "label", "FASTA")


def _write_fasta(file, sequences, labels):
    for i, sequence in enumerate(sequences):
        label = f' label="{labels[i]}"' if labels else ""
        lines = [sequence[k : k + _WIDTH] for k in range(0, len(sequence), _WIDTH)]
        file.write("\n".join([f">sample_{i + 1}{label}", *lines]) + "\n")


def _check_text(sequences, labels):
    if labels is not None:
        raise ValueError("plain text has no place for labels: choose 'csv' or 'fasta'")
    _refuse(sequences, "\n\r", "sequence", "plain text")


def _write_text(file, sequences, labels):
    file.writelines(f"{sequence}\n" for sequence in sequences)


def _check_table(sequences, labels):
    _refuse(sequences, "\r", "sequence", "CSV")
    _refuse(labels or [], "\r", "label", "CSV")


def _write_table(file, sequences, labels):
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["sequence"] if labels is None else ["sequence", "label"])
    columns = [sequences] if labels is None else [sequences, labels]
    writer.writerows(zip(*columns, strict=True))


def _check_arrays(sequences, labels):
    # NumPy's strings are filled up with NUL, so one at the end would be lost
    _refuse(sequences, "\0", "sequence", "npz")
    _refuse(labels or [], "\0", "label", "npz")


def _write_arrays(file, sequences, labels):
    arrays = {"sequences": np.array(sequences, dtype=np.str_)}
    if labels is not None:
        arrays["labels"] = np.array(labels, dtype=np.str_)
    # the archive is made in memory: streams and gzip files cannot be sought back in
    archive = io.BytesIO()
    np.savez_compressed(archive, **arrays)
    file.write(archive.getvalue())


_WRITERS = {
    "fasta": (_check_fasta, _write_fasta),
    "csv": (_check_table, _write_table),
    "txt": (_check_text, _write_text),
    "npz": (_check_arrays, _write_arrays),
}
