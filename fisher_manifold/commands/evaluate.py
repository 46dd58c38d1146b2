"""``fisher-manifold evaluate``: generated sequences against real ones."""

import dataclasses
from pathlib import Path

import numpy as np
import torch

from .. import flow, metrics
from . import dataset, folder, report
from .bound import likelihood_bound
from .comparison import choose, choose_alike, compare_predicted
from .console import note, say, thread_count
from .findings import find
from .promoter import Letters
from .sample import generate

_MOST_SAMPLES = 5000
_REQUEST = (
    *("model", "data", "steps", "solver", "readout", "grid", "guidance", "seed"),
    *("predictor", "start_site"),
)


def run(arguments):
    """Generate, measure, print and write a report.

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
    path = report.check_path(arguments.out or out / "report.json")
    train = folder.read_reference(out)
    *test, origin = read_test(arguments, model)
    ks = _check_lengths(arguments.k, test[0], model.codec.n_categories)
    Letters(model.codec.alphabet, model.length, arguments.start_site)  # or raises
    predictor = arguments.predictor and metrics.load_predictor(arguments.predictor)
    rng = np.random.default_rng(arguments.seed)
    seed = arguments.seed
    with thread_count(arguments.threads):
        trainer = flow.Trainer.load(out)
        generated, rows = _generate(trainer, test, arguments, origin)
        losses = [_cross_entropy(trainer, *part, rng) for part in (test, train)]
        bound = likelihood_bound(trainer, test, arguments.bound, seed)
        samples, real = generated.labels.cpu().numpy(), _rows_of(test, rows)
        parts = samples, real, test, train, model, ks, arguments.start_site
        found = find(*parts, seed, rng)
    if predictor:
        sets = dataclasses.replace(found.sets, floor=_alike(real, train, rng))
        found.results += _compare_predicted(
            arguments.predictor, predictor, model, sets, real, rng
        )
    summary = {
        **{name: vars(arguments)[name] for name in _REQUEST},
        "training_steps": trainer.step,
        "n_evaluations": generated.n_evaluations,
        "test": origin,
        "n_test": len(test[0]),
        "n_training": len(train[0]),
        "n_samples": len(samples),
        "cross_entropy_test": losses[0],
        "cross_entropy_training": losses[1],
        "bound": bound,
        "classifier_accuracy": found.accuracy,
    }
    report.publish(path, summary, found)
    return 0


def read_test(arguments, model):
    """Read the sequences to compare with.

    Parameters
    ----------
    arguments : argparse.Namespace
        File, and columns where they are others than in training.
    model : ModelDescription
        Alphabet, classes, and how the training data were split.

    Returns
    -------
    labels : int64 array, shape=[n, length]
        Labels.
    class_labels : int64 array, shape=[n], or None
        Classes.
    origin : str
        Which sequences of the file these are.
    """
    settings = _settings_for(arguments, model)
    prepared, is_running_text = dataset.read(settings, model.codec, model.classes)
    for message in prepared.messages:
        note(message)
    _check_fits(prepared, model, arguments.data)
    rows, origin = np.arange(len(prepared.labels)), "all sequences of the file"
    is_training_file = dataset.fingerprint(arguments.data) == model.sha256
    if prepared.splits is not None or is_training_file:
        data = dataset.split(prepared, settings, is_running_text)
        rows, origin = data.splits.test, f"test part, split {data.split_by}"
    if len(rows) < 2:
        raise ValueError(
            f"{arguments.data}: expected at least 2 test sequences, got {len(rows)}: "
            "mark rows with 'test' in a column 'split', or pass another file"
        )
    return *dataset.rows_of(prepared, rows), origin


def _settings_for(arguments, model):
    """How the file is read: as in training, but for what is said otherwise."""
    given = {"path": arguments.data}
    for name in ("column", "label"):
        if getattr(arguments, name) is not None:
            given[name] = getattr(arguments, name) or None
    if model.codec.pad is not None:
        given["length"] = model.length
    return dataclasses.replace(model.data, **given)


def _check_fits(prepared, model, path):
    length = prepared.labels.shape[1]
    if length != model.length:
        raise ValueError(
            f"{path}: expected sequences of length {model.length}, as the model was "
            f"trained on, got {length}"
        )
    if model.classes is not None and prepared.class_labels is None:
        raise ValueError(
            f"{path}: this model has classes; name their column with --label"
        )


def _check_lengths(ks, labels, n_categories):
    """Lengths of k-mers; too long ones are told before the work is done."""
    if ks is None:
        usual = (3, 4, 5, 6) if n_categories <= 10 else (3, 5)
        return [k for k in usual if k <= labels.shape[1]] or [1]
    for k in ks:
        metrics.kmer_spectrum(labels[:1], k, n_categories)
    return sorted(set(ks))


def _generate(trainer, test, arguments, origin):
    """Result of the sampler for the conditions of test sequences, and their rows."""
    labels, class_labels = test
    n = arguments.n or min(len(labels), _MOST_SAMPLES)
    say(f"{len(labels)} test sequences ({origin}); generating {n}")
    rows = choose(len(labels), n, np.random.default_rng(arguments.seed))
    given = None if class_labels is None else torch.from_numpy(class_labels[rows])
    generator = torch.Generator().manual_seed(arguments.seed)
    return generate(trainer, n, arguments, given, generator), rows


def _rows_of(part, rows):
    """Rows of labels and class labels (or None)."""
    return tuple(None if array is None else array[rows] for array in part)


def _alike(real, train, rng):
    """Training sequences of the classes of real ones."""
    if real[1] is None:
        return train[0][choose(len(train[0]), len(real[0]), rng)]
    return train[0][choose_alike(real[1], train[1], rng)]


def _compare_predicted(name, predictor, model, sets, real, rng):
    """Compare with the test sequences whose conditions the samples were made for."""

    def predict(labels):
        return metrics.predict(predictor, model.codec.decode(labels))

    return compare_predicted(name, sets, real[0], predict, rng)


def _cross_entropy(trainer, labels, class_labels, rng):
    """Loss at random times, nats per site, on some of the sequences."""
    rows = choose(len(labels), min(len(labels), _MOST_SAMPLES), rng)
    conditions = None
    if class_labels is not None:
        conditions = {"label": torch.from_numpy(class_labels[rows])}
    return trainer.evaluate(torch.from_numpy(labels[rows]), conditions)
