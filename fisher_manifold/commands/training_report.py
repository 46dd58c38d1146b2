"""What ``fisher-manifold train`` says: before, while and after it trains."""

from ..flow import ranks
from .console import command_line, note, say


def describe(trainer, model, data):
    """Say what is trained on which data.

    Parameters
    ----------
    trainer : Trainer
        Trainer, at the step where it starts.
    model : ModelDescription
        Its description.
    data : object
        Data as read by `dataset.load`.
    """
    prepared, parts = data.prepared, data.splits
    for message in prepared.messages:
        note(message)
    codec = model.codec
    say(
        f"Data: {model.data.path}\n"
        f"  {len(prepared.labels)} sequences of {model.length} letters out of the "
        f"{codec.n_categories} of {codec.alphabet!r}"
    )
    say(
        f"  {len(parts.train)} for training, {len(parts.valid)} for validation, "
        f"{len(parts.test)} for test ({data.split_by})"
    )
    if len(parts.test) < 2:
        note("there is no test part: `evaluate` will need another file")
    if model.classes:
        shown = ", ".join(model.classes[:20])
        more = ", ..." if len(model.classes) > 20 else ""
        say(f"  {len(model.classes)} classes: {shown}{more}")
    training, here = model.training, ranks.Ranks.here(trainer.device)
    n_weights = sum(p.numel() for p in trainer.raw_field.parameters())
    say(
        f"Model: {training.network} of width {training.width} and depth "
        f"{training.depth}, {n_weights} weights"
    )
    say(
        f"Training: steps {trainer.step} to {training.steps} with batches of "
        f"{training.batch_size}, {_workers(here, training)}; Ctrl-C saves and stops"
    )


def _workers(here, training):
    processes = f"{here.size} processes of " if here.size > 1 else ""
    return f"{processes}{training.threads} threads"


def print_validation(trainer, row):
    """Say the losses of a row with a validation: a callback where no bar is shown."""
    if "validation_loss" in row:
        say(
            f"  step {row['step']}: loss {row['loss']:.4f}, "
            f"validation {row['validation_loss']:.4f} nats/site"
        )


def conclude(trainer, out):
    """Say how well the model does, and what to do with it."""
    losses = [r["validation_loss"] for r in trainer.history if "validation_loss" in r]
    say(f"Validation loss: {losses[-1]:.4f} nats/site. The model is in {out}; next:")
    say("  " + command_line("sample", "--model", out, "--n", 10))
    say("  " + command_line("evaluate", "--model", out, "--data", "FILE"))
