r"""Riemannian divergence of a field, on any geomstats space.

Spaces of geomstats are sets in an ambient vector space, with a projector
:math:`P_x` (``to_tangent``) to the tangent space :math:`T_x`.  The connection
:math:`\nabla = P D` is free of torsion, and the vectors :math:`P_x b` with b in
:math:`T_{x_0}` are parallel at x_0, since P DP P = 0 for every projector.  So, with any
basis b_i of :math:`T_{x_0}`,

.. math::
    \operatorname{div} v = \operatorname{tr}(P\, Dv\, P)
       + \tfrac12 \partial_v \log\det \big[ g_x(P_x b_i, P_x b_j) \big],

whatever the metric and the projector (proof: docs/likelihood.md).  The second term is 0
for isometric embeddings and orthogonal projectors.  Categorical spaces are taken in
sphere coordinates, where that is the case and where the boundary is harmless.
"""

import math

import torch

from ..geometry.checks import rounding_of
from ..geometry.foreign import call, retract


def coordinates_of(space):
    """Return the ambient coordinates that a space's flows are integrated in."""
    if hasattr(space, "sphere_coordinates"):
        return SphereCoordinates(space)
    return AmbientCoordinates(space)


class AmbientCoordinates:
    """The coordinates of the space's own points.

    Parameters
    ----------
    space : Manifold
        Any geomstats space with ``to_tangent``, ``projection`` and a metric.
    """

    def __init__(self, space):
        self.space = space

    def encode(self, x):
        """Coordinates of points."""
        return x

    def decode(self, y):
        """Points of coordinates."""
        return y

    def velocity(self, field, y):
        """Velocity in coordinates of a function ``field(x)``."""
        return field(y)

    def to_tangent(self, vector, y):
        """Project vectors to tangent spaces."""
        return call(self.space, self.space.to_tangent, vector, y)

    def retract(self, y):
        """Point of the space near coordinates off it."""
        return retract(self.space, y)

    def inside(self, y):
        """Whether points are on the space: bool, shape=[n]."""
        return torch.ones(y.shape[0], dtype=torch.bool, device=y.device)

    def log_volume_rate(self, velocity, y):
        """Second term of the divergence, shape=[n], by the Gram matrix of the P b_i.

        Instead of a basis, the projections of all axes: the pseudo-inverse of their
        Gram matrix gives the same trace.
        """
        axes = _axes(y)
        # 2**22 numbers at a time.
        rows = max(1, 2**22 // len(axes) ** 3)
        rates = [
            self._rate(axes, v, z)
            for v, z in zip(velocity.split(rows), y.split(rows), strict=True)
        ]
        return torch.cat(rates)

    def _rate(self, axes, velocity, y):
        size, n = len(axes), y.shape[0]
        pairs = torch.cartesian_prod(*2 * [torch.arange(size, device=y.device)])
        start = _flat(self.to_tangent, axes[:, None].expand(size, *y.shape), y)

        def gram(z):
            moved = _flat(self.to_tangent, start, z)
            inner = call(
                self.space,
                self.space.metric.inner_product,
                moved[pairs[:, 0]].flatten(0, 1),
                moved[pairs[:, 1]].flatten(0, 1),
                z.expand(size**2, *z.shape).flatten(0, 1),
            )
            return inner.reshape(size, size, n).permute(2, 0, 1)

        matrix, change = torch.func.jvp(gram, (y,), (velocity,))[:2]
        values, vectors = torch.linalg.eigh(matrix)
        top = vectors[..., -self.space.dim :]
        each = (top * (change @ top)).sum(-2) / values[..., -self.space.dim :]
        return 0.5 * each.sum(-1)


class SphereCoordinates:
    """Unit vectors of categorical spaces, site by site.

    Beyond a wall the field is continued by that of the mirror image, with no change of
    sign, so that a flow that leaves the orthant is seen to have left it.

    Parameters
    ----------
    space : Manifold
        Any space with ``sphere_coordinates`` and ``from_sphere_coordinates``.
    """

    def __init__(self, space):
        self.space = space

    def encode(self, x):
        """Unit vectors of points."""
        return self.space.sphere_coordinates(x)

    def decode(self, y):
        """Points of unit vectors."""
        return self.space.from_sphere_coordinates(y)

    def velocity(self, field, y):
        """Velocity on the sphere of a function ``field(x)``."""
        # Not abs, whose derivative at a wall is 0.
        x = self.decode(torch.where(y < 0, -y, y))
        return torch.func.jvp(self.space.sphere_coordinates, (x,), (field(x),))[1]

    def to_tangent(self, vector, y):
        """Project vectors to the tangent spaces of the sphere."""
        return vector - (vector * y).sum(-1, keepdim=True) * y

    def retract(self, y):
        """Normalise; entries beyond a wall stay there."""
        return y / torch.linalg.vector_norm(y, dim=-1, keepdim=True)

    def inside(self, y):
        """Whether points are in the orthant: bool, shape=[n]."""
        return (y >= -rounding_of(y)).flatten(1).all(1)

    def log_volume_rate(self, velocity, y):
        """Second term of the divergence: 0."""
        return 0.0


def exact_divergence(coordinates, function, y):
    """Velocity and its divergence by one directional derivative for each axis.

    Parameters
    ----------
    coordinates : AmbientCoordinates or SphereCoordinates
        Coordinates.
    function : callable
        ``function(x)``: the field at points x of shape [n, *space.shape].
    y : torch.Tensor, shape=[n, ...]
        Coordinates of the points.

    Returns
    -------
    velocity : torch.Tensor, shape=[n, ...]
        Velocity in the coordinates.
    divergence : torch.Tensor, shape=[1, n]
        Divergence.
    """
    along = _directional(coordinates, function, y)
    traces = torch.func.vmap(along, chunk_size=_chunk(y))(_axes(y))
    return _with_rate(coordinates, function, y, traces.sum(0, keepdim=True))


def estimated_divergence(coordinates, function, y, probes):
    """Velocity and Hutchinson's unbiased estimates of its divergence.

    Parameters
    ----------
    coordinates, function, y
        As in `exact_divergence`.
    probes : torch.Tensor, shape=[n_probes, n, ...]
        Random vectors of the ambient space with covariance the identity.

    Returns
    -------
    velocity : torch.Tensor, shape=[n, ...]
        Velocity in the coordinates.
    divergence : torch.Tensor, shape=[n_probes, n]
        An estimate for each probe.
    """
    along = _directional(coordinates, function, y)
    traces = torch.func.vmap(along, chunk_size=_chunk(y))(probes)
    return _with_rate(coordinates, function, y, traces)


def random_signs(n_probes, y, generator):
    """Draw probes of independent signs, of smallest variance among product laws."""
    device = generator.device if generator is not None else None
    shape = (n_probes, *y.shape)
    bits = torch.randint(2, shape, generator=generator, device=device)
    return (2 * bits - 1).to(y)


def _directional(coordinates, function, y):
    """Return the map from an ambient vector w to <w, P Dv P w>."""

    def along(vector):
        tangent = coordinates.to_tangent(vector.expand_as(y), y)
        change = torch.func.jvp(
            lambda z: coordinates.velocity(function, z), (y,), (tangent,)
        )[1]
        return (coordinates.to_tangent(change, y) * vector).flatten(1).sum(1)

    return along


def _chunk(y):
    """Directions at a time: 2**21 coordinates, which a network widens."""
    return max(1, 2**21 // max(1, y.numel()))


def _with_rate(coordinates, function, y, traces):
    velocity = coordinates.velocity(function, y)
    return velocity, traces + coordinates.log_volume_rate(velocity, y)


def _axes(y):
    """Unit vectors of the ambient space, shape=[size, ...]."""
    size = math.prod(y.shape[1:])
    eye = torch.eye(size, dtype=y.dtype, device=y.device)
    return eye.reshape(size, *y.shape[1:])


def _flat(function, vectors, y):
    """Apply function(vector, y) to vectors [m, n, ...] over one batch axis."""
    many = y.expand(vectors.shape).flatten(0, 1)
    return function(vectors.flatten(0, 1), many).reshape(vectors.shape)
