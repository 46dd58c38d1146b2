"""Elementary functions of two probabilities, for any array library."""

import sys

import numpy as np

from ..arrays import array_namespace


def stop_gradient(array):
    """Values of an array as a constant of differentiation."""
    if hasattr(array, "detach"):
        return array.detach()
    while type(array).__module__.startswith("autograd."):
        array = array._value
    return array


def is_known_true(condition):
    """Whether a condition holds; False where its value cannot be read.

    Values are hidden while torch traces a function (vmap, compile).
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.compiler.is_compiling():
        return False
    try:
        return bool(condition)
    except RuntimeError:
        return False


def log_ratio(numerator, denominator):
    """Return log(a / b), accurate also for a near b; 0 where both are 0.

    Infinite, with derivative 0, where one of the two is 0.
    """
    xp = array_namespace(numerator, denominator)
    no_a, no_b = numerator == 0, denominator == 0
    a = xp.where(no_a, 1.0, numerator)
    b = xp.where(no_b, 1.0, denominator)
    near = xp.abs(a - b) < 0.5 * b
    close = xp.log1p(xp.where(near, a - b, 0.0) / b)
    ratio = xp.where(near, close, xp.log(a) - xp.log(b))
    ratio = xp.where(no_a & ~no_b, -np.inf, ratio)
    ratio = xp.where(no_b & ~no_a, np.inf, ratio)
    return xp.where(no_a & no_b, 0.0, ratio)
