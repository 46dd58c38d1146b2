"""The demo: learn to draw the handwritten digits that come with scikit-learn.

64 sites (pixels) with 17 categories (grey levels), conditioned on the digit.  Nothing
is downloaded; every run on one machine gives the same samples.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np
import torch

from . import __version__, flow, networks, transport
from .commands.number_types import positive
from .data import load_digits_labels
from .demo_report import measure, write_pictures, write_report
from .geometry import PositiveHypersphere, SequenceManifold

N_CLASSES = 10
STRIP_GRID = (*(0.025 * i for i in range(21)), 0.625, 0.75, 0.875, 1.0)
"""Times of the strip of pictures: on to 1, past half time, when all is decided."""


def add_arguments(parser):
    """Add the demo's options to a parser.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Parser of the subcommand.
    """
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("fisher-manifold-demo"),
        help="folder for pictures, report and checkpoint (default: %(default)s)",
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=1500,
        help="training steps (default: %(default)s, about 4 minutes on 2 cores)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed (default: 0)")
    parser.add_argument(
        "--evaluations",
        type=positive,
        default=50,
        help="evaluations of the network for each sample (default: %(default)s)",
    )


def run(arguments):
    """Train, sample, measure, draw and report.

    Parameters
    ----------
    arguments : argparse.Namespace
        Options of `add_arguments`.

    Returns
    -------
    code : int
        Exit code 0.
    """
    started = time.perf_counter()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    train, test = load_digits_labels().split(seed=0, train_fraction=0.8)
    print(
        f"Digits of scikit-learn: {len(train.images)} images to learn from, "
        f"{len(test.images)} held out; 64 pixels with 17 grey levels."
    )
    trainer = make_trainer(train, arguments.seed)
    n_weights = sum(p.numel() for p in trainer.raw_field.parameters())
    print(f"Training {n_weights} weights for {arguments.steps} steps.")
    trainer.fit(
        torch.from_numpy(train.images),
        steps=arguments.steps,
        conditions={"label": torch.from_numpy(train.classes)},
        validation=torch.from_numpy(test.images),
        validation_conditions={"label": torch.from_numpy(test.classes)},
        directory=out,
    )
    generator = torch.Generator().manual_seed(arguments.seed)
    # As many samples as held out images, of the same digits, so that figures compare.
    classes = torch.from_numpy(np.sort(test.classes))
    result = flow.sample(
        trainer.field,
        trainer.path,
        len(classes),
        steps=arguments.evaluations,
        generator=generator,
        conditions={"label": classes},
        progress=True,
    )
    frames, times = flow_frames(trainer, generator)
    samples = result.labels.numpy()
    print("Measuring.")
    metrics = measure(train, test, samples, classes.numpy(), arguments.seed)
    metrics["cross-entropy (nats per pixel)"] = {
        "value": trainer.history[-1]["validation_loss"],
        "floor": None,
        "ceiling": float(np.log(train.n_categories)),
    }
    write_pictures(out, test, samples, classes.numpy(), frames, times, trainer.history)
    facts = {
        "command": "fisher-manifold demo",
        "version": __version__,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "seed": arguments.seed,
        "training steps": trainer.step,
        "evaluations per sample": result.n_evaluations,
        "seconds": round(time.perf_counter() - started),
    }
    write_report(out, metrics, facts)
    (out / "report.json").write_text(
        json.dumps({"facts": facts, "metrics": metrics}, indent=2) + "\n"
    )
    print((out / "report.md").read_text())
    print(f"Look at {out / 'digits.png'}, {out / 'flow.png'} and {out / 'report.md'}.")
    return 0


def make_trainer(train, seed):
    """Trainer of the demo: the reference for using the library on images.

    Parameters
    ----------
    train : DigitImages
        Training images.
    seed : int
        Seed of weights and noise.

    Returns
    -------
    trainer : Trainer
        Ready to fit.
    """
    height, width = train.shape
    space = SequenceManifold(
        PositiveHypersphere(dim=train.n_categories - 1), length=height * width
    )
    path = flow.GeodesicPath(space)
    with torch.random.fork_rng():
        torch.random.default_generator.manual_seed(seed)
        network = networks.ImageCNN(
            train.n_categories, height, width, depth=8, n_classes=N_CLASSES, dropout=0.1
        )
    return flow.Trainer(
        flow.PosteriorField(network, path, evidence=True),
        path,
        transport.IndependentCoupling(),
        learning_rate=2e-3,
        batch_size=128,
        ema_decay=0.995,
        weight_decay=0.01,
        generator=torch.Generator().manual_seed(seed),
    )


def flow_frames(trainer, generator):
    """Ten digits, one of each, at the times of the strip.

    Parameters
    ----------
    trainer : Trainer
        Trained.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    frames : ndarray, shape=[n_times, 10, 8, 8]
        Mean grey level of every pixel's distribution.
    times : list of float
        Times.
    """
    frames, times = [], []
    levels = torch.arange(trainer.path.space.n_categories, dtype=torch.float32)

    def record(t, x):
        frames.append(((x**2) @ levels).reshape(-1, 8, 8).numpy())
        times.append(t)

    flow.sample(
        trainer.field,
        trainer.path,
        N_CLASSES,
        grid=STRIP_GRID,
        generator=generator,
        conditions={"label": torch.arange(N_CLASSES)},
        on_step=record,
    )
    shown = [0, 4, 8, 11, 14, 17, 20, 24]
    return np.stack([frames[i] for i in shown]), [times[i] for i in shown]
