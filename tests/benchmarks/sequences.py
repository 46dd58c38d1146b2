"""All methods of `fisher_manifold.baselines` on real sequences: the runs.

``python tests/benchmarks/sequences.py PROBLEM [PROBLEM ...] [--methods ...] [--seeds N]
[--steps N] [--out FOLDER]`` trains each method with the same network and steps, and
appends a line of JSON to ``FOLDER/runs.jsonl`` for each; runs that are there already
are not repeated.  Samples of seed 0 go to ``FOLDER/PROBLEM/METHOD.npy``, and for seed 0
quality is measured by the number of evaluations, too.  `sequence_tables.py` writes the
tables of docs/benchmarks.md from the folder, `sequence_gallery.py` draws its pictures.

*bits* per site of test sequences: exact, or at most (a bound of the law of samples with
one evaluation for each site).  *k-mers*: Jensen-Shannon divergence of samples from the
test part in nats, of which "data", training sequences in the place of samples, is the
floor.  Evidence fields take 20 evaluations, others 100 (the autoregressive model as
many as there are sites).
"""

import argparse
import dataclasses
import datetime
import json
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
from sequence_problems import PROBLEMS

from fisher_manifold import baselines, metrics, networks

EVALUATIONS, CURVE = {"ours": 20, "others": 100}, (4, 8, 20, 100)
DRAWS, LEARNING_RATE = 4, 2e-3


def conditions_of(classes):
    """Conditions of rows, or None."""
    return None if classes is None else {"label": torch.as_tensor(classes)}


def fit(name, seed, problem, data, parts):
    """A fitted model."""
    (train, classes), (valid, _) = parts["train"], parts["valid"]
    rows = np.random.default_rng(0).permutation(len(train))[: problem.rows]
    labels, n_categories = (
        torch.as_tensor(train[rows]),
        data.prepared.codec.n_categories,
    )
    arguments = {"validation": torch.as_tensor(valid)}
    network = None
    if name in baselines.TRAINED:
        torch.manual_seed(seed)
        network = networks.SequenceCNN(
            n_categories,
            train.shape[1],
            width=problem.width,
            depth=problem.depth,
            n_classes=len(data.prepared.classes or ()),
        )
        arguments |= {"learning_rate": LEARNING_RATE, "batch_size": problem.batch_size}
        arguments |= {"warmup": min(100, problem.steps // 10)}
        if classes is not None:
            arguments["conditions"] = conditions_of(classes[rows])
    generator = torch.Generator().manual_seed(seed)
    return baselines.fit(
        name,
        labels,
        n_categories,
        network,
        problem.steps,
        generator=generator,
        **arguments,
    )


def run(name, seed, problem, data, parts, folder):
    """One row of results."""
    start = time.perf_counter()
    model = fit(name, seed, problem, data, parts)
    fitted = time.perf_counter()
    test, classes = parts["test"]
    trained = name in baselines.TRAINED
    n = problem.samples
    chosen = np.random.default_rng(seed).permutation(len(test))
    chosen = np.resize(chosen, n)
    wanted = conditions_of(classes[chosen]) if trained and classes is not None else None

    def sample(steps):
        options = {"steps": steps} if has_steps(name) else {}
        generator = torch.Generator().manual_seed(seed)
        drawn = model.sample(n, generator, wanted, **options)
        return drawn.labels.cpu().numpy(), drawn.n_evaluations

    def divergences(labels):
        size = data.prepared.codec.n_categories
        return [metrics.kmer_divergence(labels, test, k, size) for k in problem.ks]

    labels, evaluations = sample(EVALUATIONS["ours" if is_ours(name) else "others"])
    found = {"js": divergences(labels), "evaluations": evaluations}
    if problem.file.startswith("qm9"):
        found |= chemistry(labels, data, parts["train"][0])
    sampled = time.perf_counter()
    found |= bits_per_site(name, model, problem, test, classes)
    if seed == 0:
        np.save(folder / f"{name}.npy", labels.astype(np.int8))
        if has_steps(name):
            found["curve"] = {s: divergences(sample(s)[0]) for s in CURVE}
    weights = sum(p.numel() for p in model.parameters()) if trained else 0
    return found | {
        "weights": weights,
        "training_s": fitted - start,
        "sampling_s": sampled - fitted,
        "n_test": len(test),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} thread",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}",
        "date": str(datetime.date.today()),
    }


def is_ours(name):
    return name.startswith("evidence")


def has_steps(name):
    return name in baselines.TRAINED and name != "autoregressive"


def bits_per_site(name, model, problem, test, classes):
    """Kind ("exact", "bound"), mean and standard error over test sequences, if any."""
    rows = np.random.default_rng(0).permutation(len(test))[: problem.bound]
    labels = torch.as_tensor(test[rows])
    given = None
    if name in baselines.TRAINED and classes is not None:
        given = conditions_of(classes[rows])
    if hasattr(model, "log_prob"):
        kind, value = "exact", model.log_prob(labels, conditions=given)
    elif name in ("masked", "evidence-reveal"):
        generator = torch.Generator().manual_seed(0)
        found = model.log_prob_bound(
            labels, draws=DRAWS, generator=generator, conditions=given
        )
        kind, value = "bound", found.value
    else:
        return {"bits": None}
    bits = -value / (test.shape[1] * math.log(2.0))
    error = float(bits.std() / math.sqrt(len(bits)))
    return {"bits": float(bits.mean()), "bits_error": error, "bits_kind": kind}


def chemistry(labels, data, train):
    """Shares of molecules that RDKit reads, that differ, and that are new of these."""
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    codec = data.prepared.codec

    def canonical(text):
        molecule = Chem.MolFromSmiles(text) if text else None
        return None if molecule is None else Chem.MolToSmiles(molecule)

    read = [canonical(text) for text in codec.decode(labels)]
    valid = [text for text in read if text is not None]
    unique = set(valid)
    if not valid:
        return {"valid": 0.0, "unique": None, "new": None}
    if not hasattr(chemistry, "known"):
        chemistry.known = {canonical(text) for text in codec.decode(train)}
    return {
        "valid": len(valid) / len(read),
        "unique": len(unique) / len(valid),
        "new": len(unique - chemistry.known) / len(unique),
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("problems", nargs="+", choices=PROBLEMS)
    parser.add_argument("--methods", nargs="+", choices=baselines.METHODS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="default: those of the problem")
    parser.add_argument("--out", type=Path, default=Path("sequences"))
    return parser.parse_args()


def main():
    options = parse()
    for problem_name in options.problems:
        problem = PROBLEMS[problem_name]
        if options.steps:
            problem = dataclasses.replace(problem, steps=options.steps)
        folder = options.out / problem_name
        folder.mkdir(parents=True, exist_ok=True)
        data, parts = problem.load()
        for seed in range(options.seeds):
            for name in options.methods or problem.methods:
                key = {"problem": problem_name, "method": name, "seed": seed}
                key |= {"steps": problem.steps} if name in baselines.TRAINED else {}
                file = options.out / "runs.jsonl"
                lines = file.read_text().splitlines() if file.exists() else []
                if any(key.items() <= json.loads(line).items() for line in lines):
                    continue
                print(
                    f"{problem_name}, {name}, seed {seed}", file=sys.stderr, flush=True
                )
                row = key | run(name, seed, problem, data, parts, folder)
                with file.open("a") as out:
                    out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
