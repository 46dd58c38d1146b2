"""Barycentres: closed forms, exhaustive search, conditions of a minimum, stopping."""

import dataclasses
import itertools

import numpy as np
import ot
import pytest
import torch
from geomstats.geometry.euclidean import Euclidean
from geomstats.geometry.hyperboloid import Hyperboloid
from geomstats.geometry.hypersphere import Hypersphere
from sklearn.exceptions import ConvergenceWarning
from transport_spaces import SPACES, draw, draw_weights

import fisher_manifold as fm
from fisher_manifold.learning import FrechetMean
from fisher_manifold.transport import wasserstein_barycenter, wasserstein_distance

EACH_SPACE = pytest.mark.parametrize("name", SPACES)


def sorted_rows(points):
    return points[np.lexsort(np.round(points, 9).T)]


@EACH_SPACE
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_of_two_points_it_is_on_their_geodesic(name, share):
    space = SPACES[name]
    a, b = draw(space, 1, 1)
    found = wasserstein_barycenter(space, [a, b], weights=[1.0 - share, share])
    along = space.metric.geodesic(initial_point=a[0], end_point=b[0])
    assert abs(found.points - np.reshape(along(share), a.shape)).max() < 1e-8
    squared_dist = space.metric.squared_dist(a, b).item()
    expected = share * (1.0 - share) * squared_dist
    assert found.objective[-1] == pytest.approx(expected, rel=1e-9)
    assert found.converged and found.weights.tolist() == [1.0]


def test_of_translated_copies_it_is_the_copy_in_the_middle():
    rng = np.random.default_rng(0)
    base, shifts = rng.normal(size=(25, 3)), rng.normal(size=(4, 3))
    shares = draw_weights(4)
    measures = [rng.permutation(base + shift) for shift in shifts]
    found = wasserstein_barycenter(Euclidean(3), measures, shares)
    middle = shares @ shifts
    assert abs(sorted_rows(found.points) - sorted_rows(base + middle)).max() < 1e-12
    expected = shares @ ((shifts - middle) ** 2).sum(1)
    assert found.objective[-1] == pytest.approx(expected, rel=1e-12)


def test_on_the_line_it_averages_quantiles():
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=50), rng.gamma(2.0, size=50), 9 * rng.random(50)]
    shares = draw_weights(3)
    expected = sum(w * np.sort(x) for w, x in zip(shares, samples, strict=True))
    for init in (None, rng.normal(size=(50, 1))):
        found = wasserstein_barycenter(
            Euclidean(1), [x[:, None] for x in samples], shares, init=init
        )
        assert abs(np.sort(found.points[:, 0]) - expected).max() < 1e-12


def test_of_gaussian_quantiles_it_is_gaussian():
    z = np.random.default_rng(0).normal(size=(40, 1))
    measures = [m + s * z for m, s in ((0.0, 1.0), (2.0, 3.0), (-5.0, 0.1))]
    found = wasserstein_barycenter(Euclidean(1), measures)
    assert abs(np.sort(found.points, 0) - np.sort(-1.0 + 4.1 / 3 * z, 0)).max() < 1e-12


def test_of_a_rotated_polygon_it_is_turned_half_way():
    corners = np.arange(9) * 2 * np.pi / 9

    def polygon(angle):
        angles = corners + angle
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    measures = [polygon(0.0), polygon(0.3)[::-1]]
    found = wasserstein_barycenter(Hypersphere(1), measures)
    difference = sorted_rows(found.points) - sorted_rows(polygon(0.15))
    assert abs(difference).max() < 1e-9


def test_with_one_point_it_is_the_mean():
    (a, b), (wa, wb) = draw(Euclidean(2), 6, 9), draw_weights(6, 9)
    options = {"weights": [0.3, 0.7], "measure_weights": [wa, wb], "n_points": 1}
    g = np.random.default_rng(0)
    found = wasserstein_barycenter(Euclidean(2), [a, b], **options, generator=g)
    assert abs(found.points[0] - 0.3 * wa @ a - 0.7 * wb @ b).max() < 1e-12
    # On the sphere by logarithms, on the orthant by the fixed point of its own mean.
    a, b = draw(SPACES["orthant"], 6, 9)
    found = wasserstein_barycenter(Hypersphere(3), [a, b], **options, generator=g)
    weights = np.concatenate([0.3 * wa, 0.7 * wb])
    mean = FrechetMean(SPACES["orthant"]).fit(np.concatenate([a, b]), weights=weights)
    assert abs(found.points[0] - mean.estimate_).max() < 1e-9
    own = wasserstein_barycenter(SPACES["orthant"], [a, b], **options, generator=g)
    assert abs(own.points[0] - mean.estimate_).max() < 1e-9


def test_small_problems_against_exhaustive_search():
    """Best of all pairings of three measures of n points, reached from some start."""
    rng = np.random.default_rng(0)
    for n in (2, 3, 4):
        measures = rng.normal(size=(3, n, 2))
        best = np.inf
        for first, second in itertools.product(
            itertools.permutations(range(n)), repeat=2
        ):
            groups = np.stack(
                [measures[0], measures[1][list(first)], measures[2][list(second)]]
            )
            best = min(best, ((groups - groups.mean(0)) ** 2).sum(-1).mean())
        ends = [
            wasserstein_barycenter(
                Euclidean(2), measures, init=rng.normal(size=(n, 2))
            ).objective[-1]
            for _ in range(20)
        ]
        assert min(ends) == pytest.approx(best, rel=1e-12)


@EACH_SPACE
def test_objective_and_conditions_of_a_minimum(name):
    """The objective never increases, and ends where mean logarithms vanish."""
    space = SPACES[name]
    measures, shares = draw(space, 6, 8, 5), draw_weights(3)
    given = [None, *draw_weights(8, 5)]
    found = wasserstein_barycenter(space, measures, shares, given, n_points=8)
    assert found.converged and len(found.objective) == found.n_iter + 1 > 1
    assert (np.diff(found.objective) <= 0).all()
    assert found.objective[-1] < found.objective[0]
    assert space.belongs(found.points, atol=1e-9).all()
    points, uniform = found.points, np.full(8, 1 / 8)
    distances = [
        wasserstein_distance(space, points, measure, 2, None, w)
        for measure, w in zip(measures, given, strict=True)
    ]
    assert found.objective[-1] == pytest.approx(shares @ np.square(distances), rel=1e-9)
    mean_log = 0.0
    for share, measure, w in zip(shares, measures, given, strict=True):
        n, m = 8, len(measure)
        pairs = (np.repeat(points, m, axis=0), np.concatenate([measure] * n))
        cost = np.reshape(space.metric.squared_dist(*pairs), (n, m))
        plan = ot.emd(uniform, np.full(m, 1 / m) if w is None else w, cost)
        logs = np.reshape(space.metric.log(*pairs[::-1]), (n, m, *space.shape))
        mean_log = mean_log + share * np.einsum("ij,ij...->i...", n * plan, logs)
    # geomstats rounds the squared norm of short vectors to below 0 on hyperboloids.
    squared_norms = np.reshape(space.metric.squared_norm(mean_log, points), -1)
    assert abs(squared_norms).max() < 1e-12 * found.objective[-1]


def test_steps_are_shortened_where_curvature_is_negative():
    """Far out on the hyperbolic plane a full step along the mean log overshoots."""
    space, angles = Hyperboloid(2), np.array([0.0, 2.0, 4.5])
    radius = 6.0
    directions = np.sinh(radius) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ends = np.concatenate([np.full((3, 1), np.cosh(radius)), directions], axis=1)
    found = wasserstein_barycenter(space, ends[:, None], init=ends[:1])
    logs = space.metric.log(ends, np.repeat(found.points, 3, axis=0))
    mean_log = logs.mean(axis=0)
    assert space.metric.norm(mean_log, found.points[0]).item() < 1e-6
    assert found.converged and (np.diff(found.objective) <= 0).all()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_boundary_and_labels(library):
    """Isometric charts agree for vertices, where the simplex has no logarithm."""
    rng = np.random.default_rng(0)
    labels = [rng.integers(3, size=(5, 4)) for _ in range(3)]
    sphere = SPACES["sequences"]
    simplex = fm.SequenceManifold(fm.FisherRaoSimplex(2), 4)
    if library == "torch":
        labels = [torch.from_numpy(x) for x in labels]
    first = wasserstein_barycenter(sphere, labels)
    vertices = [
        simplex.vertices(x, dtype=torch.float64 if library == "torch" else None)
        for x in labels
    ]
    second = wasserstein_barycenter(simplex, vertices)
    assert abs(second.objective - first.objective).max() < 1e-9
    assert float(abs(second.points - first.points**2).max()) < 1e-6
    assert type(first.points) is type(labels[0]) and first.converged


def test_starts_are_drawn_only_where_they_must_be():
    space, generator = SPACES["orthant"], np.random.default_rng(0)
    a, b = draw(space, 6, 9)
    state = generator.bit_generator.state
    default = wasserstein_barycenter(space, [a, b], generator=generator)
    assert generator.bit_generator.state == state and len(default.points) == 9
    given = wasserstein_barycenter(space, [a, b], init=b)
    assert np.array_equal(given.points, default.points)

    def drawn(seed, n_points=4):
        g = np.random.default_rng(seed)
        return wasserstein_barycenter(space, [a, b], n_points=n_points, generator=g)

    assert np.array_equal(drawn(0).points, drawn(0).points)
    assert len({str(drawn(seed).objective[0]) for seed in range(10)}) > 1
    more = drawn(0, 20)
    assert more.points.shape == (20, 4) and more.objective[-1] < 1.01 * min(
        drawn(0).objective[-1], default.objective[-1]
    )


def test_points_without_weight_are_never_drawn():
    a = np.arange(6.0)[:, None]
    weights = [np.array([0.0, 0.5, 0.0, 0.0, 0.5, 0.0])]
    for seed in range(20):
        g = np.random.default_rng(seed)
        found = wasserstein_barycenter(
            Euclidean(1), [a], None, weights, n_points=2, generator=g
        )
        assert found.points.tolist() == [[1.0], [4.0]]
        assert found.objective.tolist() == [0.0, 0.0] and found.converged


def test_measures_without_weight_do_not_matter():
    a, b, c = draw(SPACES["simplex"], 5, 5, 5)
    found = wasserstein_barycenter(SPACES["simplex"], [a, b, c], [0.5, 0.0, 0.5])
    expected = wasserstein_barycenter(SPACES["simplex"], [a, c])
    assert np.array_equal(found.points, expected.points)


@pytest.mark.parametrize("name", ["orthant", "simplex", "sequences"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_tensors(name, dtype):
    space = SPACES[name]
    measures = draw(space, 6, 8)
    expected = wasserstein_barycenter(space, measures)
    tensors = [torch.from_numpy(x).to(dtype).requires_grad_() for x in measures]
    found = wasserstein_barycenter(space, tensors)
    assert found.points.dtype == dtype and found.weights.dtype == torch.float64
    assert not found.points.requires_grad and found.converged
    eps = 1e-5 if dtype == torch.float32 else 1e-12
    assert float(abs(found.points - torch.from_numpy(expected.points)).max()) < eps
    g = torch.Generator().manual_seed(0)
    few = wasserstein_barycenter(space, tensors, n_points=3, generator=g)
    assert len(few.points) == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.points = tensors[0]


def test_an_iteration_that_stops_short_says_so():
    measures = draw(SPACES["hypersphere"], 30, 30, 30)
    with pytest.warns(ConvergenceWarning, match=r"last of 1 iterations .*tol=1e-09"):
        found = wasserstein_barycenter(SPACES["hypersphere"], measures, max_iter=1)
    assert not found.converged and found.n_iter == 1 and len(found.objective) == 2


def test_bad_arguments():
    space = SPACES["orthant"]
    a, b = draw(space, 4, 5)
    with pytest.raises(ValueError, match="at least one measure"):
        wasserstein_barycenter(space, [])
    with pytest.raises(ValueError, match=r"measures\[1\] is empty"):
        wasserstein_barycenter(space, [a, b[:0]])
    with pytest.raises(
        ValueError, match=r"finite measures\[1\], but measures\[1\]\[0\]"
    ):
        wasserstein_barycenter(space, [a, np.nan * b])
    with pytest.raises(ValueError, match=r"measures\[0\] of shape \[n, 4\]"):
        wasserstein_barycenter(space, [a[0], b])
    with pytest.raises(ValueError, match="0 and 3 in measures.1., but .* is 4"):
        wasserstein_barycenter(space, [a, np.array([4])])
    with pytest.raises(ValueError, match="weights that sum to 1, got a sum of 2"):
        wasserstein_barycenter(space, [a, b], [1.0, 1.0])
    with pytest.raises(ValueError, match=r"weights of shape \[2\], got \[3\]"):
        wasserstein_barycenter(space, [a, b], [0.5, 0.5, 0.0])
    with pytest.raises(ValueError, match=r"measure_weights\[1\] that sum to 1"):
        wasserstein_barycenter(space, [a, b], None, [None, np.ones(5)])
    with pytest.raises(ValueError, match="measure_weights for each of 2 .* got 1"):
        wasserstein_barycenter(space, [a, b], None, [None])
    with pytest.raises(ValueError, match="n_points >= 1, got 0"):
        wasserstein_barycenter(space, [a, b], n_points=0)
    with pytest.raises(ValueError, match="n_points=4, as init has, or None, got 3"):
        wasserstein_barycenter(space, [a, b], n_points=3, init=a)
    with pytest.raises(ValueError, match="expected init on"):
        wasserstein_barycenter(space, [a, b], init=2 * a)
    with pytest.raises(ValueError, match="max_iter >= 1, got 0"):
        wasserstein_barycenter(space, [a, b], max_iter=0)
    with pytest.raises(ValueError, match="finite tol >= 0, got nan"):
        wasserstein_barycenter(space, [a, b], tol=np.nan)
    with pytest.raises(TypeError, match="one library"):
        wasserstein_barycenter(space, [a, torch.from_numpy(b)])
    with pytest.raises(TypeError, match=r"numpy.random.*Generator, .* got Generator"):
        g = torch.Generator()
        wasserstein_barycenter(space, [a, b], n_points=3, generator=g)
