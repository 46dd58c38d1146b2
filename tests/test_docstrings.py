"""Public docstrings name the arguments that there are, all of them, in their order."""

import importlib
import inspect
import re

import pytest
from numpydoc.docscrape import NumpyDocString

MODULES = (
    *("adapters", "baselines", "data", "descent", "divergences", "features", "flow"),
    *("geometry", "learning", "metrics", "networks", "plotting", "testing"),
    *("testing.laws", "testing.strategies", "transport"),
)
# Many functions with the same few arguments, which the module describes once.
SHARED = ("fisher_manifold.networks", "fisher_manifold.testing.laws")
SECTIONS = ("Parameters", "Other Parameters", "Attributes")


def public_objects():
    """Functions, classes and their own methods, with the class that holds them."""
    for module in MODULES:
        module = importlib.import_module(f"fisher_manifold.{module}")
        names = getattr(module, "__all__", None) or [
            name
            for name, value in vars(module).items()
            if getattr(value, "__module__", None) == module.__name__
        ]
        for name in names:
            value = getattr(module, name)
            if not name.startswith("_") and callable(value):
                yield f"{module.__name__}.{name}", value, None
                yield from methods(f"{module.__name__}.{name}", value)


def methods(name, owner):
    if not inspect.isclass(owner):
        return
    for attribute, value in inspect.getmembers_static(owner):
        function = getattr(value, "__func__", value)
        own = (getattr(function, "__module__", None) or "").startswith("fisher_")
        if not attribute.startswith("_") and inspect.isfunction(function) and own:
            yield f"{name}.{attribute}", function, owner


def signature_names(value):
    """Arguments as a caller writes them, stars included."""
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except ValueError:  # exceptions and tuples made in C have none
        return []
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        stars.get(parameter.kind, "") + parameter.name
        for parameter in parameters
        if parameter.name not in ("self", "cls") and not parameter.name.startswith("_")
    ]


def documented_names(value):
    """Arguments of the docstring; of a class without an `__init__`, its attributes."""
    sections = NumpyDocString(inspect.getdoc(value) or "")
    return [
        name.strip().removeprefix("\\")
        for section in SECTIONS
        for entry in sections[section]
        for name in entry.name.split(",")
    ]


def elsewhere(name, value, owner):
    """Arguments that a base class documents, itself or its method, or the module."""
    shared = next((module for module in SHARED if name.startswith(module)), None)
    if inspect.isclass(value):
        documented = [base for base in value.__mro__[1:] if base is not object]
    else:
        bases = owner.__mro__[1:] if owner else ()
        documented = [vars(base).get(value.__name__) for base in bases]
        documented = [
            getattr(function, "__func__", function) for function in documented
        ]
    names = {name for one in documented for name in documented_names(one)}
    text = importlib.import_module(shared).__doc__ if shared else ""
    return names | set(re.findall(r"`(\w+)`", text))


OBJECTS = list(public_objects())


def test_the_public_names_are_found():
    names = {name for name, *_ in OBJECTS}
    assert len(names) > 350
    assert names >= {
        "fisher_manifold.flow.Trainer.fit",
        "fisher_manifold.geometry.FisherRaoMetric.exp",
        "fisher_manifold.plotting.plot_simplex_ball",
    }


@pytest.mark.parametrize(
    ("name", "value", "owner"), OBJECTS, ids=[name for name, *_ in OBJECTS]
)
def test_arguments_are_documented(name, value, owner):
    assert (inspect.getdoc(value) or "").strip(), "no docstring"
    wanted, found = signature_names(value), documented_names(value)
    missing = set(wanted) - set(found)
    if missing:
        missing -= elsewhere(name, value, owner)
    assert not missing, f"arguments without description: {sorted(missing)}"
    if not inspect.isclass(value):
        assert not set(found) - set(wanted), "the docstring names what is no argument"
    order = [argument for argument in dict.fromkeys(found) if argument in wanted]
    assert order == [argument for argument in wanted if argument in order]


def sample(points, weights=None, *, seed=0, **options):
    """Draw.

    Parameters
    ----------
    weights, seed
        In another order.
    point : array-like
        Misspelt.
    """


def test_the_check_finds_what_is_wrong():
    assert signature_names(sample) == ["points", "weights", "seed", "**options"]
    assert documented_names(sample) == ["weights", "seed", "point"]
    with pytest.raises(AssertionError, match=r"\['\*\*options', 'points'\]"):
        test_arguments_are_documented("sample", sample, None)
