"""Options of the commands that generate: ``sample`` and ``evaluate``."""

from .number_types import positive, seed, weight

FORMATS = ("fasta", "csv", "txt", "npz")
SAMPLE_STEPS = 50
SOLVERS = ("euler", "adams", "heun", "midpoint", "rk4")
READOUTS = ("nearest", "posterior")


def add_sample(parser):
    """Add the options of ``sample``."""
    _add_generation(parser)
    parser.add_argument(
        "--n", type=positive, metavar="N", required=True, help="number of sequences"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="default: as --out ends, else fasta for DNA and protein, csv with "
        "classes, txt",
    )
    parser.add_argument("--out", metavar="FILE", help="default: the standard output")
    parser.add_argument(
        "--label",
        metavar="NAME",
        help="class to draw, for conditional models (default: as often as in training)",
    )
    parser.add_argument(
        "--given",
        metavar="PATTERN",
        help="letters that all samples have, ? (for DNA also N) where they are free: "
        "one for each place, as NNNNTATAAANN",
    )


def add_evaluate(parser):
    """Add the options of ``evaluate``."""
    _add_generation(parser)
    parser.add_argument("--data", required=True, metavar="FILE", help="real sequences")
    parser.add_argument("--column", metavar="C", help="default: as in training")
    parser.add_argument("--label", metavar="C", help="default: as in training")
    parser.add_argument(
        "--n",
        type=positive,
        metavar="N",
        help="sequences to generate (default: as many as the test part, at most 5000)",
    )
    parser.add_argument(
        "--k",
        type=positive,
        nargs="+",
        help="lengths of the k-mers (default: 3 4 5 6; 3 5 for more than 10 letters)",
    )
    parser.add_argument(
        "--start-site",
        type=seed,
        metavar="N",
        help="index of the start of transcription: letters are compared within 50 of "
        "it, TATA boxes 40 to 20 before it (default: everywhere)",
    )
    parser.add_argument(
        "--bound",
        type=seed,
        metavar="N",
        default=16,
        help="test sequences to bound the likelihood of (default: %(default)s)",
    )
    parser.add_argument(
        "--predictor",
        metavar="MODULE:CALLABLE",
        help="function from a list of sequences to an array, a row for each: adds the "
        "SP-MSE of these profiles and the FBD of these embeddings to the report "
        "(MODULE may be a file, as ./sei.py); its code is run",
    )
    parser.add_argument(
        "--out",
        metavar="FILE.json",
        help="report; one in Markdown is put beside it (default: DIR/report.json)",
    )


def _add_generation(parser):
    parser.add_argument(
        "--model", required=True, metavar="DIR", help="folder that train has made"
    )
    parser.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        default=SAMPLE_STEPS,
        help="steps of the flow (default: %(default)s)",
    )
    _add_sampler(parser)
    parser.add_argument(
        "--guidance",
        type=weight,
        metavar="W",
        default=1.0,
        help="weight of the class: 0 leaves it out, more than 1 exaggerates it "
        "(default: %(default)g)",
    )
    parser.add_argument(
        "--seed", type=seed, metavar="N", default=0, help="seed (default: 0)"
    )
    parser.add_argument("--threads", type=positive, metavar="N", help="torch threads")


def _add_sampler(parser):
    parser.add_argument(
        "--solver",
        choices=(*SOLVERS, "staggered"),
        default=SOLVERS[0],
        help="method of a step; euler and adams take one evaluation of the network, "
        "heun and midpoint two, rk4 four; staggered decides some letters in each "
        "step, spread over the sequence, and knows them in the next "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--readout",
        choices=READOUTS,
        default=READOUTS[0],
        help="how letters are read off the last point; posterior takes one evaluation "
        "more (default: %(default)s)",
    )
    parser.add_argument(
        "--grid",
        choices=("field", "measured"),
        default="field",
        help="times of the steps: those of the training, or measured from the entropy "
        "that the model has still to resolve on training sequences (default: "
        "%(default)s)",
    )
