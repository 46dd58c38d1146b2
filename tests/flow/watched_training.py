"""Trainings of which every parameter and gradient is looked at after each step."""

import contextlib

import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.flow import evidence

LENGTH, N_CATEGORIES, BATCH_SIZE = 4, 20, 32
DTYPES = {"float32": None, "bfloat16": torch.bfloat16}


class Watch:
    """Steps, the largest gradient and raised evidence of a training."""

    def __init__(self, network):
        self.network = network
        self.steps = self.raised = 0
        self.largest_gradient = 0.0

    def look(self, optimizer, *_):
        """Refuse parameters and gradients that are not finite."""
        self.steps += 1
        for name, parameter in self.network.named_parameters():
            for value in (parameter, parameter.grad):
                if not torch.isfinite(value).all():
                    raise FloatingPointError(f"{name} at step {self.steps}")
            size = float(parameter.grad.abs().max())
            self.largest_gradient = max(self.largest_gradient, size)

    @contextlib.contextmanager
    def counting(self):
        """Count evidence inside of the reach that is raised to `LOG_ZERO`."""
        original = evidence._log_evidence

        def counted(root, kappa, concentration):
            log_r = original(root, kappa, concentration)
            self.raised += int((log_r == evidence.LOG_ZERO).sum())
            return log_r

        evidence._log_evidence = counted
        try:
            yield
        finally:
            evidence._log_evidence = original


def train(kind, dtype, steps, concentration=0.5):
    """Train on sequences of which the second half repeats the first."""
    space = fm.SequenceManifold(fm.PositiveHypersphere(N_CATEGORIES - 1), LENGTH)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration))
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.MLP(space.shape, width=32, depth=1)
    field = (
        flow.PosteriorField(network, path)
        if kind == "posterior"
        else flow.VelocityField(network, space)
    )
    half = torch.randint(N_CATEGORIES, (1000, LENGTH // 2), generator=generator)
    trainer = flow.Trainer(
        field, path, batch_size=BATCH_SIZE, generator=generator, autocast=DTYPES[dtype]
    )
    watch = Watch(network)
    trainer._optimizer.register_step_post_hook(watch.look)
    with watch.counting():
        trainer.fit(torch.cat([half, half], 1), steps, progress=False)
    return trainer, watch
