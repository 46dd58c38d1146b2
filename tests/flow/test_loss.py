"""The cross-entropy is exact for any logits, and its gradient free of denormals."""

import torch

from fisher_manifold.flow.loss import posterior_loss


def test_tiny_probabilities_leave_no_denormal_gradients():
    g = torch.Generator().manual_seed(0)
    logits = -150 * torch.rand(50, 3, 20, generator=g)
    logits.requires_grad_()
    labels = torch.randint(20, (50, 3), generator=g)  # ruled out ones among them
    loss = posterior_loss(logits, labels)
    exact = torch.log_softmax(logits.detach().double(), -1)
    chosen = exact.gather(-1, labels[..., None])[..., 0]
    assert torch.allclose(loss.detach().double(), -chosen.mean(1), rtol=1e-6)
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    truth = (exact.exp() - torch.nn.functional.one_hot(labels, 20)) / 3
    assert float((gradient - truth).abs().max()) < 1e-6
    assert bool(((gradient == 0) | (gradient.abs() >= 1e-20)).all())
    tiny = (truth.abs() > 0) & (truth.abs() < 1e-38)
    assert int(tiny.sum()) > 100  # they would have been denormal


def test_gradient_within_functional_transforms():
    logits, labels = torch.randn(4, 2, 5), torch.randint(5, (4, 2))

    def loss(row, label):
        return posterior_loss(row[None], label[None])[0]

    batched = torch.func.vmap(torch.func.grad(loss))(logits, labels)
    logits.requires_grad_()
    (plain,) = torch.autograd.grad(posterior_loss(logits, labels).sum(), logits)
    assert torch.allclose(batched, plain, atol=1e-7)
