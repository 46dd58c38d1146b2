"""Codecs: encoding is a bijection, and every refusal names what it refuses."""

import json
import pickle
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fisher_manifold.data import (
    DNA,
    PROTEIN,
    TEXT,
    Codec,
    UnequalLengthError,
    UnknownSymbolError,
    codec_by_name,
)

reproducibly = settings(derandomize=True, deadline=None)
alphabets = st.text(st.characters(), min_size=2, max_size=40).map(
    lambda text: "".join(dict.fromkeys(text))
)


@st.composite
def codecs_and_sequences(draw, padded):
    alphabet = draw(alphabets.filter(lambda a: len(a) > 1))
    pad = alphabet[-1] if padded else None
    codec = Codec(alphabet[:-1] if padded else alphabet, pad=pad)
    n, length = draw(st.integers(0, 6)), draw(st.integers(1, 9))
    shortest = 0 if padded else length
    letters = st.text(codec.symbols, min_size=shortest, max_size=length)
    return codec, draw(st.lists(letters, min_size=n, max_size=n)), length


@reproducibly
@given(codecs_and_sequences(padded=False))
def test_encoding_agrees_with_str_index_and_decoding_inverts_it(case):
    codec, sequences, length = case
    labels = codec.encode(sequences)
    expected = [[codec.symbols.index(letter) for letter in s] for s in sequences]
    assert labels.dtype == np.int64
    assert labels.tolist() == expected
    assert labels.shape == (len(sequences), length if sequences else 0)
    assert codec.decode(labels) == sequences


@reproducibly
@given(codecs_and_sequences(padded=True))
def test_padding_fills_up_the_end_and_decoding_removes_it(case):
    codec, sequences, length = case
    labels = codec.encode(sequences, length)
    assert labels.shape == (len(sequences), length)
    for row, sequence in zip(labels, sequences, strict=True):
        assert (row[len(sequence) :] == codec.n_categories - 1).all()
        assert (row[: len(sequence)] < codec.n_categories - 1).all()
    assert codec.decode(labels) == sequences


def test_padding_that_letters_follow_stays():
    codec = Codec("AC", pad="-")
    assert codec.decode([[0, 2, 1, 2, 2], [2, 2, 2, 2, 2]]) == ["A-C", ""]
    assert codec.encode(["A-C"]).tolist() == [[0, 2, 1]]


@pytest.mark.parametrize("codec", [DNA, PROTEIN])
def test_upper_case_alphabets_read_lower_case(codec):
    assert (
        codec.encode([codec.symbols.lower()]) == np.arange(codec.n_categories)
    ).all()


def test_lower_case_alphabets_read_upper_case():
    assert TEXT.n_categories == 27
    assert TEXT.decode(TEXT.encode(["The Cat", " a dog "])) == ["the cat", " a dog "]


def test_keeping_case_tells_cases_apart():
    codec = Codec("aA")
    assert codec.encode(["aA"]).tolist() == [[0, 1]]
    with pytest.raises(UnknownSymbolError):
        Codec("ACGT").encode(["acgt"])


def test_letters_with_two_letters_in_the_other_case_are_left_alone():
    codec = Codec.from_sequences(["stra\N{LATIN SMALL LETTER SHARP S}e"], case="upper")
    assert codec.symbols == "AERST\N{LATIN SMALL LETTER SHARP S}"


@pytest.mark.parametrize(
    ("sequences", "symbols", "name", "case"),
    [
        (["AC", "GG"], "ACGT", "dna", "upper"),
        (["acg"], "ACGT", "dna", "upper"),
        (["ACGN"], "ACGN", "auto", "keep"),
        (["b a"], " ab", "auto", "keep"),
        (["Cc1"], "1Cc", "auto", "keep"),
    ],
)
def test_alphabets_are_found(sequences, symbols, name, case):
    assert Codec.from_sequences(sequences) == Codec(symbols, name, case)


def test_the_case_asked_for_is_the_case_of_the_alphabet_found():
    assert Codec.from_sequences(["Ab", "aB"], case="upper").symbols == "AB"
    assert Codec.from_sequences(["ACGT"], case="lower").symbols == "acgt"
    assert Codec.from_sequences(["acgtACGT"], case="keep").symbols == "ACGTacgt"


@pytest.mark.parametrize("codec", [DNA, PROTEIN, TEXT, Codec("xyz\0", pad="-")])
def test_configurations_survive_json(codec):
    assert Codec.from_config(json.loads(json.dumps(codec.to_config()))) == codec


def test_configurations_with_other_keys_are_refused():
    with pytest.raises(ValueError, match=r"a codec has .*'pad'.*, not \['letters'\]"):
        Codec.from_config({"letters": "ACGT"})


def test_codecs_have_names():
    assert codec_by_name("DNA") is DNA
    assert codec_by_name("protein") is PROTEIN
    assert codec_by_name("text") is TEXT
    with pytest.raises(ValueError, match="one of .*'dna', 'protein', 'text'.* 'rna'"):
        codec_by_name("rna")


def test_the_first_unknown_letter_is_named():
    with pytest.raises(UnknownSymbolError) as caught:
        DNA.encode(["ACG", "ANX", "NNN"], rows=[2, 3, 4])
    message = str(caught.value)
    assert message.startswith("sequence 1 (row 3 of the file) has 'N' at position 1 ")
    assert "dna ('ACGT')" in message
    assert "--unknown drop" in message
    assert caught.value.symbol == "N"
    assert pickle.loads(pickle.dumps(caught.value)).symbol == "N"


def test_letters_beyond_the_alphabet_codes_are_unknown():
    with pytest.raises(UnknownSymbolError, match="'\N{SNOWMAN}' at position 0"):
        DNA.encode(["\N{SNOWMAN}A"])


def test_sequences_with_unknown_letters_are_found():
    found = DNA.has_unknown(["ACGT", "N", "", "acgN", "A"])
    assert found.tolist() == [False, True, False, True, False]
    assert DNA.has_unknown([]).tolist() == []


def test_the_first_sequence_of_another_length_is_named():
    with pytest.raises(UnequalLengthError) as caught:
        DNA.encode(["ACGT", "ACG", "AC", "ACGA"], rows=[5, 6, 7, 8])
    message = str(caught.value)
    assert message.startswith("sequence 1 (row 6 of the file) has length 3, expected 4")
    assert "--length N" in message and "--pad" in message


def test_padding_does_not_cut():
    with pytest.raises(UnequalLengthError, match="sequence 1 has length 3, expected 2"):
        Codec("AC", pad="-").encode(["A", "ACA"], length=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"symbols": "A"}, "at least 2 letters"),
        ({"symbols": "ABA"}, "'A' stands several times"),
        ({"symbols": "AB", "pad": "A"}, "'A' stands several times"),
        ({"symbols": "AB", "pad": "--"}, "pad must be one letter"),
        ({"symbols": "aB", "case": "upper"}, "the letter 'a' of 'aB' is not in it"),
        ({"symbols": "AB", "case": "title"}, "case must be one of"),
    ],
)
def test_alphabets_that_are_none_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Codec(**arguments)


def test_an_alphabet_is_not_found_without_letters():
    with pytest.raises(ValueError, match="cannot be found without letters"):
        Codec.from_sequences([""])
    with pytest.raises(ValueError, match="at least 2 letters"):
        Codec.from_sequences(["zzz"])


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([[0, 1], [1, 4]], ValueError, r"between 0 and 3; label 4 .* \[1, 1\]"),
        ([[-1]], ValueError, r"label -1 stands at index \[0, 0\]"),
        ([0, 1], ValueError, r"shape \[n, length\], not \(2,\)"),
        ([[0.5]], TypeError, "must be integers, not float64"),
    ],
)
def test_labels_that_are_none_are_not_decoded(labels, error, message):
    with pytest.raises(error, match=message):
        DNA.decode(labels)


def test_a_single_string_is_not_a_list_of_letters():
    with pytest.raises(TypeError, match="list of strings"):
        DNA.encode("ACGT")


def test_empty_input_gives_empty_output():
    assert DNA.encode([]).shape == (0, 0)
    assert DNA.decode(np.zeros((0, 5), dtype=np.int64)) == []
    assert DNA.decode(np.zeros((2, 0), dtype=np.int64)) == ["", ""]


def test_nine_million_letters_take_well_under_a_second():
    labels = np.random.default_rng(0).integers(0, 4, (150_000, 60))
    sequences = DNA.decode(labels)
    start = time.process_time()
    encoded = DNA.encode(sequences)
    seconds = time.process_time() - start
    assert (encoded == labels).all()
    # 0.2 s when measured; a Python loop over letters takes several
    assert seconds < 2.0
