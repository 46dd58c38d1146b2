"""Every method by its name, in the one trainer, with the one network."""

import pytest
import torch

from fisher_manifold import baselines, flow, networks

COUNTED = ("markov-0", "markov-1", "markov-3", "sites", "data")


def problem(n=200, length=6):
    g = torch.Generator().manual_seed(0)
    classes = torch.randint(3, (n,), generator=g)
    return classes[:, None].repeat(1, length), classes


def fit(name, steps, **options):
    labels, _ = problem()
    torch.manual_seed(0)
    n_classes = 3 if options.get("conditions") else 0
    network = networks.SequenceCNN(3, 6, width=16, depth=2, n_classes=n_classes)
    options = {"learning_rate": 1e-2, "batch_size": 64, "warmup": 10, **options}
    g = torch.Generator().manual_seed(0)
    return baselines.fit(name, labels, 3, network, steps, generator=g, **options)


@pytest.mark.parametrize("name", baselines.TRAINED)
def test_labels_condition_every_trained_method(name):
    _, classes = problem()
    model = fit(name, 80, conditions={"label": classes})
    wanted = torch.arange(90) % 3
    g = torch.Generator().manual_seed(1)
    x = model.sample(90, g, {"label": wanted}).labels
    # Guessing is 1/3 right; velocity regression is the slowest to learn.
    assert (x == wanted[:, None]).float().mean() > 0.8
    assert x.shape == (90, 6) and x.dtype == torch.int64


@pytest.mark.parametrize("name", [*baselines.TRAINED, *COUNTED])
def test_samples_are_those_of_their_seed(name):
    model = fit(name, 40)
    a, b, c = (
        model.sample(20, torch.Generator().manual_seed(s)).labels for s in (1, 1, 2)
    )
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert 0 <= int(a.min()) <= int(a.max()) < 3


@pytest.mark.parametrize("name", ["masked", "evidence"])
def test_bounds_are_below_the_law_of_the_data(name):
    """Three sequences of equal probability; a bound that beat log 1/3 is wrong."""
    model = fit(name, 80)
    labels = torch.arange(3)[:, None].repeat(1, 6)
    g = torch.Generator().manual_seed(1)
    options = {"steps": 10} if name == "evidence" else {}
    result = model.log_prob_bound(labels, draws=8, generator=g, **options)
    mean, error = result.value.mean(), result.standard_error.mean()
    assert mean < torch.tensor(1 / 3).log() + 4 * error
    assert mean > 6 * torch.tensor(1 / 3).log()  # that of a uniform guess


class Stop(Exception):
    """Raised by a callback in the middle of a run."""


@pytest.mark.parametrize("name", ["masked", "linear", "dirichlet", "autoregressive"])
def test_runs_resume_bit_exactly(name, tmp_path):
    labels, _ = problem()

    def model():
        torch.manual_seed(0)
        network = networks.SequenceCNN(3, 6, width=16, depth=1)
        return baselines.TRAINED[name](network, 3, 6)

    def trainer():
        field, g = model(), torch.Generator().manual_seed(0)
        return flow.Trainer(field, field.path, batch_size=32, generator=g)

    def stop(trainer, row):
        trainer.save(tmp_path)
        raise Stop

    whole = trainer().fit(labels, 20, progress=False)
    with pytest.raises(Stop):
        trainer().fit(labels, 20, progress=False, callbacks=[stop])
    field = model()
    resumed = flow.Trainer.load(tmp_path, field=field, path=field.path)
    assert resumed.step == 10
    resumed.fit(labels, 20, progress=False)
    pairs = zip(whole.field.parameters(), resumed.field.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_unknown_names_and_missing_parts_are_told():
    labels, _ = problem()
    with pytest.raises(ValueError, match="autoregressive"):
        baselines.fit("auto", labels, 3)
    with pytest.raises(ValueError, match="network"):
        baselines.fit("masked", labels, 3)


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        (torch.zeros(4, 5).long(), ValueError),
        (torch.full((4, 6), 3), ValueError),
        (torch.full((4, 6), -1), ValueError),
        (torch.full((4, 6, 3), 1 / 3), TypeError),
    ],
)
def test_labels_that_do_not_fit_are_told(labels, error):
    model = baselines.LinearFlow(networks.MLP((6, 3), 8, 1), 3, 6)
    trainer = flow.Trainer(model, model.path, batch_size=2)
    with pytest.raises(error, match="expected"):
        trainer.fit(labels, 1, progress=False)
