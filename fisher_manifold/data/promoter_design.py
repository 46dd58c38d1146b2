"""Human promoters with their transcription signal, as published."""

import gzip
from pathlib import Path

import numpy as np

from fisher_manifold.data._genome import UNKNOWN, Genome
from fisher_manifold.data.codec import DNA
from fisher_manifold.data.published import PublishedData, check_doubtful, deal_with

GENOME = "Homo_sapiens.GRCh38.dna.primary_assembly.fa"
SITES = "FANTOM_CAT.lv3_robust.tss.sortedby_fantomcage.hg38.v4.tsv"
SIGNALS = ("agg.plus.bw.bedgraph.bw", "agg.minus.bw.bedgraph.bw")
EXCLUDED = ("fantom.blacklist8.plus.bed.gz", "fantom.blacklist8.minus.bed.gz")
_SPLITS = {"chr10": "valid", "chr8": "test", "chr9": "test"}


def read_promoter_design(
    folder, n_sites=100_000, length=1024, offset=0, doubtful="error", out=None
):
    """Read promoters around transcription start sites, and the signal at each position.

    A window has ``length / 2`` letters before its site; those of the reverse strand are
    reverse complements.  The signal, CAGE counts of FANTOM, has two channels: the
    strand of the promoter, and the other one.  The papers condition on the first.

    Parameters
    ----------
    folder : path-like
        Folder ``promoter_design`` of the archive: the genome, the list of sites, two
        bigWig files of signals, two BED files of stretches whose signal is set to 0.
    n_sites : int
        The first so many sites, which are those of the largest signals.
    length : int
        Even number of letters of a window.
    offset : int
        Letters by which all windows are moved along the genome; the papers' loaders
        move those for training at random, by up to 10.
    doubtful : {"error", "drop", "first"}
        What becomes of windows with other letters than ACGT; "first" reads them as A,
        as the loaders of the papers do.
    out : path-like, optional
        Folder for ``labels.npy`` and ``signal.npy``: arrays are then memory-mapped, not
        held in memory (0.9 GB for all sites).

    Returns
    -------
    data : PublishedData
        Labels; condition "signal" [n, length, 2]; test: chromosomes 8 and 9,
        validation: 10.

    Raises
    ------
    ValueError
        If a file is not as expected, or a window is not on its chromosome.
    ImportError
        If pyBigWig is not there (``pip install "fisher_manifold[promoters]"``).

    References
    ----------
    P. Avdeyev et al., Dirichlet diffusion score model for biological sequence
    generation, ICML 2023, section 5.3; data: https://doi.org/10.5281/zenodo.7943307.
    """
    check_doubtful(doubtful)
    if length < 2 or length % 2:
        raise ValueError(f"expected an even length of at least 2, got {length}")
    folder = Path(folder)
    sites = _read_sites(folder / SITES, n_sites)
    genome = Genome(folder / GENOME)
    windows = [_window(site, length, offset) for site in sites]
    unclear = [(genome.labels(*w[:3]) == UNKNOWN).any() for w in windows]
    rows = [site[0] for site in sites]
    what, unclear = "letters other than ACGT", np.array(unclear, bool)
    kept, messages = deal_with(unclear, doubtful, what, str(folder), rows)
    labels = _array(out, "labels", (len(kept), length), np.uint8)
    signal = _array(out, "signal", (len(kept), length, 2), np.float32)
    with _Signals(folder) as signals:
        for i, row in enumerate(kept):
            *stretch, is_reverse = windows[row]
            letters, values = genome.labels(*stretch), signals.values(*stretch)
            known = letters != UNKNOWN
            if is_reverse:  # ACGT backwards is TGCA, the complement
                letters, known = 3 - letters[::-1], known[::-1]
                values = values[::-1, ::-1]
            labels[i] = np.where(known, letters, 0)
            signal[i] = values.T
    return PublishedData(
        labels=labels,
        codec=DNA,
        classes=None,
        class_labels=None,
        splits=[_SPLITS.get(sites[row][1], "train") for row in kept],
        rows=[rows[row] for row in kept],
        messages=messages,
        conditions={"signal": signal},
    )


def _read_sites(path, n_sites):
    """Line, chromosome, place and strand of the first sites."""
    import pandas

    frame = pandas.read_csv(path, sep="\t", nrows=n_sites)
    missing = [name for name in ("chr", "TSS", "strand") if name not in frame]
    if missing:
        raise ValueError(
            f"{path}: expected the columns chr, TSS and strand, got {list(frame)}"
        )
    strange = ~frame["strand"].isin(["+", "-"])
    if strange.any():
        row = int(strange.to_numpy().argmax())
        raise ValueError(
            f"{path}: line {row + 2} has the strand {frame['strand'].iloc[row]!r}, "
            "expected + or -"
        )
    columns = frame["chr"].astype(str), frame["TSS"].astype(int), frame["strand"]
    return list(zip(range(2, len(frame) + 2), *columns, strict=True))


def _window(site, length, offset):
    """Chromosome, start, end, and whether the window is on the reverse strand."""
    _, chromosome, place, strand = site
    is_reverse = strand == "-"
    middle = int(place) + offset + is_reverse
    return chromosome, middle - length // 2, middle + length // 2, is_reverse


def _array(out, name, shape, dtype):
    if out is None:
        return np.empty(shape, dtype)
    Path(out).mkdir(parents=True, exist_ok=True)
    path = Path(out) / f"{name}.npy"
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


class _Signals:
    """Signals of both strands, 0 in the stretches of both lists."""

    def __init__(self, folder):
        try:
            import pyBigWig
        except ImportError as error:
            raise ImportError(
                "bigWig files are read by pyBigWig, which is not installed: pip "
                'install "fisher_manifold[promoters]"'
            ) from error
        for name in (*SIGNALS, *EXCLUDED):
            if not (folder / name).is_file():
                raise FileNotFoundError(
                    f"{folder / name}: there is no such file; check the folder"
                )
        self.files = [pyBigWig.open(str(folder / name)) for name in SIGNALS]
        self.excluded = _read_stretches([folder / name for name in EXCLUDED])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for file in self.files:
            file.close()

    def values(self, chromosome, start, end):
        """Signals [2, end - start]: of the forward and the reverse strand."""
        try:
            found = [f.values(chromosome, start, end) for f in self.files]
        except RuntimeError as error:
            raise ValueError(
                f"no signal for {chromosome}, {start} to {end} ({error}): check the "
                "bigWig files"
            ) from error
        # bigWig leaves out positions without a count: NaN is "none", which is 0.
        values = np.nan_to_num(np.array(found, np.float32), nan=0.0)
        starts, ends = self.excluded.get(chromosome, (np.empty(0, int),) * 2)
        for i in np.flatnonzero((starts < end) & (ends > start)):
            values[:, max(starts[i] - start, 0) : ends[i] - start] = 0.0
        return values


def _read_stretches(paths):
    """Starts and ends of the stretches of some BED files, by chromosome."""
    import pandas

    tables = []
    for path in paths:
        with gzip.open(path) as file:
            columns = {"header": None, "usecols": [0, 1, 2], "comment": "#"}
            tables.append(pandas.read_csv(file, sep="\t", **columns))
    table = pandas.concat(tables)
    return {
        str(name): (rows[1].to_numpy(), rows[2].to_numpy())
        for name, rows in table.groupby(0)
    }
