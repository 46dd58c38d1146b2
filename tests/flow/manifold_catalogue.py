"""Manifolds that flows are tried on: geomstats', ours, and some a user might write."""

import importlib.util

import torch
from geomstats.geometry.base import ImmersedSet
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.full_rank_correlation_matrices import (
    FullRankCorrelationMatrices,
)
from geomstats.geometry.grassmannian import Grassmannian
from geomstats.geometry.hyperboloid import Hyperboloid
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.klein_bottle import KleinBottle
from geomstats.geometry.nfold_manifold import NFoldManifold
from geomstats.geometry.poincare_ball import PoincareBall
from geomstats.geometry.poincare_half_space import PoincareHalfSpace
from geomstats.geometry.poincare_polydisk import PoincarePolydisk
from geomstats.geometry.pre_shape import PreShapeSpace
from geomstats.geometry.product_manifold import ProductManifold
from geomstats.geometry.pullback_metric import PullbackMetric
from geomstats.geometry.spd_matrices import (
    SPDBuresWassersteinMetric,
    SPDLogEuclideanMetric,
    SPDMatrices,
)
from geomstats.geometry.special_euclidean import SpecialEuclidean
from geomstats.geometry.special_orthogonal import SpecialOrthogonal
from geomstats.geometry.stiefel import Stiefel
from geomstats.information_geometry.dirichlet import DirichletDistributions
from geomstats.information_geometry.normal import UnivariateNormalDistributions
from geomstats.numerics.geodesic import ExpODESolver
from geomstats.numerics.ivp import GSIVPIntegrator

import fisher_manifold as fm
from fisher_manifold.adapters import GeooptSpace


class Cylinder(ProductManifold):
    """A subclass as a user would write it: a circle times a line."""

    def __init__(self):
        super().__init__([Hypersphere(1), Euclidean(1)])


class Paraboloid(ImmersedSet):
    """The graph of (x^2 + y^2) / 2: its geodesics have no closed form."""

    def __init__(self):
        super().__init__(dim=2)
        # geomstats' default is 100 Euler steps.
        integrator = GSIVPIntegrator(n_steps=10, step_type="rk4")
        self.metric.exp_solver = ExpODESolver(self, integrator=integrator)

    def immersion(self, point):
        """Point of the graph, shape=[..., 3]."""
        height = 0.5 * (point**2).sum(-1, keepdim=True)
        return torch.cat([point, height], -1)

    def jacobian_immersion(self, base_point):
        """Derivatives, shape=[..., 3, 2]: geomstats' own differentiates in a loop."""
        eye = torch.eye(2).expand(*base_point.shape[:-1], 2, 2)
        return torch.cat([eye, base_point[..., None, :]], -2)

    def hessian_immersion(self, base_point):
        """Second derivatives, shape=[..., 3, 2, 2]."""
        hessian = torch.cat([torch.zeros(2, 2, 2), torch.eye(2)[None]])
        return hessian.expand(*base_point.shape[:-1], 3, 2, 2)

    def _define_embedding_space(self):
        return Euclidean(3)

    def default_metric(self):
        """Metric of the graph."""
        return PullbackMetric

    def random_point(self, n_samples=1, bound=1.0):
        """Uniform points of a square of the plane."""
        return bound * (2 * torch.rand(n_samples, 2) - 1)

    def belongs(self, point, atol=1e-12):
        """Whether points are of the plane."""
        return torch.full(point.shape[:-1], point.shape[-1] == 2)

    def projection(self, point):
        """Point itself: every point of the plane belongs."""
        return point

    def to_tangent(self, vector, base_point):
        """Vector itself."""
        return vector

    def is_tangent(self, vector, base_point, atol=1e-12):
        """Whether vectors are of the plane."""
        return torch.full(vector.shape[:-1], vector.shape[-1] == 2)


def with_metric(space, metric):
    """Equip a space with another metric."""
    space.equip_with_metric(metric)
    return space


SPACES = {
    "sphere": lambda: Hypersphere(2),
    "hyperboloid": lambda: Hyperboloid(2),
    "Poincare ball": lambda: PoincareBall(2),
    "Poincare half-space": lambda: PoincareHalfSpace(2),
    "Poincare polydisk": lambda: PoincarePolydisk(2),
    "SO(3)": lambda: SpecialOrthogonal(3, equip=True),
    "SE(3)": lambda: SpecialEuclidean(3, equip=True),
    "SPD, affine": lambda: SPDMatrices(2),
    "SPD, log-Euclidean": lambda: with_metric(SPDMatrices(2), SPDLogEuclideanMetric),
    "SPD, Bures-Wasserstein": lambda: with_metric(
        SPDMatrices(2), SPDBuresWassersteinMetric
    ),
    "Grassmann": lambda: Grassmannian(4, 2),
    "pre-shapes": lambda: PreShapeSpace(4, 2),
    "torus": lambda: NFoldManifold(Hypersphere(1), 2),
    "Klein bottle": lambda: KleinBottle(),
    "sphere x SPD": lambda: ProductManifold([Hypersphere(2), SPDMatrices(2)]),
    "normal laws": lambda: UnivariateNormalDistributions(),
    "simplex (ours)": lambda: fm.FisherRaoSimplex(2),
    "sequences (ours)": lambda: fm.SequenceManifold(fm.PositiveHypersphere(2), 2),
    "own subclass: cylinder": Cylinder,
    "Stiefel": lambda: Stiefel(4, 2),
    "correlation matrices": lambda: FullRankCorrelationMatrices(3),
    "Dirichlet laws": lambda: DirichletDistributions(2),
    "own subclass: paraboloid": Paraboloid,
}

if importlib.util.find_spec("geoopt"):
    import geoopt

    SPACES |= {
        "geoopt's sphere": lambda: GeooptSpace(geoopt.Sphere(), (3,)),
        "geoopt's ball": lambda: GeooptSpace(geoopt.PoincareBall(), (2,)),
    }

NUMERIC = {
    "Stiefel": 3,
    "correlation matrices": 6,
    "Dirichlet laws": 6,
    "own subclass: paraboloid": 3,
}
"""Spaces whose logarithm is found by a solver; points that are not too many for it."""
