"""Published data sets on the command line (docs/formats.md)."""

from dataclasses import replace
from pathlib import Path

from ..data import read_enhancers, read_text8

_TEXT8 = ("text8", "text8.gz", "text8.zip")
_NOT_FOR = ("column", "where")
_LABEL = "class"


def is_published(path):
    """Whether a file's name says that it is one of the published data sets."""
    return Path(path).suffix == ".pkl" or Path(path).name in _TEXT8


def read(settings, classes=None):
    """Read a published data set.

    Parameters
    ----------
    settings : DataSettings
        File and options.
    classes : list of str, optional
        A model's classes.

    Returns
    -------
    prepared : PublishedData
        Labels.

    Raises
    ------
    ValueError
        If an option does not go with the file, or the classes are others.
    """
    path = settings.path
    for name in _NOT_FOR:
        if getattr(settings, name) is not None:
            raise ValueError(f"{path} has no columns: leave out --{name}")
    if Path(path).name in _TEXT8:
        if settings.label is not None:
            raise ValueError(f"{path} has no classes: leave out --label")
        if settings.length is None:
            raise ValueError(
                f"{path} is cut into windows: give their length, as --length 256"
            )
        return read_text8(path, settings.length)
    prepared = read_enhancers(path, settings.unknown)
    if settings.length not in (None, prepared.labels.shape[1]):
        raise ValueError(
            f"{path}: expected no --length, or {prepared.labels.shape[1]}, got "
            f"{settings.length}"
        )
    if settings.label is None:
        return replace(prepared, classes=None, class_labels=None, conditions={})
    if settings.label != _LABEL:
        raise ValueError(
            f"{path}: --label {settings.label}: expected --label {_LABEL}, as the file "
            "has one class for each sequence"
        )
    if classes not in (None, prepared.classes):
        raise ValueError(
            f"{path} has {len(prepared.classes)} classes; the model was trained on "
            f"{len(classes)}: pass the data it was trained on"
        )
    return prepared
