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

import functools
import math

import torch

from ..geometry.arrays import (
    in_blocks,
    needs_derivatives,
    smallest_normal,
    sum_tolerance,
)
from ..geometry.numerics import angles_to_vertices, near_vertices

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

    Raises
    ------
    ValueError
        If kappa is not in [0, 1) or the concentration not above 0.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import flow
    >>> u = torch.tensor([0.36, 0.48, 0.8]).expand(2, 3)
    >>> log_r = flow.log_evidence(u, kappa=torch.tensor([0.0, 0.45]))
    >>> log_r[0] == 0, log_r[1] <= -60  # at 0.45 only the category 2 can be meant
    (tensor([True, True, True]), tensor([ True,  True, False]))
    """
    if not concentration > 0:
        raise ValueError(f"expected a concentration above 0, got {concentration}")
    if not bool(((kappa >= 0) & (kappa < 1)).all()):
        raise ValueError(
            "expected 0 <= kappa < 1, got "
            f"{float(kappa.min()):.4g} to {float(kappa.max()):.4g}: at 1 the point is "
            "the vertex itself"
        )
    kappa = kappa[..., None].expand(*root.shape[:-1], 1)
    flat = root.reshape(-1, root.shape[-1])
    evidence = functools.partial(_log_evidence, concentration=concentration)
    return in_blocks(evidence, flat, kappa.reshape(-1, 1)).reshape(root.shape)


def encode_belief(log_r, encode=None):
    """Normalised evidence, a site's belief, as a network is given it.

    Parameters
    ----------
    log_r : torch.Tensor, shape=[..., d + 1]
        Log evidence, up to a constant at each site.
    encode : callable, optional
        Function of the log ratios of beliefs to the uniform law, shape=[n, d + 1].
        Default: `root_belief`.

    Returns
    -------
    encoded : torch.Tensor, shape=[..., d + 1]
        Values of the function.
    """

    def of_rows(log_r):
        return encode(torch.log_softmax(log_r, -1) + math.log(log_r.shape[-1]))

    rows = log_r.reshape(-1, log_r.shape[-1])
    return in_blocks(of_rows if encode else root_belief, rows).reshape(log_r.shape)


def root_belief(log_ratio):
    r"""Root of a belief relative to the uniform law: :math:`\sqrt{(d + 1)\, b} - 1`.

    The belief b of a site, its normalised evidence, as a point of the sphere: 0 where
    nothing is known, bounded for any evidence, and steep where beliefs are still open.

    Parameters
    ----------
    log_ratio : torch.Tensor, shape=[..., d + 1]
        Logarithms of the belief's ratio to the uniform law, up to a constant.

    Returns
    -------
    root : torch.Tensor, shape=[..., d + 1]
        From -1 to sqrt(d + 1) - 1.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import flow
    >>> sure = torch.tensor([4.0, 0.0, 0.0, 0.0]).log()  # 4 times the uniform law
    >>> flow.root_belief(torch.stack([torch.zeros(4), sure]))
    tensor([[ 0.,  0.,  0.,  0.],
            [ 1., -1., -1., -1.]])
    """
    # One pass of exp: roots of b are unit vectors, whatever constant log b lacks.
    root = torch.exp((log_ratio - log_ratio.amax(-1, keepdim=True)) / 2)
    norm = torch.linalg.vector_norm(root, dim=-1, keepdim=True)
    return root * (root.shape[-1] ** 0.5 / norm) - 1.0


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
    theta = (1.0 - kappa) * phi
    ratio = _log_sine_ratio(theta, torch.cos(theta), kappa / (1.0 - kappa))
    return math.log1p(-kappa) - (d - 1) * ratio


def _log_evidence(root, kappa, concentration):
    """`log_evidence` of rows, shape=[n, d + 1], at times of shape [n, 1]."""
    d = root.shape[-1] - 1
    weight = 2.0 * concentration - 1.0
    speed = kappa / (1.0 - kappa)
    # A start on the wall itself may land beyond it by the rounding of unit vectors.
    rounding = 3.0 * sum_tolerance(root, d + 1) * (math.pi / 2) * speed.clamp(max=1.0)
    terms = _smooth if needs_derivatives(root, kappa) else _in_place
    log_ratio, theta, beyond = terms(root, speed, rounding)
    log_r = torch.add(-torch.log1p(-kappa), log_ratio, alpha=(d - 1) + weight * d)
    if weight != 0:
        log_r = log_r + weight * _log_cosine_ratio(theta, root, speed)
        log_r = log_r.clamp(min=LOG_ZERO)
    # The slope makes the nearest of all ruled out vertices win; all are below LOG_ZERO.
    least = root.new_full((), 1.001 * LOG_ZERO)
    return torch.minimum(log_r, torch.add(least, beyond, alpha=LOG_ZERO))


def _smooth(root, speed, rounding):
    """Log of the ratio of sines, angles, and how far beyond the wall phi is.

    Ruled out entries have angle 0; the others are as far inside as numbers go.
    """
    theta = angles_to_vertices(root)
    low = root < 0.5
    # Small entries through their elevation: early, and among many categories, most
    # are near their wall.
    elevation = torch.asin(torch.where(low, root, 0.0))
    elevation = torch.where(low, elevation, math.pi / 2 - theta)
    beyond = speed * theta - elevation - rounding
    outside = beyond > 0
    theta = torch.where(outside, 0.0, theta)
    log_ratio = _log_sine_ratio(theta, root, speed)
    return log_ratio, theta, torch.where(outside, beyond, _far_inside(root))


def _in_place(root, speed, rounding):
    """`_smooth` without derivatives: no masks, on which processors guess wrong.

    Ruled out entries have the ratio of the wall instead of an angle of 0.
    """
    elevation = torch.asin(root)
    theta = math.pi / 2 - elevation
    squared_sine = torch.addcmul(root.new_ones(()), root, root, value=-1)
    near, angle = near_vertices(root)
    if len(angle):
        angle.clamp_(min=smallest_normal(angle) ** 0.4)  # 0 / 0 at the vertex
        theta[near], elevation[near] = angle, math.pi / 2 - angle
        squared_sine[near] = torch.sin(angle).square_()
    delta = speed * theta
    beyond = (delta - elevation).sub_(rounding)
    half = torch.minimum(delta, elevation, out=delta).mul_(0.5).sin_()
    # As in `_log_sine_ratio`, with sin(delta) = 2 half sqrt(1 - half^2), where delta is
    # not above pi/2, and one square root for both sines.
    rise = torch.addcmul(root.new_full((), 4.0), half, half, value=-4)
    rise = rise.div_(squared_sine).sqrt_().mul_(root)
    log_ratio = rise.sub_(half, alpha=2).mul_(half).log1p_()
    return log_ratio, theta, torch.threshold_(beyond, 0.0, _far_inside(root))


def _far_inside(root):
    """Overshoot that is lower than any, and times `LOG_ZERO` still a finite number."""
    return -torch.finfo(root.dtype).max / 64


def _log_sine_ratio(theta, cosine, speed):
    """log(sin(theta + delta) / sin(theta)) for delta = speed theta, cosine of theta.

    By the addition theorem the ratio is 1 + cot(theta) sin(delta) - 2 sin(delta/2)^2,
    where the first term is at least twice the second up to theta + delta = pi/2: the
    relative error is a few eps, which (d - 1) of them need where d is large.
    """
    delta = speed * theta
    rise = speed * cosine * _sinc(delta) / _sinc(theta)
    return torch.log1p(rise - 2.0 * torch.sin(0.5 * delta) ** 2)


def _log_cosine_ratio(theta, cosine, speed):
    """log(cos(theta + delta) / cos(theta)), likewise; exactly 0 at kappa = 0."""
    delta = speed * theta
    tangent = torch.sin(theta) / cosine.clamp(min=torch.finfo(cosine.dtype).tiny)
    fall = torch.where(delta > 0, tangent, 0.0) * torch.sin(delta)
    fall = fall + 2.0 * torch.sin(0.5 * delta) ** 2
    # On the wall the ratio is 0, or less by rounding.
    beyond = 1.0 - fall < math.exp(LOG_ZERO)
    return torch.where(beyond, LOG_ZERO, torch.log1p(-torch.where(beyond, 0.0, fall)))


def _sinc(angle):
    """sin(x)/x for x >= 0; by its series near 0, for the sake of its derivative."""
    small = angle < 0.1
    y = torch.where(small, angle, 0.0) ** 2
    far = torch.where(small, 1.0, angle)
    series = 1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72)))
    return torch.where(small, series, torch.sin(far) / far)
