r"""Solvers of fixed steps: Runge-Kutta and Adams methods in normal coordinates.

A step from x works with w = log_x of the point, in the flat tangent space at x, where
the flow is an ordinary differential equation,

.. math:: \dot w = d(\log_x)_y \, v(y, t), \qquad y = \exp_x(w), \quad w(0) = 0,

and a method of order p for it is of order p on the manifold (docs/samplers.md).
Euler's method is x <- exp_x(h v(x, t)).

A solver has one method, ``step(problem, x, now, after)``, which returns the points at
the time after; the `Problem` evaluates the field, and counts.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class RungeKutta:
    """Explicit Runge-Kutta method in normal coordinates, of a given Butcher tableau.

    Parameters
    ----------
    nodes : tuple of float, length=s
        Times of the stages as shares of the step; the first is 0.
    matrix : tuple of tuple of float, length=s - 1
        Row i: weights of the slopes 0 to i that lead to stage i + 1.
    weights : tuple of float, length=s
        Weights of the slopes in the step; they sum to 1.

    Raises
    ------
    ValueError
        If the sizes of nodes, matrix and weights do not go together, the first node is
        not 0, or the weights do not sum to 1.

    References
    ----------
    H. Munthe-Kaas, High order Runge-Kutta methods on manifolds, Applied Numerical
    Mathematics 29 (1999), with exp of the metric in the place of a group action.

    Examples
    --------
    >>> from fisher_manifold import flow
    >>> heun = flow.RungeKutta((0.0, 1.0), ((1.0,),), (0.5, 0.5))
    >>> heun == flow.HEUN
    True
    """

    nodes: tuple
    matrix: tuple
    weights: tuple

    def __post_init__(self):
        stages = len(self.nodes)
        rows = [len(row) for row in self.matrix]
        if not stages or len(self.weights) != stages or rows != list(range(1, stages)):
            raise ValueError(
                "expected as many weights as nodes and rows of 1, 2, ... entries, got "
                f"{stages} nodes, {len(self.weights)} weights and rows of {rows}"
            )
        if self.nodes[0] != 0 or not abs(sum(self.weights) - 1.0) <= 1e-9:
            raise ValueError(
                "expected the first node 0 and weights of sum 1, got "
                f"{self.nodes[0]} and {sum(self.weights)}"
            )

    def step(self, problem, x, now, after):
        """Move points over one interval of time.

        Parameters
        ----------
        problem : Problem
            Field at the samples; evaluated once for each stage.
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the time now.
        now, after : float
            Ends of the interval.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points at the time after.
        """
        length = after - now
        slopes = [problem.velocity(x, now)]
        for node, row in zip(self.nodes[1:], self.matrix, strict=True):
            y = problem.move(x, length * combine(row, slopes))
            velocity = problem.velocity(y, now + node * length)
            slopes.append(problem.pull_back(velocity, y, x))
        return problem.move(x, length * combine(self.weights, slopes))


@dataclasses.dataclass(frozen=True)
class AdamsBashforth:
    r"""Two-step method: order 2 at one evaluation for each step.

    The velocity of the step before is taken along, in normal coordinates at the new
    point; with r the ratio of this step to the one before,

    .. math:: w = h \big[(1 + r/2)\, v_n - (r/2)\, d(\log_{x_n}) v_{n-1}\big].

    The first step is Euler's.

    References
    ----------
    E. Hairer, S. P. Norsett and G. Wanner, Solving Ordinary Differential Equations I,
    section III.5.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import flow, networks
    >>> path = flow.GeodesicPath(fm.PositiveHypersphere(dim=2))
    >>> field = flow.PosteriorField(networks.MLP((3,), 8, 1), path)
    >>> for solver in (flow.AdamsBashforth(), flow.HEUN):  # both of order 2
    ...     flow.sample(field, path, 4, steps=10, solver=solver).n_evaluations
    10
    20
    """

    def step(self, problem, x, now, after):
        """Move points over one interval of time.

        Parameters
        ----------
        problem : Problem
            Field at the samples, evaluated once; remembers the step before.
        x : torch.Tensor, shape=[n, *space.shape]
            Points at the time now.
        now, after : float
            Ends of the interval.

        Returns
        -------
        moved : torch.Tensor, shape=[n, *space.shape]
            Points at the time after.
        """
        velocity, length = problem.velocity(x, now), after - now
        slope = velocity
        if problem.memory is not None:
            earlier, point, old = problem.memory
            half = 0.5 * length / (now - earlier)
            old = problem.pull_back(old, point, x)
            slope = (1.0 + half) * velocity - half * old
        problem.memory = now, x, velocity
        return problem.move(x, length * slope)


def combine(weights, slopes):
    """Linear combination of slopes; those of weight 0 are left out."""
    terms = [w * k for w, k in zip(weights, slopes, strict=True) if w != 0]
    return sum(terms[1:], terms[0])


EULER = RungeKutta((0.0,), (), (1.0,))
HEUN = RungeKutta((0.0, 1.0), ((1.0,),), (0.5, 0.5))
MIDPOINT = RungeKutta((0.0, 0.5), ((0.5,),), (0.0, 1.0))
RK4 = RungeKutta(
    (0.0, 0.5, 0.5, 1.0),
    ((0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
    (1 / 6, 1 / 3, 1 / 3, 1 / 6),
)

SOLVERS = {
    "euler": EULER,
    "adams": AdamsBashforth(),
    "heun": HEUN,
    "midpoint": MIDPOINT,
    "rk4": RK4,
}


def find_solver(solver):
    """Solver of a name, or the given object itself.

    Parameters
    ----------
    solver : str or object with ``step``
        Name in `SOLVERS`, or a solver.

    Returns
    -------
    solver : object with ``step``
        Solver.

    Raises
    ------
    ValueError
        If there is no solver of that name.
    TypeError
        If an object has no method ``step``.
    """
    if isinstance(solver, str):
        if solver not in SOLVERS:
            raise ValueError(
                f"expected a solver of {', '.join(SOLVERS)}, or an object like "
                f"flow.Adaptive(), got {solver!r}"
            )
        return SOLVERS[solver]
    if isinstance(solver, type) or not callable(getattr(solver, "step", None)):
        raise TypeError(
            "expected the name of a solver or an object with a method step(problem, x, "
            f"now, after), got {solver!r}"
        )
    return solver
