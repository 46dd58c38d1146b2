"""Tests of geomstats that cannot pass on any space as they are written, mended."""

import pytest
from geomstats.test.vectorization import generate_vectorization_data
from geomstats.test_cases.information_geometry.multinomial import (
    MultinomialDistributionsTestCase,
)


class CategoricalTestCase(MultinomialDistributionsTestCase):
    """Multinomial test case whose cdf is called with the outcomes it is tested at."""

    @pytest.mark.vec
    def test_point_to_cdf_vec(self, n_reps, n_samples, atol):
        """As upstream's, which leaves `x` out of the data of `test_point_to_cdf`."""
        point = self.data_generator.random_point()
        x = self.space.sample(point, n_samples)
        expected = self.space.point_to_cdf(point)(x)
        vec_data = generate_vectorization_data(
            data=[dict(x=x, point=point, expected=expected, atol=atol)],
            arg_names=["point"],
            expected_name="expected",
            n_reps=n_reps,
        )
        self._test_vectorization(vec_data, test_fnc_name="test_point_to_cdf")
