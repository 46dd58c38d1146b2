"""Draws and log-probabilities of categories, from logits."""

import torch


def draw_categories(logits, generator=None):
    """Draw a category from each row of logits.

    Parameters
    ----------
    logits : torch.Tensor, shape=[..., n_categories]
        Unnormalised log-probabilities.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    labels : torch.Tensor of int64, shape=[...]
        Categories.
    """
    probabilities = torch.softmax(logits.double(), -1).reshape(-1, logits.shape[-1])
    if generator is not None:
        probabilities = probabilities.to(generator.device)
    drawn = torch.multinomial(probabilities, 1, generator=generator)
    return drawn.reshape(logits.shape[:-1]).to(logits.device)


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
