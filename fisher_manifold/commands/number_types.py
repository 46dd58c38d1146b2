"""Numbers on the command line, by the values that they may have."""

import argparse


def positive(text):
    """Whole number of at least 1."""
    value = _number(text, int, "a whole number")
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, got {text}")
    return value


def seed(text):
    """Whole number of at least 0."""
    value = _number(text, int, "a whole number")
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text}")
    return value


def width(text):
    """Multiple of 4: heads of a transformer, pairs of sine and cosine."""
    value = positive(text)
    if value % 4:
        raise argparse.ArgumentTypeError(f"expected a multiple of 4, got {text}")
    return value


def positive_real(text):
    """Finite number above 0."""
    value = _number(text, float, "a number")
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return value


def weight(text):
    """Finite number of at least 0."""
    value = _number(text, float, "a number")
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text}")
    return value


def share(text):
    """Number from 0 to below 1."""
    value = _number(text, float, "a number")
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(
            f"expected a share from 0 to below 1, got {text}"
        )
    return value


def whole_share(text):
    """Number from 0 to 1."""
    value = _number(text, float, "a number")
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, got {text}")
    return value


def _number(text, kind, name):
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {name}, got {text!r}") from None
