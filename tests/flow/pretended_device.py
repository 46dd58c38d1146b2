"""A second device on a machine without one, to see what is computed where.

Tensors say that they are on it, and compute on the CPU.  Meeting a tensor of the CPU is
an error, as on a GPU; so is conversion to numpy.  Values are real, so that code which
branches on them runs.  It relies on experimental parts of torch.
"""

import functools

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "pretended"

# Copies between devices, and indices, which may be on the CPU: the first argument
# decides where the result is.
_MIXING = ("_to_copy", "copy_", "index", "index_put", "index_put_", "_index_put_impl_")


class PretendedTensor(torch.Tensor):
    """Wrapper of a tensor of the CPU."""

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=f"{NAME}:0",
        )

    def __init__(self, inner):
        self.inner = inner

    def __repr__(self, **keywords):
        return f"PretendedTensor({self.inner!r})"

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return _compute(function, args, kwargs or {})


class PretendedDevice(TorchDispatchMode):
    """Context in which the device can be used."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return _compute(function, args, kwargs or {})


@functools.cache
def device():
    """Register the device with torch, for the whole process, and return it.

    Only where it is used: pytest imports every file of the tests.
    """
    _setup_privateuseone_for_python_backend(NAME)
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device=...)
    return torch.device(NAME, 0)


def _compute(function, args, kwargs):
    tensors = [a for a in tree_leaves((args, kwargs)) if isinstance(a, torch.Tensor)]
    there = [t for t in tensors if isinstance(t, PretendedTensor)]
    here = [t for t in tensors if not isinstance(t, PretendedTensor) and t.ndim]
    name = function.overloadpacket.__name__
    if there and here and name not in _MIXING:
        raise RuntimeError(f"expected all tensors to be on the same device: {name}")
    asked = kwargs.get("device")
    if asked is not None:
        is_there = torch.device(asked).type == NAME
        kwargs = {**kwargs, "device": torch.device("cpu")}
    elif name in _MIXING:
        is_there = isinstance(tensors[0], PretendedTensor)
    else:
        is_there = bool(there)
    if name == "_efficientzerotensor":  # has no data to wrap
        function = torch.ops.aten.zeros.default
    result = function(*tree_map(_inner, args), **tree_map(_inner, kwargs))
    known = {id(t.inner): t for t in there}  # functions that work in place

    def wrap(value):
        if not isinstance(value, torch.Tensor):
            return value
        return known[id(value)] if id(value) in known else PretendedTensor(value)

    return tree_map(wrap, result) if is_there else result


def _inner(value):
    return value.inner if isinstance(value, PretendedTensor) else value
