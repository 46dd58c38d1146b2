"""The folder of a trained model: model.json and reference.npz beside the checkpoint."""

import dataclasses
import io
import json
import os
from pathlib import Path

import numpy as np

from .. import __version__
from ..data import Codec
from .settings import DataSettings, TrainingSettings

FORMAT = 1
MODEL = "model.json"
REFERENCE = "reference.npz"


@dataclasses.dataclass(frozen=True)
class ModelDescription:
    """What a model needs beside its weights.

    Attributes
    ----------
    codec : Codec
        Alphabet.
    length : int
        Letters in a sequence.
    classes : list of str or None
        Names of the classes of a conditional model.
    class_counts : list of int or None
        Training sequences of each class.
    sha256 : str
        Fingerprint of the data file.
    data : DataSettings
        How the data were read.
    training : TrainingSettings
        How the model is trained.
    """

    codec: Codec
    length: int
    classes: list[str] | None
    class_counts: list[int] | None
    sha256: str
    data: DataSettings
    training: TrainingSettings


def write_description(folder, model):
    """Write model.json, atomically.

    Parameters
    ----------
    folder : pathlib.Path
        Folder; made if missing.
    model : ModelDescription
        Description.
    """
    content = {"format": FORMAT, "version": __version__, **dataclasses.asdict(model)}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    _write(folder / MODEL, (text + "\n").encode("utf-8", "surrogatepass"))


def read_description(folder):
    """Read model.json.

    Parameters
    ----------
    folder : pathlib.Path
        Folder.

    Returns
    -------
    model : ModelDescription
        Description.

    Raises
    ------
    ValueError
        If there is none, or it is damaged or of another format.
    """
    path = folder / MODEL
    if not path.is_file():
        raise ValueError(
            f"expected a model folder, as `fisher-manifold train --out DIR` makes, but "
            f"{folder} has no {MODEL}: check the path"
        )
    try:
        content = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
        found = content["format"]
        model = _described(content) if found == FORMAT else None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is damaged ({type(error).__name__}: {error}): use another copy, "
            "or train again"
        ) from error
    if model is None:
        raise ValueError(
            f"expected format {FORMAT} in {path}, got {found!r}: it was written by "
            "another version of fisher-manifold"
        )
    return model


def _described(content):
    names = [field.name for field in dataclasses.fields(ModelDescription)]
    values = {name: content[name] for name in names}
    return ModelDescription(
        **{
            **values,
            "codec": Codec.from_config(values["codec"]),
            "data": DataSettings(**values["data"]),
            "training": TrainingSettings(**values["training"]),
        }
    )


def write_reference(folder, labels, class_labels):
    """Write the training sequences, which `evaluate` compares with.

    Parameters
    ----------
    folder : pathlib.Path
        Folder; made if missing.
    labels : int array, shape=[n, length]
        Labels.
    class_labels : int array, shape=[n], or None
        Classes.
    """
    arrays = {"labels": labels, "class_labels": class_labels}
    narrow = {
        name: array.astype(np.min_scalar_type(int(array.max())))
        for name, array in arrays.items()
        if array is not None
    }
    archive = io.BytesIO()
    np.savez_compressed(archive, **narrow)
    _write(folder / REFERENCE, archive.getvalue())


def read_reference(folder):
    """Read the training sequences.

    Parameters
    ----------
    folder : pathlib.Path
        Folder.

    Returns
    -------
    labels : int64 array, shape=[n, length]
        Labels.
    class_labels : int64 array, shape=[n], or None
        Classes.
    """
    path = folder / REFERENCE
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name].astype(np.int64) for name in archive}
        return arrays["labels"], arrays.get("class_labels")
    except FileNotFoundError:
        raise ValueError(
            f"expected the training sequences in {path}, found nothing there: use a "
            "whole copy of the model's folder"
        ) from None
    except Exception as error:  # numpy, zipfile and zlib raise many kinds
        raise ValueError(
            f"{path} is damaged ({error}): use another copy, or train again"
        ) from error


def _write(path: Path, content: bytes):
    """Write a file so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
