"""Where the batches of a training run come from: a pure function of seed and step."""

import hashlib

import numpy as np
import torch


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
        if data.is_floating_point() and not torch.isfinite(data).all():
            row = int((~torch.isfinite(data.flatten(1)).all(1)).nonzero()[0])
            raise ValueError(f"expected finite data, but row {row} has NaN or infinity")
        self.data = data
        self.conditions = conditions
        self.batch_size = batch_size
        self.seed = seed
        self._orders = {}

    def __getitem__(self, step):
        """Rows and conditions of a step."""
        n = len(self.data)
        places = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs = places // n
        orders = {epoch: self._order(int(epoch)) for epoch in np.unique(epochs)}
        self._orders = orders
        rows = torch.as_tensor(
            np.concatenate([orders[e][places[epochs == e] % n] for e in orders])
        )
        rows = rows.to(self.data.device)
        return self.data[rows], {k: v[rows] for k, v in self.conditions.items()}

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
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()


class LoaderBatches:
    """Batches of a DataLoader (or of a Dataset, through one), in a cycle.

    Items are x or (x, dictionary of conditions).  Resuming skips the batches of the
    current epoch that were used; it is bit-exact if the loader's order is a function
    of the epoch alone.

    Parameters
    ----------
    loader : torch.utils.data.DataLoader
        Loader.
    """

    def __init__(self, loader):
        if len(loader) == 0:
            raise ValueError("expected at least one batch of data, the loader is empty")
        self.loader = loader
        self._next = None
        self._iterator = None

    def __getitem__(self, step):
        """Rows and conditions of a step."""
        if self._next != step or self._iterator is None:
            self._iterator = iter(self.loader)
            for _ in range(step % len(self.loader)):
                next(self._iterator)
        try:
            item = next(self._iterator)
        except StopIteration:
            self._iterator = iter(self.loader)
            item = next(self._iterator)
        self._next = step + 1
        return item if isinstance(item, tuple | list) else (item, {})

    def fingerprint(self):
        """Return nothing: the data are not looked through."""
        return None


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
        With ``batches[step]`` and ``fingerprint()``.
    """
    if isinstance(data, np.ndarray):
        data = torch.from_numpy(data)
    if isinstance(data, torch.Tensor):
        conditions = {k: torch.as_tensor(v) for k, v in (conditions or {}).items()}
        return TensorBatches(data, conditions, batch_size, seed)
    if conditions:
        raise ValueError(
            "expected conditions inside the items of a Dataset or DataLoader, as "
            "(x, {name: value}); the argument `conditions` goes with tensor data"
        )
    if isinstance(data, torch.utils.data.Dataset):
        generator = torch.Generator().manual_seed(seed % 2**63)
        data = torch.utils.data.DataLoader(
            data, batch_size, shuffle=True, drop_last=True, generator=generator
        )
    if not isinstance(data, torch.utils.data.DataLoader):
        raise TypeError(
            "expected data to be a tensor, array, Dataset or DataLoader, got "
            f"{type(data).__name__}"
        )
    return LoaderBatches(data)
