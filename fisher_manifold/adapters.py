"""Manifolds of other libraries in the style of geomstats."""

import torch


class GeooptSpace:
    """A manifold with geoopt's methods as a space that flows and transport take.

    geoopt itself is not needed: any object with ``expmap``, ``logmap``, ``inner``,
    ``projx``, ``proju``, ``dist2`` and ``random`` serves.  Where a point has more axes
    than the manifold's own, it is a point of the product over these axes.

    Parameters
    ----------
    manifold : object
        Manifold in geoopt's style.
    shape : tuple of int
        Shape of a point.
    dim : int, optional
        Dimension; default: the rank of ``proju`` at a random point.

    Raises
    ------
    TypeError
        If the manifold lacks one of these methods.

    Examples
    --------
    With geoopt, ``GeooptSpace(geoopt.Sphere(), (3,))``; without it:

    >>> import types, torch
    >>> from fisher_manifold import adapters
    >>> line = types.SimpleNamespace(  # any object with geoopt's methods
    ...     expmap=lambda x, v: x + v,
    ...     logmap=lambda x, y: y - x,
    ...     inner=lambda x, v, w, keepdim: v * w,
    ...     dist2=lambda x, y: (x - y) ** 2,
    ...     projx=lambda x: x,
    ...     proju=lambda x, v: v,
    ...     random=torch.rand,
    ... )
    >>> space = adapters.GeooptSpace(line, (2,))  # the product of two lines
    >>> a, b = torch.zeros(2), torch.tensor([3.0, 4.0])
    >>> space.dim, space.metric.dist(a, b)
    (2, tensor(5.))
    """

    def __init__(self, manifold, shape, dim=None):
        names = ("expmap", "logmap", "inner", "projx", "proju", "dist2", "random")
        missing = [name for name in names if not hasattr(manifold, name)]
        if missing:
            raise TypeError(
                f"expected a manifold in the style of geoopt, got {manifold!r} without "
                f"{', '.join(missing)}"
            )
        self.manifold = manifold
        self.shape = tuple(shape)
        self.point_ndim = len(self.shape)
        self.dim = self._rank() if dim is None else int(dim)
        self.metric = GeooptMetric(self)

    def __repr__(self):
        return f"GeooptSpace({self.manifold!r}, {self.shape})"

    def random_point(self, n_samples=1):
        """Points of the manifold's own law ``random``.

        Parameters
        ----------
        n_samples : int
            Number of points.

        Returns
        -------
        points : torch.Tensor, shape=[n_samples, *shape]
            Points, without the first axis for one.
        """
        points = self.manifold.random(n_samples, *self.shape).detach()
        return points[0] if n_samples == 1 else points

    def projection(self, point):
        """Nearby points of the manifold, shape=[..., *shape].

        Parameters
        ----------
        point : torch.Tensor, shape=[..., *shape]
            Points near the manifold.

        Returns
        -------
        projected : array-like, shape=[..., *point_shape]
            Points of the space.
        """
        return self.manifold.projx(point)

    def to_tangent(self, vector, base_point):
        """Project vectors to tangent spaces, shape=[..., *shape].

        Parameters
        ----------
        vector : torch.Tensor, shape=[..., *shape]
            Vectors.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        tangent_vec : array-like, shape=[..., *point_shape]
            Tangent vectors at base_point.
        """
        return self.manifold.proju(base_point, vector)

    def belongs(self, point, atol=1e-6):
        """Whether `projection` leaves points where they are: bool, shape=[...].

        Parameters
        ----------
        point : torch.Tensor, shape=[..., *shape]
            Points.
        atol : float
            Largest change of a coordinate.

        Returns
        -------
        belongs : torch.Tensor of bool, shape=[...]
            Whether each is a point of the space.
        """
        moved = (self.projection(point) - point).abs()
        return (moved <= atol).reshape(*self._batch(point), -1).all(-1)

    def is_tangent(self, vector, base_point, atol=1e-6):
        """Whether `to_tangent` leaves vectors as they are: bool, shape=[...].

        Parameters
        ----------
        vector : torch.Tensor, shape=[..., *shape]
            Vectors.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.
        atol : float
            Largest change of a coordinate.

        Returns
        -------
        is_tangent : torch.Tensor of bool, shape=[...]
            Whether each is tangent at base_point.
        """
        moved = (self.to_tangent(vector, base_point) - vector).abs()
        return (moved <= atol).reshape(*self._batch(base_point), -1).all(-1)

    def _rank(self):
        point = self.random_point()
        axes = torch.eye(point.numel(), dtype=point.dtype).reshape(-1, *self.shape)
        tangent = self.to_tangent(axes, point.expand_as(axes))
        return int(torch.linalg.matrix_rank(tangent.detach().flatten(1)))

    def _batch(self, point):
        return point.shape[: point.ndim - self.point_ndim]


class GeooptMetric:
    """Metric of a `GeooptSpace`.

    Parameters
    ----------
    space : GeooptSpace
        Space.
    """

    def __init__(self, space):
        self._space = space

    def exp(self, tangent_vec, base_point):
        """Exponential, shape=[..., *shape].

        Parameters
        ----------
        tangent_vec : torch.Tensor, shape=[..., *shape]
            Initial velocities.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        end_point : array-like, shape=[..., *point_shape]
            Ends of the geodesics at time 1.
        """
        return self._space.manifold.expmap(base_point, tangent_vec)

    def log(self, point, base_point):
        """Logarithm, shape=[..., *shape].

        Parameters
        ----------
        point : torch.Tensor, shape=[..., *shape]
            End points.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        log : array-like, shape=[..., *point_shape]
            Tangent vectors at base_point.
        """
        return self._space.manifold.logmap(base_point, point)

    def inner_product(self, tangent_vec_a, tangent_vec_b, base_point):
        """Inner product, shape=[...].

        Parameters
        ----------
        tangent_vec_a, tangent_vec_b : torch.Tensor, shape=[..., *shape]
            Tangent vectors.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        inner_product : torch.Tensor, shape=[...]
            Inner products.
        """
        # Without keepdim, geoopt's ball multiplies [n, 1] by [n].
        manifold = self._space.manifold
        inner = manifold.inner(base_point, tangent_vec_a, tangent_vec_b, keepdim=True)
        return self._over_sites(inner, base_point)

    def squared_norm(self, vector, base_point):
        """Squared norm, shape=[...].

        Parameters
        ----------
        vector : torch.Tensor, shape=[..., *shape]
            Tangent vectors.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        squared_norm : torch.Tensor, shape=[...]
            Squared norms.
        """
        return self.inner_product(vector, vector, base_point)

    def norm(self, vector, base_point):
        """Norm, shape=[...].

        Parameters
        ----------
        vector : torch.Tensor, shape=[..., *shape]
            Tangent vectors.
        base_point : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        norm : torch.Tensor, shape=[...]
            Norms.
        """
        return self.squared_norm(vector, base_point).sqrt()

    def squared_dist(self, point_a, point_b):
        """Squared distance, shape=[...].

        Parameters
        ----------
        point_a, point_b : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        squared_dist : torch.Tensor, shape=[...]
            Squared distances.
        """
        point_a, point_b = torch.broadcast_tensors(point_a, point_b)
        squared_dist = self._space.manifold.dist2(point_a, point_b)
        return self._over_sites(squared_dist, point_a)

    def dist(self, point_a, point_b):
        """Distance, shape=[...].

        Parameters
        ----------
        point_a, point_b : torch.Tensor, shape=[..., *shape]
            Points of the manifold.

        Returns
        -------
        dist : torch.Tensor, shape=[...]
            Distances.
        """
        return self.squared_dist(point_a, point_b).sqrt()

    def parallel_transport(
        self, tangent_vec, base_point, direction=None, end_point=None
    ):
        """Refuse: geoopt's ``transp`` is a projection on some manifolds.

        Parameters
        ----------
        tangent_vec, base_point, direction, end_point
            As geomstats has them; not looked at.

        Raises
        ------
        NotImplementedError
            Always, so that flows do without it.
        """
        raise NotImplementedError(
            "the transport of geoopt's manifolds is not parallel on all of them"
        )

    def _over_sites(self, values, point):
        return values.reshape(*self._space._batch(point), -1).sum(-1)
