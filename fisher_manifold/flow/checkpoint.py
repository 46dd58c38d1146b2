"""Checkpoints: written atomically, checked when read, never unpickled.

A checkpoint is one file, ``checkpoint.pt``: torch's zip format with tensors, numbers,
strings, lists and dictionaries only, so that it loads with ``weights_only=True``.
Objects are stored as descriptions, and only this package's own classes are made from
descriptions again.
"""

import contextlib
import inspect
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch

FORMAT = 2
FILE_NAME = "checkpoint.pt"


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, or made by something else.

    Examples
    --------
    >>> from fisher_manifold import flow
    >>> try:
    ...     flow.Trainer.load("nowhere")
    ... except flow.CheckpointError as error:
    ...     print(error)
    expected a checkpoint at nowhere, found nothing there
    """


def write(directory, state):
    """Write a checkpoint so that a crash leaves the old one or the new one.

    Parameters
    ----------
    directory : path-like
        Folder; made if missing.
    state : dict
        Tensors and plain values.

    Returns
    -------
    path : pathlib.Path
        The file.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / FILE_NAME
    handle, temporary = tempfile.mkstemp(prefix=".checkpoint-", dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save({"format": FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        for left in directory.glob(".checkpoint-*"):  # by writers that were killed
            left.unlink(missing_ok=True)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    return path


def check_writable(directory):
    """Make a folder and raise OSError unless files can be written there.

    Parameters
    ----------
    directory : path-like
        Folder.
    """
    Path(directory).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=directory):
        pass


def read(directory, device="cpu"):
    """Read and check a checkpoint.

    Parameters
    ----------
    directory : path-like
        Folder with a checkpoint, or the file itself.
    device : torch.device
        Where the tensors go.

    Returns
    -------
    state : dict
        What was written.

    Raises
    ------
    CheckpointError
        If there is none, or it is truncated, changed, or of another format.
    """
    path = Path(directory)
    path = path / FILE_NAME if path.is_dir() else path
    if not path.exists():
        raise CheckpointError(f"expected a checkpoint at {path}, found nothing there")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive.infolist(), path.stat().st_size)
            damaged = archive.testzip()  # compares every record with its CRC-32
        if damaged is not None:
            raise zipfile.BadZipFile(f"record {damaged!r} does not match its checksum")
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # zipfile, zlib, pickle and torch raise many kinds
        raise CheckpointError(
            f"the checkpoint {path} is damaged or not one of ours, and was not loaded "
            f"({type(error).__name__}). Use another copy, or train again"
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = state.get("format") if isinstance(state, dict) else type(state).__name__
        raise CheckpointError(
            f"expected a checkpoint of format {FORMAT} at {path}, got {found}: it was "
            "written by another program or version"
        )
    return state


def _check_sizes(records, size):
    """Refuse records that would unpack to more than their file, before reading any."""
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.file_size > size:
            raise zipfile.BadZipFile(f"record {record.filename!r} is compressed")


def check_network(description, weights):
    """Refuse a network larger than its weights, without making it.

    Parameters
    ----------
    description : dict
        Of the network, from `describe`.
    weights : dict of torch.Tensor
        Its state.

    Raises
    ------
    CheckpointError
        If the shapes are not those of the weights.
    """
    names = set(weights)

    def count(*_):
        if not names:
            raise ValueError("more weights than the checkpoint holds")
        names.pop()

    # A meta tensor has a shape and no memory; the hook ends an endless depth.
    hook = torch.nn.modules.module.register_module_parameter_registration_hook(count)
    try:
        with torch.device("meta"):
            found = build(description).state_dict()
        for name, value in found.items():
            if name not in weights or weights[name].shape != value.shape:
                raise ValueError(f"weights {name!r} of shape {list(value.shape)}")
    except CheckpointError:
        raise
    except (ValueError, RuntimeError, OverflowError) as error:
        raise CheckpointError(
            f"the checkpoint was not loaded, since it describes a network of other "
            f"weights than it holds ({error}): use another copy, or train again"
        ) from error
    finally:
        hook.remove()


def describe(value):
    """Describe an object as plain values: its class and constructor arguments.

    Parameters
    ----------
    value : object
        Plain value, or an object of a public class of this package whose constructor
        arguments are its attributes.

    Returns
    -------
    description : plain value or dict
        ``{"class": name, "arguments": {...}}``, or ``{"unknown": name}`` for objects
        that only their owner can make again.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [describe(item) for item in value]
    kind = type(value)
    known = _buildable().get(kind.__name__) is kind and _has_default_metric(value)
    if not known:
        return {"unknown": f"{kind.__module__}.{kind.__qualname__}"}
    names = [name for name in inspect.signature(kind).parameters if name != "equip"]
    if not all(hasattr(value, name) for name in names):  # it has learnt something
        return {"unknown": f"{kind.__module__}.{kind.__qualname__}"}
    return {
        "class": kind.__name__,
        "arguments": {name: describe(getattr(value, name)) for name in names},
    }


def build(description, given=None, built=None):
    """Make an object from its description.

    Equal descriptions give one object, so that parts shared before are shared again.

    Parameters
    ----------
    description : plain value or dict
        From `describe`.
    given : dict, optional
        Objects for constructor arguments of these names, instead of descriptions.
    built : dict, optional
        Objects made so far.

    Returns
    -------
    value : object
        The object.

    Raises
    ------
    CheckpointError
        If the object is not of this package.
    """
    given, built = given or {}, {} if built is None else built
    if isinstance(description, list):
        return [build(item, given, built) for item in description]
    if not isinstance(description, dict):
        return description
    key = json.dumps(description, sort_keys=True)
    if key in built:
        return built[key]
    kind = _buildable().get(description.get("class", ""))
    if kind is None:
        name = description.get("unknown", description.get("class"))
        raise CheckpointError(
            f"the checkpoint was made with an object of class {name!r}, which is not "
            "made from a file: pass your own, as Trainer.load(directory, field=..., "
            "path=..., coupling=...), or network=... or space=... if only that one is "
            "yours"
        )
    arguments = {
        name: given[name] if name in given else build(value, given, built)
        for name, value in description["arguments"].items()
    }
    try:
        built[key] = kind(**arguments)
    except TypeError as error:
        raise CheckpointError(
            f"the checkpoint describes a {kind.__name__} that this version does not "
            f"make: {error}"
        ) from error
    return built[key]


def _buildable():
    """Return the public classes that a file may name."""
    from .. import geometry, networks, transport
    from . import field, flow_map, inpainting, path, source, times

    kinds = {}
    flows = (field, flow_map, inpainting, path, source, times)
    for module in (geometry, networks, transport, *flows):
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and kind.__module__.startswith("fisher_manifold."):
                kinds[name] = kind
    return kinds


def _has_default_metric(value):
    default = getattr(value, "default_metric", None)
    return default is None or type(value.metric) is default()
