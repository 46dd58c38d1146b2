"""Samplers and fields against laws with known answers."""

import math

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks


class Constant(torch.nn.Module):
    """The network that is right for independent sites: log-probabilities."""

    def __init__(self, probabilities):
        super().__init__()
        self.log_probabilities = torch.as_tensor(probabilities).log()

    def forward(self, x, t):
        return self.log_probabilities.to(x.dtype).expand_as(x)


LAWS = [
    [[0.5, 0.3, 0.2]],
    [[0.7, 0.1, 0.1, 0.1], [0.05, 0.05, 0.05, 0.85]],
]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("chart", [fm.PositiveHypersphere, fm.FisherRaoSimplex])
@pytest.mark.parametrize("concentration", [0.5, 1.0])
def test_exact_posterior_samples_the_exact_law(law, chart, concentration):
    probabilities = torch.tensor(law)
    length, k = probabilities.shape
    space = fm.SequenceManifold(chart(k - 1), length)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration))
    field = flow.PosteriorField(Constant(probabilities), path)
    g = torch.Generator().manual_seed(0)
    n = 40_000
    result = flow.sample(field, path, n, steps=50, generator=g, batch_size=n)
    counts = torch.nn.functional.one_hot(result.labels, k).float().mean(0)
    # Five standard errors, and the discretisation of 50 Euler steps.
    error = 5 * torch.sqrt(probabilities * (1 - probabilities) / n) + 0.006
    assert bool(((counts - probabilities).abs() < error).all())
    assert result.n_evaluations == 50
    assert bool(space.belongs(result.points).all())
    if length == 2:  # sites stay independent
        joint = torch.histogramdd(result.labels.float(), bins=[k, k]).hist / n
        product = counts[0][:, None] * counts[1]
        assert float((joint - product).abs().max()) < 5 / math.sqrt(n)


def test_walls_are_never_crossed():
    law = torch.tensor([[0.9, 0.05, 0.05]])
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 1)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(Constant(law), path)
    g = torch.Generator().manual_seed(0)
    result = flow.sample(field, path, 2000, steps=10, generator=g)
    # The projection after each step, which would clip, had nothing but rounding to do.
    assert result.largest_correction < 1e-5

    class Outward(torch.nn.Module):
        def forward(self, x, t):
            return -5.0 * torch.eye(3)[0].expand_as(x)

    wrong = flow.VelocityField(Outward(), space)
    assert flow.sample(wrong, path, 100, generator=g).largest_correction > 0.1


def test_the_second_half_changes_no_sample():
    law = torch.tensor([[0.5, 0.3, 0.2]])
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 1)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(Constant(law), path)
    half = torch.linspace(0, 0.5, 201)
    whole = torch.cat([half, torch.linspace(0.5, 0.99, 100)[1:]])
    results = [
        flow.sample(
            field, path, 2000, grid=grid, generator=torch.Generator().manual_seed(0)
        )
        for grid in (half, whole)
    ]
    # Euler steps leave a handful of samples on a watershed at half time.
    same = (results[0].labels == results[1].labels).float().mean()
    assert float(same) > 0.995


def test_velocity_field_of_one_target_reaches_it():
    space = fm.PositiveHypersphere(2)
    target = torch.tensor([0.6, 0.0, 0.8])
    path = flow.GeodesicPath(space)

    class Towards(torch.nn.Module):
        def forward(self, x, t):
            log = space.metric.log(target.expand_as(x), x)
            return log / (1 - t)[:, None]

    field = flow.VelocityField(Towards(), space)
    result = flow.sample(
        field, path, 50, steps=7, generator=torch.Generator().manual_seed(0)
    )
    # The field is a geodesic's own, so Euler steps are exact.
    assert torch.allclose(result.points, target.expand(50, 3), atol=1e-5)


def test_velocity_on_the_simplex_chart_is_bounded():
    """The Fisher norm of the loss is finite in the simplex's coordinates as well."""
    losses = []
    for chart in (fm.FisherRaoSimplex, fm.PositiveHypersphere):
        space = fm.SequenceManifold(chart(3), 6)
        path = flow.GeodesicPath(space)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = networks.MLP(space.shape, 16, 1)
        torch.nn.init.normal_(
            network.output.weight, generator=torch.Generator().manual_seed(0)
        )
        field = flow.VelocityField(network, space)
        labels = torch.zeros(4096, 6, dtype=torch.long)
        batch = path.sample(labels, generator=torch.Generator().manual_seed(0))
        losses.append(float(field.loss(batch).detach().max()))
    assert losses[0] < 10 * losses[1]


def test_subclasses_stay_themselves():
    class Own(flow.PosteriorField):
        def logits(self, x, t, **conditions):
            return torch.zeros_like(x)

    path = flow.GeodesicPath(fm.PositiveHypersphere(2))
    field = Own(Constant([0.2, 0.3, 0.5]), path)
    other = field.with_network(Constant([0.5, 0.3, 0.2]))
    assert type(other) is Own
    assert other.network is not field.network


def test_samples_are_drawn_without_dropout():
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    network = networks.MLP(space.shape, 16, 2, dropout=0.5)
    torch.nn.init.normal_(network.output.weight)
    field = flow.PosteriorField(network, path).train()

    def draw():
        g = torch.Generator().manual_seed(0)
        return flow.sample(field, path, 200, generator=g).points

    assert torch.equal(draw(), draw())
    assert field.training


def test_seeds():
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(Constant([0.2, 0.3, 0.5]), path)

    def draw(seed):
        g = torch.Generator().manual_seed(seed)
        return flow.sample(field, path, 100, generator=g).labels

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


def test_batches_do_not_change_samples():
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(Constant([0.2, 0.3, 0.5]), path)

    def draw(batch_size):
        g = torch.Generator().manual_seed(0)
        return flow.sample(field, path, 100, generator=g, batch_size=batch_size).labels

    assert torch.equal(draw(100), draw(7))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, "n_samples"),
        ({"steps": 0}, "steps"),
        ({"grid": [0.0, 0.3, 0.2]}, "increasing"),
        ({"grid": [0.1, 0.5]}, "times from 0"),
        ({"grid": [0.0, 1.5]}, "at most 1"),
        ({"conditions": {"label": torch.zeros(3)}}, "first axis 4"),
    ],
)
def test_bad_arguments(options, message):
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(Constant([0.2, 0.3, 0.5]), path)
    with pytest.raises(ValueError, match=message):
        flow.sample(field, path, **{"n_samples": 4, **options})


def test_untrained_nan_network_is_reported():
    space = fm.PositiveHypersphere(2)
    path = flow.GeodesicPath(space)
    field = flow.PosteriorField(Constant([-1.0, 0.5, 0.5]), path)
    with pytest.raises(FloatingPointError, match="not finite in the step from t=0 "):
        flow.sample(field, path, 4)


def test_posterior_field_needs_what_it_needs():
    from geomstats.geometry.euclidean import Euclidean

    space = fm.PositiveHypersphere(2)
    empirical = flow.EmpiricalSource(torch.eye(3))
    with pytest.raises(ValueError, match="DirichletSource"):
        flow.PosteriorField(Constant([1.0]), flow.GeodesicPath(space, empirical))
    flow.PosteriorField(Constant([1.0]), flow.GeodesicPath(space, empirical), False)
    with pytest.raises(TypeError, match="categorical"):
        flow.PosteriorField(Constant([1.0]), flow.GeodesicPath(Euclidean(3)))


class TestPath:
    def test_velocity_is_the_derivative(self):
        for chart in (fm.PositiveHypersphere, fm.FisherRaoSimplex):
            space = fm.SequenceManifold(chart(3), 5)
            path = flow.GeodesicPath(space)
            g = torch.Generator().manual_seed(0)
            x0, x1 = (
                space.random_point(40, generator=g, dtype=torch.float64)
                for _ in range(2)
            )
            t = torch.rand(40, generator=g, dtype=torch.float64)
            batch = path.sample(x1, x0=x0, t=t)
            h = 1e-6
            later = path.sample(x1, x0=x0, t=t + h).x_t
            earlier = path.sample(x1, x0=x0, t=t - h).x_t
            difference = (later - earlier) / (2 * h)
            assert torch.allclose(batch.velocity, difference, atol=1e-8)

    def test_ends(self):
        space = fm.SequenceManifold(fm.PositiveHypersphere(3), 5)
        path = flow.GeodesicPath(space)
        labels = torch.randint(4, (30, 5), generator=torch.Generator().manual_seed(0))
        start = path.sample(labels, t=torch.zeros(30))
        end = path.sample(labels, t=torch.ones(30))
        assert torch.allclose(start.x_t, start.x0, atol=1e-6)
        assert torch.equal(space.nearest_vertex(end.x_t), labels)
        assert end.x1.dtype == torch.float32

    def test_times(self):
        times = flow.PowerTimes(power=2.0, end=0.5)
        t = times.sample(4096, torch.Generator().manual_seed(0))
        assert float(t.max()) < 0.5
        # Stratified: the empirical law is within 1/n of the law.
        s = torch.sqrt(t.double() / 0.5).sort().values
        places = torch.arange(4096) / 4096
        assert float((s - places).abs().max()) < 1.1 / 4096
        assert times.grid(4).tolist() == [0.5 * (i / 4) ** 2 for i in range(5)]
        with pytest.raises(ValueError, match="end"):
            flow.PowerTimes(end=1.5)

    @pytest.mark.parametrize("n_categories", [4, 20])
    def test_evidence_times_follow_the_entropy(self, n_categories):
        times = flow.EvidenceTimes(n_categories)
        t = times.at(torch.linspace(0, 1, 1001, dtype=torch.float64))
        assert float(t[0]) == 0.0 and float(t[-1]) == 0.5
        assert bool((t.diff() > 0).all())
        # Oracle: the entropy at the law's times, from paths to random categories.
        path = flow.GeodesicPath(fm.PositiveHypersphere(n_categories - 1))
        g = torch.Generator().manual_seed(3)
        for s in (0.25, 0.5, 0.75):
            kappa = float(times.at(torch.tensor([s], dtype=torch.float64)))
            x1 = torch.randint(n_categories, (20_000,), generator=g)
            batch = path.sample(x1, t=torch.full((20_000,), kappa), generator=g)
            log_p = torch.log_softmax(flow.log_evidence(batch.x_t, batch.t), -1)
            resolved = 1 + float((log_p.exp() * log_p).sum(-1).mean()) / math.log(
                n_categories
            )
            # Standard error of 1024 draws of an entropy is below 0.01.
            assert (resolved + math.sqrt(kappa / 0.5)) / 2 == pytest.approx(s, abs=0.02)

    def test_wrong_targets(self):
        space = fm.SequenceManifold(fm.PositiveHypersphere(3), 5)
        path = flow.GeodesicPath(space)
        with pytest.raises(ValueError, match=r"\[n, 5\]"):
            path.sample(torch.zeros(3, 4, dtype=torch.long))
        with pytest.raises(ValueError, match=r"\[n, 5, 4\]"):
            path.sample(torch.zeros(3, 5))


@pytest.mark.parametrize(
    "network",
    [
        networks.MLP((8, 4), 16, 1, n_classes=3),
        networks.SequenceCNN(4, 8, 16, 2, n_classes=3),
        networks.Transformer(4, 8, 16, 1, 2, n_classes=3),
        networks.ImageCNN(4, 2, 4, 16, 2, n_classes=3),
    ],
)
def test_networks(network):
    g = torch.Generator().manual_seed(0)
    x, t = torch.rand(5, 8, 4, generator=g), torch.rand(5, generator=g)
    label = torch.tensor([0, 1, 2, 0, 1])
    assert torch.equal(network(x, t, label), torch.zeros(5, 8, 4))  # starts from zero
    torch.nn.init.normal_(network.output.weight, generator=g)
    network.eval()
    one = network(x, t, label=label)
    assert one.shape == x.shape
    assert not torch.allclose(one, network(x, t, label=2 - label))
    assert not torch.allclose(one, network(x, t * 0, label=label))
    # Each row depends on itself alone.
    alone = network(x[1:2], t[1:2], label[1:2])
    assert torch.allclose(one[1:2], alone, atol=1e-5)
    with pytest.raises(ValueError, match="condition 'label'"):
        network(x, t)


def test_label_without_classes_is_refused():
    with pytest.raises(ValueError, match="n_classes=0"):
        networks.MLP((3,), 8, 1)(torch.rand(2, 3), torch.rand(2), label=torch.zeros(2))


class TestWhatDoesNotGoTogether:
    """A field and a path of another space, chart or evidence give no samples."""

    sphere = fm.SequenceManifold(fm.PositiveHypersphere(2), 3)
    simplex = fm.SequenceManifold(fm.FisherRaoSimplex(2), 3)

    def calls(self, field, path):
        labels = torch.zeros(4, 3, dtype=torch.long)
        yield lambda: flow.sample(field, path, 2)
        yield lambda: flow.Trainer(field, path)
        if isinstance(field, flow.PosteriorField):
            yield lambda: flow.measure_times(field, path, labels)

    @pytest.mark.parametrize("kind", [flow.VelocityField, flow.PosteriorField])
    def test_another_chart(self, kind):
        network = networks.MLP(self.sphere.shape, 8, 1)
        posterior = kind is flow.PosteriorField
        own = flow.GeodesicPath(self.sphere)
        field = kind(network, own if posterior else self.sphere)
        for call in self.calls(field, flow.GeodesicPath(self.simplex)):
            with pytest.raises(ValueError, match="field's own|trainer's own"):
                call()

    def test_another_source_of_the_evidence(self):
        source = flow.DirichletSource(self.sphere, 2.0)
        path = flow.GeodesicPath(self.sphere, source)
        field = flow.PosteriorField(networks.MLP(self.sphere.shape, 8, 1), path)
        for call in self.calls(field, flow.GeodesicPath(self.sphere)):
            with pytest.raises(ValueError, match=r"Dirichlet\(2\)|trainer's own"):
                call()
        again = flow.GeodesicPath(self.sphere, flow.DirichletSource(self.sphere, 2.0))
        assert flow.sample(field, again, 2).labels.shape == (2, 3)

    def test_a_network_is_no_field(self):
        with pytest.raises(TypeError, match="expected a field"):
            flow.sample(networks.MLP((3,), 8, 1), flow.GeodesicPath(self.sphere), 2)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"n_samples": 2.5}, "n_samples"),
            ({"batch_size": 0}, "batch_size"),
            ({"steps": 2.5}, "steps"),
            ({"conditions": {"y": torch.tensor(2)}}, "'y' of first axis 2"),
        ],
    )
    def test_options_that_mean_nothing(self, options, message):
        field = flow.VelocityField(networks.MLP((3, 3), 8, 1), self.sphere)
        options = {"n_samples": 2, **options}
        with pytest.raises(ValueError, match=message):
            flow.sample(field, flow.GeodesicPath(self.sphere), **options)


def test_modules_keep_their_modes():
    space = fm.PositiveHypersphere(2)
    network = networks.MLP(space.shape, 8, 1, dropout=0.5)
    field = flow.VelocityField(network, space).train()
    network.blocks.eval()
    flow.sample(field, flow.GeodesicPath(space), 2, steps=1)
    assert field.training and not network.blocks.training
