"""Transport between given batches; as a script, of torch tensors, printed as JSON.

Run by test_geomstats_on_torch.py in a process whose geomstats backend is pytorch.
"""

import json
import sys

import numpy as np
import torch
from transport_spaces import SPACES

from fisher_manifold import transport


def run(space, a, b, c):
    """Results that do not depend on the library of the points, as lists."""
    weights = np.arange(1.0, 6.0) / 15.0
    middle = transport.displacement_interpolation(space, a, b, 0.25, weights)
    center = transport.wasserstein_barycenter(space, [a, b, c], init=middle.points[:4])
    results = {
        "exact": transport.wasserstein_distance(space, a, b, 1, weights),
        "sinkhorn": transport.wasserstein_distance(space, a, b, method="sinkhorn"),
        "middle": middle.points,
        "middle_weights": middle.weights,
        "center": center.points,
        "center_weights": center.weights,
    }
    for value in results.values():
        assert "float64" in str(value.dtype)
        assert isinstance(value, torch.Tensor) == isinstance(a, torch.Tensor)
    results["objective"] = center.objective
    single = [x.float() if hasattr(x, "float") else x.astype("float32") for x in (a, b)]
    pairs = transport.ExactCoupling(space)(*single)
    assert pairs.x0.dtype == single[0].dtype
    results["paired"] = pairs.permutation
    return {name: np.asarray(value).tolist() for name, value in results.items()}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    tensors = {
        name: [torch.tensor(batch, dtype=torch.float64) for batch in batches]
        for name, batches in given.items()
    }
    print(json.dumps({name: run(SPACES[name], *x) for name, x in tensors.items()}))
