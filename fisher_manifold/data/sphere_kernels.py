r"""Mixtures of von Mises-Fisher laws on the sphere, and density estimates by them.

The von Mises-Fisher law with centre c and concentration :math:`\kappa` has, with
respect to the area of the unit sphere, the density

.. math:: \frac{\kappa}{2 \pi (1 - e^{-2 \kappa})} e^{-\kappa |x - c|^2 / 2}

(K. V. Mardia and P. E. Jupp, Directional Statistics, 2000, section 9.3.2).  For large
:math:`\kappa` it is a normal law with standard deviation
:math:`\kappa^{-1/2}` in every direction.
"""

from dataclasses import dataclass

import numpy as np

from fisher_manifold.data._checks import check_probabilities

__all__ = ["SphereKernels", "fit_sphere_kernels"]

_BLOCK = 2**22
"""Pairs of a point and a centre computed at once."""


@dataclass(frozen=True, eq=False)
class SphereKernels:
    """Equal mixture over centres of a mixture over von Mises-Fisher concentrations.

    Parameters
    ----------
    centres : float64 array, shape=[n, 3]
        Unit vectors.
    concentrations : float64 array, shape=[m]
        Positive concentrations.
    weights : float64 array, shape=[m]
        Probabilities of the concentrations.

    Raises
    ------
    ValueError
        If the centres are not unit vectors, concentrations are not positive, or weights
        are not as many.

    Examples
    --------
    >>> law = SphereKernels(np.eye(3), np.array([1e-9]), np.array([1.0]))
    >>> float(np.exp(law.log_prob(np.eye(3)))[0] * 4 * np.pi).__round__(6)  # uniform
    1.0
    """

    centres: np.ndarray
    concentrations: np.ndarray
    weights: np.ndarray

    def __post_init__(self):
        centres = np.asarray(self.centres, dtype=np.float64)
        if centres.ndim != 2 or centres.shape[1] != 3 or len(centres) == 0:
            raise ValueError(
                f"centres must have shape [n, 3] with n >= 1, not {centres.shape}"
            )
        wrong = ~(np.abs(np.linalg.norm(centres, axis=1) - 1) <= 1e-6)
        if wrong.any():
            raise ValueError(
                f"centres must be unit vectors; {centres[wrong][0].tolist()} stands at "
                f"index {int(wrong.argmax())}"
            )
        concentrations = np.asarray(self.concentrations, dtype=np.float64)
        good = np.isfinite(concentrations) & (concentrations > 0)
        if concentrations.ndim != 1 or not good.all():
            raise ValueError(
                "concentrations must be a list of finite positive numbers, not "
                f"{concentrations.tolist()}"
            )
        weights = check_probabilities(self.weights, "weights", n_axes=1)
        if len(weights) != len(concentrations):
            raise ValueError(
                f"expected a weight for each of {len(concentrations)} concentrations, "
                f"got {len(weights)}"
            )
        for name, value in (
            ("centres", centres),
            ("concentrations", concentrations),
            ("weights", weights),
        ):
            object.__setattr__(self, name, value)

    def log_prob(self, points):
        """Log-density at points, in nats, with respect to the area.

        Parameters
        ----------
        points : array-like, shape=[k, 3]
            Unit vectors.

        Returns
        -------
        log_prob : float64 array, shape=[k]
            Log-densities.
        """
        scales = self._log_prob_of_scales(points)
        with np.errstate(divide="ignore"):
            return np.logaddexp.reduce(np.log(self.weights) + scales, axis=1)

    def sample(self, n, rng):
        """Draw points.

        Parameters
        ----------
        n : int
            Number of points.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        points : float64 array, shape=[n, 3]
            Unit vectors.
        """
        centre = self.centres[rng.integers(len(self.centres), size=n)]
        kappa = rng.choice(self.concentrations, size=n, p=self.weights)
        # 1 - cos of the angle, by its inverse distribution function, without
        # cancellation for large concentrations
        uniform = rng.random(n)
        versine = -np.log1p(-uniform * -np.expm1(-2 * kappa)) / kappa
        versine = np.clip(versine, 0.0, 2.0)
        direction = rng.normal(size=(n, 3))
        direction -= (direction * centre).sum(1, keepdims=True) * centre
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        sine = np.sqrt(versine * (2 - versine))
        points = (1 - versine)[:, None] * centre + sine[:, None] * direction
        return points / np.linalg.norm(points, axis=1, keepdims=True)

    def _log_prob_of_scales(self, points, leave_out=None):
        """Log-densities of each concentration's own mixture, shape=[k, m].

        The centre of index ``leave_out[i]`` is left out at point i.
        """
        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3:
            raise ValueError(f"points must have shape [k, 3], not {points.shape}")
        n = len(self.centres)
        parts = []
        rows = max(1, _BLOCK // n)
        for first in range(0, len(points), rows):
            block = points[first : first + rows]
            half = np.maximum(1.0 - block @ self.centres.T, 0.0)
            count = n
            if leave_out is not None:
                gone = leave_out[first : first + rows]
                half[np.arange(len(block)), gone] = np.inf
                count = n - 1
            nearest = half.min(axis=1)
            half -= nearest[:, None]
            with np.errstate(divide="ignore"):
                values = [
                    np.log(np.exp(-kappa * half).sum(axis=1)) - kappa * nearest
                    for kappa in self.concentrations
                ]
            parts.append(np.stack(values, axis=1) - np.log(count))
        kappa = self.concentrations
        constant = np.log(kappa / (2 * np.pi)) - np.log(-np.expm1(-2 * kappa))
        return np.concatenate(parts) + constant


def fit_sphere_kernels(centres, concentrations, *, at_most=4000, steps=300, rng=None):
    """Kernel density estimate on the sphere, the weights of its widths learnt.

    The weights maximise the likelihood of the centres themselves, each left out of its
    own estimate, by expectation-maximisation.  With one concentration this is the
    ordinary estimate.

    Parameters
    ----------
    centres : array-like, shape=[n, 3]
        Data, at least two unit vectors.
    concentrations : array-like, shape=[m]
        Concentrations to choose from.
    at_most : int
        Centres that the weights are learnt from, drawn without replacement if there
        are more; all of them are centres of the result.
    steps : int
        Steps of the maximisation.
    rng : numpy.random.Generator, optional
        Needed where there are more than `at_most` centres.

    Returns
    -------
    law : SphereKernels
        The estimate.

    Raises
    ------
    ValueError
        If there are fewer than two centres, or they are not unit vectors.

    Examples
    --------
    >>> import numpy as np
    >>> from fisher_manifold import data
    >>> east = np.array([0.0, 0.01, 2.0, 2.01])  # two near pairs of places
    >>> places = data.sphere_from_degrees(np.zeros(4), east)
    >>> law = data.fit_sphere_kernels(places, [10.0, 1e6])
    >>> law.weights.round(3)  # narrow kernels foretell the other of a pair
    array([0., 1.])
    """
    centres = np.asarray(centres, dtype=np.float64)
    concentrations = np.asarray(concentrations, dtype=np.float64)
    even = np.full(len(concentrations), 1 / max(1, len(concentrations)))
    start = SphereKernels(centres, concentrations, even)
    if len(centres) < 2:
        raise ValueError("expected at least two centres, got one")
    rows = np.arange(len(centres))
    if len(rows) > at_most:
        if rng is None:
            raise ValueError(
                f"{len(rows)} centres are more than at_most={at_most}: pass "
                "rng=numpy.random.default_rng(seed) to draw from them"
            )
        rows = rng.choice(rows, at_most, replace=False)
    log_prob = start._log_prob_of_scales(centres[rows], leave_out=rows)
    likelihood = np.exp(log_prob - log_prob.max(axis=1, keepdims=True))
    weights = even
    for _ in range(steps):
        share = weights * likelihood
        weights = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
    return SphereKernels(centres, concentrations, weights / weights.sum())
