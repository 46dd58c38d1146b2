"""Classifier-free guidance: towards a condition, and beyond it."""

import math

import torch


class Guidance(torch.nn.Module):
    r"""Output of a network without conditions, moved towards that with them.

    .. math:: f_\varnothing + w (f_y - f_\varnothing).

    Of logits this is the law :math:`\propto p_\varnothing (p_y / p_\varnothing)^w` of
    each site: for w > 1 what tells the condition apart is exaggerated.

    Parameters
    ----------
    module : torch.nn.Module
        Network that knows conditions as missing, as `networks.Conditional`.
    weight : float
        The weight w.
    names : sequence of str, optional
        Conditions to guide by; others are given both times.  Default: all.
    """

    def __init__(self, module, weight, names=None):
        super().__init__()
        self.module = module
        self.weight = weight
        self.names = names

    def forward(self, x, t, **conditions):
        """Output of the shape of x [n, *shape] at times t [n]: two evaluations."""
        names = conditions if self.names is None else self.names
        others = {k: v for k, v in conditions.items() if k not in names}
        if self.weight == 1 or len(others) == len(conditions):
            return self.module(x, t, **conditions)
        without = self.module(x, t, **others)
        if self.weight == 0:
            return without
        towards = self.module(x, t, **conditions)
        guided = torch.lerp(without, towards, self.weight)
        # What both rule out stays ruled out: minus infinity less itself is NaN.
        return torch.where(without == towards, towards, guided)


def guide(field, weight, names=None):
    """Give the field a weight for its conditions.

    Parameters
    ----------
    field : VelocityField or PosteriorField
        Trained field whose network knows conditions as missing, as
        `networks.Conditional` does.
    weight : float
        0: the unconditional law; 1: the conditional one; more: guidance.
    names : sequence of str, optional
        Conditions to guide by.  Default: all.

    Returns
    -------
    guided : VelocityField or PosteriorField
        The field, of the same class and with the same weights; for sampling.

    Raises
    ------
    ValueError
        If the weight is not finite.

    Notes
    -----
    With evidence, its closed form is the same with and without conditions, so that the
    logits are guided as a whole.  Velocities are guided as vectors.  For w other than 0
    and 1 the guided field generates no law that one could write down, except for a
    single site, where it is the one above.

    References
    ----------
    J. Ho and T. Salimans, Classifier-free diffusion guidance (2022), arXiv:2207.12598,
    eq. 6, with w for their 1 + w.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=3), length=6)
    >>> network = networks.Conditional(networks.MLP(space.shape, 8, 1), n_classes=2)
    >>> path = flow.GeodesicPath(space)
    >>> field = flow.guide(flow.PosteriorField(network, path), weight=2.0)
    >>> label = torch.tensor([0, 1, 1])
    >>> flow.sample(field, path, 3, steps=2, conditions={"label": label}).labels.shape
    torch.Size([3, 6])
    """
    if not math.isfinite(weight):
        raise ValueError(f"expected a finite weight of guidance, got {weight}")
    return field.with_network(Guidance(field.network, float(weight), names))
