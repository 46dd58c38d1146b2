"""Files of learnt potentials: arrays only, so that reading one executes nothing."""

import os

import numpy as np
import torch

from .pairs import as_numpy

_FORMAT = 1


def save_potentials(path, potentials, digest):
    """Write potentials, by way of a temporary file beside it.

    Parameters
    ----------
    path : path-like
        File to write.
    potentials : Potentials
        What to save.
    digest : str
        Digest of the targets that they belong to.
    """
    partial = f"{os.fspath(path)}.partial"
    with open(partial, "wb") as file:
        np.savez(
            file,
            format=_FORMAT,
            digest=digest,
            weights=as_numpy(potentials.weights),
            current=as_numpy(potentials.current),
            average=as_numpy(potentials.average),
            gap=potentials.gap,
            progress=np.array([potentials.n_samples, potentials.n_steps]),
        )
    os.replace(partial, path)


def load_potentials(path, potentials, digest):
    """Read potentials into an object made for the same targets.

    Parameters
    ----------
    path : path-like
        File that `save_potentials` wrote.
    potentials : Potentials
        Where they go.
    digest : str
        Digest of its targets.

    Raises
    ------
    ValueError
        If the file is damaged, of another format, or of other targets or weights.
    """
    saved = _read(path)
    version, weights = saved["format"], as_numpy(potentials.weights)
    if version.shape or version != _FORMAT:
        raise ValueError(f"expected format {_FORMAT} in {path}, got {version}")
    same = saved["weights"].shape == weights.shape and str(saved["digest"]) == digest
    if not same or not np.allclose(saved["weights"], weights):
        raise ValueError(
            f"expected potentials of the {len(weights)} distinct targets given here "
            f"and of their weights, those in {path} belong to others"
        )
    for name in ("current", "average"):
        array = saved[name]
        if array.shape != weights.shape or array.dtype != weights.dtype:
            raise ValueError(
                f"expected {name} of shape {list(weights.shape)} in {path}, got "
                f"{array.dtype} of {list(array.shape)}: the file is damaged"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"expected finite {name} in {path}: the file is damaged")
    potentials.current.copy_(torch.as_tensor(saved["current"]))
    potentials.average.copy_(torch.as_tensor(saved["average"]))
    potentials.gap = float(saved["gap"])
    potentials.n_samples, potentials.n_steps = map(int, saved["progress"])


def _read(path):
    names = {"format", "digest", "weights", "current", "average", "gap", "progress"}
    with open(path, "rb") as stream:
        try:
            file = np.load(stream, allow_pickle=False)
            if set(getattr(file, "files", ())) != names:
                raise ValueError("it holds other arrays")
            return {name: file[name] for name in names}
        except Exception as error:  # a damaged zip raises almost anything
            raise ValueError(
                f"expected potentials saved by SemidiscreteCoupling in {path}, the "
                f"file is damaged or another one: {error}"
            ) from error
