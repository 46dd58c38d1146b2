"""What geomstats' tests should find: textbook formulas, for one point at a time.

Everything is derived here from the unit sphere (great circles) with plain sines and
cosines, and from the differential of p = u^2, not from the code under test.  Methods
are named as those of geomstats and take the same arguments, so that the data of a
test `test_exp(tangent_vec, base_point, expected, atol)` is `truth.exp(...)`.

References
----------
.. [A2016] S. Amari. Information Geometry and Its Applications. Springer, 2016.
.. [L2018] J. M. Lee. Introduction to Riemannian Manifolds. Springer, 2018.
   Proposition 8.36: constant curvature c, R(x, y) z = c (<y, z> x - <x, z> y).
"""

import itertools

import numpy as np

CURVATURE = 0.25  # of a sphere of radius 2


class DistanceTruth:
    """What follows from `inner_product`, `log`, `curvature` and `squared_dist`."""

    def squared_norm(self, vector, base_point):
        return self.inner_product(vector, vector, base_point)

    def norm(self, vector, base_point):
        return np.sqrt(self.squared_norm(vector, base_point))

    def normalize(self, vector, base_point):
        return vector / self.norm(vector, base_point)

    def dist(self, point_a, point_b):
        return np.sqrt(self.squared_dist(point_a, point_b))

    def diameter(self, points):
        return max(self.dist(a, b) for a, b in itertools.combinations(points, 2))

    def normal_basis(self, basis, base_point):
        return np.stack([self.normalize(vector, base_point) for vector in basis])

    def geodesic(self, initial_point, time, end_point=None, initial_tangent_vec=None):
        if initial_tangent_vec is None:
            initial_tangent_vec = self.log(end_point, initial_point)
        points = [self.exp(t * initial_tangent_vec, initial_point) for t in time]
        return np.stack(points)

    def directional_curvature(self, tangent_vec_a, tangent_vec_b, base_point):
        """R(b, a) b, geomstats' definition."""
        return self.curvature(tangent_vec_b, tangent_vec_a, tangent_vec_b, base_point)

    def curvature_derivative(
        self, tangent_vec_a, tangent_vec_b, tangent_vec_c, tangent_vec_d, base_point
    ):
        """Zero: spheres and their products are symmetric spaces."""
        return np.zeros_like(base_point)

    def directional_curvature_derivative(
        self, tangent_vec_a, tangent_vec_b, base_point
    ):
        return np.zeros_like(base_point)

    def sectional_curvature(self, tangent_vec_a, tangent_vec_b, base_point):
        a, b = tangent_vec_a, tangent_vec_b
        turned = self.curvature(a, b, b, base_point)
        area = self.squared_norm(a, base_point) * self.squared_norm(b, base_point)
        area = area - self.inner_product(a, b, base_point) ** 2
        return self.inner_product(turned, a, base_point) / area

    def regularize(self, point):
        return point


class SphereTruth(DistanceTruth):
    """Unit vectors with the metric of a sphere of radius 2.

    A second chart overrides the coordinates (`root`, `from_root`, `push`, `pull`) and
    the tensors.  Tensors act on the vectors of the ambient space through their
    tangent part: `projector` is the orthogonal projection.
    """

    def __init__(self, dim):
        self.dim = dim

    def root(self, point):
        return point

    def from_root(self, root):
        return root

    def push(self, tangent_vec, root):
        return tangent_vec

    def pull(self, vector, root):
        return vector

    def submersion(self, point):
        return point @ point - 1.0

    def tangent_submersion(self, vector, point):
        return 2.0 * vector @ point

    def projection(self, point):
        positive = np.maximum(point, 0.0)
        return positive / np.linalg.norm(positive)

    def projector(self, point):
        return np.eye(self.dim + 1) - np.outer(point, point)

    def metric_matrix(self, base_point):
        return 4.0 * np.eye(self.dim + 1)

    def cometric_matrix(self, base_point):
        """Inverse of the metric on the tangent space."""
        return self.projector(base_point) / 4.0

    def inner_product_derivative_matrix(self, base_point):
        return np.zeros(3 * (self.dim + 1,))

    def christoffels(self, base_point):
        """Great circles solve u'' = -|u'|^2 u."""
        return np.einsum("k,ij->kij", base_point, np.eye(self.dim + 1))

    def to_tangent(self, vector, base_point):
        return self.projector(base_point) @ vector

    def geodesic_equation(self, state):
        point, velocity = state
        return np.stack([velocity, -(velocity @ velocity) * point])

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point):
        root = self.root(base_point)
        return 4.0 * self.push(tangent_vec_a, root) @ self.push(tangent_vec_b, root)

    def inner_coproduct(self, cotangent_vec_a, cotangent_vec_b, base_point):
        return cotangent_vec_a @ self.cometric_matrix(base_point) @ cotangent_vec_b

    def hamiltonian(self, state):
        point, momentum = state
        return self.inner_coproduct(momentum, momentum, point) / 2.0

    def exp(self, tangent_vec, base_point):
        root = self.root(base_point)
        vector = self.push(tangent_vec, root)
        angle = np.linalg.norm(vector)
        if angle == 0.0:
            return base_point
        return self.from_root(np.cos(angle) * root + np.sin(angle) / angle * vector)

    def log(self, point, base_point):
        return self.pull(self._root_log(point, base_point), self.root(base_point))

    def _root_log(self, point, base_point):
        root, end = self.root(base_point), self.root(point)
        angle = np.arccos(root @ end)
        return angle / np.sin(angle) * (end - np.cos(angle) * root)

    def squared_dist(self, point_a, point_b):
        return 4.0 * np.arccos(self.root(point_a) @ self.root(point_b)) ** 2

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        """Rotate in the plane of the great circle, leave what is orthogonal to it."""
        root = self.root(base_point)
        if direction is None:
            along = self._root_log(end_point, base_point)
        else:
            along = self.push(direction, root)
        angle = np.linalg.norm(along)
        unit = along / angle
        vector = self.push(tangent_vec, root)
        size = vector @ unit
        turned = np.cos(angle) * unit - np.sin(angle) * root
        end = np.cos(angle) * root + np.sin(angle) * unit
        return self.pull(vector - size * unit + size * turned, end)

    def injectivity_radius(self, base_point):
        """Distance to the wall: the angle between u and the face u_i = 0."""
        return 2.0 * np.arcsin(self.root(base_point).min())

    def curvature(self, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point):
        along_b = self.inner_product(tangent_vec_b, tangent_vec_c, base_point)
        along_a = self.inner_product(tangent_vec_a, tangent_vec_c, base_point)
        return CURVATURE * (along_b * tangent_vec_a - along_a * tangent_vec_b)

    def _tangent_metric(self, base_point):
        projector = self.projector(base_point)
        return projector.T @ self.metric_matrix(base_point) @ projector

    def riemann_tensor(self, base_point):
        """R_ijk^l with R(x, y) z = R_ijk^l x^j y^k z^i."""
        metric = self._tangent_metric(base_point)
        projector = self.projector(base_point)
        first = np.einsum("ik,lj->ijkl", metric, projector)
        return CURVATURE * (first - np.einsum("ij,lk->ijkl", metric, projector))

    def covariant_riemann_tensor(self, base_point):
        """R_ijkl = <R(x_k, x_l) x_j, x_i>."""
        metric = self._tangent_metric(base_point)
        first = np.einsum("ik,jl->ijkl", metric, metric)
        return CURVATURE * (first - np.einsum("il,jk->ijkl", metric, metric))

    def ricci_tensor(self, base_point):
        return CURVATURE * (self.dim - 1) * self._tangent_metric(base_point)

    def scalar_curvature(self, base_point):
        return CURVATURE * self.dim * (self.dim - 1)


class SimplexTruth(SphereTruth):
    """Probability vectors p = u^2 with g_p(v, w) = sum v_i w_i / p_i [A2016]_."""

    def root(self, point):
        return np.sqrt(point)

    def from_root(self, root):
        return root**2

    def push(self, tangent_vec, root):
        return tangent_vec / (2.0 * root)

    def pull(self, vector, root):
        return 2.0 * root * vector

    simplex_to_sphere = root

    def sphere_to_simplex(self, point):
        return point**2

    def tangent_simplex_to_sphere(self, tangent_vec, base_point):
        return self.push(tangent_vec, np.sqrt(base_point))

    def tangent_sphere_to_simplex(self, tangent_vec, base_point):
        return self.pull(tangent_vec, base_point)

    def submersion(self, point):
        return point.sum() - 1.0

    def tangent_submersion(self, vector, point):
        return vector.sum()

    def projection(self, point):
        positive = np.maximum(point, 0.0)
        return positive / positive.sum()

    def projector(self, point):
        """Fisher-orthogonal projection v - p sum(v)."""
        return np.eye(self.dim + 1) - point[:, None]

    def metric_matrix(self, base_point):
        return np.diag(1.0 / base_point)

    def cometric_matrix(self, base_point):
        """Covariance of one draw, the inverse Fisher information."""
        return np.diag(base_point) - np.outer(base_point, base_point)

    def inner_product_derivative_matrix(self, base_point):
        """Derivative of delta_ij / p_i by p_k."""
        delta = np.einsum("ij,jk->ijk", np.eye(self.dim + 1), np.eye(self.dim + 1))
        return -delta / base_point**2

    def christoffels(self, base_point):
        """From p'' = 2 u'^2 + 2 u u'' with u'' = -|u'|^2 u and u' = p' / (2 u)."""
        eye = np.eye(self.dim + 1)
        own = -np.einsum("ki,ij,k->kij", eye, eye, 1.0 / (2.0 * base_point))
        return own + np.einsum("ij,k,j->kij", eye, base_point, 0.5 / base_point)

    def geodesic_equation(self, state):
        point, velocity = state
        speed = (velocity**2 / point).sum()
        force = velocity**2 / (2.0 * point) - 0.5 * point * speed
        return np.stack([velocity, force])

    def point_to_pdf(self, x, point):
        """Probabilities of one-hot draws."""
        return x @ point
