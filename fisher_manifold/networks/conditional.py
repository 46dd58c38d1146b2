"""One network for labels, vectors and signals, all of which may be missing."""

import copy

import torch
from torch import nn


class Conditional(nn.Module):
    """A reference network, told of conditions; any of them may be missing.

    What is missing is a condition of its own, which is learnt by leaving conditions out
    in training: one network then has the conditional and the unconditional law, which
    `flow.guide` needs.  A label of -1 is missing, and so is a number that is NaN; a
    condition that is not given at all is missing everywhere.

    Parameters
    ----------
    network : torch.nn.Module
        Reference network made without classes; copied.  For signals it is made for
        ``2 * signal_size`` more categories than there are: their values, and whether
        they are known.
    n_classes : int
        Number of class labels, of the condition ``label`` [n]; 0 for none.
    vector_size : int
        Size of the condition ``vector`` [n, vector_size], best of mean 0 and variance
        1; 0 for none.
    signal_size : int
        Channels of the condition ``signal`` [n, length, signal_size]; 0 for none.
    drop : float
        Share of the samples that are trained without one of the conditions or more:
        every combination is left out as often, all of them included.

    Raises
    ------
    TypeError
        If the network has classes of its own, or no embedding to add to.
    ValueError
        If a size or the dropout is out of range, or there is no condition at all.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import networks
    >>> inner = networks.SequenceCNN(n_categories=4 + 2, length=10, width=8, depth=1)
    >>> network = networks.Conditional(inner, n_classes=3, signal_size=1)
    >>> x, t = torch.zeros(2, 10, 4).float(), torch.zeros(2).float()
    >>> label, signal = torch.tensor([2, -1]), torch.rand(2, 10, 1).float()
    >>> network(x, t, label=label, signal=signal).shape
    torch.Size([2, 10, 4])
    >>> network(x, t).shape  # the unconditional law
    torch.Size([2, 10, 4])
    """

    def __init__(self, network, n_classes=0, vector_size=0, signal_size=0, drop=0.1):
        super().__init__()
        embed = getattr(network, "embed", None)
        if not hasattr(embed, "width") or getattr(network, "n_classes", None):
            raise TypeError(
                "expected a reference network made without classes, got "
                f"{type(network).__name__}: give n_classes here, or have your own "
                "network take the conditions"
            )
        if min(n_classes, vector_size, signal_size) < 0 or not 0 <= drop < 1:
            raise ValueError(
                "expected sizes of at least 0 and 0 <= drop < 1, got "
                f"{(n_classes, vector_size, signal_size)} and {drop}"
            )
        if not n_classes + vector_size + signal_size:
            raise ValueError(
                "expected a condition: give n_classes, vector_size or signal_size"
            )
        self.network = copy.deepcopy(network)
        self.network.embed = _ConditionEmbedding(embed, n_classes, vector_size)
        self.n_classes = n_classes
        self.vector_size = vector_size
        self.signal_size = signal_size
        self.drop = drop
        self.to(torch.float32)

    def forward(self, x, t, label=None, vector=None, signal=None):
        """Output of the shape of x [n, *shape] at times t [n].

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *shape]
            Points.
        t : torch.Tensor, shape=[n]
            Times.
        label : torch.Tensor of int, shape=[n], optional
            Class labels, -1 where missing.
        vector : torch.Tensor, shape=[n, vector_size], optional
            Numbers, NaN where missing.
        signal : torch.Tensor, shape=[n, length, signal_size], optional
            Numbers at each site, NaN where missing.

        Returns
        -------
        output : torch.Tensor, shape=[n, *shape]
            Output of the network.
        """
        n_categories, n = x.shape[-1], len(x)
        self._check("label", label, self.n_classes, (n,))
        self._check("vector", vector, self.vector_size, (n, self.vector_size))
        shape = (*x.shape[:-1], self.signal_size)
        self._check("signal", signal, self.signal_size, shape)
        if self.training and self.drop:
            label, vector, signal = self._dropped(x, label, vector, signal)
        if self.signal_size:
            x = torch.cat([x, _with_flags(signal, shape, x)], -1)
        return self.network(x, t, (label, vector))[..., :n_categories]

    def _dropped(self, x, *conditions):
        """Conditions without some of them in a share of the rows."""
        sizes = (self.n_classes, self.vector_size, self.signal_size)
        there = [i for i, size in enumerate(sizes) if size]
        n, device = len(x), x.device
        is_dropped = torch.rand(n, device=device) < self.drop
        # Bits of 1, 2, ...: every combination of at least one is as frequent.
        which = torch.randint(1, 2 ** len(there), (n,), device=device)
        found = list(conditions)
        for bit, i in enumerate(there):
            rows = is_dropped & (which >> bit & 1).bool()
            found[i] = _without(conditions[i], rows, (-1, torch.nan, torch.nan)[i])
        return found

    @staticmethod
    def _check(name, value, size, shape):
        if value is None:
            return
        if not size:
            raise ValueError(f"expected no {name}: this network was made without one")
        if tuple(value.shape) != tuple(shape):
            raise ValueError(
                f"expected the condition {name!r} of shape {list(shape)}, got "
                f"{list(value.shape)}"
            )


class _ConditionEmbedding(nn.Module):
    """Embedding of times, with what labels and vectors add to it."""

    def __init__(self, embed, n_classes, vector_size):
        super().__init__()
        width = embed.width
        self.width = width
        self.n_classes = n_classes
        self.vector_size = vector_size
        self.time = copy.deepcopy(embed)
        self.classes = nn.Embedding(n_classes + 1, width) if n_classes else None
        self.vectors = None
        if vector_size:
            self.vectors = nn.Sequential(
                nn.Linear(2 * vector_size, width), nn.SiLU(), nn.Linear(width, width)
            )

    def forward(self, t, conditions):
        """Embed times [n] and a pair of labels [n] and vectors as [n, width]."""
        label, vector = conditions
        embedding = self.time(t)
        if self.classes is not None:
            if label is None:
                label = torch.full((len(t),), -1, device=t.device)
            embedding = embedding + self._of_classes(self.classes, label)
        if self.vectors is not None:
            shape = (len(t), self.vector_size)
            embedding = embedding + self.vectors(_with_flags(vector, shape, embedding))
        return embedding

    def _of_classes(self, classes, label):
        """Embedding of labels; row 0 is that of a missing one."""
        wanted = f"expected integer labels below {self.n_classes}, -1 for missing ones"
        if label.is_floating_point() or label.dtype == torch.bool:
            raise TypeError(f"{wanted}, got {label.dtype}")
        try:
            return classes((label.long() + 1).clamp(min=0))
        except (IndexError, RuntimeError) as error:  # no check before: it would wait
            if int(label.max()) >= self.n_classes:
                raise ValueError(f"{wanted}, got up to {int(label.max())}") from error
            raise


def _without(value, dropped, missing):
    """Condition that is missing in some of the rows."""
    if value is None:
        return None
    return torch.where(dropped.reshape(-1, *[1] * (value.ndim - 1)), missing, value)


def _with_flags(value, shape, like):
    """Values, 0 where they are missing, and whether they are there: [..., 2 size]."""
    if value is None:
        return like.new_zeros((*shape[:-1], 2 * shape[-1]))
    known = ~torch.isnan(value)
    value = torch.where(known, value, 0.0)
    return torch.cat([value, known.to(value.dtype)], -1).to(like.dtype)
