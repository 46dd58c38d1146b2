"""The learned posterior of the categories, and the velocity that it means."""

import torch

from .evidence import encode_belief, log_evidence
from .field import call_network, unwrapped, with_network
from .loss import posterior_loss
from .path import expand
from .times import EvidenceTimes, PowerTimes


class PosteriorField(torch.nn.Module):
    r"""Posterior of the target's category, on categorical spaces.

    The velocity is the posterior mean of the conditional velocities,
    :math:`\sum_k p(x_1 = e_k | x_t) \log_{x_t}(e_k) / (1 - t)`, which always points
    inward.

    With ``evidence`` the logits are the network's plus the closed form of
    :func:`~fisher_manifold.flow.log_evidence`: by Bayes' rule the network then only
    has to learn what the *other* sites say of a site.  Instead of the point it is given
    the evidence of every site, on which alone the exact answer depends, as
    `root_belief`.  A network with a method ``encode(log_ratio)`` is given what
    that makes of the rows [m, d + 1] of all sites.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``: logits of shape [n, *space.shape].  x is the
        encoded evidence (0 at time 0) or, without evidence, the unit vectors of the
        point.
    path : GeodesicPath
        Path whose source is a :class:`~fisher_manifold.flow.DirichletSource` if
        evidence is True.
    evidence : bool
        Whether to add the closed form.  Exact for independent coupling; a sound start
        for others.

    Raises
    ------
    TypeError
        If the path is not on a categorical space.
    ValueError
        If evidence is True and the source is no `DirichletSource`.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> class Silent(torch.nn.Module):  # exact where sites are uniform and independent
    ...     def forward(self, x, t):
    ...         return torch.zeros_like(x)
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> x = torch.tensor([[0.36, 0.48, 0.8]]).repeat(3, 1)
    >>> t = torch.tensor([0.0, 0.3, 0.45])  # nothing is known, then more, then all
    >>> logits = flow.PosteriorField(Silent(), path).logits(x, t)
    >>> [[round(p, 2) for p in row] for row in logits.softmax(-1).tolist()]
    [[0.33, 0.33, 0.33], [0.0, 0.46, 0.54], [0.0, 0.0, 1.0]]
    """

    def __init__(self, network, path, evidence=True):
        super().__init__()
        if not hasattr(path.space.metric, "mean_log_to_vertices"):
            raise TypeError(
                f"expected a path on a categorical space, got {path.space!r}: use "
                "VelocityField on other spaces"
            )
        if evidence and getattr(path.source, "concentration", None) is None:
            raise ValueError(
                "expected a path with a DirichletSource, whose evidence is known in "
                f"closed form, got {type(path.source).__name__}: give another source "
                "or evidence=False"
            )
        self.network = network
        self.path = path
        self.evidence = evidence
        self.space = path.space

    @property
    def default_times(self):
        """Times of training and sampling: up to half time, when all is decided."""
        concentration = getattr(self.path.source, "concentration", None)
        if concentration is None:
            return PowerTimes(power=2.0, end=0.5)
        return EvidenceTimes(self.space.n_categories, concentration)

    def logits(self, x, t, **conditions):
        """Unnormalised log-probabilities of each site's category.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        t : torch.Tensor, shape=[n], or with evidence [n, *space.shape[:-1]]
            Times in [0, 1); one for each site, if they have clocks of their own.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        logits : torch.Tensor, shape=[n, *space.shape]
            Logits, in the dtype of x.
        """
        root = self.space.sphere_coordinates(x)
        if not self.evidence:
            return call_network(self.network, root, t, conditions).to(x.dtype)
        kappa, t = clocks(x, t)
        log_r = log_evidence(root, kappa, self.path.source.concentration)
        return self._beside(log_r, t, conditions)

    def _beside(self, log_r, t, conditions):
        """Logits: the evidence of all sites, and what the network makes of it."""
        encode = getattr(unwrapped(self.network), "encode", None)
        output = call_network(self.network, encode_belief(log_r, encode), t, conditions)
        return output.to(log_r.dtype) + log_r

    def forward(self, x, t, **conditions):
        """Velocity at points and times.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        t : torch.Tensor, shape=[n]
            Times in [0, 1).
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, *space.shape]
            Tangent vectors at x.
        """
        metric = self.space.metric
        mean_log = metric.mean_log_to_vertices(self._posterior(x, t, conditions), x)
        return mean_log / expand(1.0 - t, x)

    def _posterior(self, x, t, conditions):
        return torch.softmax(self.logits(x, t, **conditions), -1)

    def loss(self, batch, **conditions):
        """Cross-entropy of each pair of a batch, in nats per site.

        Parameters
        ----------
        batch : PathSample
            Points on the paths to labels.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        loss : torch.Tensor, shape=[n]
            Cross-entropy, averaged over sites.

        Raises
        ------
        TypeError
            If the batch has no labels: its data were points.
        """
        if batch.labels is None:
            raise TypeError(
                "expected integer labels as data of a PosteriorField, got points"
            )
        # A name for the logits would keep them in memory beside their softmax.
        return posterior_loss(
            self.logits(batch.x_t, batch.t, **conditions), batch.labels
        )

    def labels(self, x):
        """Labels of final points: their nearest vertices.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.

        Returns
        -------
        labels : torch.Tensor of int, shape=[n, *space.shape[:-1]]
            Labels.
        """
        return self.space.nearest_vertex(x)

    def with_network(self, network):
        """Return the same field with another network.

        Parameters
        ----------
        network : torch.nn.Module
            Network of the new field.

        Returns
        -------
        field : PosteriorField
            A copy; network and path are not copied.
        """
        return with_network(self, network)


def clocks(x, t, free=None):
    """Times of all sites, and the one time that a network is told: their mean.

    Parameters
    ----------
    x : torch.Tensor, shape=[n, *space.shape]
        Points.
    t : torch.Tensor, shape=[n] or [n, *space.shape[:-1]]
        Times of the points, or of each site.
    free : torch.Tensor of bool, shape=[n, *space.shape[:-1]], optional
        Sites that the mean is over, 1/2 if there are none; default: all.

    Returns
    -------
    kappa : torch.Tensor, shape=[n, ...] (broadcastable to the sites)
        Times of the sites.
    t : torch.Tensor, shape=[n]
        Times of the points.
    """
    if t.ndim == 1:
        return t.reshape(-1, *[1] * (x.ndim - 2)), t
    if free is None:
        return t, t.flatten(1).mean(1)
    free = free.flatten(1)
    total, n_free = (t.flatten(1) * free).sum(1), free.sum(1)
    return t, torch.where(n_free > 0, total / n_free.clamp(min=1), 0.5)
