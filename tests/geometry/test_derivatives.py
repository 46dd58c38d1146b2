"""Derivatives of every operation against difference quotients in 50 digits.

Points move along the manifold, and tangent vectors so as to stay tangent: in such a
direction the derivative is that of the textbook formula, whatever formula is used off
the manifold.  Forward and reverse mode are both compared, to 100 eps times the size of
the terms that the chain rule adds up.
"""

from decimal import Decimal

import numpy as np
import pytest
import torch

import fisher_manifold as fm

from . import oracle, regimes
from .helpers import tensor

# Forward-mode differentiation calls torch's own deprecated compiler on first use.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

EPS = torch.finfo(torch.float64).eps
TOLERANCE = 100 * EPS
SPACES = [
    kind(d) for kind in (fm.FisherRaoSimplex, fm.PositiveHypersphere) for d in (1, 9)
]
each_space = pytest.mark.parametrize("space", SPACES, ids=repr)


def on_simplex(space):
    return isinstance(space, fm.FisherRaoSimplex)


def textbook(simplex):
    """Operations on unnormalised sphere coordinates.

    Results are in the coordinates of the space up to the signs of the unit vector that
    is returned beside them (None beside numbers).
    """
    unit = oracle.unit

    def vector_at(vec, root):
        return (2 * root * vec if simplex else vec), root

    def point(root):
        return (root * root if simplex else root), root

    def scalar(number):
        return np.array([number]), None

    def to_end(v, a, b):
        return vector_at(oracle.transport(v, unit(a), unit(b)), unit(b))

    def along(v, a, w):
        end = oracle.exp(w, unit(a))
        return vector_at(oracle.transport(v, unit(a), end), end)

    def halfway(a, b):
        return oracle.exp(oracle.log(unit(a), unit(b)) / 2, unit(a))

    return {
        "dist": lambda a, b: scalar(2 * oracle.angle(unit(a), unit(b))),
        "squared_dist": lambda a, b: scalar(4 * oracle.angle(unit(a), unit(b)) ** 2),
        "log": lambda a, b: vector_at(oracle.log(unit(a), unit(b)), unit(a)),
        "exp": lambda v, a: point(oracle.exp(v, unit(a))),
        "geodesic": lambda a, b: point(halfway(a, b)),
        "velocity": lambda a, b: vector_at(
            oracle.transport(oracle.log(unit(a), unit(b)), unit(a), halfway(a, b)),
            halfway(a, b),
        ),
        "transport_to": to_end,
        "transport_along": along,
        "inner_product": lambda v, w, a: scalar(4 * (v @ w)),
        "norm": lambda v, a: scalar(2 * oracle.norm(v)),
    }


def ours(metric):
    half = torch.tensor(0.5, dtype=torch.float64)
    transport = metric.parallel_transport
    return {
        "dist": ("ab", metric.dist),
        "squared_dist": ("ab", metric.squared_dist),
        "log": ("ab", lambda a, b: metric.log(b, a)),
        "exp": ("va", metric.exp),
        "geodesic": ("ab", lambda a, b: metric.geodesic(a, b)(half)[0]),
        "velocity": ("ab", lambda a, b: metric.geodesic_state(a, b, half)[1]),
        "transport_to": ("vab", lambda v, a, b: transport(v, a, end_point=b)),
        "transport_along": ("vaw", lambda v, a, w: transport(v, a, direction=w)),
        "inner_product": ("vwa", metric.inner_product),
        "norm": ("va", metric.norm),
    }


def orthogonal(root, simplex, rng):
    """Unit vector of the tangent space; on the simplex, of the face."""
    vec = np.where(simplex & (root == 0), 0.0, rng.normal(size=root.shape))
    vec = vec - (vec @ root) * root / (root @ root)
    length = np.linalg.norm(vec)
    return vec / length if length > 1e-8 else 0.0 * vec


def moving(space, a, b, norm=0.6):
    """Points a, b and vectors v, w at a with their velocities, in coordinates."""
    rng, simplex = np.random.default_rng(4), on_simplex(space)
    da, db = orthogonal(a, simplex, rng), orthogonal(b, simplex, rng)
    result = {"a": (a, da), "b": (b, db)}
    for name in "vw":
        vec = norm * orthogonal(a, simplex, rng)
        result[name] = (vec, orthogonal(a, simplex, rng) - (vec @ da) * a)
    if simplex:
        for name in "vw":
            vec, d = result[name]
            result[name] = (2.0 * a * vec, 2.0 * (da * vec + a * d))
        for name, (root, d) in (("a", (a, da)), ("b", (b, db))):
            result[name] = (root * root, 2.0 * root * d)
    return result


def exact(space, moved):
    """The same in exact sphere coordinates."""
    simplex = on_simplex(space)
    roots = {name: oracle.root(moved[name][0], simplex) for name in "ab"}
    if not simplex:
        return {name: tuple(map(oracle.exact, pair)) for name, pair in moved.items()}
    result = {}
    for name in "ab":
        velocity = oracle.tangent_root(moved[name][1], moved[name][0], True)
        result[name] = (roots[name], velocity)
    halves = np.where(roots["a"] == 0, oracle.ONE, 2 * roots["a"])
    for name in "vw":
        vec = oracle.tangent_root(moved[name][0], moved["a"][0], True)
        velocity = oracle.exact(moved[name][1]) - 2 * result["a"][1] * vec
        result[name] = (vec, velocity / halves)
    return result


def with_fixed(function, fixed):
    """Function of the arguments that are None in a list, the others given by it."""

    def reduced(*moving):
        moving = iter(moving)
        return function(*(next(moving) if x is None else x for x in fixed))

    return reduced


def check_derivatives(space, moved, names, tolerance=TOLERANCE, fixed=""):
    """Compare forward and reverse mode with difference quotients."""
    references, true = textbook(on_simplex(space)), exact(space, moved)
    for name in names:
        arguments, function = ours(space.metric)[name]
        given = [tensor(moved[k][0]) if k in fixed else None for k in arguments]
        function = with_fixed(function, given)
        values = [tensor(moved[k][0]) for k in arguments if k not in fixed]
        velocities = [tensor(moved[k][1]) for k in arguments if k not in fixed]
        roots = [true[k][0] for k in arguments]
        reference = references[name]
        truth = oracle.directional_derivative(
            lambda *x, f=reference: f(*x)[0],
            roots,
            [true[k][1] * (k not in fixed) for k in arguments],
        )
        root, weights = reference(*roots)[1], 1
        absolute = Decimal(1e-20 if root is None else 10 * EPS)
        if root is not None and on_simplex(space):
            truth = np.where(root < 0, -truth, truth)
            # Of vectors of one Fisher norm, the coordinates have these sizes.
            weights = np.where(root == 0, oracle.ONE, abs(root))
        forward = torch.func.jvp(function, tuple(values), tuple(velocities))[1]
        jacobians = torch.func.jacrev(function, tuple(range(len(values))))(*values)
        terms = [j * d for j, d in zip(jacobians, velocities, strict=True)]
        assert all(torch.isfinite(j).all() for j in jacobians), name
        reverse = sum(term.sum(-1) for term in terms)
        sizes = oracle.exact(sum(term.abs().sum(-1) for term in terms))
        scale = max(oracle.norm(truth / weights), oracle.norm(sizes / weights))
        for result in (forward, reverse):
            error = oracle.norm((oracle.exact(result) - truth) / weights)
            assert error <= scale * Decimal(tolerance) + absolute, name


def interior(space, pair):
    return not on_simplex(space) or all((u * u > 0).all() for u in pair)


ALL = tuple(ours(fm.PositiveHypersphere(1).metric))


@each_space
def test_derivatives_in_every_regime(space):
    """From 1e-12 to the diameter, near walls, and on walls of the orthant."""
    for regime, pairs in regimes.root_pairs(space.dim).items():
        for pair in pairs:
            if interior(space, pair) and regime != "angle 1e-12":
                check_derivatives(space, moving(space, *pair), ALL)


@each_space
def test_derivatives_of_nearly_coincident_points(space):
    """The derivative of dist sees the rounding of the norms, as dist does."""
    names = [name for name in ALL if name != "dist"]
    for pair in regimes.root_pairs(space.dim)["angle 1e-12"]:
        check_derivatives(space, moving(space, *pair), names)
        check_derivatives(space, moving(space, *pair), ["dist"], tolerance=1e-6)


@each_space
def test_derivatives_at_coincident_points_and_zero_vectors(space):
    """All but those of dist and norm, which do not exist, exist and are right."""
    names = [name for name in ALL if name not in ("dist", "norm")]
    for regime, ((a, _), *_) in regimes.root_pairs(space.dim).items():
        if interior(space, (a, a)) and not regime.startswith("angle"):
            check_derivatives(space, moving(space, a, a), names)
            check_derivatives(space, moving(space, a, a, norm=0.0), names)
            check_derivatives(space, moving(space, a, a, norm=1e-12), ALL[-1:])


@pytest.mark.parametrize("dim", [1, 9])
def test_derivatives_towards_the_boundary_of_the_simplex(dim):
    """Targets that are not differentiated may be vertices or on faces."""
    space = fm.FisherRaoSimplex(dim)
    names = ("dist", "squared_dist", "log", "geodesic", "velocity")
    pairs = [p for group in regimes.root_pairs(dim).values() for p in group]
    inside = [(a, b) for a, b in pairs if interior(space, (a, a))]
    for a, b in (pair for pair in inside if not interior(space, pair)):
        b = np.where(b * b == 0, 0.0, b)
        check_derivatives(space, moving(space, a, b), names, fixed="b")


@each_space
def test_norm_has_subgradient_zero_at_the_zero_vector(space):
    point = tensor(space.projection(np.arange(1.0, space.dim + 2.0)))
    zero = torch.zeros_like(point)
    for argument in (0, 1):
        gradient = torch.func.grad(space.metric.norm, argument)(zero, point)
        assert (gradient == 0).all()


def face_pairs(dim):
    """Pairs of which at least one is on the boundary of the simplex."""
    pairs = [p for group in regimes.root_pairs(dim).values() for p in group]
    pairs = [tuple(np.where(u * u == 0, 0.0, u) for u in pair) for pair in pairs]
    return [pair for pair in pairs if not all(u.all() for u in pair)]


@pytest.mark.parametrize("dim", [2, 9])
def test_derivatives_along_the_faces_of_the_simplex(dim):
    """At zeros of a point the derivative along its face is returned."""
    space = fm.FisherRaoSimplex(dim)
    for pair in face_pairs(dim):
        moved = moving(space, *pair)
        names = [name for name in ALL if name != "norm" or moved["v"][0].any()]
        check_derivatives(space, moved, names)
