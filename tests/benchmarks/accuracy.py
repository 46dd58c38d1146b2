"""Worst errors of this package, geomstats and geoopt against 50 digits.

Run as ``python tests/benchmarks/accuracy.py``; prints Markdown tables (in two minutes).
Errors and regimes are those of ``tests/geometry/regimes.py``.
"""

import collections
import functools
import json
import os
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import geomstats.backend as gs
import geoopt
import numpy as np
import torch
from geomstats.information_geometry.categorical import CategoricalDistributions

import fisher_manifold as fm

sys.path.insert(0, str(Path(__file__).parents[1]))
from geometry import regimes  # noqa: E402

DIMS = (1, 2, 9, 99, 999, 9999)
GROUPS = {"1 to 9": (1, 2, 9), "99, 999": (99, 999), "9999": (9999,)}
DTYPES = ("float64", "float32")
TORCH = "geomstats, torch"
COLUMNS = ("ours, p", "ours, u", "geomstats", TORCH, "geoopt")
ROWS = {
    "random": ("random",),
    "angle 1e-12": ("angle 1e-12",),
    "angle 1e-8": ("angle 1e-8",),
    "angle 1e-4": ("angle 1e-4",),
    "angle 0.01 to pi/2": (
        *("angle 0.01", "angle 0.3", "angle 1"),
        *("angle pi/2 - 1e-4", "angle pi/2 - 1e-12"),
    ),
    "entries 1e-8 to 1e-30": ("entries 1e-08", "entries 1e-16", "entries 1e-30"),
    "entries 1e-60 to 0": ("entries 1e-60", "entries 1e-300", "entries 0"),
    "vertices": ("vertices",),
    "disjoint supports": ("disjoint",),
}
OPERATIONS = (
    *("dist", "squared_dist", "log", "exp", "transport to a point"),
    *("transport along", "inner_product", "norm"),
)


def metric_operations(metric, convert=np.asarray):
    """Operations of a geomstats metric on numpy arrays."""

    def calling(name, **keywords):
        def call(*arrays):
            named = {k: convert(arrays[i]) for k, i in keywords.items()}
            rest = [convert(a) for i, a in enumerate(arrays) if i not in taken]
            return np.asarray(getattr(metric, name)(*rest, **named))

        taken = set(keywords.values())
        return call

    return {
        "dist": calling("dist"),
        "squared_dist": calling("squared_dist"),
        "log": calling("log"),
        "exp": calling("exp"),
        "transport to a point": calling("parallel_transport", end_point=2),
        "transport along": calling("parallel_transport", direction=2),
        "inner_product": calling("inner_product"),
        "norm": calling("norm"),
    }


def geoopt_operations():
    """Operations of geoopt's unit sphere, scaled to radius 2."""
    sphere = geoopt.manifolds.Sphere()

    def on_tensors(function):
        return lambda *arrays: function(*map(torch.as_tensor, arrays)).numpy()

    functions = {
        "dist": lambda a, b: 2 * sphere.dist(a, b),
        "squared_dist": lambda a, b: (2 * sphere.dist(a, b)) ** 2,
        "log": lambda b, a: sphere.logmap(a, b),
        "exp": lambda v, a: sphere.expmap(a, v),
        "transport to a point": lambda v, a, b: sphere.transp(a, b, v),
        "transport along": lambda v, a, w: sphere.transp_follow_expmap(a, w, v),
        "inner_product": lambda v, w, a: 4 * sphere.inner(a, v, w),
        "norm": lambda v, a: 2 * sphere.norm(a, v),
    }
    return {name: on_tensors(function) for name, function in functions.items()}


def cases(problem):
    """(operation, its arguments, the error of a result) at a pair of points."""
    a, b = problem.point_a, problem.point_b
    yield "dist", (a, b), problem.dist_error
    yield "squared_dist", (a, b), lambda r: problem.dist_error(r, power=2)
    yield "log", (b, a), problem.log_error
    vecs = list(regimes.tangent_vectors(a, problem.simplex))
    log = problem.rounded_log()
    yield "exp", (log, a), lambda r: problem.exp_error(r, log)
    if not vecs:
        return
    v, w = vecs
    yield "transport to a point", (v, a, b), lambda r: problem.transport_error(r, v)
    yield "transport along", (v, a, log), functools.partial(_along, problem, v, log)
    yield "inner_product", (v, w, a), lambda r: problem.inner_error(r, v, w)
    yield "norm", (v, a), lambda r: problem.norm_error(r, v)


def _along(problem, vec, direction, moved):
    return problem.transport_along_error(moved, vec, direction)


def error_of(function, arguments, error):
    """Error of a call in units of eps; NaN where it is not finite, inf if it raises."""
    try:
        result = function(*arguments)
    except Exception:  # other people's code, which may raise anything
        return np.inf
    return error(result) if np.isfinite(result).all() else np.nan


def worst_errors(make_operations, simplex, dims):
    """Worst error for every (operation, regime, dtype, dim), keys joined by commas."""
    worst = collections.defaultdict(float)
    for dim in dims:
        operations = make_operations(dim)
        for dtype in DTYPES:
            for problem in regimes.problems(dim, simplex, dtype):
                for name, arguments, error in cases(problem):
                    key = ",".join((name, problem.regime, dtype, str(dim)))
                    value = error_of(operations[name], arguments, error)
                    worst[key] = worse(worst[key], value)
    return dict(worst)


def worse(*values):
    """Largest value; raising is worse than NaN, NaN than any number."""
    if np.inf in values:
        return np.inf
    return float(np.max(values))


def geomstats_errors():
    """Errors of geomstats on the backend that it was imported with.

    Not at dim 9999, where its metric multiplies by a dense matrix of 800 MB.
    """
    convert = torch.as_tensor if "pytorch" in gs.__name__ else np.asarray

    def make(dim):
        return metric_operations(CategoricalDistributions(dim).metric, convert)

    return worst_errors(make, True, DIMS[:-1])


def geomstats_on_torch():
    """Errors of geomstats on its pytorch backend, from another process."""
    environment = {**os.environ, "GEOMSTATS_BACKEND": "pytorch"}
    command = [sys.executable, __file__, "geomstats"]
    run = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def cell(errors, operation, row, dtype):
    """Worst errors of a row of regimes, one for each group of dimensions."""
    parts = []
    for dims in GROUPS.values():
        keys = [f"{operation},{r},{dtype},{d}" for r in ROWS[row] for d in dims]
        found = [errors[key] for key in keys if key in errors]
        parts.append(formatted(worse(*found)) if found else "-")
    return parts[0] if len(set(parts)) == 1 else " / ".join(parts)


def formatted(value):
    """Two digits, or what went wrong."""
    if np.isinf(value):
        return "raises"
    return f"{value:.1f}" if value < 100 else f"{value:.0e}".replace("nan", "NaN")


def print_tables(results):
    """One Markdown table for each dtype."""
    for dtype in DTYPES:
        print(f"\n### {dtype}, in units of {np.finfo(dtype).eps:.2g}\n")
        print("| operation | regime |", " | ".join(COLUMNS), "|")
        print("|---|---|" + "---|" * len(COLUMNS))
        for operation in OPERATIONS:
            for row in ROWS:
                cells = (cell(results[c], operation, row, dtype) for c in COLUMNS)
                print(f"| {operation} | {row} |", " | ".join(cells), "|")


def main():
    """Measure all libraries and print the tables."""
    start = time.perf_counter()
    results = {
        "ours, p": worst_errors(
            lambda d: metric_operations(fm.FisherRaoSimplex(d).metric), True, DIMS
        ),
        "ours, u": worst_errors(
            lambda d: metric_operations(fm.PositiveHypersphere(d).metric), False, DIMS
        ),
        "geomstats": geomstats_errors(),
        TORCH: geomstats_on_torch(),
        "geoopt": worst_errors(lambda d: geoopt_operations(), False, DIMS),
    }
    print_tables(results)
    names = ("geomstats", "geoopt", "numpy", "torch", "mpmath")
    print("\n" + ", ".join(f"{name} {version(name)}" for name in names), end="")
    print(f"; {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # divisions by zero, in other people's code
    np.seterr(all="ignore")
    if sys.argv[1:] == ["geomstats"]:
        print(json.dumps(geomstats_errors()))
    else:
        main()
