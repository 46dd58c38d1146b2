"""The discrete likelihood bound of `evaluate`."""

import math

import numpy as np
import torch

from .. import flow
from .comparison import choose

_STEPS = 30
_DRAWS = {"flow": 2, "order": 8}


def likelihood_bound(trainer, test, n, seed):
    """Bound the mean bits per site of test sequences under the model.

    Parameters
    ----------
    trainer : flow.Trainer
        Model.
    test : pair of int arrays, shapes [m, length] and [m] (or None)
        Labels and class labels.
    n : int
        Sequences to take; 0 for no bound.
    seed : int
        Of the choice of sequences and of the draws.

    Returns
    -------
    bound : dict or None
        bits_per_site (at most, lower is better), standard_error over sequences (None
        for one), n_sequences, draws, law: "flow", or "order" for a model trained with
        given letters, whose samples are decided one letter after the other; None if
        there is none, with `reason`.
    """
    if n == 0:
        return None
    field, source = trainer.field, trainer.path.source
    law = "order" if isinstance(field, flow.InpaintingField) else "flow"
    if law == "flow" and not getattr(source, "concentration", 1.0) >= 1.0:
        return {
            "bits_per_site": None,
            "reason": "the source has a concentration below 1: train with "
            "--concentration 2, or with --blank 1, for a bound",
        }
    rows = choose(len(test[0]), min(n, len(test[0])), np.random.default_rng(seed))
    labels = torch.from_numpy(test[0][rows])
    options = {
        "draws": _DRAWS[law],
        "generator": torch.Generator().manual_seed(seed),
        "conditions": None,
    }
    if test[1] is not None:
        options["conditions"] = {"label": torch.from_numpy(test[1][rows])}
    if law == "order":
        found = flow.order_log_prob_bound(field, labels, **options)
    else:
        found = flow.discrete_log_prob_bound(
            field, trainer.path, labels, steps=_STEPS, probes=1, **options
        )
    bits = -found.bits_per_site
    error = float(bits.std()) / math.sqrt(len(bits)) if len(bits) > 1 else None
    return {
        "bits_per_site": float(bits.mean()),
        "standard_error": error,
        "n_sequences": len(bits),
        "draws": _DRAWS[law],
        "law": law,
    }
