"""Source laws: where a flow starts.

A source has one method, ``sample(n, generator=None, dtype=None, device=None)``, which
returns points of shape [n, *space.shape].
"""

import contextlib
import inspect

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
    """

    def __init__(self, space):
        self.space = space

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


class DirichletSource:
    """Symmetric Dirichlet law, independent at every site.

    Parameters
    ----------
    space : FisherRaoSimplex, PositiveHypersphere or SequenceManifold
        Any space with ``from_sphere_coordinates`` and ``n_categories``.
    concentration : float
        Concentration a > 0; 1/2 is the uniform law of the Fisher-Rao volume.
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


class EmpiricalSource:
    """Draws with replacement from given points; one point is a point source.

    Parameters
    ----------
    points : torch.Tensor, shape=[m, *space.shape]
        Points.
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
    numpy_state = np.random.get_state()  # noqa: NPY002 (geomstats draws from it)
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
            np.random.set_state(numpy_state)  # noqa: NPY002
