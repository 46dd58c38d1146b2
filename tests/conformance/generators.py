"""Random points and vectors at which geomstats' laws hold.

geomstats' generators draw points anywhere and vectors of any length.  exp and log are
inverse, and the end point belongs, only inside the injectivity radius, the distance
to the wall: these generators draw there, and away from the wall (the tests compare
with absolute tolerances, and entries of 1e-8 have Christoffel symbols of 1e8).
"""

import geomstats.backend as gs
from geomstats.test.random import RandomDataGenerator


class SpaceGenerator(RandomDataGenerator):
    """Points and vectors as the space draws them."""

    def point_to_project(self, n_points=1):
        """Vectors with a positive entry: the others have no nearest point."""
        batch = (n_points,) if n_points > 1 else ()
        noise = gs.random.normal(size=batch + self.space.shape)
        return noise * gs.sign(gs.sum(noise, axis=-1))[..., None]


class InteriorGenerator(SpaceGenerator):
    """Points and vectors of a categorical space, or of an n-fold product of one.

    Parameters
    ----------
    space : Manifold
        Space whose last axis is that of the categories.
    site : FisherRaoSimplex or PositiveHypersphere, optional
        Space of the last axis.
    """

    def __init__(self, space, site=None):
        super().__init__(space)
        self.site = space if site is None else site

    def random_point(self, n_points=1):
        """Halfway to the uniform distribution: no entry below 0.5 / n_categories."""
        root = self.site.sphere_coordinates(self.space.random_point(n_points))
        mixed = gs.sqrt(0.5 * root**2 + 0.5 / (self.site.dim + 1))
        return self.site.from_sphere_coordinates(mixed)

    def random_tangent_vec(self, base_point):
        """Vectors of 0.3 to 0.9 of the distance to the wall, site by site."""
        root = self.site.sphere_coordinates(base_point)
        noise = gs.random.normal(size=base_point.shape)
        vector = noise - gs.sum(noise * root, axis=-1)[..., None] * root
        length = gs.sqrt(gs.sum(vector**2, axis=-1))[..., None]
        share = 0.3 + 0.6 * gs.random.rand(*base_point.shape[:-1], 1)
        # An arc of length asin(min u) on the unit sphere leads to the wall.
        angle = share * gs.arcsin(gs.amin(root, axis=-1))[..., None]
        return self.site.tangent_from_root(angle / length * vector, base_point)


class ProductGenerator(SpaceGenerator):
    """Points of a ProductManifold to project: each factor has a positive entry."""

    def __init__(self, space, Generator=SpaceGenerator):
        super().__init__(space)
        self.factors = [Generator(factor) for factor in space.factors]

    def point_to_project(self, n_points=1):
        return self._join(lambda factor: factor.point_to_project(n_points))

    def _join(self, draw):
        return self.space.embed_to_product([draw(factor) for factor in self.factors])


class InteriorProductGenerator(ProductGenerator):
    """Points and vectors of a ProductManifold, as `InteriorGenerator` draws them."""

    def __init__(self, space):
        super().__init__(space, InteriorGenerator)

    def random_point(self, n_points=1):
        return self._join(lambda factor: factor.random_point(n_points))

    def random_tangent_vec(self, base_point):
        parts = self.space.project_from_product(base_point)
        pairs = zip(self.factors, parts, strict=True)
        vectors = [factor.random_tangent_vec(part) for factor, part in pairs]
        return self.space.embed_to_product(vectors)
