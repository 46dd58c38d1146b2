"""The processes of a distributed run: what each does, and what they tell each other.

A rank is one of the processes that ``torchrun`` starts.  A run in one process is rank 0
of 1; nothing is then sent anywhere.
"""

import contextlib
import dataclasses
import os

import torch
from torch import distributed


class RankLost(ConnectionError):
    """Another process of the run has ended, or answers no more."""


@dataclasses.dataclass(frozen=True)
class Ranks:
    """Place of this process among those of its run.

    Attributes
    ----------
    rank : int
        Number of this process.
    size : int
        Number of processes.
    device : torch.device
        Where messages are put together: that of the network.
    """

    rank: int
    size: int
    device: torch.device

    @classmethod
    def here(cls, device):
        """Ranks of torch's process group; one rank if there is none."""
        if not _is_distributed():
            return cls(0, 1, device)
        return cls(distributed.get_rank(), distributed.get_world_size(), device)

    @property
    def is_first(self):
        """Whether this is the process that writes and prints."""
        return self.rank == 0

    def rows(self, n):
        """Share of this rank in the n rows of a batch: equal shares, to one row.

        Parameters
        ----------
        n : int
            Rows of the whole batch.

        Returns
        -------
        rows : range
            Consecutive rows.
        """
        if n < self.size:
            raise ValueError(
                f"expected batches of at least {self.size} rows, one for each process, "
                f"got {n}: use a larger batch_size or fewer processes"
            )
        bounds = (n * self.rank // self.size, n * (self.rank + 1) // self.size)
        return range(*bounds)

    def sum(self, value):
        """Sum of a number over the ranks, the same on each."""
        if self.size == 1:
            return value
        total = torch.tensor(float(value), dtype=torch.float64, device=self.device)
        with _naming_lost_ranks():
            distributed.all_reduce(total)
            return float(total)

    def any(self, flag):
        """Whether a flag is set on one of the ranks."""
        return self.sum(flag) > 0

    def all_of_first(self, value):
        """Value that rank 0 has, on every rank."""
        if self.size == 1:
            return value
        values = [value]
        with _naming_lost_ranks():
            distributed.broadcast_object_list(values, src=0, device=self.device)
        return values[0]

    def check_same(self, **values):
        """Raise on all ranks unless they have the same values."""
        for name, value in values.items():
            first = self.all_of_first(value)
            if self.any(value != first):
                raise ValueError(
                    f"expected the same {name} on all processes, but that of rank "
                    f"{self.rank} is {value!r} and that of rank 0 {first!r}: start all "
                    "from the same files, data and settings"
                )

    def wait(self):
        """Wait until all ranks are here."""
        self.sum(0)

    def parallel(self, field):
        """Loss of a field whose backward pass averages gradients over the ranks.

        Parameters
        ----------
        field : VelocityField or PosteriorField
            Field; its weights become those of rank 0.

        Returns
        -------
        loss : callable
            Called as ``loss(batch, **conditions)``, as ``field.loss``.
        """
        if self.size == 1:
            return field.loss
        with _naming_lost_ranks():
            return torch.nn.parallel.DistributedDataParallel(_Loss(field))


class _Loss(torch.nn.Module):
    """Loss of a field as a forward pass, which is what DDP synchronises."""

    def __init__(self, field):
        super().__init__()
        self.field = field

    def forward(self, batch, **conditions):
        return self.field.loss(batch, **conditions)


@contextlib.contextmanager
def averaging(loss, now):
    """Forward and backward pass, whose gradients are averaged over the ranks, or not.

    Parameters
    ----------
    loss : callable
        From `Ranks.parallel`.
    now : bool
        Whether to average what has been added up: after the last micro-batch only.
    """
    alone = now or not hasattr(loss, "no_sync")
    with _naming_lost_ranks(), contextlib.nullcontext() if alone else loss.no_sync():
        yield


def is_first():
    """Whether this is rank 0, or the only process."""
    return not _is_distributed() or distributed.get_rank() == 0


@contextlib.contextmanager
def process_group():
    """Join the processes that ``torchrun`` has started; alone, do nothing.

    Yields
    ------
    device : torch.device
        Where this process trains: a GPU of its own, if there are any, else the CPU.

    Examples
    --------
    >>> from fisher_manifold import flow
    >>> with flow.process_group() as device:  # without torchrun nothing happens
    ...     print(device)
    cpu
    """
    cpu = torch.device("cpu")
    if not (distributed.is_available() and distributed.is_torchelastic_launched()):
        yield cpu
        return
    from torch.distributed.rendezvous import rendezvous  # not in every build of torch

    on_gpu = torch.cuda.is_available()
    backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
    store, rank, size = next(rendezvous("env://"))
    if os.environ["LOCAL_WORLD_SIZE"] == str(size):
        # The agent's store outlives a restart: without names of its own, a process may
        # read the addresses of dead ones (pytorch issue 135712).  On several machines
        # restarts are not counted alike.
        store = distributed.PrefixStore(f"attempt {_restarts()}", store)
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size)
    yield torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else cpu
    # Not after an error: leaving in order would wait for the others.
    distributed.destroy_process_group()


def was_restarted():
    """Whether ``torchrun`` has started this process anew after another one failed."""
    return _restarts() > 0


def _restarts():
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0))


def _is_distributed():
    return distributed.is_available() and distributed.is_initialized()


@contextlib.contextmanager
def _naming_lost_ranks():
    """Say in plain words that communication has failed."""
    try:
        yield
    except RuntimeError as error:
        # gloo's errors have no class of their own.
        if isinstance(error, distributed.DistError) or "gloo" in str(error):
            raise RankLost(
                "another process of this run does not answer any more: look for its "
                "message. The last checkpoint is whole, and torchrun --max-restarts "
                "goes on from it"
            ) from error
        raise
