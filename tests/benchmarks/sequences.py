"""All methods of `fisher_manifold.baselines` on sequences of a file: one table.

``python tests/benchmarks/sequences.py --data FILE [--where COLUMN=VALUE] [--label
COLUMN] [--methods ...] [--steps N] [--seeds N] [--out FILE] [--markdown FILE]`` trains
each method on the training part, with the same network and steps, and appends a line of
JSON to ``--out`` for each seed; runs that are there already are not repeated.  It then
prints them as a table.  ``--quick`` ends in a few minutes.

*bits* per site of the test part: exact, or at most (a proven bound, of some of it).
*k-mers*: Jensen-Shannon divergence of samples from the test part in nats, of which
"data", training sequences in the place of samples, is the floor.
"""

import argparse
import datetime
import json
import math
import os
import platform
import shlex
import sys
import time
from pathlib import Path

import numpy as np
import torch

from fisher_manifold import baselines, metrics, networks
from fisher_manifold.commands import dataset
from fisher_manifold.commands.settings import DataSettings

KS = (3, 4, 5, 6)
BEGIN, END = "<!-- sequences.py: begin -->", "<!-- sequences.py: end -->"
BOUND_BY_FLOW = ("evidence", "evidence-2", "evidence-reveal")


def network_of(options, n_categories, length, n_classes):
    """The reference network that all trained methods get."""
    size = {"width": options.width, "depth": options.depth, "n_classes": n_classes}
    kind = {"cnn": networks.SequenceCNN, "transformer": networks.Transformer}
    return kind[options.network](n_categories, length, **size)


def conditions_of(classes):
    """Conditions of rows, or None."""
    return None if classes is None else {"label": torch.as_tensor(classes)}


def run(name, seed, data, options):
    """One row of results."""
    n_categories = data.prepared.codec.n_categories
    names = data.prepared.classes
    (train, classes), (valid, _), (test, test_classes) = map(
        data.part, ("train", "valid", "test")
    )
    rows = np.random.default_rng(0).permutation(len(train))[: options.rows]
    train, classes = train[rows], None if classes is None else classes[rows]
    torch.manual_seed(seed)
    trained = name in baselines.TRAINED
    network = network_of(options, n_categories, train.shape[1], len(names or ()))
    start = time.perf_counter()
    model = baselines.fit(
        name,
        torch.as_tensor(train),
        n_categories,
        network,
        options.steps,
        conditions=conditions_of(classes) if trained else None,
        validation=torch.as_tensor(valid),
        generator=torch.Generator().manual_seed(seed),
        **(training(options) if trained else {}),
    )
    fitted = time.perf_counter()
    n = min(len(test), options.samples)
    chosen = np.random.default_rng(seed).permutation(len(test))[:n]
    wanted = test_classes[chosen] if trained and test_classes is not None else None
    g = torch.Generator().manual_seed(seed)
    takes_steps = trained and name != "autoregressive"
    steps = {"steps": options.evaluations} if takes_steps else {}
    drawn = model.sample(n, g, conditions_of(wanted), **steps)
    labels = drawn.labels.cpu().numpy()
    sampled = time.perf_counter()
    kind, bits, error = bits_per_site(name, model, test, test_classes, seed, options)
    return {
        "bits": bits,
        "bits_error": error,
        "bits_kind": kind,
        "js": {k: metrics.kmer_divergence(labels, test, k, n_categories) for k in KS},
        "evaluations": drawn.n_evaluations,
        "weights": sum(p.numel() for p in network.parameters()) if trained else 0,
        "s": fitted - start,
        "s_samples": sampled - fitted,
        "s_bits": time.perf_counter() - sampled,
        "n_train": len(train),
        "n_test": len(test),
        "n_samples": n,
    }


def training(options):
    """Arguments of the trainer, the same for all."""
    return {
        "learning_rate": options.learning_rate,
        "batch_size": options.batch_size,
        "warmup": min(100, options.steps // 10),
    }


def bits_per_site(name, model, test, classes, seed, options):
    """Kind ("exact", "bound" or None), mean and standard error over sequences."""
    g = torch.Generator().manual_seed(seed)
    trained = name in baselines.TRAINED
    if hasattr(model, "log_prob"):
        given = conditions_of(classes if trained else None)
        kind, value = "exact", model.log_prob(torch.as_tensor(test), conditions=given)
    elif name == "masked" or (name in BOUND_BY_FLOW and options.bound):
        n = len(test) if name == "masked" else options.bound
        rows = np.random.default_rng(0).permutation(len(test))[:n]
        flow = {"steps": options.bound_steps, "probes": 1}
        result = model.log_prob_bound(
            torch.as_tensor(test[rows]),
            draws=options.draws,
            generator=g,
            conditions=conditions_of(None if classes is None else classes[rows]),
            **(flow if name in BOUND_BY_FLOW else {}),
        )
        kind, value = "bound", result.value
    else:
        return None, None, None
    bits = -value / (test.shape[1] * math.log(2.0))
    return kind, float(bits.mean()), float(bits.std() / math.sqrt(len(bits)))


def setting(name, seed, options):
    """What a run is known by in the file of results."""
    shared = ("where", "label", "rows", "samples")
    own = ("steps", "network", "width", "depth", "learning_rate", "batch_size")
    own += ("evaluations", "bound", "bound_steps", "draws")
    names = shared + (own if name in baselines.TRAINED else ())
    given = {key: getattr(options, key) for key in names}
    return {"method": name, "seed": seed, "data": options.data.name, **given}


def spread(values, digits):
    """Mean, and the standard deviation over seeds if there are several."""
    text = f"{np.mean(values):.{digits}f}"
    return text if len(values) < 2 else f"{text} ± {np.std(values, ddof=1):.{digits}f}"


def bits_cell(runs):
    """Bits per site with their error, marked where they are a bound."""
    if runs[0]["bits"] is None:
        return ""
    text = spread([row["bits"] for row in runs], 4)
    if len(runs) == 1:
        text += f" ({runs[0]['bits_error']:.4f})"
    return ("≤ " if runs[0]["bits_kind"] == "bound" else "") + text


def table(rows, methods):
    """Lines of a table in Markdown."""
    heads = ["method", "seeds", "bits per site", *(f"{k}-mers" for k in KS)]
    heads += ["evaluations", "training, sampling, bits (s)"]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    for name in methods:
        runs = [row for row in rows if row["method"] == name]
        if not runs:
            continue
        cells = [name, str(len(runs)), bits_cell(runs)]
        cells += [spread([row["js"][str(k)] for row in runs], 5) for k in KS]
        cells.append(str(runs[0]["evaluations"]))
        times = [[row[key] for row in runs] for key in ("s", "s_samples", "s_bits")]
        cells.append(", ".join(f"{np.mean(each):.0f}" for each in times))
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def caption(rows, options):
    """Sizes, machine and date, in words."""
    row, seeds = rows[0], sorted({row["seed"] for row in rows})
    weights = max(row["weights"] for row in rows)
    return (
        f"{row['n_train']} training sequences, {row['n_test']} of the test part, "
        f"{row['n_samples']} samples of each method; {options.network} of {weights} "
        f"weights, {options.steps} steps of {options.batch_size}, learning rate "
        f"{options.learning_rate:g}; bounds of the evidence field of {options.bound} "
        f"sequences, {options.draws} draws each. In brackets the standard error over "
        f"sequences, after ± the standard deviation over seeds; seeds {seeds}. "
        f"{len(os.sched_getaffinity(0))} shared cores ({platform.machine()}), "
        f"{torch.get_num_threads()} used, Python {platform.python_version()}, torch "
        f"{torch.__version__}, {datetime.date.today()}."
    )


def publish(file, lines):
    """Put the lines between the marks of a page."""
    page = file.read_text()
    if BEGIN not in page or END not in page:
        raise SystemExit(f"{file}: expected the lines {BEGIN} and {END}")
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    file.write_text("\n".join([before + BEGIN, *lines, END + after]))


def command_line():
    """The command, as it can be typed."""
    return f"python tests/benchmarks/sequences.py {shlex.join(sys.argv[1:])}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--where")
    parser.add_argument("--label")
    parser.add_argument("--methods", nargs="+", choices=baselines.METHODS)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--network", choices=("cnn", "transformer"), default="cnn")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--evaluations", type=int, default=50)
    parser.add_argument("--rows", type=int, help="most training sequences")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--bound", type=int, default=64, help="sequences, 0 for none")
    parser.add_argument("--bound-steps", type=int, default=40)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("sequences.jsonl"))
    parser.add_argument("--markdown", type=Path, help="page with the marks")
    options = parser.parse_args()
    options.methods = options.methods or list(baselines.METHODS)
    if options.quick:
        options.steps, options.batch_size, options.seeds = 300, 64, 1
        options.width, options.depth, options.evaluations = 32, 4, 20
        options.rows, options.samples = 4000, 500
        options.bound, options.bound_steps, options.draws = 8, 20, 2
    return options


def main():
    options = parse()
    settings = DataSettings(str(options.data), where=options.where, label=options.label)
    data = dataset.load(settings)
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done, rows = [json.loads(line) for line in lines], []
    for seed in range(options.seeds):
        for name in options.methods:
            key = setting(name, seed, options)
            known = [row for row in done if key.items() <= row.items()]
            if not known:
                print(f"{name}, seed {seed} ...", file=sys.stderr, flush=True)
                line = json.dumps(key | run(name, seed, data, options))
                with options.out.open("a") as file:
                    file.write(line + "\n")
                known = [json.loads(line)]
            rows.append(known[0])
    text = [*table(rows, options.methods), "", caption(rows, options)]
    print("\n".join(text))
    if options.markdown:
        publish(options.markdown, ["```sh", command_line(), "```", "", *text])


if __name__ == "__main__":
    main()
