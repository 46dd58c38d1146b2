"""Re-noising, half time, readouts and measured times, on laws of few sequences."""

import math

import numpy as np
import pytest
import torch
from exact_laws import exact_field, frequencies, law_of

import fisher_manifold as fm
from fisher_manifold import flow
from fisher_manifold.data import IndependentSites, ParityConstraint
from fisher_manifold.data.markov import MarkovChain
from fisher_manifold.flow.checkpoint import build, describe

# torch's, when a derivative is first taken in forward mode.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

ONE_SITE = IndependentSites([[0.5, 0.3, 0.2]])
CHAIN = MarkovChain(
    [0.5, 0.3, 0.2], [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.05, 0.9, 0.05]], 2
)


def draw(law, n, seed=0, **options):
    field, path = exact_field(law)
    g = torch.Generator().manual_seed(seed)
    return flow.sample(field, path, n, generator=g, batch_size=n, **options)


def total_variation(law, result):
    seen = frequencies(result.labels, law.n_categories)
    return 0.5 * float(np.abs(seen - law_of(law)).sum())


def _cells(points):
    """Counts of 36 cells: the largest entry of both sites, and whether it is large."""
    cell = points.argmax(-1) * 2 + (points.amax(-1) > 0.9)
    return torch.bincount(cell[:, 0] * 6 + cell[:, 1], minlength=36).double()


class TestRenoising:
    @pytest.mark.parametrize("rate", [0.0, 2.0, math.inf])
    @pytest.mark.parametrize("steps", [1, 2, 5])
    def test_one_site_is_exact_in_any_number_of_steps(self, rate, steps):
        n = 40_000
        result = draw(ONE_SITE, n, steps=steps, solver=flow.Renoising(rate))
        # Four standard errors of three frequencies: nothing is discretised.
        assert total_variation(ONE_SITE, result) < 4 * 0.5 * 3 * 0.5 / math.sqrt(n)
        assert result.n_evaluations == steps

    @pytest.mark.parametrize("rate", [0.0, 4.0])
    def test_sites_that_depend_on_each_other_converge(self, rate):
        errors = [
            total_variation(
                CHAIN, draw(CHAIN, 20_000, steps=n, solver=flow.Renoising(rate))
            )
            for n in (1, 4, 64)
        ]
        # In one step the sites are drawn as if they were independent.
        p = law_of(CHAIN).reshape(3, 3)
        product = p.sum(1)[:, None] * p.sum(0)
        assert errors[0] == pytest.approx(0.5 * np.abs(p - product).sum(), abs=0.02)
        assert errors[2] < 0.03 and errors[2] < 0.3 * errors[1]

    def test_new_start_of_one_site_keeps_the_law_of_the_point(self):
        """The claim of docs/samplers.md, by the law of the labels given the point."""
        field, path = exact_field(CHAIN)
        g, n, t = torch.Generator().manual_seed(0), 100_000, 0.25
        labels = torch.as_tensor(CHAIN.sample(n, np.random.default_rng(0)))
        x = path.sample(labels, t=torch.full((n,), t), generator=g).x_t
        posterior = torch.softmax(field.logits(x, torch.full((n,), t)), -1)
        # Cells of pairs of sites, compared between old and new points; the control
        # draws the label without regard to the point.
        prior = torch.as_tensor(law_of(CHAIN).reshape(3, 3).sum(1)).expand(n, 3)
        statistics = []
        for law in (posterior[:, 0], prior):
            drawn = torch.multinomial(law, 1, generator=g).expand(n, 2)
            fresh = path.sample(drawn, t=torch.full((n,), t), generator=g).x_t
            moved = torch.stack([fresh[:, 0], x[:, 1]], 1)
            a, b = _cells(x), _cells(moved)
            statistics.append(((a - b) ** 2 / (a + b).clamp(min=1)).mean())
        assert float(statistics[0]) < 2 and float(statistics[1]) > 20

    def test_seeds_and_rates(self):
        solver = flow.Renoising()
        a, b = (draw(CHAIN, 50, steps=3, solver=solver).labels for _ in range(2))
        assert torch.equal(a, b)
        with pytest.raises(ValueError, match="rate"):
            flow.Renoising(-1.0)

    def test_what_it_needs_is_said(self):
        path = flow.GeodesicPath(fm.PositiveHypersphere(2))
        plain = flow.VelocityField(torch.nn.Identity(), path.space)
        with pytest.raises(TypeError, match="field with a posterior"):
            flow.sample(plain, path, 4, solver=flow.Renoising())
        with pytest.raises(TypeError, match="read labels"):
            flow.sample(plain, path, 4, readout="posterior")
        with pytest.raises(ValueError, match="ends before 1"):
            draw(ONE_SITE, 4, grid=[0.0, 1.0], solver=flow.Renoising())


class TestHalfTime:
    """Proof in docs/samplers.md: no site decided by half time changes after it."""

    HALF = torch.linspace(0, 0.5, 9, dtype=torch.float64)
    WHOLE = torch.cat([HALF, torch.linspace(0.5, 0.999, 9, dtype=torch.float64)[1:]])

    def test_drawn_labels_never_change(self):
        for rate in (0.0, 3.0):
            solver = flow.Renoising(rate)
            half = draw(CHAIN, 5000, grid=self.HALF, solver=solver)
            whole = draw(CHAIN, 5000, grid=self.WHOLE, solver=solver)
            assert torch.equal(half.labels, whole.labels)

    @pytest.mark.parametrize("solver", ["euler", "adams", "midpoint"])
    def test_decided_sites_never_change(self, solver):
        fine = torch.linspace(0, 0.5, 65, dtype=torch.float64)
        late = torch.linspace(0.5, 0.999, 17, dtype=torch.float64)[1:]
        half = draw(CHAIN, 2000, grid=fine, solver=solver)
        whole = draw(CHAIN, 2000, grid=torch.cat([fine, late]), solver=solver)
        angle = torch.acos(half.points.amax(-1).clamp(max=1.0))
        decided = (angle < math.pi / 4).all(-1)
        # Discretised flows leave a few sites outside of all balls at half time.
        assert float(decided.double().mean()) > 0.97
        assert torch.equal(half.labels[decided], whole.labels[decided])


class TestReadout:
    def test_one_evaluation_more(self):
        assert draw(CHAIN, 10, steps=4, readout="posterior").n_evaluations == 5

    def test_the_same_where_all_is_decided(self):
        results = [
            draw(CHAIN, 2000, steps=200, readout=readout)
            for readout in ("nearest", "posterior")
        ]
        same = (results[0].labels == results[1].labels).all(-1).double().mean()
        assert float(same) > 0.99

    def test_few_steps_keep_the_constraint(self):
        law = ParityConstraint(n_sites=4, n_categories=3)
        valid = {}
        for steps, readout in ((8, "nearest"), (7, "posterior")):
            labels = draw(law, 4000, steps=steps, readout=readout).labels
            valid[readout] = float((labels.sum(1) % 3 == 0).double().mean())
        assert valid["posterior"] > 0.98 > valid["nearest"]

    def test_wrong_name(self):
        with pytest.raises(ValueError, match="nearest, posterior"):
            draw(CHAIN, 10, readout="argmax")


class TestMeasuredTimes:
    def test_they_follow_the_entropy(self):
        field, path = exact_field(CHAIN)
        rng, g = np.random.default_rng(0), torch.Generator().manual_seed(0)
        labels = torch.as_tensor(CHAIN.sample(20_000, rng))
        times = flow.measure_times(field, path, labels, generator=g)
        # Oracle: Bayes' rule over the nine sequences, on other draws.
        p = torch.as_tensor(law_of(CHAIN).reshape(3, 3))
        start = -sum((q * q.log()).sum() for q in (p.sum(0), p.sum(1)))
        for s in (0.3, 0.6, 0.9):
            t = float(times.at(torch.tensor([s], dtype=torch.float64)))
            at = torch.full((len(labels),), t)
            batch = path.sample(labels, t=at, generator=g)
            r = flow.log_evidence(batch.x_t, at[:, None]).double().exp()
            joint = p * r[:, 0, :, None] * r[:, 1, None, :]
            joint = joint / joint.sum((1, 2), keepdim=True)
            sides = (joint.sum(2), joint.sum(1))
            entropy = -sum((q * q.clamp(min=1e-300).log()).sum(-1) for q in sides)
            resolved = 1.0 - float(entropy.mean() / start)
            assert 0.9 * resolved + 0.1 * t / 0.5 == pytest.approx(s, abs=0.015)

    def test_they_are_a_law_of_times(self):
        times = flow.TableTimes((0.0, 0.1, 0.5), (0.0, 0.5, 1.0))
        assert times.grid(4).tolist() == pytest.approx([0.0, 0.05, 0.1, 0.3, 0.5])
        t = times.sample(1000, torch.Generator().manual_seed(0))
        assert float((t < 0.1).double().mean()) == pytest.approx(0.5, abs=1e-3)
        assert build(describe(times)) == times

    @pytest.mark.parametrize(
        ("times", "shares"),
        [
            ((0.0, 0.5), (0.0, 0.9)),
            ((0.0, 1.5), (0.0, 1.0)),
            ((0.0, 0.3, 0.3), (0.0, 0.5, 1.0)),
            ((0.0, 0.3, 0.5), (0.0, 1.0)),
        ],
    )
    def test_wrong_tables(self, times, shares):
        with pytest.raises(ValueError, match="expected"):
            flow.TableTimes(times, shares)

    def test_what_they_need_is_said(self):
        path = flow.GeodesicPath(fm.PositiveHypersphere(2))
        plain = flow.VelocityField(torch.nn.Identity(), path.space)
        with pytest.raises(TypeError, match="posterior"):
            flow.measure_times(plain, path, torch.zeros(4, dtype=torch.long))
