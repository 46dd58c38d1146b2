"""Other models of categorical sequences, in the same trainer and the same network.

Each is a field that `flow.Trainer` trains along its own path, and has
``sample(n, generator, conditions)``, whose result has ``labels`` and ``n_evaluations``,
and, where there is one, ``log_prob(labels)`` (exact) or ``log_prob_bound(labels)`` (a
proven lower bound), both in nats per sequence.
"""

from .autoregressive import Autoregressive
from .causal import CausalCNN, CausalTransformer, causal
from .common import Baseline, Samples
from .counting import MarkovOrder, SiteFrequencies, TrainingData
from .dirichlet import DirichletFlow, vertex_speed
from .fisher import EvidenceFlow, FisherFlow, FisherFlowOT, RevealedFlow
from .linear import LinearFlow, LinearVelocityFlow
from .masked import MaskedDiffusion
from .paths import LabelPath
from .registry import COUNTED, METHODS, TRAINED, fit

__all__ = [
    "COUNTED",
    "METHODS",
    "TRAINED",
    "Autoregressive",
    "Baseline",
    "CausalCNN",
    "CausalTransformer",
    "DirichletFlow",
    "EvidenceFlow",
    "FisherFlow",
    "FisherFlowOT",
    "LabelPath",
    "LinearFlow",
    "LinearVelocityFlow",
    "MarkovOrder",
    "MaskedDiffusion",
    "RevealedFlow",
    "Samples",
    "SiteFrequencies",
    "TrainingData",
    "causal",
    "fit",
    "vertex_speed",
]
