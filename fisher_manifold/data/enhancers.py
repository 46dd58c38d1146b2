"""Enhancers of the fly brain and of melanoma cells, as published."""

import numpy as np

from fisher_manifold.data._unpickling import load_arrays
from fisher_manifold.data.codec import DNA
from fisher_manifold.data.published import (
    PARTS,
    PublishedData,
    check_doubtful,
    deal_with,
)

_BLOCK = 2**24


def read_enhancers(path, doubtful="error"):
    """Read ``DeepFlyBrain_data.pkl`` or ``DeepMEL2_data.pkl``.

    The file is a pickled dictionary of ``train_data``, ``valid_data`` and
    ``test_data``, one-hot arrays [n, length, 4] in the order ACGT, and of ``y_train``,
    ``y_valid`` and ``y_test``, one-hot arrays [n, n_classes].  It is read as data and
    never run.

    Parameters
    ----------
    path : path-like
        File: 500 letters; 81 classes (fly brain) or 47 (melanoma).
    doubtful : {"error", "drop", "first"}
        What becomes of sequences with letters that are not one-hot (all 0: N), or
        without exactly one class.  "first" takes the first of the largest entries, as
        the loaders of the papers do: N becomes A.

    Returns
    -------
    data : PublishedData
        Labels; conditions "label".

    Raises
    ------
    ValueError
        If the file is not of this format, or a sequence is doubtful.

    References
    ----------
    I. I. Taskiran et al., Cell-type-directed design of synthetic enhancers, Nature 626
    (2024); data: https://doi.org/10.5281/zenodo.10184648.

    Examples
    --------
    >>> import pathlib, pickle, tempfile
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> parts = [f"{part}_data" for part in ("train", "valid", "test")]
    >>> content = dict.fromkeys(parts, np.eye(4, dtype=np.int8)[[[0, 1, 2, 3]]])
    >>> content |= {f"y_{part[:-5]}": np.eye(3)[[1]] for part in parts}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "small.pkl")
    ...     _ = path.write_bytes(pickle.dumps(content))
    ...     found = data.read_enhancers(path)
    >>> data.DNA.decode(found.labels), found.conditions["label"], found.splits
    (['ACGT', 'ACGT', 'ACGT'], array([1, 1, 1]), ['train', 'valid', 'test'])
    """
    check_doubtful(doubtful)
    names = [name for part in PARTS for name in (f"{part}_data", f"y_{part}")]
    arrays = load_arrays(path, names)
    sizes = _check_shapes(arrays, str(path))
    x, unclear = _decode([arrays[f"{part}_data"] for part in PARTS])
    y, without = _decode([arrays[f"y_{part}"][:, None] for part in PARTS])
    rows = np.arange(1, len(x) + 1)
    what = "unknown letters or without exactly one class"
    kept, messages = deal_with(unclear | without, doubtful, what, str(path), rows)
    y = y[kept, 0].astype(np.int64)
    return PublishedData(
        labels=x[kept],
        codec=DNA,
        classes=[str(k) for k in range(arrays["y_train"].shape[1])],
        class_labels=y,
        splits=np.repeat(PARTS, sizes)[kept].tolist(),
        rows=rows[kept].tolist(),
        messages=messages,
        conditions={"label": y},
    )


def _check_shapes(arrays, source):
    """Sizes of the parts, if all arrays go together."""
    x, y = arrays["train_data"], arrays["y_train"]
    for part in PARTS:
        data, classes = arrays[f"{part}_data"], arrays[f"y_{part}"]
        if data.ndim != 3 or data.shape[1:] != (*x.shape[1:2], 4):
            raise ValueError(
                f"{source}: expected '{part}_data' of shape [n, length, 4], of one "
                f"length in all parts, got {list(data.shape)}"
            )
        if classes.shape != (len(data), *y.shape[1:2]) or classes.ndim != 2:
            raise ValueError(
                f"{source}: expected 'y_{part}' of shape [{len(data)}, n_classes], one "
                f"row for each sequence, got {list(classes.shape)}"
            )
    return [len(arrays[f"{part}_data"]) for part in PARTS]


def _decode(parts):
    """Largest entries, as uint8 [n, length], and whether a row [n] is not one-hot."""
    labels, unclear = [], []
    for part in parts:
        step = max(1, _BLOCK // max(1, part[:1].size))
        for start in range(0, len(part), step):
            block = part[start : start + step]
            labels.append(block.argmax(-1).astype(np.uint8))
            wrong = ((block != 0) & (block != 1)).any(-1) | (block.sum(-1) != 1)
            unclear.append(wrong.any(-1))
    return np.concatenate(labels), np.concatenate(unclear)
