"""Checks of what a trainer is given, once, before it starts."""

import numbers
import warnings

import numpy as np
import torch

from ..geometry import check_point
from ..geometry.checks import rounding_of

_CHUNK = 2**22


def check_counts(**counts):
    """Raise unless every count is an integer of at least 1."""
    for name, value in counts.items():
        if not isinstance(value, numbers.Integral) or value < 1:
            raise ValueError(f"expected {name} to be an integer >= 1, got {value!r}")


def check_parts(field, path):
    """Refuse a field made for another path or space than the trainer's."""
    if getattr(field, "path", path) is not path:
        raise ValueError(
            "expected a field made with the trainer's own path, whose source decides "
            "its evidence: give both the same GeodesicPath"
        )
    if tuple(field.space.shape) != tuple(path.space.shape):
        raise ValueError(
            f"expected a field on the path's space {path.space!r}, got {field.space!r}"
        )


def as_tensor(data):
    """Tensor that shares its memory with an array, or its file if memory-mapped."""
    with warnings.catch_warnings():
        # Nobody writes into data; files are rightly opened for reading alone.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.as_tensor(data)


def chunks(tensor):
    """First rows and tensors of consecutive parts: few numbers of large data."""
    rows = max(1, _CHUNK * len(tensor) // max(1, tensor.numel()))
    for start in range(0, len(tensor), rows):
        yield start, tensor[start : start + rows]


def check_on_space(space, data, name):
    """Refuse points off the space, beyond what float32 arithmetic leaves."""
    data = as_tensor(data) if isinstance(data, np.ndarray) else data
    if not isinstance(data, torch.Tensor) or not data.is_floating_point():
        return
    for start, part in chunks(data):
        points = part.detach().to("cpu", torch.float64)
        place = f"{name}[{start}:]" if start else name
        check_point(space, points, place, atol=rounding_of(data))


def check_coupled(coupling, data, name):
    """Refuse data that a coupling of given targets has no partners for."""
    check = getattr(coupling, "check_data", None)
    if check is None or not isinstance(data, torch.Tensor | np.ndarray):
        return
    try:
        check(as_tensor(data))
    except ValueError as error:
        raise ValueError(f"the {name} do not go with the coupling: {error}") from error


def held_out(validation, conditions):
    """Validation data and their conditions as tensors of equal length, or None."""
    if validation is None:
        return None
    validation = as_tensor(validation)
    conditions = {k: as_tensor(v) for k, v in (conditions or {}).items()}
    for name, value in {"validation": validation, **conditions}.items():
        if len(value) == 0 or len(value) != len(validation):
            raise ValueError(
                f"expected {len(validation) or 'some'} rows of validation data, "
                f"{name!r} has {len(value)}"
            )
    return validation, conditions
