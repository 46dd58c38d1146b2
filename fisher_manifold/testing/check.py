"""Run all laws on a space, an isometry or a symmetry, and report which hold."""

import inspect
import warnings

import numpy as np
from geomstats.exceptions import AutodiffNotImplementedError
from geomstats.geometry.diffeo import Diffeo

from .arrays import epsilon, seeded, to_numpy
from .laws import ISOMETRY_LAWS, LAWS, SYMMETRY_LAWS
from .report import LawResult, ManifoldReport
from .sampling import Arguments, argument_names, point_towards, random_points


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
    return _check((space,), _describe(space), n_samples, seed, points, slack, laws)


def check_isometry(
    diffeo,
    space,
    image_space,
    n_samples=12,
    seed=0,
    *,
    points=None,
    slack=1.0,
    laws=ISOMETRY_LAWS,
):
    """Check that a diffeomorphism is what it says, and an isometry.

    Parameters
    ----------
    diffeo : Diffeo
        Map with an inverse and differentials, as geomstats' `Diffeo`.
    space : Manifold
        Space that it maps, with its metric.
    image_space : Manifold
        Space that it maps to, with its metric.
    n_samples, seed, points, slack
        As for :func:`check_manifold`; points are of the space.
    laws : sequence of callable
        Laws to check, functions as in :mod:`fisher_manifold.testing.laws.diffeo`.

    Returns
    -------
    report : ManifoldReport
        One row for each law, as of :func:`check_manifold`.

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> simplex, sphere = fm.FisherRaoSimplex(dim=3), fm.PositiveHypersphere(dim=3)
    >>> check_isometry(fm.SimplexToSphere(), simplex, sphere).holds
    True
    """
    name = f"{_describe(diffeo)}: {_describe(space)} to {_describe(image_space)}"
    subjects = (diffeo, space, image_space)
    return _check(subjects, name, n_samples, seed, points, slack, laws)


def check_symmetry(
    space, action, n_samples=12, seed=0, *, points=None, slack=1.0, laws=SYMMETRY_LAWS
):
    """Check that distances, geodesics and transport are invariant under a symmetry.

    Parameters
    ----------
    space : Manifold
        Space.
    action : callable
        Linear map of arrays of any batch shape, of points and of vectors alike: a
        permutation or a rotation of coordinates.  For symmetries that are not linear
        use :func:`check_isometry` from the space to itself.
    n_samples, seed, points, slack
        As for :func:`check_manifold`.
    laws : sequence of callable
        Laws to check, functions as in :mod:`fisher_manifold.testing.laws.diffeo`.

    Returns
    -------
    report : ManifoldReport
        One row for each law, as of :func:`check_manifold`.

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> simplex = fm.FisherRaoSimplex(dim=3)
    >>> check_symmetry(simplex, lambda array: array[..., [2, 0, 3, 1]]).holds
    True
    """
    name = f"{getattr(action, '__name__', repr(action))} of {_describe(space)}"
    subjects = (LinearAction(action), space, space)
    return _check(subjects, name, n_samples, seed, points, slack, laws)


class LinearAction(Diffeo):
    """A linear map of points and vectors alike, whose inverse is not known.

    Parameters
    ----------
    action : callable
        From arrays to arrays.
    """

    def __init__(self, action):
        self.action = action

    def __call__(self, base_point):
        """Image of a point."""
        return self.action(base_point)

    def tangent(self, tangent_vec, base_point=None, image_point=None):
        """Image of a tangent vector, by the same map."""
        return self.action(tangent_vec)

    def inverse(self, image_point):
        """Not known."""
        raise NotImplementedError("the inverse of the action is not known")

    def inverse_tangent(self, image_tangent_vec, image_point=None, base_point=None):
        """Not known."""
        raise NotImplementedError("the inverse of the action is not known")


def _check(subjects, name, n_samples, seed, points, slack, laws):
    """Report on the laws of some subjects, one of which is the space of the points."""
    space = subjects[len(subjects) // 2]
    with seeded(seed), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cases = _cases(space, n_samples, seed, points)
        except Exception as error:
            rows = [_raised(law, error, {}, "the points") for law in laws]
        else:
            rows = [_judge(law, subjects, cases, slack) for law in laws]
    return ManifoldReport(name, tuple(rows))


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


def _judge(law, subjects, cases, slack):
    """Row of a law: the worst over all sorts of pairs."""
    names = argument_names(law)
    worst_ratio, row = -1.0, None
    for where, arguments in cases.items():
        given = {}
        try:
            given |= {name: arguments[name] for name in names}
            error, tolerance = (np.ravel(part) for part in law(*subjects, **given))
        except Exception as raised:
            return _raised(law, raised, given, where, subjects)
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
                {
                    name: _pick(arguments.space, value, at)
                    for name, value in given.items()
                },
                where,
            )
    return row


def _raised(law, error, given, where, subjects=()):
    """Row of a law that raised."""
    metrics = [getattr(subject, "metric", None) for subject in subjects]
    absent = isinstance(error, AttributeError) and any(
        error.obj is part for part in (*subjects, *metrics) if part is not None
    )
    missing = absent or isinstance(
        error, NotImplementedError | AutodiffNotImplementedError
    )
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
