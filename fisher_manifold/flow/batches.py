"""Where the batches of a training run come from: a pure function of seed and step."""

import hashlib
from typing import Any

import numpy as np
import torch

from .checks import as_tensor, chunks
from .source import seeded_globals


def step_generator(seed, step, device="cpu"):
    """Generator whose state depends on the run's seed and the step alone.

    Nothing about randomness has to be stored to resume a run bit-exactly.

    Parameters
    ----------
    seed : int
        Seed of the run.
    step : int
        Step, or any other non-negative number.
    device : torch.device
        Device of the generator.

    Returns
    -------
    generator : torch.Generator
        Fresh generator.
    """
    state = np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0]))


def draw_seed(generator=None):
    """Seed of a run, drawn from a generator, or from torch's global one."""
    device = generator.device if generator is not None else None
    return int(torch.randint(2**62, (), generator=generator, device=device))


class TensorBatches:
    """Batches of a tensor, epoch by epoch in an order drawn for each epoch.

    Parameters
    ----------
    data : torch.Tensor, shape=[n, ...]
        Labels or points.
    conditions : dict of torch.Tensor, shape=[n, ...]
        What belongs to them.
    batch_size : int
        Rows of a batch; batches run on across the end of an epoch.
    seed : int
        Seed of the orders.
    """

    def __init__(self, data, conditions, batch_size, seed):
        if len(data) == 0:
            raise ValueError("expected at least one row of training data, got none")
        for name, value in conditions.items():
            if len(value) != len(data):
                raise ValueError(
                    f"expected condition {name!r} with {len(data)} rows, as the data, "
                    f"got {len(value)}"
                )
        for start, part in chunks(data) if data.is_floating_point() else ():
            finite = torch.isfinite(part.flatten(1)).all(1)
            if not finite.all():
                row = start + int((~finite).nonzero()[0])
                raise ValueError(
                    f"expected finite data, but row {row} has NaN or infinity"
                )
        self.data = data
        self.conditions = conditions
        self.batch_size = batch_size
        self.seed = seed
        self._orders = {}

    def __getitem__(self, step):
        """Rows and conditions of a step."""
        return self.part(step, 0, self.batch_size)

    def size(self, step):
        """Rows in the batch of a step."""
        return self.batch_size

    def part(self, step, first, last):
        """Rows and conditions of a step, from `first` to before `last`: a slice."""
        n = len(self.data)
        places = step * self.batch_size + np.arange(first, last)
        epochs = places // n
        orders = {epoch: self._order(int(epoch)) for epoch in np.unique(epochs)}
        self._orders = orders
        rows = torch.as_tensor(
            np.concatenate([orders[e][places[epochs == e] % n] for e in orders])
        )
        conditions = {k: v[rows.to(v.device)] for k, v in self.conditions.items()}
        return self.data[rows.to(self.data.device)], conditions

    def _order(self, epoch):
        if epoch in self._orders:
            return self._orders[epoch]
        generator = np.random.default_rng((self.seed, epoch))
        return generator.permutation(len(self.data))

    def fingerprint(self):
        """Digest of the data and conditions, to notice that they have changed."""
        digest = hashlib.sha256()
        for tensor in (self.data, *self.conditions.values()):
            digest.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
            for _, part in chunks(tensor.detach()):
                digest.update(part.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()


class LoaderBatches:
    """Batches of a DataLoader, in a cycle.

    Items are x or (x, dictionary of conditions).  Global random states, from which
    loaders draw their order, are seeded at the start of each epoch and restored;
    resuming skips the batches of the epoch that were used.

    Parameters
    ----------
    loader : torch.utils.data.DataLoader
        Loader.
    seed : int
        Seed of the run.
    """

    def __init__(self, loader, seed):
        if len(loader) == 0:
            raise ValueError(
                "expected at least one batch of data, the loader gives none: is its "
                "batch_size larger than the data, with drop_last?"
            )
        self.loader = loader
        self.seed = seed
        self._next = None
        self._iterator: Any = None
        self._batch: Any = None

    def __getitem__(self, step):
        """Rows and conditions of a step."""
        if self._next != step + 1:
            self._batch = self._load(step)
        return self._batch

    def size(self, step):
        """Rows in the batch of a step."""
        return len(self[step][0])

    def part(self, step, first, last):
        """Rows and conditions of a step, from `first` to before `last`: a slice."""
        x1, conditions = self[step]
        rows = slice(first, last)
        return x1[rows], {name: value[rows] for name, value in conditions.items()}

    def _load(self, step):
        epoch, place = divmod(step, len(self.loader))
        if place == 0 or self._next != step:
            item = self._start(epoch)
            for _ in range(place):
                item = next(self._iterator)
        else:
            item = next(self._iterator)
        self._next = step + 1
        return _as_pair(item)

    def _start(self, epoch):
        """Begin an epoch; its order is drawn with the first batch."""
        with seeded_globals(step_generator(self.seed, 2**62 + epoch)):
            self._iterator = iter(self.loader)
            return next(self._iterator)

    def fingerprint(self):
        """Return nothing: the data are not looked through."""
        return None


def _as_pair(item):
    """Rows and conditions of a loader's item."""
    if isinstance(item, torch.Tensor):
        return item, {}
    if isinstance(item, tuple | list) and item and isinstance(item[0], torch.Tensor):
        if len(item) == 1:
            return item[0], {}
        if len(item) == 2 and isinstance(item[1], dict):
            return item[0], item[1]
    kinds = [type(part).__name__ for part in item] if len(item) else type(item).__name__
    raise TypeError(
        "expected items x or (x, {name: condition}) from the data, got "
        f"{kinds}: name the conditions, as in (x, {{'label': y}})"
    )


def as_batches(data, conditions, batch_size, seed):
    """Batches of a tensor, array, Dataset or DataLoader.

    Parameters
    ----------
    data : torch.Tensor, numpy.ndarray, Dataset or DataLoader
        Training data.
    conditions : dict or None
        Conditions of tensor data.
    batch_size : int
        Rows of a batch (a DataLoader has its own).
    seed : int
        Seed of the order.

    Returns
    -------
    batches : object
        With ``batches[step]``, ``size(step)``, ``part(step, first, last)`` and
        ``fingerprint()``.
    """
    if isinstance(data, np.ndarray):
        data = as_tensor(data)
    if isinstance(data, torch.Tensor):
        conditions = {k: as_tensor(v) for k, v in (conditions or {}).items()}
        return TensorBatches(data, conditions, batch_size, seed)
    if conditions:
        raise ValueError(
            "expected conditions inside the items of a Dataset or DataLoader, as "
            "(x, {name: value}); the argument `conditions` goes with tensor data"
        )
    if isinstance(data, torch.utils.data.Dataset):
        n_rows = len(data)  # type: ignore[arg-type]
        data = torch.utils.data.DataLoader(
            data, batch_size, shuffle=True, drop_last=n_rows >= batch_size
        )
    if not isinstance(data, torch.utils.data.DataLoader):
        raise TypeError(
            "expected data to be a tensor, array, Dataset or DataLoader, got "
            f"{type(data).__name__}"
        )
    return LoaderBatches(data, seed)
