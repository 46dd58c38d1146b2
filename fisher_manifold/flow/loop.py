"""The loop of `Trainer.fit`: steps, history, progress, checkpoints, stopping."""

import contextlib
import dataclasses
from typing import Any

import torch
from tqdm import tqdm

from . import checkpoint, resume
from .batches import as_batches
from .checks import check_counts, check_coupled, check_on_space, held_out
from .drawing import core_is_free
from .interrupt import DeferredInterrupt
from .objective import Objective
from .ranks import Ranks
from .shares import Shares
from .updates import TrainingDiverged, rate

LOG_EVERY = 10


@dataclasses.dataclass(frozen=True)
class Loop:
    """What `Trainer.fit` was asked for, beside the data.

    Attributes
    ----------
    steps : int
        Steps of the whole run.
    validate_every, checkpoint_every : int
        Steps between validations, and between checkpoints.
    directory : path-like or None
        Where checkpoints are written.
    progress : bool
        Whether to show a bar.
    callbacks : sequence of callable
        Called with each new row of the history.
    """

    steps: int
    validate_every: int
    checkpoint_every: int
    directory: Any
    progress: bool
    callbacks: Any

    def __post_init__(self):
        check_counts(
            steps=self.steps,
            validate_every=self.validate_every,
            checkpoint_every=self.checkpoint_every,
        )

    def run(self, trainer, data, conditions, validation, validation_conditions):
        """Check what was given, and train.

        Parameters
        ----------
        trainer : Trainer
            Trainer.
        data, conditions, validation, validation_conditions : object
            As of `Trainer.fit`.
        """
        ranks = self._join(trainer)
        batches = as_batches(data, conditions, trainer.batch_size, trainer.seed)
        _check_same_data(trainer, batches.fingerprint(), ranks)
        held = held_out(validation, validation_conditions)
        if self.steps < trainer.step:
            raise ValueError(
                f"expected steps >= {trainer.step}, those taken, got {self.steps}"
            )
        for array, name in ((data, "data"), (validation, "validation")):
            check_on_space(trainer.path.space, array, name)
            check_coupled(trainer.coupling, array, name)
        if self.directory and ranks.is_first:
            checkpoint.check_writable(self.directory)
        self._train(trainer, batches, held, Shares.of(trainer, ranks))

    def _join(self, trainer):
        """Agree with the other processes of the run, if there are any."""
        ranks = Ranks.here(trainer.device)
        ranks.check_same(
            step=trainer.step,
            steps=self.steps,
            batch_size=trainer.batch_size,
            coupling_size=trainer.coupling_size,
        )
        trainer.seed = ranks.all_of_first(trainer.seed)
        if ranks.size == 1:
            trainer._loss = trainer.raw_field.loss
        elif not isinstance(trainer._loss, torch.nn.Module):
            trainer._loss = ranks.parallel(trainer.raw_field)
        return ranks

    def _train(self, trainer, batches, validation, shares):
        ranks, ahead = shares.ranks, trainer.couple_ahead
        ahead = core_is_free(trainer.device) if ahead is None else ahead
        steps = range(trainer.step, self.steps)
        draws = trainer._drawer().steps(batches, steps, shares, ahead)
        with (
            DeferredInterrupt() as interrupt,
            _Bar(self, trainer, shown=ranks.is_first) as bar,
            _evaluating_after(trainer.raw_field),
            _history_kept(trainer, self.directory),
            contextlib.closing(draws),
        ):
            for micro_batches in draws:
                if ranks.any(interrupt.received):
                    break
                loss = trainer._take_step(micro_batches, self.steps, shares)
                trainer._losses.append(loss)
                self._log(trainer, validation, shares, bar)
                bar.update()
                due = trainer.step % self.checkpoint_every == 0
                if self.directory and due and trainer.step < self.steps:
                    trainer.save(self.directory)
            if self.directory:
                trainer.save(self.directory)
            stopped = ranks.any(interrupt.received)
        if stopped:
            raise KeyboardInterrupt(f"training was stopped after step {trainer.step}")

    def _log(self, trainer, validation, shares, bar):
        """Add a row to the history, where one is due, and tell of it."""
        if trainer.step % LOG_EVERY != 0 and trainer.step != self.steps:
            return
        row = self._row(trainer, validation, shares)
        trainer.history.append(row)
        bar.tell(row)
        for callback in self.callbacks if shares.ranks.is_first else ():
            callback(trainer, row)

    def _row(self, trainer, validation, shares):
        step, losses = trainer.step, trainer._losses
        trainer._losses = []
        row = {
            "step": step,
            "loss": sum(losses) / len(losses),
            "learning_rate": rate(trainer, step - 1, self.steps),
        }
        due = step % self.validate_every < LOG_EVERY or step == self.steps
        if validation is not None and due:
            loss = trainer.field.loss
            total = Objective.of(trainer).sum_over(loss, *validation, shares)
            row["validation_loss"] = shares.ranks.sum(total) / len(validation[0])
        return row


def _check_same_data(trainer, fingerprint, ranks):
    ranks.check_same(data=fingerprint)
    known = trainer._data_fingerprint
    if trainer.step and None not in (known, fingerprint) and known != fingerprint:
        raise ValueError(
            "expected the data that this trainer was trained on, got others: "
            "resume with the same data, or start a new Trainer from its weights"
        )
    trainer._data_fingerprint = fingerprint


class _Bar(tqdm):
    """Bar with steps, their rate, the time left, and the last losses."""

    def __init__(self, loop, trainer, shown):
        super().__init__(
            total=loop.steps,
            initial=trainer.step,
            desc="training",
            disable=not (loop.progress and shown),
        )
        self.losses = {}

    def tell(self, row):
        """Show the losses of a row with the next step."""
        for name, key in (("loss", "loss"), ("validation", "validation_loss")):
            if key in row:
                self.losses[name] = f"{row[key]:.4f}"
        self.set_postfix(self.losses, refresh=False)


@contextlib.contextmanager
def _evaluating_after(field):
    """Leave a field in evaluation mode, whatever happens."""
    try:
        yield
    finally:
        field.eval()


@contextlib.contextmanager
def _history_kept(trainer, directory):
    """Leave the history of a run that diverged, up to where it did."""
    try:
        yield
    except TrainingDiverged:
        if directory:
            resume.save_history(trainer, directory)
        raise
