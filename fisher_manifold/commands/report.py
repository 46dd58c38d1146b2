"""The report of ``evaluate``: a table on the screen, JSON and Markdown."""

import json
from dataclasses import asdict
from pathlib import Path

from .. import __version__
from .comparison import verdict
from .console import say

_COLUMNS = ("model", "floor", "markov", "noise")
_HEADER = ("metric (0 is best)", "model", "95 % interval", *_COLUMNS[1:])
_LEGEND = (
    "floor: real training sequences, as many as generated (in the last two rows: real "
    "test sequences). markov: an order-1 Markov chain fitted on the training "
    "sequences. noise: uniform letters. Divergences are in nats."
)


def check_path(path):
    """Check where the report goes.

    Parameters
    ----------
    path : path-like
        File.

    Returns
    -------
    path : pathlib.Path
        The same; its folder exists.

    Raises
    ------
    ValueError
        If it does not end in .json.
    """
    path = Path(path)
    if path.suffix != ".json":
        raise ValueError(f"expected --out to end in .json, got {path}")
    if not path.parent.is_dir():
        raise ValueError(f"expected --out in a folder that exists, got {path}")
    return path


def publish(path, summary, results, by_class):
    """Print the table and write the report.

    Parameters
    ----------
    path : pathlib.Path
        JSON file; Markdown goes beside it.
    summary : dict
        What was compared.
    results, by_class : list of Result
        Metrics of all sequences, and of each class.
    """
    verdicts = [verdict(r) for r in results if "-mers" in r.name]
    loss = (
        "cross-entropy at random times, nats/site: "
        f"{summary['cross_entropy_test']:.4f} on test, "
        f"{summary['cross_entropy_training']:.4f} on training sequences"
    )
    tables = [_table(_HEADER[0], results)]
    if by_class:
        k_mers = results[0].name.partition(",")[0]
        tables.append(_table(f"{k_mers} by class", by_class))
    for table in tables:
        say("\n" + _plain(table))
    say("\n" + "\n".join([*verdicts, loss, _LEGEND]))
    content = {
        "version": __version__,
        **summary,
        "results": [asdict(r) for r in results],
        "results_by_class": [asdict(r) for r in by_class],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    lines = ["# Generated against real sequences", ""]
    for key, value in summary.items():
        lines.append(f"- {key.replace('_', ' ')}: {value}")
    for table in tables:
        lines += ["", *_markdown(table)]
    lines += ["", *(f"- {text}" for text in (*verdicts, loss)), "", _LEGEND, ""]
    path.with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")
    say(f"Report: {path}, {path.with_suffix('.md')}")


def _table(title, results):
    """Rows of text; no column of intervals where there are none."""
    rows = [(title, *_HEADER[1:])]
    for result in results:
        interval = ""
        if result.low is not None:
            interval = f"{_number(result.low)} - {_number(result.high)}"
        values = [_number(getattr(result, name)) for name in _COLUMNS]
        rows.append((result.name, values[0], interval, *values[1:]))
    if not any(row[2] for row in rows[1:]):
        rows = [(*row[:2], *row[3:]) for row in rows]
    return rows


def _number(value):
    return "0" if value == 0 else f"{value:.3g}" if value >= 1e-4 else f"{value:.1e}"


def _plain(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _markdown(rows):
    header, *body = ["| " + " | ".join(row) + " |" for row in rows]
    rule = "|---|" + "---:|" * (len(rows[0]) - 1)
    return [header, rule, *body]
