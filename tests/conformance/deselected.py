"""The tests of geomstats that are not run, each with its reason.

`DESELECTED` maps patterns of `class::test` to reasons; docs/conformance.md shows the
right values.  test_strictness.py checks that every one of them really fails.
"""

from geomstats.test.test_case import np_backend


def each(classes, tests, reason):
    """Patterns of tests of some classes (names separated by spaces)."""
    return {f"{c}::test_{t}": reason for c in classes.split() for t in tests.split()}


# Ours have values, which the other test modules compare with closed forms.
TENSORS = (
    "christoffels* cometric_matrix covariant_riemann_tensor* injectivity_radius* "
    "ricci_tensor* riemann_tensor* scalar_curvature*"
)
CURVATURE = "curvature* directional_curvature* sectional_curvature*"
NO_PRODUCT = (
    f"{TENSORS} {CURVATURE} inner_coproduct inner_product_derivative_matrix* "
    "parallel_transport*"
)
LACKS = "NFoldMetric and ProductRiemannianMetric have none: use SequenceManifold"

DESELECTED = {
    # Wrong expectations, for any space.
    **each(
        "TestFisherRaoMetric1 TestOrthantMetric1 TestAgainst*1",
        "sectional_curvature*",
        "in dimension 1 no two vectors span a plane: the value is NaN",
    ),
    **each(
        "Test*SequenceMetric? TestNFold*Metric",
        "metric_matrix_is_spd",
        "expects one matrix of size length * (dim + 1); geomstats' own "
        "NFoldMetric.metric_matrix, like ours, gives one matrix for each site",
    ),
    **each(
        "TestSimplexAgainstOrthant",
        "christoffels* cometric_matrix* covariant_riemann_tensor* curvature "
        "curvature_random directional_curvature directional_curvature_random "
        "injectivity_radius* inner_coproduct* inner_product_derivative_matrix* "
        "metric_matrix* normalize* ricci_tensor* riemann_tensor*",
        "compares components in two charts without the change of coordinates",
    ),
    # geomstats' side has no value, or a wrong one.
    **each(
        "TestAgainst*",
        f"{TENSORS} cometric_matrix_random",
        "geomstats' metric has none on the tangent space of the ambient coordinates",
    ),
    **each(
        "TestAgainstCategorical",
        f"{CURVATURE} inner_coproduct* parallel_transport*",
        "CategoricalMetric has none, or a wrong one: sectional curvature 2, not 1/4",
    ),
    **each(
        "TestAgainstPullback?",
        "metric_matrix* inner_product_derivative_matrix* inner_coproduct* "
        "curvature_derivative* directional_curvature_derivative*",
        "PullbackDiffeoMetric has none",
    ),
    **each(
        "TestAgainst*1",
        "curvature curvature_random directional_curvature directional_curvature_random",
        "HypersphereMetric.curvature is not implemented for the circle",
    ),
    **each(
        "TestNFold*Metric TestProduct*Metric",
        f"{NO_PRODUCT} geodesic_equation* hamiltonian",
        LACKS,
    ),
    **each(
        "TestSequenceAgainstNFold",
        f"{NO_PRODUCT} cometric_matrix_random inner_coproduct_random",
        LACKS,
    ),
    **each(
        "TestProductFlatMetric",
        "normal_basis",
        "RiemannianMetric.normal_basis takes points that are matrices only",
    ),
    **each(
        "TestProductStacked TestProductFlat TestNFold*",
        "not_belongs",
        "geomstats' products raise, or return another shape, for points of a wrong "
        "shape; ours return False",
    ),
}

if np_backend():
    DESELECTED |= each(
        "TestAgainst*",
        "inner_product_derivative_matrix*",
        "geomstats differentiates the metric, which needs another backend than numpy",
    )
