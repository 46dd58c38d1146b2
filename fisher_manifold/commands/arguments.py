"""Options of the subcommands.  Light: ``--help`` imports no torch.

Options that are not given are absent from the namespace; their defaults are those of
`settings`.
"""

import argparse

from .number_types import positive, positive_real, seed, share, whole_share, width
from .settings import DataSettings, TrainingSettings

_SUFFIXES = (
    ".fa .fasta .fna .faa .csv .tsv .txt, each also .gz; or as published: text8.zip, "
    "DeepFlyBrain_data.pkl, DeepMEL2_data.pkl (its classes: --label class)"
)


_LETTERS = dict.fromkeys((positive, seed, width), "N")
_LETTERS |= dict.fromkeys((positive_real, share, whole_share), "X")


def add_common(parser):
    """Add the options that every command has."""
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="show where an error comes from, for a report",
    )


def add_train(parser):
    """Add the options of ``train``."""
    _add_run(parser)
    _add_data(parser.add_argument_group("data"))
    _add_model(parser.add_argument_group("model"))
    _add_optimisation(parser.add_argument_group("training"))


def _add_run(parser):
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="the model's folder"
    )
    option = _Options(parser, TrainingSettings)
    option("--data", metavar="FILE", help=f"sequences: {_SUFFIXES}")
    option(
        "--resume",
        action="store_true",
        help="go on with the run in DIR; takes no other option but --steps, "
        "--threads, --tensorboard",
    )
    option("--overwrite", action="store_true", help="replace the model in DIR")
    option(
        "--tensorboard",
        action="store_true",
        help="write event files to DIR/tensorboard beside DIR/history.csv",
    )


def _add_data(group):
    option = _Options(group, DataSettings)
    option("--column", metavar="C", help="column of the sequences (CSV, TSV)")
    option(
        "--label",
        metavar="C",
        help="column of the classes (in FASTA: key of key=value in the header); the "
        "model is then conditional",
    )
    option(
        "--where",
        metavar="COLUMN=VALUE",
        help="only these rows, e.g. species=A_thaliana",
    )
    option(
        "--alphabet",
        choices=("auto", "dna", "protein", "text"),
        help="letters; auto takes those found, text is a to z and space",
    )
    option(
        "--length",
        type=positive,
        metavar="N",
        help="letters of a sequence: longer ones are cut, one long text is cut into "
        "windows",
    )
    option("--pad", action="store_true", help="fill shorter sequences up with a symbol")
    option(
        "--unknown",
        choices=("error", "drop"),
        help="sequences with letters outside the alphabet: stop, or drop them",
    )
    option("--validation", type=share, help="share for validation, without a split")
    option("--test", type=share, help="share for test, without a split")
    option("--split-seed", type=seed, help="seed of a random split")


def _add_model(group):
    option = _Options(group, TrainingSettings)
    option("--network", choices=("cnn", "transformer", "mlp"), help="kind of network")
    option("--width", type=width, help="its width")
    option("--depth", type=positive, help="its depth")
    option(
        "--concentration",
        type=positive_real,
        help="of the Dirichlet law that the flow starts from; 0.5 is uniform",
    )
    option(
        "--coupling",
        choices=("independent", "exact"),
        help="how noise and data are paired; exact is optimal transport within a batch "
        "(and within a label, with --label)",
    )
    _add_steering(group)


def _add_steering(group):
    option = _Options(group, TrainingSettings)
    option(
        "--condition-dropout",
        type=share,
        help="share of the samples trained without their class, so that sample "
        "--guidance works",
    )
    option(
        "--reveal",
        type=whole_share,
        help="share of the samples trained with some letters given, for sample --given",
    )
    option(
        "--blank",
        type=whole_share,
        help="share of the samples trained with some letters given and nothing known "
        "of the others, for --solver staggered and evaluate --bound",
    )


def _add_optimisation(group):
    option = _Options(group, TrainingSettings)
    duration = _Options(group.add_mutually_exclusive_group(), TrainingSettings)
    duration("--steps", type=positive, help="training steps")
    duration(
        "--minutes",
        type=positive_real,
        help="choose --steps so that training takes about so long",
    )
    option(
        "--batch-size",
        type=positive,
        help="sequences in a step, on all processes together",
    )
    option(
        "--coupling-size",
        type=positive,
        help="sequences of a batch that are drawn and paired together (default: all)",
    )
    option(
        "--micro-batch-size",
        type=positive,
        help="most sequences that the network sees at once (default: all)",
    )
    option("--learning-rate", type=positive_real, help="peak of the learning rate")
    option("--seed", type=seed, help="seed of weights, batches and noise")
    option("--threads", type=positive, help="threads of torch")
    option("--checkpoint-every", type=positive, help="steps between checkpoints")


class _Options:
    """Adds options that are absent if not given, with the default in the help."""

    def __init__(self, group, settings):
        self.group = group
        self.settings = settings

    def __call__(self, name, help, **keywords):
        default = getattr(self.settings, name[2:].replace("-", "_"), None)
        if default is not None and default is not False:
            help = f"{help} (default: {default})"
        if keywords.get("type") in _LETTERS:
            keywords.setdefault("metavar", _LETTERS[keywords["type"]])
        self.group.add_argument(name, default=argparse.SUPPRESS, help=help, **keywords)
