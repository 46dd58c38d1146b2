"""What a training step draws: source points and times, coupled with targets."""

import concurrent.futures
import contextlib
import dataclasses
import os
from typing import Any

import torch

from .batches import step_generator
from .source import seeded_globals
from .times import PowerTimes

_COUPLING = 2**61
"""Added to the number of a draw for the random numbers of its coupling."""

_ROW = 2**64
"""Added to the number of a step for each row of its batch before those of a draw."""


@dataclasses.dataclass(frozen=True)
class Draw:
    """Ends of the paths of a step, and times on them; for some rows of its batch.

    Attributes
    ----------
    number : int
        Number that all randomness of the draw is a function of, with the run's seed:
        the step, and more for rows that are not the first of their batch.
    x0, x1 : torch.Tensor, shape=[n, ...]
        Source points and targets.
    t : torch.Tensor, shape=[n]
        Times.
    conditions : dict of torch.Tensor
        What belongs to the targets.
    batch_size : int
        Rows of the whole batch.
    """

    number: int
    x0: torch.Tensor
    x1: torch.Tensor
    t: torch.Tensor
    conditions: dict[str, Any]
    batch_size: int

    @property
    def step(self):
        """Step."""
        return self.number % _ROW

    @property
    def rows(self):
        """Rows of the batch."""
        first = self.number // _ROW
        return range(first, first + len(self.x1))

    def cut(self, rows):
        """Draw of some of the rows."""
        part = slice(rows.start - self.rows.start, rows.stop - self.rows.start)
        return dataclasses.replace(
            self,
            number=self.step + rows.start * _ROW,
            x0=self.x0[part],
            x1=self.x1[part],
            t=self.t[part],
            conditions={name: value[part] for name, value in self.conditions.items()},
        )


class Drawer:
    """Draws of a run: functions of its seed and the number of the draw alone.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Field, whose times are those of a path that has none.
    path : GeodesicPath
        Path, with its source.
    coupling : callable or None
        Coupling.
    seed : int
        Seed of the run.
    device : torch.device
        Where the draws go.
    """

    def __init__(self, field, path, coupling, seed, device):
        self.path = path
        self.coupling = coupling
        self.seed = seed
        self.device = device
        self.times = path.times or getattr(field, "default_times", PowerTimes())

    def __call__(self, number, x1, conditions):
        """Draw and couple: `ends`, then `couple`."""
        return self.couple(self.ends(number, x1, conditions))

    def ends(self, number, x1, conditions, batch_size=None):
        """Draw source points and times for a batch of targets, not yet coupled.

        Parameters
        ----------
        number : int
            Number of the draw.
        x1 : torch.Tensor, shape=[n, ...]
            Targets.
        conditions : dict of torch.Tensor
            What belongs to them.
        batch_size : int, optional
            Rows of the whole batch; default: those given.

        Returns
        -------
        draw : Draw
            On the device.
        """
        device, generator = self.device, step_generator(self.seed, number, self.device)
        x1 = x1.to(device)
        x1 = x1 if x1.is_floating_point() else x1.long()  # torch compares no uint16
        conditions = {name: value.to(device) for name, value in conditions.items()}
        dtype = self.path.point_dtype(x1)
        # Foreign spaces draw from global states: seeded, then restored.
        with seeded_globals(generator):
            x0 = self.path.source.sample(len(x1), generator, dtype=dtype, device=device)
        t = self.times.sample(len(x1), generator, dtype=dtype, device=device)
        return Draw(number, x0, x1, t, conditions, batch_size or len(x1))

    def couple(self, draw):
        """Couple the ends of a draw; safe in a thread, since no global state is used.

        Parameters
        ----------
        draw : Draw
            Independent ends.

        Returns
        -------
        draw : Draw
            Coupled ends.
        """
        if self.coupling is None:
            return draw
        generator = step_generator(self.seed, _COUPLING + draw.number, self.device)
        pairs = self.coupling(draw.x0, draw.x1, draw.conditions, generator)
        return dataclasses.replace(
            draw, x0=pairs.x0, x1=pairs.x1, conditions=pairs.conditions
        )

    def steps(self, batches, steps, shares, ahead=True):
        """Coupled draws of some steps, as far as they are this rank's.

        Parameters
        ----------
        batches : TensorBatches or LoaderBatches
            Targets and conditions by step.
        steps : range
            Steps.
        shares : Shares
            How batches are shared out.
        ahead : bool
            Whether a thread couples the next draw while one is used.  The draws are
            the same.

        Yields
        ------
        draws : iterator of Draw
            Micro-batches of a step, to be used up before the next.
        """
        draws = self._coupled(self._blocks(batches, steps, shares), ahead)
        with contextlib.closing(draws):
            cuts = (
                draw.cut(rows)
                for draw in draws
                for rows in shares.micro_batches(draw.rows, draw.batch_size)
            )
            for _ in steps:
                yield _share_of_step(cuts, shares)

    def _blocks(self, batches, steps, shares):
        """Ends of the blocks of steps, not yet coupled."""
        for step in steps:
            n = batches.size(step)
            for rows in shares.blocks(n):
                x1, conditions = batches.part(step, rows.start, rows.stop)
                yield self.ends(step + rows.start * _ROW, x1, conditions, n)

    def _coupled(self, ends, ahead):
        """Couple draws one after the other, or the next one in a thread."""
        if self.coupling is None or not ahead:
            yield from map(self.couple, ends)
            return
        with concurrent.futures.ThreadPoolExecutor(1, "coupling") as worker:
            waiting = None
            for draw in ends:
                following = worker.submit(self.couple, draw)
                if waiting is not None:
                    yield waiting.result()
                waiting = following
            if waiting is not None:
                yield waiting.result()


def _share_of_step(cuts, shares):
    """Micro-batches up to the one that completes a step; the next is not drawn yet."""
    for cut in cuts:
        yield cut
        if shares.are_complete(cut.rows, cut.batch_size):
            return


def core_is_free(device):
    """Whether a thread beside those that train on a device has a core for itself.

    Parameters
    ----------
    device : torch.device
        Where the network is.

    Returns
    -------
    free : bool
        False where torch's threads take all cores that this process may use.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not on every platform
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return device.type != "cpu" or torch.get_num_threads() < cores
