"""Latitude and longitude: unit vectors and back, files, and what is wrong with them."""

import gzip

import numpy as np
import pytest

from fisher_manifold import data


def test_known_places():
    # London, the date line on the equator, the south pole
    points = data.sphere_from_degrees([51.5, 0, -90], [0, -180, 33])
    expected = [
        [np.cos(np.radians(51.5)), 0, np.sin(np.radians(51.5))],
        [-1, 0, 0],
        [0, 0, -1],
    ]
    np.testing.assert_allclose(points, expected, atol=1e-15)


def test_degrees_come_back_also_near_the_poles():
    rng = np.random.default_rng(0)
    latitude = np.concatenate([rng.uniform(-90, 90, 50), [90 - 1e-9, -90 + 1e-9]])
    longitude = rng.uniform(-180, 180, 52)
    points = data.sphere_from_degrees(latitude, longitude)
    np.testing.assert_allclose(np.linalg.norm(points, axis=-1), 1, rtol=1e-15)
    back = data.degrees_from_sphere(3.0 * points)
    np.testing.assert_allclose(back[0], latitude, atol=1e-12)
    np.testing.assert_allclose(back[1], longitude, atol=1e-12)


def test_any_shape_and_other_longitudes():
    points = data.sphere_from_degrees(np.zeros((2, 1, 4)), np.full((2, 1, 4), 270.0))
    assert points.shape == (2, 1, 4, 3)
    np.testing.assert_allclose(points[0, 0, 0], [0, -1, 0], atol=1e-15)
    np.testing.assert_allclose(data.degrees_from_sphere(points)[1], -90)


def test_files_with_and_without_header(tmp_path):
    expected = data.sphere_from_degrees([10, -20.5, 10], [30, 170.25, 30])
    plain = tmp_path / "plain.csv"
    plain.write_text("# from somewhere\n10,30\n\n-20.5, 170.25\r\n# end\n10,30")
    np.testing.assert_array_equal(data.read_coordinates(plain), expected)
    named = tmp_path / "named.csv.gz"
    text = 'id,LONGITUDE,"Latitude"\na,30,10\n"b,c",170.25,-20.5\nd,30,10\n'
    named.write_bytes(gzip.compress(text.encode()))
    np.testing.assert_array_equal(data.read_coordinates(named), expected)


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "no places"),
        ("# only words\n", "no places"),
        ("lat,lon\n", "no places"),
        ("# c\n1,2\n91,2\n", r"line 3: expected a latitude .* got '91'"),
        ("1,2\n1,-181\n", r"line 2: expected a longitude .* got '-181'"),
        ("1,2\n1,\n", r"line 2: expected a longitude .* got ''"),
        ("1,2\n1,nan\n", "line 2: expected a longitude"),
        ("1,2\n1\n", "line 2: expected 2 columns at least"),
        ("lat,lat2,lon\n1,2,3\n", "starts with lat, got 2"),
        ("north,east\n1,2\n", "starts with lat, got 0"),
        ("1,2\nlat,lon\n3,4\n", "line 2: expected a latitude"),
    ],
)
def test_errors_of_files_name_the_line(tmp_path, text, message):
    path = tmp_path / "places.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        data.read_coordinates(path)


def test_errors_of_numbers():
    with pytest.raises(ValueError, match=r"-90 and 90 degrees; 95.0 .* index \[1\]"):
        data.sphere_from_degrees([0, 95], [0, 0])
    with pytest.raises(ValueError, match=r"longitude .* nan"):
        data.sphere_from_degrees([0], [np.nan])
    with pytest.raises(ValueError, match="same shape"):
        data.sphere_from_degrees([0, 1], [0])
    with pytest.raises(ValueError, match=r"shape \[..., 3\]"):
        data.degrees_from_sphere([1.0, 2.0])
    with pytest.raises(ValueError, match="not 0"):
        data.degrees_from_sphere([[1.0, 0, 0], [0, 0, 0]])
    with pytest.raises(FileNotFoundError, match="no such file"):
        data.read_coordinates("nowhere.csv")
