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


def oracle(root, kappa, a):
    """The formula of the module's docstring in 60 digits, -inf where ruled out."""
    with mpmath.workdps(60):
        d = len(root) - 1
        kappa, values = mpmath.mpf(kappa), []
        for u in root:
            theta = mpmath.acos(mpmath.mpf(u))
            phi = theta / (1 - kappa)
            if phi >= mpmath.pi / 2:
                values.append(-mpmath.inf)
                continue
            sines = mpmath.log(mpmath.sin(phi)) - mpmath.log(mpmath.sin(theta))
            cosines = mpmath.log(mpmath.cos(phi)) - mpmath.log(mpmath.mpf(u))
            power = (d - 1) + (2 * a - 1) * d
            values.append(
                -mpmath.log(1 - kappa) + power * sines + (2 * a - 1) * cosines
            )
        return values


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("kappa", [1e-6, 1e-3, 0.1, 0.3, 0.49])
def test_agrees_with_mpmath(dtype, concentration, kappa):
    space = fm.PositiveHypersphere(4)
    g = torch.Generator().manual_seed(3)
    points = space.random_point(20, generator=g, dtype=dtype)
    shrunk = space.metric.geodesic_state(
        points, space.vertices(torch.arange(20) % 5, dtype=dtype), points[:, 0] * 0.98
    )[0]
    points = space.projection(torch.cat([points, shrunk]))
    kappa = float(torch.tensor(kappa, dtype=dtype))
    time = torch.tensor(kappa, dtype=dtype)
    computed = flow.log_evidence(points, time, concentration)
    for point, values in zip(points.tolist(), computed.tolist(), strict=True):
        # The oracle needs an exact unit vector; its normalisation moves entries by eps.
        norm = math.sqrt(math.fsum(u * u for u in point))
        exact = oracle([u / norm for u in point], kappa, concentration)
        for got, want in zip(values, exact, strict=True):
            if want < LOG_ZERO + 5 or want == -mpmath.inf:
                assert got <= LOG_ZERO + 10
                continue
            # d log r / d theta is at most about 30 * exp(-log cos phi) here.
            slack = 30 * (1 + float(mpmath.exp(min(-want, 12))))
            assert abs(got - float(want)) <= 20 * torch.finfo(dtype).eps * slack


def test_no_evidence_at_time_zero():
    root = fm.PositiveHypersphere(3).random_point(
        100, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    for concentration in (0.5, 1.0, 3.0):
        log_r = flow.log_evidence(root, torch.zeros(100).double(), concentration)
        assert float(log_r.abs().max()) < 1e-12


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


def test_the_true_category_is_never_ruled_out():
    for t in (0.01, 0.25, 0.499):
        batch = simulate(4, 0.5, t, n=300_000, seed=7)
        log_r = flow.log_evidence(batch.x_t, batch.t, 0.5)
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
