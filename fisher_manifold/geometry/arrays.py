"""Arrays of any library: their namespace, their precision, whether they are traced."""

import functools
import itertools
import math
import operator
import sys
import types
from typing import Any

import array_api_compat
import numpy as np

_BLOCK = 2**18
"""Entries of a block of `in_blocks`: its temporaries fit in a processor's cache."""


def array_namespace(*arrays):
    """Array namespace (in the sense of the array API standard) of the arrays.

    Parameters
    ----------
    *arrays : array-like
        Arrays of one library.

    Returns
    -------
    xp : namespace
        Functions named as in the array API standard.

    Raises
    ------
    TypeError
        If the arrays are of different libraries, or of none that is known.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(arrays[0], torch.Tensor):
        # The general look-up makes torch.compile warn about its caches.
        if all(isinstance(array, torch.Tensor) for array in arrays):
            return _torch_namespace()
    elif all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        return _numpy_namespace()
    elif any(type(array).__module__.startswith("autograd.") for array in arrays):
        return _autograd_namespace()
    try:
        return array_api_compat.array_namespace(*arrays)
    except TypeError as error:
        names = ", ".join(sorted({type(array).__name__ for array in arrays}))
        raise TypeError(
            f"expected arrays of one library (numpy or torch), got {names}; "
            "convert them with numpy.asarray or torch.as_tensor first"
        ) from error


def _torch_namespace():
    from .torch_namespace import namespace

    return namespace


def _numpy_namespace():
    import array_api_compat.numpy

    return array_api_compat.numpy


@functools.cache
def _autograd_namespace():
    import autograd.numpy as anp

    # numpy's array-API aliases (asin, ...) carry no derivative in autograd.
    renamed = {"asin": anp.arcsin, "acos": anp.arccos, "atan2": anp.arctan2}
    names = (
        "sum sqrt sin cos exp expm1 log log1p abs stack min max all any argmin argmax"
    )
    same = {name: getattr(anp, name) for name in names.split()}
    return types.SimpleNamespace(
        **renamed,
        **same,
        where=_autograd_where,
        broadcast_arrays=_autograd_broadcast_arrays,
        broadcast_to=lambda array, shape: array + np.zeros(shape),
        cumulative_sum=lambda array, axis: anp.cumsum(array, axis=axis),
        cumulative_prod=_autograd_cumulative_prod,
        concat=lambda arrays, axis: anp.concatenate(arrays, axis=axis),
        flip=lambda array, axis: array[..., ::-1],  # axis -1; anp.flip has no VJP
        matrix_transpose=lambda array: anp.swapaxes(array, -1, -2),
    )


def _autograd_cumulative_prod(array, axis):
    # autograd has no derivative of cumprod.
    import autograd.numpy as anp

    parts = list(itertools.accumulate(anp.moveaxis(array, axis, 0), operator.mul))
    return anp.moveaxis(anp.stack(parts), 0, axis)


def _autograd_where(condition, array_a, array_b):
    import autograd.numpy as anp

    # autograd's own does not sum derivatives over broadcast axes.
    arrays = _autograd_broadcast_arrays(array_a, array_b, condition)
    return anp.where(condition, *arrays[:2])


def _autograd_broadcast_arrays(*arrays):
    shape = np.broadcast_shapes(*(np.shape(array) for array in arrays))
    # Adding zeros, since autograd's own broadcast_arrays carries no derivative.
    return [array + np.zeros(shape) for array in arrays]


def epsilon(array):
    """Machine epsilon of a floating point array, a Python float."""
    torch = sys.modules.get("torch")  # first, for torch.compile
    if torch is not None and isinstance(array, torch.Tensor):
        return torch.finfo(array.dtype).eps
    if isinstance(array, np.ndarray | np.generic):
        dtype: Any = array.dtype
        return float(np.finfo(dtype).eps)
    return float(np.finfo(np.float64).eps)


def as_array_like(values, array):
    """Values in the library, dtype and device of another array; differentiable."""
    if hasattr(array, "detach"):
        import torch

        return torch.as_tensor(values, dtype=array.dtype, device=array.device)
    if type(values).__module__.startswith("autograd."):
        return values
    dtype: Any = array.dtype
    return np.asarray(values, dtype=dtype)


def smallest_normal(array):
    """Smallest normal number of the dtype of a floating point array, a Python float."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(array, torch.Tensor):
        return torch.finfo(array.dtype).tiny
    dtype: Any = array.dtype
    return float(np.finfo(dtype).tiny)


def tolerance(array, length):
    """Absolute tolerance of sums of so many entries: 64 eps sqrt(length).

    A computation of a few dozen operations on the entries stays inside it, in float32
    as in float64; half precision gets 4 eps instead of 64, and at most 0.1.
    """
    eps = epsilon(array)
    return min((64.0 if eps < 1e-4 else 4.0) * eps * length**0.5, 0.1)


def sum_tolerance(array, length):
    """Distance from 1 that the sum of so many entries may keep after normalising."""
    return (4.0 + math.log2(length)) * epsilon(array)


def wall_tolerance(array):
    """How far below zero rounding takes unit vectors that end on a wall: 16 eps."""
    return 16.0 * epsilon(array)


def values_are_at_hand(array):
    """Whether a look at the values costs little: on the CPU, not while compiling."""
    if not hasattr(array, "detach"):
        return True
    return _is_eager(array) and array.is_cpu


def below_roots(array):
    """A number below the square roots of all positive numbers of the dtype."""
    return smallest_normal(array) ** 0.6


def needs_derivatives(*arrays):
    """Whether operations on the arrays are differentiated, transformed or compiled.

    If not, they may be computed in place, and by formulas whose values are right but
    whose derivatives are not (a square root at 0).  When in doubt: True.
    """
    torch = sys.modules.get("torch")  # first, for torch.compile
    if torch is None or not isinstance(arrays[0], torch.Tensor):
        return not all(isinstance(array, np.ndarray | np.generic) for array in arrays)
    if _forward_mode_level() >= 0:
        return True
    if torch.compiler.is_compiling():
        # torch.func.grad enables gradients within torch.no_grad, too.
        return torch.is_grad_enabled()
    enabled, is_transformed = torch.is_grad_enabled(), _is_transformed()
    for array in arrays:
        if (enabled and array.requires_grad) or is_transformed(array):
            return True
    return False


def in_blocks(function, array, *others):
    """Function of arrays with a common first axis, block by block where that is long.

    Its temporaries then have the size of a block: they take no memory to speak of and
    stay in the processor's cache.  In one piece where it must be smooth, or compiled.

    Parameters
    ----------
    function : callable
        Maps slices of the arrays to that of the result, of the shape of the first.
    array, *others : array-like, shape=[n, ...]
        Arrays of one library.

    Returns
    -------
    result : array-like
        Array of the shape and dtype of the first.
    """
    rows = max(1, _BLOCK // max(1, math.prod(array.shape[1:])))
    whole = len(array) <= rows or not _is_eager(array)
    if whole or needs_derivatives(array, *others):
        return function(array, *others)
    result = array_namespace(array).empty_like(array)
    for start in range(0, len(array), rows):
        block = slice(start, start + rows)
        result[block] = function(array[block], *(other[block] for other in others))
    return result


def _is_eager(array):
    return (
        not hasattr(array, "detach") or not sys.modules["torch"].compiler.is_compiling()
    )


def _forward_mode_level():
    """Nesting of forward-mode differentiation, -1 outside of it."""
    forward_ad = sys.modules["torch.autograd.forward_ad"]
    return getattr(forward_ad, "_current_level", 0)


@functools.cache
def _is_transformed():
    """Test for tensors inside torch.func's transforms (vmap hides requires_grad)."""
    functorch = getattr(sys.modules["torch"]._C, "_functorch", None)
    return getattr(functorch, "is_functorch_wrapped_tensor", lambda tensor: True)


def diagonal_matrix(diagonal):
    """Diagonal matrices of vectors, which may hold infinities."""
    mask: Any = np.eye(diagonal.shape[-1], dtype=bool)
    if hasattr(diagonal, "detach"):
        import torch

        mask = torch.as_tensor(mask, device=diagonal.device)
    return array_namespace(diagonal).where(mask, diagonal[..., None], 0.0)


def float64_like(values, array):
    """Values in float64, without derivative, in the library of another array.

    Parameters
    ----------
    values : array-like
        Numbers.
    array : array-like
        Decides library and device.

    Returns
    -------
    values : array-like
        Array in float64.
    """
    if hasattr(array, "detach"):
        import torch

        # torch would read a list of numbers in its default dtype, float32.
        values = values if hasattr(values, "dtype") else np.asarray(values, np.float64)
        values = torch.as_tensor(values, device=array.device)
        return values.detach().to(torch.float64)
    values = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=np.float64)
