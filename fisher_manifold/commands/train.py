"""``fisher-manifold train``: learn a file of sequences; stop and resume at will."""

import copy
import dataclasses
import time
from pathlib import Path

import torch

from .. import flow, networks, transport
from ..flow import ranks
from ..flow.checkpoint import FILE_NAME
from ..geometry import PositiveHypersphere, SequenceManifold
from . import dataset, folder, training_report
from .console import command_line, say, shows_bar, thread_count
from .settings import DataSettings, TrainingSettings

EMA_DECAY = 0.995
_TIMED_STEPS = 10
_GIVEN_ANEW = {"steps", "threads", "tensorboard"}
_ON_RESUME = {"command", "traceback", "resume", "out", *_GIVEN_ANEW}


def run(arguments):
    """Train a model, or go on training it.

    Parameters
    ----------
    arguments : argparse.Namespace
        Options; those not given are absent.

    Returns
    -------
    code : int
        0, or 130 after Ctrl-C or SIGTERM.
    """
    with ranks.process_group() as device:
        return _run(vars(arguments), Path(arguments.out), device)


def _run(given, out, device):
    here = ranks.Ranks.here(device)
    callbacks = _callbacks(given, out)
    prepare = _continue if given.get("resume") else _begin
    model, data, is_begun = prepare(given, out)
    here.wait()  # all have looked at the folder before rank 0 writes
    with thread_count(model.training.threads) as threads:
        training = dataclasses.replace(model.training, threads=threads)
        if is_begun:
            trainer = flow.Trainer.load(out, device=device)
        else:
            trainer = make_trainer(model, device)
            if "minutes" in given:
                steps = _steps_within(given["minutes"], trainer, data)
                training = dataclasses.replace(training, steps=here.all_of_first(steps))
        model = dataclasses.replace(model, training=training)
        return _train(trainer, model, data, out, callbacks)


def _begin(given, out):
    """Read the data of a new run and describe its model."""
    if "data" not in given:
        raise ValueError("expected --data FILE (or --resume, to go on with a run)")
    path = dataset.absolute(given["data"])
    settings = DataSettings(path, **_chosen(given, DataSettings))
    training = TrainingSettings(**_chosen(given, TrainingSettings))
    data = dataset.load(settings)
    prepared = data.prepared
    classes, counts = prepared.classes, None
    if classes is not None:
        _, class_labels = data.part("train")
        counts = torch.bincount(
            torch.from_numpy(class_labels), minlength=len(classes)
        ).tolist()
    length = prepared.labels.shape[1]
    sha256 = dataset.fingerprint(path)
    model = folder.ModelDescription(
        prepared.codec, length, classes, counts, sha256, settings, training
    )
    if not (out / FILE_NAME).exists():
        return model, data, False
    if ranks.was_restarted() and _is_of(model, out):
        return folder.read_description(out), data, True
    if not given.get("overwrite"):
        raise ValueError(
            f"{out} already holds a checkpoint: go on with it "
            f"({command_line('train', '--resume', '--out', out)}), choose another "
            "--out, or replace it with --overwrite"
        )
    return model, data, False


def _is_of(model, out):
    """Whether a folder holds the run that is described, of whatever length."""

    def but_its_length(description):
        training = dataclasses.replace(description.training, steps=1, threads=None)
        return dataclasses.replace(description, training=training)

    return but_its_length(folder.read_description(out)) == but_its_length(model)


def _continue(given, out):
    """Read the description and the data of a run that was stopped."""
    surplus = sorted(set(given) - _ON_RESUME)
    if surplus:
        options = ", ".join("--" + name.replace("_", "-") for name in surplus)
        raise ValueError(
            f"--resume goes on with the settings in {out}: leave out {options} (only "
            "--steps, --threads and --tensorboard may be given)"
        )
    model = folder.read_description(out)
    path = Path(model.data.path)
    if not path.is_file():
        raise FileNotFoundError(
            f"the training data {path} are not there any more: put them back to resume"
        )
    if dataset.fingerprint(path) != model.sha256:
        raise ValueError(
            f"{path} has changed since the training began: restore it to resume, or "
            "train anew in another folder"
        )
    chosen = {name: given[name] for name in ("steps", "threads") if name in given}
    training = dataclasses.replace(model.training, **chosen)
    model = dataclasses.replace(model, training=training)
    return model, dataset.load(model.data, model.codec, model.classes), True


def _chosen(given, kind):
    names = {field.name for field in dataclasses.fields(kind)} - {"path"}
    return {name: value for name, value in given.items() if name in names}


def make_trainer(model, device="cpu"):
    """Make the trainer of a new run.

    Parameters
    ----------
    model : ModelDescription
        Alphabet, length, classes and training settings.
    device : torch.device
        Where the network goes.

    Returns
    -------
    trainer : Trainer
        At step 0.
    """
    training = model.training
    n_categories = model.codec.n_categories
    base = PositiveHypersphere(dim=n_categories - 1)
    space = SequenceManifold(base, length=model.length)
    source = flow.DirichletSource(space, training.concentration)
    path = flow.GeodesicPath(space, source)
    with torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(training.seed)
        network = _make_network(model, space).to(device)
    field = flow.PosteriorField(network, path)
    if training.reveal or training.blank:
        shares = {"reveal": training.reveal, "blank": training.blank}
        field = flow.InpaintingField(network, path, **shares)
    return flow.Trainer(
        field,
        path,
        _make_coupling(model, space),
        learning_rate=training.learning_rate,
        batch_size=training.batch_size,
        coupling_size=training.coupling_size,
        micro_batch_size=training.micro_batch_size,
        ema_decay=EMA_DECAY,
        generator=torch.Generator().manual_seed(training.seed),
    )


def _make_coupling(model, space):
    if model.training.coupling == "independent":
        return None
    coupling = transport.ExactCoupling(space)
    # Within labels, so that noise tells nothing of the label.
    return transport.ConditionalCoupling(coupling) if model.classes else coupling


def _make_network(model, space):
    training, n_classes = model.training, len(model.classes or ())
    size = {"width": training.width, "depth": training.depth}
    drop = training.condition_dropout if n_classes else 0.0
    if not drop:
        size["n_classes"] = n_classes
    if training.network == "mlp":
        network = networks.MLP(space.shape, **size)
    else:
        kinds = {"cnn": networks.SequenceCNN, "transformer": networks.Transformer}
        kind = kinds[training.network]
        network = kind(model.codec.n_categories, model.length, **size)
    return networks.Conditional(network, n_classes, drop=drop) if drop else network


def _callbacks(given, out):
    """What is called with each row of the history, beside the progress bar."""
    callbacks = [] if shows_bar() else [training_report.print_validation]
    if given.get("tensorboard"):
        callbacks.append(flow.TensorBoardLog(out / "tensorboard"))
    return callbacks


def _train(trainer, model, data, out, callbacks):
    """Train, and say what is done, was done and comes next."""
    training_report.describe(trainer, model, data)
    start, steps = trainer.step, model.training.steps
    if start >= steps:
        say(f"This model has {start} of {steps} steps: --steps N trains it longer.")
        return 0
    if ranks.is_first():
        _prepare_folder(trainer, model, data, out)
    try:
        trainer.fit(
            **_tensors(data, "train", "data", "conditions"),
            **_tensors(data, "valid", "validation", "validation_conditions"),
            steps=steps,
            validate_every=max(1, steps // 10),
            directory=out,
            checkpoint_every=model.training.checkpoint_every,
            progress=shows_bar(),
            callbacks=callbacks,
        )
    except KeyboardInterrupt:
        say(f"\nStopped after step {trainer.step} of {steps}. The checkpoint in {out}")
        say("is complete; this command goes on to the same result:")
        say("  " + command_line("train", "--resume", "--out", out))
        return 130
    training_report.conclude(trainer, out)
    return 0


def _prepare_folder(trainer, model, data, out):
    """Write all that the checkpoints of the run need beside them."""
    if trainer.step == 0:
        # An old model must not be taken for the new one if we are stopped in between.
        (out / FILE_NAME).unlink(missing_ok=True)
        folder.write_reference(out, *data.part("train"))
    folder.write_description(out, model)
    if trainer.step == 0:
        trainer.save(out)


def _tensors(data, part, name, conditions_name):
    labels, class_labels = data.part(part)
    conditions = None
    if class_labels is not None:
        conditions = {"label": torch.from_numpy(class_labels)}
    return {name: torch.from_numpy(labels), conditions_name: conditions}


def _steps_within(minutes, trainer, data):
    """Number of steps that take the given time, by timing a copy of the trainer."""
    field = trainer.raw_field.with_network(copy.deepcopy(trainer.raw_field.network))
    generator = torch.Generator().manual_seed(0)
    batch_size = trainer.batch_size
    scratch = flow.Trainer(
        field, trainer.path, trainer.coupling, 1e-3, batch_size, generator=generator
    )
    tensors = _tensors(data, "train", "data", "conditions")
    scratch.fit(**tensors, steps=3, progress=False)
    started = time.perf_counter()
    scratch.fit(**tensors, steps=3 + _TIMED_STEPS, progress=False)
    seconds = (time.perf_counter() - started) / _TIMED_STEPS
    # A tenth is left for validation and checkpoints.
    steps = max(1, int(0.9 * 60 * minutes / seconds))
    say(f"A step takes about {seconds:.3f} s: {steps} steps in {minutes:g} minutes.")
    return steps
