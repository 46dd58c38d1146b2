"""How good learnt potentials are."""

import dataclasses
import warnings
from typing import Any

from ..geometry.arrays import float64_like
from .pairs import as_numpy


@dataclasses.dataclass(frozen=True)
class SemidiscreteFit:
    """How good learnt potentials are, measured on noise that they were not learnt from.

    Attributes
    ----------
    marginal_error : float
        Root of the chi-squared divergence of the cells' masses from the weights, with
        the chance of counting taken out: at least the sum of absolute errors.
    masses : array-like, shape=[N]
        Estimated mass of each target's cell.
    cost : float
        Expected squared distance of a pair.
    cost_standard_error : float
        Standard error of the cost.
    dual_value : float
        Estimated value of the dual problem: at most the squared Wasserstein distance,
        up to the chance of its estimate.
    n_samples, n_fresh : int
        Draws that the potentials were learnt from, in all, and that these figures were
        measured on.
    converged : bool
        Whether the marginal error is at most the tolerance.
    """

    marginal_error: float
    masses: Any
    cost: float
    cost_standard_error: float
    dual_value: float
    n_samples: int
    n_fresh: int
    converged: bool


def report(potentials, target_set, counts, costs, tol, like):
    """Figures from the cells and costs of fresh noise.

    Parameters
    ----------
    potentials : Potentials
        What was learnt.
    target_set : TargetSet
        Its targets.
    counts : torch.Tensor, shape=[n]
        Draws in the cell of each distinct target.
    costs : torch.Tensor, shape=[n_draws]
        Costs of their ways.
    tol : float
        Marginal error that is good enough.
    like : array-like
        Array whose library the masses are to be of.

    Returns
    -------
    fit : SemidiscreteFit
        Figures.

    Warns
    -----
    ConvergenceWarning
        If the marginal error is above `tol`.
    """
    weights, n = potentials.weights, len(costs)
    # E n_j (n_j - 1) = n (n - 1) p_j^2: without the bias of squared frequencies.
    squares = (counts * (counts - 1.0) / weights).sum() / (n * (n - 1.0))
    error = max(0.0, float(squares) - 1.0) ** 0.5
    if error > tol:
        _warn_not_converged(error, tol, potentials.n_samples)
    cost = float(costs.mean())
    masses = target_set.shares * as_numpy(counts / n)[target_set.group]
    return SemidiscreteFit(
        marginal_error=error,
        masses=float64_like(masses, like),
        cost=cost,
        cost_standard_error=float(costs.std()) / n**0.5,
        dual_value=cost + float((weights - counts / n) @ potentials.average),
        n_samples=potentials.n_samples,
        n_fresh=n,
        converged=error <= tol,
    )


def _warn_not_converged(error, tol, n_samples):
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(
        f"the marginal error of the potentials is {error:.2g} after {n_samples} draws, "
        f"above tol={tol:g}: call fit again to go on, or raise n_samples or tol",
        ConvergenceWarning,
        stacklevel=4,
    )
