"""Riemannian flow matching on any geomstats space."""

from .checkpoint import CheckpointError
from .discrete_bound import DiscreteBoundResult, discrete_log_prob_bound
from .evidence import log_evidence
from .field import PosteriorField, VelocityField
from .history import tensorboard
from .likelihood import LogProbResult, log_prob
from .loss import posterior_loss, velocity_loss
from .path import GeodesicPath, PathSample
from .sampling import SampleResult, sample
from .source import DirichletSource, EmpiricalSource, RandomPointSource
from .times import EvidenceTimes, PowerTimes
from .trainer import Trainer, TrainingDiverged

__all__ = [
    "CheckpointError",
    "DirichletSource",
    "DiscreteBoundResult",
    "EmpiricalSource",
    "EvidenceTimes",
    "GeodesicPath",
    "LogProbResult",
    "PathSample",
    "PosteriorField",
    "PowerTimes",
    "RandomPointSource",
    "SampleResult",
    "Trainer",
    "TrainingDiverged",
    "VelocityField",
    "discrete_log_prob_bound",
    "log_evidence",
    "log_prob",
    "posterior_loss",
    "sample",
    "tensorboard",
    "velocity_loss",
]
