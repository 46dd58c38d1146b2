"""Sequence logos: heights, stacks and letters are those of the data."""

import itertools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.stats
from colour_vision import SIGHTS, contrast, difference
from matplotlib.colors import to_rgb

from fisher_manifold import plotting
from fisher_manifold.plotting import logo

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def global_settings_stay():
    before = dict(matplotlib.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def boxes(patch):
    """Boxes (x0, y0, x1, y1) of the single letters of a patch: those of its sites."""
    vertices, codes = patch.get_path().vertices, patch.get_path().codes
    kept = vertices[codes != matplotlib.path.Path.CLOSEPOLY]
    sites = np.round(kept[:, 0]).astype(int)
    return {
        int(site): np.concatenate(
            [kept[sites == site].min(axis=0), kept[sites == site].max(axis=0)]
        )
        for site in np.unique(sites)
    }


def weights(length=5, seed=0):
    return np.random.default_rng(seed).dirichlet([0.5] * 4, length)


def test_heights_are_relative_entropies():
    w = weights()
    heights = plotting.logo_heights(w)
    bits = scipy.stats.entropy(w, np.full(4, 1 / 4), base=2, axis=1)
    np.testing.assert_allclose(heights, w * bits[:, None], rtol=1e-12)
    assert plotting.logo_heights([[1, 0, 0, 0]])[0, 0] == 2
    assert plotting.logo_heights(np.full((2, 20), 1 / 20)).max() < 1e-14


def test_letters_are_stacked_with_the_most_frequent_on_top():
    w = np.array([[0.7, 0.2, 0.1, 0.0], [0.1, 0.1, 0.2, 0.6]])
    letters = plotting.sequence_logo(w)
    heights = plotting.logo_heights(w)
    found = {letter.get_label(): boxes(letter) for letter in letters}
    assert list(found) == ["A", "C", "G", "T"]
    assert 0 not in found["T"]
    for site, order in ((0, "GCA"), (1, "ACGT")):
        height = 0.0
        for letter in order:
            x0, y0, x1, y1 = found[letter][site]
            assert y0 == pytest.approx(height, abs=1e-7)
            height += heights[site, "ACGT".index(letter)]
            assert y1 == pytest.approx(height, abs=1e-7)
            assert site - 0.5 < x0 < x1 < site + 0.5
            assert (x0 + x1) / 2 == pytest.approx(site, abs=1e-6)
        assert height == pytest.approx(heights[site].sum())


def test_sequences_labels_and_weights_give_one_logo():
    words = ["TATAA", "TATAT", "CATAA", "TAGAA"]
    labels = np.array([["ACGT".index(c) for c in word] for word in words])
    w = np.stack([np.bincount(site, minlength=4) / 4 for site in labels.T])
    logos = [
        {letter.get_label(): letter.get_path() for letter in plotting.sequence_logo(x)}
        for x in (words, labels, w)
    ]
    for other in logos[1:]:
        assert other.keys() == logos[0].keys() == {"A", "C", "G", "T"}
        for letter, path in other.items():
            np.testing.assert_array_equal(path.vertices, logos[0][letter].vertices)
    (single,) = plotting.sequence_logo("AAA")
    assert set(boxes(single)) == {0, 1, 2}


def test_it_draws_in_the_given_axes_from_the_first_site():
    _, ax = plt.subplots()
    letters = plotting.sequence_logo(weights(6), ax=ax, first=-4)
    assert {letter.axes for letter in letters} == {ax}
    assert len(plt.get_fignums()) == 1 and len(ax.patches) == len(letters)
    sites = set().union(*(boxes(letter) for letter in letters))
    assert sites == set(range(-4, 2))
    low, high = ax.get_xlim()
    assert -5 < low < -4.4 and 1.4 < high < 2
    highest = plotting.logo_heights(weights(6)).sum(axis=1).max()
    assert ax.get_ylim() == (0, pytest.approx(1.05 * highest))
    assert ax.get_ylabel() == "bits"


def test_a_logo_without_information_is_empty():
    _, ax = plt.subplots()
    assert plotting.sequence_logo(np.full((3, 4), 1 / 4), ax=ax) == []
    assert ax.get_ylim() == (0, 2)


def test_letters_stand_out_from_paper_and_are_apart_for_every_sight():
    colors = logo._COLORS
    assert all(contrast(color, "white") >= 3 for color in colors)
    # Letters are told by their shapes too: less will do than for lines.
    for one, other in itertools.combinations(colors, 2):
        assert all(difference(one, other, sight) > 15 for sight in SIGHTS)
    letters = plotting.sequence_logo(weights(), colors={"G": "0.5"})
    found = {letter.get_label(): letter.get_facecolor()[:3] for letter in letters}
    assert found["G"] == (0.5, 0.5, 0.5) and found["A"] == to_rgb(colors[0])


def test_ink_is_where_the_letters_are():
    """An A alone at the middle of three sites: dark there and only there."""
    w = np.array([[0.25] * 4, [1, 0, 0, 0], [0.25] * 4])
    figure, ax = plt.subplots(figsize=(3, 2), dpi=100)
    plotting.sequence_logo(w, ax=ax)
    ax.set_axis_off()
    figure.canvas.draw()
    ink = np.asarray(figure.canvas.buffer_rgba())[..., :3].min(axis=2) < 200
    columns = np.flatnonzero(ink.any(axis=0))
    pixels = ax.transData.transform([(0.5, 0), (1.5, 0)])[:, 0]
    assert pixels[0] < columns.min() and columns.max() < pixels[1]
    assert columns.max() - columns.min() > 0.8 * (pixels[1] - pixels[0])
    # The apex of an A is narrower than its feet.
    rows = np.flatnonzero(ink.any(axis=1))
    widths = [np.ptp(np.flatnonzero(ink[row])) for row in (rows[2], rows[-3])]
    assert widths[0] < widths[1] / 2


def test_narrow_letters_and_spaces_keep_their_shape():
    letters = plotting.sequence_logo([[0.9, 0.1, 0.0], [0.1, 0.9, 0]], alphabet="IW ")
    width = {}
    for letter in letters:
        x0, _, x1, _ = boxes(letter)["IW".index(letter.get_label())]
        width[letter.get_label()] = x1 - x0
    assert width["I"] < 0.6 < 0.9 < width["W"] < 1
    (space,) = plotting.sequence_logo(["   "], alphabet=" ab")
    assert set(boxes(space)) == {0, 1, 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["ACG", "AC"],), r"one length, got \[2, 3\]"),
        ((["ACX"],), r"\['X'\] are not in the alphabet"),
        (([[0.5, 0.5]],), r"weights of shape \[length, 4\]"),
        (([[0.5, 0.5, 0.5, 0.5]],), "weights must sum to 1"),
        (([[0, 4]],), r"sequences\[0, 1\] = 4 is not a category"),
        ((["AA"], None, "AA"), "two or more different letters"),
        (([],), "or sequences, got shape"),
    ],
)
def test_logos_refuse(arguments, message):
    with pytest.raises(ValueError, match=message):
        plotting.sequence_logo(*arguments)
    with pytest.raises(ValueError, match="two categories or more"):
        plotting.logo_heights([0.5, 0.5])
