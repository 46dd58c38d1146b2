r"""The two coordinate systems of one categorical distribution.

A chart takes points and tangent vectors to the unit sphere and back, and knows the
metric in its own coordinates: diagonal, :math:`g = \operatorname{diag}(w)`, on the
ambient space; and the line of normals to the manifold, spanned by a vector n that the
covector :math:`\nu` measures (:math:`\nu(n) = 1`).  The tangent space is where
:math:`\nu` vanishes, and everything that lives on it follows:

.. math:: P = I - n \nu^T, \qquad
          h = g - |n|_g^2 \, \nu \nu^T, \qquad
          h^{-1} = g^{-1} - n n^T / |n|_g^2.
"""

import math

import numpy as np

from .arrays import array_namespace, diagonal_matrix, needs_derivatives
from .isometry import (
    RADIUS,
    all_positive,
    roots_and_difference,
    tangent_to_simplex,
    tangent_to_sphere,
    to_simplex,
    to_sphere,
)
from .numerics import dot, squared_norms_of_tails


class SphereChart:
    """Unit vectors u >= 0: w = 4, n = nu = u."""

    normal_squared_norm = RADIUS**2

    def root(self, point):
        """Unit vector of a point."""
        return point

    def point(self, root):
        """Point of a unit vector."""
        return root

    def roots(self, point_a, point_b):
        """Unit vectors of a and b, and b's minus a's without cancellation."""
        return point_a, point_b, point_b - point_a

    def to_root(self, vector, root):
        """Tangent vector of the sphere of a tangent vector."""
        return vector

    def from_root(self, vector, root):
        """Tangent vector of a tangent vector of the sphere."""
        return vector

    def inner(self, vec_a, vec_b, point):
        """Inner product sum_i w_i a_i b_i."""
        smooth = needs_derivatives(vec_a, vec_b)
        inner = RADIUS**2 * dot(vec_a, vec_b, smooth)[..., 0]
        shape = np.broadcast_shapes(inner.shape, point.shape[:-1])
        if tuple(inner.shape) == shape:
            return inner
        return array_namespace(inner).broadcast_to(inner, shape)

    def weights(self, point):
        """Diagonal w of the metric."""
        return 0.0 * point + RADIUS**2

    def inverse_weights(self, point):
        """Diagonal 1 / w of the cometric."""
        return 0.0 * point + RADIUS**-2

    def weights_derivative(self, point):
        """Derivatives of each weight by its own coordinate."""
        return 0.0 * point

    def normal(self, point):
        """Normal vector n."""
        return point

    def conormal(self, point):
        """Covector nu."""
        return point

    def christoffel_matrix(self, point):
        """Matrix c with Christoffel symbols Gamma^k_ij = c_kj delta_ij."""
        return point[..., :, None] + 0.0 * point[..., None, :]

    def log_volume_density(self, point):
        """Log of sqrt(det g) of angles: d log 2 + sum_{0<k<d} log |(u_k, ..., u_d)|."""
        xp = array_namespace(point)
        tails = squared_norms_of_tails(point)[..., 1:-1]
        constant = (point.shape[-1] - 1) * math.log(RADIUS)
        return constant + 0.5 * xp.sum(xp.log(tails), axis=-1)

    def acceleration(self, velocity, point):
        """Second derivative -Gamma(v, v) of the geodesic: -|v|^2 u."""
        xp = array_namespace(velocity, point)
        return -xp.sum(velocity * velocity, axis=-1, keepdims=True) * point


class SimplexChart:
    """Probabilities p: w = 1 / p, n = p, nu = (1, ..., 1)."""

    normal_squared_norm = 1.0

    def root(self, point):
        """Unit vector of a point."""
        return to_sphere(point)

    def point(self, root):
        """Point of a unit vector."""
        return to_simplex(root)

    def roots(self, point_a, point_b):
        """Unit vectors of a and b, and b's minus a's without cancellation."""
        return roots_and_difference(point_a, point_b)

    def to_root(self, vector, root):
        """Tangent vector of the sphere of a tangent vector."""
        return tangent_to_sphere(vector, root)

    def from_root(self, vector, root):
        """Tangent vector of a tangent vector of the sphere."""
        return tangent_to_simplex(vector, root)

    def inner(self, vec_a, vec_b, point):
        """Inner product sum_i w_i a_i b_i; terms where a_i or b_i is 0 are 0."""
        xp = array_namespace(vec_a, vec_b, point)
        root = to_sphere(point)
        # v / sqrt(p), not v w / p: products of small entries underflow.
        scaled_a = tangent_to_sphere(vec_a, root)
        scaled_b = scaled_a if vec_b is vec_a else tangent_to_sphere(vec_b, root)
        if not needs_derivatives(vec_a, vec_b, point) and all_positive(root):
            return RADIUS**2 * dot(scaled_a, scaled_b, False)[..., 0]
        empty = (vec_a == 0) | (vec_b == 0)
        return RADIUS**2 * xp.sum(xp.where(empty, 0.0, scaled_a * scaled_b), axis=-1)

    def weights(self, point):
        """Diagonal w of the metric."""
        return 1.0 / point

    def inverse_weights(self, point):
        """Diagonal 1 / w of the cometric."""
        return point

    def weights_derivative(self, point):
        """Derivatives of each weight by its own coordinate."""
        return -1.0 / point**2

    def normal(self, point):
        """Normal vector n."""
        return point

    def conormal(self, point):
        """Covector nu."""
        return 0.0 * point + 1.0

    def christoffel_matrix(self, point):
        """Matrix c with Christoffel symbols Gamma^k_ij = c_kj delta_ij."""
        inverse = 1.0 / point
        ratios = point[..., :, None] * inverse[..., None, :]
        return 0.5 * (ratios - diagonal_matrix(inverse))

    def log_volume_density(self, point):
        """Log of sqrt(det g) of the first d probabilities: -sum_i log(p_i) / 2."""
        xp = array_namespace(point)
        return -0.5 * xp.sum(xp.log(point), axis=-1)

    def acceleration(self, velocity, point):
        """Second derivative of the geodesic: v^2 / 2p - p/2 sum_j v_j^2 / p_j."""
        xp = array_namespace(velocity, point)
        squared = tangent_to_sphere(velocity, to_sphere(point)) ** 2
        return 2.0 * (squared - point * xp.sum(squared, axis=-1, keepdims=True))
