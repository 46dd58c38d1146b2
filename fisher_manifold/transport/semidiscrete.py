"""Semidiscrete transport: from a source law to a whole data set of targets."""

import dataclasses
import warnings
from typing import Any

import optree
from tqdm import tqdm

from ..geometry.arrays import float64_like
from .checks import check_conditions
from .cost import is_labels
from .pairs import Match, as_numpy, check_batches, check_points, index_like, uniform
from .potentials import Potentials
from .potentials_file import load_potentials, save_potentials
from .targets import TargetSet


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


class SemidiscreteCoupling:
    """Optimal transport from a source law to all targets of a data set.

    Minibatch couplings solve another problem for every batch; this one learns one
    potential for each target, beforehand (`fit`), and then pairs by one arg-min.  The
    source points of a batch keep their order, and **the targets of the batch are
    replaced** by those that the whole data set offers: over many batches each occurs
    with its weight.  Conditions that belong to targets are therefore given here.

    Equal targets are merged, with the sum of their weights, and drawn in proportion to
    their weights.  Targets are gone through in blocks: memory stays O(N).

    Parameters
    ----------
    space : Manifold
        Any geomstats space.
    targets : array-like, shape=[N, *space.shape] or int array of labels
        All targets.
    weights : array-like, shape=[N], optional
        Weights of sum 1; default: equal.
    conditions : pytree of array-like, optional
        What belongs to the targets, first axis N.

    Raises
    ------
    ValueError
        If there are no targets, one is off the space, or weights do not sum to 1.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(1), length=1)
    >>> targets = torch.tensor([[0], [1]])
    >>> coupling = SemidiscreteCoupling(space, targets, torch.tensor([0.25, 0.75]))
    >>> g = torch.Generator().manual_seed(0)
    >>> fit = coupling.fit(flow.DirichletSource(space), generator=g)
    >>> fit.masses.round(decimals=2), fit.converged
    (tensor([0.2500, 0.7500], dtype=torch.float64), True)
    >>> angle = torch.pi / 2 * torch.tensor([0.7, 0.8])  # from vertex 0
    >>> x0 = torch.stack([angle.cos(), angle.sin()], -1)[:, None]
    >>> coupling(x0, targets).x1.ravel()  # a quarter of the arc is left to vertex 0
    tensor([1, 1])
    """

    def __init__(self, space, targets, weights=None, conditions=None):
        check_points(space, targets=targets)
        check_conditions(conditions, targets.shape[0])
        self.space = space
        self.targets = targets
        self.conditions = conditions
        self._set = TargetSet(targets, weights)
        self._potentials = Potentials(space, self._set.distinct, self._set.weights)

    def fit(
        self,
        source,
        n_samples=None,
        tol=0.1,
        batch_size=2048,
        n_fresh=None,
        generator=None,
        progress=False,
    ):
        """Learn the potentials; again to go on where the last call ended.

        Parameters
        ----------
        source : object with ``sample``
            Source law: ``sample(n, generator)`` returns points of shape
            [n, *space.shape].
        n_samples : int, optional
            Draws of the source to learn from; default: 128 for each target, and at
            least two million.
        tol : float
            Marginal error that is good enough.
        batch_size : int
            Draws of a step.
        n_fresh : int, optional
            Draws to measure the result on; default: four for each target, and at least
            100 000.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness, passed to the source.
        progress : bool
            Whether to show a progress bar.

        Returns
        -------
        fit : SemidiscreteFit
            Marginal error, masses and cost.

        Warns
        -----
        ConvergenceWarning
            If the marginal error is above `tol`.
        """
        n_targets = len(self._set.weights)
        n_samples = n_samples or max(128 * n_targets, 2_000_000)
        n_fresh = n_fresh or max(4 * n_targets, 100_000)
        if not 1 <= batch_size <= min(n_samples, n_fresh):
            raise ValueError(
                f"expected batch_size between 1 and {min(n_samples, n_fresh)}, the "
                f"smaller of n_samples and n_fresh, got {batch_size}"
            )
        steps = range(n_samples // batch_size)
        for _ in tqdm(steps, desc="potentials", unit=" steps", disable=not progress):
            self._potentials.step(self._draw(source, batch_size, generator))
        fresh = (
            self._draw(source, batch_size, generator)
            for _ in range(n_fresh // batch_size)
        )
        counts, costs = self._potentials.measure(fresh)
        return self._report(counts, costs, tol)

    def _draw(self, source, n, generator):
        """Points of the source in the dtype and on the device of the targets."""
        kind = {}
        if hasattr(self.targets, "detach"):
            kind["device"] = self.targets.device
            if not is_labels(self.targets):
                kind["dtype"] = self.targets.dtype
        x0 = source.sample(n, generator, **kind)
        check_points(self.space, x0=x0)
        return x0

    def _report(self, counts, costs, tol):
        """Figures from the cells and costs of fresh noise."""
        learnt, weights, n = self._potentials, self._potentials.weights, len(costs)
        # E n_j (n_j - 1) = n (n - 1) p_j^2: without the bias of squared frequencies.
        squares = (counts * (counts - 1.0) / weights).sum() / (n * (n - 1.0))
        error = max(0.0, float(squares) - 1.0) ** 0.5
        if error > tol:
            _warn_not_converged(error, tol, learnt.n_samples)
        cost = float(costs.mean())
        masses = self._set.shares * as_numpy(counts / n)[self._set.group]
        return SemidiscreteFit(
            marginal_error=error,
            masses=float64_like(masses, self.targets),
            cost=cost,
            cost_standard_error=float(costs.std()) / n**0.5,
            dual_value=cost + float((weights - counts / n) @ learnt.average),
            n_samples=learnt.n_samples,
            n_fresh=n,
            converged=error <= tol,
        )

    def __call__(self, x0, x1=None, conditions=None, generator=None):
        """Give each source point its target.

        Parameters
        ----------
        x0 : array-like, shape=[n, *space.shape]
            Source points.
        x1 : array-like, shape=[m, ...], optional
            Targets that the pairs would otherwise have: they must be among those of the
            coupling, but are not used.
        conditions : pytree of array-like, optional
            What belongs to them; must be of the structure that the coupling was given.
        generator : torch.Generator or numpy.random.Generator, optional
            Source of randomness, for choices among equal targets.

        Returns
        -------
        pairs : Pairs
            x0 as given, with targets and conditions of the coupling.

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        ValueError
            If a target is not one of the coupling's, or conditions are given that the
            coupling does not have.
        """
        self._check_call(x0, x1, conditions)
        cells, costs = self._potentials.assign(x0, self._potentials.average)
        draws = as_numpy(uniform(len(cells), x0, generator))
        index = index_like(self._set.members(as_numpy(cells), draws), x0)
        match = Match(target_index=index, cost=float(costs.mean()))
        own = conditions if self.conditions is None else self.conditions
        return match.pairs(x0, self.targets, own)

    def _check_call(self, x0, x1, conditions):
        if self._potentials.n_steps == 0:
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(
                "expected potentials: call fit(source), or load those of an earlier fit"
            )
        check_points(self.space, x0=x0)
        if x1 is not None:
            check_batches(x0, x1, conditions, self.space)
            self._set.check_members(x1)
        given, own = _structure(conditions), _structure(self.conditions)
        if given != own:
            raise ValueError(
                f"expected conditions of the structure {own}, as the coupling was "
                f"given, got {given}: its targets replace those of the batch, so what "
                "belongs to them must be given to the coupling"
            )

    def save(self, path):
        """Save the potentials, with a digest of the targets that they belong to.

        Parameters
        ----------
        path : path-like
            File to write (numpy's zip format), by way of a temporary one beside it.
        """
        save_potentials(path, self._potentials, self._set.digest)

    @classmethod
    def load(cls, path, space, targets, weights=None, conditions=None):
        """Coupling with saved potentials.

        Parameters
        ----------
        path : path-like
            File written by `save`; reading it executes nothing.
        space, targets, weights, conditions
            As of the coupling that was saved; the order of targets may differ.

        Returns
        -------
        coupling : SemidiscreteCoupling
            Ready to pair, or to learn on.

        Raises
        ------
        ValueError
            If the file is damaged, or belongs to other targets or weights.
        """
        coupling = cls(space, targets, weights, conditions)
        load_potentials(path, coupling._potentials, coupling._set.digest)
        return coupling


def _structure(conditions: Any):
    """Structure of a pytree; None if it has no leaves."""
    structure = optree.tree_structure(conditions)
    return structure if structure.num_leaves else None


def _warn_not_converged(error, tol, n_samples):
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(
        f"the marginal error of the potentials is {error:.2g} after {n_samples} draws, "
        f"above tol={tol:g}: call fit again to go on, or raise n_samples or tol",
        ConvergenceWarning,
        stacklevel=3,
    )
