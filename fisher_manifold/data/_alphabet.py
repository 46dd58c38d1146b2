"""The choice of an alphabet for sequences, and what is said about it."""

from dataclasses import replace

from fisher_manifold.data.codec import DNA, Codec, codec_by_name

_PADS = "-_.*~^|@"
_DNA_CODES = set("ACGTNRYSWKMBDHV-")


def choose_codec(table, codec, case, pad, messages):
    """Return the alphabet asked for, with the case and the padding asked for.

    Parameters
    ----------
    table : SequenceTable
        Sequences.
    codec : Codec or str
        An alphabet, its name, or "auto".
    case : {"upper", "lower", "keep"}, optional
        Case to read letters in.
    pad : bool
        Whether a padding symbol is needed.
    messages : list of str
        Gets what was found.

    Returns
    -------
    codec : Codec
        The alphabet.
    """
    if isinstance(codec, str) and codec.lower() == "auto":
        symbol = _choose_pad(table.sequences, "") if pad else None
        codec = Codec.from_sequences(table.sequences, case, symbol)
        messages.append(
            f"alphabet found: {codec.name}, {len(codec.symbols)} letters "
            f"{codec.symbols!r}"
        )
        _warn_ambiguous(table, codec, messages)
    elif isinstance(codec, str):
        codec = codec_by_name(codec)
    if case is not None:
        codec = replace(codec, case=case)
    if pad and codec.pad is None:
        codec = replace(codec, pad=_choose_pad(table.sequences, codec.symbols))
    return codec


def report_case(table, codec, messages):
    """State how many sequences have letters that are read in the other case."""
    if codec.case == "keep":
        return
    fold = str.upper if codec.case == "upper" else str.lower
    changed = [i for i, s in enumerate(table.sequences) if fold(s) != s]
    if changed:
        other = "lower" if codec.case == "upper" else "upper"
        messages.append(
            f"{count(changed)} with {other} case letters read as {codec.case} case "
            f"(first: row {table.rows[changed[0]]})"
        )


def count(chosen):
    """Say how many sequences are meant, given their indices or a mask."""
    number = int(chosen.sum()) if hasattr(chosen, "sum") else len(chosen)
    return f"{number} sequence{'' if number == 1 else 's'}"


def _choose_pad(sequences, symbols):
    """Return a visible letter that neither the alphabet nor the sequences have."""
    taken = set(symbols).union(set("".join(sequences)))
    candidates = _PADS + "".join(map(chr, range(0x2581, 0x3000)))
    return next(letter for letter in candidates if letter not in taken)


def _warn_ambiguous(table, codec, messages):
    """Say so where an alphabet found looks like DNA with codes for unsure bases."""
    extra = {s for s in codec.symbols if s.upper() not in DNA.symbols}
    found = {s.upper() for s in codec.symbols}
    if not (extra and set(DNA.symbols) <= found <= _DNA_CODES):
        return
    i = next(i for i, s in enumerate(table.sequences) if not extra.isdisjoint(s))
    letter = next(s for s in table.sequences[i] if s in extra)
    messages.append(
        f"this looks like DNA with other letters (first: {letter!r} in row "
        f"{table.rows[i]}); they are categories of their own here: choose the alphabet "
        "dna (--alphabet dna) to refuse them, and --unknown drop to drop those "
        "sequences"
    )
