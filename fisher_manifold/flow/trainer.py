"""Training: plain PyTorch that a reader can follow.

Its ideas have modules of their own: `drawing` (what a step draws), `objective` (losses
and gradients), `updates` (how weights move), `loop` (steps, history, checkpoints).
"""

import torch

from . import resume
from .batches import draw_seed
from .checks import check_callable, check_counts, check_parts, check_settings
from .drawing import Drawer
from .loop import Loop
from .objective import Objective
from .ranks import Ranks
from .shares import Shares
from .updates import moving_average, take_step


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

    Raises
    ------
    TypeError
        If the field or the coupling lacks a method that is needed.
    ValueError
        If field and path are on different spaces, or a setting is out of range.

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
        check_settings(schedule, ema_decay)
        coupling_size = batch_size if coupling_size is None else coupling_size
        micro_batch_size = batch_size if micro_batch_size is None else micro_batch_size
        check_counts(
            batch_size=batch_size,
            coupling_size=coupling_size,
            micro_batch_size=micro_batch_size,
        )
        check_parts(field, path)
        if coupling is not None:
            check_callable(coupling, "a coupling that can be called")
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
        self.seed = draw_seed(generator)
        self.step = 0
        self.history = []
        self._losses = []
        self._data_fingerprint = None
        self._loss = None
        self._average = moving_average(field.network, self.ema_decay)
        self._optimizer = torch.optim.AdamW(
            field.parameters(), learning_rate, weight_decay=weight_decay, fused=True
        )
        if compile:
            field.network.compile()

    @property
    def field(self):
        """Field with the averaged weights, in evaluation mode."""
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
        TypeError
            If a callback cannot be called.
        ValueError
            If data do not fit the space, or differ from those trained on before.
        OSError
            If `directory` cannot be written to: at once, or when the disk is full.
        KeyboardInterrupt
            After Ctrl-C, once the step is complete and a checkpoint is written.
        """
        for callback in callbacks:
            check_callable(callback, "callbacks that can be called")
        loop = Loop(
            steps, validate_every, checkpoint_every, directory, progress, callbacks
        )
        loop.run(self, data, conditions, validation, validation_conditions)
        return self

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
        shares = Shares.of(self, Ranks(0, 1, self.device))
        objective = Objective.of(self)
        return objective.sum_over(self.field.loss, data, conditions, shares) / len(data)

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

    def _take_step(self, draws, steps, shares):
        return take_step(self, draws, steps, shares)

    def _drawer(self):
        field, path, coupling = self.raw_field, self.path, self.coupling
        return Drawer(field, path, coupling, self.seed, self.device)
