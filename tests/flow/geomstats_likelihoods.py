"""Divergences and densities on spaces of geomstats; print errors as JSON.

Run by test_geomstats_likelihoods.py in a process whose geomstats backend is pytorch.
The truths are closed forms: eigenfunctions of the Laplacian, densities in coordinates,
flows that carry a known law to a known law.
"""

import json
import math

import torch
from geomstats.geometry.hyperboloid import Hyperboloid
from geomstats.geometry.hypersphere import Hypersphere
from geomstats.geometry.poincare_ball import PoincareBall
from geomstats.geometry.spd_matrices import SPDMatrices
from geomstats.geometry.special_orthogonal import SpecialOrthogonal

from fisher_manifold import flow
from fisher_manifold.flow.divergence import (
    coordinates_of,
    estimated_divergence,
    exact_divergence,
    random_signs,
)

POLE = torch.tensor([0.0, 0.0, 1.0])


def divergence_on_sphere(space, x):
    """Gradient of the height z, whose Laplacian is -2 z."""
    return lambda y: space.to_tangent(POLE.expand_as(y), y), -2 * x[:, 2]


def divergence_on_rotations(space, x):
    """Gradient of tr(M^T R) in the Frobenius metric: the Laplacian is -tr(M^T R)."""
    m = torch.arange(9.0).reshape(3, 3) / 9

    def field(y):
        turned = y.transpose(-1, -2) @ m
        return y @ (turned - turned.transpose(-1, -2)) / 2

    return field, -(m * x).sum((1, 2))


def divergence_on_hyperboloid(space, x):
    """Gradient of cosh r = x_0, whose Laplacian on the plane is 2 cosh r."""
    axis = torch.tensor([-1.0, 0.0, 0.0])
    return lambda y: axis + y[:, :1] * y, 2 * x[:, 0]


def divergence_on_poincare_ball(space, x):
    """Any field, by the density (2 / (1 - |x|^2))^2 of the volume."""

    def field(y):
        return torch.stack([torch.sin(y[:, 1]) + y[:, 0] ** 2, y[:, 0] * y[:, 1]], -1)

    v = field(x)
    flat = 2 * x[:, 0] + x[:, 0]
    return field, flat + 4 * (v * x).sum(1) / (1 - (x**2).sum(1))


def divergence_on_spd(space, x):
    """Any field, by the density det(X)^(-(n + 1) / 2) of the volume."""

    def field(y):
        return y @ y + torch.det(y)[:, None, None] * torch.eye(2)

    v, inverse = field(x), torch.linalg.inv(x)
    # In coordinates X_11, X_22, X_12: X^2 gives 3 tr X, det(X) I gives tr X.
    flat = 4 * torch.einsum("nii->n", x)
    return field, flat - 1.5 * torch.einsum("nij,nji->n", inverse, v)


def divergence_errors(space, make):
    generator = torch.Generator().manual_seed(0)
    x = flow.RandomPointSource(space).sample(12, generator)
    field, truth = make(space, x)
    coordinates = coordinates_of(space)
    exact = exact_divergence(coordinates, field, x)[1][0]
    signs = random_signs(4000, x, generator)
    estimates = estimated_divergence(coordinates, field, x, signs)[1]
    error = estimates.std(0) / 4000**0.5
    return {
        "exact": float((exact - truth).abs().max() / truth.abs().max()),
        "standard_errors": float(((estimates.mean(0) - truth).abs() / error).max()),
    }


class Network(torch.nn.Module):
    """A velocity given as a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, t):
        return self.function(x, t[:, None])


class Source:
    """A law whose density is all that is needed."""

    def __init__(self, log_prob):
        self.log_prob = log_prob


def log_von_mises_fisher(kappa):
    constant = math.log(kappa / (2 * math.pi * -math.expm1(-2 * kappa)))
    return lambda x: constant + kappa * (x[:, 2] - 1)


def log_wrapped_normal(space, sigma):
    """Normal law of the plane, wrapped by exp at the pole (5 sigma are inside pi)."""

    def log_prob(x):
        r = torch.atan2(x[:, :2].norm(dim=1), x[:, 2])
        normal = -0.5 * (r / sigma) ** 2 - math.log(2 * math.pi * sigma**2)
        return normal - torch.log(torch.sin(r) / r)

    return log_prob


def compare(space, function, log_source, log_target, x, **options):
    field = flow.VelocityField(Network(function), space)
    path = flow.GeodesicPath(space, Source(log_source))
    result = flow.log_prob(field, path, x, **options)
    error = (result.value - log_target(x)).abs()
    return {
        "error": float(error.max()),
        "standard_errors": float((error / result.standard_error).max()),
    }


def rotation(x, t):
    return 2.0 * torch.cross(POLE.roll(1).expand_as(x), x, dim=-1)


def rotated(x):
    """Where the rotation by the angle 2 about the axis came from."""
    c, s = math.cos(2.0), math.sin(2.0)
    back = torch.tensor([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])
    return x @ back.T


def along_meridians(speed):
    """Velocity (e_z - z x) dz/dt / (1 - z^2) of a flow of the height."""

    def function(x, t):
        z = x[:, 2:]
        return (POLE - z * x) * speed(z, t) / (1 - z**2)

    return function


def sharpening(z, t):
    """Flow of heights under which vMF(1) becomes vMF(1 + 4 t): -(dF/dt) / (dF/dz)."""
    k = 1.0 + 4.0 * t

    def distribution(k):
        return (torch.exp(k * z) - torch.exp(-k)) / (2 * torch.sinh(k))

    change = torch.func.jvp(distribution, (k,), (torch.full_like(k, 4.0),))[1]
    return -change * 2 * torch.sinh(k) / (k * torch.exp(k * z))


def densities():
    sphere = Hypersphere(2)
    generator = torch.Generator().manual_seed(0)
    uniform = flow.RandomPointSource(sphere, log_density=-math.log(4 * math.pi))
    x = uniform.sample(50, generator)

    def log_tanh_law(x):
        """Density of heights tanh(artanh(z_0) + 1) of uniform z_0."""
        z0 = torch.tanh(torch.atanh(x[:, 2]) - 1.0)
        return torch.log((1 - z0**2) / (1 - x[:, 2] ** 2)) - math.log(4 * math.pi)

    def contraction(x, t):
        return sphere.metric.log(POLE.expand_as(x), x) * math.log(2.0)

    vmf = [log_von_mises_fisher(k) for k in (1.0, 5.0)]
    near = sphere.metric.exp(
        sphere.to_tangent(0.3 * torch.randn(50, 3, generator=generator), POLE),
        POLE.expand(50, 3),
    )
    wrapped = [log_wrapped_normal(sphere, s) for s in (0.6, 0.3)]
    return {
        "rotated vMF": compare(
            sphere, rotation, vmf[1], lambda x: vmf[1](rotated(x)), x
        ),
        "uniform to tanh": compare(
            sphere,
            along_meridians(lambda z, t: 1 - z**2),
            uniform.log_prob,
            log_tanh_law,
            x,
        ),
        "vMF(1) to vMF(5)": compare(
            sphere, along_meridians(sharpening), *vmf, x, steps=60
        ),
        "wrapped normal": compare(sphere, contraction, *wrapped, near),
        "Hutchinson": compare(
            sphere,
            along_meridians(sharpening),
            *vmf,
            x,
            steps=20,
            probes=200,
            generator=generator,
        ),
    }


if __name__ == "__main__":
    spaces = {
        "sphere": (Hypersphere(2), divergence_on_sphere),
        "rotations": (SpecialOrthogonal(3, equip=True), divergence_on_rotations),
        "hyperboloid": (Hyperboloid(2), divergence_on_hyperboloid),
        "poincare_ball": (PoincareBall(2), divergence_on_poincare_ball),
        "spd": (SPDMatrices(2), divergence_on_spd),
    }
    errors = {name: divergence_errors(*parts) for name, parts in spaces.items()}
    print(json.dumps({"divergence": errors, "density": densities()}))
