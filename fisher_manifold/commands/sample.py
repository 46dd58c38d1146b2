"""``fisher-manifold sample``: generate sequences with a trained model."""

import sys
from pathlib import Path

import numpy as np
import torch

from .. import flow
from ..data import write_sequences
from . import folder
from .comparison import choose
from .console import note, shows_bar, thread_count
from .sampling_arguments import FORMATS
from .steering import parse_given, steered_field, with_given

_MOST_MEASURED = 1000


def run(arguments):
    """Generate sequences and write them.

    Parameters
    ----------
    arguments : argparse.Namespace
        Options.

    Returns
    -------
    code : int
        0.
    """
    out = Path(arguments.model)
    model = folder.read_description(out)
    format = choose_format(arguments.format, arguments.out, model)
    given = None
    if arguments.given is not None:
        given = parse_given(arguments.given, model)
    generator = torch.Generator().manual_seed(arguments.seed)
    class_labels = draw_classes(model, arguments.n, arguments.label, generator)
    with thread_count(arguments.threads):
        trainer = flow.Trainer.load(out)
        parts = class_labels, generator, given
        result = generate(trainer, arguments.n, arguments, *parts)
    sequences = model.codec.decode(result.labels.cpu().numpy())
    names = None
    if class_labels is not None:
        names = [model.classes[i] for i in class_labels.tolist()]
        if format == "txt":
            note("plain text has no place for the classes: use --format csv or fasta")
            names = None
    write_sequences(arguments.out or sys.stdout, sequences, format, names)
    if arguments.out:
        note(f"{len(sequences)} sequences written to {arguments.out}")
    return 0


def choose_format(format, out, model):
    """Format asked for, else that of the file's name, else one that fits.

    Parameters
    ----------
    format : str or None
        Format asked for.
    out : str or None
        File, None for the standard output.
    model : ModelDescription
        Alphabet and classes.

    Returns
    -------
    format : {"fasta", "csv", "txt", "npz"}
        Format.
    """
    if format is None and out is not None:
        suffixes = [s for s in Path(out).suffixes if s != ".gz"] or [""]
        format = {".fa": "fasta"}.get(suffixes[-1], suffixes[-1][1:])
        if format not in FORMATS:
            raise ValueError(
                f"expected --out to end in .{', .'.join(FORMATS)} (or --format), got "
                f"{out}"
            )
    if format is None:
        is_biological = model.codec.name in ("dna", "protein")
        other = "csv" if model.classes else "txt"
        format = "fasta" if is_biological else other
    if format == "npz" and out is None:
        raise ValueError("expected --out FILE with --format npz: it is not text")
    return format


def draw_classes(model, n, name, generator):
    """Classes of the samples: one by name, else as frequent as in training.

    Parameters
    ----------
    model : ModelDescription
        Classes and their counts.
    n : int
        Number of samples.
    name : str or None
        Class asked for.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    class_labels : torch.Tensor of int, shape=[n], or None
        Index of each sample's class; None for models without classes.
    """
    if model.classes is None:
        if name is not None:
            raise ValueError(
                f"--label {name}: this model was trained without classes; leave it "
                "out, or train with --label COLUMN"
            )
        return None
    if name is None:
        weights = torch.tensor(model.class_counts, dtype=torch.float64)
        return torch.multinomial(weights, n, replacement=True, generator=generator)
    if name not in model.classes:
        raise ValueError(
            f"--label {name}: no such class; the model knows {', '.join(model.classes)}"
        )
    return torch.full((n,), model.classes.index(name))


def generate(trainer, n, arguments, class_labels, generator, given=None):
    """Generate labels with the averaged weights.

    Parameters
    ----------
    trainer : Trainer
        Trained.
    n : int
        Number of samples.
    arguments : argparse.Namespace
        Options: model, steps, solver, readout, grid, guidance and seed.
    class_labels : torch.Tensor of int, shape=[n], or None
        Classes.
    generator : torch.Generator
        Source of randomness.
    given : torch.Tensor of int, shape=[length], optional
        Letters that all samples have, -1 for free places.

    Returns
    -------
    result : flow.SampleResult
        Labels, and the number of evaluations.
    """
    if trainer.step == 0:
        note("this model is not trained at all: the run stopped before its first steps")
    grid, solver = None, arguments.solver
    if solver == "staggered":
        solver = flow.Staggered(arguments.steps, order="stratified")
        if arguments.grid != "field":
            raise ValueError(
                f"--grid {arguments.grid}: the clocks of --solver staggered are even: "
                "leave one of them away"
            )
    if arguments.grid == "measured":
        grid = _measure_times(trainer, arguments).grid(arguments.steps)
    field = with_given(steered_field(trainer, arguments.guidance), given)
    conditions = {} if class_labels is None else {"label": class_labels}
    if given is not None:
        conditions["given"] = given.repeat(n, 1)
    return flow.sample(
        field,
        trainer.path,
        n,
        arguments.steps,
        generator=generator,
        conditions=conditions,
        grid=grid,
        progress=shows_bar(),
        solver=solver,
        readout=arguments.readout,
    )


def _measure_times(trainer, arguments):
    """Law of times at which the model resolves some of its training sequences."""
    parts = folder.read_reference(Path(arguments.model))
    rng = np.random.default_rng(arguments.seed)
    rows = choose(len(parts[0]), min(len(parts[0]), _MOST_MEASURED), rng)
    labels, classes = (
        None if part is None else torch.from_numpy(part[rows]).to(trainer.device)
        for part in parts
    )
    return flow.measure_times(
        trainer.field,
        trainer.path,
        labels,
        None if classes is None else {"label": classes},
        torch.Generator(trainer.device).manual_seed(arguments.seed),
    )
