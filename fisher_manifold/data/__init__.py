"""Categorical data: codecs, readers, writers, digits, and laws with known answers.

NumPy only; labels are integer arrays of shape [n, length].  Places on the Earth are
unit vectors.
"""

from fisher_manifold.data._law import EntropyEstimate, Law, estimate_entropy
from fisher_manifold.data.codec import (
    DNA,
    PROTEIN,
    TEXT,
    Codec,
    UnequalLengthError,
    UnknownSymbolError,
    codec_by_name,
)
from fisher_manifold.data.constraints import CopyConstraint, ParityConstraint
from fisher_manifold.data.coordinates import (
    degrees_from_sphere,
    read_coordinates,
    sphere_from_degrees,
)
from fisher_manifold.data.enhancers import read_enhancers
from fisher_manifold.data.images import DigitImages, load_digits_labels
from fisher_manifold.data.markov import MarkovChain
from fisher_manifold.data.motif import MotifModel
from fisher_manifold.data.preparation import PreparedData, prepare
from fisher_manifold.data.promoter_design import read_promoter_design
from fisher_manifold.data.published import PublishedData
from fisher_manifold.data.qm9 import read_qm9
from fisher_manifold.data.readers import SequenceTable, read_sequences
from fisher_manifold.data.sphere_kernels import SphereKernels, fit_sphere_kernels
from fisher_manifold.data.splits import SplitIndices, split_indices
from fisher_manifold.data.text8 import read_text8
from fisher_manifold.data.toy import IndependentSites, MixtureOfProducts
from fisher_manifold.data.writers import write_sequences

__all__ = [
    "DNA",
    "PROTEIN",
    "TEXT",
    "Codec",
    "CopyConstraint",
    "DigitImages",
    "EntropyEstimate",
    "IndependentSites",
    "Law",
    "MarkovChain",
    "MixtureOfProducts",
    "MotifModel",
    "ParityConstraint",
    "PreparedData",
    "PublishedData",
    "SequenceTable",
    "SphereKernels",
    "SplitIndices",
    "UnequalLengthError",
    "UnknownSymbolError",
    "codec_by_name",
    "degrees_from_sphere",
    "estimate_entropy",
    "fit_sphere_kernels",
    "load_digits_labels",
    "prepare",
    "read_coordinates",
    "read_enhancers",
    "read_promoter_design",
    "read_qm9",
    "read_sequences",
    "read_text8",
    "sphere_from_degrees",
    "split_indices",
    "write_sequences",
]
