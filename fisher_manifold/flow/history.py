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


def tensorboard(directory):
    """Callback for `Trainer.fit` that writes TensorBoard files.

    Parameters
    ----------
    directory : path-like
        Folder for the event files.

    Returns
    -------
    callback : callable
        To be given as ``callbacks=[callback]``.
    """
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(directory))

    def callback(trainer, row):
        for name, value in row.items():
            if name != "step":
                writer.add_scalar(name, value, row["step"])
        writer.flush()

    return callback
