"""The data sets on which `sequences.py` compares methods, with sizes for 2 cores."""

from dataclasses import dataclass
from pathlib import Path

from fisher_manifold import baselines
from fisher_manifold.commands import dataset
from fisher_manifold.commands.settings import DataSettings

DATA = Path("../shared/data")
SPECIES, TEXT = "promoters_species_60bp.csv.gz", "text8_first_6.9MB.txt.gz"


@dataclass(frozen=True)
class Problem:
    """A data set, and how much of it a comparison takes.

    Parameters
    ----------
    title : str
        In words.
    file : str
        Name in the folder of data.
    settings : dict
        Of `DataSettings`.
    crop : tuple of int, optional
        First site and number of sites taken.
    ks : tuple of int
        Lengths of k-mers.
    orders : int
        Markov chains of orders below this one.
    width, depth, steps, batch_size : int
        Of network and training.
    rows : int, optional
        Most training sequences.
    samples, bound : int
        Samples of each method, and test sequences whose probability is bounded.
    start_site : int, optional
        Site of the transcription start, for logos.
    """

    title: str
    file: str
    settings: dict
    crop: tuple | None = None
    ks: tuple = (3, 4, 5, 6)
    orders: int = 7
    width: int = 32
    depth: int = 4
    steps: int = 800
    batch_size: int = 128
    rows: int | None = None
    samples: int = 1000
    bound: int = 1000
    start_site: int | None = None

    @property
    def methods(self):
        """Names of the methods that are compared by default."""
        left_out = ("evidence-2", "linear-velocity")
        chains = [f"markov-{order}" for order in range(self.orders)]
        trained = [name for name in baselines.TRAINED if name not in left_out]
        return [*trained, *chains, "sites", "data"]

    def load(self):
        """The `Dataset`, and its parts by name: labels, and classes or None."""
        data = dataset.load(DataSettings(str(DATA / self.file), **self.settings))
        first, length = self.crop or (0, data.prepared.labels.shape[1])

        def crop(labels, classes):
            return labels[:, first : first + length], classes

        return data, {name: crop(*data.part(name)) for name in PARTS}


PARTS = ("train", "valid", "test")

LONG = {"samples": 500, "bound": 500, "batch_size": 64}
LETTERS = {"ks": (2, 3, 4), "orders": 4}

PROBLEMS = {
    "quick": Problem(
        "Promoters of one species, quick",
        SPECIES,
        {"where": "species=A_thaliana"},
        **{"steps": 300, "batch_size": 64, "rows": 4000, "samples": 500, "bound": 500},
        start_site=49,
    ),
    "species": Problem(
        "Promoters of 16 species, 60 letters, by species",
        SPECIES,
        {"label": "species"},
        start_site=49,
    ),
    "human": Problem(
        "Human promoters, 300 letters, by TATA box",
        "promoters_human_300bp.csv.gz",
        {"label": "tata"},
        steps=400,
        start_site=249,
        **LONG,
    ),
    "enhancers": Problem(
        "Fly enhancers, the middle 500 letters, by activity",
        "enhancers_fly_1001bp.csv.gz",
        {"label": "active"},
        crop=(250, 500),
        steps=250,
        **LONG,
    ),
    "text": Problem(
        "Text, 256 letters",
        TEXT,
        {"alphabet": "text", "length": 256, "validation": 0.0582, "test": 0.0695},
        steps=400,
        **LONG,
        **LETTERS,
    ),
    "molecules": Problem(
        "QM9, SMILES", "qm9_smiles.csv.gz", {"pad": True}, steps=1000, **LETTERS
    ),
}
