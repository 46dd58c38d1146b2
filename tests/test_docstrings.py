"""Public docstrings: all arguments in their order, errors, and an example that runs."""

import ast
import doctest
import importlib
import inspect
import re
import textwrap

import pytest
from numpydoc.docscrape import NumpyDocString

MODULES = (
    *("adapters", "baselines", "data", "descent", "flow"),
    *("geometry", "learning", "metrics", "networks", "plotting", "testing"),
    *("testing.laws", "testing.strategies", "transport"),
)
# Many functions with the same few arguments, which the module describes once.
SHARED = ("fisher_manifold.networks", "fisher_manifold.testing.laws")
SECTIONS = ("Parameters", "Other Parameters", "Attributes")

# Results, and a base class, that are seen in the example of something else.
SHOWN_BY = {
    "adapters.GeooptMetric": "adapters.GeooptSpace",
    "baselines.Samples": "baselines.MaskedDiffusion",
    "data.EntropyEstimate": "data.estimate_entropy",
    "data.PreparedData": "data.prepare",
    "data.SequenceTable": "data.read_sequences",
    "data.SplitIndices": "data.split_indices",
    "flow.DiscreteBoundResult": "flow.discrete_log_prob_bound",
    "flow.LogProbResult": "flow.log_prob",
    "flow.SampleResult": "flow.sample",
    "metrics.Comparison": "metrics.compare_with_real",
    "metrics.Interval": "metrics.bootstrap_interval",
    "metrics.SampleDivergence": "metrics.sample_divergence",
    "testing.LawResult": "testing.ManifoldReport",
    "transport.Barycenter": "transport.wasserstein_barycenter",
    "transport.Interpolation": "transport.displacement_interpolation",
    "transport.SemidiscreteFit": "transport.SemidiscreteCoupling",
    "transport.SinkhornPlan": "transport.sinkhorn_plan",
}
WITHOUT_EXAMPLE = {
    "data.read_promoter_design": "needs a genome and bigWig files (docs/formats.md)",
    "flow.RankLost": "needs a second process, which is lost (docs/scaling.md)",
}
# Many functions of one kind: the example is that of the module.
MODULE_EXAMPLE = ("fisher_manifold.testing.laws",)


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


def short(name):
    return name.removeprefix("fisher_manifold.")


def runs_an_example(value):
    """Whether the section of examples has more than imports and what is skipped."""
    text = inspect.getdoc(value) or ""
    if not re.search(r"^Examples\n--------$", text, re.MULTILINE):
        return False
    lines = doctest.DocTestParser().get_examples(text.split("Examples\n--------")[1])
    return any(
        not line.options.get(doctest.SKIP)
        and not line.source.startswith(("import ", "from "))
        for line in lines
    )


def raised_by(value):
    """Names of the errors that a function, or a class when it is made, raises itself.

    In its own lines only: what it calls may raise others.
    """
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    except (OSError, TypeError):  # exceptions and tuples made in C have no source
        return set()
    nodes = [node]
    if isinstance(node, ast.ClassDef):
        made = ("__init__", "__post_init__")
        nodes = [part for part in node.body if getattr(part, "name", None) in made]
    calls = (
        inner.exc.func
        for outer in nodes
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call)
    )
    return {ast.unparse(call).split(".")[-1] for call in calls}


def returns_something(value):
    """Whether a function, which is no generator, returns a value somewhere."""
    try:
        found = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(value)))))
    except OSError:  # those that hypothesis makes have no source
        return False
    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in found):
        return False
    returned = [inner.value for inner in found if isinstance(inner, ast.Return)]
    return any(inner is not None for inner in returned)


OBJECTS = list(public_objects())
FUNCTIONS = [
    (name, value)
    for name, value, _ in OBJECTS
    if inspect.isfunction(value) and not name.startswith(SHARED)
]
FIRST = [(name, value) for name, value, owner in OBJECTS if owner is None]


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


@pytest.mark.parametrize(("name", "value"), FIRST, ids=[name for name, _ in FIRST])
def test_there_is_an_example(name, value):
    if short(name) in WITHOUT_EXAMPLE:
        return
    if name.startswith(MODULE_EXAMPLE):
        value = importlib.import_module(name.rpartition(".")[0])
    by = dict(FIRST).get(f"fisher_manifold.{SHOWN_BY.get(short(name))}")
    assert runs_an_example(by or value), "no example that runs"


def test_exceptions_are_needed():
    """Names on the lists exist, and have no example that would do."""
    values = {short(name): value for name, value in FIRST}
    for name in (*SHOWN_BY, *WITHOUT_EXAMPLE):
        assert not runs_an_example(values[name]), name
    assert set(SHOWN_BY.values()) <= set(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, value, _ in OBJECTS],
    ids=[name for name, *_ in OBJECTS],
)
def test_errors_are_documented(name, value):
    if name.startswith("fisher_manifold.testing.laws"):
        return
    raised = raised_by(value)
    documented = NumpyDocString(inspect.getdoc(value) or "")["Raises"]
    assert not raised or documented, f"raises {sorted(raised)} without a word"


@pytest.mark.parametrize(
    ("name", "value"),
    FUNCTIONS,
    ids=[name for name, _ in FUNCTIONS],
)
def test_results_are_documented(name, value):
    """Where there is more than one line of text."""
    documented = NumpyDocString(inspect.getdoc(value) or "")
    if documented["Parameters"] and returns_something(value):
        assert documented["Returns"], "returns something without a word"


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


def silent(points):
    """Draw.

    Examples
    --------
    >>> import fisher_manifold
    >>> silent([])  # doctest: +SKIP
    """
    raise ValueError("expected points")


def wordless(points):
    """Draw.

    Parameters
    ----------
    points : array-like
        Points.
    """
    return points


def test_the_check_of_results_finds_what_is_wrong():
    assert returns_something(wordless) and not returns_something(silent)
    with pytest.raises(AssertionError, match="without a word"):
        test_results_are_documented("wordless", wordless)


def test_the_checks_of_examples_and_errors_find_what_is_wrong():
    assert not runs_an_example(sample) and not runs_an_example(silent)
    with pytest.raises(AssertionError, match="no example that runs"):
        test_there_is_an_example("silent", silent)
    assert raised_by(silent) == {"ValueError"} and raised_by(sample) == set()
    with pytest.raises(AssertionError, match=r"raises \['ValueError'\]"):
        test_errors_are_documented("silent", silent)
