"""Checks of what a trainer is given, once, before it starts."""

import contextlib
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


def check_settings(schedule, ema_decay):
    """Refuse settings of a trainer that are not among those it knows."""
    if schedule not in ("cosine", "constant"):
        raise ValueError(f'expected schedule "cosine" or "constant", got {schedule!r}')
    if ema_decay is not None and not 0 <= ema_decay < 1:
        raise ValueError(f"expected 0 <= ema_decay < 1 or None, got {ema_decay}")


def check_methods(value, names, what):
    """Refuse an object of the user's that lacks methods or attributes."""
    missing = [name for name in names if not hasattr(value, name)]
    if missing:
        raise TypeError(
            f"expected {what} with {', '.join(names)}, got {type(value).__name__} "
            f"without {', '.join(missing)} (docs/extending.md)"
        )


def check_callable(value, what):
    """Refuse a coupling or callback of the user's that cannot be called."""
    if not callable(value):
        raise TypeError(f"expected {what}, got {type(value).__name__}")


def check_parts(field, path):
    """Refuse what is no field, or one made for another path or space."""
    if not isinstance(field, torch.nn.Module):
        raise TypeError(f"expected a torch.nn.Module, got {type(field).__name__}")
    check_methods(field, ("network", "space", "loss", "with_network"), "a field")
    if getattr(field, "path", path) is not path:
        raise ValueError(
            "expected a field made with the trainer's own path, whose source decides "
            "its evidence: give both the same GeodesicPath"
        )
    _check_space(field, path)


def _check_space(field, path):
    if not _same_space(field.space, path.space):
        raise ValueError(
            "expected a path on the field's own space and chart, "
            f"{_named(field.space)}, got {_named(path.space)}"
        )


def check_goes_with(field, path):
    """Refuse to run a field along a path on another space, or of other evidence."""
    if not hasattr(field, "default_times"):
        raise TypeError(
            "expected a field, as flow.VelocityField or flow.PosteriorField, got "
            f"{type(field).__name__}; a FlowMap is a solver: sample(field, path, ..., "
            "solver=flow_map)"
        )
    _check_space(field, path)
    if not getattr(field, "evidence", False):
        return
    known = field.path.source.concentration
    given = getattr(path.source, "concentration", None)
    if given != known:
        raise ValueError(
            f"expected a path whose source is Dirichlet({known:g}), the one of the "
            f"field's evidence, got {type(path.source).__name__} of concentration "
            f"{given}: give field.path"
        )


def _same_space(a, b):
    """Whether points, and what is done with them, are the same; as far as we know."""
    if a is b:
        return True
    alike = type(a) is type(b) and tuple(a.shape) == tuple(b.shape)
    alike = alike and type(a.metric) is type(b.metric)
    return alike and _same_space(getattr(a, "base", 0), getattr(b, "base", 0))


def _named(space):
    base = getattr(space, "base", None)
    of = f" of {type(base).__name__}" if base is not None else ""
    return f"{type(space).__name__}{of} of shape {list(space.shape)}"


def check_conditions(conditions, n):
    """Conditions as tensors whose first axis is n."""
    conditions = {k: torch.as_tensor(v) for k, v in (conditions or {}).items()}
    for name, value in conditions.items():
        if value.shape[:1] != (n,):
            raise ValueError(
                f"expected condition {name!r} of first axis {n}, got "
                f"{list(value.shape)}"
            )
    return conditions


def refuse_given(conditions):
    """Refuse given sites, whose density is none of the flow's."""
    if "given" in (conditions or {}):
        raise ValueError(
            "expected no `given` sites: the likelihood of free sites given others is "
            "not that of a flow of all sites, and is not computed"
        )


@contextlib.contextmanager
def evaluating(field):
    """Evaluate without dropout, and give each module its mode back."""
    modes = {module: module.training for module in field.modules()}
    field.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


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
