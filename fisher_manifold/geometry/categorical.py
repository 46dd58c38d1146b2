"""What all spaces of categorical distributions share, in whichever coordinates."""

import re
import sys
from typing import Any

import numpy as np

from .checks import require_arrays
from .isometry import RADIUS
from .outcomes import Outcomes
from .random import random_dirichlet, random_normal, uniform_root

_REAL = re.compile(r"(torch\.)?(b?float|u?int|bool)")


class CategoricalSpace(Outcomes):
    """Mixin: vertices, random points and comparisons.

    The class it is mixed into has `dim`, `shape` and maps `sphere_coordinates` and
    `from_sphere_coordinates` from and to unit vectors of the positive orthant.
    """

    dim: int
    shape: tuple[int, ...]
    from_sphere_coordinates: Any
    tangent_from_root: Any

    @property
    def n_categories(self):
        """Number of categories, dim + 1 for a single distribution."""
        return self.shape[-1]

    def vertices(self, labels, dtype=None):
        """One-hot points of integer labels.

        Parameters
        ----------
        labels : array-like of int, shape=[...]
            Labels between 0 and n_categories - 1.
        dtype : dtype, optional
            Floating dtype; default float64 (numpy) or torch's default.

        Returns
        -------
        points : array-like, shape=[..., n_categories]
            Vertices.

        Raises
        ------
        TypeError
            If the labels are not integers.
        ValueError
            If a label is out of range.
        """
        check_labels(labels, self.n_categories)
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(labels, torch.Tensor):
            zero = torch.zeros((), dtype=dtype, device=labels.device)
            points = zero.expand(*labels.shape, self.n_categories)
            return points.scatter(-1, labels.long()[..., None], 1.0)
        points = np.zeros((*np.shape(labels), self.n_categories), dtype or np.float64)
        np.put_along_axis(points, np.asarray(labels)[..., None], 1.0, axis=-1)
        return points

    def nearest_vertex(self, point):
        """Label of the nearest vertex: the index of the largest entry.

        Parameters
        ----------
        point : array-like, shape=[..., n_categories]
            Points.

        Returns
        -------
        labels : array-like of int, shape=[...]
            Labels.
        """
        xp = require_arrays(self.shape[-1:], point=point)
        return xp.argmax(point, axis=-1)

    def regularize(self, point):
        """Return the point itself: its coordinates are unique.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            Points.

        Returns
        -------
        point : array-like, shape=[..., *point_shape]
            The same points.
        """
        require_arrays(self.shape, point=point)
        return point

    def random_point(
        self,
        n_samples=1,
        bound=1.0,
        *,
        concentration=0.5,
        generator=None,
        dtype=None,
        device=None,
    ):
        """Draw from the symmetric Dirichlet law, site by site.

        The default concentration 1/2 is Jeffreys' prior: the uniform law of the
        Riemannian volume.  (geomstats draws from concentration 1.)

        Parameters
        ----------
        n_samples : int
            Number of samples.
        bound : float
            Ignored, as for every compact space of geomstats.
        concentration : float
            Concentration a > 0.
        generator : numpy.random.Generator or torch.Generator, optional
            Decides the array library and device; default: geomstats' global state.
        dtype, device : optional
            Floating dtype and device of the result.

        Returns
        -------
        points : array-like, shape=[..., *point_shape]
            One point if n_samples is 1, else a batch.
        """
        batch = () if n_samples == 1 else (n_samples,)
        root = random_dirichlet(
            self.n_categories,
            (*batch, *self.shape[:-1]),
            concentration,
            generator,
            dtype,
            device,
        )
        return self.from_sphere_coordinates(root)

    def barycenter(self, dtype=None, device=None):
        """Uniform distribution: the point at the same distance from all vertices.

        Parameters
        ----------
        dtype, device : optional
            Of the result; default: geomstats' dtype, in the library of its backend.

        Returns
        -------
        point : array-like, shape=[*point_shape]
            Point.
        """
        root = uniform_root(self.shape, dtype, device)
        return self.from_sphere_coordinates(root)

    def random_tangent_vec(self, base_point=None, n_samples=1, *, generator=None):
        """Draw tangent vectors, normal in the metric, of mean squared norm 1.

        On a face of the simplex vectors are along the face, and shorter by its share of
        the dimensions.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base points; default: the uniform distribution.
        n_samples : int
            Number of vectors: 1 for one at each base point, else the number of base
            points, or any number for a single base point.
        generator : numpy.random.Generator or torch.Generator, optional
            Of the library of the base point; default: its global state.

        Returns
        -------
        tangent_vec : array-like, shape=[..., *point_shape]
            Tangent vectors at the base points.

        Raises
        ------
        ValueError
            If there is another number of base points than 1 or `n_samples`.
        """
        if base_point is None:
            base_point = self.barycenter()
        require_arrays(self.shape, base_point=base_point)
        batch_shape = tuple(base_point.shape[: base_point.ndim - len(self.shape)])
        if n_samples != 1:
            if batch_shape not in ((), (n_samples,)):
                raise ValueError(
                    f"expected n_samples 1, or one base point, or {n_samples} of them; "
                    f"got base points of batch shape {list(batch_shape)}"
                )
            batch_shape = (n_samples,)
        normal = random_normal((*batch_shape, *self.shape), base_point, generator)
        return self.tangent_from_root(normal / (RADIUS * self.dim**0.5), base_point)

    def _comparable(self, *values):
        """(Floating arrays of one library, None), or (None, False of batch shape)."""
        try:
            arrays = _as_arrays(*values)
        except (TypeError, ValueError, RuntimeError):  # ragged lists, text, objects
            return None, np.False_
        ndim = len(self.shape)
        batches = [tuple(array.shape[: max(array.ndim - ndim, 0)]) for array in arrays]
        try:
            batch = np.broadcast_shapes(*batches)
        except ValueError:
            return None, _false(batches[0], arrays[0])
        if any(tuple(array.shape[-ndim:]) != self.shape for array in arrays):
            return None, _false(batch, arrays[0])
        return arrays, None

    def __repr__(self):
        """Class and dimension."""
        return f"{type(self).__name__}(dim={self.dim})"


def _as_arrays(*values):
    """Floating point arrays: torch tensors if one of them is a tensor, else numpy."""
    torch: Any = sys.modules.get("torch")
    tensors = [v for v in values if torch and isinstance(v, torch.Tensor)]
    arrays = [v if hasattr(v, "dtype") else np.asarray(v) for v in values]
    if tensors:
        arrays = [torch.as_tensor(v, device=tensors[0].device) for v in arrays]
    if any(_REAL.match(str(array.dtype)) is None for array in arrays):
        raise TypeError("expected real numbers")
    return [a if "float" in str(a.dtype) else a + 0.0 for a in arrays]


def _false(batch_shape, array):
    """False of a batch shape, in the library and on the device of an array."""
    if hasattr(array, "new_zeros"):
        return array.new_zeros(batch_shape).bool()
    return np.zeros(batch_shape, bool)[()]


def check_labels(labels, n_categories):
    """Raise unless labels are integers in range; say where they are not."""
    dtype = str((labels if hasattr(labels, "dtype") else np.asarray(labels)).dtype)
    if "int" not in dtype:
        raise TypeError(f"expected integer labels, got dtype {dtype}")
    flat = labels.reshape(-1) if hasattr(labels, "reshape") else np.ravel(labels)
    if len(flat) == 0 or (flat.min() >= 0 and flat.max() < n_categories):
        return
    shape = tuple(np.shape(labels))
    bad = (flat < 0) | (flat >= n_categories)
    first = int(bad.nonzero()[0][0])
    index = [int(i) for i in np.unravel_index(first, shape)] if shape else []
    raise ValueError(
        f"expected labels between 0 and {n_categories - 1}, got {int(flat[first])} at "
        f"index {index} ({int(bad.sum())} of {len(flat)} labels are out of range)"
    )
