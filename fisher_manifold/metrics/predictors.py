"""Predictors of others, by whose outputs sequences are compared.

The papers on DNA compare generated with real sequences by what a network trained on
measurements says of them: SP-MSE by the profiles it predicts, FBD by its embeddings.
Here any callable serves::

    def predictor(sequences):  # list of str, at most batch_size of them
        return array  # shape [n], [n, size] or [n, length, channels]

or ``{"profile": array, "embedding": array}``, one of them or both.  Arrays may be
torch's.
"""

import importlib
import importlib.machinery
import types
from pathlib import Path

import numpy as np

from .._validation import check_integer
from .features import frechet_distance

__all__ = ["load_predictor", "predict", "predicted_distances", "profile_error"]

_KINDS = ("profile", "embedding")


def profile_error(profiles_a, profiles_b):
    """Return the mean squared difference of the profiles of paired sequences.

    SP-MSE, where row i of both has the same condition: of the predicted activity of
    promoters in its references.

    Parameters
    ----------
    profiles_a, profiles_b : array-like, shape=[n, ...]
        Profiles, one row for each sequence: a number, one for each position, or more.

    Returns
    -------
    error : float
        In squared units of the profiles.

    Raises
    ------
    ValueError
        If the shapes differ, there are no profiles, or one is not finite.

    References
    ----------
    P. Avdeyev et al., Dirichlet diffusion score model for biological sequence
    generation, ICML 2023, section 5.3.

    Examples
    --------
    >>> profile_error([[0.0, 1.0], [2.0, 2.0]], [[0.0, 0.0], [2.0, 1.0]])
    0.5
    """
    a, b = (np.asarray(p, np.float64) for p in (profiles_a, profiles_b))
    if a.shape != b.shape or a.size == 0:
        raise ValueError(
            "profiles_a and profiles_b must have one shape [n, ...], a row for each of "
            f"n >= 1 pairs, got {list(a.shape)} and {list(b.shape)}"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("profiles must be finite: the predictor gave NaN or infinity")
    return float(((a - b) ** 2).mean())


def load_predictor(name):
    """Find a predictor by its name.

    Parameters
    ----------
    name : str
        ``module:callable`` or ``path/to/file.py:callable``.  Its code is run: name only
        code that you trust.  A class is called once, without arguments, for its object.

    Returns
    -------
    predictor : callable
        The predictor.

    Raises
    ------
    ValueError
        If there is no such module or callable.

    Examples
    --------
    >>> predictor = load_predictor("numpy.strings:str_len")  # the number of letters
    >>> predictor(["ACGT", "A"])
    array([4, 1])
    """
    module_name, colon, attribute = name.rpartition(":")
    if not (colon and module_name and attribute):
        raise ValueError(
            f"expected a predictor as module:callable or file.py:callable, got {name!r}"
        )
    module = _load_module(module_name, name)
    try:
        found = module
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise ValueError(f"predictor {name}: {error}") from error
    found = found() if isinstance(found, type) else found
    if not callable(found):
        raise ValueError(
            f"predictor {name}: expected something to call with a list of sequences, "
            f"got {type(found).__name__}"
        )
    return found


def _load_module(module_name, name):
    if not module_name.endswith(".py"):
        try:
            return importlib.import_module(module_name)
        except ImportError as error:
            raise ValueError(
                f"predictor {name}: {error}; a file is named with its path, as "
                "./file.py:callable"
            ) from error
    if not Path(module_name).is_file():
        raise ValueError(f"predictor {name}: there is no file {module_name}")
    loader = importlib.machinery.SourceFileLoader(Path(module_name).stem, module_name)
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    return module


def predict(predictor, sequences, batch_size=256):
    """Outputs of a predictor for all sequences, in batches that are put together.

    Parameters
    ----------
    predictor : callable
        See the module.
    sequences : list of str
        Sequences.
    batch_size : int
        Most sequences that it is called with.

    Returns
    -------
    outputs : dict of array, first axis len(sequences)
        "profile" or "embedding" or both, in float64.  An array without a name is a
        profile, and with less than three axes an embedding as well.

    Raises
    ------
    ValueError, TypeError
        If the predictor gives something else than one row for each sequence.

    Examples
    --------
    >>> outputs = predict(np.strings.str_len, ["ACGT", "A", "CG"], batch_size=2)
    >>> outputs["profile"]
    array([4., 1., 2.])
    >>> outputs["embedding"].shape
    (3, 1)
    """
    batch_size = check_integer(batch_size, "batch_size", 1)
    parts = []
    for start in range(0, len(sequences), batch_size):
        batch = list(sequences[start : start + batch_size])
        parts.append(_named(predictor(batch), len(batch)))
    if any(part.keys() != parts[0].keys() for part in parts):
        raise ValueError("the predictor gave other kinds of output for some batches")
    try:
        return {k: np.concatenate([part[k] for part in parts]) for k in parts[0]}
    except ValueError as error:
        raise ValueError(
            f"the predictor gave outputs of different shapes: {error}"
        ) from error


def _named(output, n):
    """Outputs by their kind, as arrays with n rows."""
    if not isinstance(output, dict):
        array = _as_array(output, "its output", n)
        kinds = _KINDS if array.ndim < 3 else _KINDS[:1]
        return {kind: _of_kind(array, kind) for kind in kinds}
    if not output or set(output) - set(_KINDS):
        raise ValueError(
            f"expected a predictor's output named {' or '.join(_KINDS)}, got "
            f"{sorted(output)}"
        )
    return {k: _of_kind(_as_array(v, f"{k!r}", n), k) for k, v in output.items()}


def _as_array(value, name, n):
    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"expected numbers from a predictor, {name} has dtype {array.dtype}"
        )
    if array.ndim == 0 or len(array) != n:
        raise ValueError(
            f"expected one row for each of {n} sequences from a predictor, {name} has "
            f"shape {list(array.shape)}"
        )
    return array.astype(np.float64)


def _of_kind(array, kind):
    return array.reshape(len(array), -1) if kind == "embedding" else array


def predicted_distances(outputs, reference):
    """SP-MSE and FBD of sequences from reference sequences, by a predictor's outputs.

    Parameters
    ----------
    outputs, reference : dict of array
        Outputs of `predict`.  Sequence i of both has the same condition.

    Returns
    -------
    distances : dict of float
        "SP-MSE" where there are profiles, "FBD" where there are embeddings: the Frechet
        distance of all of them at once, since an average over batches is biased by the
        size of a batch (see `frechet_distance`).

    Examples
    --------
    The same sequences, each for the condition of the other: SP-MSE sees it, FBD cannot.

    >>> outputs = predict(np.strings.str_len, ["ACG", "A"])
    >>> reference = predict(np.strings.str_len, ["A", "ACG"])
    >>> predicted_distances(outputs, reference)
    {'SP-MSE': 4.0, 'FBD': 0.0}
    """
    distances = {}
    if "profile" in outputs:
        distances["SP-MSE"] = profile_error(outputs["profile"], reference["profile"])
    if "embedding" in outputs:
        pair = outputs["embedding"], reference["embedding"]
        distances["FBD"] = frechet_distance(*pair)
    return distances
