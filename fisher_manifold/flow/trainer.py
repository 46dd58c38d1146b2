"""Training: plain PyTorch that a reader can follow."""

import contextlib
import math

import torch
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from . import checkpoint, resume
from .batches import as_batches, step_generator
from .checks import check_counts, check_coupled, check_on_space, check_parts, held_out
from .drawing import Drawer, core_is_free
from .interrupt import DeferredInterrupt
from .ranks import Ranks, averaging
from .shares import Shares
from .source import seeded_globals

LOG_EVERY = 10

_VALIDATION = 2**63
"""First number of the draws of validations, far from those of the steps."""


class TrainingDiverged(FloatingPointError):
    """The loss or its gradient is not finite.

    Parameters
    ----------
    step : int
        Step of the loss.
    batch : PathSample
        Batch that made it.
    what : str
        Which quantity it is.
    value : float
        What it became.

    Attributes
    ----------
    step : int
        Step of the loss.
    batch : PathSample
        Batch that made it.
    """

    def __init__(self, step, batch, what, value):
        super().__init__(
            f"the {what} became {value} at step {step}; training stopped before this "
            "step was taken. Look at the attribute `batch`; lower the learning rate or "
            "check the data"
        )
        self.step = step
        self.batch = batch


class Trainer:
    """Fit a field to data: optimiser, schedule, clipping, averaged weights, resume.

    All randomness of step s is a function of the run's seed and s, so a resumed run
    continues bit-exactly (on the same machine and thread count), and no global random
    state is changed.

    In the processes that ``torchrun`` starts, once torch's process group is there, each
    batch is shared out among them: the run is that of one process, to rounding, and
    rank 0 alone writes, shows progress and calls the callbacks (see docs/scaling.md).

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Field to train, in place.  ``trainer.field`` is the averaged one.
    path : GeodesicPath
        Conditional paths.
    coupling : callable, optional
        Pairs each batch of source points with one of targets, as those of
        `transport`; called as ``coupling(x0, x1, conditions, generator)``.
    learning_rate : float
        Peak learning rate of AdamW.
    batch_size : int
        Pairs in a batch, on all processes together.
    ema_decay : float or None
        Decay of the exponential moving average of the weights; None for none.
    generator : torch.Generator, optional
        The run's seed is drawn from it; default: from torch's global generator.
    weight_decay : float
        Weight decay of AdamW.
    schedule : {"cosine", "constant"}
        Learning rate after the warm-up.
    warmup : int
        Steps of linear warm-up.
    clip_norm : float or None
        Largest norm of the gradient.
    autocast : torch.dtype or None
        For instance torch.bfloat16: dtype of the network's matrix products.
    compile : bool
        Whether to compile the network with torch.compile.
    couple_ahead : bool, optional
        Whether a thread couples the next batch while the network computes; the result
        is the same.  Default: if a core is free for it, since the network is on a GPU
        or torch uses fewer threads than there are cores; on a busy core it would hold
        the network up.  A coupling that is not thread-safe needs False.
    coupling_size : int, optional
        Pairs that are coupled together; default: the whole batch (docs/scaling.md).
    micro_batch_size : int, optional
        Pairs that are in memory together; default: the whole batch (docs/scaling.md).

    Attributes
    ----------
    step : int
        Steps taken.
    history : list of dict
        Rows with step, loss, learning_rate and, at times, validation_loss.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=4)
    >>> path = flow.GeodesicPath(space)
    >>> field = flow.PosteriorField(networks.MLP(space.shape, 32, 1), path)
    >>> g = torch.Generator().manual_seed(0)
    >>> trainer = flow.Trainer(field, path, batch_size=16, generator=g)
    >>> data = torch.randint(4, (50, 4), generator=g)
    >>> trainer.fit(data, steps=20, progress=False).step
    20
    """

    def __init__(
        self,
        field,
        path,
        coupling=None,
        learning_rate=1e-3,
        batch_size=512,
        ema_decay=0.999,
        generator=None,
        *,
        weight_decay=0.0,
        schedule="cosine",
        warmup=100,
        clip_norm=1.0,
        autocast=None,
        compile=False,
        couple_ahead=None,
        coupling_size=None,
        micro_batch_size=None,
    ):
        if schedule not in ("cosine", "constant"):
            raise ValueError(
                f'expected schedule "cosine" or "constant", got {schedule!r}'
            )
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise ValueError(f"expected 0 <= ema_decay < 1 or None, got {ema_decay}")
        coupling_size = batch_size if coupling_size is None else coupling_size
        micro_batch_size = batch_size if micro_batch_size is None else micro_batch_size
        check_counts(
            batch_size=batch_size,
            coupling_size=coupling_size,
            micro_batch_size=micro_batch_size,
        )
        check_parts(field, path)
        self.raw_field = field
        self.path = path
        self.coupling = coupling
        self.learning_rate = float(learning_rate)
        self.batch_size = int(batch_size)
        self.ema_decay = ema_decay if ema_decay is None else float(ema_decay)
        self.weight_decay = float(weight_decay)
        self.schedule = schedule
        self.warmup = int(warmup)
        self.clip_norm = clip_norm if clip_norm is None else float(clip_norm)
        self.autocast = autocast
        self.compile = compile
        self.couple_ahead = couple_ahead
        self.coupling_size = int(coupling_size)
        self.micro_batch_size = int(micro_batch_size)
        self.seed = _draw_seed(generator)
        self.step = 0
        self.history = []
        self._losses = []
        self._data_fingerprint = None
        self._loss = None
        self._average = (
            AveragedModel(field.network, multi_avg_fn=_warm_average(ema_decay))
            if ema_decay is not None
            else None
        )
        self._optimizer = torch.optim.AdamW(
            field.parameters(), learning_rate, weight_decay=weight_decay, fused=True
        )
        if compile:
            field.network.compile()

    @property
    def field(self):
        """The field to use: with the averaged weights, in evaluation mode."""
        if self._average is None:
            return self.raw_field.eval()
        return self.raw_field.with_network(self._average.module).eval()

    @property
    def device(self):
        """Device of the network."""
        return next(self.raw_field.parameters()).device

    def fit(
        self,
        data,
        steps,
        conditions=None,
        validation=None,
        validation_conditions=None,
        validate_every=250,
        directory=None,
        checkpoint_every=500,
        progress=True,
        callbacks=(),
    ):
        """Train until `steps` steps have been taken, counted from the very first.

        A trainer loaded from a checkpoint therefore continues with the same call.  The
        cosine schedule ends at `steps`: asking for more steps later raises the rate
        again.

        Parameters
        ----------
        data : torch.Tensor, numpy.ndarray, Dataset or DataLoader
            Points [n, *space.shape], or integer labels [n, *space.shape[:-1]]; items
            of datasets and loaders are x or (x, conditions).
        steps : int
            Total number of steps.
        conditions : dict of torch.Tensor, optional
            Keyword arguments of the network, first axis n.
        validation : torch.Tensor, optional
            Held out data, for the loss of the averaged field.
        validation_conditions : dict of torch.Tensor, optional
            Their conditions.
        validate_every : int
            Steps between validations.
        directory : path-like, optional
            Where checkpoints and history.csv are written.
        checkpoint_every : int
            Steps between checkpoints; one is always written at the end.
        progress : bool
            Whether to show a progress bar.
        callbacks : sequence of callable
            Called as ``callback(trainer, row)`` with each new row of the history.

        Returns
        -------
        self : Trainer
            Trained.

        Raises
        ------
        TrainingDiverged
            If the loss or its gradient is not finite; the weights are those before.
        ValueError
            If data do not fit the space, or differ from those trained on before.
        OSError
            If `directory` cannot be written to: at once, or when the disk is full.
        KeyboardInterrupt
            After Ctrl-C, once the step is complete and a checkpoint is written.
        """
        check_counts(
            steps=steps,
            validate_every=validate_every,
            checkpoint_every=checkpoint_every,
        )
        ranks = self._join(steps)
        batches = as_batches(data, conditions, self.batch_size, self.seed)
        self._check_same_data(batches.fingerprint(), ranks)
        validation_set = held_out(validation, validation_conditions)
        if steps < self.step:
            raise ValueError(f"expected steps >= {self.step}, those taken, got {steps}")
        for array, name in ((data, "data"), (validation, "validation")):
            check_on_space(self.path.space, array, name)
            check_coupled(self.coupling, array, name)
        if directory and ranks.is_first:
            checkpoint.check_writable(directory)
        bar = tqdm(
            total=steps,
            initial=self.step,
            desc="training",
            disable=not (progress and ranks.is_first),
        )
        ahead = self.couple_ahead
        ahead = core_is_free(self.device) if ahead is None else ahead
        shares = Shares(ranks, self.coupling_size, self.micro_batch_size)
        draws = self._drawer().steps(batches, range(self.step, steps), shares, ahead)
        with (
            DeferredInterrupt() as interrupt,
            bar,
            _evaluating_after(self.raw_field),
            contextlib.closing(draws),
        ):
            for micro_batches in draws:
                if ranks.any(interrupt.received):
                    break
                self._losses.append(self._take_step(micro_batches, steps, shares))
                bar.update()
                if self.step % LOG_EVERY == 0 or self.step == steps:
                    row = self._log(steps, validation_set, validate_every, ranks)
                    bar.set_postfix(_short(row))
                    for callback in callbacks if ranks.is_first else ():
                        callback(self, row)
                due = self.step % checkpoint_every == 0 and self.step < steps
                if directory and due:
                    self.save(directory)
            if directory:
                self.save(directory)
            stopped = ranks.any(interrupt.received)
        if stopped:
            raise KeyboardInterrupt(f"training was stopped after step {self.step}")
        return self

    def _join(self, steps):
        """Agree with the other processes of the run, if there are any."""
        ranks = Ranks.here(self.device)
        ranks.check_same(
            step=self.step,
            steps=steps,
            batch_size=self.batch_size,
            coupling_size=self.coupling_size,
        )
        self.seed = ranks.all_of_first(self.seed)
        if ranks.size == 1:
            self._loss = self.raw_field.loss
        elif not isinstance(self._loss, torch.nn.Module):
            self._loss = ranks.parallel(self.raw_field)
        return ranks

    def _take_step(self, draws, steps, shares):
        """Compute the loss of a batch, move the weights; return the loss."""
        self.raw_field.train()  # a validation or callback may have left it
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate * self._rate_factor(self.step, steps)
        self._optimizer.zero_grad(set_to_none=True)
        loss, batch = self._add_gradients(draws, shares)
        if not math.isfinite(loss):
            raise TrainingDiverged(self.step, batch, "loss", loss)
        norm = torch.nn.utils.clip_grad_norm_(
            self.raw_field.parameters(), self.clip_norm or math.inf
        )
        if not torch.isfinite(norm):
            raise TrainingDiverged(self.step, batch, "gradient's norm", float(norm))
        self._optimizer.step()
        if self._average is not None:
            self._average.update_parameters(self.raw_field.network)
        self.step += 1
        return loss

    def _add_gradients(self, draws, shares):
        """Gradients of the mean loss over all ranks; return it, and a batch for errors.

        That batch is the first whose loss is not finite, else the last.
        """
        total, batch, size = 0.0, None, shares.ranks.size
        for draw in draws:
            is_last = shares.are_complete(draw.rows, draw.batch_size)
            with averaging(self._loss, is_last):
                sample, losses = self._losses_of(self._loss, draw)
                # Ranks are averaged, each with its sum over a part of the rows.
                loss = losses.sum() / (draw.batch_size / size)
                loss.backward()
            batch = sample if math.isfinite(total) else batch
            total += float(loss.detach())
        return shares.ranks.sum(total) / size, batch

    def _drawer(self):
        field, path, coupling = self.raw_field, self.path, self.coupling
        return Drawer(field, path, coupling, self.seed, self.device)

    def _losses_of(self, loss, draw):
        """Points on the paths of a draw, and the loss of each."""
        batch = self.path.sample(draw.x1, x0=draw.x0, t=draw.t)
        # Dropout draws from global states: seeded, then restored.
        generator = step_generator(self.seed, draw.number, self.device)
        with seeded_globals(generator), _autocast(self.device, self.autocast):
            return batch, loss(batch, **draw.conditions)

    def _rate_factor(self, step, steps):
        warm = min(1.0, (step + 1) / max(1, self.warmup))
        if self.schedule == "constant":
            return warm
        return warm * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / steps)))

    def _log(self, steps, validation, validate_every, ranks):
        row = {
            "step": self.step,
            "loss": sum(self._losses) / len(self._losses),
            "learning_rate": self.learning_rate
            * self._rate_factor(self.step - 1, steps),
        }
        self._losses = []
        due = self.step % validate_every < LOG_EVERY or self.step == steps
        if validation is not None and due:
            data, conditions = validation
            total = ranks.sum(self._sum_of_losses(data, conditions, ranks))
            row["validation_loss"] = total / len(data)
        self.history.append(row)
        return row

    def evaluate(self, data, conditions=None):
        """Mean loss of the averaged field, always on the same noise and times.

        Parameters
        ----------
        data : torch.Tensor
            Points or labels.
        conditions : dict of torch.Tensor, optional
            Their conditions.

        Returns
        -------
        loss : float
            Mean loss.
        """
        alone = Ranks(0, 1, self.device)
        return self._sum_of_losses(data, conditions, alone) / len(data)

    @torch.no_grad()
    def _sum_of_losses(self, data, conditions, ranks):
        """Sum of the losses of this rank's share of some data."""
        field, drawer, total = self.field, self._drawer(), 0.0
        starts = range(0, len(data), self.coupling_size)
        for start in starts[ranks.rank :: ranks.size]:
            rows = slice(start, start + self.coupling_size)
            chunk = {k: v[rows] for k, v in (conditions or {}).items()}
            draw = drawer(_VALIDATION + start, data[rows], chunk)
            for first in range(0, len(draw.x1), self.micro_batch_size):
                last = min(first + self.micro_batch_size, len(draw.x1))
                part = draw.cut(range(first, last))
                total += float(self._losses_of(field.loss, part)[1].sum())
        return total

    def _check_same_data(self, fingerprint, ranks):
        ranks.check_same(data=fingerprint)
        known = self._data_fingerprint
        if self.step and None not in (known, fingerprint) and known != fingerprint:
            raise ValueError(
                "expected the data that this trainer was trained on, got others: "
                "resume with the same data, or start a new Trainer from its weights"
            )
        self._data_fingerprint = fingerprint

    def save(self, directory):
        """Write checkpoint.pt and history.csv, each atomically.

        Parameters
        ----------
        directory : path-like
            Folder; made if missing.

        Returns
        -------
        path : pathlib.Path
            The checkpoint.
        """
        return resume.save(self, directory)

    @classmethod
    def load(
        cls, directory, field=None, path=None, coupling=None, device=None, **given
    ):
        """Trainer as it was saved.

        Parameters
        ----------
        directory : path-like
            Folder with checkpoint.pt.
        field, path, coupling : optional
            Your own objects, where they are not of this package's public classes.
        device : torch.device, optional
            Where the network goes; default: the CPU, or where your own field is.
        **given : object
            Your own parts by the name of the constructor argument, such as
            ``network=`` or ``space=``; the rest is made from the file.

        Returns
        -------
        trainer : Trainer
            Ready to sample or to continue.

        Raises
        ------
        CheckpointError
            If the checkpoint is damaged or needs an object that was not given.
        """
        return resume.load(cls, directory, field, path, coupling, given, device)


def _warm_average(decay):
    """Moving average whose decay grows to `decay`: early weights are soon forgotten."""

    @torch.no_grad()
    def update(averages, parameters, n_averaged):
        n = int(n_averaged)
        weight = 1.0 - min(decay, (1 + n) / (10 + n))
        torch._foreach_lerp_(averages, parameters, weight)

    return update


def _autocast(device, dtype):
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)


def _draw_seed(generator):
    device = generator.device if generator is not None else None
    return int(torch.randint(2**62, (), generator=generator, device=device))


def _short(row):
    return {
        "loss": f"{row['loss']:.4f}",
        **(
            {"validation": f"{row['validation_loss']:.4f}"}
            if "validation_loss" in row
            else {}
        ),
    }


@contextlib.contextmanager
def _evaluating_after(field):
    """Leave a field in evaluation mode, whatever happens."""
    try:
        yield
    finally:
        field.eval()
