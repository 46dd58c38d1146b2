"""Quality of handwritten digits by the number of evaluations, for several samplers.

Run as ``python tests/benchmarks/few_steps_digits.py --model FOLDER``, the folder of
``fisher-manifold demo --out FOLDER``.  Prints a Markdown table: Frechet distance of
classifier features / share whose digit the classifier agrees with / error of pixel
pairs (total variation), as in the demo's report, and the same of real images.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
from flow_map import rows

from fisher_manifold import data, flow, metrics


class Quality:
    """Measures of the demo, from its held-out images."""

    def __init__(self, train, test):
        self.n_categories = train.n_categories
        self.classifier = metrics.ClassifierFeatures(self.n_categories, random_state=0)
        self.classifier.fit(train.images, train.classes)
        self.test = test.images
        self.features = self.classifier.transform(test.images)

    def __call__(self, images, classes):
        """Cell of the table."""
        found = self.classifier.transform(images)
        distance = metrics.frechet_distance(found, self.features)
        agrees = self.classifier.accuracy(images, classes)
        pairs = metrics.pairwise_error(images, self.test, self.n_categories)
        return f"{distance:.2f} / {agrees:.3f} / {pairs:.4f}"


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--budgets", type=int, nargs="+", default=[4, 8, 20, 100])
    parser.add_argument("--repeats", type=int, default=3, help="samples of each digit")
    parser.add_argument("--staggered", action="store_true", help="these rows too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    train, test = data.load_digits_labels().split(seed=0, train_fraction=0.8)
    quality, generator = Quality(train, test), torch.Generator().manual_seed(0)
    trainer = flow.Trainer.load(arguments.model)
    field, path = trainer.field, trainer.path
    images, digits = (torch.from_numpy(a) for a in (train.images, train.classes))
    times = flow.measure_times(
        field, path, images, conditions={"label": digits}, generator=generator
    )
    classes = torch.from_numpy(np.sort(np.tile(test.classes, arguments.repeats)))
    chosen = np.random.default_rng(0).permutation(len(images))[: len(classes)]
    real = quality(train.images[chosen], train.classes[chosen])
    print(f"Real training images, {len(chosen)} of them: {real}.\n")
    print(f"| sampler | {' | '.join(map(str, arguments.budgets))} |")
    print("|---|" + "---:|" * len(arguments.budgets))
    for title, law, solver, readout in rows(
        flow.PowerTimes(1.0, 0.5), times, None, None
    ):
        if isinstance(solver, partial) and not arguments.staggered:
            continue
        cells = []
        for budget in arguments.budgets:
            steps = budget - (readout == "posterior")
            result = flow.sample(
                field,
                path,
                len(classes),
                generator=torch.Generator().manual_seed(0),
                conditions={"label": classes},
                grid=(law or field.default_times).grid(steps),
                solver=solver(steps) if isinstance(solver, partial) else solver,
                readout=readout,
            )
            cells.append(quality(result.labels.numpy(), classes.numpy()))
        print(f"| {title} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
