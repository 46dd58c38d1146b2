"""Wasserstein distances of torch tensors, and their gradients."""

import numpy as np
import pytest
import torch
from transport_spaces import SPACES, draw, draw_weights

import fisher_manifold as fm
from fisher_manifold.transport import wasserstein_distance

ORDERS = pytest.mark.parametrize("p", [1, 2])


@ORDERS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_tensors(p, dtype):
    space = SPACES["simplex"]
    (a, b), (wa, wb) = draw(space, 9, 12), draw_weights(9, 12)
    expected = wasserstein_distance(space, a, b, p, wa, wb)
    tensors = [torch.from_numpy(x).to(dtype) for x in (a, b)]
    found = wasserstein_distance(space, *tensors, p, torch.from_numpy(wa), list(wb))
    assert found.dtype == torch.float64 and found.shape == ()
    eps = 1e-6 if dtype == torch.float32 else 1e-13
    assert float(found) == pytest.approx(float(expected), rel=eps)
    assert expected.dtype == np.float64 and np.ndim(expected) == 0


@ORDERS
@pytest.mark.parametrize("method", ["exact", "sinkhorn"])
def test_gradient_between_two_points_is_the_unit_direction(p, method):
    space = fm.PositiveHypersphere(3)
    a, b = map(torch.from_numpy, draw(space, 1, 1))
    a.requires_grad_()
    distance = wasserstein_distance(space, a, b, p, method=method)
    (gradient,) = torch.autograd.grad(distance, a)
    log = space.metric.log(b, a.detach())
    # The metric is 4 times that of the ambient space, and so is its gradient's dual.
    expected = -4.0 * log / space.metric.norm(log, a.detach())
    assert torch.allclose(space.to_tangent(gradient, a.detach()), expected, atol=1e-9)


@ORDERS
def test_gradient_against_finite_differences(p):
    space = fm.PositiveHypersphere(3)
    a, b = map(torch.from_numpy, draw(space, 6, 9))
    a.requires_grad_()
    (gradient,) = torch.autograd.grad(wasserstein_distance(space, a, b, p), a)
    g = torch.Generator().manual_seed(0)
    step = torch.randn(a.shape, dtype=a.dtype, generator=g)
    step = 1e-6 * space.to_tangent(step, a.detach())
    with torch.no_grad():
        up, down = (space.metric.exp(s * step, a) for s in (1.0, -1.0))
        slope = wasserstein_distance(space, up, b, p) - wasserstein_distance(
            space, down, b, p
        )
    found = float((gradient * step).sum())
    assert found == pytest.approx(float(slope) / 2.0, rel=1e-6)


@ORDERS
def test_gradients_where_points_coincide(p):
    space = fm.PositiveHypersphere(2)
    a, b = map(torch.from_numpy, draw(space, 5, 1))
    b = torch.cat([a[1:], b])
    a.requires_grad_()
    (gradient,) = torch.autograd.grad(wasserstein_distance(space, a, b, p), a)
    assert bool(gradient.isfinite().all()) and float(abs(gradient).max()) > 0
    same = wasserstein_distance(space, a, a.detach(), p)
    (gradient,) = torch.autograd.grad(same, a)
    assert float(same.detach()) == 0.0 and bool((gradient == 0).all())
