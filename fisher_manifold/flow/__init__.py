"""Riemannian flow matching on any geomstats space."""

from .adaptive import Adaptive
from .checkpoint import CheckpointError
from .entropy import measure_times
from .evidence import log_evidence
from .exact import ExactPosterior
from .field import PosteriorField, VelocityField
from .history import tensorboard
from .loss import posterior_loss, velocity_loss
from .path import GeodesicPath, PathSample
from .renoising import Renoising
from .sampling import SampleResult, sample
from .solvers import EULER, HEUN, MIDPOINT, RK4, AdamsBashforth, RungeKutta
from .source import DirichletSource, EmpiricalSource, RandomPointSource
from .times import EvidenceTimes, PowerTimes, TableTimes
from .trainer import Trainer, TrainingDiverged

__all__ = [
    "EULER",
    "HEUN",
    "MIDPOINT",
    "RK4",
    "AdamsBashforth",
    "Adaptive",
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
    "Renoising",
    "RungeKutta",
    "SampleResult",
    "TableTimes",
    "Trainer",
    "TrainingDiverged",
    "VelocityField",
    "log_evidence",
    "measure_times",
    "posterior_loss",
    "sample",
    "tensorboard",
    "velocity_loss",
]
