"""The closed-form evidence against simulation, mpmath and its own calibration."""

import math

import mpmath
import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow
from fisher_manifold.flow.evidence import LOG_ZERO


def simulate(n_categories, concentration, t, n, seed=0, labels=None):
    space = fm.PositiveHypersphere(n_categories - 1)
    path = flow.GeodesicPath(space, flow.DirichletSource(space, concentration))
    g = torch.Generator().manual_seed(seed)
    if labels is None:
        labels = torch.randint(n_categories, (n,), generator=g)
    return path.sample(labels, t=torch.full((n,), t), generator=g)


@pytest.mark.parametrize("n_categories", [3, 10])
@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("t", [0.05, 0.2, 0.4])
def test_posterior_is_calibrated(n_categories, concentration, t):
    batch = simulate(n_categories, concentration, t, n=200_000)
    log_r = flow.log_evidence(batch.x_t, batch.t, concentration)
    posterior = torch.softmax(log_r, -1)
    for category in range(2):
        claimed = posterior[:, category].contiguous()
        hit = (batch.labels == category).double()
        bins = torch.bucketize(claimed, torch.linspace(0.1, 0.9, 9))
        for index in range(10):
            inside = bins == index
            n = int(inside.sum())
            if n < 200:
                continue
            claim = float(claimed[inside].double().mean())
            # Binomial standard error of the frequency; 4.5 of them in 360 tests.
            error = math.sqrt(max(claim * (1 - claim), 1e-4) / n)
            assert abs(float(hit[inside].mean()) - claim) < 4.5 * error


@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.0])
def test_density_matches_a_histogram(concentration):
    """On two categories the sphere is an arc, where densities are histograms."""
    t, n = 0.3, 400_000
    labels = torch.zeros(n, dtype=torch.long)
    batch = simulate(2, concentration, t, n, labels=labels)
    theta = torch.atan2(batch.x_t[:, 1], batch.x_t[:, 0]).double()
    edges = torch.linspace(0.05, 1.0, 20, dtype=torch.float64)
    counts = torch.histogram(theta, edges).hist / n
    # r is relative to the source's density on the arc, which is known: beta law.
    mid = torch.linspace(0.05, 1.0, 20 * 50 - 49, dtype=torch.float64)
    root = torch.stack([mid.cos(), mid.sin()], -1)
    log_r = flow.log_evidence(root, torch.tensor(t), concentration)[:, 0]
    weight = 2 * concentration - 1
    log_source = weight * (mid.cos().log() + mid.sin().log())
    log_norm = 2 * math.lgamma(concentration) - math.lgamma(2 * concentration)
    density = torch.exp(log_r + log_source - log_norm) * 2
    expected = torch.stack(
        [
            torch.trapezoid(density[i * 50 : i * 50 + 51], mid[i * 50 : i * 50 + 51])
            for i in range(19)
        ]
    )
    error = torch.sqrt(expected / n) + 1e-6
    assert float(((counts - expected).abs() / error).max()) < 4.5


def oracle(cosine, kappa, a, d):
    """The formula of the module's docstring for one entry of a unit vector.

    In 60 digits: the value, minus infinity where ruled out, and the sum of the sizes
    of its terms.  A relative error of eps in log(sin phi / sin theta), in
    cos phi / cos theta and in log(1 - kappa) moves the value by eps times that.
    """
    kappa = mpmath.mpf(kappa)
    theta, start = mpmath.acos(cosine), -mpmath.log(1 - kappa)
    phi = theta / (1 - kappa)
    if phi >= mpmath.pi / 2:
        return -mpmath.inf, phi
    ratio = mpmath.sin(phi) / mpmath.sin(theta) if theta else 1 / (1 - kappa)
    fall = 1 - mpmath.cos(phi) / cosine
    sines = ((d - 1) + (2 * a - 1) * d) * mpmath.log(ratio)
    value = start + sines + (2 * a - 1) * mpmath.log(1 - fall)
    return value, start + abs(sines) + abs(2 * a - 1) * fall / (1 - fall)


def hard_points(n_categories, kappa, dtype):
    """First entry on both sides of the wall, inside, near and at the vertex; random."""
    wall = math.sin(kappa * math.pi / 2)
    steps = [-1e-3, -1e-5, -1e-7, 0, 1e-7, 1e-5, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-7, 1]
    first = torch.tensor([max(wall + (1 - wall) * f, 0.0) for f in steps]).to(dtype)
    rest = ((1 - first.double() ** 2) / (n_categories - 1)).sqrt().to(dtype)
    points = rest[:, None].repeat(1, n_categories)
    points[:, 0] = first
    g = torch.Generator().manual_seed(n_categories)
    space = fm.PositiveHypersphere(n_categories - 1)
    random = space.random_point(5, generator=g, dtype=dtype)
    return points if n_categories > 1000 else torch.cat([points, random])


def exact_norm(point):
    values, counts = point.double().unique(return_counts=True)
    pairs = zip(values.tolist(), counts.tolist(), strict=True)
    return mpmath.sqrt(mpmath.fsum(n * mpmath.mpf(u) ** 2 for u, n in pairs))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("kappa", [1e-6, 1e-3, 0.1, 0.3, 0.499999, 0.5, 0.999999])
@pytest.mark.parametrize("n_categories", [2, 4, 160, 50_000])
def test_agrees_with_mpmath(dtype, concentration, kappa, n_categories):
    """Each term to six eps: the roundings of the angle, the speed and the functions.

    Where the start would be so near the wall that rounding decides on which side,
    either answer is right; below LOG_ZERO there is nothing.
    """
    eps = torch.finfo(dtype).eps
    kappa = float(torch.tensor(kappa, dtype=dtype))
    speed = min(kappa / (1 - kappa), 1)
    slack = 3 * (6 + math.log2(n_categories)) * eps * speed * math.pi / 2
    points = hard_points(n_categories, kappa, dtype)
    time = torch.tensor(kappa, dtype=dtype)
    computed = flow.log_evidence(points, time, concentration)
    assert torch.isfinite(computed).all()
    n_checked = 0
    with mpmath.workdps(60):
        for point, values in zip(points, computed.tolist(), strict=True):
            norm = exact_norm(point)
            for u, got in zip(point[:3].tolist(), values[:3], strict=False):
                cosine = mpmath.mpf(u) / norm
                phi = mpmath.acos(cosine) / (1 - mpmath.mpf(kappa))
                if abs(phi - mpmath.pi / 2) < slack:
                    continue
                want, size = oracle(cosine, kappa, concentration, n_categories - 1)
                if want < LOG_ZERO:
                    assert got <= LOG_ZERO
                else:
                    assert abs(got - want) <= 6 * eps * size
                    n_checked += 1
    assert n_checked >= 5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_blocks_change_nothing(dtype, monkeypatch):
    """Long batches are computed in blocks, differentiated ones in one piece."""
    space = fm.SequenceManifold(fm.PositiveHypersphere(6), 3)
    g = torch.Generator().manual_seed(1)
    points = space.random_point(50, generator=g, dtype=dtype)
    kappa = torch.rand(50, 1, generator=g, dtype=dtype) / 2
    smooth = flow.log_evidence(points.clone().requires_grad_(), kappa, 2.0)
    monkeypatch.setattr("fisher_manifold.geometry.arrays._BLOCK", 70)
    blocks = flow.log_evidence(points, kappa, 2.0)
    # Angles near a vertex are summed in another order where they have derivatives.
    eps = torch.finfo(dtype).eps
    assert torch.allclose(blocks, smooth.detach(), rtol=64 * eps, atol=64 * eps)
    mean = space.metric.mean_log_to_vertices(points.flip(0), points)
    monkeypatch.undo()
    whole = flow.log_evidence(points, kappa, 2.0)
    assert torch.equal(blocks, whole)
    assert torch.equal(mean, space.metric.mean_log_to_vertices(points.flip(0), points))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n_categories", [2, 4, 50_000])
def test_no_evidence_at_time_zero(n_categories, dtype):
    points = hard_points(n_categories, 0.1, dtype)
    for concentration in (0.5, 1.0, 3.0):
        log_r = flow.log_evidence(points, torch.zeros((), dtype=dtype), concentration)
        assert float(log_r.abs().max()) == 0


def test_finite_everywhere_with_finite_gradients():
    vertices = torch.eye(4)
    walls = torch.tensor([[0.6, 0.8, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]])
    root = torch.cat([vertices, walls]).requires_grad_()
    for kappa in (0.0, 1e-7, 0.25, 0.5, 0.999999):
        for concentration in (0.5, 1.0):
            log_r = flow.log_evidence(root, torch.tensor(kappa), concentration)
            assert torch.isfinite(log_r).all()
            (gradient,) = torch.autograd.grad(log_r.sum(), root)
            assert torch.isfinite(gradient).all()


@pytest.mark.parametrize(("n_categories", "n"), [(4, 300_000), (20_000, 100)])
@pytest.mark.parametrize("t", [1e-6, 0.01, 0.25, 0.499])
def test_the_true_category_is_never_ruled_out(n_categories, n, t):
    labels = torch.zeros(n, dtype=torch.long)
    space = fm.PositiveHypersphere(n_categories - 1)
    g = torch.Generator().manual_seed(7)
    path = flow.GeodesicPath(space)
    start = path.source.sample(n, g)
    start[: n // 2, 0] = 0.0  # on the wall
    start = space.projection(start)
    for chart in (space, fm.FisherRaoSimplex(n_categories - 1)):
        path = flow.GeodesicPath(chart)
        x0 = chart.from_sphere_coordinates(start)
        batch = path.sample(labels, x0=x0, t=torch.full((n,), t))
        root = chart.sphere_coordinates(batch.x_t)
        log_r = flow.log_evidence(root, batch.t, 0.5)
        true = log_r.gather(1, batch.labels[:, None])
        assert float(true.min()) > LOG_ZERO / 2


def test_after_half_time_only_the_true_category_remains():
    batch = simulate(6, 0.5, 0.5001, n=50_000)
    log_r = flow.log_evidence(batch.x_t, batch.t, 0.5)
    assert bool(((log_r > LOG_ZERO).sum(-1) == 1).all())
    assert bool((log_r.argmax(-1) == batch.labels).all())


class Listener(torch.nn.Module):
    """A network that knows nothing and keeps what it is given."""

    def forward(self, x, t):
        self.given = x
        return torch.zeros_like(x)


def test_network_is_given_the_root_of_the_belief():
    batch = simulate(5, 1.0, 0.2, 50)
    path = flow.GeodesicPath(batch.space, flow.DirichletSource(batch.space, 1.0))
    listener = Listener()
    field = flow.PosteriorField(listener, path)
    posterior = torch.softmax(field.logits(batch.x_t, batch.t), -1)
    assert torch.allclose((listener.given + 1) ** 2 / 5, posterior, atol=1e-6)
    field.logits(batch.x0, torch.zeros(50))
    assert listener.given.abs().max() < 1e-5


def test_network_may_encode_the_evidence_itself():
    batch = simulate(5, 1.0, 0.2, 50)
    path = flow.GeodesicPath(batch.space, flow.DirichletSource(batch.space, 1.0))
    listener = Listener()
    listener.encode = torch.exp
    posterior = flow.PosteriorField(listener, path).logits(batch.x_t, batch.t)
    assert torch.allclose(listener.given / 5, torch.softmax(posterior, -1), atol=1e-6)


def test_wrapped_network_encodes_the_evidence_all_the_same():
    batch = simulate(5, 1.0, 0.2, 8)
    path = flow.GeodesicPath(batch.space, flow.DirichletSource(batch.space, 1.0))

    class Encoding(torch.nn.Linear):
        def encode(self, log_ratio):
            return torch.full_like(log_ratio, 7.0)

        def forward(self, x, t):
            return super().forward(x)

    plain = Encoding(5, 5)
    wrapped = torch.optim.swa_utils.AveragedModel(plain)
    a, b = (
        flow.PosteriorField(n, path).logits(batch.x_t, batch.t)
        for n in (plain, wrapped)
    )
    assert torch.equal(a, b)


@pytest.mark.parametrize("kappa", [-0.1, 1.0, 1.5, math.nan])
def test_kappa_out_of_range(kappa):
    with pytest.raises(ValueError, match="0 <= kappa < 1"):
        flow.log_evidence(torch.full((3,), 3**-0.5), torch.tensor(kappa))


@pytest.mark.parametrize("concentration", [0.0, -1.0, math.nan])
def test_concentration_out_of_range(concentration):
    with pytest.raises(ValueError, match="concentration above 0"):
        flow.log_evidence(
            torch.full((3,), 3**-0.5), torch.tensor(0.1), concentration=concentration
        )
