"""How far generated categorical data are from real data.

`labels` are integer arrays of shape [n, length] with categories 0 to
n_categories - 1. All divergences are in nats (natural logarithm), all total
variations are half an L1 distance, hence in [0, 1].

Every estimate from samples is biased upwards: two samples of the same law are
never equal. Compare a value with its floor and ceiling, the same metric of real data
of the same size (`compare_with_real`); docs/metrics.md says what each metric means.
"""

from .composition import (
    gc_content,
    gc_distance,
    marginal_error,
    pairwise_error,
    position_divergence,
    site_marginals,
)
from .copies import (
    copy_fraction,
    mean_pairwise_distance,
    nearest_neighbour_distance,
    unique_fraction,
)
from .divergences import (
    js_divergence,
    kl_divergence,
    kmer_divergence,
    kmer_spectrum,
)
from .features import ClassifierFeatures, frechet_distance
from .intervals import Comparison, Interval, bootstrap_interval, compare_with_real
from .law_divergence import SampleDivergence, sample_divergence
from .motifs import (
    TATA_BOX,
    motif_divergence,
    motif_hits,
    motif_positions,
    start_window,
)
from .predictors import load_predictor, predict, predicted_distances, profile_error
from .sequence_classifier import SequenceClassifier, train_sequence_classifier

__all__ = [
    "TATA_BOX",
    "ClassifierFeatures",
    "Comparison",
    "Interval",
    "SampleDivergence",
    "SequenceClassifier",
    "bootstrap_interval",
    "compare_with_real",
    "copy_fraction",
    "frechet_distance",
    "gc_content",
    "gc_distance",
    "js_divergence",
    "kl_divergence",
    "kmer_divergence",
    "kmer_spectrum",
    "load_predictor",
    "marginal_error",
    "mean_pairwise_distance",
    "motif_divergence",
    "motif_hits",
    "motif_positions",
    "nearest_neighbour_distance",
    "pairwise_error",
    "position_divergence",
    "predict",
    "predicted_distances",
    "profile_error",
    "sample_divergence",
    "site_marginals",
    "start_window",
    "train_sequence_classifier",
    "unique_fraction",
]
