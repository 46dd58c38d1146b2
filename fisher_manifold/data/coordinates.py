"""Places on the Earth: latitude and longitude in degrees, and unit vectors."""

import csv
import math
from os import PathLike
from pathlib import Path

import numpy as np

from fisher_manifold.data.readers import _read_text

__all__ = ["degrees_from_sphere", "read_coordinates", "sphere_from_degrees"]


def sphere_from_degrees(latitude, longitude):
    """Return unit vectors of places given in degrees.

    The third axis is the north pole, the first where Greenwich meets the equator.

    Parameters
    ----------
    latitude : array-like, shape=[...]
        Degrees north, -90 to 90.
    longitude : array-like, shape=[...]
        Degrees east, -180 to 360.

    Returns
    -------
    points : float64 array, shape=[..., 3]
        Unit vectors.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is not finite or out of range.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> data.sphere_from_degrees([90, 0], [0, 90]).round(12).tolist()
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    latitude = np.asarray(latitude, dtype=np.float64)
    longitude = np.asarray(longitude, dtype=np.float64)
    if latitude.shape != longitude.shape:
        raise ValueError(
            "latitude and longitude must have the same shape, got "
            f"{list(latitude.shape)} and {list(longitude.shape)}"
        )
    for values, name, low, high in (
        (latitude, "latitude", -90, 90),
        (longitude, "longitude", -180, 360),
    ):
        wrong = ~((values >= low) & (values <= high))
        if wrong.any():
            first = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(
                f"{name} must lie between {low} and {high} degrees; "
                f"{values[first]} stands at index {list(first)}"
            )
    latitude, longitude = np.radians(latitude), np.radians(longitude)
    ring = np.cos(latitude)
    return np.stack(
        [ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)], axis=-1
    )


def degrees_from_sphere(points):
    """Return latitude and longitude of points, in degrees.

    Parameters
    ----------
    points : array-like, shape=[..., 3]
        Vectors other than 0; their length does not matter.

    Returns
    -------
    latitude, longitude : float64 array, shape=[...]
        Degrees north, -90 to 90, and east, -180 to 180; 0 at the poles.

    Raises
    ------
    ValueError
        If the last axis is not 3 long, or a vector is 0 or not finite.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> [float(d) for d in data.degrees_from_sphere([0.0, -2.0, 0.0])]
    [0.0, -90.0]
    """
    points = np.asarray(points, dtype=np.float64)
    if points.shape[-1:] != (3,):
        raise ValueError(f"points must have shape [..., 3], got {list(points.shape)}")
    x, y, z = np.moveaxis(points, -1, 0)
    ring = np.hypot(x, y)
    wrong = ~np.isfinite(points).all(axis=-1) | ((ring == 0) & (z == 0))
    if wrong.any():
        raise ValueError(
            f"points must be finite and not 0, got {points[wrong][0].tolist()}"
        )
    return np.degrees(np.arctan2(z, ring)), np.degrees(np.arctan2(y, x))


def read_coordinates(path: str | PathLike):
    r"""Read places from a CSV file as unit vectors.

    Lines that start with ``#`` and empty lines are passed over.  A first line that
    names columns is a header: the columns whose names start with lat and lon (or lng),
    in any case, are read.  Without a header the first column is the latitude and the
    second the longitude.

    Parameters
    ----------
    path : str or path-like
        CSV file in UTF-8, also gzipped (.gz), with degrees.

    Returns
    -------
    points : float64 array, shape=[n, 3]
        Unit vectors, in the order of the file; repeated places stay.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a column or a number is missing or out of range; the message names the line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fisher_manifold import data
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "places.csv")
    ...     _ = path.write_text("lat,lon\n90,0\n0,90\n")
    ...     data.read_coordinates(path).round(6) + 0.0  # the pole, and the second axis
    array([[0., 0., 1.],
           [0., 1., 0.]])
    """
    path = Path(path)
    lines = _read_text(path).split("\n")
    rows = [
        (number, [field.strip() for field in next(csv.reader([line]))])
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    columns = 0, 1
    if rows and not any(map(_is_number, rows[0][1])):
        columns = _find_columns(rows[0][1], path)
        rows = rows[1:]
    if not rows:
        raise ValueError(f"{path}: the file has no places; expected at least one line")
    values = np.array([_numbers(row, columns, number, path) for number, row in rows])
    return sphere_from_degrees(*values.T)


def _find_columns(header, path):
    """Positions of latitude and longitude in a header."""
    found = []
    for names in (("lat",), ("lon", "lng")):
        at = [k for k, name in enumerate(header) if name.lower().startswith(names)]
        if len(at) != 1:
            raise ValueError(
                f"{path}: expected one column whose name starts with "
                f"{' or '.join(names)}, got {len(at)} of them in the header {header}"
            )
        found += at
    return tuple(found)


def _numbers(row, columns, number, path):
    """Latitude and longitude of a line, checked here so that the line is named."""
    if len(row) <= max(columns):
        raise ValueError(
            f"{path}, line {number}: expected {max(columns) + 1} columns at least, got "
            f"{row}"
        )
    values = []
    for column, (name, low, high) in zip(
        columns, (("latitude", -90, 90), ("longitude", -180, 360)), strict=True
    ):
        field = row[column]
        value = float(field) if _is_number(field) else math.nan
        if not low <= value <= high:
            raise ValueError(
                f"{path}, line {number}: expected a {name} between {low} and {high} "
                f"degrees, got {field!r}: correct or remove the line"
            )
        values.append(value)
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
