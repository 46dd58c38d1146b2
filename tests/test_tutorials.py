"""The tutorials run as they stand, warn of nothing, and are light and complete."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "tutorials").glob("*.ipynb"))
LIMIT = 300
"""Seconds a cell may take: far above what any takes, so that none hangs CI."""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(notebook):
    lines = [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    return [line.lstrip("#").strip() for line in lines if line.startswith("#")]


def test_tutorials_are_numbered():
    numbers = [int(path.stem.split("_")[0]) for path in NOTEBOOKS]
    assert numbers == list(range(1, len(NOTEBOOKS) + 1))
    assert numbers


def test_stored_without_outputs(notebook):
    nbformat.validate(notebook)
    for cell in code_cells(notebook):
        assert (cell.outputs, cell.execution_count) == ([], None)
    assert notebook.metadata.kernelspec.name == "python3"


def test_is_complete(notebook):
    names = headings(notebook)
    number = names[0].split(".")[0]
    assert number.isdigit()
    assert "**What you will learn**" in notebook.cells[0].source
    assert names[-3:] == ["Exercises", "Solutions", "References"]
    exercises = next(
        cell.source for cell in notebook.cells if "## Exercises" in cell.source
    )
    assert [f"\n{k}. " in exercises for k in (1, 2, 3, 4)] == [True] * 3 + [False]
    assert "# %pip install fisher_manifold" in code_cells(notebook)[0].source


def test_cells_are_short(notebook):
    assert max(len(cell.source.splitlines()) for cell in code_cells(notebook)) <= 40


def test_runs_and_draws(notebook, tmp_path):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # The kernel's own backends: the notebook may choose geomstats'.
    for name in ("MPLBACKEND", "GEOMSTATS_BACKEND"):
        environment.pop(name, None)
    client = NotebookClient(
        notebook, timeout=LIMIT, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environment)
    outputs = [out for cell in code_cells(notebook) for out in cell.outputs]
    warned = [out.text for out in outputs if out.get("name") == "stderr"]
    assert not warned
    pictures = [out for out in outputs if "image/png" in out.get("data", {})]
    assert len(pictures) >= 4
