"""Sequence logos around the start site: real, generated, and of a Markov chain.

``python tests/benchmarks/sequence_pictures.py --data FILE --model DIR [DIR ...]
--start-site N [--around BEFORE AFTER] [--classes NAME ...] [--n N] [--steps N]
[--seed N] [--out FILE.png]`` draws one row for the test part, for samples of each model
(which ``fisher-manifold train`` has made) and for an order-1 Markov chain fitted on
what the first model was trained on; one column for each class, if classes are named.
All logos of a column have one scale.  It prints, for each logo, the mean over these
sites of the Jensen-Shannon divergence of the letters from the test part's, in nats.
"""

import argparse
import types
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from fisher_manifold import data, flow, metrics, plotting
from fisher_manifold.commands import evaluate, folder, sample


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", type=Path, nargs="+", required=True)
    parser.add_argument("--start-site", type=int, required=True)
    parser.add_argument("--around", type=int, nargs=2, default=(50, 10))
    parser.add_argument("--classes", nargs="+")
    parser.add_argument("--n", type=int, default=2000, help="samples of each class")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="docs/images/sequence_logos.png")
    return parser.parse_args()


def real_rows(options, model, name):
    """Test and training sequences of a class, or of all."""
    given = types.SimpleNamespace(data=options.data, column=None, label=None)
    labels, classes, _ = evaluate.read_test(given, model)
    known, known_classes = folder.read_reference(options.model[0])
    if name is None:
        return labels, known
    index = model.classes.index(name)
    return labels[classes == index], known[known_classes == index]


def generated(out, name, options):
    """Samples of a model for a class, or for classes as frequent as in training."""
    model = folder.read_description(out)
    wanted = {"solver": "euler", "readout": "nearest", "grid": "field", "guidance": 1.0}
    arguments = types.SimpleNamespace(model=out, steps=options.steps, **wanted)
    generator = torch.Generator().manual_seed(options.seed)
    classes = sample.draw_classes(model, options.n, name, generator)
    trainer = flow.Trainer.load(out)
    result = sample.generate(trainer, options.n, arguments, classes, generator)
    return result.labels.cpu().numpy()


def rows_of(options, model, name):
    """Sets of sequences by the title of their logo."""
    test, train = real_rows(options, model, name)
    rows = {"real, held out": test}
    for out in options.model:
        title = "generated" if len(options.model) == 1 else f"generated: {out.name}"
        rows[title] = generated(out, name, options)
    chain = data.MarkovChain.fit(train, model.codec.n_categories)
    rows["Markov chain"] = chain.sample(options.n, np.random.default_rng(options.seed))
    return rows


def draw(columns, model, options):
    """Figure of all logos; prints how far each is from the test part."""
    window = metrics.start_window(options.start_site, *options.around, model.length)
    first, n_categories = window.start - options.start_site, model.codec.n_categories
    n_rows = len(next(iter(columns.values())))
    size = (
        0.13 * (window.stop - window.start) * len(columns) + 1.2,
        1.5 * n_rows + 0.4,
    )
    shared = {"sharex": "col", "sharey": "col", "squeeze": False, "figsize": size}
    figure, axes = plt.subplots(n_rows, len(columns), layout="constrained", **shared)
    for column, (name, sets) in zip(axes.T, columns.items(), strict=True):
        test, tops = sets["real, held out"], []
        for ax, (title, labels) in zip(column, sets.items(), strict=True):
            plotting.sequence_logo(
                labels[:, window], ax=ax, alphabet=model.codec.alphabet, first=first
            )
            tops.append(ax.get_ylim()[1])
            ax.set_title(", ".join(filter(None, (name, title))), fontsize=9, loc="left")
            gap = metrics.position_divergence(labels, test, n_categories, window).mean()
            print(f"{name or 'all':16s} {title:24s} {len(labels):6d} {gap:.2e}")
        column[0].set_ylim(0, max(tops))
        column[-1].set_xlabel("letters from the start site")
    return figure


def main():
    options = parse()
    model = folder.read_description(options.model[0])
    print(f"{'class':16s} {'sequences':24s} {'n':>6s} letters by position, JS (nats)")
    columns = {
        name or "": rows_of(options, model, name) for name in options.classes or [None]
    }
    draw(columns, model, options).savefig(options.out, dpi=110)
    print(f"{options.out}, seed {options.seed}, {options.steps} steps")


if __name__ == "__main__":
    main()
