"""Our Frechet mean beside geomstats': distance to the mean, iterations, time.

Run as ``python tests/benchmarks/frechet_mean.py``; prints Markdown tables.
"""

import logging
import time

import numpy as np
from geomstats.learning.frechet_mean import FrechetMean as GeomstatsMean

import fisher_manifold as fm
from fisher_manifold.learning import FrechetMean

DIMS, N_POINTS = (1, 2, 9, 99, 999, 9999), 100


def points_of(law, dim):
    """Points of the simplex."""
    rng = np.random.default_rng(0)
    if law == "one-hot":
        points = np.zeros((N_POINTS, dim + 1))
        points[np.arange(N_POINTS), rng.integers(0, dim + 1, N_POINTS)] = 1.0
        return points
    points = rng.dirichlet(np.ones(dim + 1), N_POINTS)
    if law == "boundary":
        points[rng.random(points.shape) < 0.5] = 0.0
        points[np.arange(N_POINTS), rng.integers(0, dim + 1, N_POINTS)] += 0.1
    return points / points.sum(axis=-1, keepdims=True)


def fit(estimator, points):
    """Mean and milliseconds, best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        mean = estimator.fit(points).estimate_
        times.append(1e3 * (time.perf_counter() - start))
    return mean, min(times)


def compare():
    """Distances to our mean at the tolerance of rounding, in radians."""
    print("| data | dim | default | ms | adaptive | ms | ours: error, at most | ms |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for law in ("interior", "boundary", "one-hot"):
        for dim in DIMS:
            space, points = fm.PositiveHypersphere(dim), np.sqrt(points_of(law, dim))
            ours = FrechetMean(space)
            mean, milliseconds = fit(ours, points)
            cells = []
            for method in ("default", "adaptive"):
                theirs, their_time = fit(GeomstatsMean(space, method=method), points)
                error = space.metric.dist(theirs, mean)
                cells += [f"{error:.1e}", f"{their_time:.1f}"]
            cells += [f"{ours.error_estimate_:.0e}", f"{milliseconds:.1f}"]
            print(f"| {law} | {dim} | {' | '.join(cells)} |", flush=True)


def count():
    """Evaluations of the gradient until rounding, float64 and float32."""
    print("\n| data, weights |", " | ".join(f"dim {dim}" for dim in DIMS), "|")
    print("|---|" + "---:|" * len(DIMS))
    for law in ("interior", "boundary", "one-hot"):
        for name, weights in (
            ("equal", np.ones(N_POINTS)),
            ("1 to 1e-12", np.geomspace(1.0, 1e-12, N_POINTS)),
        ):
            cells = []
            for dim in DIMS:
                points = points_of(law, dim)
                counts = []
                for dtype in ("float64", "float32"):
                    estimator = FrechetMean(fm.FisherRaoSimplex(dim))
                    estimator.fit(points.astype(dtype), weights=weights)
                    assert estimator.converged_
                    counts.append(str(estimator.n_iter_))
                cells.append(", ".join(counts))
            print(f"| {law}, {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    compare()
    count()
