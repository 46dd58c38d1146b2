"""Reference networks: what they say of conditions that do not fit."""

import pytest
import torch

from fisher_manifold import networks

NETWORKS = {
    "mlp": lambda n: networks.MLP((4, 3), 8, 1, n_classes=n),
    "cnn": lambda n: networks.SequenceCNN(3, 4, 8, 1, n_classes=n),
    "transformer": lambda n: networks.Transformer(3, 4, 8, 1, 2, n_classes=n),
    "image": lambda n: networks.ImageCNN(3, 2, 2, 8, 1, n_classes=n),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize(
    ("label", "error", "message"),
    [
        ([0, 2], ValueError, "from 0 to 1, got 0 to 2"),
        ([-1, 0], ValueError, "got -1 to 0"),
        ([0.0, 1.0], TypeError, "integer labels.*float32"),
        ([True, False], TypeError, "integer labels.*bool"),
    ],
)
def test_class_labels_that_do_not_fit(make, label, error, message):
    x, t = torch.zeros(2, 4, 3), torch.zeros(2)
    with pytest.raises(error, match=message):
        make(2)(x, t, label=torch.tensor(label))


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_labels_are_asked_for_and_refused(make):
    x, t = torch.zeros(2, 4, 3), torch.zeros(2)
    with pytest.raises(ValueError, match="expected the condition 'label'"):
        make(2)(x, t)
    with pytest.raises(ValueError, match="n_classes=0"):
        make(0)(x, t, label=torch.tensor([0, 1]))
    assert make(2)(x, t, label=torch.tensor([0, 1])).shape == x.shape
