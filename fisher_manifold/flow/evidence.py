r"""The evidence of one site: the law of x_t given its vertex, in closed form.

A site starts at a point of the law Dirichlet(a) and moves along the geodesic towards
the vertex e_k.  On the unit sphere of dimension d the geodesic shrinks the angle to
the vertex, theta_t = (1 - kappa) theta_0, and keeps the direction, so the change of
variables in polar coordinates around e_k gives, up to a factor common to all k, the
density of x_t given x_1 = e_k (derivation: docs/evidence.md):

.. math::
    \log r_k = -\log(1 - \kappa)
      + [(d - 1) + (2a - 1) d] (\log\sin\phi_k - \log\sin\theta_k)
      + (2a - 1) (\log\cos\phi_k - \log u_k),
    \qquad \phi_k = \frac{\theta_k}{1 - \kappa},

and r_k = 0 where phi_k > pi/2.
"""

import math

import torch

from ..geometry.numerics import angles_to_vertices

LOG_ZERO = -60.0
"""Stand-in for log 0.

A finite one, lowered further by the amount of the overshoot: where rounding or a
discretised flow puts *every* vertex out of reach, the nearest one remains.
"""


def log_evidence(root, kappa, concentration=0.5):
    r"""Log density of a site's position given each vertex, up to a common constant.

    Parameters
    ----------
    root : torch.Tensor, shape=[..., d + 1]
        Unit vectors of the positive orthant.
    kappa : torch.Tensor, shape=[...] (broadcastable to the batch shape of root)
        Progress along the geodesic, 0 <= kappa < 1.
    concentration : float
        Concentration a > 0 of the Dirichlet source; 1/2 is the uniform law.

    Returns
    -------
    log_r : torch.Tensor, shape=[..., d + 1]
        0 for every vertex at kappa = 0.  Ruled out vertices get `LOG_ZERO` or less.
    """
    d = root.shape[-1] - 1
    weight = 2.0 * concentration - 1.0
    kappa = kappa[..., None]
    theta = angles_to_vertices(root)
    phi = theta / (1.0 - kappa)
    overshoot = phi - math.pi / 2
    # A start on the wall itself may land beyond it by rounding.
    inside = overshoot < 16 * torch.finfo(root.dtype).eps
    phi = torch.where(inside, phi.clamp(max=math.pi / 2), 0.0)
    # log(sin phi / sin theta) through sinc, which is neither 0 nor 0/0 at the vertex.
    log_ratio = _log_sinc(phi) - _log_sinc(torch.where(inside, theta, 0.0))
    log_ratio = log_ratio - torch.log1p(-kappa)
    log_r = ((d - 1) + weight * d) * log_ratio - torch.log1p(-kappa)
    if weight != 0:
        log_r = log_r + weight * _log_cos_ratio(root, theta, kappa, inside)
    # The slope makes the nearest of all ruled out vertices win.
    ruled_out = LOG_ZERO * (1.0 + torch.where(inside, 0.0, overshoot))
    return torch.where(inside, log_r.clamp(min=LOG_ZERO), ruled_out)


def log_contraction(start, labels, kappa):
    r"""Log of the volume that geodesics to vertices leave of each unit of volume.

    Of x_t per volume of x_0, summed over sites: with :math:`\phi` the angle between
    start and vertex and :math:`\theta = (1 - \kappa) \phi` the one left,

    .. math:: (d - 1) (\log\sin\theta - \log\sin\phi) + \log(1 - \kappa).

    The density of x_t given x_1 = e_k is that of x_0 divided by this.

    Parameters
    ----------
    start : torch.Tensor, shape=[..., d + 1]
        Unit vectors of the positive orthant, at kappa = 0.
    labels : torch.Tensor of int, shape=[...]
        Vertices.
    kappa : float
        Progress along the geodesics, 0 <= kappa < 1.

    Returns
    -------
    log_contraction : torch.Tensor, shape=[...]
        Logarithms, for each site; 0 at kappa = 0.
    """
    d = start.shape[-1] - 1
    phi = angles_to_vertices(start).gather(-1, labels[..., None])[..., 0]
    ratio = _log_sinc((1.0 - kappa) * phi) - _log_sinc(phi)
    return (d - 1) * ratio + d * math.log1p(-kappa)


def _log_sinc(angle):
    """log(sin(x)/x) on [0, pi/2]; by its series where sin(x)/x would be 0/0."""
    small = angle < 0.1
    near = torch.where(small, angle, 0.0) ** 2
    far = torch.where(small, 1.0, angle)
    series = -near * (1 / 6 + near * (1 / 180 + near * (1 / 2835 + near / 37800)))
    return torch.where(small, series, torch.log(torch.sin(far) / far))


def _log_cos_ratio(root, theta, kappa, inside):
    """log(cos(phi)/u) as log(cos(delta) - tan(theta) sin(delta)), delta = phi - theta.

    Free of the cancellation of cos(phi) near the wall; exactly 0 at kappa = 0.
    """
    delta = torch.where(inside, theta, 0.0) * kappa / (1.0 - kappa)
    tiny = torch.finfo(root.dtype).tiny
    tangent = torch.sin(theta) / root.clamp(min=tiny)
    ratio = torch.cos(delta) - torch.where(delta > 0, tangent, 0.0) * torch.sin(delta)
    floor = math.exp(LOG_ZERO)
    return torch.log(torch.where(ratio > floor, ratio, floor))
