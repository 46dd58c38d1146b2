"""What a training step draws: source points and times, coupled with targets."""

import concurrent.futures
import dataclasses
import os
from typing import Any

import torch

from .batches import step_generator
from .source import seeded_globals
from .times import PowerTimes

_COUPLING = 2**61
"""Added to the number of a draw for the random numbers of its coupling."""


@dataclasses.dataclass(frozen=True)
class Draw:
    """Ends of the paths of a step, and times on them.

    Attributes
    ----------
    number : int
        Number that all randomness of the draw is a function of, with the run's seed.
    x0, x1 : torch.Tensor, shape=[n, ...]
        Source points and targets.
    t : torch.Tensor, shape=[n]
        Times.
    conditions : dict of torch.Tensor
        What belongs to the targets.
    """

    number: int
    x0: torch.Tensor
    x1: torch.Tensor
    t: torch.Tensor
    conditions: dict[str, Any]


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

    def ends(self, number, x1, conditions):
        """Draw source points and times for a batch of targets, not yet coupled.

        Parameters
        ----------
        number : int
            Number of the draw.
        x1 : torch.Tensor, shape=[n, ...]
            Targets.
        conditions : dict of torch.Tensor
            What belongs to them.

        Returns
        -------
        draw : Draw
            On the device.
        """
        device, generator = self.device, step_generator(self.seed, number, self.device)
        x1 = x1.to(device)
        conditions = {name: value.to(device) for name, value in conditions.items()}
        dtype = self.path.point_dtype(x1)
        # Foreign spaces draw from global states: seeded, then restored.
        with seeded_globals(generator):
            x0 = self.path.source.sample(len(x1), generator, dtype=dtype, device=device)
        t = self.times.sample(len(x1), generator, dtype=dtype, device=device)
        return Draw(number, x0, x1, t, conditions)

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

    def steps(self, batches, first, last, ahead=True):
        """Coupled draws of the steps from `first` to before `last`.

        Parameters
        ----------
        batches : TensorBatches or LoaderBatches
            Targets and conditions by step.
        first, last : int
            Steps.
        ahead : bool
            Whether a thread couples the draw of the next step while one is used.  The
            draws are the same.

        Yields
        ------
        draw : Draw
            Draw of a step.
        """
        ends = (self.ends(step, *batches[step]) for step in range(first, last))
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
