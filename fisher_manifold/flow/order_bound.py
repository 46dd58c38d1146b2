r"""A lower bound for models that decide one site after the other, in a random order.

With :math:`\sigma` the order, uniform, of L sites, and :math:`P_\sigma(y)` the product
of the laws of each label given those before,

.. math:: \log P(y) = \log E_\sigma P_\sigma(y) \ge E_\sigma \log P_\sigma(y)
          = E_{m, \mathrm{hidden}} \Big[ \frac{L}{m} \sum_{i\ \mathrm{hidden}}
            \log p(y_i | \mathrm{shown}) \Big]

with m uniform from 1 to L and which m sites are hidden uniform: Jensen's inequality,
and in a random order the next of m hidden sites is each of them with probability 1/m.
"""

import torch

from .change_of_variables import device_of
from .checks import check_conditions, check_counts, evaluating, refuse_given
from .discrete_bound import DiscreteBoundResult, check_site_labels
from .inpainting import InpaintingField
from .likelihood import error_of_mean


def order_log_prob_bound(
    field, labels, *, draws=16, generator=None, conditions=None, batch_size=1024
):
    """Lower bound of the log-probability of labels, decided site after site.

    The law is that of ``sample(field, ..., solver=Staggered(n), steps=n)`` with n the
    number of sites: each is drawn from the field's posterior given those before, in a
    random order.  No flow is followed and no divergence needed, so that it is cheap,
    and any concentration of the source will do.  It is the bound that masked diffusion
    trains (Sahoo et al. 2024, Shi et al. 2024), with the time integral done: the two
    can be compared.

    Parameters
    ----------
    field : InpaintingField
        Field with evidence, trained with given sites.
    labels : torch.Tensor of int, shape=[n, *space.shape[:-1]]
        Sequences.
    draws : int
        Sets of hidden sites for each sequence; one evaluation each.
    generator : torch.Generator, optional
        Source of randomness.
    conditions : dict of torch.Tensor, optional
        Conditions of the sequences, first axis n.
    batch_size : int
        Draws at once.

    Returns
    -------
    result : DiscreteBoundResult
        Unbiased estimates of the bounds, in nats and in bits per site.

    Raises
    ------
    TypeError
        If the field is no `InpaintingField` with evidence, or labels no integers.
    ValueError
        If labels do not fit the space.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import data, flow
    >>> law = data.ParityConstraint(n_sites=3, n_categories=2)
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=1), length=3)
    >>> field = flow.InpaintingField(flow.ExactPosterior(law), flow.GeodesicPath(space))
    >>> labels, g = torch.tensor([[1, 1, 0]]), torch.Generator().manual_seed(0)
    >>> result = flow.order_log_prob_bound(field, labels, draws=200, generator=g)
    >>> error = abs(result.value.item() - law.log_prob(labels.numpy()).item())
    >>> error < 4 * result.standard_error.item()
    True
    """
    if not isinstance(field, InpaintingField) or not field.evidence:
        raise TypeError(
            "expected an InpaintingField with evidence, which decides sites given "
            f"others, got {type(field).__name__}: see inpaint, and "
            "discrete_log_prob_bound for flows"
        )
    refuse_given(conditions)
    labels = check_site_labels(field.space, labels)
    labels = labels.to(device_of(field) or labels.device)

    def log_prob(labels, shown, conditions):
        # Sites of which nothing is known: their points are not looked at.
        x = field.path.source.sample(len(labels), generator, device=labels.device)
        t = torch.zeros(len(labels), dtype=x.dtype, device=x.device)
        given = torch.where(shown, labels, -1)
        logits = field.logits(x, t, given=given, **conditions)
        return log_prob_of(logits, labels)

    with evaluating(field):
        return bound_by_orders(
            log_prob, labels, draws, generator, conditions, batch_size
        )


@torch.no_grad()
def bound_by_orders(log_prob, labels, draws, generator, conditions, batch_size):
    """Estimate the bound of a law of hidden sites given the shown ones.

    Parameters
    ----------
    log_prob : callable
        ``log_prob(labels, shown, conditions)``: log-probability of each label given
        those shown, shape as labels; that of shown ones is not looked at.
    labels : torch.Tensor of int, shape=[n, ...]
        Sequences.
    draws : int
        Sets of hidden sites for each.
    generator : torch.Generator or None
        Source of randomness.
    conditions : dict of torch.Tensor or None
        Conditions, first axis n.
    batch_size : int
        Draws at once.

    Returns
    -------
    result : DiscreteBoundResult
        Bounds.
    """
    check_counts(draws=draws, batch_size=batch_size)
    conditions = check_conditions(conditions, len(labels))
    n_sites, many = labels[0].numel(), len(labels) * draws
    where = generator.device if generator is not None else labels.device
    place = torch.rand(many, n_sites, generator=generator, device=where)
    place = place.argsort(-1).argsort(-1).to(labels.device)
    n_hidden = torch.randint(1, n_sites + 1, (many,), generator=generator, device=where)
    n_hidden = n_hidden.to(labels.device)
    hidden = (place < n_hidden[:, None]).reshape(many, *labels.shape[1:])
    sequence = torch.arange(len(labels), device=labels.device)
    sequence = sequence.repeat_interleave(draws)
    values = []
    for rows, which in zip(
        hidden.split(batch_size), sequence.split(batch_size), strict=True
    ):
        chunk = {k: v.to(labels.device)[which] for k, v in conditions.items()}
        each = log_prob(labels[which], ~rows, chunk)
        values.append(torch.where(rows, each, 0.0).flatten(1).sum(1))
    each = (torch.cat(values) * n_sites / n_hidden).reshape(-1, draws)
    error = error_of_mean(each, -1)
    return DiscreteBoundResult(each.mean(-1), error, n_sites, draws, 1, 0.0)


def log_prob_of(logits, labels):
    """Log-probabilities of labels.

    Parameters
    ----------
    logits : torch.Tensor, shape=[..., n_categories]
        Unnormalised log-probabilities.
    labels : torch.Tensor of int64, shape=[...]
        Labels.

    Returns
    -------
    log_prob : torch.Tensor of float64, shape=[...]
        In nats.
    """
    log_prob = torch.log_softmax(logits.double(), -1)
    return log_prob.gather(-1, labels[..., None])[..., 0]
