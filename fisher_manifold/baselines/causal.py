"""Causal versions of the reference networks, with the same weights.

An autoregressive model needs a network whose output at a site depends on the sites
before alone; the reference networks look both ways.  These compute with the very same
parameters, so that sizes are equal, but convolutions are padded on the left alone,
normalisations are over channels at one site, and attention does not look ahead.
"""

import torch
from torch.nn import functional

from ..networks import SequenceCNN, Transformer


class CausalCNN(SequenceCNN):
    """`SequenceCNN` whose output at a site depends on no later one.

    It sees ``(kernel_size - 1) * (1 + sum of dilations)`` sites back: 76 with the
    default kernel and 6 blocks.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines
    >>> network = baselines.CausalCNN(4, length=9, width=16, depth=1)
    >>> _ = torch.nn.init.normal_(network.output.weight)  # a new one gives 0
    >>> x, t = torch.rand(1, 9, 4).float(), torch.zeros(1).float()
    >>> later = torch.cat([x[:, :6], x[:, :3]], 1)  # other sites 6, 7, 8
    >>> (network(x, t) == network(later, t)).all(-1)
    tensor([[ True,  True,  True,  True,  True,  True, False, False, False]])
    """

    is_causal = True

    def forward(self, x, t, label=None):
        """Logits of each site from the rows of x up to its own.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Input; a part from the beginning will do.
        t : torch.Tensor, shape=[n]
            Times.
        label : torch.Tensor of int, shape=[n], optional
            Class labels.

        Returns
        -------
        output : torch.Tensor, shape=[n, length, n_categories]
            Output.
        """
        embedding = functional.silu(self.embed(t, label))
        hidden = _causal(self.enter, x.transpose(1, 2))
        hidden = hidden + self.position[..., : x.shape[1]]
        for norm, shift, mixer, pointwise in zip(
            self.norms, self.shifts, self.mixers, self.pointwise, strict=True
        ):
            scale, offset = shift(embedding)[:, :, None].chunk(2, 1)
            update = _causal(mixer, _at_sites(norm, hidden) * (1 + scale) + offset)
            hidden = hidden + pointwise(functional.gelu(update))
        output = self.output(functional.gelu(_at_sites(self.leave, hidden)))
        return output.transpose(1, 2)


class CausalTransformer(Transformer):
    """`Transformer` whose sites attend to themselves and to earlier ones.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines
    >>> network = baselines.CausalTransformer(4, length=9, width=16, depth=1)
    >>> _ = torch.nn.init.normal_(network.output.weight)  # a new one gives 0
    >>> x = torch.rand(1, 9, 4).float().requires_grad_()
    >>> network(x, torch.zeros(1).float())[0, 5].sum().backward()  # of site 5
    >>> x.grad.any(-1)  # depends on those up to it
    tensor([[ True,  True,  True,  True,  True,  True, False, False, False]])
    """

    is_causal = True

    def forward(self, x, t, label=None):
        """Logits of each site from the rows of x up to its own.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Input; a part from the beginning will do.
        t : torch.Tensor, shape=[n]
            Times.
        label : torch.Tensor of int, shape=[n], optional
            Class labels.

        Returns
        -------
        output : torch.Tensor, shape=[n, length, n_categories]
            Output.
        """
        length = x.shape[1]
        hidden = self.enter(x) + self.position[:, :length]
        hidden = hidden + self.embed(t, label)[:, None]
        later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        hidden = self.layers(hidden, mask=later, is_causal=True)
        return self.output(self.leave(hidden))


_CAUSAL = {SequenceCNN: CausalCNN, Transformer: CausalTransformer}
_SETTINGS = {
    SequenceCNN: ("width", "depth", "kernel_size", "n_classes"),
    Transformer: ("width", "depth", "n_heads", "n_classes", "dropout"),
}


def causal(network):
    """Causal version of a reference network, with a copy of its weights.

    Parameters
    ----------
    network : SequenceCNN, Transformer, or module with ``is_causal = True``
        Network.

    Returns
    -------
    network : torch.nn.Module
        CausalCNN or CausalTransformer of the same size; a causal network itself.

    Raises
    ------
    TypeError
        If there is none, as for an MLP.

    Examples
    --------
    >>> import torch
    >>> from fisher_manifold import baselines, networks
    >>> network = networks.SequenceCNN(4, length=9, width=16, depth=1)
    >>> made = baselines.causal(network)
    >>> type(made).__name__, torch.equal(made.position, network.position)
    ('CausalCNN', True)
    """
    kind = type(network)
    if getattr(network, "is_causal", False):
        return network
    if kind not in _CAUSAL:
        raise TypeError(
            "expected a SequenceCNN or a Transformer, which have causal versions, got "
            f"{kind.__name__}: give one of them, or a causal network of your own with "
            "the attribute is_causal = True"
        )
    settings = {name: getattr(network, name) for name in _SETTINGS[kind]}
    other = _CAUSAL[kind](network.n_categories, network.length, **settings)
    other.load_state_dict(network.state_dict())
    return other


def _causal(convolution, x):
    """A convolution of x [n, channels, length], padded on the left alone."""
    dilation = convolution.dilation[0]
    reach = (convolution.kernel_size[0] - 1) * dilation
    padded = functional.pad(x, (reach, 0))
    return functional.conv1d(
        padded, convolution.weight, convolution.bias, dilation=dilation
    )


def _at_sites(norm, x):
    """Normalise x [n, channels, length] over channels, by the weights of a group."""
    normalised = functional.layer_norm(
        x.transpose(1, 2), (norm.num_channels,), norm.weight, norm.bias, norm.eps
    )
    return normalised.transpose(1, 2)
