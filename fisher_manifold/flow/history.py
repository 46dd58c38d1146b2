"""The history of a training run, as a file."""

import csv
import os

COLUMNS = ("step", "loss", "learning_rate", "validation_loss")


def write_history(path, history):
    """Write rows to a CSV file, atomically.

    Parameters
    ----------
    path : pathlib.Path
        File.
    history : list of dict
        Rows of a trainer's history.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(history)
    os.replace(temporary, path)


class TensorBoardLog:
    """Callback for `Trainer.fit` that writes the rows as TensorBoard files.

    Files are opened with the first row, so that processes of rank 1 and above, which
    have no callbacks called, leave none.  Where a run goes on from a checkpoint, what
    the folder has of steps that are taken again is hidden: give each run its own.

    Parameters
    ----------
    directory : path-like
        Folder for the event files.

    Raises
    ------
    ImportError
        If the package tensorboard is not installed.

    Examples
    --------
    >>> import tempfile
    >>> log = TensorBoardLog(tempfile.gettempdir())
    >>> # trainer.fit(data, steps=1000, callbacks=[log]); then: tensorboard --logdir ...
    """

    def __init__(self, directory):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoard files need the package tensorboard: "
                'pip install "fisher_manifold[tensorboard]" (history.csv has the same '
                "rows without it)"
            ) from error
        self.directory = str(directory)
        self._open = SummaryWriter
        self._writer = None

    def __call__(self, trainer, row):
        """Write a row of the history, all of it but the step as curves."""
        step = row["step"]
        if self._writer is None:
            self._writer = self._open(self.directory, purge_step=step)
        for name, value in row.items():
            if name != "step":
                self._writer.add_scalar(name, value, step)
        self._writer.flush()
