"""What the tests of the commands share: small files, and runs of commands."""

import os
import subprocess
import sys
import time

import numpy as np

from fisher_manifold.cli import main

TINY = ("--width", "8", "--depth", "1", "--batch-size", "8", "--threads", "1")


class Cli:
    """Runs commands and keeps what they print."""

    def __init__(self, capsys):
        self.capsys = capsys

    def __call__(self, *words, code=0):
        self.capsys.readouterr()
        found = main([str(word) for word in words])
        printed = self.capsys.readouterr()
        assert found == code, printed.err
        return printed

    def error(self, *words):
        """Message of a command that must fail: exit code 2, one line, no traceback."""
        printed = self(*words, code=2)
        lines = [s for s in printed.err.splitlines() if not s.startswith("note: ")]
        assert len(lines) == 1, printed.err
        start = "fisher-manifold: error: "
        assert lines[0].startswith(start)
        return lines[0].removeprefix(start)

    def train(self, *words, code=0):
        return self("train", *TINY, *words, code=code)


def random_sequences(n=60, length=10, alphabet="ACGT", seed=0):
    letters = np.array(list(alphabet))
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(letters, (n, length))]


def write_csv(path, sequences, **columns):
    lines = [",".join(["sequence", *columns])]
    for row in zip(sequences, *columns.values(), strict=True):
        lines.append(",".join(row))
    path.write_text("\n".join(lines) + "\n")
    return path


def splits_of(n):
    return [("train", "train", "train", "valid", "test")[i % 5] for i in range(n)]


class Process:
    """A training run in a process of its own, that is stopped by a signal."""

    def __init__(self, *words):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fisher_manifold", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def stop_after(self, history, step, number):
        """Send a signal once the history has reached a step; return what was said."""
        deadline = time.monotonic() + 60
        while _last_step(history) < step:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "training did not get going"
            time.sleep(0.01)
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def _last_step(history):
    if not history.exists():
        return -1
    lines = history.read_text().splitlines()
    return int(lines[-1].split(",")[0]) if len(lines) > 1 else 0
