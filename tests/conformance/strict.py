"""geomstats' test cases without their escapes: every test runs once and must pass.

Upstream's parametrizer runs only the tests that have data, retries failures and lets
tests skip.  Here data are made for every test of a class, from its signature:

- counts only (`n_points`, `n_reps`, ...): a small grid, batches of one included;
- arguments and `expected`: fixed points, and the closed form of `truth`;
- and a vectorisation test is added wherever upstream's parametrizer can make one.

A test for which there are no data is made to fail, and a NaN equals nothing.
"""

import fnmatch
import functools
import inspect
import itertools

import geomstats.backend as gs
import pytest
from geomstats.test.data import TestData
from geomstats.test.parametrizers import DataBasedParametrizer
from geomstats.test.test_case import TestCase
from geomstats.test.vectorization import KNOWN_ARGS, test_vectorization

from .deselected import DESELECTED

COUNTS = {
    "n_points": (1, 3),
    "n_reps": (2,),
    "n_times": (1, 3),
    "n_samples": (1, 4),
}
ATOL = 1e-10
RTOL = 1e-9


class StrictData(TestData):
    """Data of one test class; subclasses add methods `<name>_test_data`.

    Parameters
    ----------
    attributes : dict
        Attributes of the test class: `space`, `data_generator`, ...
    fixed : FixedValues, optional
        Fixed arguments and expected values.
    """

    trials = 1

    def __init__(self, attributes, fixed=None):
        self.attributes = attributes
        self.fixed = fixed

    def cases(self, name, func):
        """Data of a test, None if there are none."""
        own = getattr(self, f"{name}_test_data", None)
        arguments = arguments_of(func)
        if own is not None:
            cases = own()
        elif arguments <= COUNTS.keys():
            cases = grid(arguments)
        elif self.fixed is not None:
            cases = self.fixed.cases(name, arguments)
        else:
            return None
        return cases and [{"atol": ATOL} | case for case in cases]


class _Collected(TestData):
    """What upstream's parametrizer reads: one method for each test."""

    trials = 1

    def __init__(self):
        self.tests = []


class StrictParametrizer(DataBasedParametrizer):
    """Metaclass of a test class with a `testing_data` of type `StrictData`.

    Classes get attributes `active` and `withheld`: names of the tests that run, and
    of those deselected, with a function that runs each on an instance.
    """

    def __new__(cls, name, bases, attrs):
        data = attrs["testing_data"]
        collected, missing, withheld = _Collected(), [], {}
        tests = upstream_tests(bases, attrs)
        for test, func in tests.items():
            if deselected(name, test):
                withheld[test] = functools.partial(run, data, test, func)
                continue
            cases = data.cases(test.removeprefix("test_"), func)
            if cases is None:
                missing.append(test)
                continue
            _add(collected, test, cases)
            vec = f"{test}_vec"
            if vec in tests or not can_vectorise(func):
                continue
            if deselected(name, vec):
                withheld[vec] = functools.partial(run_vec, func)
            else:
                _add(collected, vec, grid({"n_reps"}))
        attrs |= data.attributes | {"testing_data": collected, "withheld": withheld}
        attrs |= {"active": missing + collected.tests, "assertAllClose": assert_close}
        made = super().__new__(cls, name, bases, attrs)
        for test in missing:
            setattr(made, test, _no_data(test))
        return made


def assert_close(self, a, b, rtol=RTOL, atol=ATOL):
    """Compare as upstream does, but NaN with nothing."""
    assert not gs.any(gs.isnan(gs.array(a))), f"a result is NaN: {a}"
    TestCase.assertAllClose(self, a, b, rtol=rtol, atol=atol)


def run(data, test, func, instance):
    """Run a test on all its data."""
    for case in data.cases(test.removeprefix("test_"), func):
        names = arguments_of(func) | {"atol"}
        func(instance, **{k: v for k, v in case.items() if k in names})


def run_vec(func, instance):
    """Run the vectorisation test that upstream derives from a test."""
    test_vectorization(instance, func, n_reps=2, atol=ATOL)


def deselected(class_name, test):
    """Pattern of the list of deselected tests that a test matches, or None."""
    test_id = f"{class_name}::{test}"
    return next((p for p in DESELECTED if fnmatch.fnmatchcase(test_id, p)), None)


def upstream_tests(bases, attrs=()):
    """Test functions by name, in a fixed order."""
    names = {name for base in bases for name in dir(base)} | set(attrs)
    found = {}
    for name in sorted(name for name in names if name.startswith("test_")):
        owners = (getattr(base, name) for base in bases if hasattr(base, name))
        found[name] = attrs[name] if name in attrs else next(owners)
    return found


def grid(names):
    """Data of all combinations of the counts of the given names."""
    names = sorted(names)
    rows = itertools.product(*(COUNTS[name] for name in names))
    return [dict(zip(names, row, strict=True), atol=ATOL) for row in rows]


def arguments_of(func):
    """Names of a test's arguments, tolerances left out."""
    names = set(inspect.signature(func).parameters) - {"self"}
    return {name for name in names if not name.endswith("tol")}


def can_vectorise(func):
    """Whether upstream's parametrizer can derive a vectorisation test from a test."""
    arguments = arguments_of(func)
    known = arguments - {"expected"}
    return known != arguments and bool(known) and known <= set(KNOWN_ARGS)


def _add(collected, test, cases):
    name = f"{test.removeprefix('test_')}_test_data"
    tests = collected.generate_tests([dict(case) for case in cases])
    setattr(collected, name, lambda: tests)
    collected.tests.append(test)


def _no_data(test):
    def fail(self, **arguments):
        pytest.fail(f"{test} has no data: a test of geomstats that we do not run")

    return fail
