"""Fisher-Flow and the evidence field, with the interface of the baselines.

Both are this package's own fields, paths and samplers; nothing is computed here.
"""

from .. import transport
from ..flow import (
    DirichletSource,
    GeodesicPath,
    InpaintingField,
    PosteriorField,
    Staggered,
    VelocityField,
    discrete_log_prob_bound,
    order_log_prob_bound,
    sample,
)
from ..geometry import PositiveHypersphere, SequenceManifold


def _path(n_categories, length, concentration):
    space = SequenceManifold(PositiveHypersphere(n_categories - 1), length)
    return GeodesicPath(space, DirichletSource(space, concentration))


class _Flow:
    """Samples and bounds by the functions of `flow`."""

    path: GeodesicPath

    def sample(self, n, generator=None, conditions=None, **options):
        """Draw labels: see `flow.sample`; 50 steps unless said otherwise.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        **options : object
            Of `flow.sample`.

        Returns
        -------
        result : SampleResult
            With ``labels`` and ``n_evaluations``.
        """
        options = {"steps": 50, **options}
        return sample(
            self, self.path, n, generator=generator, conditions=conditions, **options
        )

    def log_prob_bound(self, labels, **options):
        """Lower bound of the log-probability of labels, in nats.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Sequences.
        **options : object
            Of `flow.discrete_log_prob_bound`.

        Returns
        -------
        result : DiscreteBoundResult
            Bounds.
        """
        return discrete_log_prob_bound(self, self.path, labels, **options)


class FisherFlow(_Flow, VelocityField):
    """Fisher-Flow (Davis et al. 2024, arXiv:2405.14664): regression of velocities.

    From the uniform law of the orthant, on its great circles.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)`` on points of the sphere: velocities.
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    coupling : callable, optional
        Makes the coupling of a space, as ``transport.ExactCoupling``; default:
        independent noise.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.MLP((5, 3), 16, 1)
    >>> model = baselines.FisherFlow(network, n_categories=3, length=5)
    >>> samples = model.sample(2, torch.Generator().manual_seed(0), steps=10)
    >>> samples.labels.shape, samples.n_evaluations
    (torch.Size([2, 5]), 10)
    """

    def __init__(self, network, n_categories, length, coupling=None):
        path = _path(n_categories, length, 0.5)
        super().__init__(network, path.space)
        self.path = path
        self.coupling = None if coupling is None else coupling(path.space)


class FisherFlowOT(FisherFlow):
    """Fisher-Flow with minibatch optimal transport, as its authors train it.

    Parameters
    ----------
    network, n_categories, length
        As of `FisherFlow`.

    Examples
    --------
    >>> from fisher_manifold import baselines, networks
    >>> model = baselines.FisherFlowOT(networks.MLP((5, 3), 16, 1), 3, 5)
    >>> type(model.coupling).__name__  # Trainer(model, model.path, model.coupling)
    'ExactCoupling'
    """

    def __init__(self, network, n_categories, length):
        super().__init__(network, n_categories, length, transport.ExactCoupling)


class EvidenceFlow(_Flow, PosteriorField):
    """The package's own: the posterior field with the closed-form evidence term.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``: logits (see `flow.PosteriorField`).
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    concentration : float
        Of the Dirichlet source; at least 1 for the bound.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.MLP((1, 3), 16, 1)  # new: it has nothing to say
    >>> model = baselines.EvidenceFlow(network, n_categories=3, length=1)
    >>> labels = model.sample(600, torch.Generator().manual_seed(0), steps=10).labels
    >>> bool((labels.ravel().bincount() > 150).all())  # nor has it for a uniform site
    True
    """

    coupling = None

    def __init__(self, network, n_categories, length, concentration=1.0):
        super().__init__(network, _path(n_categories, length, concentration))


class RevealedFlow(_Flow, InpaintingField):
    """The evidence field, trained with given sites and sampled with staggered clocks.

    Each step of its sampler decides a random group of sites, given those before.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``: logits (see `flow.PosteriorField`).
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    concentration : float
        Of the Dirichlet source.
    blank : float
        Share of the training samples that are as in sampling: some sites given, nothing
        known of the others; the rest have some sites given, others under way.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> model = baselines.RevealedFlow(networks.MLP((5, 3), 16, 1), 3, 5)
    >>> given = torch.tensor([[2, -1, -1, -1, 0]]).repeat(4, 1)  # -1: to be drawn
    >>> g = torch.Generator().manual_seed(0)
    >>> labels = model.sample(4, g, {"given": given}, steps=5).labels
    >>> labels[:, [0, 4]].tolist()
    [[2, 0], [2, 0], [2, 0], [2, 0]]
    """

    coupling = None

    def __init__(self, network, n_categories, length, concentration=1.0, blank=1.0):
        path = _path(n_categories, length, concentration)
        super().__init__(network, path, blank=blank)

    def sample(self, n, generator=None, conditions=None, steps=50, **options):
        """Draw labels: see `flow.sample`, with `flow.Staggered` of a group a step.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        steps : int
            Steps, and groups of sites; no more than there are sites are taken, since
            with a step for each nothing is left to gain.
        **options : object
            Of `flow.sample`.

        Returns
        -------
        result : SampleResult
            With ``labels`` and ``n_evaluations``.
        """
        steps = min(steps, self.space.shape[0])
        solver = Staggered(steps, order="stratified")
        options = {"solver": solver, "steps": steps, **options}
        return super().sample(n, generator, conditions, **options)

    def log_prob_bound(self, labels, **options):
        """Lower bound of the log-probability of labels, in nats.

        Parameters
        ----------
        labels : torch.Tensor of int, shape=[n, length]
            Sequences.
        **options : object
            Of `flow.order_log_prob_bound`.

        Returns
        -------
        result : DiscreteBoundResult
            Bounds of the law of samples with a step for each site.
        """
        return order_log_prob_bound(self, labels, **options)
