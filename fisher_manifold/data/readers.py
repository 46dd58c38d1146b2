"""Readers of FASTA, CSV, TSV and plain text, each also gzipped."""

import gzip
import io
import re
import zlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

_FASTA = (".fa", ".fasta", ".fna", ".faa")
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_SUFFIXES = (*_FASTA, *_DELIMITERS, ".txt")
_COLUMNS = ("sequence", "seq", "smiles", "text")


@dataclass(frozen=True)
class SequenceTable:
    """Sequences as they stand in a file, none of them empty, nothing repaired.

    Parameters
    ----------
    sequences : list of str
        Sequences.
    labels : list of str, optional
        One label per sequence.
    rows : list of int
        Where each sequence stands, counted from 1: the line of a text, CSV or TSV file
        (the header is line 1; a quoted field with line breaks counts as one line), the
        record of a FASTA file.
    splits : list of str, optional
        The column ``split`` of a CSV or TSV file.
    source : str
        Name of the file.
    """

    sequences: list[str]
    labels: list[str] | None
    rows: list[int]
    splits: list[str] | None
    source: str


def read_sequences(
    path: str | PathLike, column: str | None = None, label: str | None = None
) -> SequenceTable:
    r"""Read sequences from a file; its suffix says in which format.

    Parameters
    ----------
    path : str or path-like
        FASTA (.fa, .fasta, .fna, .faa), CSV (.csv), TSV (.tsv) or plain text with one
        sequence per line (.txt), in UTF-8, each also gzipped (.gz).
    column : str, optional
        Column of the sequences in a CSV or TSV file. Default: the one named sequence,
        seq, smiles or text, else the only column that does not hold numbers.
    label : str, optional
        Column of the labels in a CSV or TSV file; in a FASTA file the key of a
        ``key=value`` in the header.

    Returns
    -------
    table : SequenceTable
        Sequences, labels and where they stand.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be understood; the message names the first row at fault.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fisher_manifold import data
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two.fasta")
    ...     _ = path.write_text(">a class=x\nACGT\n>b class=y\nAC\nGG\n")
    ...     table = data.read_sequences(path, label="class")
    >>> table.sequences, table.labels, table.rows
    (['ACGT', 'ACGG'], ['x', 'y'], [1, 2])
    """
    path = Path(path)
    suffix = _suffix(path)
    if suffix not in _DELIMITERS and column is not None:
        raise ValueError(
            f"{path}: column={column!r} was given, but only CSV and TSV files have "
            "columns; leave it out"
        )
    text = _read_text(path)
    if not text.strip("\n"):
        raise ValueError(f"{path}: the file is empty; expected at least one sequence")
    if suffix in _DELIMITERS:
        table = _parse_columns(text, _DELIMITERS[suffix], column, label, str(path))
    elif suffix in _FASTA:
        table = _parse_fasta(text, label, str(path))
    else:
        table = _parse_lines(text, label, str(path))
    unit = "record" if suffix in _FASTA else "line"
    _check_not_empty(table.sequences, "sequence", unit, table)
    if table.labels is not None:
        _check_not_empty(table.labels, "label", unit, table)
    return table


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if not suffixes or suffixes[-1] not in _SUFFIXES:
        raise ValueError(
            f"{path}: the suffix says how to read a file; expected one of "
            f"{', '.join(_SUFFIXES)} (or one of them and .gz): rename the file"
        )
    return suffixes[-1]


def _read_text(path: Path) -> str:
    """Text of a file with line ends of any system turned into newlines."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file; check the path")
    if not path.is_file():
        raise ValueError(f"{path}: expected a file, this is a directory or a device")
    content = path.read_bytes()
    if path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(
                f"{path}: not a whole gzip file ({error}): fetch it again, or drop .gz "
                "from its name if it is not compressed"
            ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8 text"
        if content.startswith(b"\x1f\x8b"):
            hint = "it looks gzipped: add .gz to its name"
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}: expected text in UTF-8, but byte {content[error.start]:#04x} in "
            f"line {line} is not: {hint}"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse_lines(text: str, label: str | None, source: str) -> SequenceTable:
    if label is not None:
        raise ValueError(
            f"{source}: label={label!r} was given, but a text file has no labels; "
            "leave it out, or pass a CSV, TSV or FASTA file"
        )
    # blank lines at the end hold no sequence; one in the middle is an error
    sequences = text.rstrip("\n").split("\n")
    return SequenceTable(sequences, None, _count(1, sequences), None, source)


def _parse_fasta(text: str, label: str | None, source: str) -> SequenceTable:
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    # Biopython passes over whatever stands before the first header
    if not text.lstrip("\n").startswith(">"):
        first = next(k for k, line in enumerate(text.split("\n"), 1) if line)
        raise ValueError(
            f"{source}: a FASTA record starts with a line '>name', but line {first} "
            "does not: add a header, or name the file .txt if it has one sequence per "
            "line"
        )
    records = list(SimpleFastaParser(io.StringIO(text)))
    rows = _count(1, records)
    labels = None
    if label is not None:
        labels = [
            _header_value(title, row, label, source)
            for row, (title, _) in zip(rows, records, strict=True)
        ]
    return SequenceTable([s for _, s in records], labels, rows, None, source)


def _header_value(title: str, row: int, key: str, source: str) -> str:
    name = re.escape(key)
    pattern = rf'(?:^|[\s;|\[]){name}=(?:"([^"]*)"|(?<=\[{name}=)([^\]]*)|([^\s;|\]]*))'
    match = re.search(pattern, title)
    if match is None:
        raise ValueError(
            f"{source}: label={key!r} is looked for as '{key}=value' in each header, "
            f"but record {row} has '>{title}': add it there, or leave the label out"
        )
    return next(value for value in match.groups() if value is not None)


def _parse_columns(text, delimiter, column, label, source):
    """Parse CSV or TSV; every field is kept as the text it is (NA is a sequence)."""
    header, rows = _read_fields(text, delimiter, source)
    splits = header.index("split") if "split" in header and "split" != column else None
    at_label = None if label is None else _find(label, header, source, "label")
    if column is None:
        at = _guess_column(header, rows, {at_label, splits}, source)
    else:
        at = _find(column, header, source, "column")
    values = list(zip(*rows, strict=True))
    return SequenceTable(
        list(values[at]),
        None if at_label is None else list(values[at_label]),
        _count(2, rows),
        None if splits is None else list(values[splits]),
        source,
    )


def _read_fields(text: str, delimiter: str, source: str):
    import pandas

    try:
        # the header is read as a row: given one, pandas takes a surplus field in the
        # first row for an index and shifts the columns
        frame = pandas.read_csv(
            io.StringIO(text.rstrip("\n") + "\n"),
            sep=delimiter,
            header=None,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
        )
    except pandas.errors.ParserError as error:
        raise ValueError(
            f"{source}: not a table with one number of fields in every line "
            f"({str(error).strip()}): correct that line; a field that holds "
            f"{delimiter!r} needs double quotes"
        ) from error
    header, *rows = frame.to_numpy(dtype=object).tolist()
    header = [name.strip() for name in header]
    if not rows:
        raise ValueError(
            f"{source}: the file is empty below its header {header}; expected at least "
            "one sequence (and a header in the first line)"
        )
    return header, rows


def _find(name: str, header: list[str], source: str, role: str) -> int:
    if header.count(name) != 1:
        problem = "several such columns" if name in header else "no such column"
        raise ValueError(
            f"{source}: {role}={name!r}, but there is {problem}; the columns are "
            f"{header}: pass one of them (--{role})"
        )
    return header.index(name)


def _guess_column(header, rows, taken, source) -> int:
    free = [k for k in range(len(header)) if k not in taken]
    chosen = [k for k in free if header[k].lower() in _COLUMNS]
    if not chosen:
        texts = [k for k in free if not all(_is_number(row[k]) for row in rows)]
        chosen = free if len(free) == 1 else texts
    if len(chosen) != 1:
        raise ValueError(
            f"{source}: which column holds the sequences? The columns are {header}: "
            "name one of them (column=..., --column)"
        )
    name, values = header[chosen[0]], [row[chosen[0]] for row in rows]
    if _is_headerless(name, values):
        raise ValueError(
            f"{source}: line 1 looks like a sequence ({name[:20]!r}), where a header "
            "is expected: add a line 'sequence' above it, or name the file .txt if it "
            "has one sequence per line"
        )
    return chosen[0]


def _is_headerless(name: str, values: list[str]) -> bool:
    """Whether the name of a column looks like one more of its values."""
    if name.lower() in _COLUMNS or len(name) != len(values[0]):
        return False
    return set(name) <= set("".join(values))


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return value == ""
    return True


def _count(start: int, items: list) -> list[int]:
    return list(range(start, start + len(items)))


def _check_not_empty(values, what, unit, table):
    for value, row in zip(values, table.rows, strict=True):
        if not value:
            raise ValueError(
                f"{table.source}: {unit} {row} has an empty {what}; expected at least "
                "one letter: complete it or remove it from the file"
            )
