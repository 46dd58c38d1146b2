"""Calls of spaces that others wrote, for points of any device and dtype.

geomstats' spaces make their constants on the CPU, in torch's default dtype, which is
float64 there.  A call by `call` computes in that dtype at least and rounds the result
to that of the points.  On other devices it redirects what the space makes, for the
duration of the call and in this thread alone: constants are made on the device of the
points, or moved there where they meet them.
"""

import contextlib

import geomstats.backend
import torch
from torch.overrides import TorchFunctionMode

_PARTS = ("projection", "to_tangent", "belongs", "shape", "dim")
_METRIC_PARTS = ("exp", "log", "inner_product", "squared_norm", "norm")


def call(space, function, *tensors, **keywords):
    """Call a function of a space, whose result is of the kind of its last tensor.

    Metrics that offer ``geodesic_state``, as ours do, keep dtype and device themselves:
    their spaces are called as they are.

    Parameters
    ----------
    space : Manifold
        Any space.
    function : callable
        Method of the space or of its metric.
    *tensors : torch.Tensor or numpy.ndarray
        Arguments; the last one is the base point.  Arrays are passed on as they are.
    **keywords : torch.Tensor
        More arguments.

    Returns
    -------
    result : torch.Tensor
        On the device of the last tensor, and in its dtype unless truth values.

    Raises
    ------
    TypeError
        If tensors are given to a space of geomstats, and geomstats computes with
        another backend.
    """
    like = tensors[-1]
    if _keeps_kind(space) or not isinstance(like, torch.Tensor):
        return function(*tensors, **keywords)
    dtype = torch.promote_types(like.dtype, torch.get_default_dtype())
    wide = [tensor.to(dtype) for tensor in tensors]
    keywords = {name: tensor.to(dtype) for name, tensor in keywords.items()}
    # Some logarithms minimise, by derivatives, also while nothing is trained.
    minimises = function in (space.metric.log, *_distances(space.metric))
    gradients = torch.set_grad_enabled(minimises or torch.is_grad_enabled())
    with _explaining(space), gradients, _on_device(like.device):
        result = function(*wide, **keywords)
        dtype = like.dtype if result.is_floating_point() else result.dtype
        return result.to(device=like.device, dtype=dtype)


def retract(space, point):
    """Project points that rounding or a step left off the space.

    geomstats' hyperboloid takes points that are off by more than 1e-12 for points of
    another model, and moves them far away, unless they are normalised first.

    Parameters
    ----------
    space : Manifold
        Any space.
    point : torch.Tensor, shape=[n, *space.shape]
        Points near the space.

    Returns
    -------
    projected : torch.Tensor, shape=[n, *space.shape]
        The projection of the point, or of the regularized point if that is nearer.
    """
    direct = call(space, space.projection, point)
    moved = (direct - point).abs().flatten(1).amax(1)
    regularizes = hasattr(space, "regularize") and not _keeps_kind(space)
    if not regularizes or not bool((moved > _FAR).any()):
        return direct
    if hasattr(space, "n_copies"):  # whose ``regularize`` forgets the copies
        copies = retract(space.base_manifold, point.flatten(0, 1))
        return copies.reshape(point.shape)
    detour = call(space, lambda x: space.projection(space.regularize(x)), point)
    nearer = (detour - point).abs().flatten(1).amax(1) < moved
    return torch.where(nearer.reshape(-1, *[1] * (point.ndim - 1)), detour, direct)


@contextlib.contextmanager
def _explaining(space):
    """Errors of a backend that does not compute with tensors, in words."""
    try:
        yield
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        backend = geomstats.backend.__name__.rpartition(".")[-1]
        if backend == "pytorch":
            raise
        raise TypeError(
            f"expected geomstats' torch backend for tensors on {type(space).__name__}, "
            f"got its {backend} backend: set GEOMSTATS_BACKEND=pytorch in the "
            "environment before geomstats is imported, or give numpy arrays"
        ) from error


def _distances(metric):
    names = ("squared_dist", "dist")
    return [getattr(metric, name) for name in names if hasattr(metric, name)]


def _keeps_kind(space):
    return hasattr(getattr(space, "metric", None), "geodesic_state")


_FAR = 1e-6
"""More than what rounding leaves: then a shorter way is looked for."""


def check_space(space):
    """Raise unless a space has what flows need.

    Parameters
    ----------
    space : Manifold
        Any space.

    Raises
    ------
    TypeError
        With the names of the methods that are missing.
    """
    metric = getattr(space, "metric", None)
    missing = [name for name in _PARTS if not hasattr(space, name)]
    missing += [f"metric.{name}" for name in _METRIC_PARTS if not hasattr(metric, name)]
    if not missing:
        return
    remedy = (
        "wrap it as adapters.GeooptSpace(manifold, shape)"
        if hasattr(space, "expmap")
        else "equip the space with a metric that has them, space.equip_with_metric(...)"
    )
    raise TypeError(
        f"expected a manifold in the style of geomstats, got {space!r} without "
        f"{', '.join(missing)}: {remedy}"
    )


@contextlib.contextmanager
def _on_device(device):
    """Have what is computed in a foreign function computed on a device."""
    differentiating = torch._C._functorch.peek_interpreter_stack() is not None
    if device.type == "cpu" and not differentiating:
        yield
        return
    with device, _Meeting(device):
        yield


class _Meeting(TorchFunctionMode):
    """Where tensors of several devices meet, they are moved to one.

    Constants that a space converts to numpy are taken to the CPU, and out of the
    transforms of torch.func, for that.

    Parameters
    ----------
    device : torch.device
        Where to.
    """

    def __init__(self, device):
        super().__init__()
        self.device = device

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in _TO_NUMPY:
            with torch._C._DisableFuncTorch():
                return function(args[0].cpu(), *args[1:], **kwargs)
        if len({tensor.device for tensor in _tensors((args, kwargs))}) > 1:
            # What changes its first argument needs that itself, not a copy.
            device = args[0].device if _is_in_place(function) else self.device
            args, kwargs = _moved((args, kwargs), device)
        return function(*args, **kwargs)


_TO_NUMPY = (torch.Tensor.numpy, torch.Tensor.__array__)


def _is_in_place(function):
    name = function.__name__
    return name == "__setitem__" or (name.endswith("_") and not name.endswith("__"))


def _tensors(value):
    """Tensors among arguments, and in lists, tuples and dictionaries of them."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _moved(value, device):
    """Arguments with their tensors on a device."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, list | tuple):
        return type(value)(_moved(each, device) for each in value)
    if isinstance(value, dict):
        return {name: _moved(each, device) for name, each in value.items()}
    return value
