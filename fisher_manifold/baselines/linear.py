r"""Linear flow matching: straight lines from the uniform law of the simplex to labels.

.. math:: x_t = (1 - t)\, x_0 + t\, e_k, \qquad x_0 \sim \mathrm{Dirichlet}(1, \dots, 1)

The Euclidean geometry of the simplex.  Stark et al. (2024, arXiv:2402.05841, section
3.1) train it by cross-entropy, as `LinearFlow` is here, and show what is wrong with it:
the supports of :math:`x_t` given different labels become disjoint at t = 1/2.
"""

import torch

from ..flow.checks import check_counts
from .common import Baseline, Samples
from .paths import Batch, LabelPath, Noise


class LinearPath(LabelPath):
    """Straight lines on the simplex.

    Parameters
    ----------
    n_categories : int
        Categories of a site.
    length : int
        Sites.
    """

    def __init__(self, n_categories, length):
        noise = Noise((length, n_categories), exponential=True)
        super().__init__(n_categories, length, noise)

    def start(self, noise):
        """Uniform points of the simplex, from exponential numbers of their shape."""
        return noise / noise.sum(-1, keepdim=True)

    def points(self, labels, noise, t):
        """Points on the lines at times t [n], and their velocities."""
        start, end, s = self.start(noise), self.one_hot(labels), t[:, None, None]
        return Batch(t, torch.lerp(start, end, s), labels, end - start)


class LinearFlow(Baseline):
    r"""Linear flow matching whose network gives the posterior of each site's label.

    The velocity is :math:`\sum_k p(x_1 = e_k | x)\, (e_k - x) / (1 - t)`; the loss is
    the cross-entropy.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)`` on points of the simplex: logits.
    n_categories : int
        Categories of a site.
    length : int
        Sites.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, flow, networks
    >>> model = baselines.LinearFlow(networks.MLP((4, 3), 16, 1), 3, 4)
    >>> g = torch.Generator().manual_seed(0)
    >>> trainer = flow.Trainer(model, model.path, batch_size=16, generator=g)
    >>> data = torch.randint(3, (50, 4), generator=g)
    >>> trained = trainer.fit(data, steps=10, progress=False).field
    >>> trained.sample(2, g, steps=5).labels.shape
    torch.Size([2, 4])
    """

    def __init__(self, network, n_categories, length):
        super().__init__(network, LinearPath(n_categories, length))

    def velocity(self, x, t, **conditions):
        """Velocity towards the posterior mean.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Points of the simplex.
        t : torch.Tensor, shape=[n]
            Times in [0, 1).
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, length, n_categories]
            Vectors of sum 0.
        """
        posterior = torch.softmax(self.logits(x, t, **conditions), -1)
        return (posterior - x) / (1.0 - t[:, None, None])

    def sample(self, n, generator=None, conditions=None, *, steps=50, batch_size=1024):
        """Draw labels: equal Euler steps from t = 0 to 1, then the largest coordinate.

        Parameters
        ----------
        n : int
            Number of samples.
        generator : torch.Generator, optional
            Source of randomness.
        conditions : dict of torch.Tensor, optional
            Conditions, first axis n.
        steps : int
            Steps; one evaluation each.
        batch_size : int
            Samples at once.

        Returns
        -------
        samples : Samples
            Labels.
        """
        check_counts(steps=steps)
        path, done = self.path, []
        with self.parts(n, conditions, batch_size) as parts:
            for _, size, chunk in parts:
                noise = path.source.sample(size, generator, device=self.device)
                x = path.start(noise)
                for i in range(steps):
                    t = x.new_full((size,), i / steps)
                    x = x + self.velocity(x, t, **chunk) / steps
                done.append(x.argmax(-1))
        return Samples(torch.cat(done), steps)


class LinearVelocityFlow(LinearFlow):
    """Linear flow matching whose network gives the velocity: least squares.

    As in Euclidean flow matching (Lipman et al. 2023, arXiv:2210.02747, eq. 23, with
    the smallest deviation 0).  Nothing keeps these flows on the simplex.

    Parameters
    ----------
    network : torch.nn.Module
        ``network(x, t, **conditions)``; its output is projected to sum 0.
    n_categories : int
        Categories of a site.
    length : int
        Sites.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.MLP((5, 3), 16, 1)
    >>> _ = torch.nn.init.normal_(network.output.weight)  # a new one gives 0
    >>> model = baselines.LinearVelocityFlow(network, n_categories=3, length=5)
    >>> x, t = torch.full((2, 5, 3), 1 / 3), torch.zeros(2)
    >>> v = model.velocity(x.float(), t.float())
    >>> bool(v.any()), bool((v.sum(-1).abs() < 1e-4).all())  # sums stay 1
    (True, True)
    """

    def velocity(self, x, t, **conditions):
        """Velocity: the network's output, projected.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Points of the simplex.
        t : torch.Tensor, shape=[n]
            Times in [0, 1].
        **conditions : torch.Tensor
            Passed to the network.

        Returns
        -------
        velocity : torch.Tensor, shape=[n, length, n_categories]
            Vectors of sum 0.
        """
        output = self.logits(x, t, **conditions)
        return output - output.mean(-1, keepdim=True)

    def loss(self, batch, **conditions):
        """Squared error of the velocity, divided by the dimension: shape=[n]."""
        error = self.velocity(batch.x_t, batch.t, **conditions) - batch.velocity
        return error.square().sum(-1).mean(-1) / (self.path.n_categories - 1)
