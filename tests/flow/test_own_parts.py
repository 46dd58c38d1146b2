"""Parts of the user's that lack something are refused before any training."""

import pytest
import torch

import fisher_manifold as fm
from fisher_manifold import flow, networks

SPACE = fm.PositiveHypersphere(dim=2)
NETWORK = networks.MLP(SPACE.shape, 8, 1)


class Nothing:
    """Has no methods."""


class Module(torch.nn.Module):
    """Has those of torch."""


class Times:
    """Can be drawn, and has no grid."""

    def sample(self, n, generator=None, dtype=None, device=None):
        return torch.rand(n, generator=generator, dtype=dtype, device=device)


def trainer(**parts):
    field = flow.VelocityField(NETWORK, SPACE)
    given = {"field": field, "path": flow.GeodesicPath(SPACE)} | parts
    return flow.Trainer(**given, batch_size=4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: flow.GeodesicPath(SPACE, Nothing()), "source with sample, got Noth"),
        (lambda: flow.GeodesicPath(SPACE, times=Times()), "Times without grid"),
        (lambda: trainer(field=Nothing()), "expected a torch.nn.Module, got Nothing"),
        (lambda: trainer(field=Module()), "Module without network, space, loss, with_"),
        (lambda: trainer(coupling=Nothing()), "coupling that can be called, got Noth"),
        (
            lambda: trainer().fit(torch.eye(3), 1, callbacks=[print, Nothing()]),
            "callbacks that can be called, got Nothing",
        ),
    ],
)
def test_what_is_missing_is_named(make, message):
    with pytest.raises(TypeError, match=message):
        make()
