"""Published data sets, in small files of exactly their formats."""

import gzip
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fisher_manifold import data

RNG = np.random.default_rng(0)


def enhancers(n_classes=81, sizes=(9, 3, 4), length=500, dtype=np.int8):
    """Dictionary of an enhancer file, and its letters and classes."""
    content, x, y = {}, [], []
    for name, n in zip(("train", "valid", "test"), sizes, strict=True):
        x.append(RNG.integers(0, 4, (n, length)))
        y.append(RNG.integers(0, n_classes, n))
        content[f"{name}_data"] = np.eye(4, dtype=dtype)[x[-1]]
        content[f"y_{name}"] = np.eye(n_classes, dtype=np.int64)[y[-1]]
    return content, np.concatenate(x), np.concatenate(y)


def write_pickle(path, content, protocol=4):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize(("n_classes", "dtype"), [(81, np.int8), (47, np.float64)])
def test_enhancers(tmp_path, n_classes, dtype):
    content, x, y = enhancers(n_classes, dtype=dtype)
    found = data.read_enhancers(write_pickle(tmp_path / "DeepMEL2_data.pkl", content))
    np.testing.assert_array_equal(found.labels, x)
    np.testing.assert_array_equal(found.class_labels, y)
    assert found.labels.dtype == np.uint8 and found.labels.shape == (16, 500)
    assert found.codec == data.DNA and len(found.classes) == n_classes
    assert found.splits == ["train"] * 9 + ["valid"] * 3 + ["test"] * 4
    assert found.messages == []
    labels, conditions = found.part("test")
    np.testing.assert_array_equal(labels, x[12:])
    np.testing.assert_array_equal(conditions["label"], y[12:])
    assert [len(found.part(name)[0]) for name in ("train", "valid")] == [9, 3]


def test_enhancers_with_unknown_letters_and_classes(tmp_path):
    content, x, y = enhancers(length=7)
    content["train_data"][4, 2] = 0  # N, as in four of the fly's sequences
    content["y_valid"][1] = 0
    content["y_test"][0, :2] = 1
    path = write_pickle(tmp_path / "DeepFlyBrain_data.pkl", content)
    with pytest.raises(ValueError, match=r"3 of 16 sequences .* \(first: row 5\)"):
        data.read_enhancers(path)
    found = data.read_enhancers(path, doubtful="drop")
    kept = np.delete(np.arange(16), [4, 10, 12])
    np.testing.assert_array_equal(found.labels, x[kept])
    np.testing.assert_array_equal(found.class_labels, y[kept])
    assert found.rows == (kept + 1).tolist() and len(found.splits) == 13
    assert "first: row 5) dropped" in found.messages[0]
    # As the papers' loaders read them: the arg-max of each row.
    found = data.read_enhancers(path, doubtful="first")
    parts = ("train", "valid", "test")
    published = np.concatenate([content[f"{p}_data"].argmax(-1) for p in parts])
    np.testing.assert_array_equal(found.labels, published)
    published = np.concatenate([content[f"y_{p}"].argmax(-1) for p in parts])
    np.testing.assert_array_equal(found.conditions["label"], published)
    assert found.labels[4, 2] == 0 and "read as the first" in found.messages[0]
    with pytest.raises(ValueError, match="doubtful must be one of"):
        data.read_enhancers(path, doubtful="keep")


@pytest.mark.parametrize(
    ("name", "array", "expected"),
    [
        ("valid_data", np.zeros((3, 499, 4)), "of one length in all parts"),
        ("test_data", np.zeros((4, 500, 5)), r"\[n, length, 4\]"),
        ("y_test", np.zeros((3, 81)), r"'y_test' of shape \[4, n_classes\]"),
        ("y_valid", np.zeros((3, 80)), "one row for each sequence"),
        ("y_train", np.zeros(9), "'y_train' of shape"),
        ("y_train", None, r"expected the entries \['y_train'\]"),
    ],
)
def test_other_dictionaries_are_refused(tmp_path, name, array, expected):
    content, _, _ = enhancers()
    content[name] = array
    if array is None:
        del content[name]
    with pytest.raises(ValueError, match=expected):
        data.read_enhancers(write_pickle(tmp_path / "a.pkl", content))


TEXT = " anarchism originated as a term of abuse first used against early working"
SIZES = (40, 17, 16)


def write_text(folder, suffix, text=TEXT):
    path = folder / f"text8{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("text8", text)
    elif suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("suffix", [".zip", "", ".gz"])
def test_text8(tmp_path, suffix):
    found = data.read_text8(write_text(tmp_path, suffix), 8, SIZES)
    windows = [TEXT[:40], TEXT[40:57], TEXT[57:]]
    expected = [w[i : i + 8] for w in windows for i in range(0, len(w) - 7, 8)]
    assert data.TEXT.decode(found.labels) == expected
    assert found.splits == ["train"] * 5 + ["valid"] * 2 + ["test"] * 2
    assert found.labels.dtype == np.uint8 and found.codec.n_categories == 27
    assert found.messages == [
        "text of 73 letters cut into 9 consecutive windows of 8; 1 letters at the ends "
        "of its parts fill none and are left out"
    ]


def test_text8_of_its_full_size(tmp_path):
    """The customary split: 90, 5 and 5 million letters."""
    text = np.resize(np.frombuffer(TEXT.encode(), np.uint8), 100_000_000)
    text.tofile(tmp_path / "text8")
    found = data.read_text8(tmp_path / "text8")
    sizes = [found.splits.count(name) for name in ("train", "valid", "test")]
    assert sizes == [90_000_000 // 256, 5_000_000 // 256, 5_000_000 // 256]
    for word, start in (("train", 0), ("valid", 90_000_000), ("test", 95_000_000)):
        first = data.TEXT.decode(found.part(word)[0][:1])[0]
        assert first == text[start : start + 256].tobytes().decode()


def test_other_texts_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected 100000000 letters, got 73"):
        data.read_text8(write_text(tmp_path, ""))
    with pytest.raises(ValueError, match="expected 60 letters, got more"):
        data.read_text8(write_text(tmp_path, ".zip"), 8, (40, 10, 10))
    path = write_text(tmp_path, "", TEXT.replace("a", "A"))
    with pytest.raises(ValueError, match="the letter 'A' at position 1 is not one of"):
        data.read_text8(path, 8, SIZES)
    path = write_text(tmp_path, ".zip")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match="not a whole .zip file"):
        data.read_text8(path, 8, SIZES)
    with pytest.raises(FileNotFoundError):
        data.read_text8(tmp_path / "none.zip")
    with pytest.raises(ValueError, match="has room for a window"):
        data.read_text8(path, 50, SIZES)


QM9 = """\
mol_id,smiles,A,B,C,mu,alpha,homo,lumo,gap,r2,zpve,u0,u298,h298,g298,cv
gdb_1,C,157.7118,157.70997,157.70699,0.0,13.21,-0.3877,0.1171,0.5048,35.3641,0.044749,\
-40.47893,-40.476062,-40.475117,-40.498597,6.469
gdb_2,N,293.60975,293.54111,191.39397,1.6256,9.46,-0.257,0.0829,0.3399,26.1563,0.034358,\
-56.525887,-56.523026,-56.522082,-56.544961,6.316
gdb_4,C#C,0.0,35.6100361,35.6100361,0.0,16.28,-0.2845,0.0506,0.3351,59.5248,0.026841,\
-77.308427,-77.305527,-77.304583,-77.327429,8.574
"""


def test_qm9(tmp_path):
    path = tmp_path / "qm9.csv"
    path.write_text(QM9)
    found = data.read_qm9(path, properties=("gap", "mu"))
    assert found.codec.decode(found.labels) == ["C", "N", "C#C"]
    assert found.codec.pad is not None and found.labels.shape == (3, 3)
    vector = found.conditions["vector"]
    np.testing.assert_array_equal(
        vector, np.float32([[0.5048, 0.0], [0.3399, 1.6256], [0.3351, 0.0]])
    )
    assert found.splits is None and data.read_qm9(path).conditions == {}
    wider = data.read_qm9(path, codec=found.codec, length=5)
    assert wider.labels.shape == (3, 5) and wider.codec == found.codec
    with pytest.raises(ValueError, match=r"no columns \['Gap'\]; the columns are"):
        data.read_qm9(path, properties=("Gap",))
    path.write_text(QM9.replace("0.3399", "nan"))
    with pytest.raises(ValueError, match="line 3 has 'nan' in the column 'gap'"):
        data.read_qm9(path, properties=("gap",))


SHARED = Path(__file__).resolve().parents[3] / "shared/data"


def shared(name):
    if not (SHARED / name).exists():
        pytest.skip(f"no {SHARED / name}: the real data are not here")
    return SHARED / name


def test_the_first_letters_of_the_real_text8():
    path = shared("text8_first_6.9MB.txt.gz")
    sizes = (6_000_000, 400_000, 477_819)
    found = data.read_text8(path, 256, sizes)
    assert len(found.part("train")[0]) == 6_000_000 // 256
    text = gzip.decompress(path.read_bytes()).decode()
    assert data.TEXT.decode(found.part("test")[0][:1]) == [text[6_400_000:][:256]]


def test_the_real_smiles():
    found = data.read_qm9(shared("qm9_smiles.csv.gz"))
    sizes = [found.splits.count(name) for name in ("train", "valid", "test")]
    assert sizes == [106439, 13226, 13245]
    assert found.codec.decode(found.labels[:3]) == ["C", "N", "O"]
