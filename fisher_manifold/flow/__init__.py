"""Riemannian flow matching on any geomstats space."""

from .checkpoint import CheckpointError
from .evidence import log_evidence
from .exact import ExactPosterior
from .field import PosteriorField, VelocityField
from .history import tensorboard
from .loss import posterior_loss, velocity_loss
from .path import GeodesicPath, PathSample
from .sampling import SampleResult, sample
from .source import DirichletSource, EmpiricalSource, RandomPointSource
from .times import EvidenceTimes, PowerTimes
from .trainer import Trainer, TrainingDiverged

__all__ = [
    "CheckpointError",
    "DirichletSource",
    "EmpiricalSource",
    "EvidenceTimes",
    "ExactPosterior",
    "GeodesicPath",
    "PathSample",
    "PosteriorField",
    "PowerTimes",
    "RandomPointSource",
    "SampleResult",
    "Trainer",
    "TrainingDiverged",
    "VelocityField",
    "log_evidence",
    "posterior_loss",
    "sample",
    "tensorboard",
    "velocity_loss",
]
