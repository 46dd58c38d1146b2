"""Sequences of a file as labels, in training, validation and test parts."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..data import PreparedData, SplitIndices, prepare, read_sequences, split_indices
from . import published

_MINIMUM = 2


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labels of a file and the parts they fall into.

    Attributes
    ----------
    prepared : PreparedData
        Labels, alphabet, classes and the messages of the preparation.
    splits : SplitIndices
        Rows of the parts.
    split_by : str
        Who made the parts, in words.
    """

    prepared: PreparedData
    splits: SplitIndices
    split_by: str

    def part(self, name):
        """Labels [n, length] and class labels [n] (or None) of a part."""
        return rows_of(self.prepared, getattr(self.splits, name))


def rows_of(prepared, rows):
    """Labels [n, length] and class labels [n] (or None) of some rows."""
    classes = prepared.class_labels
    return prepared.labels[rows], None if classes is None else classes[rows]


def fingerprint(path):
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(settings, codec=None, classes=None):
    """Read, prepare and split the sequences of a file: see `read` and `split`."""
    prepared, is_running_text = read(settings, codec, classes)
    return split(prepared, settings, is_running_text)


def read(settings, codec=None, classes=None):
    """Read and prepare the sequences of a file.

    Parameters
    ----------
    settings : DataSettings
        File and options.
    codec : Codec, optional
        A model's alphabet, in place of the one in the settings.
    classes : list of str, optional
        A model's classes.

    Returns
    -------
    prepared : PreparedData
        Labels.
    is_running_text : bool
        Whether they are consecutive windows of a single text.
    """
    if published.is_published(settings.path):
        return published.read(settings, classes), False
    table = _read_table(settings)
    prepared = prepare(
        table,
        codec or settings.alphabet,
        settings.length,
        settings.pad,
        settings.unknown,
        classes=classes,
    )
    return prepared, len(table.sequences) == 1


def split(prepared, settings, is_running_text=False):
    """Split labels as their file says, else in order (running text) or at random.

    Parameters
    ----------
    prepared : PreparedData
        Labels.
    settings : DataSettings
        Shares and seed.
    is_running_text : bool
        Neighbouring windows share words: these are split by their place in the text.

    Returns
    -------
    dataset : Dataset
        Labels and parts.

    Raises
    ------
    ValueError
        If fewer than 2 rows are left for training or validation.
    """
    generator = np.random.default_rng(settings.split_seed)
    parts = split_indices(
        prepared, settings.validation, settings.test, generator=generator
    )
    split_by = f"at random, seed {settings.split_seed}"
    if prepared.splits is not None:
        split_by = "by the column 'split'"
        if published.is_published(settings.path):
            split_by = "as published"
    elif is_running_text:
        parts = _in_order(parts)
        split_by = "by place in the text: the test part is its end"
    for name, rows in (("training", parts.train), ("validation", parts.valid)):
        if len(rows) < _MINIMUM:
            raise ValueError(
                f"{settings.path}: {len(rows)} of {len(prepared.labels)} sequences are "
                f"for {name}, at least {_MINIMUM} are needed: pass more data, larger "
                "shares (--validation, --test), or mark rows in a column 'split'"
            )
    return Dataset(prepared, parts, split_by)


def _in_order(parts):
    """Parts of the same sizes, in the order training, validation, test."""
    ends = np.cumsum([len(parts.train), len(parts.valid), len(parts.test)])
    return SplitIndices(*np.split(np.arange(ends[-1]), ends[:-1]))


def _read_table(settings):
    """Table of the rows that the settings ask for."""
    if settings.where is None:
        return read_sequences(settings.path, settings.column, settings.label)
    name, equals, value = settings.where.partition("=")
    if not (name and equals):
        raise ValueError(
            f"expected --where COLUMN=VALUE, got {settings.where!r}: for instance "
            "--where species=A_thaliana"
        )
    table = read_sequences(settings.path, settings.column, name)
    found = table.labels
    keep = [i for i, label in enumerate(found) if label == value]
    if not keep:
        values = sorted(set(found))
        shown = ", ".join(values[:20]) + (", ..." if len(values) > 20 else "")
        raise ValueError(
            f"{settings.path}: no row has {name}={value}; the values are {shown}"
        )
    if settings.label is None:
        table = replace(table, labels=None)
    elif settings.label != name:
        table = read_sequences(settings.path, settings.column, settings.label)
    return _select(table, keep)


def _select(table, keep):
    columns = {k: getattr(table, k) for k in ("sequences", "labels", "rows", "splits")}
    return replace(
        table,
        **{k: None if v is None else [v[i] for i in keep] for k, v in columns.items()},
    )


def absolute(path):
    """Return the absolute path of a file as text, to be found from any folder."""
    return str(Path(path).resolve())
