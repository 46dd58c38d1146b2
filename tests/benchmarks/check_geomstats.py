"""Run the laws of fisher_manifold.testing on geomstats' own manifolds.

    python tests/benchmarks/check_geomstats.py

prints a Markdown table for the numpy and the pytorch backend, each in a process of its
own, and takes a few minutes on one core.  ``--backend numpy`` runs one backend,
``--only Hypersphere`` the manifolds whose name starts so, ``--verbose`` prints the full
reports with the failing examples.
"""

import argparse
import os
import subprocess
import sys
import time
import warnings

BACKENDS = ("numpy", "pytorch")
FEW = 3
METHODS = {
    "matrix_gives_gradients": "automatic differentiation",
    "metric_matrix": "`metric_matrix`",
    "christoffels": "`christoffels`",
    "geodesic_equation": "`geodesic_equation`",
    "riemann": "`riemann_tensor`",
    "sectional": "`sectional_curvature`",
    "curvature": "`curvature`",
    "bianchi": "`curvature`",
    "transport": "`parallel_transport`",
    "injectivity": "`injectivity_radius`",
    "gradient": "automatic differentiation",
}
"""What a law that is not checked lacks, by a part of its name."""


def manifolds():
    """Name, maker and number of samples of every manifold."""
    from geomstats.geometry.complex_poincare_disk import ComplexPoincareDisk
    from geomstats.geometry.euclidean import Euclidean
    from geomstats.geometry.full_rank_correlation_matrices import (
        FullRankCorrelationMatrices,
    )
    from geomstats.geometry.grassmannian import Grassmannian
    from geomstats.geometry.hyperboloid import Hyperboloid
    from geomstats.geometry.hypersphere import Hypersphere
    from geomstats.geometry.nfold_manifold import NFoldManifold
    from geomstats.geometry.poincare_ball import PoincareBall
    from geomstats.geometry.poincare_half_space import PoincareHalfSpace
    from geomstats.geometry.poincare_polydisk import PoincarePolydisk
    from geomstats.geometry.pre_shape import PreShapeSpace
    from geomstats.geometry.product_manifold import ProductManifold
    from geomstats.geometry.spd_matrices import SPDLogEuclideanMetric, SPDMatrices
    from geomstats.geometry.special_euclidean import SpecialEuclidean
    from geomstats.geometry.special_orthogonal import SpecialOrthogonal
    from geomstats.geometry.stiefel import Stiefel
    from geomstats.information_geometry.beta import BetaDistributions
    from geomstats.information_geometry.categorical import CategoricalDistributions
    from geomstats.information_geometry.normal import NormalDistributions

    def log_euclidean():
        space = SPDMatrices(3, equip=False)
        space.equip_with_metric(SPDLogEuclideanMetric)
        return space

    def spheres():
        return ProductManifold([Hypersphere(2), Hypersphere(3)])

    return {
        "Euclidean(3)": (lambda: Euclidean(3), 12),
        "Hypersphere(3)": (lambda: Hypersphere(3), 12),
        "Hyperboloid(3)": (lambda: Hyperboloid(3), 12),
        "PoincareBall(3)": (lambda: PoincareBall(3), 12),
        "PoincareHalfSpace(3)": (lambda: PoincareHalfSpace(3), 12),
        "SPDMatrices(3), affine-invariant": (lambda: SPDMatrices(3), 12),
        "SPDMatrices(3), log-Euclidean": (log_euclidean, 12),
        "SpecialOrthogonal(3)": (lambda: SpecialOrthogonal(3), 12),
        'SpecialOrthogonal(3, "vector")': (
            lambda: SpecialOrthogonal(3, point_type="vector"),
            12,
        ),
        "SpecialEuclidean(2)": (lambda: SpecialEuclidean(2), FEW),
        "Stiefel(3, 2)": (lambda: Stiefel(3, 2), FEW),
        "Grassmannian(4, 2)": (lambda: Grassmannian(4, 2), 12),
        "PreShapeSpace(4, 2)": (lambda: PreShapeSpace(4, 2), 12),
        "CategoricalDistributions(3)": (lambda: CategoricalDistributions(3), 12),
        "NormalDistributions(1)": (lambda: NormalDistributions(1), 12),
        "BetaDistributions()": (lambda: BetaDistributions(), 2),
        "ComplexPoincareDisk()": (lambda: ComplexPoincareDisk(), 12),
        "PoincarePolydisk(2)": (lambda: PoincarePolydisk(2), 12),
        "NFoldManifold(Hypersphere(2), 3)": (
            lambda: NFoldManifold(Hypersphere(2), 3),
            12,
        ),
        "ProductManifold([Hypersphere(2), Hypersphere(3)])": (spheres, 12),
        "FullRankCorrelationMatrices(3)": (
            lambda: FullRankCorrelationMatrices(3),
            FEW,
        ),
    }


def row(name, report):
    """Line of the table for one manifold."""
    held = len(report.rows) - len(report.failures) - len(report.missing)
    failing = failures(report)
    missing = ", ".join(dict.fromkeys(method(row.law) for row in report.missing))
    return f"| {name} | {held} of {len(report.rows)} | {failing} | {missing or '-'} |"


def method(law):
    """Name of the method that a law is about."""
    return next((name for part, name in METHODS.items() if part in law), f"`{law}`")


def failures(report):
    """Laws that fail, with their errors and tolerances, or what was raised."""
    raised, lines = {}, []
    for row in report.failures:
        where, _, message = row.note.partition(": ")
        numbers = f"{row.worst_error:.1e} > {row.tolerance:.1e}, {where}"
        if message:
            raised.setdefault(message[:60].replace("|", "/"), []).append(row.law)
        else:
            lines.append(f"`{row.law}` ({numbers})")
    for message, laws in raised.items():
        which = f"`{laws[0]}`" if len(laws) == 1 else f"{len(laws)} laws"
        lines.append(f"{which} ({message})")
    return "; ".join(lines) or "-"


def print_table(only, verbose):
    """Print the table of the backend that geomstats was imported with."""
    warnings.simplefilter("ignore")
    from fisher_manifold.testing import check_manifold

    print(
        "| manifold | laws held | fails (error > tolerance) | not checked for want of |"
    )
    print("|---|---|---|---|")
    for name, (make, n_samples) in manifolds().items():
        if not name.startswith(only):
            continue
        start = time.perf_counter()
        report = check_manifold(make(), n_samples=n_samples)
        print(row(name, report), flush=True)
        print(f"{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
        if verbose:
            print(report)


def main():
    """Run every backend in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=BACKENDS)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if options.backend == os.environ.get("GEOMSTATS_BACKEND") and options.backend:
        return print_table(options.only, options.verbose)
    for backend in [options.backend] if options.backend else BACKENDS:
        print(f"\n## {backend} backend\n", flush=True)
        subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--backend", backend],
            env=os.environ | {"GEOMSTATS_BACKEND": backend, "OMP_NUM_THREADS": "1"},
            check=True,
        )


if __name__ == "__main__":
    main()
