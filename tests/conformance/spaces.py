"""Testing data of our spaces: attributes of the test classes, and fixed values."""

import geomstats.backend as gs
import numpy as np
from geomstats.geometry.nfold_manifold import NFoldManifold
from geomstats.geometry.product_manifold import ProductManifold
from scipy.stats import multinomial

import fisher_manifold as fm

from .fixed import backend, categorical_values, product_values
from .generators import (
    InteriorGenerator,
    InteriorProductGenerator,
    ProductGenerator,
    SpaceGenerator,
)
from .references import SquareRoot
from .strict import StrictData
from .truth import SimplexTruth, SphereTruth
from .truth_products import BlockTruth, ProductTruth


class SpaceData(StrictData):
    """Data of a space: what belongs, what is tangent, what projections give."""

    def dim_test_data(self):
        return [{"expected": self.fixed.truth.dim}]

    def belongs_test_data(self):
        inside, outside = self.fixed.points[0], self.fixed.outside
        mixed = np.stack([inside, outside, 1.01 * inside, np.nan * inside])
        return [
            {"point": backend(inside), "expected": backend(True)},
            {"point": backend(outside), "expected": backend(False)},
            {
                "point": backend(mixed),
                "expected": backend([True, False, False, False]),
            },
        ]

    def is_tangent_test_data(self):
        point = self.fixed.points[0]
        vector = self.fixed.vectors(point)[0]
        vectors = np.stack([vector, vector + 0.01 * point])
        return [
            {
                "vector": backend(vectors),
                "base_point": backend(base_point),
                "expected": backend([True, False]),
            }
            for base_point in (point, np.stack([point, point]))
        ]

    def to_tangent_test_data(self):
        point, vector = self.fixed.points[:2]
        expected = self.fixed.truth.to_tangent(vector, point)
        case = {"vector": vector, "base_point": point, "expected": expected}
        batch = {name: np.stack([value, value]) for name, value in case.items()}
        return [
            {name: backend(value) for name, value in each.items()}
            for each in (case, batch)
        ]

    def projection_test_data(self):
        points = [3.0 * self.fixed.outside, self.fixed.points[1]]
        expected = [self.fixed.truth.projection(point) for point in points]
        single = {"point": backend(points[0]), "expected": backend(expected[0])}
        return [
            single,
            {"point": backend(np.stack(points)), "expected": backend(expected)},
        ]


class SimplexData(SpaceData):
    """Data of the simplex as a space of distributions of one draw."""

    def point_to_pdf_test_data(self):
        return self._outcomes(lambda point: point)

    def point_to_cdf_test_data(self):
        """Outcomes are one-hot; they are ordered as the categories."""
        return self._outcomes(lambda point: np.cumsum(point, axis=-1))

    def _outcomes(self, probabilities):
        points = np.stack(self.fixed.points)
        outcomes = backend(np.eye(points.shape[-1]))
        return [
            {
                "x": outcomes,
                "point": backend(point),
                "expected": backend(probabilities(point)),
            }
            for point in (points[0], points)
        ]


class ScipyCategorical:
    """scipy's probabilities of one-hot draws, the reference of geomstats' test."""

    def pdf(self, sample, point):
        sample, points = np.asarray(sample), np.asarray(point)
        pmf = [multinomial.pmf(sample, 1, p) for p in np.atleast_2d(points)]
        batch = points.shape[:-1]
        return gs.array(np.reshape(pmf, (*batch, len(sample))))


def simplex(dim):
    """Simplex: points as the space draws them, up to the wall."""
    space = fm.FisherRaoSimplex(dim)
    attributes = {
        "space": space,
        "data_generator": SpaceGenerator(space),
        "random_variable": ScipyCategorical(),
    }
    return SimplexData(attributes, categorical_values(SimplexTruth(dim), simplex=True))


def simplex_metric(dim):
    """Fisher-Rao metric, at interior points."""
    space = fm.FisherRaoSimplex(dim)
    attributes = {
        "space": space,
        "data_generator": InteriorGenerator(space),
        "data_generator_sphere": InteriorGenerator(fm.PositiveHypersphere(dim)),
    }
    return StrictData(attributes, categorical_values(SimplexTruth(dim), simplex=True))


def sphere(dim):
    """Orthant of the sphere."""
    return _sphere(SpaceData, SpaceGenerator, dim)


def sphere_metric(dim):
    """Metric of the orthant, at interior points."""
    return _sphere(StrictData, InteriorGenerator, dim)


def _sphere(Data, Generator, dim):
    space = fm.PositiveHypersphere(dim)
    attributes = {"space": space, "data_generator": Generator(space)}
    return Data(attributes, categorical_values(SphereTruth(dim), simplex=False))


def sequence(base, length, Data=StrictData, Space=fm.SequenceManifold):
    """Sequences of a space, or geomstats' own n-fold product of it."""
    space = Space(base, length)
    interior = InteriorGenerator(space, site=base)
    on_simplex = isinstance(base, fm.FisherRaoSimplex)
    Truth = SimplexTruth if on_simplex else SphereTruth
    truth = ProductTruth([Truth(base.dim)] * length)
    attributes = {
        "space": space,
        "data_generator": SpaceGenerator(space) if Data is SpaceData else interior,
    }
    return Data(attributes, product_values(truth, [on_simplex] * length))


def nfold(base, n_copies, Data=StrictData):
    """geomstats' n-fold product of one of our spaces."""
    return sequence(base, n_copies, Data, NFoldManifold)


def product(factors, Data=StrictData):
    """geomstats' product of some of our spaces."""
    space = ProductManifold(factors)
    Generator = ProductGenerator if Data is SpaceData else InteriorProductGenerator
    simplices = [isinstance(factor, fm.FisherRaoSimplex) for factor in factors]
    truths = [
        SimplexTruth(factor.dim) if on_simplex else SphereTruth(factor.dim)
        for factor, on_simplex in zip(factors, simplices, strict=True)
    ]
    truth = BlockTruth(truths, flat=len(space.shape) == 1)
    attributes = {"space": space, "data_generator": Generator(space)}
    return Data(attributes, product_values(truth, simplices))


class DiffeoTruth:
    """Square roots and their differential, and fixed values for both sides."""

    def __init__(self, dim):
        self.simplex = SimplexTruth(dim)

    def diffeomorphism(self, base_point):
        return np.sqrt(base_point)

    def inverse(self, image_point):
        return image_point**2

    def tangent(self, tangent_vec, base_point=None, image_point=None):
        root = np.sqrt(base_point) if image_point is None else image_point
        return self.simplex.push(tangent_vec, root)

    def inverse_tangent(self, image_tangent_vec, base_point=None, image_point=None):
        root = np.sqrt(base_point) if image_point is None else image_point
        return self.simplex.pull(image_tangent_vec, root)


def diffeo(dim):
    """Isometry of the simplex and the orthant, at interior points."""
    space, image_space = fm.FisherRaoSimplex(dim), fm.PositiveHypersphere(dim)
    attributes = {
        "space": space,
        "image_space": image_space,
        "diffeo": fm.SimplexToSphere(),
        "other_diffeo": SquareRoot(),
        "data_generator": InteriorGenerator(space),
        "image_data_generator": InteriorGenerator(image_space),
    }
    values = categorical_values(SimplexTruth(dim), simplex=True)
    values.truth = DiffeoTruth(dim)
    return StrictData(attributes, values)
