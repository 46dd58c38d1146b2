"""Preparation: every policy, and a message for everything that was changed."""

import numpy as np
import pytest

from fisher_manifold.data import (
    DNA,
    Codec,
    SequenceTable,
    UnequalLengthError,
    UnknownSymbolError,
    prepare,
)


def table_of(*sequences, labels=None, splits=None, first_row=2):
    rows = list(range(first_row, first_row + len(sequences)))
    return SequenceTable(list(sequences), labels, rows, splits, "data.csv")


def test_clean_data_needs_no_message():
    table = table_of("ACGT", "TTTT", labels=["x", "y"], splits=["train", "test"])
    data = prepare(table, "dna")
    assert data.labels.tolist() == [[0, 1, 2, 3], [3, 3, 3, 3]]
    assert data.codec is DNA
    assert data.classes == ["x", "y"]
    assert data.class_labels.tolist() == [0, 1]
    assert data.splits == ["train", "test"]
    assert data.rows == [2, 3]
    assert data.messages == []


def test_the_alphabet_found_is_stated():
    assert prepare(table_of("AC", "GT")).messages == [
        "alphabet found: dna, 4 letters 'ACGT'"
    ]
    data = prepare(table_of("LK", "WL"))
    assert data.codec == Codec("KLW", "auto")
    assert data.messages == ["alphabet found: auto, 3 letters 'KLW'"]


def test_dna_with_unsure_bases_is_pointed_out_when_its_alphabet_is_found():
    data = prepare(table_of("ACGT", "ACNT"))
    assert data.codec.symbols == "ACGNT"
    assert "looks like DNA with other letters (first: 'N' in row 3)" in data.messages[1]
    assert "--alphabet dna" in data.messages[1]


def test_lower_case_is_raised_with_a_message():
    data = prepare(table_of("ACGT", "acGT", "acgt"), "dna")
    assert data.labels.tolist() == [[0, 1, 2, 3]] * 3
    assert data.messages == [
        "2 sequences with lower case letters read as upper case (first: row 3)"
    ]


def test_upper_case_is_lowered_for_text():
    data = prepare(table_of("a cat", "A dog"), "text")
    assert data.messages == [
        "1 sequence with upper case letters read as lower case (first: row 3)"
    ]


def test_case_can_be_kept_or_forced():
    with pytest.raises(UnknownSymbolError, match="row 3 of the file.* has 'a'"):
        prepare(table_of("ACGT", "aCGT"), "dna", case="keep")
    assert prepare(table_of("Lk", "lK"), case="upper").codec.symbols == "KL"


def test_unequal_lengths_are_refused_with_both_ways_out():
    with pytest.raises(UnequalLengthError) as caught:
        prepare(table_of("ACGT", "ACG", "ACGA"))
    message = str(caught.value)
    assert message.startswith(
        "data.csv: sequence 1 (row 3 of the file) has length 3, expected 4 like most"
    )
    assert "--pad" in message and "--length N; the shortest has 3" in message


def test_longer_sequences_are_cut_with_a_message():
    data = prepare(table_of("ACG", "ACGT", "TTTTT"), "dna", length=3)
    assert data.codec.decode(data.labels) == ["ACG", "ACG", "TTT"]
    assert data.messages == [
        "2 sequences longer than 3 cut to the first 3 letters (first: row 3)"
    ]


def test_shorter_sequences_need_padding():
    with pytest.raises(UnequalLengthError, match="row 3 .* has length 2, expected 3: "):
        prepare(table_of("ACG", "AC"), "dna", length=3)
    data = prepare(table_of("ACGT", "AC"), "dna", length=3, pad=True)
    assert data.codec == Codec("ACGT", "dna", "upper", "-")
    assert data.labels.tolist() == [[0, 1, 2], [0, 1, 4]]
    assert data.messages[1] == (
        "1 sequence shorter than 3 padded at the end with '-' (first: row 3)"
    )


def test_padding_goes_up_to_the_longest_sequence():
    data = prepare(table_of("A", "ACG", "AC"), pad=True)
    assert data.labels.shape == (3, 3)
    assert data.codec.decode(data.labels) == ["A", "ACG", "AC"]


def test_the_padding_symbol_is_not_a_letter_of_the_data():
    data = prepare(table_of("A-_", "A."), pad=True)
    assert data.codec.pad == "*"
    with pytest.raises(UnknownSymbolError, match="has '-'"):
        prepare(table_of("A-", "ACG"), "dna", pad=True)


def test_an_alphabet_with_padding_pads_without_being_told():
    data = prepare(table_of("A", "AC"), Codec("ACGT", pad="-"), length=3)
    assert data.labels.tolist() == [[0, 4, 4], [0, 1, 4]]


def test_unknown_letters_are_refused():
    with pytest.raises(
        UnknownSymbolError, match=r"sequence 1 \(row 3 .*'N' at position 2"
    ):
        prepare(table_of("ACGT", "ACNT"), "dna")


def test_sequences_with_unknown_letters_are_dropped_when_asked():
    table = table_of(
        "ACGT", "ACXN", "TTTT", "NNNN", labels=list("bcab"), splits=list("wxyz")
    )
    data = prepare(table, "dna", unknown="drop")
    assert data.codec.decode(data.labels) == ["ACGT", "TTTT"]
    assert data.rows == [2, 4]
    assert data.splits == ["w", "y"]
    assert data.classes == ["a", "b"]
    assert data.class_labels.tolist() == [1, 0]
    assert data.messages == [
        "2 sequences dropped: letters outside the alphabet dna (first: 'X' in row 3)"
    ]


def test_letters_that_are_cut_away_are_not_refused():
    assert prepare(table_of("ACGN", "ACG"), "dna", length=3).labels.shape == (2, 3)


def test_running_text_is_cut_into_windows():
    data = prepare(table_of("abcdefghij", first_row=1), "text", length=3)
    assert data.codec.decode(data.labels) == ["abc", "def", "ghi"]
    assert data.rows == [1, 1, 1]
    assert data.messages == [
        "running text of 10 letters cut into 3 consecutive windows of 3 (the last 1 "
        "letters fill no window: the rest left out)"
    ]


def test_the_rest_of_running_text_is_kept_with_padding():
    data = prepare(table_of("abcdefghij"), "text", length=3, pad=True)
    assert data.codec.decode(data.labels) == ["abc", "def", "ghi", "j"]
    assert "the last one padded" in data.messages[0]


def test_running_text_that_fits_needs_no_remark():
    data = prepare(table_of("abcdef"), "text", length=3)
    assert data.messages == [
        "running text of 6 letters cut into 2 consecutive windows of 3"
    ]


def test_running_text_needs_a_length():
    with pytest.raises(ValueError, match="one sequence of 10 letters .*--length N"):
        prepare(table_of("abcdefghij"), "text")


def test_unknown_letters_of_running_text_are_named_by_their_position_in_it():
    table = table_of("abcdefg7ij", first_row=1)
    with pytest.raises(UnknownSymbolError, match=r"\(row 1 .* has '7' at position 7 "):
        prepare(table, "text", length=2)
    data = prepare(table, "text", length=2, unknown="drop")
    assert data.codec.decode(data.labels) == ["ab", "cd", "ef", "ij"]


def test_letters_in_the_rest_of_running_text_do_not_matter():
    assert prepare(table_of("abababZ"), length=2).codec.symbols == "ab"


def test_one_sequence_is_enough_when_one_is_asked_for():
    assert prepare(table_of("ACGT"), minimum=1).labels.shape == (1, 4)


def test_too_few_sequences_are_refused_with_what_happened():
    with pytest.raises(ValueError, match="1 left .*2 sequences dropped.*2 are"):
        prepare(table_of("AC", "NN", "NA"), "dna", unknown="drop")
    with pytest.raises(ValueError, match="0 left .*at least 1 "):
        prepare(table_of("NN", "NA"), "dna", unknown="drop", minimum=0)


def test_classes_that_are_numbers_are_sorted_as_numbers():
    data = prepare(table_of("AC", "AG", "AT", labels=["10", "9", "1"]))
    assert data.classes == ["1", "9", "10"]
    assert data.class_labels.tolist() == [2, 1, 0]
    assert data.class_labels.dtype == np.int64


def test_known_classes_keep_their_order():
    table = table_of("AC", "AG", labels=["fly", "bee"])
    data = prepare(table, classes=["worm", "fly", "bee"])
    assert data.classes == ["worm", "fly", "bee"]
    assert data.class_labels.tolist() == [1, 2]
    with pytest.raises(ValueError, match="row 3 has the label 'bee', expected one of"):
        prepare(table, classes=["worm", "fly"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unknown": "ignore"}, "unknown must be 'error' or 'drop'"),
        ({"length": 0}, "length must be at least 1"),
        ({"codec": "rna"}, "alphabet must be one of"),
    ],
)
def test_options_that_are_none_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        prepare(table_of("AC", "GT"), **options)


def test_the_table_is_left_as_it_was():
    table = table_of("acgt", "NNNN", "ACGTA")
    prepare(table, "dna", length=4, unknown="drop")
    assert table == table_of("acgt", "NNNN", "ACGTA")
