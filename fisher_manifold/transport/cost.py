"""Pairwise costs for any geomstats space, in blocks, without loops over points."""

import numpy as np

from ..geometry.arrays import array_namespace
from ..geometry.foreign import call

_BLOCK_ENTRIES = 2_000_000
"""Entries of the largest temporary array of a block (16 MB in float64)."""

_FEW_CATEGORIES = 5
"""Up to here a matrix product with one-hot targets beats look-ups in a table."""


def pairwise_squared_dist(space, x0, x1):
    """Squared distances between all pairs of two batches.

    Where the targets are vertices, given as integer labels, and the space's metric
    offers `squared_dist_to_vertices`, the cost is a sum over sites of entries looked up
    in a table: n m L look-ups, no array of n m L (dim + 1) entries.  Where the metric
    offers `pairwise_squared_dist`, that is used.  Else blocks of pairs are computed.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    x0 : array-like, shape=[n, *space.shape]
        Points.
    x1 : array-like, shape=[m, *space.shape] or int array, shape=[m, *space.shape[:-1]]
        Points, or labels of vertices.

    Returns
    -------
    cost : array-like, shape=[n, m]
        Squared distances, in the dtype of x0.

    Raises
    ------
    TypeError
        If labels are given for a space without vertices.
    ValueError
        If a batch is empty, the shapes do not fit the space, or a label is out of
        range.

    Examples
    --------
    >>> import numpy as np, fisher_manifold as fm
    >>> simplex, labels = fm.FisherRaoSimplex(dim=1), np.array([0, 1])
    >>> p = np.array([[0.5, 0.5], [1.0, 0.0]])  # the middle, and the vertex 0
    >>> cost = fm.transport.pairwise_squared_dist(simplex, p, labels)
    >>> (cost / np.pi**2).round(6)
    array([[0.25, 0.25],
           [0.  , 1.  ]])
    >>> vertices = simplex.vertices(labels)  # the same as points
    >>> np.allclose(cost, fm.transport.pairwise_squared_dist(simplex, p, vertices))
    True
    """
    check_shapes(space, x0=x0, x1=x1)
    if is_labels(x1):
        return _vertex_cost(space, x0, x1)
    closed_form = getattr(space.metric, "pairwise_squared_dist", None)
    if closed_form is not None:
        return closed_form(x0, x1)
    n, m = x0.shape[0], x1.shape[0]
    size = x0[0].reshape(-1).shape[0]
    rows = max(1, min(n, _BLOCK_ENTRIES // (m * size)))
    blocks = [
        _block(space, x0[start : start + rows], x1) for start in range(0, n, rows)
    ]
    return blocks[0] if len(blocks) == 1 else array_namespace(x0).concat(blocks)


def is_labels(x1):
    """Whether targets are integer labels of vertices, rather than points."""
    return "int" in str(x1.dtype)


def vertices_of(space, batch, like):
    """A batch of points, with labels turned into the vertices that they name.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    batch : array-like, shape=[n, *space.shape] or int array, shape=[n, ...]
        Points, or labels of vertices.
    like : array-like
        Other batch, whose dtype the vertices take unless it is of labels, too.

    Returns
    -------
    points : array-like, shape=[n, *space.shape]
        Points.
    """
    check_shapes(space, points=batch)
    if not is_labels(batch):
        return batch
    return space.vertices(batch, dtype=None if is_labels(like) else like.dtype)


def check_shapes(space, **batches):
    """Raise unless batches are points of a space, or labels of its vertices.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    **batches : array-like
        Batches under the names that an error message should use.
    """
    shape = tuple(space.shape)
    if len(batches) > 1 and all(hasattr(a, "dtype") for a in batches.values()):
        array_namespace(*batches.values())
    for name, array in batches.items():
        if not hasattr(array, "dtype"):
            raise TypeError(
                f"expected {name} to be a numpy array or torch tensor, got "
                f"{type(array).__name__}: convert it first"
            )
        if is_labels(array) and not hasattr(space.metric, "squared_dist_to_vertices"):
            raise TypeError(
                f"expected floating point {name} for {space!r}, got {array.dtype}: "
                "integer labels need a categorical space"
            )
        want = shape[:-1] if is_labels(array) else shape
        if tuple(array.shape[1:]) != want or array.ndim == 0:
            raise ValueError(
                f"expected {name} of shape {_listed('n', *want)}, got "
                f"{list(array.shape)}"
            )
        if array.shape[0] == 0:
            raise ValueError(f"expected a batch of at least one point, {name} is empty")


def _listed(*axes):
    return f"[{', '.join(map(str, axes))}]"


def _block(space, rows, columns):
    """Cost of a block: pairs flattened to one batch axis, which every space takes."""
    n, m = rows.shape[0], columns.shape[0]
    shape = tuple(space.shape)
    xp = array_namespace(rows, columns)
    left = xp.broadcast_to(rows[:, None], (n, m, *shape))
    right = xp.broadcast_to(columns[None], (n, m, *shape))
    pairs = (xp.reshape(side, (n * m, *shape)) for side in (left, right))
    return xp.reshape(call(space, space.metric.squared_dist, *pairs), (n, m))


def _vertex_cost(space, x0, labels):
    """Cost to vertices, from the table of distances of every site to every vertex."""
    table = space.metric.squared_dist_to_vertices(x0)
    n_categories = table.shape[-1]
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_categories:
        raise ValueError(
            f"expected labels between 0 and {n_categories - 1}, got values between "
            f"{low} and {high}"
        )
    table = table.reshape(table.shape[0], -1)
    xp = array_namespace(labels)
    # Narrow integer types would overflow in the offsets.
    labels = xp.astype(labels.reshape(labels.shape[0], -1), xp.int64)
    sites = xp.arange(labels.shape[1], device=getattr(labels, "device", None))
    places = labels + sites * n_categories
    if hasattr(table, "detach"):
        return _sum_of_entries(table, places, n_categories)
    if isinstance(table, np.ndarray):
        # torch reads numpy's memory, and has the operations.
        import torch

        table, places = torch.from_numpy(table), torch.from_numpy(places)
        return _sum_of_entries(table, places, n_categories).numpy()
    return sum(table[:, places[:, site]] for site in range(places.shape[1]))


def _sum_of_entries(table, places, n_categories):
    """Sums of the entries of each row of a table at each list of places."""
    import torch

    if n_categories > _FEW_CATEGORIES:
        # The columns are embeddings, gathered and summed without a temporary array.
        columns = table.T.contiguous()
        return torch.nn.functional.embedding_bag(places, columns, mode="sum").T
    rows = max(1, _BLOCK_ENTRIES // table.shape[1])
    parts = [table @ _one_hot(part, table).T for part in places.split(rows)]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def _one_hot(places, table):
    return table.new_zeros(len(places), table.shape[1]).scatter_(1, places, 1.0)
