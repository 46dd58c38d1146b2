"""Readers: every format and every error, with the row at fault in the message."""

import gzip
from pathlib import Path

import pytest

from fisher_manifold.data import prepare, read_sequences, split_indices

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_real_data = pytest.mark.skipif(
    not REAL_DATA.is_dir(), reason=f"the real data sets are not at {REAL_DATA}"
)

FASTA = ">one species=yeast\nAC\nGT\n\n>two species=fly extra\nACGA\n"
CSV = "sequence,species,split\nACGT,yeast,train\nNA,fly,test\n"
CONTENTS = {
    ".fa": FASTA,
    ".fasta": FASTA,
    ".fna": FASTA,
    ".faa": FASTA,
    ".csv": CSV,
    ".tsv": CSV.replace(",", "\t"),
    ".txt": "ACGT\nNA\n",
}


def write(folder, name, content):
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("suffix", CONTENTS)
def test_every_format_is_read(tmp_path, suffix, packed):
    path = write(tmp_path, f"data{suffix}{packed}", CONTENTS[suffix])
    table = read_sequences(path)
    fasta = CONTENTS[suffix] is FASTA
    columns = suffix in (".csv", ".tsv")
    assert table.sequences == ["ACGT", "ACGA" if fasta else "NA"]
    assert table.rows == ([2, 3] if columns else [1, 2])
    assert table.splits == (["train", "test"] if columns else None)
    assert table.labels is None
    assert table.source == str(path)


@pytest.mark.parametrize("suffix", [".fa", ".csv", ".tsv"])
def test_labels_are_read(tmp_path, suffix):
    path = write(tmp_path, f"data{suffix}", CONTENTS[suffix])
    assert read_sequences(path, label="species").labels == ["yeast", "fly"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("id species=fly", "fly"),
        ("species=fly", "fly"),
        ('id species="fruit fly" x', "fruit fly"),
        ("id [species=fruit fly] [x=y]", "fruit fly"),
        ("sp|P1|species=fly|x", "fly"),
        ("id subspecies=wrong species=fly;x", "fly"),
    ],
)
def test_fasta_labels_are_found_in_headers(tmp_path, header, value):
    path = write(tmp_path, "a.fa", f">{header}\nAC\n")
    assert read_sequences(path, label="species").labels == [value]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("suffix", [".fa", ".csv", ".txt"])
def test_line_ends_of_all_systems_are_read(tmp_path, suffix, ends):
    expected = read_sequences(write(tmp_path, f"unix{suffix}", CONTENTS[suffix]))
    content = CONTENTS[suffix].rstrip("\n").replace("\n", ends)
    table = read_sequences(write(tmp_path, f"other{suffix}", content))
    assert table.sequences == expected.sequences
    assert table.rows == expected.rows


def test_a_byte_order_mark_is_no_letter(tmp_path):
    path = write(tmp_path, "a.txt", b"\xef\xbb\xbfACGT\nACGA\n")
    assert read_sequences(path).sequences == ["ACGT", "ACGA"]


def test_blanks_in_text_are_letters(tmp_path):
    path = write(tmp_path, "a.txt", " a b \n c  d\n\n\n")
    assert read_sequences(path).sequences == [" a b ", " c  d"]


def test_suffixes_may_be_in_upper_case(tmp_path):
    assert read_sequences(write(tmp_path, "A.TXT", "AC\n")).sequences == ["AC"]


@pytest.mark.parametrize(
    ("content", "sequences"),
    [
        ("id,Seq\n1,AC\n2,GT\n", ["AC", "GT"]),
        ("smiles\nC\nN\n", ["C", "N"]),
        ("id,peptide,mass\n1,LK,1.5\n2,WY,2\n", ["LK", "WY"]),
        ("bits\n0101\n1100\n", ["0101", "1100"]),
        ('text,x\n"a, b",1\n', ["a, b"]),
        ("name,sequence\nx,NULL\ny,nan\n", ["NULL", "nan"]),
    ],
)
def test_the_column_is_guessed(tmp_path, content, sequences):
    assert read_sequences(write(tmp_path, "a.csv", content)).sequences == sequences


def test_the_column_is_chosen(tmp_path):
    path = write(tmp_path, "a.csv", "sequence,other,split\nAC,GG,train\n")
    assert read_sequences(path, column="other").sequences == ["GG"]


FLAWED = [
    ("a.csv", "", {}, "the file is empty"),
    ("a.csv.gz", "", {}, "the file is empty"),
    ("a.txt", "\n\n\n", {}, "the file is empty"),
    ("a.csv", "sequence,split\n", {}, "empty below its header"),
    ("a.csv", "sequence\nAC\n\nGT\n", {}, "line 3 has an empty sequence"),
    ("a.csv", "sequence,x\nAC,1\n,2\n", {}, "line 3 has an empty sequence"),
    ("a.csv", "x,sequence\n1,AC\n2\n", {}, "line 3 has an empty sequence"),
    ("a.txt", "AC\nGT\n\nAA\n", {}, "line 3 has an empty sequence"),
    ("a.fa", ">a\nAC\n>b\n>c\nGT\n", {}, "record 2 has an empty sequence"),
    ("a.csv", "sequence,y\nAC,1\nGT,\n", {"label": "y"}, "line 3 has an empty label"),
    (
        "a.csv",
        CSV,
        {"column": "dna"},
        "column='dna', but there is no such column; .*"
        r"\['sequence', 'species', 'split'\].*--column",
    ),
    ("a.csv", CSV, {"label": "y"}, r"label='y', but there is no such column.*--label"),
    ("a.csv", "a,a\nAC,GT\n", {"column": "a"}, "several such columns"),
    ("a.csv", "first,second\nAC,GT\n", {}, r"which column .*\['first', 'second'\]"),
    ("a.csv", "x,y\n1,2\n", {}, "which column holds the sequences"),
    ("a.csv", "sequence,text\nAC,GT\n", {}, "which column holds the sequences"),
    ("a.csv", "ACGT\nACGA\nTTAC\n", {}, "line 1 looks like a sequence .*header"),
    ("a.csv", "sequence,x\nAC,1\nGT,2,3\n", {}, "Expected 2 fields in line 3, saw 3"),
    ("a.csv", 'sequence\n"AC\nGT\n', {}, "not a table"),
    ("a.fa", "ACGT\nAC\n", {}, "line '>name', but line 1 does not"),
    ("a.fa", "\n;old\n>a\nAC\n", {}, "line '>name', but line 2 does not"),
    (
        "a.fa",
        FASTA,
        {"label": "tissue"},
        "'tissue=value' .* record 1 has '>one species",
    ),
    ("a.fa", FASTA, {"label": "extra"}, "record 1 has"),
    ("a.fa", FASTA, {"column": "x"}, "only CSV and TSV files have columns"),
    ("a.txt", "AC\n", {"column": "x"}, "only CSV and TSV files have columns"),
    ("a.txt", "AC\n", {"label": "x"}, "a text file has no labels"),
    ("a.xlsx", "AC\n", {}, r"expected one of \.fa, .*\.csv.*\.txt"),
    ("a.gz", "AC\n", {}, "expected one of"),
    ("a", "AC\n", {}, "expected one of"),
    ("a.txt", b"AC\nG\xe9T\n", {}, "UTF-8, but byte 0xe9 in line 2 .*save it as UTF-8"),
    ("a.txt", "A\n".encode("utf-16"), {}, "byte 0xff in line 1 .*save it as UTF-8"),
    ("a.txt", gzip.compress(b"AC\n", mtime=0), {}, "looks gzipped: add .gz"),
]


@pytest.mark.parametrize(("name", "content", "options", "message"), FLAWED)
def test_flaws_are_named(tmp_path, name, content, options, message):
    path = write(tmp_path, name, content)
    with pytest.raises(ValueError, match=message) as caught:
        read_sequences(path, **options)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("damage", ["not gzip", "truncated", "altered"])
def test_damaged_gzip_files_are_recognised(tmp_path, damage):
    whole = gzip.compress(b"ACGT\n" * 1000, mtime=0)
    middle = len(whole) // 2
    contents = {
        "not gzip": b"ACGT\n",
        "truncated": whole[:middle],
        "altered": whole[:-8] + b"\0" * 8,
    }
    path = tmp_path / "a.txt.gz"
    path.write_bytes(contents[damage])
    with pytest.raises(ValueError, match="not a whole gzip file .*fetch it again"):
        read_sequences(path)


def test_missing_files_and_folders_are_told_apart(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="there is no such file; check the path"
    ):
        read_sequences(tmp_path / "a.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match="a directory"):
        read_sequences(tmp_path / "folder.csv")


@needs_real_data
@pytest.mark.parametrize(
    ("name", "label", "n_classes", "length", "sizes"),
    [
        ("promoters_species_60bp", "species", 16, 60, (119858, 15012, 14833)),
        ("promoters_human_300bp", "tata", 2, 300, (14571, 1781, 1882)),
        ("enhancers_fly_1001bp", "active", 2, 1001, (2470, 291, 322)),
    ],
)
def test_real_dna_is_read(name, label, n_classes, length, sizes):
    table = read_sequences(REAL_DATA / f"{name}.csv.gz", label=label)
    data = prepare(table)
    split = split_indices(data)
    assert data.codec.name == "dna"
    assert data.labels.shape == (sum(sizes), length)
    assert len(data.classes) == n_classes
    assert (len(split.train), len(split.valid), len(split.test)) == sizes
    assert data.codec.decode(data.labels[-3:]) == table.sequences[-3:]


@needs_real_data
def test_real_molecules_are_read():
    table = read_sequences(REAL_DATA / "qm9_smiles.csv.gz")
    data = prepare(table, pad=True)
    split = split_indices(data)
    assert (len(split.train), len(split.valid), len(split.test)) == (
        106439,
        13226,
        13245,
    )
    assert data.codec.decode(data.labels) == table.sequences


@needs_real_data
def test_real_running_text_is_read():
    table = read_sequences(REAL_DATA / "text8_first_6.9MB.txt.gz")
    data = prepare(table, "text", length=256)
    assert data.labels.shape == (6877819 // 256, 256)
    assert (
        "".join(data.codec.decode(data.labels))
        == table.sequences[0][: -(6877819 % 256)]
    )
