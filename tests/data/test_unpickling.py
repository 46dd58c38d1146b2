"""Pickles of arrays are read; of anything else, nothing is run and nothing is made."""

import collections
import os
import pickle
import struct

import numpy as np
import pytest
import torch

from fisher_manifold.data._unpickling import load_arrays

ARRAYS = {
    "bool": np.eye(3, dtype=bool)[None],
    "int8": np.arange(-6, 6, dtype=np.int8).reshape(3, 4),
    "uint16": np.array([0, 65535], np.uint16),
    "float32": np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4),
    "float64": np.array(np.pi),
    "big endian": np.arange(5, dtype=">i4"),
    "Fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "transposed": np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
    "strided": np.arange(12)[::2],
    "empty": np.empty((0, 500, 4)),
}


def save(path, content, protocol=4):
    path.write_bytes(
        content if isinstance(content, bytes) else pickle.dumps(content, protocol)
    )
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_of_all_kinds(tmp_path, protocol):
    found = load_arrays(save(tmp_path / "a.pkl", ARRAYS, protocol))
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_names_of_numpy_1(tmp_path, protocol):
    content = pickle.dumps(ARRAYS, protocol)
    if protocol == 4:
        assert content[2:3] == pickle.FRAME and content.count(pickle.FRAME) == 1
        content = content[:2] + content[11:]  # its size changes with the names
        content = content.replace(b"\x16numpy._core", b"\x15numpy._core")
    content = content.replace(b"numpy._core.", b"numpy.core.")
    found = load_arrays(save(tmp_path / "a.pkl", content))
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


def test_strings_of_python_2(tmp_path):
    """Python 2 wrote the bytes of an array as a string of its own."""
    array = np.arange(200, dtype=np.uint8)
    content = (
        b"\x80\x02}U\x01acnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
        b"K\x00\x85U\x01b\x87R(K\x01K\xc8\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R("
        b"K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\xc8"
        + array.tobytes()
        + b"tbs."
    )
    assert (pickle.loads(content, encoding="latin1")["a"] == array).all()
    found = load_arrays(save(tmp_path / "a.pkl", content))
    np.testing.assert_array_equal(found["a"], array)


def test_entries_not_asked_for_may_be_anything_plain(tmp_path):
    content = {"a": np.arange(3), "names": ["x", "y"], "n": 3, "f": 0.5, "none": None}
    path = save(tmp_path / "a.pkl", content)
    assert list(load_arrays(path, ["a"])) == ["a"]
    with pytest.raises(ValueError, match="entry 'names' is no array: list"):
        load_arrays(path)
    with pytest.raises(ValueError, match=r"expected the entries \['b'\], got"):
        load_arrays(path, ["a", "b"])


class Runs:
    """Whose pickle runs a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class Matrix(np.ndarray):
    pass


REFUSED = {
    "posix.system": Runs(os.system, "exit 1"),
    ".eval;": Runs(eval, "1 + 1"),
    ".getattr;": Runs(getattr, "text", "upper"),
    "numpy.load": Runs(np.load, "a.npy"),
    "torch._utils._rebuild_tensor_v2": torch.zeros(2),
    "collections.OrderedDict": collections.OrderedDict(a=1),
    "an array of dtype 'O8'": np.array([{}, None], object),
    "an array of dtype 'U": np.array(["text"]),
    "an array of dtype 'S": np.array([b"bytes"]),
    "an array of dtype 'V": np.zeros(2, [("x", int), ("y", float)]),
    "an array of dtype 'M8'": np.array(["2026-01-01"], "M8[D]"),
    "an array of dtype 'c16'": np.zeros(2, complex),
    "test_unpickling.Matrix": np.zeros(2).view(Matrix),
    "an array made by calling numpy.ndarray": Runs(np.ndarray, (10**6, 10**6)),
    "dtype": Runs(np.empty, (10**12,)),
    "entry 'a' is no array: str": "text",
}


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("reason", REFUSED)
def test_all_else_is_refused(tmp_path, monkeypatch, reason, protocol):
    path = save(tmp_path / "a.pkl", {"a": REFUSED[reason]}, protocol)
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("it was run"))
    with pytest.raises(ValueError, match="no pickled dictionary") as error:
        load_arrays(path)
    if reason != "dtype":
        assert reason in str(error.value)
    assert str(path) in str(error.value)


def test_objects_kept_elsewhere_are_refused(tmp_path):
    """As torch's storages are, in its files from before the zip format."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", "0") if isinstance(value, torch.Tensor) else None

    with open(tmp_path / "a.pkl", "wb") as file:
        Pickler(file, 2).dump({"a": torch.zeros(2)})
    with pytest.raises(ValueError, match="the instruction BINPERSID"):
        load_arrays(tmp_path / "a.pkl")


def test_files_of_other_kinds_are_named(tmp_path):
    path = tmp_path / "a.pkl"
    torch.save({"a": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="a zip archive, as torch.save"):
        load_arrays(path)
    save(path, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    with pytest.raises(ValueError, match="a pointer of Git LFS: fetch the file"):
        load_arrays(path)
    save(path, b"\x1f\x8b" + bytes(40))
    with pytest.raises(ValueError, match="it is gzipped: unpack it"):
        load_arrays(path)
    save(path, np.arange(3))
    with pytest.raises(ValueError, match="expected a dictionary, got _Array"):
        load_arrays(path)
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / "none.pkl")


def test_buffers_out_of_band_are_named(tmp_path):
    content = pickle.dumps({"a": np.arange(9)}, 5, buffer_callback=lambda _: None)
    with pytest.raises(ValueError, match="saved outside of it, out of band"):
        load_arrays(save(tmp_path / "a.pkl", content))


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_every_truncation_is_refused(tmp_path, protocol):
    content = pickle.dumps({"a": np.arange(5), "b": np.eye(2)}, protocol)
    for end in range(len(content)):
        with pytest.raises(ValueError, match="not read, since"):
            load_arrays(save(tmp_path / "a.pkl", content[:end]))


def test_no_changed_byte_does_more_than_change_numbers(tmp_path):
    """Bytes of a small pickle are set to other values: arrays come out, or errors."""
    content = pickle.dumps({"a": np.arange(4, dtype=np.int16)}, 2)
    path, changed = tmp_path / "a.pkl", 0
    for place in range(len(content)):
        for value in (46, 82, content[place] ^ 1):
            save(path, content[:place] + bytes([value]) + content[place + 1 :])
            try:
                found = load_arrays(path)
            except ValueError:
                changed += 1
                continue
            assert all(a.dtype.kind in "biuf" and a.nbytes <= 8 for a in found.values())
    assert changed > len(content)


def with_shape(shape, dtype="f8", data=bytes(8)):
    """Pickle of an array that claims a shape."""
    kind = pickle.dumps(np.dtype(dtype), 2)[2:-1]
    return (
        b"\x80\x02}X\x01\x00\x00\x00a"
        b"cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R("
        b"K\x01" + pickle.dumps(shape, 2)[2:-1] + kind + b"\x89"
        b"B" + struct.pack("<I", len(data)) + data + b"tbs."
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((10**9, 10**9), "of shape .* that has 8 bytes"),
        ((2**62, 4), "that has 8 bytes"),
        ((-1,), "that has 8 bytes"),
        ((1.0,), "that has 8 bytes"),
        ((1,) * 40, "that has 8 bytes"),
        ((), None),
        ((1, 1), None),
    ],
)
def test_shapes_that_do_not_fit_are_refused(tmp_path, shape, expected):
    path = save(tmp_path / "a.pkl", with_shape(shape))
    if expected is None:
        assert load_arrays(path)["a"].shape == shape
        return
    with pytest.raises(ValueError, match=expected):
        load_arrays(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x80\x04\x8e" + struct.pack("<Q", 2**62), "announces .* bytes where 0 are"),
        (b"\x80\x05\x96" + struct.pack("<Q", 2**40), "announces .* bytes where 0 are"),
        (b"\x80\x04\x95" + struct.pack("<Q", 2**50) + b"}.", "announces"),
        (b"\x80\x02}r\xff\xff\xff\xff.", "place 4294967295 of 0"),
        (b"\x80\x02}N\x85q\x00" + b"h\x00h\x00\x86q\x00" * 80 + b"Ns.", "used twice"),
        (b"\x80\x02\x82\x01.", "the instruction EXT1"),
        (b"(i__main__\nf\n.", "the instruction INST"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "the instruction NEWOBJ"),
        (b"\x80\x02cnumpy\ndtype\n}b.", "it changes dtype"),
        (b"\x80\x02c_codecs\nencode\nU\x01aU\x03hex\x86R.", "bytes encoded as 'hex'"),
        (b"", "announces 1 bytes where 0 are left"),
    ],
)  # fmt: skip
def test_pickles_that_exhaust_memory_or_do_other_things(tmp_path, content, expected):
    with pytest.raises(ValueError, match=expected):
        load_arrays(save(tmp_path / "a.pkl", content))
