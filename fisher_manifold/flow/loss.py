"""Losses of flow matching: one number for each pair of a batch."""

import torch

from ..geometry.foreign import call


def velocity_loss(space, predicted, batch):
    r"""Squared Riemannian norm :math:`|v(x_t, t) - \dot x_t|^2_{x_t}`.

    Conditional flow matching on a manifold (Chen and Lipman 2024, eq. 8).

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    predicted : torch.Tensor, shape=[n, *space.shape]
        Tangent vectors at batch.x_t.
    batch : PathSample
        Points on the paths.

    Returns
    -------
    loss : torch.Tensor, shape=[n]
        Squared norms, divided by the dimension of the space.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=1))
    >>> vertices = torch.eye(2)  # from the first to the second, in any dtype
    >>> batch = path.sample(vertices[1:], x0=vertices[:1])
    >>> float(flow.velocity_loss(path.space, batch.velocity, batch))
    0.0
    >>> loss = flow.velocity_loss(path.space, 0.0 * batch.velocity, batch)
    >>> round(float(loss), 4)  # the squared length of the geodesic, pi**2
    9.8696
    """
    error = predicted - batch.velocity
    return call(space, space.metric.squared_norm, error, batch.x_t) / space.dim


def posterior_loss(logits, labels):
    """Cross-entropy of the labels, in nats, averaged over sites.

    Parameters
    ----------
    logits : torch.Tensor, shape=[n, ..., n_categories]
        Unnormalised log-probabilities of p(x1 | x_t).
    labels : torch.Tensor of int, shape=[n, ...]
        Labels.

    Returns
    -------
    loss : torch.Tensor, shape=[n]
        Mean over sites.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import flow
    >>> labels = torch.tensor([[0, 1], [2, 2]])
    >>> flow.posterior_loss(torch.zeros(2, 2, 3), labels)  # uniform: log 3 nats
    tensor([1.0986, 1.0986])
    """
    logits = _TinyGradientsAreZero.apply(logits)
    flat = torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), reduction="none"
    )
    return flat.reshape(labels.shape[0], -1).mean(-1)


def mean_posterior_loss(logits, posterior):
    """Divergence KL(posterior || softmax(logits)), in nats, averaged over sites.

    Parameters
    ----------
    logits : torch.Tensor, shape=[n, ..., n_categories]
        Unnormalised log-probabilities.
    posterior : torch.Tensor, shape=[n, ..., n_categories]
        Probabilities.

    Returns
    -------
    loss : torch.Tensor, shape=[n]
        Mean over sites.
    """
    log_q = torch.log_softmax(_TinyGradientsAreZero.apply(logits), -1)
    divergence = torch.special.xlogy(posterior, posterior) - posterior * log_q
    return divergence.sum(-1).reshape(len(logits), -1).mean(-1)


class _TinyGradientsAreZero(torch.autograd.Function):
    """Identity, whose gradient has no entries of absolute value below 1e-20.

    Categories that the evidence rules out have probabilities like 1e-40: denormal
    numbers, with which the matrix products of the network's backward pass are many
    times slower.  Sums of gradients lose nothing to rounding.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(logits):
        return logits.view_as(logits)

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return torch.nn.functional.hardshrink(gradient, 1e-20)  # one pass; NaN stays
