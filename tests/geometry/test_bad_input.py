"""Every operation refuses wrong shapes, integers, and mixtures of types and devices."""

import numpy as np
import pytest
import torch

import fisher_manifold as fm

from .helpers import SMALL_SPACES, each_small_space, interior_points, tangents, tensor


def operations(space):
    """Functions of named arrays: points a and b, and vectors v and w at a."""
    metric = space.metric
    table = {
        "exp": lambda v, a: metric.exp(v, a),
        "clip": lambda v, a: metric.exp(v, a, boundary="clip"),
        "exit_time": lambda v, a: metric.exit_time(v, a),
        "log": lambda a, b: metric.log(b, a),
        "dist": lambda a, b: metric.dist(a, b),
        "squared_dist": lambda a, b: metric.squared_dist(a, b),
        "dist_broadcast": lambda a, b: metric.dist_broadcast(a, b),
        "pairwise_squared_dist": lambda a, b: metric.pairwise_squared_dist(a, b),
        "dist_pairwise": lambda a: metric.dist_pairwise(a),
        "diameter": lambda a: metric.diameter(a),
        "closest_neighbor_index": lambda a, b: metric.closest_neighbor_index(a, b),
        "squared_dist_to_vertices": lambda a: metric.squared_dist_to_vertices(a),
        "mean_log_to_vertices": lambda a, b: metric.mean_log_to_vertices(b, a),
        "geodesic": lambda a, b: metric.geodesic(a, b),
        "shooting": lambda v, a: metric.geodesic(a, initial_tangent_vec=v),
        "geodesic_state": lambda a, b: metric.geodesic_state(a, b, 0.5),
        "geodesic_point": lambda a, b: metric.geodesic_point(a, b, 0.5),
        "transport_to": lambda v, a, b: metric.parallel_transport(v, a, end_point=b),
        "transport_along": lambda v, w, a: metric.parallel_transport(v, a, w),
        "inner_product": lambda v, w, a: metric.inner_product(v, w, a),
        "norm": lambda v, a: metric.norm(v, a),
        "normalize": lambda v, a: metric.normalize(v, a),
        "inner_coproduct": lambda v, w, a: metric.inner_coproduct(v, w, a),
        "curvature": lambda v, w, a: metric.curvature(v, w, v, a),
        "curvature_derivative": lambda v, w, a: metric.curvature_derivative(
            v, w, v, w, a
        ),
        "sectional_curvature": lambda v, w, a: metric.sectional_curvature(v, w, a),
        "log_exp_volume_density": lambda v, a: metric.log_exp_volume_density(v, a),
        "random_unit_tangent_vec": lambda a: metric.random_unit_tangent_vec(a),
        "to_tangent": lambda v, a: space.to_tangent(v, a),
        "tangent_from_root": lambda v, a: space.tangent_from_root(v, a),
        "random_tangent_vec": lambda a: space.random_tangent_vec(a),
        "sample": lambda a: space.sample(a),
        "pdf": lambda a, b: space.point_to_pdf(a)(b),
        "cdf": lambda a, b: space.point_to_cdf(a)(b),
        "check_point": lambda a: fm.check_point(space, a),
    }
    of_points = "metric_matrix cometric_matrix christoffels riemann_tensor ricci_tensor"
    of_points += " covariant_riemann_tensor scalar_curvature injectivity_radius"
    of_points += " log_volume_density volume_density inner_product_derivative_matrix"
    for name in of_points.split():
        table[name] = lambda a, name=name: getattr(metric, name)(a)
    for name in "projection sphere_coordinates probabilities regularize".split():
        table[name] = lambda a, name=name: getattr(space, name)(a)
    table["intrinsic"] = lambda a: space.extrinsic_to_intrinsic_coords(a)
    if len(space.shape) == 1:
        table["submersion"] = lambda a: space.submersion(a)
        table["to_sphere"] = lambda a: fm.SimplexToSphere()(a)
        table["to_sphere_tangent"] = lambda v, a: fm.SimplexToSphere().tangent(v, a)
    return table


def arguments(space, function):
    points = interior_points(space, 2)
    given = {
        "a": points,
        "b": interior_points(space, 2, 5),
        "v": tangents(space, points),
        "w": tangents(space, points, 2),
    }
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return {name: given[name] for name in names if name in given}


NAMES = [*operations(SMALL_SPACES[0])]
ERRORS = (TypeError, ValueError)


@each_small_space
@pytest.mark.parametrize("name", NAMES)
def test_wrong_types_and_shapes_raise(space, name):
    table = operations(space)
    if name not in table:
        return  # sequences have no submersion
    good = arguments(space, table[name])
    for library in (np.asarray, tensor):
        fine = {key: library(value) for key, value in good.items()}
        table[name](**fine)
        last = [*fine][-1]
        integers = {key: value > 0 for key, value in fine.items()}
        integers = {key: value * 1 for key, value in integers.items()}
        shorter = fine | {last: fine[last][..., :-1]}
        bad = {"shorter": shorter} if name[:9] != "to_sphere" or len(fine) > 1 else {}
        if name != "check_point":
            bad["integers"] = integers
        for what, wrong in bad.items():
            with pytest.raises(ERRORS, match="expected"):
                table[name](**wrong)
                pytest.fail(f"{name} takes {what}")


@each_small_space
@pytest.mark.parametrize("name", NAMES)
def test_mixtures_raise(space, name):
    table = operations(space)
    if name not in table:
        return
    good = arguments(space, table[name])
    if len(good) < 2:
        return
    last = [*good][-1]
    tensors = {key: tensor(value) for key, value in good.items()}
    mixtures = {
        "dtypes": good | {last: good[last].astype("float32")},
        "libraries": good | {last: tensors[last]},
        "devices": tensors | {last: tensors[last].to("meta")},
        "torch dtypes": tensors | {last: tensors[last].float()},
    }
    for what, wrong in mixtures.items():
        with pytest.raises(ERRORS, match="expected"):
            table[name](**wrong)
            pytest.fail(f"{name} takes a mixture of {what}")


@pytest.mark.parametrize("dtype", [int, "complex128"])
def test_random_points_are_floating_point(dtype):
    for space in SMALL_SPACES:
        with pytest.raises(TypeError, match="expected a floating point dtype"):
            space.random_point(dtype=dtype, generator=np.random.default_rng(0))
    with pytest.raises(TypeError, match="expected a floating point dtype"):
        g = torch.Generator().manual_seed(0)
        SMALL_SPACES[0].random_point(dtype=torch.int64, generator=g)
