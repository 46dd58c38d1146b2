"""Products of copies of one space: sequences of categorical distributions."""

import geomstats.errors
from geomstats.geometry.nfold_manifold import NFoldManifold, NFoldMetric

from .arrays import array_namespace
from .categorical import CategoricalSpace
from .checks import require_arrays
from .closed_form import ClosedFormMetric
from .numerics import safe_sqrt


class SequenceManifold(CategoricalSpace, NFoldManifold):
    """Product of `length` copies of a categorical space, in closed form.

    Points have shape [..., length, dim + 1]; the metric is the sum over sites.

    Parameters
    ----------
    base : FisherRaoSimplex or PositiveHypersphere
        Space of one site, whose methods take any batch shape.
    length : int
        Number of sites.
    equip : bool
        Whether to equip with the default metric.

    Raises
    ------
    TypeError
        If the base is no categorical space with its metric.
    ValueError
        If the length is no positive integer.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=60)
    >>> space.random_point(5, generator=np.random.default_rng(0)).shape
    (5, 60, 4)
    """

    def __init__(self, base, length, equip=True):
        geomstats.errors.check_integer(length, "length")
        if not hasattr(getattr(base, "metric", None), "_chart") or len(base.shape) != 1:
            raise TypeError(
                "expected base to be a FisherRaoSimplex or a PositiveHypersphere with "
                f"its metric, got {base!r}: geomstats' NFoldManifold takes any space"
            )
        self.base = base
        self.length = length
        super().__init__(base_manifold=base, n_copies=length, equip=equip)

    @staticmethod
    def default_metric():
        """Metric to equip the space with if equip is True."""
        return SequenceMetric

    def belongs(self, point, atol=None):
        """Whether every site belongs to the base space.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            Points.
        atol : float, optional
            Tolerance; default: that of the base space.

        Returns
        -------
        belongs : array-like of bool, shape=[...]
            Never raises.
        """
        arrays, wrong = self._comparable(point)
        if arrays is None:
            return wrong
        (point,) = arrays
        each = self.base.belongs(point, atol=atol)
        return array_namespace(point).all(each, axis=-1)

    def is_tangent(self, vector, base_point=None, atol=None):
        """Whether every site's vector is tangent.

        Parameters
        ----------
        vector : array-like, shape=[..., length, dim + 1]
            Vectors.
        base_point : array-like, shape=[..., length, dim + 1]
            Points.
        atol : float, optional
            Tolerance; default: that of the base space.

        Returns
        -------
        is_tangent : array-like of bool, shape=[...]
            False also for NaN and for wrong shapes.  Never raises on values or shapes.
        """
        given = (vector,) if base_point is None else (vector, base_point)
        arrays, wrong = self._comparable(*given)
        if arrays is None:
            return wrong
        each = self.base.is_tangent(*arrays, atol=atol)
        return array_namespace(arrays[0]).all(each, axis=-1)

    def to_tangent(self, vector, base_point=None):
        """Orthogonal projection to the tangent space, site by site.

        Parameters
        ----------
        vector : array-like, shape=[..., length, dim + 1]
            Vectors.
        base_point : array-like, shape=[..., length, dim + 1]
            Points.

        Returns
        -------
        tangent_vec : array-like, shape=[..., length, dim + 1]
            Tangent vectors.
        """
        require_arrays(self.shape, vector=vector)
        return self.base.to_tangent(vector, base_point)

    def projection(self, point):
        """Nearest point, site by site.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            Vectors of the ambient space.

        Returns
        -------
        projected : array-like, shape=[..., length, dim + 1]
            Points.
        """
        require_arrays(self.shape, point=point)
        return self.base.projection(point)

    def intrinsic_to_extrinsic_coords(self, point_intrinsic):
        """Points of intrinsic coordinates, site by site.

        Parameters
        ----------
        point_intrinsic : array-like, shape=[..., length, dim]
            Intrinsic coordinates of the sites.

        Returns
        -------
        point_extrinsic : array-like, shape=[..., length, dim + 1]
            Points.
        """
        require_arrays((self.length, self.base.dim), point_intrinsic=point_intrinsic)
        return self.base.intrinsic_to_extrinsic_coords(point_intrinsic)

    def extrinsic_to_intrinsic_coords(self, point_extrinsic):
        """Intrinsic coordinates, site by site.

        Parameters
        ----------
        point_extrinsic : array-like, shape=[..., length, dim + 1]
            Points.

        Returns
        -------
        point_intrinsic : array-like, shape=[..., length, dim]
            Intrinsic coordinates of the sites.
        """
        require_arrays(self.shape, point_extrinsic=point_extrinsic)
        return self.base.extrinsic_to_intrinsic_coords(point_extrinsic)

    def tangent_from_root(self, vector, base_point):
        """Tangent vectors from vectors in sphere coordinates, site by site.

        Parameters
        ----------
        vector : array-like, shape=[..., length, dim + 1]
            Vectors, in sphere coordinates.
        base_point : array-like, shape=[..., length, dim + 1]
            Points of the space.

        Returns
        -------
        tangent_vec : array-like, shape=[..., length, dim + 1]
            Tangent vectors at base_point.
        """
        return self.base.tangent_from_root(vector, base_point)

    def sphere_coordinates(self, point):
        """Unit vectors of the sites.

        Parameters
        ----------
        point : array-like, shape=[..., length, dim + 1]
            Points of the space.

        Returns
        -------
        root : array-like, shape=[..., length, dim + 1]
            Unit vectors.
        """
        require_arrays(self.shape, point=point)
        return self.base.sphere_coordinates(point)

    def from_sphere_coordinates(self, root):
        """Point whose sites have the given unit vectors.

        Parameters
        ----------
        root : array-like, shape=[..., length, dim + 1]
            Unit vectors.

        Returns
        -------
        point : array-like, shape=[..., length, dim + 1]
            Points of the space.
        """
        return self.base.from_sphere_coordinates(root)

    def __repr__(self):
        """Class, base and length."""
        return f"SequenceManifold({self.base!r}, length={self.length})"


class SequenceMetric(ClosedFormMetric, NFoldMetric):
    """Product metric: maps act site by site, squared lengths are summed.

    Parameters
    ----------
    space : SequenceManifold
        Space that the metric belongs to.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=1), length=4)
    >>> a, b = space.vertices(np.array([[0, 0, 0, 0], [0, 0, 1, 1]]))
    >>> round(float(space.metric.squared_dist(a, b) / np.pi**2), 6)  # two sites differ
    2.0
    >>> space.metric.pointwise_norm(space.metric.log(b, a), a).round(6)  # site by site
    array([0.      , 0.      , 3.141593, 3.141593])
    """

    def __init__(self, space):
        super().__init__(space)

    @property
    def _chart(self):
        return self._space.base.metric._chart

    def _default_base_point(self, vector):
        return self._space.base.metric._default_base_point(vector)

    def pointwise_inner_product(self, tangent_vec_a, tangent_vec_b, base_point):
        """Inner products of the sites.

        Parameters
        ----------
        tangent_vec_a : array-like, shape=[..., length, dim + 1]
            Tangent vector.
        tangent_vec_b : array-like, shape=[..., length, dim + 1]
            Tangent vector.
        base_point : array-like, shape=[..., length, dim + 1]
            Base point.

        Returns
        -------
        inner_products : array-like, shape=[..., length]
            Inner products.
        """
        return self._site_inner(tangent_vec_a, tangent_vec_b, base_point)

    def pointwise_norm(self, tangent_vec, base_point):
        """Norms of the sites.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., length, dim + 1]
            Tangent vector.
        base_point : array-like, shape=[..., length, dim + 1]
            Base point.

        Returns
        -------
        norms : array-like, shape=[..., length]
            Norms.
        """
        return safe_sqrt(self._site_inner(tangent_vec, tangent_vec, base_point))
