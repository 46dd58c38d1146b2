r"""The isometry between the Fisher-Rao simplex and the positive orthant of a sphere.

The Fisher-Rao metric :math:`g_p(v, w) = \sum_i v_i w_i / p_i` makes
:math:`p \mapsto u = \sqrt{p}` an isometry onto the positive orthant of a sphere of
radius 2 (Kass 1989; Astrom, Petra, Schmitzer and Schnorr 2017, section 2).  Points of
the sphere are kept as *unit* vectors; :data:`RADIUS` is the one place where the
factor 2 of the metric stands.
"""

from geomstats.geometry.diffeo import Diffeo

from .arrays import (
    array_namespace,
    below_roots,
    needs_derivatives,
    values_are_at_hand,
    wall_tolerance,
)
from .checks import require_arrays
from .numerics import raise_to, safe_sqrt, scaled_product, scaled_quotient

RADIUS = 2.0
"""Radius of the sphere whose positive orthant is isometric to the simplex."""


def to_sphere(point):
    """Unit vector sqrt(p) of a point p; at zeros with derivatives along the face."""
    return safe_sqrt(point)


def to_simplex(point):
    """Signed square u|u| of a unit vector u.

    On the orthant this is u^2.  Beyond a wall the sign is kept, so that a geodesic
    which has left the simplex is seen to have left it.  Entries between -16 eps and 0
    are the rounding of a point on the wall, and become 0.
    """
    if not needs_derivatives(point) and all_positive(point):
        return point * point
    point = _on_wall(point)
    return point * array_namespace(point).abs(point)


def _on_wall(root):
    """Unit vector, whose entries between -16 eps and 0 become 0."""
    rounded = (root < 0) & (root >= -wall_tolerance(root))
    return array_namespace(root).where(rounded, 0.0, root)


def all_positive(array):
    """Whether all entries are known to be positive; a look is cheap on a CPU only."""
    if 0 in array.shape or not values_are_at_hand(array):
        return False
    return bool(array.min() > 0)


def roots_and_difference(point_a, point_b):
    """Unit vectors of points a, b of the simplex; sqrt(b) - sqrt(a) uncancelled."""
    if needs_derivatives(point_a, point_b):
        difference = _smooth_difference(point_a, point_b)
        return to_sphere(point_a), to_sphere(point_b), difference
    xp = array_namespace(point_a, point_b)
    root_a, root_b, difference = xp.sqrt(point_a), xp.sqrt(point_b), point_b - point_a
    # Where both roots are zero, 0 / tiny = 0.
    difference /= raise_to(below_roots(root_a), root_a + root_b)
    return root_a, root_b, difference


def _smooth_difference(point_a, point_b):
    xp = array_namespace(point_a, point_b)
    total = safe_sqrt(point_a) + safe_sqrt(point_b)
    # At zeros the derivative along the face: none by that entry.
    point_a = xp.where(point_a == 0, 0.0, point_a)
    point_b = xp.where(point_b == 0, 0.0, point_b)
    return (point_b - point_a) / xp.where(total == 0, 1.0, total)


def tangent_to_sphere(tangent_vec, sphere_point):
    """Differential v / (2u) at p = u^2.

    At the boundary (u_i = 0) only vectors with v_i = 0 are tangent to the face, and
    are sent to 0; others have infinite Fisher norm and are sent to infinity.
    """
    if not needs_derivatives(tangent_vec, sphere_point) and all_positive(sphere_point):
        return scaled_quotient(0.5, tangent_vec, sphere_point)
    xp = array_namespace(tangent_vec, sphere_point)
    on_face = (sphere_point == 0) & (tangent_vec == 0)
    quotient = tangent_vec / (2.0 * xp.where(on_face, 1.0, sphere_point))
    return xp.where(on_face, 0.0, quotient)


def tangent_to_simplex(tangent_vec, sphere_point):
    """Differential 2|u| xi of the signed square at u: 0 where `to_simplex` gives 0."""
    xp = array_namespace(tangent_vec, sphere_point)
    if needs_derivatives(tangent_vec, sphere_point):
        return 2.0 * xp.abs(_on_wall(sphere_point)) * tangent_vec
    if not all_positive(sphere_point):
        sphere_point = xp.abs(_on_wall(sphere_point))
    return scaled_product(2.0, sphere_point, tangent_vec)


class SimplexToSphere(Diffeo):
    r"""Isometry :math:`p \mapsto \sqrt{p}` from `FisherRaoSimplex` to the orthant.

    Distances, inner products and geodesics of :class:`FisherRaoSimplex` and
    :class:`PositiveHypersphere` correspond through this map, to rounding.  It is
    a homeomorphism of the closed sets and a diffeomorphism of the interiors: at the
    boundary, tangent vectors of the sphere which point off a face have no counterpart
    on the simplex (their image is 0), so compute on the sphere there.

    References
    ----------
    .. [K1989] R. E. Kass. The Geometry of Asymptotic Inference. Statistical Science,
       4(3): 188-234, 1989, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> SimplexToSphere()(np.array([0.25, 0.75])).round(3)
    array([0.5  , 0.866])
    """

    def __call__(self, base_point):
        """Unit vector of a point of the simplex.

        Parameters
        ----------
        base_point : array-like, shape=[..., dim + 1]
            Point of the simplex.

        Returns
        -------
        image_point : array-like, shape=[..., dim + 1]
            Point of the positive orthant.
        """
        _require(base_point=base_point)
        return to_sphere(base_point)

    def inverse(self, image_point):
        """Point of the simplex of a unit vector.

        Parameters
        ----------
        image_point : array-like, shape=[..., dim + 1]
            Point of the positive orthant.

        Returns
        -------
        base_point : array-like, shape=[..., dim + 1]
            Point of the simplex.
        """
        _require(image_point=image_point)
        return to_simplex(image_point)

    def tangent(self, tangent_vec, base_point=None, image_point=None):
        """Differential at a point of the simplex; one of the points is needed.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vector of the simplex.
        base_point : array-like, shape=[..., dim + 1]
            Point of the simplex.
        image_point : array-like, shape=[..., dim + 1]
            Its image, if known.

        Returns
        -------
        image_tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vector of the sphere.
        """
        if image_point is None:
            image_point = to_sphere(_given(base_point))
        _require(tangent_vec=tangent_vec, image_point=image_point)
        return tangent_to_sphere(tangent_vec, image_point)

    def inverse_tangent(self, image_tangent_vec, image_point=None, base_point=None):
        """Differential of the inverse; one of the points is needed.

        Parameters
        ----------
        image_tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vector of the sphere.
        image_point : array-like, shape=[..., dim + 1]
            Point of the positive orthant.
        base_point : array-like, shape=[..., dim + 1]
            Its inverse image, if known.

        Returns
        -------
        tangent_vec : array-like, shape=[..., dim + 1]
            Tangent vector of the simplex.
        """
        if image_point is None:
            image_point = to_sphere(_given(base_point))
        _require(image_tangent_vec=image_tangent_vec, image_point=image_point)
        return tangent_to_simplex(image_tangent_vec, image_point)

    def __repr__(self):
        """Name of the map."""
        return "SimplexToSphere()"


def _require(**arrays):
    """Check arrays whose number of categories is that of the first one."""
    first = next(iter(arrays.values()))
    require_arrays(tuple(getattr(first, "shape", ()))[-1:] or (2,), **arrays)


def _given(point):
    if point is None:
        raise ValueError("expected base_point or image_point, got neither: give one")
    return point
