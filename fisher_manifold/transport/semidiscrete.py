"""Semidiscrete transport: from a source law to a whole data set of targets."""

import operator
from typing import Any

import optree
from tqdm import tqdm

from ..geometry.arrays import array_namespace
from .checks import check_conditions
from .cost import is_labels
from .pairs import Match, as_numpy, check_batches, check_points, index_like, uniform
from .potentials import Potentials
from .potentials_file import load_potentials, save_potentials
from .semidiscrete_fit import report
from .targets import TargetSet


class SemidiscreteCoupling:
    """Optimal transport from a source law to all targets of a data set.

    Minibatch couplings solve another problem for every batch; this one learns one
    potential for each target, beforehand (`fit`), and then pairs by one arg-min.  The
    source points of a batch keep their order, and **the targets of the batch are
    replaced** by those that the whole data set offers: over many batches each occurs
    with its weight.  Conditions that belong to targets are therefore given here.

    The source given a condition is *not* the whole source: cells of different labels
    are at different places.  For a conditioned model learn one coupling for each label.

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
    >>> fit.masses.round(decimals=2).tolist(), fit.converged
    ([0.25, 0.75], True)
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
            Draws of a step, at most.
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

        Raises
        ------
        ValueError
            If a number of draws is below 2.

        Warns
        -----
        ConvergenceWarning
            If the marginal error is above `tol`.
        """
        n_targets = len(self._set.weights)
        if n_samples is None:
            n_samples = max(128 * n_targets, 2_000_000)
        if n_fresh is None:
            n_fresh = max(4 * n_targets, 100_000)
        for name, value in (
            ("n_samples", n_samples),
            ("n_fresh", n_fresh),
            ("batch_size", batch_size),
        ):
            if operator.index(value) < 2:
                raise ValueError(f"expected {name} >= 2, got {value}")
        batch_size = min(batch_size, n_samples, n_fresh)
        steps = range(n_samples // batch_size)
        for _ in tqdm(steps, desc="potentials", unit=" steps", disable=not progress):
            self._potentials.step(self._draw(source, batch_size, generator))
        fresh = (
            self._draw(source, batch_size, generator)
            for _ in range(n_fresh // batch_size)
        )
        counts, costs = self._potentials.measure(fresh)
        return report(self._potentials, self._set, counts, costs, tol, self.targets)

    def _draw(self, source, n, generator):
        """Points of the source in the dtype and on the device of the targets."""
        kind = {}
        if hasattr(self.targets, "detach"):
            kind["device"] = self.targets.device
            if not is_labels(self.targets):
                kind["dtype"] = self.targets.dtype
        x0 = source.sample(n, generator, **kind)
        array_namespace(x0, self.targets)
        check_points(self.space, x0=x0)
        return x0

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
        if x1 is None and conditions is None:
            return
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

    def check_data(self, x1):
        """Raise unless all of a data set are targets: before training, not within.

        Parameters
        ----------
        x1 : array-like, shape=[m, ...]
            Targets, in the dtype of the coupling's.
        """
        self._set.check_members(x1)

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
