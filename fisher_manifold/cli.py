"""The command ``fisher-manifold``: its subcommands, and how errors are told."""

import argparse
import contextlib
import importlib
import os
import signal
import sys
import threading
import traceback

from . import __version__
from .commands import arguments as options
from .commands import sampling_arguments

_EPILOG = """\
examples:
  fisher-manifold demo
  fisher-manifold train --data promoters.csv.gz --label species --out model
  fisher-manifold sample --model model --n 10 --label S_cerevisiae
  fisher-manifold evaluate --model model --data promoters.csv.gz
"""

_TRAIN_EPILOG = """\
A column 'split' (train, valid, test) decides what is learned; without one, shares are
set aside at random, or the end of a running text.

examples:
  fisher-manifold train --data promoters.csv.gz --where species=A_thaliana --out model
  fisher-manifold train --data book.txt --alphabet text --length 64 --out model
  fisher-manifold train --resume --out model
"""

_SAMPLE_EPILOG = """\
examples:
  fisher-manifold sample --model model --n 5
  fisher-manifold sample --model model --n 1000 --label S_cerevisiae --out yeast.fasta
"""

_EVALUATE_EPILOG = """\
Each metric stands beside its floor and ceiling (real sequences), an order-1 Markov
chain fitted on the training sequences, and uniform noise (docs/metrics.md).

example:
  fisher-manifold evaluate --model model --data promoters.csv.gz --start-site 49
"""


# An import fails where a package of an option is not installed.
_MENDED_BY_USERS = (ValueError, TypeError, OSError, FloatingPointError, ImportError)

_COMMANDS = (
    ("demo", "learn to draw digits: no data, no network, some minutes", None),
    ("train", "learn sequences from a file", _TRAIN_EPILOG),
    ("sample", "generate sequences with a trained model", _SAMPLE_EPILOG),
    ("evaluate", "compare generated with real sequences", _EVALUATE_EPILOG),
)


class _Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, like all errors of the command."""

    def error(self, message):
        """Print a line and leave with exit code 2."""
        self.exit(2, f"fisher-manifold: error: {message} (see {self.prog} --help)\n")


def build_parser(words):
    """Make the parser.

    Parameters
    ----------
    words : list of str
        The command line.  The options of the demo are defined beside it, and loaded
        only if the demo is meant.

    Returns
    -------
    parser : argparse.ArgumentParser
        Parser.
    """
    layout = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = _Parser(
        prog="fisher-manifold",
        description="Generate categorical sequences by flow matching on the "
        "Fisher-Rao manifold.",
        epilog=_EPILOG,
        **layout,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands"
    )
    added = {}
    for name, text, epilog in _COMMANDS:
        description = text[0].upper() + text[1:] + "."
        added[name] = commands.add_parser(
            name, help=text, description=description, epilog=epilog, **layout
        )
        options.add_common(added[name])
    options.add_train(added["train"])
    sampling_arguments.add_sample(added["sample"])
    sampling_arguments.add_evaluate(added["evaluate"])
    if "demo" in words:
        _command("demo").add_arguments(added["demo"])
    return parser


def main(argv=None):
    """Run a command line.

    Parameters
    ----------
    argv : list of str, optional
        Words after ``fisher-manifold``; default: those of the process.

    Returns
    -------
    code : int
        0; 2 for an error that the user can mend; 130 after Ctrl-C.
    """
    words = sys.argv[1:] if argv is None else [str(word) for word in argv]
    try:
        parser = build_parser(words)
        arguments = parser.parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    if arguments.command is None:
        parser.print_help()
        return 2
    with _terminate_like_interrupt():
        return _run(arguments)


def _run(arguments):
    """Run a command and turn errors that the user can mend into one line."""
    try:
        return _command(arguments.command).run(arguments)
    except KeyboardInterrupt:
        print("fisher-manifold: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has gone, as `head` does: nothing more can be said on stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except _MENDED_BY_USERS as error:
        if arguments.traceback:
            traceback.print_exc()
        print(f"fisher-manifold: error: {_rank()}{_one_line(error)}", file=sys.stderr)
        return 2


def _rank():
    """Which of the processes of a distributed run speaks, if there are several."""
    several = int(os.environ.get("WORLD_SIZE", 1)) > 1
    return f"rank {os.environ.get('RANK')}: " if several else ""


def _command(name):
    package = "fisher_manifold" if name == "demo" else "fisher_manifold.commands"
    return importlib.import_module(f"{package}.{name}")


def _one_line(error):
    text = str(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror.lower()}; check the path"
    return " ".join(text.split()) or type(error).__name__


@contextlib.contextmanager
def _terminate_like_interrupt():
    """Let SIGTERM act like Ctrl-C; outside the main thread signals are left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
