"""Settings of a training run: what the options mean, and their defaults."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSettings:
    """How a file of sequences is read and split.

    Parameters
    ----------
    path : str
        File.
    column, label : str, optional
        Columns of the sequences and of the classes (see `data.read_sequences`).
    where : str, optional
        "COLUMN=VALUE": only the rows with that value are read.
    alphabet, length, pad, unknown
        As in `data.prepare`.
    validation, test : float
        Shares set aside where the file has no column ``split``.
    split_seed : int
        Seed of that split.
    """

    path: str
    column: str | None = None
    label: str | None = None
    where: str | None = None
    alphabet: str = "auto"
    length: int | None = None
    pad: bool = False
    unknown: str = "error"
    validation: float = 0.1
    test: float = 0.1
    split_seed: int = 0


@dataclass(frozen=True)
class TrainingSettings:
    """Network, source, coupling and optimisation.

    Parameters
    ----------
    network : {"cnn", "transformer", "mlp"}
        Kind of network.
    width, depth : int
        Its size.
    concentration : float
        Concentration of the Dirichlet source; 1/2 is the uniform law.
    coupling : {"independent", "exact"}
        How noise and data are paired.
    condition_dropout : float
        Share of the samples that are trained without their class.
    reveal : float
        Share of the samples that are trained with some letters given.
    blank : float
        Share of the samples that are trained with some letters given, and nothing known
        of the others.
    steps, batch_size : int
        Steps in all, and sequences in each.
    coupling_size, micro_batch_size : int, optional
        As in `flow.Trainer`.
    learning_rate : float
        Peak of the learning rate.
    seed : int
        Seed of weights, batches and noise.
    threads : int, optional
        Threads of torch.
    checkpoint_every : int
        Steps between checkpoints.
    """

    network: str = "cnn"
    width: int = 64
    depth: int = 6
    concentration: float = 0.5
    coupling: str = "independent"
    condition_dropout: float = 0.0
    reveal: float = 0.0
    blank: float = 0.0
    steps: int = 4000
    batch_size: int = 128
    coupling_size: int | None = None
    micro_batch_size: int | None = None
    learning_rate: float = 2e-3
    seed: int = 0
    threads: int | None = None
    checkpoint_every: int = 100
