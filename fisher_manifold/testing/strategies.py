"""Hypothesis strategies for the points and vectors of any geomstats space.

What is drawn is a seed, and a few choices that shrink towards the simplest; arrays
are made from them (as :mod:`~fisher_manifold.testing.sampling` does), so that examples
are reproducible and spaces of any dimension are drawn alike.
"""

import numpy as np
from hypothesis import strategies as st

from .sampling import (
    KINDS,
    Arguments,
    argument_names,
    point_towards,
    random_points,
)

SEPARATIONS = (1.0, 0.1, 1e-2, 1e-4, 1e-8, 1e-12, 0.0)
"""Distances of nearby pairs, in the metric."""

BATCH_SHAPES = (((), ()), ((3,), (3,)), ((), (3,)), ((2, 1), (1, 3)))
"""Pairs of batch shapes that broadcast."""

_SEEDS = st.integers(0, 2**31 - 1)


def batch_shapes():
    """Draw pairs of batch shapes that broadcast, from `BATCH_SHAPES`.

    Returns
    -------
    strategy : SearchStrategy
        Of pairs of tuples.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold.testing import strategies
    >>> from hypothesis import given
    >>> @given(strategies.batch_shapes())
    ... def test_they_broadcast(shapes):
    ...     np.broadcast_shapes(*shapes)
    >>> test_they_broadcast()
    """
    return st.sampled_from(BATCH_SHAPES)


@st.composite
def points(draw, space, library=None, dtype=None, batch_shape=(), kinds=KINDS):
    """Draw points of a space.

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    library : {"numpy", "torch"}, optional
        Array library; default: that of the space's `random_point`.
    dtype : str, optional
        Name of the dtype; default: that of `random_point`, float64 if a library is
        given.
    batch_shape : tuple of int
        Batch shape.
    kinds : sequence of str
        For spaces of categorical distributions: which of "interior", "near boundary"
        (entries down to 1e-300), "face" (some entries zero) and "vertex" to draw, site
        by site.  The examples shrink towards the first.

    Returns
    -------
    strategy : SearchStrategy
        Of arrays of shape [*batch_shape, *point_shape].

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> from hypothesis import given
    >>> simplex = fm.FisherRaoSimplex(dim=3)
    >>> @given(points(simplex, library="numpy", batch_shape=(5,)))
    ... def test_sums_to_one(p):
    ...     assert abs(p.sum(-1) - 1).max() < 1e-14
    >>> test_sums_to_one()
    """
    seed = draw(_SEEDS)
    some = draw(st.integers(1, len(kinds)))
    return random_points(space, batch_shape, seed, library, dtype, kinds[:some])


@st.composite
def tangent_vectors(
    draw, space, library=None, dtype=None, batch_shape=(), kinds=KINDS, max_norm=1.0
):
    """Draw tangent vectors with their base points.

    Parameters
    ----------
    space : Manifold
        Any geomstats space whose metric has a norm.
    library, dtype, batch_shape, kinds
        As for `points`.
    max_norm : float
        Largest norm.

    Returns
    -------
    strategy : SearchStrategy
        Of pairs (tangent_vec, base_point) of arrays of shape
        [*batch_shape, *point_shape].  No direction is preferred: geodesics may leave
        a manifold with a boundary.

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> from hypothesis import given
    >>> from fisher_manifold.testing import strategies
    >>> simplex = fm.FisherRaoSimplex(dim=3)
    >>> @given(strategies.tangent_vectors(simplex, library="numpy", batch_shape=(5,)))
    ... def test_sums_to_zero(drawn):
    ...     vector, base_point = drawn
    ...     assert abs(vector.sum(-1)).max() < 1e-14
    >>> test_sums_to_zero()
    """
    base_point = draw(points(space, library, dtype, batch_shape, kinds))
    norm = draw(st.sampled_from((1.0, 0.0, 0.5, 1e-3, 1e-8))) * max_norm
    arguments = Arguments(space, base_point, base_point, base_point, draw(_SEEDS))
    return norm * arguments["tangent_vec_a"], base_point


@st.composite
def nearby_pairs(
    draw,
    space,
    library=None,
    dtype=None,
    batch_shape=(),
    kinds=KINDS,
    separations=SEPARATIONS,
):
    """Draw pairs of points at a given distance, or as far apart as another point.

    Parameters
    ----------
    space : Manifold
        Any geomstats space whose metric has exp, log and norm.
    library, dtype, batch_shape, kinds
        As for `points`.
    separations : sequence of float
        Distances to choose from; the pair is nearer where the geodesic to a random
        point is shorter.

    Returns
    -------
    strategy : SearchStrategy
        Of pairs (point_a, point_b) of arrays of shape [*batch_shape, *point_shape].

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> from hypothesis import given
    >>> from fisher_manifold.testing import strategies
    >>> sphere = fm.PositiveHypersphere(dim=3)
    >>> @given(strategies.nearby_pairs(sphere, library="numpy", separations=(1e-8,)))
    ... def test_are_near(pair):
    ...     assert sphere.metric.dist(*pair) < 1.1e-8
    >>> test_are_near()
    """
    point_a = draw(points(space, library, dtype, batch_shape, kinds))
    point_c = draw(points(space, library, dtype, batch_shape, kinds))
    separation = draw(st.sampled_from(separations))
    return point_a, point_towards(space, point_a, point_c, separation)


@st.composite
def law_arguments(draw, law, space, library=None, dtype=None, kinds=KINDS):
    """Draw the arguments of a law, in batches that broadcast.

    Parameters
    ----------
    law : callable
        A law of :mod:`fisher_manifold.testing.laws`.
    space : Manifold
        Any geomstats space; for laws of maps, the one that is mapped.
    library, dtype, kinds
        As for `points`.

    Returns
    -------
    strategy : SearchStrategy
        Of dictionaries of arrays.

    Examples
    --------
    >>> import fisher_manifold as fm
    >>> from fisher_manifold.testing import laws
    >>> from hypothesis import given
    >>> sphere, law = fm.PositiveHypersphere(dim=3), laws.exp_inverts_log
    >>> @given(law_arguments(law, sphere))
    ... def test_law(arguments):
    ...     assert law(sphere, **arguments).holds
    >>> test_law()
    """
    first, second = draw(batch_shapes())
    point_a = draw(points(space, library, dtype, first, kinds))
    point_c = draw(points(space, library, dtype, second, kinds))
    point_b = draw(points(space, library, dtype, second, kinds))
    separation = draw(st.sampled_from((np.inf, *SEPARATIONS)))
    if np.isfinite(separation):
        point_b = point_towards(space, point_a, point_c, separation)
    arguments = Arguments(space, point_a, point_b, point_c, draw(_SEEDS))
    return {name: arguments[name] for name in argument_names(law)}
