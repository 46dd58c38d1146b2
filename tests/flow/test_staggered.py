"""Sites with clocks of their own, on laws that are enumerated."""

import math

import numpy as np
import pytest
import torch
from exact_laws import exact_field, frequencies, law_of

import fisher_manifold as fm
from fisher_manifold import flow
from fisher_manifold.data import ParityConstraint
from fisher_manifold.data.markov import MarkovChain

CHAIN = MarkovChain(
    [0.5, 0.3, 0.2], [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.05, 0.9, 0.05]], 3
)
PARITY = ParityConstraint(n_sites=4, n_categories=3)


def draw(law, n, solver, steps, **options):
    field, path = exact_field(law)
    g = torch.Generator().manual_seed(0)
    options = {"batch_size": n, "steps": steps, **options}
    return flow.sample(field, path, n, generator=g, solver=solver, **options)


def total_variation(law, labels):
    seen = frequencies(labels, law.n_categories)
    return 0.5 * float(np.abs(seen - law_of(law)).sum())


def noise(law, n):
    """Mean total variation of n perfect draws, and a bit."""
    p = law_of(law)
    return 1.3 * float(np.sqrt(p * (1 - p) / n).sum()) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("order", ["random", "strided"])
@pytest.mark.parametrize("law", [CHAIN, PARITY])
def test_one_site_at_a_time_is_exact_in_as_many_steps_as_sites(law, order):
    n, steps = 40_000, law.length
    solver = flow.Staggered(steps, order=order)
    result = draw(law, n, solver, steps)
    assert total_variation(law, result.labels) < noise(law, n)
    assert result.n_evaluations == steps
    # The same number of steps with one clock for all sites is far from that.
    one_clock = draw(law, n, flow.Renoising(0.0), steps)
    assert total_variation(law, one_clock.labels) > 5 * noise(law, n)


def test_a_constraint_on_all_sites_needs_only_the_last_one_alone():
    # Three groups of 2, 1 and 1 sites: any three sites are independent.
    result = draw(PARITY, 5000, flow.Staggered(3), 3)
    assert bool((result.labels.sum(1) % 3 == 0).all())


def test_overlapping_clocks_converge():
    errors = [
        total_variation(CHAIN, draw(CHAIN, 20_000, flow.Staggered(3, 0.6), n).labels)
        for n in (3, 12, 96)
    ]
    assert errors[0] > 2 * errors[1] > 2 * errors[2]
    assert errors[2] < 2 * noise(CHAIN, 20_000)


def test_clocks():
    field, path = exact_field(CHAIN)
    seen = {}
    g = torch.Generator().manual_seed(0)
    flow.sample(
        field,
        path,
        50,
        steps=6,
        generator=g,
        solver=flow.Staggered(3),
        on_step=lambda t, x: seen.setdefault(round(6 * 2 * t), x),
    )
    moved = [(seen[i + 1] != seen[i]).any(-1) for i in range(6)]
    for first, second in zip(moved[::2], moved[1::2], strict=True):
        # One site of each sample moves, twice, and is then at half time.
        assert bool((first.sum(1) == 1).all())
        assert bool((first == second).all())
    assert bool(sum(each.int() for each in moved[::2]).eq(1).all())
    # At half time a site is as near to its vertex as half of its start was.
    angle = torch.acos(seen[6].amax(-1).clamp(max=1.0))
    assert float(angle.max()) <= math.pi / 4 + 1e-3


def test_more_groups_than_sites_leave_no_pause():
    n = 20_000
    result = draw(CHAIN, n, flow.Staggered(50), 3)
    assert total_variation(CHAIN, result.labels) < noise(CHAIN, n)


def test_width_one_is_one_clock():
    x = torch.zeros(5, 7, 3)
    solver = flow.Staggered(4, width=1.0)
    starts, width = solver._starts(x, None)
    assert not starts.any()
    clocks = solver._clocks(starts, width, 0.2)
    assert clocks.unique().tolist() == [pytest.approx(0.2)]


@pytest.mark.parametrize(("groups", "length"), [(3, 12), (4, 10), (8, 3)])
def test_neighbours_are_in_different_groups(groups, length):
    x = torch.zeros(20, length, 4)
    g = torch.Generator().manual_seed(0)
    strided = flow.Staggered(groups, order="strided")._starts(x, g)[0]
    assert bool((strided[:, 1:] != strided[:, :-1]).all())
    random = flow.Staggered(groups)._starts(x, g)[0]
    stratified = flow.Staggered(groups, order="stratified")._starts(x, g)[0]
    for stretch in stratified.split(groups, dim=1):
        assert all(len(row.unique()) == len(row) for row in stretch)
    for starts in (strided, random, stratified):
        sizes = [[int((row == s).sum()) for s in row.unique()] for row in starts]
        assert all(len(each) == min(groups, length) for each in sizes)
        assert all(max(each) - min(each) <= 1 for each in sizes)
        assert len({tuple(row.tolist()) for row in starts}) > 1


def test_given_sites_are_kept_and_condition_the_others():
    field, path = exact_field(PARITY)
    field = flow.inpaint(field)
    given = torch.tensor([[2, -1, -1, 1]]).expand(300, -1)
    result = flow.sample(
        field,
        path,
        300,
        steps=4,
        generator=torch.Generator().manual_seed(0),
        solver=flow.Staggered(4),
        conditions={"given": given},
    )
    assert bool((result.labels[:, [0, 3]] == given[:, [0, 3]]).all())
    assert bool((result.labels.sum(1) % 3 == 0).all())
    assert len(result.labels.unique(dim=0)) == 3


def test_a_network_is_told_the_mean_of_the_clocks():
    space = fm.SequenceManifold(fm.PositiveHypersphere(2), 2)
    path = flow.GeodesicPath(space)
    told = []

    class Listener(torch.nn.Module):
        def forward(self, x, t):
            told.append(t)
            return torch.zeros_like(x)

    field = flow.PosteriorField(Listener(), path)
    x = path.source.sample(3, torch.Generator().manual_seed(0))
    clocks = torch.tensor([[0.0, 0.4], [0.1, 0.1], [0.2, 0.4]])
    logits = field.logits(x, clocks)
    torch.testing.assert_close(told[0], torch.tensor([0.2, 0.1, 0.3]))
    torch.testing.assert_close(logits, flow.log_evidence(x, clocks))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"groups": 0}, ValueError, "at least one group"),
        ({"groups": 2.0}, TypeError, "number of groups"),
        ({"groups": True}, TypeError, "number of groups"),
        ({"groups": 4, "width": 0.2}, ValueError, "from 1 / groups"),
        ({"groups": 4, "width": 1.1}, ValueError, "to 1"),
        ({"groups": 4, "width": math.nan}, ValueError, "to 1"),
        ({"groups": 4, "order": "left to right"}, ValueError, "strided, stratified"),
    ],
)
def test_wrong_options(options, error, message):
    with pytest.raises(error, match=message):
        flow.Staggered(**options)


def test_fields_without_evidence_are_refused():
    path = flow.GeodesicPath(fm.PositiveHypersphere(2))
    plain = flow.PosteriorField(torch.nn.Identity(), path, evidence=False)
    with pytest.raises(TypeError, match="with evidence"):
        flow.sample(plain, path, 3, solver=flow.Staggered(1))
    velocity = flow.VelocityField(torch.nn.Identity(), path.space)
    with pytest.raises(TypeError, match="posterior"):
        flow.sample(velocity, path, 3, solver=flow.Staggered(1))
