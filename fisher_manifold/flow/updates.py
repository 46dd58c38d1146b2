"""How gradients move the weights: schedule, clipping, AdamW and the moving average."""

import math

import torch
from torch.optim.swa_utils import AveragedModel

from .objective import Objective


class TrainingDiverged(FloatingPointError):
    """The loss or its gradient is not finite.

    Parameters
    ----------
    step : int
        Step of the loss.
    batch : PathSample
        Batch that made it.
    what : str
        Which quantity it is.
    value : float
        What it became.

    Attributes
    ----------
    step : int
        Step of the loss.
    batch : PathSample
        Batch that made it.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> network = networks.MLP((3,), 8, 1)
    >>> _ = torch.nn.init.constant_(next(network.parameters()), float("nan"))
    >>> trainer = flow.Trainer(flow.PosteriorField(network, path), path, batch_size=4)
    >>> try:
    ...     trainer.fit(torch.tensor([0, 1, 2]), steps=10, progress=False)
    ... except flow.TrainingDiverged as error:
    ...     print(error.step, error.batch.x_t.shape)
    0 torch.Size([4, 3])
    """

    def __init__(self, step, batch, what, value):
        super().__init__(
            f"the {what} became {value} at step {step}; training stopped before this "
            "step was taken. Look at the attribute `batch`; lower the learning rate or "
            "check the data"
        )
        self.step = step
        self.batch = batch


def take_step(trainer, draws, steps, shares):
    """Compute the loss of a batch and move a trainer's weights.

    Parameters
    ----------
    trainer : Trainer
        Trainer, at the step before.
    draws : iterable of Draw
        Micro-batches of the step.
    steps : int
        Steps of the whole run.
    shares : Shares
        How batches are shared out.

    Returns
    -------
    loss : float
        Mean loss of the batch.

    Raises
    ------
    TrainingDiverged
        If it or its gradient is not finite; the weights are those before.
    """
    field, optimizer, step = trainer.raw_field, trainer._optimizer, trainer.step
    field.train()  # a validation or callback may have left it
    for group in optimizer.param_groups:
        group["lr"] = rate(trainer, step, steps)
    optimizer.zero_grad(set_to_none=True)
    objective = Objective.of(trainer)
    loss, batch = objective.add_gradients(trainer._loss, draws, shares)
    if not math.isfinite(loss):
        raise TrainingDiverged(step, batch, "loss", loss)
    norm = _clip(field.parameters(), trainer.clip_norm or math.inf)
    if not math.isfinite(norm):
        raise TrainingDiverged(step, batch, "gradient's norm", norm)
    optimizer.step()
    if trainer._average is not None:
        trainer._average.update_parameters(field.network)
    trainer.step += 1
    return loss


def _clip(parameters, largest):
    """Norm of the gradients, which are passed over again only if it is too large."""
    parameters = [each for each in parameters if each.grad is not None]
    norm = torch.nn.utils.get_total_norm([each.grad for each in parameters])
    value = float(norm)
    if math.isfinite(value) and value > largest:
        torch.nn.utils.clip_grads_with_norm_(parameters, largest, norm)
    return value


def rate(trainer, step, steps):
    """Learning rate of a step: a linear warm-up, then constant or half a cosine.

    Parameters
    ----------
    trainer : Trainer
        Trainer, with its settings.
    step : int
        Step.
    steps : int
        Steps of the whole run, where the cosine ends at a hundredth.

    Returns
    -------
    rate : float
        Learning rate.
    """
    factor = min(1.0, (step + 1) / max(1, trainer.warmup))
    if trainer.schedule == "cosine":
        wave = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        factor = factor * (0.01 + 0.99 * wave)
    return trainer.learning_rate * factor


def moving_average(network, decay):
    """Average of a network's weights, whose decay grows to `decay`.

    Early weights are soon forgotten.

    Parameters
    ----------
    network : torch.nn.Module
        Network.
    decay : float or None
        Decay in the end; None for no average.

    Returns
    -------
    average : AveragedModel or None
        Average, at first of the weights as they are.
    """
    if decay is None:
        return None

    @torch.no_grad()
    def update(averages, parameters, n_averaged):
        n = int(n_averaged)
        weight = 1.0 - min(decay, (1 + n) / (10 + n))
        torch._foreach_lerp_(averages, parameters, weight)

    return AveragedModel(network, multi_avg_fn=update)
