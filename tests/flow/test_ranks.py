"""Runs of several processes: the same as in one, to rounding."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import rank_runs
import torch

from fisher_manifold import flow
from fisher_manifold.flow.ranks import Ranks
from fisher_manifold.flow.shares import Shares

# Sums over a batch in float32, in another order; Adam's steps are of size 1e-3.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with what each of two processes has in the end."""
    folder = tmp_path_factory.mktemp("ranks")
    trainer = rank_runs.make_trainer(coupling=True, schedule="constant")
    rank_runs.fit(trainer, steps=6, directory=folder / "half")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*launch, "--nproc-per-node", "2", rank_runs.__file__, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def ranks(folder):
    return [torch.load(folder / f"rank{r}.pt") for r in (0, 1)]


def largest_difference(a, b):
    return max(float((a[name] - b[name]).abs().max()) for name in a)


@pytest.mark.parametrize("run", rank_runs.RUNS, ids=lambda run: run.__name__)
def test_two_ranks_train_as_one_process_does(folder, ranks, run):
    alone = rank_runs.state_of(run(folder))
    first, second = (states[run.__name__] for states in ranks)
    for name in ("weights", "average"):
        assert largest_difference(first[name], second[name]) == 0.0
        assert largest_difference(first[name], alone[name]) < TOLERANCE
    assert len(alone["history"]) == len(first["history"]) > 1
    assert first["history"] == second["history"]
    for row, expected in zip(first["history"], alone["history"], strict=True):
        assert row == pytest.approx(expected, rel=TOLERANCE)


def test_the_runs_differ_by_more_than_rounding(ranks):
    names = ("independent", "coupled", "coupled_apart", "in_ragged_blocks")
    weights = [ranks[0][name]["weights"] for name in names]
    for i, one in enumerate(weights):
        for other in weights[:i]:
            assert largest_difference(one, other) > 20 * TOLERANCE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("diverging", "TrainingDiverged: the loss became nan at step 3"),
        ("asked_for_other_steps", "ValueError: expected the same steps on all"),
        ("interrupted", "KeyboardInterrupt: training was stopped after step 10"),
    ],
)
def test_all_ranks_stop_where_one_has_to(ranks, name, message):
    for states in ranks:
        assert states[name].startswith(message)


def test_a_lost_rank_is_named_as_such(folder, ranks):
    assert "does not answer any more" in (folder / "lost").read_text()


@pytest.mark.parametrize("n", [7, 16, 33])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("coupling_size", [1, 5, 16, 50])
@pytest.mark.parametrize("micro_batch_size", [1, 3, 50])
def test_each_row_is_in_one_micro_batch(n, size, coupling_size, micro_batch_size):
    seen = []
    for rank in range(size):
        ranks = Ranks(rank, size, torch.device("cpu"))
        shares = Shares(ranks, coupling_size, micro_batch_size)
        rows = [
            part
            for block in shares.blocks(n)
            for part in shares.micro_batches(block, n)
        ]
        complete = [shares.are_complete(part, n) for part in rows]
        assert complete == [False] * (len(rows) - 1) + [True]
        assert all(len(part) <= micro_batch_size for part in rows)
        assert abs(sum(map(len, rows)) - n / size) < 1
        seen += [row for part in rows for row in part]
    assert seen == list(range(n))


def test_micro_batches_add_up_to_the_batch(tmp_path):
    whole = rank_runs.state_of(rank_runs.coupled(tmp_path))
    parts = rank_runs.state_of(rank_runs.accumulated(tmp_path))
    assert largest_difference(whole["weights"], parts["weights"]) < TOLERANCE


def test_blocks_are_drawn_from_numbers_of_their_own():
    trainer = rank_runs.make_trainer(coupling_size=4)
    shares = Shares(Ranks(0, 1, trainer.device), 4, 4)
    batches = flow.batches.TensorBatches(rank_runs.DATA, {}, 16, seed=0)
    steps = list(map(list, trainer._drawer().steps(batches, range(3), shares)))
    sources = [draw.x0 for draws in steps for draw in draws]
    assert [len(draws) for draws in steps] == [4, 4, 4]
    for i, one in enumerate(sources):
        assert not any(torch.equal(one, other) for other in sources[:i])


def test_a_batch_smaller_than_the_ranks():
    with pytest.raises(ValueError, match="at least 4 rows, one for each process"):
        Ranks(0, 4, torch.device("cpu")).rows(3)


@pytest.mark.parametrize("name", ["coupling_size", "micro_batch_size"])
@pytest.mark.parametrize("size", [0, -1, 2.5])
def test_bad_sizes(name, size):
    with pytest.raises(ValueError, match=f"expected {name} to be an integer >= 1"):
        rank_runs.make_trainer(**{name: size})


def test_sizes_survive_the_checkpoint(tmp_path):
    trainer = rank_runs.make_trainer(coupling_size=8, micro_batch_size=4)
    trainer.save(tmp_path)
    loaded = flow.Trainer.load(Path(tmp_path))
    assert (loaded.coupling_size, loaded.micro_batch_size) == (8, 4)
