"""Training runs that are the same in one process and in several; see test_ranks.

``torchrun ... rank_runs.py FOLDER`` makes each run of `RUNS` in all its processes and
writes what each of them has in the end to FOLDER/rank0.pt, FOLDER/rank1.pt, ...
"""

import os
import signal
import sys
from pathlib import Path

import torch
from torch import distributed

import fisher_manifold as fm
from fisher_manifold import flow, networks, transport

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)
STEPS = 12
DATA = torch.randint(4, (50, 6), generator=torch.Generator().manual_seed(1))


class Faulty(networks.MLP):
    """Network whose output is NaN on rank 1 in the fourth forward pass."""

    calls = 0

    def forward(self, x, t):
        self.calls += 1
        bad = self.calls == 4 and rank() == 1
        return super().forward(x, t) * (float("nan") if bad else 1.0)


def rank():
    return distributed.get_rank() if distributed.is_initialized() else 0


def make_trainer(coupling=False, network=networks.MLP, dropout=0.0, seed=0, **options):
    torch.manual_seed(seed)
    path = flow.GeodesicPath(SPACE)
    net = network(SPACE.shape, width=16, depth=1, dropout=dropout)
    torch.nn.init.normal_(net.output.weight, std=0.1)
    return flow.Trainer(
        flow.PosteriorField(net, path),
        path,
        transport.ExactCoupling(SPACE) if coupling else None,
        generator=torch.Generator().manual_seed(seed),
        **{"batch_size": 16, "warmup": 1, "learning_rate": 1e-3, **options},
    )


def fit(trainer, data=DATA, steps=STEPS, **keywords):
    return trainer.fit(
        data, steps, validation=DATA[:21], validate_every=10, progress=False, **keywords
    )


def independent(folder):
    return fit(make_trainer())


def coupled(folder):
    return fit(make_trainer(coupling=True))


def coupled_apart(folder):
    return fit(make_trainer(coupling=True, coupling_size=8))


def in_ragged_blocks(folder):
    return fit(make_trainer(coupling=True, coupling_size=5, batch_size=13))


def accumulated(folder):
    return fit(make_trainer(coupling=True, micro_batch_size=3))


def with_dropout(folder):
    return fit(make_trainer(dropout=0.3, micro_batch_size=8))


def of_a_loader(folder):
    class Rows(torch.utils.data.Dataset):
        def __len__(self):
            return len(DATA)

        def __getitem__(self, index):
            return DATA[index]

    loader = torch.utils.data.DataLoader(Rows(), batch_size=9, shuffle=True)
    return fit(make_trainer(coupling=True), loader)


def resumed(folder):
    """Go on with what one process has left, with files and callbacks."""
    trainer = flow.Trainer.load(folder / "half")
    called = []
    out = folder / f"out{rank()}"
    fit(trainer, directory=out, callbacks=[lambda *_: called.append(rank())])
    assert bool(called) == out.exists() == (rank() == 0)
    return trainer


def in_two_parts(folder):
    trainer = make_trainer(schedule="constant")
    return fit(fit(trainer, steps=5))


def seeded_apart(folder):
    """Ranks that start from other weights and seeds take those of rank 0."""
    return fit(make_trainer(seed=rank()))


def diverging(folder):
    return fit(make_trainer(network=Faulty))


def asked_for_other_steps(folder):
    return fit(make_trainer(), steps=STEPS + rank())


def interrupted(folder):
    trainer = make_trainer()

    def stop(*_):
        os.kill(os.getpid(), signal.SIGTERM)

    return fit(trainer, steps=40, callbacks=[stop])


RUNS = (
    *(independent, coupled, coupled_apart, in_ragged_blocks, accumulated),
    *(with_dropout, of_a_loader, resumed, seeded_apart, in_two_parts),
)
FAILING_RUNS = (diverging, asked_for_other_steps, interrupted)


def state_of(trainer):
    return {
        "history": trainer.history,
        "weights": trainer.raw_field.state_dict(),
        "average": trainer.field.state_dict(),
    }


def main(folder):
    states = {run.__name__: state_of(run(folder)) for run in RUNS}
    for run in FAILING_RUNS:
        try:
            run(folder)
        except (Exception, KeyboardInterrupt) as error:
            states[run.__name__] = f"{type(error).__name__}: {error}"
    torch.save(states, folder / f"rank{rank()}.pt")
    if rank() == 1:
        os._exit(0)  # like one that is killed, but torchrun takes no notice
    try:
        independent(folder)
    except flow.RankLost as error:
        (folder / "lost").write_text(str(error))


if __name__ == "__main__":
    with flow.process_group():
        main(Path(sys.argv[1]))
