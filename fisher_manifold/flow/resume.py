"""A trainer as a checkpoint, and back."""

from pathlib import Path

import torch

from . import checkpoint
from .history import write_history
from .ranks import is_first
from .source import seeded_globals

_SETTINGS = (
    *("learning_rate", "batch_size", "ema_decay", "weight_decay", "schedule"),
    *("warmup", "clip_norm", "compile", "couple_ahead"),
    *("coupling_size", "micro_batch_size"),
)


def save(trainer, directory):
    """Write a trainer's checkpoint.pt and history.csv, each atomically, on rank 0.

    Parameters
    ----------
    trainer : Trainer
        Trainer.
    directory : path-like
        Folder; made if missing.

    Returns
    -------
    path : pathlib.Path
        The checkpoint.
    """
    if not is_first():
        return Path(directory) / checkpoint.FILE_NAME
    average = trainer._average
    state = {
        "step": trainer.step,
        "seed": trainer.seed,
        "network": trainer.raw_field.network.state_dict(),
        "average": average.state_dict() if average is not None else None,
        "optimizer": trainer._optimizer.state_dict(),
        "history": trainer.history,
        "losses": trainer._losses,
        "data_fingerprint": trainer._data_fingerprint,
        "settings": {name: getattr(trainer, name) for name in _SETTINGS},
        "autocast": str(trainer.autocast).removeprefix("torch."),
        "field": checkpoint.describe(trainer.raw_field),
        "path": checkpoint.describe(trainer.path),
        "coupling": checkpoint.describe(trainer.coupling),
    }
    path = checkpoint.write(directory, state)
    save_history(trainer, directory)
    return path


def save_history(trainer, directory):
    """Write a trainer's history.csv, atomically, on rank 0.

    Parameters
    ----------
    trainer : Trainer
        Trainer.
    directory : path-like
        Folder, which exists.
    """
    if is_first():
        write_history(Path(directory) / "history.csv", trainer.history)


def load(kind, directory, field, path, coupling, given, device):
    """Make a trainer from a checkpoint.

    Parameters
    ----------
    kind : type
        Trainer, or a subclass.
    directory : path-like
        Folder with checkpoint.pt.
    field, path, coupling : object or None
        The caller's own objects.
    given : dict
        The caller's own parts, by name of the constructor argument.
    device : torch.device or None
        Where the network goes.

    Returns
    -------
    trainer : Trainer
        As it was saved.
    """
    state = checkpoint.read(directory)
    # Initial weights are drawn and replaced: not from anybody's random numbers.
    with seeded_globals(torch.Generator().manual_seed(0)):
        trainer = _build(kind, state, field, path, coupling, given, device)
    trainer.step, trainer.seed = state["step"], state["seed"]
    trainer.history, trainer._losses = state["history"], state["losses"]
    trainer._data_fingerprint = state["data_fingerprint"]
    trainer.raw_field.network.load_state_dict(state["network"])
    if trainer._average is not None:
        trainer._average.load_state_dict(state["average"])
    trainer._optimizer.load_state_dict(state["optimizer"])
    return trainer


def _build(kind, state, field, path, coupling, given, device):
    built: dict = {}
    if path is None:
        path = checkpoint.build(state["path"], given, built)
    if field is None:
        if "network" not in given:
            network = state["field"].get("arguments", {}).get("network", {})
            if "class" in network:
                checkpoint.check_network(network, state["network"])
        parts = {"path": path, "space": path.space, **given}
        field = checkpoint.build(state["field"], parts, built)
    if coupling is None:
        parts = {"space": path.space, **given}
        coupling = checkpoint.build(state["coupling"], parts, built)
    if device is not None:
        field.to(device)
    autocast = getattr(torch, state["autocast"], None)
    return kind(field, path, coupling, autocast=autocast, **state["settings"])
