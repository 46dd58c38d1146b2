"""Tables of docs/benchmarks.md from the runs of `sequences.py`.

``python tests/benchmarks/sequence_tables.py FOLDER [--markdown docs/benchmarks.md]``
prints a table for each problem of ``FOLDER/runs.jsonl``, and puts it between the marks
``<!-- PROBLEM: begin -->`` and ``<!-- PROBLEM: end -->`` of a page.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sequence_problems import PROBLEMS

from fisher_manifold import baselines

SHARES = ("valid", "unique", "new")


def read_runs(folder, problem):
    """Rows of a problem by method, in the order of the methods."""
    lines = (folder / "runs.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["problem"] == problem]
    by_method = {
        name: [row for row in rows if row["method"] == name]
        for name in baselines.METHODS
    }
    return {name: found for name, found in by_method.items() if found}


def spread(values, digits):
    """Mean, and the standard deviation over seeds if there are several."""
    if None in values:  # of no valid molecule in some run
        return ""
    text = f"{np.mean(values):.{digits}f}"
    return text if len(values) < 2 else f"{text} ± {np.std(values, ddof=1):.{digits}f}"


def bits_cell(runs):
    """Bits per site, marked where they are a bound."""
    if runs[0]["bits"] is None:
        return ""
    sign = "≤ " if runs[0]["bits_kind"] == "bound" else ""
    return sign + spread([row["bits"] for row in runs], 4)


def columns(runs, ks):
    """Values of a method by column: numbers of its runs, or None."""
    found = {"bits": [row["bits"] for row in runs]}
    found |= {f"{k}-mers": [row["js"][i] for row in runs] for i, k in enumerate(ks)}
    return found


def table(rows, problem):
    """Lines of a table in Markdown."""
    shares = [name for name in SHARES if name in next(iter(rows.values()))[0]]
    heads = ["method", "seeds", "evaluations", "bits per site"]
    heads += [f"{k}-mers" for k in problem.ks] + shares
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    for name, runs in rows.items():
        cells = [f"`{name}`", len(runs), runs[0]["evaluations"], bits_cell(runs)]
        cells += [spread([r["js"][i] for r in runs], 5) for i in range(len(problem.ks))]
        cells += [spread([row[share] for row in runs], 3) for share in shares]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def ranking(rows, problem):
    """Who is first and second of the trained methods that are not autoregressive."""
    compared = [
        name for name in rows if name in baselines.TRAINED and name != "autoregressive"
    ]
    lines = ["Trained methods that are not autoregressive, the first two by mean:", ""]
    for column in columns(rows[compared[0]], problem.ks):
        means = {}
        for name in compared:
            values = columns(rows[name], problem.ks)[column]
            if None not in values:
                means[name] = np.mean(values)
        order = sorted(means, key=means.get)[:2]
        digits = 4 if column == "bits" else 5
        places = [f"`{name}` {means[name]:.{digits}f}" for name in order]
        lines.append(f"- {column}: {', '.join(places)}")
    return lines


def caption(rows, problem):
    """Sizes, machine and date, in words."""
    row = next(iter(rows.values()))[0]
    dates = sorted({run["date"] for runs in rows.values() for run in runs})
    seeds = sorted({run["seed"] for runs in rows.values() for run in runs})
    steps = sorted({r["steps"] for runs in rows.values() for r in runs if "steps" in r})
    most = max(run["weights"] for runs in rows.values() for run in runs)
    return (
        f"A convolutional network of {most} weights, {steps[0]} steps of "
        f"{problem.batch_size}; {problem.samples} samples against {row['n_test']} test "
        f"sequences; bits of {problem.bound} of these at most; seeds "
        f"{', '.join(map(str, seeds))}, after ± the standard deviation over them. "
        f"{row['machine']}, {row['versions']}, {', '.join(dates)}."
    )


def publish(file, name, lines):
    """Put lines between the marks of a page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = file.read_text()
    if begin not in page or end not in page:
        raise SystemExit(f"{file}: expected the lines {begin} and {end}")
    before, rest = page.split(begin, 1)
    after = rest.split(end, 1)[1]
    file.write_text("\n".join([before + begin, *lines, end + after]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", type=Path, help="page with the marks")
    options = parser.parse_args()
    for name, problem in PROBLEMS.items():
        rows = read_runs(options.folder, name)
        if not rows:
            continue
        seeds = max(len(runs) for runs in rows.values())
        command = f"python tests/benchmarks/sequences.py {name} --seeds {seeds}"
        lines = ["```sh", command, "```", "", *table(rows, problem), ""]
        lines += [*ranking(rows, problem), "", caption(rows, problem)]
        print(f"# {problem.title}", *lines, "", sep="\n")
        if options.markdown:
            publish(options.markdown, name, lines)


if __name__ == "__main__":
    main()
