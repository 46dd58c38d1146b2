"""Densities of flows on categorical spaces, against closed forms and quadrature."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks
from fisher_manifold.flow.divergence import coordinates_of, exact_divergence

CHARTS = (fm.PositiveHypersphere, fm.FisherRaoSimplex)


class Network(torch.nn.Module):
    """A function of x and t."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, t, **conditions):
        return self.function(x, t, **conditions)


def constant_posterior(law, space, concentration):
    """The exact field of one site with a law."""
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration))
    network = Network(lambda x, t: law.log().expand_as(x))
    return flow.PosteriorField(network, path), path


def random_points(space, n, seed=0, concentration=1.0):
    g = torch.Generator().manual_seed(seed)
    source = flow.DirichletSource(space, concentration)
    return source.sample(n, g, dtype=torch.float64)


class TestSources:
    @pytest.mark.parametrize("concentration", [0.5, 1.0, 3.0])
    def test_dirichlet_density_is_that_of_scipy(self, concentration):
        simplex, sphere = fm.FisherRaoSimplex(3), fm.PositiveHypersphere(3)
        p = random_points(simplex, 20)
        truth = scipy.stats.dirichlet([concentration] * 4).logpdf(p.numpy().T)
        log_prob = flow.DirichletSource(simplex, concentration).log_prob(p)
        # By the first three probabilities, as scipy has it.
        lebesgue = log_prob + simplex.metric.log_volume_density(p)
        np.testing.assert_allclose(lebesgue, truth, rtol=1e-12)
        other = flow.DirichletSource(sphere, concentration).log_prob(p.sqrt())
        np.testing.assert_allclose(log_prob, other, rtol=1e-12)

    def test_uniform_density_is_one_over_the_volume(self):
        space = fm.SequenceManifold(fm.PositiveHypersphere(3), 5)
        x = space.vertices(torch.tensor([[0, 1, 2, 3, 0]]), dtype=torch.float64)
        log_prob = flow.DirichletSource(space).log_prob(x)
        assert float(log_prob) == pytest.approx(-space.metric.log_volume(), rel=1e-12)

    def test_sites_multiply_and_nothing_is_beyond_a_wall(self):
        space = fm.SequenceManifold(fm.PositiveHypersphere(2), 3)
        x = random_points(space, 5)
        one = flow.DirichletSource(fm.PositiveHypersphere(2), 2.0)
        total = sum(one.log_prob(x[:, i]) for i in range(3))
        source = flow.DirichletSource(space, 2.0)
        torch.testing.assert_close(source.log_prob(x), total)
        x[0, 0] = torch.tensor([-0.6, 0.0, 0.8])
        assert float(source.log_prob(x)[0]) == -math.inf

    def test_density_of_random_point_has_to_be_given(self):
        space, x = fm.PositiveHypersphere(2), torch.eye(3)
        with pytest.raises(TypeError, match="log_density="):
            flow.RandomPointSource(space).log_prob(x)
        given = flow.RandomPointSource(space, log_density=lambda x: x[:, 0])
        assert given.log_prob(x).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("chart", CHARTS)
def test_divergence_of_a_linear_field(chart):
    """Of the projection of C u: tr C - K u^T C u on each site; on walls, too."""
    space = fm.SequenceManifold(chart(2), 2)
    matrix = torch.diag(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    field = flow.VelocityField(
        Network(lambda x, t: space.sphere_coordinates(x) @ matrix), space
    )
    x = random_points(space, 5)
    if chart is fm.PositiveHypersphere:  # the simplex has no derivative there
        x[0] = torch.tensor([[0.6, 0.0, 0.8], [1.0, 0.0, 0.0]])
    coordinates = coordinates_of(space)
    y = coordinates.encode(x)
    velocity, divergence = exact_divergence(
        coordinates, lambda x: field(x, torch.zeros(5).double()), y
    )
    quadratic = torch.einsum("nik,kl,nil->n", y, matrix, y)
    torch.testing.assert_close(divergence[0], 2 * matrix.trace() - 3 * quadratic)
    truth = coordinates.to_tangent(y @ matrix, y)
    torch.testing.assert_close(velocity, truth)


def stick_breaking(x, t, root):
    """Flow of three categories under which Dirichlet(1) becomes Dirichlet(2).

    p_1 and p_2 / (p_2 + p_3) are independent, of laws Beta(1, 2) and Beta(1, 1) before,
    Beta(2, 4) and Beta(2, 2) after; each moves so that its density is the mixture.
    Velocity of the unit vectors.
    """
    p, t = root**2, t[:, None]
    s, r = p[:, :1], p[:, 1:2] / (p[:, 1:2] + p[:, 2:])
    before, after = 1 - (1 - s) ** 2, 1 - (1 - s) ** 4 * (1 + 4 * s)
    ds = (before - after) / ((1 - t) * 2 * (1 - s) + t * 20 * s * (1 - s) ** 3)
    dr = (r - (3 * r**2 - 2 * r**3)) / ((1 - t) + t * 6 * r * (1 - r))
    dp = torch.cat([ds, (1 - s) * dr - r * ds, -(1 - s) * dr - (1 - r) * ds], -1)
    return dp / (2 * root)


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("probes", [None, 100])
def test_dirichlet_laws_on_both_charts(chart, probes):
    simplex, space = fm.FisherRaoSimplex(2), chart(2)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, 1.0))
    network = Network(lambda x, t: stick_breaking(x, t, space.sphere_coordinates(x)))
    p = random_points(simplex, 30, concentration=3.0)
    x = space.from_sphere_coordinates(p.sqrt())
    result = flow.log_prob(
        flow.VelocityField(network, space),
        path,
        x,
        steps=40,
        probes=probes,
        generator=torch.Generator().manual_seed(0),
    )
    lebesgue = result.value + simplex.metric.log_volume_density(p)
    truth = torch.from_numpy(scipy.stats.dirichlet([2.0] * 3).logpdf(p.numpy().T))
    if probes is None:
        torch.testing.assert_close(lebesgue, truth, atol=1e-4, rtol=0)
        assert float(result.standard_error.max()) == 0.0
    else:
        assert float(((lebesgue - truth).abs() / result.standard_error).max()) < 4.5
    assert bool(space.belongs(result.source_points, atol=1e-12).all())
    assert result.n_evaluations == 160


@pytest.mark.parametrize(
    ("chart", "concentration", "tau", "tolerance"),
    # Kinks of the field where a category is ruled out lower the order for 1.
    [
        (fm.FisherRaoSimplex, 2.0, 0.3, 2e-4),
        (fm.PositiveHypersphere, 2.0, 0.5, 2e-3),
        (fm.PositiveHypersphere, 1.0, 0.3, 0.1),
    ],
)
def test_density_of_the_exact_posterior(chart, concentration, tau, tolerance):
    """With one site the flow has the law of x_t: the mixture of those to vertices."""
    law = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    space = chart(2)
    field, path = constant_posterior(law, space, concentration)
    g = torch.Generator().manual_seed(0)
    labels = torch.multinomial(law, 60, replacement=True, generator=g)
    x = path.sample(
        space.vertices(labels, dtype=torch.float64),
        x0=random_points(space, 60, concentration=concentration),
        t=torch.full((60,), tau, dtype=torch.float64),
    ).x_t
    log_r = flow.log_evidence(
        space.sphere_coordinates(x), torch.tensor(tau).double(), concentration
    )
    truth = torch.logsumexp(log_r + law.log(), -1) + path.source.log_prob(x)
    grid = torch.linspace(0, tau, 41, dtype=torch.float64)
    result = flow.log_prob(field, path, x, grid=grid)
    assert float((result.value - truth).abs().max()) < tolerance
    assert float((result.value - truth).mean().abs()) < tolerance / 10


def test_density_of_any_posterior_integrates_to_one():
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, 2.0))
    weight = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)).double()
    network = Network(lambda x, t: torch.tanh(x @ weight + t[:, None]))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    angles = torch.from_numpy((nodes + 1) * math.pi / 4)
    a, b = torch.cartesian_prod(angles, angles).T
    x = torch.stack([a.cos(), a.sin() * b.cos(), a.sin() * b.sin()], -1)
    result = flow.log_prob(
        flow.PosteriorField(network, path),
        path,
        x,
        grid=torch.linspace(0, 0.25, 16),
    )
    # The volume of the sphere of radius 2.
    area = torch.from_numpy(np.outer(weights, weights).ravel()) * (math.pi / 4) ** 2
    total = float((result.value.exp() * 4 * a.sin() * area).sum())
    assert total == pytest.approx(1.0, abs=1e-3)


def test_points_out_of_reach_have_next_to_no_density():
    law = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    for chart in CHARTS:
        space = chart(2)
        field, path = constant_posterior(law, space, 2.0)
        # More than 45 degrees from all vertices, too far at half time: only starts on
        # the watershed, from which the flow spreads, come here.
        root = torch.tensor([[0.62, 0.56, 0.55]], dtype=torch.float64)
        x = space.from_sphere_coordinates(root / root.norm())
        grid = torch.linspace(0, 0.5, 21)
        assert float(flow.log_prob(field, path, x, grid=grid).value) < -15.0


@pytest.mark.parametrize("chart", CHARTS)
def test_flows_out_of_the_orthant(chart):
    """A rotation by a quarter: what comes from beyond a wall has no density."""
    space = chart(2)
    path = flow.GeodesicPath(space)

    def turn(x, t):
        root = space.sphere_coordinates(x)
        a, b = root[:, 0], root[:, 1]
        return 0.25 * math.pi * torch.stack([-b, a, 0.0 * a], -1)

    # They come by 45 degrees, from outside the orthant and from inside.
    x = torch.tensor([[1.0, 0.1, 1.0], [0.1, 1.0, 1.0]], dtype=torch.float64)
    x = space.from_sphere_coordinates(x / x.norm(dim=1, keepdim=True))
    value = flow.log_prob(flow.VelocityField(Network(turn), space), path, x).value
    assert float(value[0]) == -math.inf
    assert float(value[1]) == pytest.approx(-space.metric.log_volume(), abs=1e-6)


def test_conditions_and_batches():
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
    path = flow.GeodesicPath(space)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.Transformer(3, 2, 16, 1, 2, n_classes=3)
        torch.nn.init.normal_(network.output.weight)
    field = flow.VelocityField(network, space)
    x = random_points(space, 5, concentration=5.0)
    label = torch.tensor([0, 1, 2, 0, 1])

    def value(rows, batch_size):
        conditions = {"label": label[rows]}
        options = {"conditions": conditions, "steps": 4, "batch_size": batch_size}
        return flow.log_prob(field, path, x[rows], **options).value

    whole = value(slice(None), 1024)
    torch.testing.assert_close(whole, value(slice(None), 2), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(whole[2:3], value([2], 9), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="'label' of first axis 5"):
        flow.log_prob(field, path, x, conditions={"label": label[:2]})


class TestRefusals:
    space = fm.PositiveHypersphere(2)
    law = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)

    @pytest.mark.parametrize("concentration", [0.25, 0.5, 0.75])
    def test_fields_that_jump(self, concentration):
        field, path = constant_posterior(self.law, self.space, concentration)
        with pytest.raises(ValueError, match="concentration=2"):
            flow.log_prob(field, path, torch.eye(3))

    def test_source_without_density(self):
        path = flow.GeodesicPath(self.space, flow.EmpiricalSource(torch.eye(3)))
        field = flow.VelocityField(Network(lambda x, t: x), self.space)
        with pytest.raises(TypeError, match="EmpiricalSource"):
            flow.log_prob(field, path, torch.eye(3))

    def test_another_path_than_the_field_was_made_with(self):
        field, _ = constant_posterior(self.law, self.space, 2.0)
        with pytest.raises(ValueError, match="field.path"):
            flow.log_prob(field, flow.GeodesicPath(self.space), torch.eye(3))

    @pytest.mark.parametrize(
        ("x", "error", "message"),
        [
            (torch.ones(2, 3), ValueError, "expected x on"),
            (torch.full((2, 3), torch.nan), ValueError, "expected x on"),
            (torch.ones(2, 4), ValueError, r"shape \[n, 3\]"),
            (torch.tensor([0, 1]), TypeError, "discrete_log_prob_bound"),
        ],
    )
    def test_bad_points(self, x, error, message):
        field, path = constant_posterior(self.law, self.space, 2.0)
        with pytest.raises(error, match=message):
            flow.log_prob(field, path, x)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"steps": 0}, "steps"),
            ({"probes": 0}, "probes"),
            ({"grid": [0.0, 0.3, 0.2]}, "increasing"),
            ({"grid": [0.1, 0.5]}, "times from 0"),
        ],
    )
    def test_bad_options(self, options, message):
        field, path = constant_posterior(self.law, self.space, 2.0)
        with pytest.raises(ValueError, match=message):
            flow.log_prob(field, path, torch.eye(3), **options)

    def test_time_at_which_a_posterior_is_not_defined(self):
        field, path = constant_posterior(self.law, self.space, 2.0)
        x = random_points(self.space, 2)
        with pytest.raises(ValueError, match="0 <= kappa < 1, got 1"):
            flow.log_prob(field, path, x, grid=[0.0, 0.5, 1.0])
