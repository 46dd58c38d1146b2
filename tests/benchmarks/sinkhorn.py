"""Entropic plans beside POT's and the exact one: time, marginal error, cost.

``python tests/benchmarks/sinkhorn.py [--sizes 512 1024 2048]`` prints a Markdown table:
medians of three rounds in which contenders take turns.  Costs of 4 sites of 100
categories from uniform noise to random labels, seed 0; every solver is asked for a
marginal error of 1e-3 (POT measures the 2-norm: 1e-3 over the root of n).
"""

import argparse
import statistics
import time
import warnings

import numpy as np
import ot
import torch

import fisher_manifold as fm
from fisher_manifold import transport

ROUNDS = 3


def costs(n):
    space = fm.SequenceManifold(fm.PositiveHypersphere(99), 4)
    g = torch.Generator().manual_seed(0)
    x0 = space.random_point(n, generator=g)
    return transport.pairwise_squared_dist(
        space, x0, torch.randint(100, (n, 4), generator=g)
    )


def pot(cost, eps, method):
    n = len(cost)
    stop = 1e-3 / n**0.5
    return ot.sinkhorn(
        np.full(n, 1 / n), np.full(n, 1 / n), cost, eps, method, 20_000, stop
    )


def problem(n):
    """Costs, and solvers that return plans."""
    cost = costs(n)
    matrix = cost.double().numpy()
    contenders = {}
    for epsilon in (0.5, 0.1, 0.05, 0.01):
        eps = epsilon * matrix.mean()

        def ours(epsilon=epsilon):
            return transport.sinkhorn_plan(cost, epsilon=epsilon, max_iter=20_000).plan

        contenders[f"ours, {epsilon}"] = ours
        for method in ("sinkhorn_log", "sinkhorn_stabilized"):

            def theirs(eps=eps, method=method):
                return pot(matrix, eps, method)

            contenders[f"POT {method}, {epsilon}"] = theirs
    for solver in ("scipy", "lapx"):

        def exact(solver=solver):
            space = fm.PositiveHypersphere(99)
            match = transport.ExactCoupling(space, solver).match(cost)
            plan = np.zeros_like(matrix)
            plan[match.source_index, np.arange(n)] = 1 / n
            return plan

        contenders[f"exact, {solver}"] = exact
    return matrix, contenders


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    sizes = parser.parse_args().sizes
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("| n | solver, relative epsilon | ms | marginal error | cost over exact |")
    print("|---:|---|---:|---:|---:|")
    for n in sizes:
        matrix, contenders = problem(n)
        times, plans = {name: [] for name in contenders}, {}
        for _ in range(ROUNDS):
            for name, solve in contenders.items():
                start = time.perf_counter()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    plans[name] = np.asarray(solve())
                times[name].append(time.perf_counter() - start)
        best = (plans["exact, scipy"] * matrix).sum()
        for name, plan in plans.items():
            error = abs(plan.sum(1) - 1 / n).sum() + abs(plan.sum(0) - 1 / n).sum()
            over = (plan * matrix).sum() / best - 1
            spent = 1e3 * statistics.median(times[name])
            print(f"| {n} | {name} | {spent:.1f} | {error:.0e} | {over:+.1%} |")


if __name__ == "__main__":
    main()
