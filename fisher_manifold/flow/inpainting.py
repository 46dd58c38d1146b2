r"""Inpainting: some sites are given, the others are drawn from the law given them.

A given site has infinite evidence.  Since sites are noised independently, Bayes' rule
of docs/evidence.md for the other sites i is as before,

.. math:: p(x_{1,i} = k | x_t, \text{given}) \propto c_i(k)\, r_i(k),

with c_i what the other sites say of site i: the evidence of the free ones, and the
certainty of the given ones.  So the same network answers: in its input the belief of a
given site is 1 for one category.  With the exact posterior the free sites follow a flow
that matches their law given the others, exactly.
"""

from numbers import Real

import torch

from .evidence import LOG_ZERO, log_evidence
from .field import call_network
from .loss import posterior_loss
from .posterior import PosteriorField, clocks


class InpaintingField(PosteriorField):
    """Posterior of the categories of free sites, given those of the others.

    It takes one more condition, ``given``: categories [n, *space.shape[:-1]], -1 for
    the free sites.  It is for the field, not for the network.  Samples keep given sites
    exactly.  Without the condition it is a `PosteriorField`.

    Parameters
    ----------
    network : torch.nn.Module
        As for a `PosteriorField`.
    path : GeodesicPath
        Path.
    evidence : bool
        Whether to add the closed form.
    reveal : float
        Share of the samples that are trained with given sites, if none are given in the
        conditions: of their sites a share, uniform from 0 to 1, at random places.
    blank : float
        Share of the samples that are trained as those of `Staggered` are decided, a
        group in a step: some sites are given, any number of them as often as any other,
        and nothing at all is known of the others (their time is 0).  Their loss is the
        bound of `order_log_prob_bound`, per site.  1 is best for that sampler and that
        bound, but leaves the flows of a single clock untrained.

    Raises
    ------
    TypeError
        If a share is no number.
    ValueError
        If a share is not from 0 to 1; see also `PosteriorField`.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import data, flow
    >>> law = data.ParityConstraint(n_sites=3, n_categories=2)
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=1), length=3)
    >>> path = flow.GeodesicPath(space)
    >>> field = flow.InpaintingField(flow.ExactPosterior(law), path)
    >>> given = torch.tensor([[1, -1, 1]]).repeat(5, 1)
    >>> g = torch.Generator().manual_seed(0)
    >>> flow.sample(field, path, 5, generator=g, conditions={"given": given}).labels
    tensor([[1, 0, 1],
            [1, 0, 1],
            [1, 0, 1],
            [1, 0, 1],
            [1, 0, 1]])
    """

    def __init__(self, network, path, evidence=True, reveal=1.0, blank=0.0):
        super().__init__(network, path, evidence)
        for name, share in (("reveal", reveal), ("blank", blank)):
            if not isinstance(share, Real):
                raise TypeError(f"expected a number for `{name}`, got {share!r}")
            if not 0 <= float(share) <= 1:
                raise ValueError(f"expected a share `{name}` from 0 to 1, got {share}")
        self.reveal = float(reveal)
        self.blank = float(blank)

    def logits(self, x, t, given=None, **conditions):
        """Unnormalised log-probabilities of each site's category.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points; those of given sites are not looked at.
        t : torch.Tensor, shape=[n], or with evidence [n, *space.shape[:-1]]
            Times in [0, 1) of the free sites; of clocks of their own the network is
            told the mean over those that are not decided yet, before 1/2.
        given : torch.Tensor of int, shape=[n, *space.shape[:-1]], optional
            Categories of given sites, -1 for the others.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        logits : torch.Tensor, shape=[n, *space.shape]
            Logits; of given sites 0 for their category, minus infinity for others.
        """
        if given is None:
            if t.ndim == 1:
                return super().logits(x, t, **conditions)
            given = torch.full(x.shape[:-1], -1, device=x.device)
        is_given, is_true = self._masks(given)
        root = self.space.sphere_coordinates(x)
        if self.evidence:
            kappa, t = clocks(x, t, (t < 0.5) & (given < 0) if t.ndim > 1 else None)
            log_r = log_evidence(root, kappa, self.path.source.concentration)
            certain = torch.where(is_true, 0.0, LOG_ZERO).to(log_r.dtype)
            log_r = torch.where(is_given, certain, log_r)
            logits = self._beside(log_r, t, conditions)
        else:
            root = torch.where(is_given, is_true.to(root.dtype), root)
            logits = call_network(self.network, root, t, conditions).to(x.dtype)
        decided = torch.where(is_true, 0.0, -torch.inf).to(logits.dtype)
        return torch.where(is_given, decided, logits)

    def loss(self, batch, given=None, **conditions):
        """Cross-entropy of each pair of a batch, in nats per site.

        Parameters
        ----------
        batch : PathSample
            Points on the paths to labels.
        given : torch.Tensor of int, shape=[n, *space.shape[:-1]], optional
            Given sites; default: in training, some of the labels at random.
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        loss : torch.Tensor, shape=[n]
            Cross-entropy, averaged over all sites; given ones have none.  In training,
            over the free sites alone where these are blank.
        """
        if given is None and self.training and batch.labels is not None:
            given = self._reveal(batch.labels)
            if self.blank > 0:
                return self._loss_with_blanks(batch, given, conditions)
        if given is None:
            return super().loss(batch, **conditions)
        logits = self.logits(batch.x_t, batch.t, given=given, **conditions)
        return posterior_loss(logits, batch.labels)

    def _reveal(self, labels):
        """Some of the labels, -1 for the others; from torch's global generator."""
        if self.reveal == 0:
            return None
        shape = (len(labels), *[1] * (labels.ndim - 1))
        row, share = torch.rand((2, *shape), device=labels.device)
        site = torch.rand(labels.shape, device=labels.device)
        return torch.where((row < self.reveal) & (site < share), labels, -1)

    def _loss_with_blanks(self, batch, given, conditions):
        """Loss of a batch of which some samples have blank sites."""
        labels, t, x_t = batch.labels, batch.t, batch.x_t
        n, n_sites = len(labels), labels[0].numel()
        # Numbers of free sites: stratified over the batch, like times.
        share = (torch.randperm(n) + torch.rand(n)) / n
        n_free = (1 + (share * n_sites).long().clamp(max=n_sites - 1)).to(t.device)
        place = torch.rand((n, n_sites), device=t.device).argsort(-1).argsort(-1)
        hidden = (place < n_free[:, None]).reshape(labels.shape)
        blank = torch.rand(n, device=t.device) < self.blank
        if given is None:
            given = torch.full_like(labels, -1)
        rows = blank.reshape(-1, *[1] * (labels.ndim - 1))
        given = torch.where(rows, torch.where(hidden, -1, labels), given)
        x = torch.where(rows[..., None], batch.x0, x_t)
        logits = self.logits(x, torch.where(blank, 0.0, t), given=given, **conditions)
        weight = torch.where(blank, n_sites / n_free, 1.0)
        return weight * posterior_loss(logits, labels)

    def hold(self, x, given=None, **_):
        """Points with given sites at their vertices.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, *space.shape]
            Points.
        given : torch.Tensor of int, shape=[n, *space.shape[:-1]], optional
            Given sites.

        Returns
        -------
        held : torch.Tensor, shape=[n, *space.shape]
            Points.

        Raises
        ------
        ValueError
            If the shape is another, or there is no such category.
        """
        if given is None:
            return x
        shape, size = tuple(x.shape[:-1]), x.shape[-1]
        integers = not given.is_floating_point() and given.dtype != torch.bool
        if not integers or tuple(given.shape) != shape or int(given.max()) >= size:
            raise ValueError(
                f"expected given sites of shape {list(shape)}, categories below {size} "
                f"and -1 for free sites, got {list(given.shape)}, {given.dtype}, up to "
                f"{given.max()}"
            )
        vertices = self.space.vertices(given.long().clamp(min=0), dtype=x.dtype)
        return torch.where(given[..., None] >= 0, vertices, x)

    def _masks(self, given):
        """Whether sites [..., 1] are given, and categories [..., size] theirs."""
        categories = torch.arange(self.space.n_categories, device=given.device)
        return given[..., None] >= 0, given[..., None] == categories


def inpaint(field, reveal=0.0, blank=0.0):
    """Field for given sites with the network of a trained `PosteriorField`.

    Parameters
    ----------
    field : PosteriorField
        Trained field.  Its network has seen sites that are decided before others only
        if it was trained so (see `InpaintingField`).
    reveal, blank : float
        As in `InpaintingField`, to train it further.

    Returns
    -------
    field : InpaintingField
        With the same network; the field itself, if it is one.

    Raises
    ------
    TypeError
        If the field is no `PosteriorField`.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import data, flow
    >>> law = data.ParityConstraint(n_sites=3, n_categories=2)
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=1), length=3)
    >>> path = flow.GeodesicPath(space)
    >>> trained = flow.PosteriorField(flow.ExactPosterior(law), path)
    >>> given = {"given": torch.tensor([[1, -1, 0]])}  # the sum is even
    >>> flow.sample(flow.inpaint(trained), path, 1, conditions=given).labels
    tensor([[1, 1, 0]])
    """
    if isinstance(field, InpaintingField):
        return field
    if type(field) is not PosteriorField:
        raise TypeError(
            f"expected a PosteriorField, got {type(field).__name__}: sites are given "
            "as categories"
        )
    made = InpaintingField(field.network, field.path, field.evidence, reveal, blank)
    return made.train(field.training)
