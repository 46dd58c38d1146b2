"""Checks at the public boundary: shapes and types always, values on request."""

import functools
import sys

import numpy as np

from .arrays import array_namespace


def require_arrays(shape, **arrays):
    """Check library, shape, dtype and device of arrays; cheap, no look at values.

    Parameters
    ----------
    shape : tuple of int
        Shape of one point; the last axes of every array.
    **arrays : array-like
        Arrays under the names that an error message should use.

    Returns
    -------
    xp : namespace
        Array namespace of the arrays.

    Raises
    ------
    TypeError
        If the arrays are not floating point arrays of one library, dtype and device.
    ValueError
        If the last axes are not `shape`.
    """
    values = tuple(arrays.values())
    return array_namespace(*values) if _fit(shape, values) else _look(shape, arrays)


def _fit(shape, values):
    """Whether arrays are good at a glance; quick, since every operation asks."""
    first, ndim = values[0], len(shape)
    kind, torch = type(first), sys.modules.get("torch")
    if torch is not None and kind is torch.Tensor:
        if not first.dtype.is_floating_point:
            return False
    elif kind is not np.ndarray or first.dtype.kind != "f":
        return False
    for array in values:
        if type(array) is not kind or array.shape[-ndim:] != shape:
            return False
        if array.dtype != first.dtype or array.device != first.device:
            return False
    return True


def _look(shape, arrays):
    """Raise the error that says what is wrong, if something is."""
    for name, array in arrays.items():
        if not hasattr(array, "dtype") or not hasattr(array, "shape"):
            raise TypeError(
                f"expected {name} to be a numpy array or torch tensor, got "
                f"{type(array).__name__}: convert it first"
            )
    xp = array_namespace(*arrays.values())
    first_name, first = next(iter(arrays.items()))
    if "float" not in str(first.dtype):
        raise TypeError(
            f"expected {first_name} of a floating point dtype, got {first.dtype}: "
            "convert it, for instance to float64"
        )
    device = _device(first)
    for name, array in arrays.items():
        if tuple(array.shape[array.ndim - len(shape) :]) != shape or (
            array.ndim < len(shape)
        ):
            raise ValueError(
                f"expected {name} of shape [..., {', '.join(map(str, shape))}], got "
                f"{list(array.shape)}"
            )
        if array.dtype != first.dtype or _device(array) != device:
            raise TypeError(
                f"expected {name} with the dtype and device of {first_name} "
                f"({first.dtype}, {device}), got {array.dtype}, {_device(array)}: "
                "convert one of them"
            )
    return xp


def only_one(**options):
    """Name and value of the only option that is not None; else an error.

    Parameters
    ----------
    **options : any
        Options under the names that an error message should use.

    Returns
    -------
    name : str
        Name of the option that is given.
    value : any
        Its value.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if len(given) != 1:
        raise ValueError(
            f"expected either {' or '.join(options)}, got "
            + ("both" if given else "neither")
        )
    return next(iter(given.items()))


def check_point(space, point, name="point", atol=None):
    """Raise if a point is not on a manifold; say which, and what is wrong.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    point : array-like, shape=[..., *space.shape]
        Points to check.
    name : str
        Name used in the message.
    atol : float, optional
        Absolute tolerance; default: that of the space.

    Raises
    ------
    TypeError
        If the point is not an array.
    ValueError
        With the index and the value of the first point that does not belong.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> check_point(fm.FisherRaoSimplex(2), np.array([0.5, 0.25, 0.25]))
    """
    if not hasattr(point, "shape"):
        raise TypeError(
            f"expected {name} to be a numpy array or torch tensor, got "
            f"{type(point).__name__}: convert it first"
        )
    point_ndim = len(space.shape)
    if tuple(point.shape[-point_ndim:]) != tuple(space.shape):
        raise ValueError(
            f"expected {name} of shape [..., {', '.join(map(str, space.shape))}], "
            f"got {list(point.shape)}"
        )
    good = np.asarray(_to_numpy(_belongs(space, point, atol))).reshape(-1)
    if good.all():
        return
    first = int(np.argmin(good))
    batch_shape = tuple(point.shape[: point.ndim - point_ndim])
    index = tuple(int(i) for i in np.unravel_index(first, batch_shape))
    value = _to_numpy(point[index])
    entries = f"from {value.min():.6g} to {value.max():.6g}, sum {value.sum():.6g}"
    raise ValueError(
        f"expected {name} on {space!r}, but {name}{list(index) if index else ''} = "
        f"{np.array2string(value, precision=6, threshold=12)} is not "
        f"(entries {entries}; "
        f"{int((~good).sum())} of {good.size} points are off): normalise the data, "
        "or use the space's projection if that is what you mean"
    )


def _belongs(space, point, atol):
    options = {} if atol is None else {"atol": atol}
    if not hasattr(point, "detach"):
        return space.belongs(point, **options)
    from .foreign import call  # where there is a tensor there is torch

    return call(space, functools.partial(space.belongs, **options), point)


def rounding_of(points):
    """Absolute tolerance for data that have been through arithmetic of their dtype."""
    return 1e-6 if "64" in str(points.dtype) else 1e-4


def _device(array):
    # autograd's boxes do not say theirs.
    return getattr(array, "device", "cpu")


def _to_numpy(array):
    if not hasattr(array, "detach"):
        return array
    array = array.detach().cpu()
    half = array.is_floating_point() and array.dtype.itemsize < 4
    return (array.float() if half else array).numpy()  # numpy has no bfloat16
