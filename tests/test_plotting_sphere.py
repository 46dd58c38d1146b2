"""Maps of the sphere: what was drawn stands where it should."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from fisher_manifold import data, plotting

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def test_points_stand_at_longitude_and_latitude():
    latitude, longitude = [0.0, 45.0, -80.0], [0.0, 120.0, -170.0]
    points = data.sphere_from_degrees(latitude, longitude)
    dots = plotting.plot_sphere_points(points, s=7)
    offsets = np.degrees(dots.get_offsets())
    np.testing.assert_allclose(offsets, np.transpose([longitude, latitude]))
    assert dots.get_sizes() == [7]
    assert dots.axes.name == "mollweide"


def test_curves_are_cut_at_the_edge():
    around = np.radians(np.arange(100, 261, 20))
    points = np.stack([np.cos(around), np.sin(around), 0 * around], -1)
    line = plotting.plot_sphere_curve(points)
    longitude = line.get_xdata()
    assert np.isnan(longitude).sum() == 1
    gaps = np.diff(longitude)
    np.testing.assert_allclose(gaps[~np.isnan(gaps)], np.radians(20))


def test_cells_cover_the_sphere():
    corners = plotting.sphere_map_grid(30)
    assert corners.shape == (31, 61, 3)
    np.testing.assert_allclose(np.linalg.norm(corners, axis=-1), 1)
    np.testing.assert_allclose(corners[0], [[0, 0, -1]] * 61, atol=1e-15)
    np.testing.assert_allclose(corners[15, 45], [0, 1, 0], atol=1e-15)


def test_densities_stand_in_their_cells():
    density = np.full((30, 60), 1e-12)
    density[20, 45] = 5.0
    mesh = plotting.plot_sphere_density(density, decades=3)
    values = mesh.get_array().reshape(30, 60)
    assert values.argmax() == 20 * 60 + 45
    assert mesh.norm.vmax / mesh.norm.vmin == pytest.approx(1e3)
    assert values.min() == mesh.norm.vmin  # dark, not empty
    corner = mesh.get_coordinates()[20, 45]
    np.testing.assert_allclose(np.degrees(corner), [90, 30])


def test_drawn_into_given_axes():
    ax = plt.figure().add_subplot(projection="mollweide")
    assert plotting.sphere_map_axes(ax) is ax
    points = np.eye(3)
    assert plotting.plot_sphere_points(points, ax=ax).axes is ax
    assert plotting.plot_sphere_curve(points, ax=ax).axes is ax
    assert plotting.plot_sphere_density(np.ones((2, 4)), ax=ax).axes is ax


def test_errors():
    flat = plt.figure().add_subplot()
    for draw in (
        plotting.sphere_map_axes,
        lambda ax: plotting.plot_sphere_points(np.eye(3), ax=ax),
    ):
        with pytest.raises(ValueError, match="mollweide"):
            draw(ax=flat)
    with pytest.raises(ValueError, match=r"\[n_latitudes, 2 \* n_latitudes\]"):
        plotting.plot_sphere_density(np.ones((4, 4)))
    for wrong in (np.zeros((2, 4)), np.full((2, 4), np.nan), -np.ones((2, 4))):
        with pytest.raises(ValueError, match="not negative"):
            plotting.plot_sphere_density(wrong)
    with pytest.raises(ValueError, match="unit vectors"):
        plotting.plot_sphere_points([[1.0, 1.0, 1.0]])
    with pytest.raises(ValueError, match="at least 1"):
        plotting.sphere_map_grid(0)
