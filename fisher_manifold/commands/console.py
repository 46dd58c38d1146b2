"""What the commands print (on rank 0 alone), and the number of threads they run on."""

import contextlib
import shlex
import sys

import torch

from ..flow.ranks import is_first


def say(text):
    """Print a result to the standard output, at once."""
    if is_first():
        print(text, flush=True)


def note(text):
    """Print a remark to the standard error, so that output can be piped."""
    if is_first():
        print(f"note: {text}", file=sys.stderr, flush=True)


def shows_bar():
    """Whether a progress bar makes sense: the standard error is a terminal."""
    return sys.stderr.isatty()


def command_line(*words):
    """Return a command as it is typed in a shell."""
    return shlex.join(["fisher-manifold", *map(str, words)])


@contextlib.contextmanager
def thread_count(number):
    """Run with a number of torch threads, and restore the old one after.

    Parameters
    ----------
    number : int or None
        Threads; None leaves torch's choice.

    Yields
    ------
    number : int
        Threads in use.
    """
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
