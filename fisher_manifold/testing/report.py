"""What became of laws, as a table."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class LawResult:
    """What became of one law on one space.

    Parameters
    ----------
    law : str
        Name of the law: a function of :mod:`fisher_manifold.testing.laws`.
    statement : str
        The law in words.
    holds : bool or None
        None if the space lacks a method that the law needs.
    worst_error : float
        Error where it is largest against its tolerance; NaN if there is none.
    tolerance : float
        Tolerance there.
    example : dict
        Arguments of the law there, as numpy arrays.
    note : str
        Which points the example is from, or what was raised.
    """

    law: str
    statement: str
    holds: bool | None
    worst_error: float = np.nan
    tolerance: float = np.nan
    example: dict = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class ManifoldReport:
    """Which laws hold on a space; print it for a table.

    Parameters
    ----------
    space : str
        Description of the space.
    rows : tuple of LawResult
        One row for each law.

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> from fisher_manifold import testing
    >>> laws = [testing.laws.dist_is_symmetric, testing.laws.exp_inverts_log]
    >>> report = testing.check_manifold(fm.FisherRaoSimplex(dim=2), laws=laws)
    >>> report.holds, report.failures, report["dist_is_symmetric"].statement
    (True, (), 'Symmetric distance: dist(a, b) = dist(b, a)')
    """

    space: str
    rows: tuple

    @property
    def holds(self):
        """Whether no law fails; laws that lack a method do not count."""
        return not self.failures

    @property
    def failures(self):
        """Rows of the laws that fail."""
        return tuple(row for row in self.rows if row.holds is False)

    @property
    def missing(self):
        """Rows of the laws that need a method which the space lacks."""
        return tuple(row for row in self.rows if row.holds is None)

    def __getitem__(self, law):
        """Row of the law of a name."""
        for row in self.rows:
            if row.law == law:
                return row
        raise KeyError(f"no law {law!r}; see fisher_manifold.testing.LAWS")

    def __str__(self):
        """Table of the laws, then an example of each failure."""
        n_failures, n_missing = len(self.failures), len(self.missing)
        n_held = len(self.rows) - n_failures - n_missing
        head = f"{self.space}: {n_held} laws hold, {n_failures} fail"
        lines = [f"{head}, {n_missing} not checked", ""]
        lines.append(f"{'law':<74} {'holds':<5} {'error':>8} {'allowed':>8}  where")
        for row in self.rows:
            mark = {True: "yes", False: "NO", None: "-"}[row.holds]
            numbers = f"{_number(row.worst_error)} {_number(row.tolerance)}"
            line = f"{row.statement:<74} {mark:<5} {numbers}  {row.note[:80]}"
            lines.append(line.rstrip())
        for row in self.failures:
            lines += ["", f"{row.law} fails ({row.note}) for"]
            lines += [f"  {name} = {_show(row, x)}" for name, x in row.example.items()]
        return "\n".join(lines)


def _show(row, array):
    """Write a point out; of the batch that made a method raise, only the shape."""
    if np.isnan(row.tolerance):
        return f"array of shape {list(array.shape)}"
    return np.array2string(array, threshold=20)


def _number(value):
    return " " * 8 if np.isnan(value) else f"{value:8.1e}"
