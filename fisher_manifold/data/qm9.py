"""QM9, small molecules as SMILES with their properties."""

from dataclasses import fields

import numpy as np

from fisher_manifold.data.codec import Codec
from fisher_manifold.data.preparation import PreparedData, prepare
from fisher_manifold.data.published import PublishedData
from fisher_manifold.data.readers import read_sequences


def read_qm9(path, properties=(), codec: Codec | str = "auto", length=None):
    r"""Read ``qm9.csv`` of MoleculeNet.

    Parameters
    ----------
    path : path-like
        CSV with the column ``smiles`` and columns of properties (``mu``, ``alpha``,
        ``homo``, ``lumo``, ``gap``, ``cv``, ...); the file has no split, but a column
        ``split`` is read where somebody has added one.
    properties : sequence of str
        Columns that make up the condition "vector".
    codec : Codec or str
        Alphabet; by default the letters found.
    length : int, optional
        Letters, padding included.  Default: those of the longest SMILES.

    Returns
    -------
    data : PublishedData
        Labels of SMILES padded at their end; conditions "vector", in the units of the
        file, where properties are asked for.

    Raises
    ------
    ValueError
        If a column is missing or a property is not a number.

    References
    ----------
    R. Ramakrishnan et al., Quantum chemistry structures and properties of 134 kilo
    molecules, Scientific Data 1 (2014); Z. Wu et al., MoleculeNet, Chemical Science 9
    (2018).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fisher_manifold import data
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "qm9.csv")
    ...     _ = path.write_text("smiles,mu,gap\nC,0.0,0.5\nCO,1.5,0.25\n")
    ...     found = data.read_qm9(path, properties=["gap", "mu"])
    >>> found.labels, found.codec.alphabet, found.conditions["vector"]
    (array([[0, 2],
           [0, 1]]), 'CO-', array([[0.5 , 0.  ],
           [0.25, 1.5 ]], dtype=float32))
    """
    table = read_sequences(path, column="smiles")
    prepared = prepare(table, codec, length, pad=True)
    conditions = {"vector": _read_properties(path, properties)} if properties else {}
    known = {part.name: getattr(prepared, part.name) for part in fields(PreparedData)}
    return PublishedData(**known, conditions=conditions)


def _read_properties(path, names):
    import pandas

    header = pandas.read_csv(path, nrows=0).columns
    missing = [name for name in names if name not in header]
    if missing:
        raise ValueError(
            f"{path}: there are no columns {missing}; the columns are {list(header)}"
        )
    frame = pandas.read_csv(path, usecols=list(names))[list(names)]
    for name in names:
        values = pandas.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
        if not np.isfinite(values).all():
            row = int((~np.isfinite(values)).argmax())
            value = str(frame[name].iloc[row])
            raise ValueError(
                f"{path}: line {row + 2} has {value!r} in the column {name!r}, "
                "expected a finite number: correct it or remove the line"
            )
    return frame.to_numpy(np.float32)
