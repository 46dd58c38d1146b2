"""Exact distances, Sinkhorn's and barycentres: values and seconds as points grow.

``OMP_NUM_THREADS=1 python tests/benchmarks/wasserstein.py`` prints a Markdown table, of
one run each, in seconds of the processor.  Points of the simplex of 4 categories, seed
0: two samples of Dirichlet(1/2), then one of Dirichlet(1/2) and one of Dirichlet(2),
which is timed; a barycentre of all three.
"""

import argparse
import time

import numpy as np

import fisher_manifold as fm
from fisher_manifold import transport

EPSILONS = (0.1, 0.01)


def timed(function, *arguments, **options):
    start = time.process_time()
    result = function(*arguments, **options)
    return result, time.process_time() - start


def row(n):
    """Distances of two samples of one law and of two laws, a barycentre, seconds."""
    rng = np.random.default_rng(0)
    simplex = fm.FisherRaoSimplex(3)
    a, b = rng.dirichlet(np.full(4, 0.5), n), rng.dirichlet(np.full(4, 0.5), n)
    c = rng.dirichlet(np.full(4, 2.0), n)
    cells = [str(n)]
    for options in (
        {"method": "exact"},
        *({"method": "sinkhorn", "epsilon": epsilon} for epsilon in EPSILONS),
    ):
        distance = transport.wasserstein_distance
        same, _ = timed(distance, simplex, a, b, **options, max_iter=100_000)
        other, seconds = timed(distance, simplex, a, c, **options, max_iter=100_000)
        cells.append(f"{float(same):.3f}, {float(other):.3f} | {seconds:.2f}")
    center, seconds = timed(transport.wasserstein_barycenter, simplex, [a, b, c])
    cells.append(f"{center.n_iter} | {seconds:.2f}")
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 1000, 2000])
    names = ["n", "exact", "s", *(f"epsilon {e} | s" for e in EPSILONS)]
    names += ["barycentre: iterations", "s"]
    print(f"| {' | '.join(names)} |")
    for n in parser.parse_args().sizes:
        print(row(n), flush=True)


if __name__ == "__main__":
    main()
