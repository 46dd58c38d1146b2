"""Riemannian flow matching on any geomstats space."""

from .adaptive import Adaptive
from .checkpoint import CheckpointError
from .discrete_bound import DiscreteBoundResult, discrete_log_prob_bound
from .entropy import measure_times
from .evidence import log_evidence, root_belief
from .exact import ExactPosterior
from .field import VelocityField
from .flow_map import FlowMap, distill
from .guidance import guide
from .history import TensorBoardLog
from .inpainting import InpaintingField, inpaint
from .likelihood import LogProbResult, log_prob
from .loss import posterior_loss, velocity_loss
from .marginal import MarginalVelocityField, marginal_velocity
from .order_bound import order_log_prob_bound
from .path import GeodesicPath, PathSample
from .posterior import PosteriorField
from .ranks import RankLost, process_group
from .renoising import Renoising
from .sampling import SampleResult, sample
from .solvers import EULER, HEUN, MIDPOINT, RK4, AdamsBashforth, RungeKutta
from .source import DirichletSource, EmpiricalSource, RandomPointSource
from .staggered import Staggered
from .times import EvidenceTimes, LateTimes, PowerTimes, TableTimes
from .trainer import Trainer
from .trajectories import Trajectories
from .updates import TrainingDiverged

__all__ = [
    "EULER",
    "HEUN",
    "MIDPOINT",
    "RK4",
    "AdamsBashforth",
    "Adaptive",
    "CheckpointError",
    "DirichletSource",
    "DiscreteBoundResult",
    "EmpiricalSource",
    "EvidenceTimes",
    "FlowMap",
    "ExactPosterior",
    "GeodesicPath",
    "InpaintingField",
    "LateTimes",
    "LogProbResult",
    "MarginalVelocityField",
    "PathSample",
    "PosteriorField",
    "PowerTimes",
    "RandomPointSource",
    "RankLost",
    "Renoising",
    "RungeKutta",
    "SampleResult",
    "Staggered",
    "TableTimes",
    "TensorBoardLog",
    "Trainer",
    "TrainingDiverged",
    "Trajectories",
    "VelocityField",
    "discrete_log_prob_bound",
    "distill",
    "guide",
    "inpaint",
    "log_evidence",
    "marginal_velocity",
    "measure_times",
    "log_prob",
    "order_log_prob_bound",
    "posterior_loss",
    "process_group",
    "root_belief",
    "sample",
    "velocity_loss",
]
