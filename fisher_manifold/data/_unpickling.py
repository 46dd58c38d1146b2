"""Arrays out of a pickle that nobody has to trust.

A pickle is a program.  Of its instructions only those that build dictionaries and
numpy arrays are run, and numpy itself is never called: what the program calls numpy's
functions is a stand-in that writes its arguments down.  Arrays are made of these at the
end, when their kind and size have been checked.
"""

import math
import pickle
import pickletools
import re
from pathlib import Path

import numpy as np

_CORES = ("numpy.core", "numpy._core")  # before numpy 2, and since
_NAMES = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # bytes in protocol 2
    ("__builtin__", "bytes"),  # no bytes at all in protocol 2
    *((f"{core}.multiarray", "_reconstruct") for core in _CORES),
    *((f"{core}.numeric", "_frombuffer") for core in _CORES),  # protocol 5
}
_OPCODES = set(
    """PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1
    BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8
    BYTEARRAY8 BINSTRING SHORT_BINSTRING EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
    EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS GLOBAL STACK_GLOBAL REDUCE
    BUILD BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET""".split()
)
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
_KIND = re.compile(r"b1|[iu][1248]|f[248]")
_HINTS = {
    b"PK": "it is a zip archive, as torch.save and numpy.savez make",
    b"\x1f\x8b": "it is gzipped: unpack it",
    b"version https://git-lfs": "it is a pointer of Git LFS: fetch the file itself",
}


def load_arrays(path, names=None):
    """Read a dictionary of arrays from a pickle of protocol 2 to 5.

    Parameters
    ----------
    path : path-like
        File.
    names : sequence of str, optional
        Entries wanted; others may be anything that is built of numbers, strings and
        arrays.  Default: all.

    Returns
    -------
    arrays : dict of str to array
        Arrays of booleans, integers or floating point numbers.

    Raises
    ------
    ValueError
        If the file is no such pickle, asks for anything but arrays, or has an array of
        another size than it says.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            _scan(_Bounded(file, path.stat().st_size))
            file.seek(0)
            content = _ArrayUnpickler(file, encoding="latin1").load()
        return _entries(content, names)
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged pickle raises any of a dozen kinds
        with open(path, "rb") as file:
            start = file.read(32)
        hints = [hint for magic, hint in _HINTS.items() if start.startswith(magic)]
        reason = hints[0] if hints else str(error) or type(error).__name__
        raise ValueError(
            f"{path}: not read, since it is no pickled dictionary of plain arrays "
            f"({reason}). None of its code was run"
        ) from error


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickler that knows the names of numpy's arrays, and no other."""

    def find_class(self, module, name):
        """Give a stand-in for one of numpy's names."""
        if (module, name) not in _NAMES:
            raise ValueError(f"it asks for {module}.{name}; only arrays are admitted")
        return _StandIn(name)

    def persistent_load(self, pid):
        """Refuse objects kept elsewhere, as torch keeps its storages."""
        raise ValueError(f"it asks for an object outside of it: {pid!r}")


class _StandIn:
    """A name of numpy's, which writes down what it is called with."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __call__(self, *arguments):
        return _MAKERS[self.name](*arguments)

    def __setstate__(self, state):
        raise ValueError(f"it changes {self.name}")


class _Dtype:
    """Arguments of a dtype."""

    __slots__ = ("code", "order")

    def __init__(self, code, align=False, copy=False):
        self.code, self.order = code, "="

    def __setstate__(self, state):
        _, self.order, *parts = state
        if any(part is not None for part in parts[:3]):
            self.code = "V"  # has fields, or is an array itself

    def dtype(self):
        """The dtype, if its kind is admitted."""
        if not isinstance(self.code, str) or not _KIND.fullmatch(self.code):
            raise ValueError(
                f"an array of dtype {self.code!r}; expected booleans, integers or "
                "floating point numbers, not objects, text or records"
            )
        return np.dtype({"|": "="}.get(self.order, self.order) + self.code)


class _Array:
    """Arguments of an array."""

    __slots__ = ("axes", "data", "dtype", "order", "shape")

    def __init__(self, data=b"", dtype=None, shape=(0,), order="C", axes=None):
        self.data, self.dtype, self.shape = data, dtype, shape
        self.order, self.axes = order, axes

    def __setstate__(self, state):
        *_, self.shape, self.dtype, is_fortran, self.data = state
        self.order = "F" if is_fortran else "C"

    def array(self):
        """The array; read-only where the pickle has bytes, which it shares."""
        dtype, data = self.dtype.dtype(), self.data
        data = data.encode("latin1") if isinstance(data, str) else data  # Python 2
        whole = all(isinstance(n, int) and n >= 0 for n in self.shape)
        whole = whole and len(self.shape) <= 32
        if not whole or math.prod(self.shape) * dtype.itemsize != len(data):
            raise ValueError(
                f"an array of shape {self.shape} and dtype {dtype} that has "
                f"{len(data)} bytes"
            )
        array = np.frombuffer(data, dtype)
        if self.order == "K" and self.axes is not None:
            return array.reshape(self.shape).transpose(self.axes)
        return array.reshape(self.shape, order="F" if self.order == "F" else "C")


def _empty(kind, *_):
    """Stand-in for `_reconstruct`: an array whose state follows."""
    if not (isinstance(kind, _StandIn) and kind.name == "ndarray"):
        raise ValueError("an array that is no numpy.ndarray")
    return _Array()


def _encode(text, encoding):
    if encoding != "latin1":
        raise ValueError(f"bytes encoded as {encoding!r}")
    return text.encode("latin1")


def _no_bytes(*arguments):
    if arguments:
        raise ValueError("bytes made of something else")
    return b""


def _refuse(*_):
    raise ValueError("an array made by calling numpy.ndarray")


_MAKERS = {
    "ndarray": _refuse,
    "dtype": _Dtype,
    "encode": _encode,
    "bytes": _no_bytes,
    "_reconstruct": _empty,
    "_frombuffer": _Array,
}


class _Bounded:
    """File that refuses to read past its end, before memory is set aside for it."""

    def __init__(self, file, size):
        self.file, self.size = file, size
        self.readline, self.tell = file.readline, file.tell

    def read(self, n):
        """Read n bytes."""
        self.check(n)
        return self.file.read(n)

    def check(self, n):
        """Raise if fewer than n bytes are left."""
        left = self.size - self.file.tell()
        if n > left:
            raise ValueError(f"it announces {n} bytes where {left} are left")


def _scan(file):
    """Refuse instructions that arrays do not need, without running any.

    Places in the pickle's memory far beyond those in use, and tuples used twice, of
    which a tower takes for ever to hash, would exhaust memory or time.
    """
    before, places, tuples = "", set(), set()
    for opcode, argument, position in pickletools.genops(file):
        name = opcode.name
        if name == "NEXT_BUFFER":
            raise ValueError("its arrays were saved outside of it, out of band")
        if name not in _OPCODES:
            raise ValueError(f"the instruction {name} at byte {position}")
        if name == "FRAME":
            file.check(argument)
        if name in ("FRAME", "PROTO"):
            continue  # they leave the last value where it is
        if name.endswith("PUT") or name == "MEMOIZE":
            place = len(places) if argument is None else argument
            if place > len(places):
                raise ValueError(f"it uses place {place} of {len(places)}")
            places.add(place)
            if before in _TUPLES:
                tuples.add(place)
        if name.endswith("GET") and argument in tuples:
            raise ValueError(f"a tuple used twice at byte {position}")
        before = name


def _entries(content, names):
    """Arrays of a dictionary."""
    if not isinstance(content, dict):
        raise ValueError(f"expected a dictionary, got {type(content).__name__}")
    found = [key for key in content if isinstance(key, str)]
    missing = [name for name in names or () if name not in found]
    if missing:
        raise ValueError(f"expected the entries {missing}, got {sorted(found)}")
    arrays = {}
    for name in found if names is None else names:
        value = content[name]
        if not isinstance(value, _Array):
            raise ValueError(f"entry {name!r} is no array: {type(value).__name__}")
        arrays[name] = value.array()
    return arrays
