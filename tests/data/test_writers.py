"""Writers: reading back gives the same, and what cannot be written is refused."""

import gzip
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fisher_manifold.data import read_sequences, write_sequences

SEQUENCES = ["ACGT", "TTTTT", "ACGT" * 50]
LABELS = ["fly", "fruit fly", "10"]


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("format", ["fasta", "csv", "txt"])
def test_reading_gives_back_what_was_written(tmp_path, format, packed):
    path = tmp_path / f"samples.{format}{packed}"
    write_sequences(path, SEQUENCES, format)
    assert read_sequences(path).sequences == SEQUENCES
    if packed:
        assert path.read_bytes().startswith(b"\x1f\x8b")


@pytest.mark.parametrize("format", ["fasta", "csv"])
def test_reading_gives_back_labels(tmp_path, format):
    path = tmp_path / f"samples.{format}"
    write_sequences(path, SEQUENCES, format, labels=LABELS)
    table = read_sequences(path, label="label")
    assert table.sequences == SEQUENCES
    assert table.labels == LABELS


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text(" ab,\"';#\t\N{SNOWMAN}", min_size=1), min_size=1))
def test_csv_and_text_hold_any_letters(tmp_path_factory, sequences):
    folder = tmp_path_factory.mktemp("round")
    for format in ("csv", "txt"):
        write_sequences(folder / f"a.{format}", sequences, format)
        column = "sequence" if format == "csv" else None
        assert read_sequences(folder / f"a.{format}", column).sequences == sequences


def test_fasta_is_what_others_read(tmp_path):
    from Bio import SeqIO

    path = tmp_path / "a.fasta"
    write_sequences(path, SEQUENCES, labels=LABELS)
    with open(path) as file:
        records = list(SeqIO.parse(file, "fasta"))
    assert [str(record.seq) for record in records] == SEQUENCES
    assert [record.id for record in records] == ["sample_1", "sample_2", "sample_3"]
    assert max(map(len, path.read_text().splitlines())) == 80


def test_archives_load_without_pickle(tmp_path):
    path = tmp_path / "samples"
    write_sequences(path, ["ACGT", "A", " "], "npz", labels=LABELS)
    with np.load(path, allow_pickle=False) as archive:
        assert archive["sequences"].tolist() == ["ACGT", "A", " "]
        assert archive["labels"].tolist() == LABELS


def test_open_files_are_written_to_and_left_open():
    text, data = io.StringIO(), io.BytesIO()
    write_sequences(text, ["AC"], "txt")
    write_sequences(text, ["GT"], "csv", labels=[3])
    write_sequences(data, ["AC"], "npz")
    assert text.getvalue() == "AC\nsequence,label\nGT,3\n"
    assert np.load(io.BytesIO(data.getvalue()))["sequences"].tolist() == ["AC"]


@pytest.mark.parametrize(
    ("sequences", "format", "labels", "message"),
    [
        (["AC", "A C"], "fasta", None, "sequence 1 has the character ' ', .*'csv'"),
        (["A>C"], "fasta", None, "sequence 0 has the character '>'"),
        (["AC"], "fasta", ['"'], "label 0 has the character '\"'"),
        (["A\nC"], "txt", None, "plain text cannot hold"),
        (["AC"], "txt", ["x"], "no place for labels"),
        (["A\rC"], "csv", None, "CSV cannot hold"),
        (["A\0"], "npz", None, "npz cannot hold"),
        (["AC"], "xml", None, "format must be one of .*'csv', 'fasta', 'npz', 'txt'"),
        (["AC", "GT"], "csv", ["x"], "2 sequences and 1 labels arrived"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    tmp_path, sequences, format, labels, message
):
    path = tmp_path / "a"
    with pytest.raises(ValueError, match=message):
        write_sequences(path, sequences, format, labels)
    assert not path.exists()


def test_gzipped_archives_are_gzipped(tmp_path):
    path = tmp_path / "a.npz.gz"
    write_sequences(path, ["AC"], "npz")
    data = io.BytesIO(gzip.decompress(path.read_bytes()))
    assert np.load(data)["sequences"].tolist() == ["AC"]
