"""Peak memory of a training step, in arrays of the size of one point.

    python tests/benchmarks/step_memory.py

Each number is the slope between two batch sizes of the most bytes that torch has
allocated at a time in two steps.  The network is a bottleneck of 8 numbers a site, so
that what counts is what the flow needs: noise, targets, points, logits, gradients.
"""

import torch
from torch.profiler import ProfilerActivity, profile

import fisher_manifold as fm
from fisher_manifold import flow

CATEGORIES, LENGTH, SIZES = 20_000, 8, (8, 24)


class Bottleneck(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = torch.nn.Linear(CATEGORIES, 8, dtype=torch.float32)
        self.leave = torch.nn.Linear(8, CATEGORIES, dtype=torch.float32)

    def forward(self, x, t):
        return self.leave(torch.tanh(self.enter(x)))


def peak(kind, batch_size):
    """Most bytes that two steps hold at a time."""
    space = fm.SequenceManifold(fm.PositiveHypersphere(CATEGORIES - 1), LENGTH)
    path = flow.GeodesicPath(space)
    part = path if kind is flow.PosteriorField else space
    g = torch.Generator().manual_seed(0)
    data = torch.randint(CATEGORIES, (100, LENGTH), generator=g)
    field = kind(Bottleneck(), part)
    trainer = flow.Trainer(field, path, batch_size=batch_size, generator=g)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        trainer.fit(data, 2, progress=False)
    events = [e for e in record.profiler.kineto_results.events() if e.nbytes()]
    held = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


if __name__ == "__main__":
    for kind in (flow.PosteriorField, flow.VelocityField):
        few, many = (peak(kind, n) for n in SIZES)
        slope = (many - few) / (SIZES[1] - SIZES[0]) / (CATEGORIES * LENGTH * 4)
        print(f"{kind.__name__}: {slope:.1f} float32 arrays [sites, categories] a pair")
