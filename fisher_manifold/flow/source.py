"""Source laws: where a flow starts.

A source has a method ``sample(n, generator=None, dtype=None, device=None)``, which
returns points of shape [n, *space.shape], and for likelihoods a method ``log_prob(x)``:
log-densities with respect to the Riemannian volume, of shape [n].
"""

import contextlib
import inspect
import math
from typing import Any

import numpy as np
import torch

from ..geometry.random import random_dirichlet


class RandomPointSource:
    """The law of the space's own ``random_point``.

    geomstats' spaces draw from global random states.  These are seeded from the
    generator for the duration of the draw and restored afterwards, so that samples
    are reproducible and nobody else's random numbers change.

    Parameters
    ----------
    space : Manifold
        Any geomstats space whose ``random_point`` returns torch tensors.
    log_density : float or callable, optional
        What is known of the law's log-density with respect to the Riemannian volume: a
        number if it is uniform (minus the log of the volume, for instance
        ``-math.log(4 * math.pi)`` on ``Hypersphere(2)``), or a function of points.

    Raises
    ------
    TypeError
        If the space has no ``random_point``.

    Examples
    --------
    >>> import math, torch
    >>> from geomstats.geometry.hypersphere import Hypersphere
    >>> source = RandomPointSource(Hypersphere(2), -math.log(4 * math.pi))
    >>> source.log_prob(torch.eye(3)).exp()  # of the uniform law: 1 / (4 pi)
    tensor([0.0796, 0.0796, 0.0796])
    """

    def __init__(self, space, log_density=None):
        if not hasattr(space, "random_point"):
            raise TypeError(
                f"expected a space with random_point, got {space!r}: give the path a "
                "source of your own, with a method sample"
            )
        self.space = space
        self.log_density = log_density

    def sample(self, n, generator=None, dtype=None, device=None):
        """Draw n points.

        Parameters
        ----------
        n : int
            Number of points.
        generator : torch.Generator, optional
            Source of randomness; default: torch's global one.
        dtype, device : optional
            Of the result; default: those that the space draws in.

        Returns
        -------
        points : torch.Tensor, shape=[n, *space.shape]
            Points.

        Raises
        ------
        TypeError
            If the space computes with numpy.
        """
        draw = self.space.random_point
        if generator is not None and "generator" in inspect.signature(draw).parameters:
            points = draw(n, generator=generator)
        else:
            with seeded_globals(generator):
                points = draw(n)
        if not isinstance(points, torch.Tensor):
            raise TypeError(
                f"expected {self.space!r} to draw torch tensors, got "
                f"{type(points).__name__}: set the environment variable "
                "GEOMSTATS_BACKEND=pytorch before geomstats is imported"
            )
        points = points.reshape(n, *self.space.shape)
        return points.to(dtype=dtype or points.dtype, device=device or points.device)

    def log_prob(self, x):
        """Log-density with respect to the Riemannian volume, as it was given.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.

        Returns
        -------
        log_prob : torch.Tensor, shape=[n]
            Log-density in nats.

        Raises
        ------
        TypeError
            If no density was given.
        """
        if self.log_density is None:
            raise TypeError(
                f"expected a source with a known density, got random_point of "
                f"{self.space!r}, whose density a space does not tell: give it as "
                "RandomPointSource(space, log_density=...), minus the log of the "
                "volume if the law is uniform, or use a source of your own with "
                "methods sample and log_prob"
            )
        if callable(self.log_density):
            return self.log_density(x)
        return torch.full(
            x.shape[:1], float(self.log_density), dtype=x.dtype, device=x.device
        )


class DirichletSource:
    """Symmetric Dirichlet law, independent at every site.

    Parameters
    ----------
    space : FisherRaoSimplex, PositiveHypersphere or SequenceManifold
        Any space with ``from_sphere_coordinates`` and ``n_categories``.
    concentration : float
        Concentration a > 0; 1/2 is the uniform law of the Fisher-Rao volume.

    Raises
    ------
    ValueError
        If the concentration is not above 0.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> space = fm.SequenceManifold(fm.FisherRaoSimplex(dim=3), length=8)
    >>> source, g = flow.DirichletSource(space), torch.Generator().manual_seed(0)
    >>> x = source.sample(5, g)
    >>> x.shape, space.belongs(x).all()
    (torch.Size([5, 8, 4]), tensor(True))
    >>> source.log_prob(x).unique().numel()  # uniform: one density everywhere
    1
    """

    def __init__(self, space, concentration=0.5):
        if not concentration > 0:
            raise ValueError(f"expected a concentration > 0, got {concentration}")
        self.space = space
        self.concentration = concentration

    def sample(self, n, generator=None, dtype=None, device=None):
        """Draw n points.

        Parameters
        ----------
        n : int
            Number of points.
        generator : torch.Generator, optional
            Source of randomness; default: torch's global one.
        dtype, device : optional
            Of the result; default float32 on the device of the generator.

        Returns
        -------
        points : torch.Tensor, shape=[n, *space.shape]
            Points.
        """
        space = self.space
        if generator is None:
            generator = torch.default_generator
        root = random_dirichlet(
            space.n_categories,
            (n, *space.shape[:-1]),
            self.concentration,
            generator,
            dtype or torch.float32,
            generator.device,
        )
        points = space.from_sphere_coordinates(root)
        return points.to(device) if device is not None else points

    def log_prob(self, x):
        r"""Log-density with respect to the Riemannian volume.

        :math:`\sum_i [\log\Gamma(Ka) - K \log\Gamma(a) + (2a - 1) \sum_k \log u_{ik}]`
        over sites i with K categories, the same in both charts.  On the simplex,
        ``space.metric.log_volume_density(x)`` more is the density with respect to
        the first K - 1 probabilities.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.

        Returns
        -------
        log_prob : torch.Tensor, shape=[n]
            Log-density in nats; minus infinity beyond a wall.
        """
        root = self.space.sphere_coordinates(x)
        size, a = root.shape[-1], self.concentration
        constant = math.lgamma(size * a) - size * math.lgamma(a)
        # xlogy: for a = 1/2 walls have the density of the inside.
        each = torch.special.xlogy(2.0 * a - 1.0, root.clamp(min=0.0)).sum(-1)
        each = torch.where((root < 0).any(-1), -torch.inf, constant + each)
        return each.flatten(1).sum(1) if root.ndim > 2 else each


class EmpiricalSource:
    """Draws with replacement from given points; one point is a point source.

    Parameters
    ----------
    points : torch.Tensor, shape=[m, *space.shape]
        Points.

    Raises
    ------
    ValueError
        If there is no point.

    Examples
    --------
    >>> import torch
    >>> source = EmpiricalSource(torch.eye(3)[:2])  # of the vertices 0 and 1
    >>> x = source.sample(100, torch.Generator().manual_seed(0))
    >>> x.shape, x.unique(dim=0).tolist()
    (torch.Size([100, 3]), [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    """

    def __init__(self, points):
        if points.shape[0] == 0:
            raise ValueError("expected at least one source point, got none")
        self.points = points

    def sample(self, n, generator=None, dtype=None, device=None):
        """Draw n of the points.

        Parameters
        ----------
        n : int
            Number of points.
        generator : torch.Generator, optional
            Source of randomness; default: torch's global one.
        dtype, device : optional
            Of the result; default: those of the points.

        Returns
        -------
        points : torch.Tensor, shape=[n, *space.shape]
            Points.
        """
        rows = torch.randint(
            self.points.shape[0],
            (n,),
            generator=generator,
            device=generator.device if generator is not None else None,
        )
        points = self.points[rows.to(self.points.device)]
        return points.to(dtype=dtype or points.dtype, device=device or points.device)


@contextlib.contextmanager
def seeded_globals(generator):
    """Seed torch's and numpy's global generators, and restore their states after.

    Parameters
    ----------
    generator : torch.Generator or None
        Where the seed is drawn from; None leaves everything as it is.
    """
    if generator is None:
        yield
        return
    seed = int(
        torch.randint(2**31, (), generator=generator, device=generator.device).item()
    )
    # Which geomstats draws from.  Any: numpy's stubs do not tell the parts apart.
    state: Any = np.random.get_state()  # noqa: NPY002
    name, key, *rest = state
    on_gpu = generator.device.type == "cuda"
    with torch.random.fork_rng(devices=[generator.device] if on_gpu else []):
        torch.random.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(generator.device):
                torch.cuda.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        try:
            yield
        finally:
            # From a list, which numpy reads many times faster than an array.
            np.random.set_state((name, key.tolist(), *rest))  # noqa: NPY002
