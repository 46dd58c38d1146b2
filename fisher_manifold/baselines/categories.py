"""Draws of categories, from logits."""

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
