"""Injectivity radius and Riemannian volume."""

import math
from typing import Any

from .arrays import array_namespace
from .checks import require_arrays
from .isometry import RADIUS
from .numerics import cos_and_sinc


class Volume:
    """Mixin of `ClosedFormMetric`: balls and volumes."""

    _space: Any
    _chart: Any
    _sum_over_sites: Any
    _site_inner: Any

    def injectivity_radius(self, base_point=None):
        r"""Distance :math:`2 \arcsin \min_i u_i` to the boundary.

        Inside this radius exp is a diffeomorphism onto a ball of the manifold (great
        circles meet again only at distance 2 pi).  Zero at the boundary.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        radius : array-like, shape=[...,]
            Injectivity radius; of a sequence the smallest of its sites'.
        """
        xp = require_arrays(self._space.shape, base_point=base_point)
        lowest = xp.min(self._chart.root(base_point), axis=-1)
        radius = RADIUS * xp.asin(lowest)
        return radius if len(self._space.shape) == 1 else xp.min(radius, axis=-1)

    def log_volume_density(self, base_point):
        r"""Logarithm of `volume_density`, which over- and underflows in high dimension.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        log_density : array-like, shape=[...,]
            Logarithm, in nats.
        """
        require_arrays(self._space.shape, base_point=base_point)
        each = self._chart.log_volume_density(base_point)
        return self._sum_over_sites(each)

    def volume_density(self, base_point):
        r"""Riemannian volume per volume :math:`\sqrt{\det g}` of intrinsic coordinates.

        The coordinates are those of `space.extrinsic_to_intrinsic_coords`:
        :math:`\prod_i p_i^{-1/2}` for the first d probabilities (Jeffreys' prior, up to
        a constant), :math:`2^d \prod_k \sin^{d - k} \phi_k` for the angles of the
        sphere.  Sites multiply.

        Parameters
        ----------
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        density : array-like, shape=[...,]
            Density; on the simplex infinite at the boundary.
        """
        log_density = self.log_volume_density(base_point)
        return array_namespace(log_density).exp(log_density)

    def log_volume(self):
        r"""Logarithm of the total volume :math:`\pi^{(d+1)/2} / \Gamma((d+1)/2)`.

        Returns
        -------
        log_volume : float
            Logarithm, in nats.
        """
        half = self._space.shape[-1] / 2.0
        n_sites = math.prod(self._space.shape[:-1])
        return n_sites * (half * math.log(math.pi) - math.lgamma(half))

    def log_exp_volume_density(self, tangent_vec, base_point):
        r"""Logarithm of the volume of exp's image per volume of the tangent space.

        :math:`(d - 1) \log(\sin(r / 2) / (r / 2))` with r the norm of the vector: the
        density of Riemannian normal coordinates.

        Parameters
        ----------
        tangent_vec : array-like, shape=[..., *point_shape]
            Tangent vector at which to evaluate.
        base_point : array-like, shape=[..., *point_shape]
            Base point.

        Returns
        -------
        log_density : array-like, shape=[...,]
            Logarithm, in nats; sites are summed.
        """
        squared = self._site_inner(tangent_vec, tangent_vec, base_point)
        _, sinc = cos_and_sinc(squared / RADIUS**2)
        each = (self._space.shape[-1] - 2) * array_namespace(sinc).log(sinc)
        return self._sum_over_sites(each)
