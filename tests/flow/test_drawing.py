"""Draws of training steps: the same ahead as in time, errors and threads included."""

import os
import threading

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks, transport
from fisher_manifold.flow import drawing
from fisher_manifold.flow.batches import as_batches
from fisher_manifold.flow.ranks import Ranks
from fisher_manifold.flow.shares import Shares

SPACE = fm.SequenceManifold(fm.PositiveHypersphere(3), 6)


class RandomOrder:
    """Pair by a random permutation, drawn from the generator."""

    def __call__(self, x0, x1, conditions=None, generator=None):
        order = torch.randperm(len(x0), generator=generator)
        return transport.Pairs(x0[order], x1, conditions, order)


class ByLabel(networks.MLP):
    """Network that takes a label and does not use it."""

    def forward(self, x, t, label=None):
        return super().forward(x, t)


@pytest.fixture
def data():
    return torch.randint(4, (50, 6), generator=torch.Generator().manual_seed(1))


def make_trainer(coupling, network=networks.MLP, **options):
    torch.manual_seed(0)
    path = flow.GeodesicPath(SPACE)
    field = flow.PosteriorField(network(SPACE.shape, 8, 1), path)
    g = torch.Generator().manual_seed(0)
    return flow.Trainer(field, path, coupling, batch_size=16, generator=g, **options)


def weights(trainer):
    return [p.detach().clone() for p in trainer.raw_field.parameters()]


@pytest.mark.parametrize("coupling", [transport.ExactCoupling(SPACE), RandomOrder()])
def test_coupling_ahead_changes_nothing(data, coupling):
    ahead = make_trainer(coupling, couple_ahead=True).fit(data, 12, progress=False)
    in_time = make_trainer(coupling, couple_ahead=False).fit(data, 12, progress=False)
    assert ahead.history == in_time.history
    for one, other in zip(weights(ahead), weights(in_time), strict=True):
        assert torch.equal(one, other)


def test_coupling_changes_the_pairs_alone(data):
    coupled, plain = make_trainer(RandomOrder()), make_trainer(None)
    draws = [
        trainer._drawer()(3, data[:16], {"label": data[:16, 2]})
        for trainer in (coupled, plain)
    ]
    assert torch.equal(draws[0].t, draws[1].t)
    assert not torch.equal(draws[0].x0, draws[1].x0)
    assert torch.equal(
        draws[0].x0.reshape(16, -1).sort(0).values,
        draws[1].x0.reshape(16, -1).sort(0).values,
    )


def test_a_thread_couples_where_a_core_is_free(monkeypatch):
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    for threads, free in ((1, True), (2, True), (3, False), (8, False)):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=threads: n)
        assert drawing.core_is_free(cpu) == free
        assert drawing.core_is_free(gpu)


@pytest.mark.parametrize("ahead", [True, False])
def test_conditions_stay_with_their_targets(data, ahead):
    trainer = make_trainer(transport.ExactCoupling(SPACE), ByLabel)
    batches = as_batches(data, {"label": data[:, 2]}, 16, seed=5)
    shares = Shares(Ranks(0, 1, trainer.device), 16, 16)
    steps = trainer._drawer().steps(batches, range(4, 9), shares, ahead)
    draws = [draw for micro_batches in steps for draw in micro_batches]
    assert [draw.number for draw in draws] == [4, 5, 6, 7, 8]
    for draw in draws:
        assert torch.equal(draw.x1[:, 2], draw.conditions["label"])
        assert torch.equal(draw.x1, batches[draw.number][0])


def test_resumed_run_with_a_coupling_is_bit_exact(tmp_path, data):
    coupling = transport.ExactCoupling(SPACE)
    whole = make_trainer(coupling, schedule="constant").fit(data, 14, progress=False)
    part = make_trainer(coupling, schedule="constant")
    part.fit(data, 6, directory=tmp_path, progress=False)
    resumed = flow.Trainer.load(tmp_path)
    assert type(resumed.coupling) is transport.ExactCoupling
    resumed.fit(data, 14, progress=False)
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        assert torch.equal(one, other)


def test_next_batch_is_coupled_while_the_network_computes(data):
    """The network of step 0 waits for the coupling of step 1 to have begun."""
    begun = [threading.Event() for _ in range(4)]
    calls = iter(range(4))

    def coupling(x0, x1, conditions, generator):
        begun[next(calls)].set()
        return transport.Pairs(x0, x1, conditions)

    class Waiting(networks.MLP):
        steps = iter(range(4))

        def forward(self, x, t):
            following = min(next(self.steps) + 1, 3)
            assert begun[following].wait(60), "the next batch was not coupled ahead"
            return super().forward(x, t)

    trainer = make_trainer(coupling, Waiting).fit(data, 4, progress=False)
    assert trainer.step == 4 and next(calls, None) is None


@pytest.mark.parametrize("ahead", [True, False])
def test_error_of_a_coupling_reaches_the_caller(data, ahead):
    calls = iter(range(10))

    def coupling(x0, x1, conditions, generator):
        if next(calls) == 3:
            raise ValueError("no plan")
        return transport.Pairs(x0, x1, conditions)

    trainer = make_trainer(coupling, couple_ahead=ahead)
    with pytest.raises(ValueError, match="no plan"):
        trainer.fit(data, 8, progress=False)
    assert trainer.step == 3
    assert not [t for t in threading.enumerate() if t.name.startswith("coupling")]


def test_stopping_leaves_no_thread(data):
    class Stop(Exception):
        pass

    def stop(trainer, row):
        raise Stop

    trainer = make_trainer(RandomOrder())
    with pytest.raises(Stop):
        trainer.fit(data, 30, progress=False, callbacks=[stop])
    assert not [t for t in threading.enumerate() if t.name.startswith("coupling")]
