"""What geomstats' tests should find on products, from the factors' formulas."""

import numpy as np

from .truth import DistanceTruth


class ProductTruth(DistanceTruth):
    """Product of spaces; points are split into, and joined from, the factors'.

    Parameters
    ----------
    factors : list
        Truths of the factors.
    flat : bool
        Whether points are concatenated, else they are stacked (equal dimensions).
    """

    def __init__(self, factors, flat=False):
        self.factors = factors
        self.dim = sum(factor.dim for factor in factors)
        self.flat = flat

    def split(self, point):
        if not self.flat:
            return list(point)
        sizes = [factor.dim + 1 for factor in self.factors]
        return np.split(point, np.cumsum(sizes)[:-1], axis=-1)

    def join(self, points):
        return np.concatenate(points, -1) if self.flat else np.stack(points)

    def _each(self, name, *arrays):
        parts = zip(self.factors, *map(self.split, arrays), strict=True)
        return [getattr(factor, name)(*part) for factor, *part in parts]

    def _tensor(self, name, base_point):
        return np.stack(self._each(name, base_point))

    def to_tangent(self, vector, base_point):
        return self.join(self._each("to_tangent", vector, base_point))

    def projection(self, point):
        return self.join(self._each("projection", point))

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point):
        args = tangent_vec_a, tangent_vec_b, base_point
        return sum(self._each("inner_product", *args))

    def inner_coproduct(self, cotangent_vec_a, cotangent_vec_b, base_point):
        args = cotangent_vec_a, cotangent_vec_b, base_point
        return sum(self._each("inner_coproduct", *args))

    def hamiltonian(self, state):
        point, momentum = state
        return self.inner_coproduct(momentum, momentum, point) / 2.0

    def squared_dist(self, point_a, point_b):
        return sum(self._each("squared_dist", point_a, point_b))

    def exp(self, tangent_vec, base_point):
        return self.join(self._each("exp", tangent_vec, base_point))

    def log(self, point, base_point):
        return self.join(self._each("log", point, base_point))

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        if direction is None:
            direction = self.log(end_point, base_point)
        args = tangent_vec, base_point, direction
        return self.join(self._each("parallel_transport", *args))

    def curvature(self, tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point):
        args = tangent_vec_a, tangent_vec_b, tangent_vec_c, base_point
        return self.join(self._each("curvature", *args))

    def geodesic_equation(self, state):
        parts = zip(self.factors, *map(self.split, state), strict=True)
        states = [factor.geodesic_equation(part) for factor, *part in parts]
        return np.stack([self.join(part) for part in zip(*states, strict=True)])

    def injectivity_radius(self, base_point):
        return min(self._each("injectivity_radius", base_point))

    def scalar_curvature(self, base_point):
        return sum(self._each("scalar_curvature", base_point))

    def metric_matrix(self, base_point):
        return self._tensor("metric_matrix", base_point)

    def cometric_matrix(self, base_point):
        return self._tensor("cometric_matrix", base_point)

    def inner_product_derivative_matrix(self, base_point):
        return self._tensor("inner_product_derivative_matrix", base_point)

    def christoffels(self, base_point):
        return self._tensor("christoffels", base_point)

    def riemann_tensor(self, base_point):
        return self._tensor("riemann_tensor", base_point)

    def covariant_riemann_tensor(self, base_point):
        return self._tensor("covariant_riemann_tensor", base_point)

    def ricci_tensor(self, base_point):
        return self._tensor("ricci_tensor", base_point)


class BlockTruth(ProductTruth):
    """Product whose tensors have one block for each factor, as geomstats' products."""

    def _tensor(self, name, base_point):
        blocks = self._each(name, base_point)
        size, order = sum(len(block) for block in blocks), blocks[0].ndim
        tensor, start = np.zeros(order * (size,)), 0
        for block in blocks:
            place = slice(start, start + len(block))
            tensor[order * (place,)] = block
            start += len(block)
        return tensor
