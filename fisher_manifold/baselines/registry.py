"""All methods by name, and one function that fits any of them."""

import functools
from typing import Any

from .. import flow
from .autoregressive import Autoregressive
from .counting import MarkovOrder, SiteFrequencies, TrainingData
from .dirichlet import DirichletFlow
from .fisher import EvidenceFlow, FisherFlow, FisherFlowOT, RevealedFlow
from .linear import LinearFlow, LinearVelocityFlow
from .masked import MaskedDiffusion

TRAINED: dict[str, Any] = {
    "evidence": EvidenceFlow,
    "evidence-2": functools.partial(EvidenceFlow, concentration=2.0),
    "evidence-reveal": RevealedFlow,
    "fisher": FisherFlow,
    "fisher-ot": FisherFlowOT,
    "linear": LinearFlow,
    "linear-velocity": LinearVelocityFlow,
    "dirichlet": DirichletFlow,
    "masked": MaskedDiffusion,
    "autoregressive": Autoregressive,
}
"""Models made of a network, the number of categories and the length."""


def _fit_data(labels, n_categories, validation):
    return TrainingData(labels)


COUNTED: dict[str, Any] = {
    **{
        f"markov-{order}": functools.partial(MarkovOrder.fit, order=order)
        for order in range(7)
    },
    "sites": SiteFrequencies.fit,
    "data": _fit_data,
}
"""Functions of labels, the number of categories and validation labels."""

METHODS = (*TRAINED, *COUNTED)
"""Names of all methods."""


def fit(
    name,
    labels,
    n_categories,
    network=None,
    steps=None,
    *,
    conditions=None,
    validation=None,
    generator=None,
    progress=False,
    **options,
):
    """Fit one of the methods to labels.

    Parameters
    ----------
    name : str
        One of ``METHODS``.
    labels : torch.Tensor of int, shape=[n, length]
        Training sequences.
    n_categories : int
        Categories of a site.
    network : torch.nn.Module, optional
        Network of trained methods, in place: give each its own.  Its input and output
        have the shape [n, length, n_categories].
    steps : int, optional
        Training steps.
    conditions : dict of torch.Tensor, optional
        Conditions of the sequences, for the network; laws that are counted have none.
    validation : torch.Tensor of int, optional
        Held out sequences, by which laws that are counted choose their smoothing.
    generator : torch.Generator, optional
        Seed of the training.
    progress : bool
        Whether to show a progress bar.
    **options : object
        Of `flow.Trainer`.

    Returns
    -------
    model : object
        With ``sample(n, generator, conditions)``, and ``log_prob(labels)`` or
        ``log_prob_bound(labels)`` where there is one.

    Raises
    ------
    ValueError
        If there is no such method, or a trained one is not given network and steps.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> g = torch.Generator().manual_seed(0)
    >>> data = torch.randint(2, (200, 1), generator=g).repeat(1, 6)  # six equal letters
    >>> for name in ("masked", "markov-0", "markov-1"):
    ...     network = networks.MLP((6, 2), width=32, depth=1)
    ...     model = baselines.fit(
    ...         name, data, 2, network, steps=150, generator=g, learning_rate=1e-2
    ...     )
    ...     x = model.sample(500, g).labels
    ...     print(name, bool((x == x[:, :1]).all(1).float().mean() > 0.9))
    masked True
    markov-0 False
    markov-1 True
    """
    if name in COUNTED:
        return COUNTED[name](labels, n_categories, validation=validation)
    if name not in TRAINED:
        raise ValueError(f"expected a method of {', '.join(METHODS)}, got {name!r}")
    if network is None or steps is None:
        raise ValueError(f"expected a network and steps to train {name!r} with")
    model = TRAINED[name](network, n_categories, labels.shape[-1])
    trainer = flow.Trainer(
        model, model.path, model.coupling, generator=generator, **options
    )
    trainer.fit(labels, steps, conditions, progress=progress)
    return trainer.field
