"""The toy problem of Fisher-Flow, for all fields: KL(model || law) by everything.

``python tests/benchmarks/toy_figure.py [--quick] [--categories 5 10 ...] [--methods ...]
[--out FILE] [--plot FILE]`` trains each method on 4 independent sites with probabilities
softmax(uniform) (batch 512, MLP of 4 layers of 512 units, seed 0), and appends a line of
JSON to FILE for each number of steps and of evaluations; runs that are in FILE already
are not repeated.  It then prints a Markdown table of FILE and draws it.

KL is the mean over sites of that of counts, less the bias (K - 1) / 2n of counting, with
its standard error by the delta method and the variance of chi-squared.  *uniform*: the
uniform law; *floor*: as many samples of the law itself.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("GEOMSTATS_BACKEND", "pytorch")

import numpy as np
import torch
from coupling_speed import PlainMLP
from geomstats.geometry.matrices import Matrices

import fisher_manifold as fm
from fisher_manifold import data, flow, transport

SITES, BATCH = 4, 512
CATEGORIES = (5, 10, 20, 40, 60, 80, 100, 120, 140, 160)
EVALUATIONS = (5, 10, 20, 100)


class LinearSimplex:
    """Targets and source of linear flow matching: one-hot points, uniform start."""

    def __init__(self, n_categories):
        self.space = Matrices(SITES, n_categories)
        self.source = self
        self.n_categories = n_categories

    def sample(self, n, generator=None, dtype=None, device=None):
        """Draw n points of the product of simplices."""
        kind = {"generator": generator, "dtype": torch.float32, "device": device}
        waits = -torch.rand(n, SITES, self.n_categories, **kind).log()
        return waits / waits.sum(-1, keepdim=True)

    def targets(self, labels):
        """One-hot points in float32."""
        return torch.nn.functional.one_hot(labels, self.n_categories).float()


def categorical(n_categories, concentration):
    space = fm.SequenceManifold(fm.PositiveHypersphere(n_categories - 1), SITES)
    return flow.GeodesicPath(space, flow.DirichletSource(space, concentration))


def velocity(n_categories, coupling=None):
    path = categorical(n_categories, 0.5)
    field = flow.VelocityField(PlainMLP(path.space.shape), path.space)
    return field, path, coupling and coupling(path.space), lambda labels: labels


def linear(n_categories):
    simplex = LinearSimplex(n_categories)
    path = flow.GeodesicPath(simplex.space, simplex)
    field = flow.VelocityField(PlainMLP((SITES, n_categories)), simplex.space)
    return field, path, None, simplex.targets


def posterior(n_categories, concentration, evidence):
    path = categorical(n_categories, concentration)
    field = flow.PosteriorField(PlainMLP(path.space.shape), path, evidence)
    return field, path, None, lambda labels: labels


METHODS = {
    "velocity": velocity,
    "velocity, exact OT": lambda k: velocity(k, transport.ExactCoupling),
    "linear, Euclidean simplex": linear,
    "posterior, Dirichlet(1/2)": lambda k: posterior(k, 0.5, False),
    "posterior, Dirichlet(1)": lambda k: posterior(k, 1.0, False),
    "evidence, Dirichlet(1/2)": lambda k: posterior(k, 0.5, True),
    "evidence, Dirichlet(1)": lambda k: posterior(k, 1.0, True),
}


def divergence(labels, law):
    """Corrected mean KL of the sites' counts, and its standard error."""
    n, n_categories = len(labels), law.n_categories
    values, variances = [], []
    for site, true in zip(labels.T, law.probabilities, strict=True):
        share = np.bincount(site, minlength=n_categories) / n
        ratio = np.log(np.where(share > 0, share, 1.0) / true)
        kl = float((share * ratio).sum())
        values.append(kl - (n_categories - 1) / (2 * n))
        spread = float((share * ratio**2).sum()) - kl**2
        variances.append(spread / n + (n_categories - 1) / (2 * n**2))
    return np.mean(values), math.sqrt(np.sum(variances)) / len(values)


def sampled_labels(field, path, n_samples, evaluations, generator):
    result = flow.sample(field, path, n_samples, evaluations, generator=generator)
    labels = result.points.argmax(-1) if result.labels is None else result.labels
    return labels.cpu().numpy(), result.n_evaluations


def run(method, n_categories, steps, n_samples):
    """Rows of results at a quarter, half and all of the steps."""
    rng = np.random.default_rng(n_categories)
    law = data.IndependentSites.from_paper(n_categories, SITES, generator=rng)
    torch.manual_seed(0)
    field, path, coupling, prepare = METHODS[method](n_categories)
    labels = prepare(torch.as_tensor(law.sample(BATCH * steps, rng)))
    generator = torch.Generator().manual_seed(0)
    trainer = flow.Trainer(
        field, path, coupling, batch_size=BATCH, generator=generator
    )
    rows, seconds = [], 0.0

    def measure(trainer, row):
        nonlocal seconds, start
        if row["step"] not in (steps // 10, steps // 4, steps):
            return
        seconds += time.perf_counter() - start
        for evaluations in EVALUATIONS:
            g = torch.Generator().manual_seed(1)
            drawn, used = sampled_labels(trainer.field, path, n_samples, evaluations, g)
            kl, error = divergence(drawn, law)
            rows.append(
                {
                    "method": method,
                    "categories": n_categories,
                    "steps": row["step"],
                    "of": steps,
                    "evaluations": used,
                    "kl": kl,
                    "error": error,
                    "seconds": seconds,
                    "uniform": float(np.mean([-np.log(n_categories * p).mean() for p in law.probabilities])),
                    "floor": divergence(law.sample(n_samples, rng), law)[0],
                }
            )
        start = time.perf_counter()

    start = time.perf_counter()
    trainer.fit(labels, steps, progress=False, callbacks=[measure])
    return rows
