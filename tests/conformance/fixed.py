"""Fixed arguments of geomstats' tests, and what they should give."""

import geomstats.backend as gs
import numpy as np

POINTS = ("point", "base_point", "point_a", "initial_point")
OTHER_POINTS = ("point_b", "end_point")
VECTORS = {
    "tangent_vec": 0,
    "tangent_vec_a": 0,
    "tangent_vec_b": 1,
    "tangent_vec_c": 2,
    "tangent_vec_d": 0,
    "cotangent_vec_a": 0,
    "cotangent_vec_b": 1,
    "initial_tangent_vec": 1,
    "direction": 1,
    "vector": 2,
    "image_tangent_vec": 1,
}
UNBATCHED = {"points", "basis", "state", "submersion_shape"}
UNBATCHED |= {"tangent_submersion_shape"}
# Optional arguments, of which a test wants exactly one.
CHOICES = {
    "geodesic": ("end_point", "initial_tangent_vec"),
    "parallel_transport": ("end_point", "direction"),
    "tangent": ("base_point", "image_point"),
    "inverse_tangent": ("base_point", "image_point"),
}


class FixedValues:
    """Arguments by name, for one point and for a batch of two.

    Parameters
    ----------
    truth : object
        Expected values: methods named as the tests, for single points.
    points : list of array, shape=[*point_shape]
        Three interior points.
    vectors : callable
        From a point to a list of three tangent vectors.
    outside : array, shape=[*point_shape]
        Point beyond a wall, with a negative entry.
    """

    def __init__(self, truth, points, vectors, outside):
        self.truth = truth
        self.outside = outside
        self.points = points
        self.vectors = vectors

    def cases(self, name, arguments):
        """Data of the test of `name`, None if an argument has no value."""
        choices = CHOICES.get(name, ())
        needed = arguments - {"expected", *choices}
        wanted = [needed | {choice} for choice in choices] or [needed]
        cases = []
        for names in wanted:
            single = [self._arguments(names, index) for index in range(2)]
            if None in single:
                return None
            cases.append(self._case(name, single[:1], arguments))
            if not names & UNBATCHED:
                cases.append(self._case(name, single, arguments))
        if "state" in needed:
            cases.append(self._batch_of_states(name))
        return cases

    def _arguments(self, names, index):
        try:
            values = {name: self._value(name, index) for name in names}
        except KeyError:
            return None
        if {"point", "base_point"} <= names:
            values["point"] = self.points[2]
        return values

    def _value(self, name, index):
        point = self.points[index]
        if name in POINTS:
            return point
        if name in OTHER_POINTS:
            return self.points[2]
        vectors = self.vectors(point)
        others = {
            "points": np.stack(self.points),
            "basis": np.stack(vectors),
            "state": np.stack([point, vectors[1]]),
            "time": np.array([0.0, 0.4, 1.0]),
            "image_point": np.sqrt(point),
            "submersion_shape": (),
            "tangent_submersion_shape": (),
            "tangent_vector": vectors[0],
        }
        return others[name] if name in others else vectors[VECTORS[name]]

    def _case(self, name, singles, arguments):
        """One case: a single point's arguments, or those of a batch, stacked."""
        case = {}
        for argument in singles[0]:
            values = [single[argument] for single in singles]
            shared = len(values) == 1 or argument == "time"
            case[argument] = backend(values[0] if shared else np.stack(values))
        if "expected" in arguments:
            results = [getattr(self.truth, name)(**single) for single in singles]
            case["expected"] = backend(np.stack(results) if results[1:] else results[0])
        return case

    def _batch_of_states(self, name):
        """geomstats unpacks the state of a Hamiltonian along its first axis."""
        states = [self._value("state", index) for index in range(2)]
        axis = 1 if name == "hamiltonian" else 0
        results = [getattr(self.truth, name)(state) for state in states]
        state = backend(np.stack(states, axis=axis))
        return {"state": state, "expected": backend(np.stack(results))}


def backend(value):
    """Array of geomstats' backend; shapes of tensors stay tuples."""
    return value if isinstance(value, tuple) else gs.array(np.asarray(value))


def categorical_points(n_categories, simplex):
    """Three interior points."""
    numbers = np.arange(1.0, n_categories + 1.0)
    weights = [numbers, numbers[::-1] + 1.0, 2.0 + np.cos(numbers)]
    points = [weight / weight.sum() for weight in weights]
    return points if simplex else [np.sqrt(point) for point in points]


def beyond_wall(point, simplex):
    """The point with its first sign changed, normalised."""
    turned = np.concatenate([-point[:1], point[1:]])
    return turned / turned.sum() if simplex else turned


def categorical_vectors(truth):
    """Tangent vectors of a third of the distance to the wall, at any point."""

    def vectors(point):
        numbers = np.arange(1.0, len(point) + 1.0)
        ambient = [np.sin(numbers), np.cos(numbers**2), 1.0 / numbers - numbers / 7.0]
        tangent = [truth.to_tangent(vector, point) for vector in ambient]
        size = truth.injectivity_radius(point) / 3.0
        return [size * truth.normalize(vector, point) for vector in tangent]

    return vectors


def categorical_values(truth, simplex):
    """Fixed values on one space of categorical distributions."""
    points = categorical_points(truth.dim + 1, simplex)
    outside = beyond_wall(points[0], simplex)
    return FixedValues(truth, points, categorical_vectors(truth), outside)


def product_values(truth, simplices):
    """Fixed values on a product, from its factors'; `simplices`: a flag for each."""
    columns = []
    for shift, (factor, simplex) in enumerate(
        zip(truth.factors, simplices, strict=True)
    ):
        column = categorical_points(factor.dim + 1, simplex)
        columns.append(column[shift % 3 :] + column[: shift % 3])
    points = [truth.join(list(row)) for row in zip(*columns, strict=True)]
    first, *others = (column[0] for column in columns)
    outside = truth.join([beyond_wall(first, simplices[0]), *others])

    def vectors(point):
        parts = zip(truth.factors, truth.split(point), strict=True)
        each = [categorical_vectors(factor)(part) for factor, part in parts]
        rows = enumerate(zip(*each, strict=True))
        # Factors of their own for each site: no two vectors are parallel.
        return [
            truth.join([np.cos(1 + i + 2 * j) * vec for i, vec in enumerate(row)])
            for j, row in rows
        ]

    return FixedValues(truth, points, vectors, outside)
