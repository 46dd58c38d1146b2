"""Categorical data: codecs, readers, writers, digits, and laws with known answers.

NumPy only; labels are int64 arrays of shape [n, length].
"""

from fisher_manifold.data.codec import (
    DNA,
    PROTEIN,
    TEXT,
    Codec,
    UnequalLengthError,
    UnknownSymbolError,
    codec_by_name,
)
from fisher_manifold.data.images import DigitImages, load_digits_labels
from fisher_manifold.data.preparation import PreparedData, prepare
from fisher_manifold.data.readers import SequenceTable, read_sequences
from fisher_manifold.data.splits import SplitIndices, split_indices
from fisher_manifold.data.toy import (
    IndependentSites,
    MarkovChain,
    MixtureOfProducts,
    ParityConstraint,
)
from fisher_manifold.data.writers import write_sequences

__all__ = [
    "DNA",
    "PROTEIN",
    "TEXT",
    "Codec",
    "DigitImages",
    "IndependentSites",
    "MarkovChain",
    "MixtureOfProducts",
    "ParityConstraint",
    "PreparedData",
    "SequenceTable",
    "SplitIndices",
    "UnequalLengthError",
    "UnknownSymbolError",
    "codec_by_name",
    "load_digits_labels",
    "prepare",
    "read_sequences",
    "split_indices",
    "write_sequences",
]
