"""``torchrun -m fisher_manifold train``: several processes, one of them killed."""

import os
import subprocess
import sys

import pytest
import torch
from cli_helpers import TINY

from fisher_manifold import flow

# Rank 1 is killed at its 30th step, the first time that it is started.  The second time
# rank 0 is late: rank 1 must not take the address of the dead rank 0 for its.
KILLED_ONCE = """\
import os, signal, sys, time
from fisher_manifold import flow
from fisher_manifold.cli import main

take_step = flow.Trainer._take_step

def step_or_die(trainer, *arguments):
    first = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
    if first and os.environ["RANK"] == "1" and trainer.step == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    return take_step(trainer, *arguments)

flow.Trainer._take_step = step_or_die
if os.environ["TORCHELASTIC_RESTART_COUNT"] == "1" and os.environ["RANK"] == "0":
    time.sleep(5)
sys.exit(main())
"""


def torchrun(*words, restarts=0):
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    options = ["--nproc-per-node", "2", "--max-restarts", str(restarts)]
    return subprocess.run(
        [*launch, *options, *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=500,
    )


def words_for(data, out):
    words = ("--label", "species", "--coupling", "exact", "--checkpoint-every", 20)
    return ("train", *TINY, "--data", data, *words, "--steps", 45, "--out", out)


@pytest.fixture
def weights(cli):
    """Weights of a folder at step 45."""

    def read(folder):
        trainer = flow.Trainer.load(folder)
        assert trainer.step == 45
        return torch.cat([p.detach().ravel() for p in trainer.field.parameters()])

    return read


def test_a_killed_worker_is_restarted(cli, tmp_path, dna_csv, weights):
    program = tmp_path / "killed_once.py"
    program.write_text(KILLED_ONCE)
    done = torchrun(program, *words_for(dna_csv, tmp_path / "killed"), restarts=1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("steps 0 to 45 with batches of 8, 2 processes") == 1
    assert done.stdout.count("steps 20 to 45 with batches of 8, 2 processes") == 1
    assert done.stdout.count("Validation loss") == 1

    undisturbed = torchrun("-m", "fisher_manifold", *words_for(dna_csv, tmp_path / "b"))
    assert undisturbed.returncode == 0, undisturbed.stderr
    assert torch.equal(weights(tmp_path / "killed"), weights(tmp_path / "b"))
    cli(*words_for(dna_csv, tmp_path / "alone"))
    alone = weights(tmp_path / "alone")
    assert torch.allclose(weights(tmp_path / "b"), alone, rtol=0, atol=1e-5)


def test_an_old_model_is_not_lost_by_a_restart(cli, tmp_path, dna_csv, monkeypatch):
    words = words_for(dna_csv, tmp_path)
    cli(*words)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    other = (*words, "--seed", 5)
    assert "already holds a checkpoint" in cli.error(*other)
    assert "45 of 45 steps" in cli(*words).out


def test_errors_name_the_rank(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    message = cli.error("train", "--data", tmp_path / "none.txt", "--out", tmp_path)
    assert message.startswith("rank 1: ") and "none.txt" in message
