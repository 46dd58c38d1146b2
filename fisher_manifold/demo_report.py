"""Measures, pictures and report of the demo."""

import numpy as np

from . import metrics as m
from . import plotting


def measure(train, test, samples, classes, seed):
    """Measure samples, beside the floor (real images) and the ceiling (noise).

    The floor puts as many random training images in the place of the samples, the
    ceiling pixels drawn from the uniform law over grey levels.

    Parameters
    ----------
    train, test : DigitImages
        Real images.
    samples : int array, shape=[n, 64]
        Generated images.
    classes : int array, shape=[n]
        Digits that were asked for.
    seed : int
        Seed of the classifier and of the random choices.

    Returns
    -------
    table : dict
        For each metric its value, floor and ceiling.
    """
    generator = np.random.default_rng(seed)
    k = train.n_categories
    classifier = m.ClassifierFeatures(k, random_state=seed)
    classifier.fit(train.images, train.classes)
    chosen = generator.choice(len(train.images), len(samples), replace=False)
    noise = generator.integers(k, size=samples.shape)
    # Against the rest of the training images, lest the floor copies itself.
    rest = np.delete(train.images, chosen, axis=0)
    candidates = {
        "value": (samples, classes, train.images),
        "floor": (train.images[chosen], train.classes[chosen], rest),
        "ceiling": (noise, generator.permutation(classes), train.images),
    }
    test_features = classifier.transform(test.images)
    functions = {
        "Frechet distance of classifier features": lambda x, c, r: m.frechet_distance(
            classifier.transform(x), test_features
        ),
        "classifier agrees with the digit": lambda x, c, r: classifier.accuracy(x, c),
        "classifier confidence": lambda x, c, r: classifier.confidence(x),
        "error of pixel marginals (total variation)": lambda x, c, r: m.marginal_error(
            x, test.images, k
        ),
        "error of pixel pairs (total variation)": lambda x, c, r: m.pairwise_error(
            x, test.images, k
        ),
        "copies of training images": lambda x, c, r: m.copy_fraction(x, r),
        "pixels unlike the nearest training image": lambda x, c, r: np.mean(
            m.nearest_neighbour_distance(x, r)
        ),
    }
    return {
        name: {which: float(f(*given)) for which, given in candidates.items()}
        for name, f in functions.items()
    }


def write_pictures(out, test, samples, classes, frames, times, history):
    """Write digits.png, flow.png and training.png.

    Parameters
    ----------
    out : pathlib.Path
        Folder.
    test : DigitImages
        Real images.
    samples : int array, shape=[n, 64]
        Generated images.
    classes : int array, shape=[n]
        Their digits.
    frames : ndarray, shape=[n_times, 10, 8, 8]
        The flow.
    times : list of float
        Times of the frames.
    history : list of dict
        Training curve.
    """
    import matplotlib.pyplot as plt

    real = _eight_of_each(test.images, test.classes)
    generated = _eight_of_each(samples, classes)
    figures = {
        "digits.png": plotting.plot_image_comparison(
            real,
            generated,
            titles=("real, held out", "generated"),
            n_columns=8,
            vmax=16,
        ),
        "flow.png": plotting.plot_flow_strip(frames, times, vmax=16),
        "training.png": plotting.plot_training_curve(history).figure,
    }
    for name, figure in figures.items():
        figure.savefig(out / name, dpi=150)
        plt.close(figure)


def _eight_of_each(images, classes):
    rows = np.concatenate([np.flatnonzero(classes == c)[:8] for c in range(10)])
    return images[rows].reshape(-1, 8, 8)


def write_report(out, metrics, facts):
    """Write report.md: pictures, table, facts.

    Parameters
    ----------
    out : pathlib.Path
        Folder.
    metrics : dict
        From `measure`.
    facts : dict
        What is needed to repeat the run.
    """
    lines = [
        "# fisher-manifold demo: handwritten digits",
        "",
        "Posterior flow with the evidence term on 64 orthants of 17 grey levels,",
        "conditioned on the digit.",
        "",
        "![real and generated digits](digits.png)",
        "![from noise to digits](flow.png)",
        "![training curve](training.png)",
        "",
        "| metric | generated | floor (real) | ceiling (noise) |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {_number(row['value'])} | {_number(row['floor'])} "
            f"| {_number(row['ceiling'])} |"
            for name, row in metrics.items()
        ),
        "",
        "The floor puts random training images in the place of the generated ones, "
        "the ceiling uniform noise; all are compared with the held out images. The",
        "cross-entropy is that of the held out images at random times of the flow "
        "(not a likelihood).",
        "",
        *(f"- {name}: {value}" for name, value in facts.items()),
        "",
    ]
    (out / "report.md").write_text("\n".join(lines))


def _number(value):
    return "" if value is None else f"{value:.3g}"
