"""What steers the sampler: classes, guidance by them, and given letters."""

import torch

from .. import flow, networks
from .console import note

_FREE = "?"


def steered_field(trainer, guidance):
    """Give the trainer's field a weight of guidance.

    Parameters
    ----------
    trainer : Trainer
        Trained.
    guidance : float
        Weight; 1 for none.

    Returns
    -------
    field : PosteriorField
        Field.

    Raises
    ------
    ValueError
        If the network does not know its classes as missing.
    """
    if guidance == 1:
        return trainer.field
    if not isinstance(trainer.raw_field.network, networks.Conditional):
        raise ValueError(
            f"--guidance {guidance:g}: this model always had its class in training, or "
            "none: train it with --label and --condition-dropout 0.1"
        )
    return flow.guide(trainer.field, guidance)


def parse_given(pattern, model):
    """Labels of the letters of a pattern, -1 for free places.

    Parameters
    ----------
    pattern : str
        A letter for each place; "?", for DNA also N, for a free one.
    model : ModelDescription
        Alphabet and length.

    Returns
    -------
    given : torch.Tensor of int, shape=[length]
        Labels.

    Raises
    ------
    ValueError
        If the pattern has another length, or an unknown letter.
    """
    codec = model.codec
    if _FREE in codec.alphabet:
        raise ValueError(f"--given: {_FREE!r} is a letter of this model's alphabet")
    if len(pattern) != model.length:
        raise ValueError(
            f"--given: expected {model.length} letters, one for each place, got "
            f"{len(pattern)}: write {_FREE!r} for a free place"
        )
    free = _FREE + ("Nn" if codec.name == "dna" else "")
    is_free = [letter in free for letter in pattern]
    pairs = zip(pattern, is_free, strict=True)
    text = "".join(codec.alphabet[0] if f else letter for letter, f in pairs)
    try:
        labels = torch.from_numpy(codec.encode([text])[0])
    except ValueError as error:
        raise ValueError(f"--given: {error}") from error
    return torch.where(torch.tensor(is_free), -1, labels)


def with_given(field, given):
    """Field that keeps given letters.

    Parameters
    ----------
    field : PosteriorField
        Field.
    given : torch.Tensor of int, shape=[length], or None
        Labels, -1 for free places.

    Returns
    -------
    field : PosteriorField
        Field.
    """
    if given is None or isinstance(field, flow.InpaintingField):
        return field
    note(
        "this model has not seen given letters in training (--reveal 1): they are "
        "kept, but the others may not suit them"
    )
    return flow.inpaint(field)
