"""Which rows of a batch are drawn together, by which rank, and seen at once."""

import dataclasses

from .ranks import Ranks


@dataclasses.dataclass(frozen=True)
class Shares:
    """How a batch is shared out.

    Attributes
    ----------
    ranks : Ranks
        This process among others; each takes consecutive rows.
    coupling_size : int
        Rows that are drawn and coupled together: the blocks of a batch.
    micro_batch_size : int
        Most rows that the network sees at once.
    """

    ranks: Ranks
    coupling_size: int
    micro_batch_size: int

    @classmethod
    def of(cls, trainer, ranks):
        """Shares of a trainer's batches."""
        return cls(ranks, trainer.coupling_size, trainer.micro_batch_size)

    def blocks(self, n):
        """Blocks of a batch that this rank has a share in.

        Parameters
        ----------
        n : int
            Rows of the batch.

        Yields
        ------
        rows : range
            Consecutive rows.
        """
        mine = self.ranks.rows(n)
        start = mine.start - mine.start % self.coupling_size
        for first in range(start, mine.stop, self.coupling_size):
            yield range(first, min(first + self.coupling_size, n))

    def micro_batches(self, block, n):
        """Micro-batches of this rank in a block.

        Parameters
        ----------
        block : range
            Rows of a block.
        n : int
            Rows of the batch.

        Yields
        ------
        rows : range
            Consecutive rows.
        """
        mine = self.ranks.rows(n)
        stop = min(block.stop, mine.stop)
        for first in range(max(block.start, mine.start), stop, self.micro_batch_size):
            yield range(first, min(first + self.micro_batch_size, stop))

    def are_complete(self, rows, n):
        """Whether a micro-batch is the last of this rank's share of a batch."""
        return rows.stop == self.ranks.rows(n).stop
