"""Statistics on products of unit spheres by numpy and scipy, site by site.

Roots have shape [n, ..., entries]; distances are those of the sphere of radius 2.
"""

import numpy as np
import scipy.optimize


def angle(a, b):
    """Angle between unit vectors by the half-angle formula of Kahan."""
    return 2 * np.arctan2(
        np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)
    )


def distances(a, b):
    """Distances of all pairs, shape=[n_a, n_b]."""
    angles = angle(a[:, None], b[None])
    return 2 * np.sqrt((angles.reshape(*angles.shape[:2], -1) ** 2).sum(axis=-1))


def logs(roots, base):
    """Logs on the unit sphere, by the textbook formula."""
    cosine = (roots * base).sum(axis=-1, keepdims=True)
    sine = np.linalg.norm(roots - cosine * base, axis=-1, keepdims=True)
    ratio = np.arctan2(sine, cosine) / np.where(sine > 0, sine, 1.0)
    return ratio * (roots - cosine * base)


def mean(roots):
    """Zero of the mean of the logs, by scipy's root finder, site by site."""
    if roots.ndim == 3:
        return np.stack([mean(roots[:, i]) for i in range(roots.shape[1])])

    def equations(vector):
        length = np.linalg.norm(vector)
        return logs(roots, vector / length).mean(axis=0) + (length - 1) * vector

    found = scipy.optimize.root(equations, roots.mean(axis=0), tol=1e-14)
    assert abs(equations(found.x)).max() < 1e-11, found
    return found.x


def incremental_mean(roots):
    """Moves the mean 1 / k of the way to the k-th point, along great circles."""
    current = roots[0]
    for k, root in enumerate(roots[1:], start=2):
        theta = angle(current, root)[..., None]
        sine = np.where(theta > 0, np.sin(theta), 1.0)
        moved = np.sin(theta * (1 - 1 / k)) * current + np.sin(theta / k) * root
        current = np.where(theta > 0, moved / sine, current)
    return current


def sum_of_distances(root, roots):
    """Sum of distances from a point to others."""
    return distances(root[None], roots).sum()


def least_sum_of_distances(roots):
    """Smallest sum of distances, by a search without derivatives."""
    shape = roots.shape[1:]

    def value(vector):
        vector = vector.reshape(shape)
        root = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
        return sum_of_distances(root, roots)

    start = roots.mean(axis=0).ravel()
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000}
    for _ in range(3):
        found = scipy.optimize.minimize(
            value, start, method="Nelder-Mead", options=options
        )
        start = found.x
    return found.fun


def tangent_variances(roots):
    """Variances (Fisher metric) of the logs at the mean, in an orthonormal frame."""
    center = mean(roots)
    sites = roots.reshape(len(roots), -1, roots.shape[-1])
    centers = center.reshape(-1, roots.shape[-1])
    columns = []
    for i, base in enumerate(centers):
        frame = np.linalg.svd(base[None])[2][1:] / 2  # unit length for the metric 4 I
        columns.append(4 * logs(sites[:, i], base) @ frame.T)
    coordinates = np.concatenate(columns, axis=1)
    coordinates -= coordinates.mean(axis=0)
    singular = np.linalg.svd(coordinates, compute_uv=False)
    return singular**2 / (len(roots) - 1)


def same_partition(labels, truth):
    """Whether two labellings in 0 and 1 are the same up to names."""
    return np.array_equal(labels, truth) or np.array_equal(labels, 1 - truth)
