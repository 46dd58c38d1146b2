"""The report of ``evaluate``: a table on the screen, JSON and Markdown."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from .. import __version__
from .comparison import verdict
from .console import say

_COLUMNS = ("floor", "ceiling", "markov", "noise")
_HEADER = ("metric (0 is best)", "model", "95 % interval", *_COLUMNS)
_LEVELS = ("figure (real is best)", "model", "95 % interval", "real", "its interval")
_LEGEND = (
    "floor: real training sequences, as many as generated (of the copies: real test "
    "sequences); ceiling: what 5 % of such sets exceed, so that no model can be told "
    "from real ones below it. markov: an order-1 Markov chain fitted on the training "
    "sequences. noise: uniform letters. Divergences are in nats (docs/metrics.md)."
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


def publish(path, summary, found):
    """Print the tables and write the report.

    Parameters
    ----------
    path : pathlib.Path
        JSON file; Markdown goes beside it.
    summary : dict
        What was compared.
    found : Findings
        Metrics.
    """
    verdicts = [verdict(r) for r in found.results if "-mers" in r.name]
    remarks = [*verdicts, *_remarks(summary)]
    shown, by_class = _tables(found)
    for table in shown:
        say("\n" + _plain(table))
    say("\n" + "\n".join([*remarks, _LEGEND]))
    content = {"version": __version__, **summary, **_content(found)}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    lines = ["# Generated against real sequences", ""]
    for key, value in summary.items():
        lines.append(f"- {key.replace('_', ' ')}: {value}")
    for table in [*shown, *by_class]:
        lines += ["", *_markdown(table)]
    lines += ["", *(f"- {text}" for text in remarks), "", _LEGEND, ""]
    path.with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")
    say(f"Report: {path}, {path.with_suffix('.md')}")


def _content(found):
    """Findings for JSON."""
    lists = {
        "results": found.results,
        "results_by_class": found.k_mers_by_class,
        "levels": found.levels,
    }
    by_class = {
        "more_results_by_class": found.results_by_class,
        "levels_by_class": found.levels_by_class,
    }
    return {
        **{key: [asdict(one) for one in rows] for key, rows in lists.items()},
        **{
            key: {name: [asdict(one) for one in rows] for name, rows in classes.items()}
            for key, classes in by_class.items()
        },
        "letters_by_position": found.profile,
    }


def _remarks(summary):
    """Likelihoods and the classifier in words."""
    yield (
        "cross-entropy at random times, nats/site: "
        f"{summary['cross_entropy_test']:.4f} on test, "
        f"{summary['cross_entropy_training']:.4f} on training sequences"
    )
    bound = summary["bound"]
    if bound and bound["bits_per_site"] is None:
        yield f"no bound of the likelihood: {bound['reason']}"
    elif bound:
        error = bound["standard_error"]
        error = "" if error is None else f" (standard error {error:.4f})"
        yield (
            f"likelihood: at most {bound['bits_per_site']:.4f} bits/site{error}, a "
            f"bound, on {bound['n_sequences']} test sequences"
        )
    if summary["classifier_accuracy"] is not None:
        yield (
            "classifier of the embeddings: right about "
            f"{summary['classifier_accuracy']:.3f} of the test sequences"
        )


def _tables(found):
    """Tables for the screen, and those of classes for the file alone."""
    shown = [_table(_HEADER[0], found.results)]
    if found.levels:
        shown.append(_level_table(_LEVELS[0], found.levels))
    if found.k_mers_by_class:
        k_mers = found.results[0].name.partition(",")[0]
        shown.append(_table(f"{k_mers} by class", found.k_mers_by_class))
    hidden = [
        _table(f"{name} by class", rows)
        for name, rows in _by_name(found.results_by_class)
    ]
    for name, rows in _by_name(found.levels_by_class):
        table = _level_table(f"{name} by class", rows)
        (shown if name == "TATA box, share" else hidden).append(table)
    return shown, hidden


def _by_name(by_class):
    """Rows of the classes for each metric, called by the class."""
    metrics = {}
    for name, rows in by_class.items():
        for row in rows:
            metrics.setdefault(row.name, []).append(replace(row, name=name))
    return metrics.items()


def _table(title, results):
    """Rows of text; no columns of intervals and ceilings where there are none."""
    rows = [(title, *_HEADER[1:])]
    for result in results:
        values = [_number(getattr(result, name)) for name in _COLUMNS]
        interval = _interval(result.low, result.high)
        rows.append((result.name, _number(result.model), interval, *values))
    return _without_empty_columns(rows)


def _level_table(title, levels):
    rows = [(title, *_LEVELS[1:], "markov", "noise")]
    for one in levels:
        model, real, *others = (
            _number(getattr(one, name)) for name in ("model", "real", "markov", "noise")
        )
        intervals = (
            _interval(one.low, one.high),
            _interval(one.real_low, one.real_high),
        )
        rows.append((one.name, model, intervals[0], real, intervals[1], *others))
    return _without_empty_columns(rows)


def _without_empty_columns(rows):
    columns = list(zip(*rows, strict=True))
    kept = [column for column in columns if any(column[1:])]
    return list(zip(*kept, strict=True))


def _interval(low, high):
    return "" if low is None else f"{_number(low)} to {_number(high)}"


def _number(value):
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:{'.3g' if abs(value) >= 1e-4 else '.1e'}}"


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
