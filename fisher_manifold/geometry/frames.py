"""Unit tangent vectors and orthonormal bases."""

from typing import Any

from .arrays import array_namespace, diagonal_matrix
from .checks import require_arrays
from .isometry import RADIUS


class Frames:
    """Mixin of `ClosedFormMetric`: unit vectors at a point."""

    _space: Any
    _chart: Any
    normalize: Any

    def random_unit_tangent_vec(self, base_point=None, n_vectors=1, *, generator=None):
        """Draw unit tangent vectors, uniform on the unit sphere of the tangent space.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base points; default: the uniform distribution.
        n_vectors : int
            Number of vectors at each base point.
        generator : numpy.random.Generator or torch.Generator, optional
            Of the library of the base point; default: its global state.

        Returns
        -------
        unit_vectors : array-like, shape=[..., n_vectors, *point_shape]
            Unit vectors; without the axis of vectors if n_vectors is 1.  Zero at the
            vertices of the simplex, where the only tangent vector is zero.
        """
        space, ndim = self._space, len(self._space.shape)
        if base_point is None:
            base_point = space.barycenter()
        require_arrays(space.shape, base_point=base_point)
        if n_vectors != 1:
            base_point = base_point[(..., None, *[slice(None)] * ndim)]
            batch_shape = (*base_point.shape[: -ndim - 1], n_vectors)
            base_point = array_namespace(base_point).broadcast_to(
                base_point, (*batch_shape, *space.shape)
            )
        vectors = space.random_tangent_vec(base_point, generator=generator)
        unit = self.normalize(vectors, base_point)
        # Scaling up a short vector scales up its rounding error, too.
        return self.normalize(space.to_tangent(unit, base_point), base_point)

    def normal_basis(self, basis=None, base_point=None):
        r"""Orthonormal basis of the tangent space, or given vectors made unit vectors.

        The basis made is :math:`b_i = (e_i - u_i (u + e_d) / (1 + u_d)) / 2` for
        :math:`i < d`: the images of the first d coordinate axes under the reflection
        that takes the last one to -u (Householder).  On the simplex entries vanish at
        zeros of p: on a face the vectors of its empty categories are zero.

        Parameters
        ----------
        basis : array-like, shape=[..., n_vectors, *point_shape], optional
            Tangent vectors to normalise (geomstats' use of the name).
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        basis : array-like, shape=[..., n_vectors, *point_shape]
            Unit vectors; n_vectors is dim if no basis is given.
        """
        shape = self._space.shape
        if basis is None:
            require_arrays(shape, base_point=base_point)
            return self._reflected_axes(base_point)
        if base_point is not None:
            require_arrays(shape, basis=basis, base_point=base_point)
            base_point = base_point[(..., None, *[slice(None)] * len(shape))]
        return self.normalize(basis, base_point)

    def _reflected_axes(self, base_point):
        """Orthonormal basis, for sequences of one site after the other."""
        xp, chart = array_namespace(base_point), self._chart
        root = chart.root(base_point)
        identity = diagonal_matrix(0.0 * root + 1.0)
        mirror = (root + identity[..., -1, :]) / (1.0 + root[..., -1:])
        axes = identity - root[..., :, None] * mirror[..., None, :]
        axes = chart.from_root(axes[..., :-1, :] / RADIUS, root[..., None, :])
        if len(self._space.shape) == 1:
            return axes
        # [..., length, dim, n] to [..., length, dim, length, n], zero off the diagonal
        sites = diagonal_matrix(0.0 * xp.sum(root, axis=-1) + 1.0)
        blocks = sites[..., :, None, :, None] * axes[..., :, :, None, :]
        batch_shape = tuple(base_point.shape[: -len(self._space.shape)])
        return blocks.reshape((*batch_shape, self._space.dim, *self._space.shape))
