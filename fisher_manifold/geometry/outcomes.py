"""Outcomes of categorical distributions: draws and their probabilities."""

import re
from typing import Any

from .arrays import array_namespace
from .checks import require_arrays
from .random import random_uniform


class Outcomes:
    """Mixin: points as probability distributions; outcomes are one-hot vectors.

    The class it is mixed into has `sphere_coordinates` (unit vectors of points) and
    `vertices` (one-hot points of labels).
    """

    shape: tuple[int, ...]
    dim: int
    sphere_coordinates: Any
    vertices: Any

    def probabilities(self, point):
        """Probabilities of the categories.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            Points.

        Returns
        -------
        probabilities : array-like, shape=[..., *point_shape]
            Probabilities.
        """
        require_arrays(self.shape, point=point)
        return self.sphere_coordinates(point) ** 2

    def sample(self, point, n_samples=1, *, generator=None):
        """Draw outcomes.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            Points.
        n_samples : int
            Number of outcomes of each point.
        generator : numpy.random.Generator or torch.Generator, optional
            Of the library of the point; default: its global state.

        Returns
        -------
        samples : array-like, shape=[..., n_samples, *point_shape]
            One-hot outcomes, in the dtype of the point (geomstats' are integers).

        Raises
        ------
        ValueError
            If a point is no probability distribution.
        """
        ndim = len(self.shape)
        xp = require_arrays(self.shape, point=point)
        wide = xp.float32 if point.dtype.itemsize < 4 else point.dtype
        probabilities = xp.astype(self.probabilities(point), wide)
        cumulative = xp.cumulative_sum(probabilities, axis=-1)
        cumulative = cumulative[(..., None, *[slice(None)] * ndim)]
        total = cumulative[..., -1:]
        if not bool(xp.all(total > 0) & xp.all(probabilities >= 0)):
            raise ValueError(
                "expected probabilities, got a point with negative, NaN or no positive "
                "entries: see fisher_manifold.check_point"
            )
        batch_shape = tuple(point.shape[: point.ndim - ndim])
        size = (*batch_shape, n_samples, *self.shape[:-1], 1)
        level = random_uniform(size, total, generator) * total
        # Rounding must not reach the total: no category would be left.
        level = xp.where(level < total, level, xp.nextafter(total, 0.0 * total))
        labels = xp.sum(xp.astype(level >= cumulative, xp.int64), axis=-1)
        return self.vertices(labels, dtype=point.dtype)

    def point_to_pdf(self, point):
        """Probability of outcomes.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            Points.

        Returns
        -------
        pdf : callable
            Takes one-hot outcomes, of the dtype of the point or integers, of shape
            [n_samples, *point_shape] or point_shape, and returns probabilities of
            shape [..., n_samples] or [...]; 0 for what is not an outcome.
        """
        return self._function_of_outcomes(point, lambda p: p)

    def point_to_cdf(self, point):
        """Probability of outcomes up to a category, in the order of the categories.

        Parameters
        ----------
        point : array-like, shape=[..., *point_shape]
            Points.

        Returns
        -------
        cdf : callable
            Takes outcomes as that of `point_to_pdf`; for sequences the probability
            that every site is at most that of the outcome.
        """
        return self._function_of_outcomes(point, _cumulative)

    def _function_of_outcomes(self, point, table):
        """Function of one-hot outcomes that looks them up in a table, site by site."""
        require_arrays(self.shape, point=point)
        ndim = len(self.shape)
        table = table(self.probabilities(point))

        def function(x):
            if re.search(r"int|bool", str(getattr(x, "dtype", ""))):
                x = array_namespace(x).astype(x, point.dtype)
            xp = require_arrays(self.shape, x=x, point=point)
            values = (
                table[(..., None, *[slice(None)] * ndim)] if x.ndim > ndim else table
            )
            one_hot = xp.all((x == 0) | (x == 1), axis=-1) & (xp.sum(x, axis=-1) == 1)
            each = xp.where(one_hot, xp.sum(values * x, axis=-1), 0.0)
            for _ in self.shape[:-1]:
                each = xp.prod(each, axis=-1)
            return each

        return function


def _cumulative(probabilities):
    """Cumulative sums, at most 1."""
    xp = array_namespace(probabilities)
    sums = xp.cumulative_sum(probabilities, axis=-1)
    return xp.where(sums > 1.0, 1.0, sums)
