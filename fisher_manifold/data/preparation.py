"""From sequences to arrays of labels: one length, one alphabet, every repair stated."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from fisher_manifold.data._alphabet import choose_codec, count, report_case
from fisher_manifold.data._checks import UnequalLengthError, UnknownSymbolError, where
from fisher_manifold.data.codec import Codec
from fisher_manifold.data.readers import SequenceTable


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Sequences as labels of categories.

    Parameters
    ----------
    labels : int64 array, shape=[n_sequences, length]
        Labels.
    codec : Codec
        The alphabet.
    classes : list of str, optional
        Names of the classes.
    class_labels : int64 array, shape=[n_sequences,], optional
        Index of each sequence's class in ``classes``.
    splits : list of str, optional
        What the file's column ``split`` says.
    rows : list of int
        Where each sequence stands in its file, counted from 1.
    messages : list of str
        Everything that was changed, left out or guessed, with counts and first rows.
    """

    labels: np.ndarray
    codec: Codec
    classes: list[str] | None
    class_labels: np.ndarray | None
    splits: list[str] | None
    rows: list[int]
    messages: list[str]


def prepare(
    table: SequenceTable,
    codec: Codec | str = "auto",
    length: int | None = None,
    pad: bool = False,
    unknown: str = "error",
    minimum: int = 2,
    case: str | None = None,
    classes: list[str] | None = None,
) -> PreparedData:
    """Turn sequences into labels; nothing is changed or dropped without a message.

    Parameters
    ----------
    table : SequenceTable
        Sequences as they were read.
    codec : Codec or str
        The alphabet, its name ("dna", "protein", "text"), or "auto" to find it.
    length : int, optional
        Number of letters wanted. Longer sequences are cut to their first letters. A
        single sequence of at least twice this length is running text: it is cut into
        consecutive windows. Default: the common length.
    pad : bool
        Whether shorter sequences are filled up with a padding symbol, a category of its
        own (up to the longest sequence where no length is given).
    unknown : {"error", "drop"}
        What becomes of sequences with letters outside the alphabet.
    minimum : int
        Number of sequences that must be left.
    case : {"upper", "lower", "keep"}, optional
        Case to read letters in. Default: as the alphabet says.
    classes : list of str, optional
        Names of the classes, for instance those a model knows. Default: those found.

    Returns
    -------
    data : PreparedData
        Labels, alphabet, classes and the messages.

    Raises
    ------
    UnequalLengthError
        If lengths differ and neither length nor pad allows it.
    UnknownSymbolError
        If a letter is unknown.
    ValueError
        If there are too few sequences, or a label is not among the classes.

    Examples
    --------
    >>> table = SequenceTable(["ACGT", "acg"], None, [1, 2], None, "example.txt")
    >>> data = prepare(table, "dna", pad=True)
    >>> data.labels
    array([[0, 1, 2, 3],
           [0, 1, 2, 4]])
    >>> for message in data.messages:
    ...     print(message)
    1 sequence with lower case letters read as upper case (first: row 2)
    1 sequence shorter than 4 padded at the end with '-' (first: row 2)
    """
    if unknown not in ("error", "drop"):
        raise ValueError(f"unknown must be 'error' or 'drop', not {unknown!r}")
    if length is not None and length < 1:
        raise ValueError(f"length must be at least 1, not {length}")
    pad = pad or getattr(codec, "pad", None) is not None
    messages: list[str] = []
    whole, table = table, _cut(table, length, minimum, pad, messages)
    alphabet = choose_codec(table, codec, case, pad, messages)
    if unknown == "drop":
        table = _drop_unknown(table, alphabet, messages)
    elif len(table.sequences) > len(whole.sequences):
        # named by its position in the running text, not in a window
        alphabet.encode(["".join(table.sequences)], rows=whole.rows)
    _check_number(table, max(minimum, 1), messages)
    report_case(table, alphabet, messages)
    length = _check_lengths(table, length, alphabet.pad, messages)
    labels = alphabet.encode(table.sequences, length, table.rows)
    classes, class_labels = _index_classes(table, classes)
    return PreparedData(
        labels, alphabet, classes, class_labels, table.splits, table.rows, messages
    )


def _select(table, keep):
    """Keep the sequences of a table at some indices."""
    columns = ("sequences", "labels", "rows", "splits")
    values = {name: getattr(table, name) for name in columns}
    return replace(
        table,
        **{k: None if v is None else [v[i] for i in keep] for k, v in values.items()},
    )


def _cut(table, length, minimum, pad, messages):
    """Cut sequences to a length, running text into windows."""
    sequences = table.sequences
    if len(sequences) == 1 and length is None and minimum > 1:
        raise ValueError(
            f"{table.source}: one sequence of {len(sequences[0])} letters arrived. If "
            "it is running text, give the length of the windows to cut it into "
            f"(length=N, --length N); else at least {minimum} sequences are needed"
        )
    if length is None:
        return table
    if len(sequences) == 1 and len(sequences[0]) >= 2 * length:
        return _cut_windows(table, length, pad, messages)
    longer = [i for i, s in enumerate(sequences) if len(s) > length]
    if longer:
        messages.append(
            f"{count(longer)} longer than {length} cut to the first {length} letters "
            f"(first: row {table.rows[longer[0]]})"
        )
    return replace(table, sequences=[s[:length] for s in sequences])


def _cut_windows(table, length, pad, messages):
    text = table.sequences[0]
    starts = range(0, len(text) if pad else len(text) - length + 1, length)
    rest = len(text) % length
    kept = "the last one padded" if pad else "the rest left out"
    messages.append(
        f"running text of {len(text)} letters cut into {len(starts)} consecutive "
        f"windows of {length}"
        + (f" (the last {rest} letters fill no window: {kept})" * bool(rest))
    )
    windows = [text[start : start + length] for start in starts]
    return replace(_select(table, [0] * len(windows)), sequences=windows)


def _drop_unknown(table, codec, messages):
    """Leave out sequences with letters that the alphabet does not know."""
    unknown = codec.has_unknown(table.sequences)
    if not unknown.any():
        return table
    first = int(unknown.argmax())
    # encoding the first such sequence names the letter
    try:
        codec.encode(table.sequences[first : first + 1])
    except UnknownSymbolError as error:
        letter = error.symbol
    messages.append(
        f"{count(unknown)} dropped: letters outside the alphabet {codec.name} "
        f"(first: {letter!r} in row {table.rows[first]})"
    )
    return _select(table, np.flatnonzero(~unknown))


def _check_number(table, minimum, messages):
    if len(table.sequences) < minimum:
        steps = f" (after: {'; '.join(messages)})" if messages else ""
        raise ValueError(
            f"{table.source}: too few sequences, {len(table.sequences)} left{steps}; "
            f"at least {minimum} are needed: pass more data"
        )


def _check_lengths(table, length, pad, messages):
    """Return the common length, or say which sequence has another one."""
    lengths = np.array([len(s) for s in table.sequences])
    if pad is not None:
        length = int(lengths.max()) if length is None else length
        short = lengths < length
        padded = f"{count(short)} shorter than {length} padded at the end with {pad!r}"
        first = (
            f" (first: row {table.rows[int(short.argmax())]})" if short.any() else ""
        )
        messages.append(padded + first)
        return length
    wanted = (
        Counter(lengths.tolist()).most_common(1)[0][0] if length is None else length
    )
    wrong = lengths != wanted
    if wrong.any():
        i = int(wrong.argmax())
        raise UnequalLengthError(
            f"{table.source}: {where(i, table.rows)} has length {lengths[i]}, "
            f"expected {wanted}{' like most' if length is None else ''}: pad the "
            "shorter ones with a symbol of its own (--pad, pad=True), or cut all to "
            f"one length (--length N; the shortest has {lengths.min()})"
        )
    return wanted


def _index_classes(table, classes):
    """Return the names of the classes and the index of each sequence's class."""
    if table.labels is None:
        return None, None
    if classes is None:
        # "10" comes after "9" where all labels are whole numbers
        numbers = all(label.isdecimal() for label in table.labels)
        classes = sorted(set(table.labels), key=lambda s: (int(s), s) if numbers else s)
    index = {name: k for k, name in enumerate(classes)}
    for label, row in zip(table.labels, table.rows, strict=True):
        if label not in index:
            raise ValueError(
                f"{table.source}: row {row} has the label {label!r}, expected one of "
                f"{list(classes)}: correct it, or train on data that has it"
            )
    return list(classes), np.array([index[label] for label in table.labels], np.int64)
