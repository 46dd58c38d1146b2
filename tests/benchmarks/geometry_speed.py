"""Time exp, log, dist and transport beside geomstats, geoopt and the bare formulas.

``python tests/benchmarks/geometry_speed.py [--threads 1] [--device cpu] [--compile]``
prints Markdown tables.  Contenders take turns within one run; figures are medians over
the rounds, and ratios medians of the ratios within a round.  *bare* is the same stable
closed form in plain torch: no checks, no care at zeros.  glibc is told to keep freed
memory, since page faults otherwise cost as much as the work and depend on what ran
before.  "-": not implemented, or a dense matrix of over 2 GB.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("GEOMSTATS_BACKEND", "pytorch")

import torch

SHAPES = [(512, 4, 100), (128, 1024, 4), (256, 256, 27), (4096, 1, 1000)]
ROUNDS = 15
IMPORTS = (
    "import geomstats.information_geometry.categorical, "
    "geomstats.geometry.hypersphere, geomstats.geometry.nfold_manifold"
)


class BareSphere:
    """Unit vectors, metric of the sphere of radius 2."""

    def difference(self, a, b):
        return b - a

    def root(self, a):
        return a

    def vector(self, vec, root):
        return vec

    point = root
    back = vector

    def exp(self, vec, a):
        u = self.root(a)
        vec = self.vector(vec, u)
        norm = torch.linalg.vector_norm(vec, dim=-1, keepdim=True)
        return self.point(torch.cos(norm) * u + torch.sin(norm) / norm * vec)

    def log(self, b, a):
        w, u = self.difference(a, b), self.root(a)
        theta = 2 * torch.asin(torch.linalg.vector_norm(w, dim=-1, keepdim=True) / 2)
        radial = (w * u).sum(-1, keepdim=True)
        return self.back(theta / torch.sin(theta) * (w - radial * u), u)

    def dist(self, a, b):
        w = self.difference(a, b)
        return 4 * torch.asin(torch.linalg.vector_norm(w, dim=-1) / 2)

    def transport(self, vec, a, b):
        u, v = self.root(a), self.root(b)
        vec = self.vector(vec, u)
        along = (vec * v).sum(-1, keepdim=True) / (1 + (u * v).sum(-1, keepdim=True))
        return self.back(vec - along * (u + v), v)


class BareSimplex(BareSphere):
    """Probabilities, through their square roots."""

    def difference(self, a, b):
        return (b - a) / (b.sqrt() + a.sqrt())

    def root(self, a):
        return a.sqrt()

    def vector(self, vec, root):
        return vec / (2 * root)

    def point(self, root):
        return root * root

    def back(self, vec, root):
        return 2 * root * vec


def of_metric(metric):
    """Operations of a geomstats metric."""
    return {
        "exp": metric.exp,
        "log": metric.log,
        "dist": metric.dist,
        "transport": lambda vec, a, b: metric.parallel_transport(vec, a, end_point=b),
    }


def of_geoopt(sphere):
    """Operations of geoopt's sphere, whose transport is a projection."""
    return {
        "exp": lambda vec, a: sphere.expmap(a, vec),
        "log": lambda b, a: sphere.logmap(a, b),
        "dist": sphere.dist,
        "transport": lambda vec, a, b: sphere.transp(a, b, vec),
    }


def contenders(n_categories, compiled):
    """By chart: our space, and the operations of each contender by name."""
    from geomstats.geometry.hypersphere import Hypersphere
    from geomstats.information_geometry.categorical import CategoricalDistributions

    import fisher_manifold as fm

    dim, names = n_categories - 1, ("exp", "log", "dist", "transport")
    peers = {
        "simplex": {"geomstats": of_metric(CategoricalDistributions(dim).metric)},
        "sphere": {"geomstats": of_metric(Hypersphere(dim).metric)},
    }
    try:
        import geoopt
    except ImportError:
        print("geoopt is not installed, so it is left out", file=sys.stderr)
    else:
        peers["sphere"]["geoopt"] = of_geoopt(geoopt.manifolds.Sphere())
    spaces = {
        "simplex": fm.FisherRaoSimplex(dim),
        "sphere": fm.PositiveHypersphere(dim),
    }
    for chart, bare in (("simplex", BareSimplex()), ("sphere", BareSphere())):
        ours = of_metric(spaces[chart].metric)
        rows = {"ours": ours, "bare": {name: getattr(bare, name) for name in names}}
        if compiled:
            rows["ours, compiled"] = {n: torch.compile(f) for n, f in ours.items()}
        yield chart, spaces[chart], rows | peers[chart]


def synchronise(device):
    """Wait until the device has done its work."""
    if device == "cuda":
        torch.cuda.synchronize()


def measure(functions, device, repeats=1):
    """Times in microseconds by name, one per round; contenders take turns."""
    times = {name: [] for name in functions}
    for round_ in range(ROUNDS + 2):
        for name, function in functions.items():
            function()  # so that the cache does not depend on whose turn it was
            synchronise(device)
            start = time.perf_counter()
            for _ in range(repeats):
                function()
            synchronise(device)
            if round_ > 1:  # the first rounds warm up and compile
                times[name].append((time.perf_counter() - start) / repeats * 1e6)
    return times


def arguments(space, shape, device):
    """Arguments of each operation at random points."""
    generator = torch.Generator(device=device).manual_seed(0)
    a, b = (
        space.random_point(
            shape[0] * shape[1], generator=generator, dtype=torch.float32
        ).reshape(shape)
        for _ in range(2)
    )
    vec = space.metric.log(b, a)
    return {"exp": (vec, a), "log": (b, a), "dist": (a, b), "transport": (vec, a, b)}


KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**33),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
    "MALLOC_TOP_PAD_": str(2**28),
}


def works(name, operation, shape, function):
    """Whether a contender has the operation for these arrays."""
    entries = math.prod(shape) * shape[-1]  # of a matrix for every point, as geomstats'
    if name == "geomstats" and operation == "dist" and entries > 2**28:
        return False
    try:
        function()
    except Exception:
        return False
    return True


def table(shapes, device, compiled, repeats=1):
    """Print one row per shape, chart and operation."""
    columns = ["ours", "bare", "ours, compiled", "geomstats", "geoopt"]
    columns = [c for c in columns if compiled or "compiled" not in c]
    print(f"\n| shape | chart | operation | {' | '.join(columns)} | ours / bare |")
    print(f"|---|---|---|{'---:|' * (len(columns) + 1)}")
    for shape in shapes:
        for chart, space, rows in contenders(shape[-1], compiled):
            for operation, given in arguments(space, shape, device).items():
                calls = {
                    name: (lambda f=functions[operation], g=given: f(*g))
                    for name, functions in rows.items()
                }
                calls = {
                    name: call
                    for name, call in calls.items()
                    if works(name, operation, shape, call)
                }
                times = measure(calls, device, repeats)
                cells = [
                    f"{statistics.median(times[c]):.0f}" if c in times else "-"
                    for c in columns
                ]
                ratio = statistics.median(
                    one / other
                    for one, other in zip(times["ours"], times["bare"], strict=True)
                )
                head = f"{list(shape)} | {chart} | {operation}"
                print(f"| {head} | {' | '.join(cells)} | {ratio:.2f} |", flush=True)


def pairwise(device):
    """Print the time of all pairs of 2000 points of 100 categories."""
    import fisher_manifold as fm

    for kind in (fm.FisherRaoSimplex, fm.PositiveHypersphere):
        space = kind(99)
        generator = torch.Generator(device=device).manual_seed(0)
        for dtype in (torch.float32, torch.float64):
            points = space.random_point(2000, generator=generator, dtype=dtype)
            calls = {"torch": lambda p=points, s=space: s.metric.dist_pairwise(p)}
            if device == "cpu":
                array = points.numpy()
                calls["numpy"] = lambda p=array, s=space: s.metric.dist_pairwise(p)
            for name, times in measure(calls, device).items():
                seconds = statistics.median(times) / 1e6
                print(f"| {space!r} | {name} {dtype} | {seconds:.3f} |")


def bandwidth(device, rows):
    """Print the share of the memory bandwidth that compiled operations reach.

    Bytes are those that must be moved: each argument read and the result written once.
    """
    import fisher_manifold as fm

    space = fm.PositiveHypersphere(99)
    given = arguments(space, (rows, 1, 100), device)
    copy = {"copy": lambda: given["log"][0].clone()}
    n_bytes = 4 * rows * 100
    seconds = statistics.median(measure(copy, device)["copy"]) / 1e6
    peak = 2 * n_bytes / seconds
    print(f"\ncopy: {peak / 1e9:.1f} GB/s, {rows * 100:.0e} float32 numbers")
    print("\n| operation, compiled | GB/s | share of copy |\n|---|---:|---:|")
    for name, arrays in {"exp": 3, "log": 3, "dist": 2}.items():
        function = torch.compile(of_metric(space.metric)[name])
        calls = {name: lambda f=function, g=given[name]: f(*g)}
        seconds = statistics.median(measure(calls, device)[name]) / 1e6
        reached = arrays * n_bytes / seconds
        print(f"| {name} | {reached / 1e9:.1f} | {reached / peak:.2f} |", flush=True)


def import_seconds(code):
    """Seconds of a fresh interpreter that runs the code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def imports():
    """Print what importing the geometry adds to importing geomstats."""
    os.environ["GEOMSTATS_BACKEND"] = "numpy"
    more = f"{IMPORTS}, fisher_manifold.geometry"
    added = [import_seconds(more) - import_seconds(IMPORTS) for _ in range(7)]
    print(f"\nimport fisher_manifold.geometry adds {statistics.median(added):.3f} s")


def main():
    """Print all tables."""
    if not KEEP_MEMORY.items() <= os.environ.items():
        environment = {**os.environ, **KEEP_MEMORY}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bandwidth-rows", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {options.device}, {options.threads} threads")
    if options.bandwidth_rows:
        with torch.no_grad():
            bandwidth(options.device, options.bandwidth_rows)
        return
    print("Microseconds, float32.")
    with torch.no_grad():
        table(SHAPES, options.device, options.compile)
    print("\nOne pair of points: the cost of a call.")
    table([(1, 1, 4)], options.device, False, repeats=200)
    print("\n| all pairs of 2000 points | library | seconds |\n|---|---|---:|")
    pairwise(options.device)
    if options.device == "cpu":
        imports()


if __name__ == "__main__":
    main()
