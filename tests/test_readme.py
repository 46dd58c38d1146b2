"""The README's Python examples run as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_there_is_one_example_for_each_kind_of_user():
    assert len(BLOCKS) == 3
    assert all(len(block.splitlines()) <= 16 for block in BLOCKS)


@pytest.mark.parametrize("number", range(3))
def test_example_runs(number, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS[number]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "nan" not in done.stdout
    if number == 2:
        share = float(re.search(r"tensor\((.*)\)", done.stdout).group(1))
        # By chance: 4**-7.
        assert share > 0.7
