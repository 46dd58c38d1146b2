"""Run all laws on a space and report which hold."""

import inspect
import warnings
from dataclasses import dataclass, field

import numpy as np

from .arrays import epsilon, seeded, to_numpy
from .laws import LAWS
from .sampling import Arguments, point_towards, random_points


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


def check_manifold(space, n_samples=12, seed=0, *, points=None, slack=1.0, laws=LAWS):
    """Check that a space obeys the laws of a Riemannian manifold.

    Laws are tried on random pairs of points, pairs nearer than that, and equal points.

    Parameters
    ----------
    space : Manifold
        Any geomstats space, on any backend.
    n_samples : int
        Number of pairs of each of the three sorts.
    seed : int
        Seed of the points; global generators are left as they were.
    points : array-like, shape=[n_points, *point_shape], optional
        Points to use instead of random ones: of a dtype, library or region of interest.
    slack : float
        Factor on all tolerances.
    laws : sequence of callable
        Laws to check, functions as in :mod:`fisher_manifold.testing.laws`.

    Returns
    -------
    report : ManifoldReport
        One row for each law.  A law that needs a method which does not exist, or raises
        NotImplementedError, is not judged; other exceptions are failures.

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> check_manifold(fm.PositiveHypersphere(dim=3)).holds
    True
    """
    with seeded(seed), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cases = _cases(space, n_samples, seed, points)
        except Exception as error:
            rows = [_raised(law, error, {}, "the points") for law in laws]
        else:
            rows = [_judge(law, space, cases, slack) for law in laws]
    return ManifoldReport(_describe(space), tuple(rows))


def _cases(space, n_samples, seed, points):
    """Arguments of laws by sort of pair."""
    if points is None:
        points = random_points(space, (3 * n_samples,), seed)
        batches = [points[i * n_samples : (i + 1) * n_samples] for i in range(3)]
    else:
        order = np.arange(len(points))
        batches = [points[np.roll(order, shift)] for shift in range(3)]
    point_a, point_b, point_c = batches
    cases = {
        "random pairs": Arguments(
            space, point_a, _within_reach(space, point_a, point_b), point_c, seed
        ),
        "equal points": Arguments(space, point_a, point_a, point_c, seed),
    }
    separations = epsilon(point_a) ** np.linspace(0.1, 0.9, len(point_a))
    try:
        nearby = point_towards(space, point_a, point_c, separations)
    except Exception:
        return cases  # without exp or log, whose own laws will say so
    return cases | {"nearby pairs": Arguments(space, point_a, nearby, point_c, seed)}


def _within_reach(space, point_a, point_b):
    """Points three quarters of the way: near a cut locus logarithms lose digits."""
    try:
        log = space.metric.log(point_b, point_a)
        point = space.metric.exp(0.75 * log, point_a)
        usable = bool(np.all(to_numpy(space.belongs(point))))
    except Exception:
        return point_b  # the laws of exp and log will say what is wrong
    return point if usable else point_b


def _judge(law, space, cases, slack):
    """Row of a law: the worst over all sorts of pairs."""
    names = list(inspect.signature(law).parameters)[1:]
    worst_ratio, row = -1.0, None
    for where, arguments in cases.items():
        given = {}
        try:
            given |= {name: arguments[name] for name in names}
            error, tolerance = (np.ravel(part) for part in law(space, **given))
        except Exception as raised:
            return _raised(law, raised, given, where, space)
        allowed = slack * tolerance
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(error <= allowed, error / allowed, np.inf)
        ratio = np.where(error == 0, 0.0, ratio)
        at = int(np.argmax(ratio))
        if ratio[at] > worst_ratio:
            worst_ratio = ratio[at]
            row = LawResult(
                *(law.__name__, _statement(law), bool(error[at] <= allowed[at])),
                *(float(error[at]), float(allowed[at])),
                {name: _pick(space, value, at) for name, value in given.items()},
                where,
            )
    return row


def _raised(law, error, given, where, space=None):
    """Row of a law that raised."""
    metric = getattr(space, "metric", None)
    absent = isinstance(error, AttributeError) and any(
        error.obj is part for part in (space, metric) if part is not None
    )
    missing = absent or isinstance(error, NotImplementedError)
    text = " ".join(str(error).split())
    note = text if missing else f"{where}: {type(error).__name__}: {text}"
    example = {} if missing else {k: to_numpy(v) for k, v in given.items()}
    return LawResult(
        law.__name__,
        _statement(law),
        None if missing else False,
        example=example,
        note=note,
    )


def _statement(law):
    return (inspect.getdoc(law) or law.__name__).splitlines()[0].rstrip(".")


def _pick(space, array, index):
    """One point of a batch, or the array itself if it has no batch."""
    array = to_numpy(array)
    if array.ndim == len(space.shape):
        return array
    return array.reshape((-1, *space.shape))[index]


def _describe(space):
    """Return the space's own description, if it has one."""
    if type(space).__repr__ is object.__repr__:
        return f"{type(space).__name__}(dim={getattr(space, 'dim', '?')})"
    return repr(space)


def _show(row, array):
    """Write a point out; of the batch that made a method raise, only the shape."""
    if np.isnan(row.tolerance):
        return f"array of shape {list(array.shape)}"
    return np.array2string(array, threshold=20)


def _number(value):
    return " " * 8 if np.isnan(value) else f"{value:8.1e}"
