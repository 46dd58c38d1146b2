"""Stretches of a genome in FASTA: memory-mapped, found by an index."""

from pathlib import Path

import numpy as np

UNKNOWN = 255
"""Label of a letter other than ACGT."""

_TABLE = np.full(256, UNKNOWN, np.uint8)
for _k, _letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
    _TABLE[[ord(letter) for letter in _letters]] = _k


class Genome:
    """Chromosomes of a FASTA file, which is memory-mapped and never loaded whole.

    Parameters
    ----------
    path : path-like
        FASTA, not compressed.  The index beside it (``.fai``) is read where there is
        one; else the file is gone through once.
    """

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"{path}: there is no such file; check the path")
        index = self.path.with_name(self.path.name + ".fai")
        self.records = _read_index(index) if index.is_file() else _index(self.path)
        self.content = np.memmap(self.path, np.uint8, mode="r")

    def labels(self, chromosome, start, end):
        """Labels of a stretch.

        Parameters
        ----------
        chromosome : str
            Name in the file, with or without the prefix "chr".
        start, end : int
            Places from 0; the end is not included.

        Returns
        -------
        labels : uint8 array, shape=[end - start]
            0 to 3 for ACGT in any case, `UNKNOWN` for all else.
        """
        size, offset, letters, width = self._record(chromosome)
        if not 0 <= start < end <= size:
            raise ValueError(
                f"{self.path}: {chromosome} has {size} letters; the stretch {start} to "
                f"{end} is not on it"
            )
        first, last = (
            offset + p // letters * width + p % letters for p in (start, end)
        )
        line = np.asarray(self.content[first:last])
        place = (start % letters + np.arange(len(line))) % width
        return _TABLE[line[place < letters]]

    def _record(self, name):
        other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
        for found in (name, other):
            if found in self.records:
                return self.records[found]
        known = ", ".join(list(self.records)[:5])
        raise ValueError(f"{self.path}: there is no chromosome {name}; it has {known}")


def _read_index(path):
    """Size, offset, letters and bytes of a line of each record of a ``.fai``."""
    records = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        name, *numbers = line.split("\t")
        if len(numbers) < 4 or not all(text.isdecimal() for text in numbers[:4]):
            raise ValueError(
                f"{path}: line {number} is none of an index of FASTA: remove the file"
            )
        records[name] = tuple(int(text) for text in numbers[:4])
    return records


def _index(path):
    """The same, from the FASTA file."""
    records, name, offset, ended = {}, None, 0, False
    with open(path, "rb") as file:
        for line in file:
            offset += len(line)
            text = line.rstrip(b"\r\n")
            if line.startswith(b">"):
                name = line[1:].split()[0].decode()
                records[name], ended = (0, offset, 0, 0), False
                continue
            if name is None or (ended and text):
                raise ValueError(
                    f"{path}: the lines of {name} have different lengths, so that no "
                    "stretch can be found in it: write it in lines of equal length"
                )
            size, start, letters, width = records[name]
            letters, width = (letters, width) if width else (len(text), len(line))
            if len(text) > letters:
                raise ValueError(f"{path}: the lines of {name} have different lengths")
            records[name] = (size + len(text), start, letters, width)
            ended = len(text) < letters
    return records
