"""Codecs between strings and integer labels."""

from collections import Counter
from dataclasses import asdict, dataclass, replace

import numpy as np

from fisher_manifold.data._checks import (
    UnequalLengthError,
    UnknownSymbolError,
    check_labels,
    where,
    with_lengths,
)

_CASES = ("upper", "lower", "keep")


@dataclass(frozen=True)
class Codec:
    """A finite alphabet: the bijection between letters and integer labels.

    Label k stands for ``symbols[k]``; the padding symbol, where there is one, is the
    last category. A letter is one Unicode code point.

    Parameters
    ----------
    symbols : str
        Distinct letters, in the order of their labels.
    name : str
        A name for messages.
    case : {"upper", "lower", "keep"}
        Case in which the letters of the alphabet are written. With "upper" and
        "lower" both cases of a letter are read as the same label.
    pad : str, optional
        One letter outside the alphabet that fills short sequences up at their end.

    Raises
    ------
    ValueError
        If there are fewer than two categories, a letter twice, or a letter that is not
        in the case announced.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> codec = data.Codec("ACGT", case="upper", pad="-")
    >>> labels = codec.encode(["acgt", "GA"])
    >>> labels, codec.decode(labels)
    (array([[0, 1, 2, 3],
           [2, 0, 4, 4]]), ['ACGT', 'GA'])
    """

    symbols: str
    name: str = "custom"
    case: str = "keep"
    pad: str | None = None

    def __post_init__(self):
        """Check the alphabet."""
        if self.case not in _CASES:
            raise ValueError(f"case must be one of {_CASES}, not {self.case!r}")
        if self.pad is not None and len(self.pad) != 1:
            raise ValueError(f"pad must be one letter or None, not {self.pad!r}")
        repeated = [s for s, times in Counter(self.alphabet).items() if times > 1]
        if repeated:
            raise ValueError(
                f"each letter may stand in an alphabet once; {repeated[0]!r} stands "
                f"several times in {self.alphabet!r}"
            )
        if len(self.alphabet) < 2:
            raise ValueError(
                f"an alphabet needs at least 2 letters, not {self.alphabet!r}: with a "
                "single one there is nothing to learn"
            )
        wrong = [s for s in self.symbols if _fold(s, self.case) != s]
        if wrong:
            raise ValueError(
                f"case={self.case!r}, but the letter {wrong[0]!r} of {self.symbols!r} "
                "is not in it: write the alphabet in that case, or pass case='keep'"
            )

    @property
    def alphabet(self) -> str:
        """All letters in the order of their labels, the padding symbol last."""
        return self.symbols + (self.pad or "")

    @property
    def n_categories(self) -> int:
        """Number of categories, the padding symbol included."""
        return len(self.alphabet)

    @classmethod
    def from_sequences(
        cls, sequences: list[str], case: str | None = None, pad: str | None = None
    ) -> "Codec":
        """Find the alphabet that sequences are written in.

        If their letters, in upper case, are among ACGT, it is DNA. Otherwise it is the
        sorted set of the letters found.

        Parameters
        ----------
        sequences : sequence of str
            Sequences.
        case : {"upper", "lower", "keep"}, optional
            Case to read them in. Default: "upper" for DNA, "keep" otherwise.
        pad : str, optional
            Padding symbol, not among the letters found.

        Returns
        -------
        codec : Codec
            The alphabet found; its name is "dna" or "auto".

        Raises
        ------
        ValueError
            If there are no letters, or only a single one.
        """
        found = set("".join(sequences))
        if not found:
            raise ValueError(
                "an alphabet cannot be found without letters: pass at least one "
                "sequence that is not empty, or name an alphabet"
            )
        if {s.upper() for s in found} <= set(DNA.symbols) and case in (None, "upper"):
            return replace(DNA, pad=pad)
        case = case or "keep"
        symbols = "".join(sorted({_fold(s, case) for s in found}))
        return cls(symbols, "auto", case, pad)

    def encode(
        self,
        sequences: list[str],
        length: int | None = None,
        rows: list[int] | None = None,
    ) -> np.ndarray:
        """Turn strings into labels.

        Parameters
        ----------
        sequences : sequence of str
            Sequences, all of one length; with a padding symbol shorter ones are filled
            up at their end.
        length : int, optional
            Number of letters expected. Default: the most frequent length, or the
            largest one where there is a padding symbol.
        rows : sequence of int, optional
            Where each sequence stands in its file, for messages.

        Returns
        -------
        labels : int64 array, shape=[n_sequences, length]
            Labels.

        Raises
        ------
        UnequalLengthError
            If a sequence has not the length expected (is longer, with padding).
        UnknownSymbolError
            If a letter is not in the alphabet.
        """
        sequences, lengths = with_lengths(sequences)
        if length is None:
            length = _common_length(lengths, largest=self.pad is not None)
        wrong = lengths > length if self.pad is not None else lengths != length
        if wrong.any():
            i = int(wrong.argmax())
            raise UnequalLengthError(
                f"{where(i, rows)} has length {lengths[i]}, expected {length}: cut or "
                "pad the sequences to one length (--length N and --pad on the command "
                "line, fisher_manifold.data.prepare in Python)"
            )
        flat = self._flat_labels(sequences)
        self._check_known(flat, lengths, sequences, rows)
        if (lengths == length).all():
            return flat.reshape(len(sequences), length)
        labels = np.full(
            (len(sequences), length), self.n_categories - 1, dtype=np.int64
        )
        labels[np.arange(length) < lengths[:, None]] = flat
        return labels

    def decode(self, labels) -> list[str]:
        """Turn labels into strings; padding at the end of a string is removed.

        Parameters
        ----------
        labels : array-like of integers, shape=[n_sequences, length]
            Labels between 0 and ``n_categories - 1``.

        Returns
        -------
        sequences : list of str
            Sequences. A padding symbol that other letters follow stays.

        Raises
        ------
        TypeError
            If the labels are not integers.
        ValueError
            If the shape is another one or a label lies outside the alphabet.
        """
        labels = check_labels(labels, self.n_categories)
        n_sequences, length = labels.shape
        codes = _codes(self.alphabet)[labels]
        text = codes.tobytes().decode("utf-32-le", "surrogatepass")
        sequences = [text[i * length : (i + 1) * length] for i in range(n_sequences)]
        return (
            sequences if self.pad is None else [s.rstrip(self.pad) for s in sequences]
        )

    def has_unknown(self, sequences: list[str]) -> np.ndarray:
        """Say which sequences have a letter that is not in the alphabet.

        Parameters
        ----------
        sequences : sequence of str
            Sequences of any lengths.

        Returns
        -------
        has_unknown : boolean array, shape=[n_sequences,]
            True where at least one letter is unknown.
        """
        sequences, lengths = with_lengths(sequences)
        bad = np.flatnonzero(self._flat_labels(sequences) < 0)
        has_unknown = np.zeros(len(sequences), dtype=bool)
        has_unknown[np.searchsorted(np.cumsum(lengths), bad, side="right")] = True
        return has_unknown

    def to_config(self) -> dict:
        """Return the codec as a dictionary that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: dict) -> "Codec":
        """Make the codec that `to_config` described.

        Parameters
        ----------
        config : dict
            What `to_config` returned.

        Returns
        -------
        codec : Codec
            As it was saved.

        Raises
        ------
        ValueError
            If the dictionary is not of a codec.
        """
        expected = {"symbols", "name", "case", "pad"}
        if set(config) != expected:
            raise ValueError(f"a codec has {sorted(expected)}, not {sorted(config)}")
        return cls(**config)

    def _flat_labels(self, sequences: list[str]) -> np.ndarray:
        """Labels of all letters in a row; -1 for unknown ones."""
        text = "".join(sequences)
        if not text:
            return np.zeros(0, dtype=np.int64)
        found = set(text)
        index = {symbol: k for k, symbol in enumerate(self.alphabet)}
        table = np.full(ord(max(found)) + 1, -1, dtype=np.int64)
        for symbol in found:
            folded = _fold(symbol, self.case)
            table[ord(symbol)] = index.get(symbol, index.get(folded, -1))
        return table[_codes(text)]

    def _check_known(self, flat, lengths, sequences, rows):
        if (flat >= 0).all():
            return
        first = int((flat < 0).argmax())
        ends = np.cumsum(lengths)
        i = int(np.searchsorted(ends, first, side="right"))
        position = first - int(ends[i] - lengths[i])
        symbol = sequences[i][position]
        raise UnknownSymbolError(
            f"{where(i, rows)} has {symbol!r} at position {position} "
            f"(counted from 0), which is not in the alphabet {self.name} "
            f"({self.alphabet!r}): correct it, choose another alphabet (--alphabet), "
            "or drop such sequences (--unknown drop, unknown='drop' in Python)",
            symbol,
        )


def codec_by_name(name: str) -> Codec:
    """Return one of the named codecs: "dna", "protein" or "text".

    Parameters
    ----------
    name : str
        Name, in any case.

    Returns
    -------
    codec : Codec
        Of this name.

    Raises
    ------
    ValueError
        If there is no such codec.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> data.codec_by_name("DNA") is data.DNA, data.codec_by_name("dna").symbols
    (True, 'ACGT')
    """
    codecs = {codec.name: codec for codec in (DNA, PROTEIN, TEXT)}
    if name.lower() not in codecs:
        raise ValueError(
            f"alphabet must be one of {sorted(codecs)}, not {name!r}; for another "
            "alphabet use Codec(symbols), or Codec.from_sequences ('auto')"
        )
    return codecs[name.lower()]


def _fold(symbol: str, case: str) -> str:
    folded = {"upper": symbol.upper(), "lower": symbol.lower(), "keep": symbol}[case]
    # some letters have two in the other case (sharp s); those are left as they are
    return folded if len(folded) == 1 else symbol


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _common_length(lengths: np.ndarray, largest: bool) -> int:
    if len(lengths) == 0:
        return 0
    return (
        int(lengths.max())
        if largest
        else Counter(lengths.tolist()).most_common(1)[0][0]
    )


DNA = Codec("ACGT", name="dna", case="upper")
PROTEIN = Codec("ACDEFGHIKLMNPQRSTVWY", name="protein", case="upper")
TEXT = Codec(" abcdefghijklmnopqrstuvwxyz", name="text", case="lower")
