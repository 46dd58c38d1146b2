"""The pictures of docs/benchmarks.md from the folder of `sequences.py`.

``python tests/benchmarks/sequence_gallery.py FOLDER [--out docs/images]
[--guidance-steps N]`` draws sequence logos around the start site, real and of each
method (``logos_PROBLEM.png``); how often k-mers occur in samples and in the test part
(``kmers.png``); divergence against the number of evaluations (``evaluations.png``);
and, with a model that it trains for it, statistics of samples against the weight of
guidance (``guidance.png``; ``--guidance-steps 0`` leaves it out).
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from conditions import SPECIES, sweep_guidance
from sequence_problems import PROBLEMS
from sequence_tables import read_runs

from fisher_manifold import metrics, plotting

BEFORE, AFTER = 50, 10
LOGOS = ("evidence-reveal", "evidence", "fisher-ot", "linear", "dirichlet", "masked")
LOGOS += ("autoregressive", "markov-5", "sites")
SCATTERED = ("evidence-reveal", "masked", "fisher-ot", "dirichlet", "autoregressive")
SCATTERED += ("markov-3", "data")
LINES = {
    "evidence-reveal": ("C0", "o-"),
    "evidence": ("C0", "s--"),
    "masked": ("C1", "v-"),
    "dirichlet": ("C2", "^-"),
    "linear": ("C3", "D-"),
    "fisher-ot": ("C4", "P-"),
    "fisher": ("C4", "X--"),
}


def read_samples(folder, problem, method):
    """Labels of a method's samples, or None."""
    file = folder / problem / f"{method}.npy"
    return np.load(file).astype(np.int64) if file.exists() else None


def draw_logos(folder, name):
    """Logos of letters around the start site: test sequences, and each method."""
    problem = PROBLEMS[name]
    data, parts = problem.load()
    codec, test = data.prepared.codec, parts["test"][0]
    window = metrics.start_window(problem.start_site, BEFORE - 1, AFTER, test.shape[1])
    sets = {"real, held out": test}
    sets |= {method: read_samples(folder, name, method) for method in LOGOS}
    sets = {title: labels for title, labels in sets.items() if labels is not None}
    figure, axes = plt.subplots(
        len(sets),
        1,
        layout="constrained",
        figsize=(8, 1.05 * len(sets) + 0.4),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for ax, (title, labels) in zip(axes.flat, sets.items(), strict=True):
        plotting.sequence_logo(
            labels[:, window],
            ax=ax,
            alphabet=codec.alphabet,
            first=window.start - problem.start_site,
        )
        gap = metrics.position_divergence(labels, test, codec.n_categories, window)
        note = "" if labels is test else f": {1e3 * gap.mean():.2f} mnats"
        ax.set_title(title + note, fontsize=8, loc="left", pad=2)
        ax.set_ylabel("")
    axes[0, 0].set_ylim(0, axes[0, 0].dataLim.ymax * 1.05)
    axes[-1, 0].set_xlabel("letters from the start site")
    figure.supylabel("bits", fontsize=9)
    return figure


def draw_kmers(folder, names):
    """Shares of k-mers in samples, against those in the test part."""
    figure, axes = plt.subplots(
        len(names),
        len(SCATTERED),
        layout="constrained",
        squeeze=False,
        figsize=(1.7 * len(SCATTERED), 1.75 * len(names)),
    )
    for row, name in zip(axes, names, strict=True):
        problem = PROBLEMS[name]
        data, parts = problem.load()
        size, k = data.prepared.codec.n_categories, problem.ks[1]
        real = metrics.kmer_spectrum(parts["test"][0], k, size)
        for ax, method in zip(row, SCATTERED, strict=True):
            labels = read_samples(folder, name, method)
            if labels is None:
                ax.set_axis_off()
                continue
            drawn = metrics.kmer_spectrum(labels, k, size)
            plotting.plot_kmer_scatter(real, drawn, ax=ax)
            gap = metrics.js_divergence(real, drawn)
            ax.set_title(f"{method}: {gap:.2g}", fontsize=8, pad=2)
            ax.set(xlabel="", ylabel="")
            ax.get_legend().remove()
            ax.tick_params(labelsize=6)
        row[0].set_ylabel(f"{name}: {k}-mers,\nsamples", fontsize=8)
    figure.supxlabel("share in the test part", fontsize=8)
    return figure


def draw_evaluations(folder, names):
    """Divergence of k-mers against the number of evaluations, seed 0."""
    figure, axes = plt.subplots(
        1,
        len(names),
        layout="constrained",
        figsize=(2.3 * len(names) + 1.2, 3),
        squeeze=False,
    )
    for ax, name in zip(axes.flat, names, strict=True):
        rows, problem = read_runs(folder, name), PROBLEMS[name]
        for method, (colour, style) in LINES.items():
            first = next((r for r in rows.get(method, ()) if "curve" in r), None)
            if first is not None:
                curve = [js[1] for js in first["curve"].values()]
                steps = [int(s) for s in first["curve"]]
                ax.loglog(steps, curve, style, color=colour, label=method, ms=4)
        levels = {"autoregressive": ":", "data": "-"}
        for method, style in levels.items():
            if method in rows:
                level = rows[method][0]["js"][1]
                ax.axhline(level, color="0.4", ls=style, lw=1, label=method)
        ax.set_title(f"{name}, {problem.ks[1]}-mers", fontsize=9)
        ax.set_xlabel("evaluations")
        ax.set_xticks([4, 8, 20, 100], ["4", "8", "20", "100"])
        ax.minorticks_off()
        ax.tick_params(labelsize=7)
    axes[0, 0].set_ylabel("Jensen-Shannon divergence, nats")
    handles, titles = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, titles, loc="outside right center", fontsize=8)
    return figure


def draw_guidance(steps):
    """Statistics of promoters of two species against the weight of guidance."""
    rows = dict(sweep_guidance(steps))
    real = rows.pop("real")
    figure, axes = plt.subplots(1, 3, layout="constrained", figsize=(9, 2.8))
    for ax, column in zip(axes, ("score, bits", "GC", "3-mers, nats"), strict=True):
        for k, (species, style) in enumerate(zip(SPECIES, ("o-", "s--"), strict=True)):
            values = [found[k][column] for found in rows.values()]
            (line,) = ax.plot(list(rows), values, style, ms=4, label=species)
            ax.axhline(real[k][column], color=line.get_color(), lw=0.8, ls=":")
        ax.set_xlabel("weight of guidance")
        ax.set_title(column, fontsize=9)
    axes[0].legend(fontsize=8)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--guidance-steps", type=int, default=600)
    options = parser.parse_args()
    names = [n for n in PROBLEMS if n != "quick" and read_runs(options.folder, n)]
    figures = {
        f"logos_{name}": draw_logos(options.folder, name)
        for name in names
        if PROBLEMS[name].start_site is not None
    }
    figures["kmers"] = draw_kmers(options.folder, names)
    figures["evaluations"] = draw_evaluations(options.folder, names)
    if options.guidance_steps:
        figures["guidance"] = draw_guidance(options.guidance_steps)
    for name, figure in figures.items():
        file = options.out / f"{name}.png"
        figure.savefig(file, dpi=110)
        print(file)


if __name__ == "__main__":
    main()
