"""Dirichlet laws for numpy and torch, from an explicit generator."""

import math
import sys

import geomstats.backend as gs
import numpy as np


def random_dirichlet(
    n_categories, shape, concentration=0.5, generator=None, dtype=None, device=None
):
    r"""Draw from the symmetric Dirichlet law, in square-root coordinates.

    Concentration 1/2 is Jeffreys' prior, the uniform law of the Fisher-Rao metric:
    its square roots are uniform on the orthant of the sphere.

    Parameters
    ----------
    n_categories : int
        Number of categories.
    shape : tuple of int
        Batch shape.
    concentration : float
        Concentration a > 0 of the law.
    generator : numpy.random.Generator or torch.Generator, optional
        Decides the library (and device) of the result.  If None, the global generator
        of geomstats' backend is used, as geomstats does.
    dtype : dtype, optional
        Floating dtype of the result; default: torch's default, float64 for a numpy
        generator, geomstats' default without a generator.
    device : torch.device, optional
        Device, for torch; default: that of the generator.

    Returns
    -------
    root : array-like, shape=[*shape, n_categories]
        Unit vectors of the positive orthant; their squares follow the law.
    """
    if not (concentration > 0 and math.isfinite(concentration)):
        raise ValueError(f"expected a concentration > 0, got {concentration}")
    size = (*shape, n_categories)
    torch = sys.modules.get("torch")
    if torch is not None and (
        isinstance(generator, torch.Generator)
        or (generator is None and gs.__name__.endswith("pytorch"))
    ):
        return _torch_root(size, concentration, generator, dtype, device)
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise TypeError(
            "expected generator to be a numpy.random.Generator, a torch.Generator or "
            f"None, got {type(generator).__name__}"
        )
    return _numpy_root(size, concentration, generator, dtype)


def uniform_root(shape, dtype=None, device=None):
    """Unit vectors with equal entries, in the library of geomstats' backend."""
    if gs.__name__.endswith("pytorch"):
        import torch

        return torch.ones(shape, dtype=dtype, device=device) / shape[-1] ** 0.5
    return np.ones(shape, dtype or gs.get_default_dtype()) / shape[-1] ** 0.5


def random_normal(shape, array, generator=None):
    """Draw standard normal numbers of the library, dtype and device of an array."""
    if hasattr(array, "detach"):
        import torch

        _require_generator(generator, torch.Generator, "torch")
        options = {"dtype": array.dtype, "device": array.device}
        return torch.randn(shape, generator=generator, **options)
    _require_generator(generator, np.random.Generator, "numpy")
    source = np.random if generator is None else generator
    return source.normal(size=shape).astype(array.dtype)


def random_uniform(shape, array, generator=None):
    """Draw from [0, 1) in the library, dtype and device of an array."""
    if hasattr(array, "detach"):
        import torch

        _require_generator(generator, torch.Generator, "torch")
        options = {"dtype": array.dtype, "device": array.device}
        return torch.rand(shape, generator=generator, **options)
    _require_generator(generator, np.random.Generator, "numpy")
    source = np.random if generator is None else generator
    return source.random(shape).astype(array.dtype)


def _require_generator(generator, kind, library):
    if generator is not None and not isinstance(generator, kind):
        raise TypeError(
            f"expected a generator of {library}, the library of the points, got "
            f"{type(generator).__module__}.{type(generator).__name__}"
        )


def _torch_root(size, concentration, generator, dtype, device):
    import torch

    device = device or (generator.device if generator is not None else None)
    dtype = dtype or torch.get_default_dtype()
    if not dtype.is_floating_point:
        raise TypeError(f"expected a floating point dtype, got {dtype}")
    options = {"generator": generator, "dtype": dtype, "device": device}
    if concentration == 0.5:
        root = torch.randn(size, **options).abs_()
        return root.div_(torch.linalg.vector_norm(root, dim=-1, keepdim=True))
    # log Gamma(a) = log Gamma(a + 1) + log(U) / a does not underflow for small a.
    # (torch.distributions takes no generator; this is the function behind it.)
    alpha = torch.full((), concentration + 1.0, dtype=dtype, device=device)
    logs = torch._standard_gamma(alpha.expand(size), generator=generator).log_()
    uniform = torch.rand(size, **options).neg_().add_(1.0)
    logs += uniform.log_().div_(concentration)
    return torch.softmax(logs, -1).sqrt_()


def _numpy_root(size, concentration, generator, dtype):
    # Without a generator: the global state that geomstats' numpy backends seed.
    source = np.random if generator is None else generator
    dtype = np.dtype(dtype or (gs.get_default_dtype() if generator is None else float))
    if dtype.kind != "f":
        raise TypeError(f"expected a floating point dtype, got {dtype}")
    if concentration == 0.5:
        root = np.abs(source.normal(size=size))
        root /= np.linalg.norm(root, axis=-1, keepdims=True)
        return root.astype(dtype)
    gamma = source.gamma(concentration + 1.0, size=size)
    uniform = 1.0 - source.random(size)
    logs = np.log(gamma) + np.log(uniform) / concentration
    logs -= logs.max(axis=-1, keepdims=True)
    weights = np.exp(logs)
    return np.sqrt(weights / weights.sum(axis=-1, keepdims=True)).astype(dtype)
