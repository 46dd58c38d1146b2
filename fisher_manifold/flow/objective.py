"""The loss of a run: of its draws, with gradients, and of data held out."""

import dataclasses
import math
from typing import Any

import torch

from .batches import step_generator
from .drawing import Drawer
from .ranks import averaging
from .source import seeded_globals

_VALIDATION = 2**63
"""First number of the draws of validations, far from those of the steps."""


@dataclasses.dataclass(frozen=True)
class Objective:
    """Losses of draws, whose dropout is a function of their number alone.

    Attributes
    ----------
    drawer : Drawer
        Path, seed and device of the run.
    autocast : torch.dtype or None
        Dtype of the network's matrix products.
    """

    drawer: Drawer
    autocast: Any

    @classmethod
    def of(cls, trainer):
        """Objective of a trainer, with its settings as they are now."""
        return cls(trainer._drawer(), trainer.autocast)

    def losses(self, loss, draw):
        """Points on the paths of a draw, and the loss of each.

        Parameters
        ----------
        loss : callable
            Loss of a field, or the one that averages over ranks.
        draw : Draw
            Ends and times.

        Returns
        -------
        sample : PathSample
            Points.
        losses : torch.Tensor, shape=[n]
            Losses.
        """
        drawer, device = self.drawer, self.drawer.device
        sample = drawer.path.sample(draw.x1, x0=draw.x0, t=draw.t)
        # Dropout draws from global states: seeded, then restored.
        generator = step_generator(drawer.seed, draw.number, device)
        with seeded_globals(generator), _autocast(device, self.autocast):
            return sample, loss(sample, **draw.conditions)

    def add_gradients(self, loss, draws, shares):
        """Add the gradients of the mean loss of a batch, over all ranks.

        Parameters
        ----------
        loss : callable
            As of `losses`.
        draws : iterable of Draw
            Micro-batches of this rank.
        shares : Shares
            How the batch is shared out.

        Returns
        -------
        mean : float
            Mean loss.
        sample : PathSample
            Micro-batch to be looked at if something is wrong: the first whose loss is
            not finite, else the last.
        """
        total, sample, size = 0.0, None, shares.ranks.size
        for draw in draws:
            is_last = shares.are_complete(draw.rows, draw.batch_size)
            with averaging(loss, is_last):
                points, losses = self.losses(loss, draw)
                # Ranks are averaged, each with its sum over a part of the rows.
                mean = losses.sum() / (draw.batch_size / size)
                mean.backward()
            sample = points if math.isfinite(total) else sample
            total += float(mean.detach())
        return shares.ranks.sum(total) / size, sample

    @torch.no_grad()
    def sum_over(self, loss, data, conditions, shares):
        """Sum of the losses of this rank's share of some data, on fixed noise.

        Parameters
        ----------
        loss : callable
            Loss of a field.
        data : torch.Tensor
            Points or labels.
        conditions : dict of torch.Tensor or None
            Their conditions.
        shares : Shares
            Whose blocks are dealt out to the ranks.

        Returns
        -------
        total : float
            Sum; of this rank alone.
        """
        total, ranks = 0.0, shares.ranks
        starts = range(0, len(data), shares.coupling_size)
        for start in starts[ranks.rank :: ranks.size]:
            rows = slice(start, start + shares.coupling_size)
            chunk = {k: v[rows] for k, v in (conditions or {}).items()}
            draw = self.drawer(_VALIDATION + start, data[rows], chunk)
            for first in range(0, len(draw.x1), shares.micro_batch_size):
                last = min(first + shares.micro_batch_size, len(draw.x1))
                part = draw.cut(range(first, last))
                total += float(self.losses(loss, part)[1].sum())
        return total


def _autocast(device, dtype):
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)
