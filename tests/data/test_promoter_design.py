"""Promoter design: genome, sites, signals and excluded stretches as published."""

import gzip

import numpy as np
import pytest

from fisher_manifold import data
from fisher_manifold.data import promoter_design
from fisher_manifold.data._genome import UNKNOWN, Genome

SIZES = {"chr1": 400, "chr8": 230, "chr9": 180, "chr10": 300}


def write_genome(path, sizes, line=60, end="\n", index=True, seed=0):
    """Random chromosomes, as text; in FASTA with lines of equal length."""
    rng = np.random.default_rng(seed)
    genome = {
        name: "".join(rng.choice(list("ACGTacgt"), n)) for name, n in sizes.items()
    }
    content, records = b"", []
    for name, text in genome.items():
        content += f">{name} dna:primary{end}".encode()
        records.append(
            f"{name}\t{len(text)}\t{len(content)}\t{line}\t{line + len(end)}"
        )
        for start in range(0, len(text), line):
            content += (text[start : start + line] + end).encode()
    path.write_bytes(content)
    if index:
        path.with_name(path.name + ".fai").write_text("\n".join(records) + "\n")
    return genome


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(("line", "end"), [(60, "\n"), (7, "\r\n"), (1000, "\n")])
def test_every_stretch_of_a_genome(tmp_path, line, end, index):
    texts = write_genome(tmp_path / "g.fa", {"chr1": 37, "2": 23}, line, end, index)
    genome = Genome(tmp_path / "g.fa")
    for name, text in texts.items():
        labels = data.DNA.encode([text.upper()])[0]
        for start in range(len(text)):
            for stop in range(start + 1, len(text) + 1):
                found = genome.labels(name, start, stop)
                np.testing.assert_array_equal(found, labels[start:stop])
    # Ensembl's files name chromosomes without the prefix.
    np.testing.assert_array_equal(genome.labels("chr2", 0, 9), genome.labels("2", 0, 9))


def test_genomes_that_cannot_be_read(tmp_path):
    path = tmp_path / "g.fa"
    write_genome(path, {"chr1": 37}, 10)
    genome = Genome(path)
    for stretch in [(-1, 5), (30, 38), (5, 5)]:
        with pytest.raises(ValueError, match="chr1 has 37 letters; the stretch"):
            genome.labels("chr1", *stretch)
    with pytest.raises(ValueError, match="no chromosome chrX; it has chr1"):
        genome.labels("chrX", 0, 1)
    path.with_name("g.fa.fai").write_text("chr1\t37\n")
    with pytest.raises(ValueError, match="line 1 is none of an index"):
        Genome(path)
    path.with_name("g.fa.fai").unlink()
    for content in ("ACGT\n", ">a\nACGT\nAC\nACGT\n", ">a\nAC\nACGT\n"):
        path.write_text(content)
        with pytest.raises(ValueError, match="lines of .* different lengths"):
            Genome(path)
    with pytest.raises(FileNotFoundError):
        Genome(tmp_path / "none.fa")
    path.write_text(">a\nACNGRT\n")
    assert Genome(path).labels("a", 0, 6).tolist() == [0, 1, UNKNOWN, 2, UNKNOWN, 3]


SITES = [
    ("chr1", 60, "+"),
    ("chr8", 100, "-"),
    ("chr10", 150, "-"),
    ("chr9", 90, "+"),
    ("chr1", 300, "-"),
    ("chr1", 200, "+"),
]
EXCLUDED = {"plus": [("chr1", 50, 62)], "minus": [("chr8", 0, 90), ("chr10", 149, 151)]}


@pytest.fixture
def published(tmp_path):
    """Folder of the published format, the genome and the signals."""
    wig = pytest.importorskip(
        "pyBigWig", reason="no pyBigWig: pip install 'fisher_manifold[promoters]'"
    )
    rng = np.random.default_rng(1)
    genome = write_genome(tmp_path / promoter_design.GENOME, SIZES)
    rows = "".join(f"{c}\t{p}\tENSG0\t{s}\n" for c, p, s in SITES)
    (tmp_path / promoter_design.SITES).write_text("chr\tTSS\tgene\tstrand\n" + rows)
    signals = []
    for name in promoter_design.SIGNALS:
        values = {
            c: rng.integers(0, 50, n).astype(np.float32) for c, n in SIZES.items()
        }
        with_gaps = wig.open(str(tmp_path / name), "w")
        with_gaps.addHeader(list(SIZES.items()))
        for chromosome, signal in values.items():
            signal[rng.random(len(signal)) < 0.5] = 0.0
            places = np.flatnonzero(signal)  # nothing is stored where there is nothing
            with_gaps.addEntries(
                [chromosome] * len(places),
                places.tolist(),
                ends=(places + 1).tolist(),
                values=signal[places].tolist(),
            )
        with_gaps.close()
        signals.append(values)
    for name, rows in zip(promoter_design.EXCLUDED, EXCLUDED.values(), strict=True):
        text = "".join(f"{c}\t{start}\t{end}\t.\n" for c, start, end in rows)
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    return tmp_path, genome, signals


def expected(site, length, genome, signals, offset=0):
    """Window and signal of a site, letter by letter."""
    chromosome, place, strand = site
    middle = place + offset + (strand == "-")
    letters, values = "", []
    for at in range(middle - length // 2, middle + length // 2):
        excluded = any(
            c == chromosome and start <= at < end
            for rows in EXCLUDED.values()
            for c, start, end in rows
        )
        letters += genome[chromosome][at].upper()
        values.append([0.0 if excluded else s[chromosome][at] for s in signals])
    if strand == "-":
        letters = letters[::-1].translate(str.maketrans("ACGT", "TGCA"))
        values = [row[::-1] for row in values[::-1]]
    return letters, values


@pytest.mark.parametrize("offset", [0, 3, -2])
def test_windows_and_signals(published, offset):
    folder, genome, signals = published
    found = data.read_promoter_design(folder, length=100, offset=offset)
    for row, site in enumerate(SITES):
        letters, values = expected(site, 100, genome, signals, offset)
        assert data.DNA.decode(found.labels[row : row + 1]) == [letters]
        np.testing.assert_array_equal(found.conditions["signal"][row], values)
    assert found.splits == ["train", "test", "valid", "test", "train", "train"]
    assert found.rows == [2, 3, 4, 5, 6, 7] and found.messages == []
    labels, conditions = found.part("train")
    assert labels.shape == (3, 100) and conditions["signal"].shape == (3, 100, 2)
    assert len(data.read_promoter_design(folder, n_sites=2, length=100).labels) == 2


def test_windows_in_memory_maps(published):
    folder, *_ = published
    out = folder / "arrays"
    kept = data.read_promoter_design(folder, length=60, out=out)
    held = data.read_promoter_design(folder, length=60)
    assert isinstance(kept.labels, np.memmap)
    mapped = [
        np.load(out / f"{name}.npy", mmap_mode="r") for name in ("labels", "signal")
    ]
    np.testing.assert_array_equal(mapped[0], held.labels)
    np.testing.assert_array_equal(mapped[1], held.conditions["signal"])


def test_windows_with_unknown_letters(published):
    folder, genome, signals = published
    path = folder / promoter_design.GENOME
    text = path.read_text()
    start = text.index("\n", text.index(">chr8")) + 1
    # line 2 of chr8, place 99
    at = start + 61 + 39
    path.write_text(text[:at] + "N" + text[at + 1 :])
    with pytest.raises(ValueError, match=r"1 of 6 .* \(first: row 3\)"):
        data.read_promoter_design(folder, length=100)
    found = data.read_promoter_design(folder, length=100, doubtful="drop")
    assert found.rows == [2, 4, 5, 6, 7] and len(found.conditions["signal"]) == 5
    letters, values = expected(SITES[2], 100, genome, signals)
    assert data.DNA.decode(found.labels[1:2]) == [letters]
    np.testing.assert_array_equal(found.conditions["signal"][1], values)
    found = data.read_promoter_design(folder, length=100, doubtful="first")
    letters, _ = expected(SITES[1], 100, genome, signals)
    place = 151 - 1 - 99  # counted from the other end
    letters = letters[:place] + "A" + letters[place + 1 :]
    assert data.DNA.decode(found.labels[1:2]) == [letters]


def test_bad_folders(published):
    folder, *_ = published
    with pytest.raises(ValueError, match="the stretch .* is not on it"):
        data.read_promoter_design(folder)
    with pytest.raises(ValueError, match="an even length"):
        data.read_promoter_design(folder, length=7)
    sites = folder / promoter_design.SITES
    text = sites.read_text()
    sites.write_text(text.replace("strand", "side"))
    with pytest.raises(ValueError, match="expected the columns chr, TSS and strand"):
        data.read_promoter_design(folder, length=100)
    sites.write_text(text.replace("100\tENSG0\t-", "100\tENSG0\t."))
    with pytest.raises(ValueError, match="line 3 has the strand '.'"):
        data.read_promoter_design(folder, length=100)
    sites.write_text(text)
    (folder / promoter_design.EXCLUDED[1]).unlink()
    with pytest.raises(FileNotFoundError, match="blacklist8.minus"):
        data.read_promoter_design(folder, length=100)


def test_pybigwig_is_asked_for_when_it_is_needed(tmp_path, monkeypatch):
    write_genome(tmp_path / promoter_design.GENOME, SIZES)
    (tmp_path / promoter_design.SITES).write_text("chr\tTSS\tstrand\nchr1\t100\t+\n")
    monkeypatch.setitem(__import__("sys").modules, "pyBigWig", None)
    with pytest.raises(ImportError, match=r"pip install .fisher_manifold\[promoters\]"):
        data.read_promoter_design(tmp_path, length=100)
