"""Pairwise costs for any geomstats space, in blocks, without loops over points."""

from array_api_compat import array_namespace

_BLOCK_ENTRIES = 2_000_000
"""Entries of the largest temporary array of a block (16 MB in float64)."""


def pairwise_squared_dist(space, x0, x1):
    """Squared distances between all pairs of two batches.

    Where the targets are vertices, given as integer labels, and the space offers
    `squared_dist_to_vertices`, the cost is a sum over sites of entries looked up in a
    table: n m L look-ups, no array of n m L (dim + 1) entries.  Where its metric offers
    `pairwise_squared_dist`, that is used.  Else blocks of pairs are computed.

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
        Squared distances.

    Raises
    ------
    ValueError
        If a batch is empty or the shapes do not fit the space.
    """
    shape = tuple(space.shape)
    is_labels = "int" in str(x1.dtype)
    expected = shape[:-1] if is_labels else shape
    for name, array, want in (("x0", x0, shape), ("x1", x1, expected)):
        if tuple(array.shape[1:]) != want:
            raise ValueError(
                f"expected {name} of shape [n, {', '.join(map(str, want))}], got "
                f"{list(array.shape)}"
            )
        if array.shape[0] == 0:
            raise ValueError(f"expected a batch of at least one point, {name} is empty")
    if is_labels:
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


def _block(space, rows, columns):
    """Cost of a block: pairs flattened to one batch axis, which every space takes."""
    n, m = rows.shape[0], columns.shape[0]
    shape = tuple(space.shape)
    xp = array_namespace(rows, columns)
    left = xp.broadcast_to(rows[:, None], (n, m, *shape))
    right = xp.broadcast_to(columns[None], (n, m, *shape))
    flat = space.metric.squared_dist(
        xp.reshape(left, (n * m, *shape)), xp.reshape(right, (n * m, *shape))
    )
    return xp.reshape(flat, (n, m))


def _vertex_cost(space, x0, labels):
    table = space.metric.squared_dist_to_vertices(x0)
    n, n_categories = table.shape[0], table.shape[-1]
    m = labels.shape[0]
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_categories:
        raise ValueError(
            f"expected labels between 0 and {n_categories - 1}, got values between "
            f"{low} and {high}"
        )
    table = table.reshape(n, -1)
    xp = array_namespace(labels)
    # Narrow integer types would overflow in the offsets.
    labels = xp.astype(labels.reshape(m, -1), xp.int64)
    sites = xp.arange(labels.shape[1], device=getattr(labels, "device", None))
    offsets = sites * n_categories
    # torch's embedding_bag gathers and sums in one pass, without a temporary array;
    # the columns of the table are its embeddings.
    if hasattr(table, "detach"):
        import torch

        bags = torch.nn.functional.embedding_bag(
            labels + offsets, table.T.contiguous(), mode="sum"
        )
        return bags.T
    cost = table[:, labels[:, 0]]
    for site in range(1, labels.shape[1]):
        cost = cost + table[:, labels[:, site] + int(offsets[site])]
    return cost
