"""Arrays of whichever library a space returns, and reproducible global draws."""

import contextlib
import sys

import geomstats.backend as gs
import numpy as np


def to_numpy(array):
    """Return the values as a numpy array of their own dtype."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    return np.asarray(array)


def wide(array):
    """Return the values as a float64 or complex128 numpy array."""
    array = to_numpy(array)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def epsilon(array):
    """Machine epsilon of a floating point array, of float64 for other dtypes."""
    dtype = to_numpy(array).dtype
    return float(np.finfo(dtype if dtype.kind in "fc" else np.float64).eps)


def smallest(array):
    """Smallest normal number of the dtype of a floating point array."""
    return float(np.finfo(to_numpy(array).dtype).tiny)


def like(values, array, dtype=None):
    """Convert a numpy array to the library, dtype and device of another array.

    Parameters
    ----------
    values : array-like
        Values, on the host.
    array : array-like
        Array whose library, dtype and device to take.
    dtype : str, optional
        Name of another dtype, such as "float32".

    Returns
    -------
    converted : array-like
        Array.
    """
    if hasattr(array, "detach"):
        import torch

        dtype = getattr(torch, dtype) if dtype else array.dtype
        return torch.as_tensor(np.array(values), dtype=dtype, device=array.device)
    return np.asarray(values, dtype=dtype or np.asarray(array).dtype)


def prototype(library, dtype="float64"):
    """Empty array of a library ("numpy" or "torch"), for `like`."""
    if library == "numpy":
        return np.empty(0, dtype)
    if library == "torch":
        import torch

        return torch.empty(0, dtype=getattr(torch, dtype))
    raise ValueError(f"expected library 'numpy' or 'torch', got {library!r}")


def point_axes(space):
    """Axes of an array of points that belong to one point."""
    return tuple(range(-len(space.shape), 0))


def ambient_norm(space, array):
    """Euclidean norm over the axes of one point, in float64."""
    return np.sqrt(np.sum(np.abs(wide(array)) ** 2, axis=point_axes(space)))


def per_point(space, values, array):
    """Turn one number per point into an array that multiplies points."""
    return like(to_numpy(values)[(..., *[None] * len(space.shape))], array)


@contextlib.contextmanager
def seeded(seed):
    """Seed the global generators that geomstats draws from; restore them after."""
    torch = sys.modules.get("torch")
    state = np.random.get_state()  # noqa: NPY002 (what geomstats' numpy backend uses)
    torch_state = torch.get_rng_state() if torch is not None else None
    try:
        np.random.seed(seed)  # noqa: NPY002
        if torch is not None:
            torch.default_generator.manual_seed(seed)
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
        if torch is not None:
            torch.set_rng_state(torch_state)


def derivative(function, array, shape):
    """Derivatives of a function of each point of a batch, by torch or autograd.

    Parameters
    ----------
    function : callable
        From an array of a shape to one number for each point.
    array : array-like
        Where to differentiate.
    shape : tuple of int
        Shape to expand the array to.  (A point broadcast against several others would
        collect all their derivatives.)

    Returns
    -------
    derivative : array-like
        Derivative of the sum of the numbers.

    Raises
    ------
    NotImplementedError
        If the array is no torch tensor and geomstats' backend is not autograd.
    """
    if hasattr(array, "detach"):
        import torch

        moving = array.detach().expand(shape).clone().requires_grad_()
        return torch.autograd.grad(function(moving).sum(), moving)[0]
    if gs.__name__.endswith("autograd"):
        import autograd

        start = np.broadcast_to(array, shape).copy()
        return autograd.grad(lambda moving: gs.sum(function(moving)))(start)
    raise NotImplementedError("needs torch tensors, or geomstats' autograd backend")
