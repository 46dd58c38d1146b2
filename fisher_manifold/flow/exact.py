"""The network that is right: the exact posterior of a known law, as an oracle."""

import math

import torch


class ExactPosterior(torch.nn.Module):
    r"""Exact answer :math:`\log c_i(k)` of a law, in place of a network.

    What a :class:`~fisher_manifold.flow.PosteriorField` with ``evidence=True`` would
    have learned after endless training with independent coupling: the field with this
    network generates the law itself, up to the steps of the sampler: Euler's are of
    first order, and break hard constraints of a law that often.  It tells what a
    network has lost from what the sampler has.

    Parameters
    ----------
    law : object with ``log_posterior``
        Maps evidence to the logarithms of the sites' posteriors, float64 arrays of
        shape [n, length, n_categories], as the laws of `fisher_manifold.data`.

    Raises
    ------
    TypeError
        If the law has no method ``log_posterior``.

    Examples
    --------
    >>> import torch, fisher_manifold as fm
    >>> from fisher_manifold import data, flow
    >>> law = data.CopyConstraint(data.IndependentSites([[0.25, 0.75]]))
    >>> space = fm.SequenceManifold(fm.PositiveHypersphere(dim=1), length=2)
    >>> path = flow.GeodesicPath(space)
    >>> field = flow.PosteriorField(flow.ExactPosterior(law), path, evidence=True)
    >>> g = torch.Generator().manual_seed(0)
    >>> labels = flow.sample(field, path, 100, generator=g).labels
    >>> float((labels[:, 0] == labels[:, 1]).float().mean()) > 0.95
    True
    """

    def __init__(self, law):
        super().__init__()
        if not hasattr(law, "log_posterior"):
            raise TypeError(
                "expected a law with a method log_posterior, such as those of "
                f"fisher_manifold.data, got {type(law).__name__}"
            )
        self.law = law

    def encode(self, log_ratio):
        """Evidence as it is: a root would round what is nearly ruled out to 0.

        Parameters
        ----------
        log_ratio : torch.Tensor, shape=[..., d + 1]
            Log belief relative to the uniform law, as `root_belief` takes it.

        Returns
        -------
        log_ratio : torch.Tensor, shape=[..., d + 1]
            The same.
        """
        return log_ratio

    def forward(self, x, t):
        """Logits that the evidence has to be added to.

        Parameters
        ----------
        x : torch.Tensor, shape=[n, length, n_categories]
            Log ratios of each site's normalised evidence to the uniform law, as a
            `PosteriorField` with evidence gives them.
        t : torch.Tensor, shape=[n]
            Times; the evidence is all there is to know.

        Returns
        -------
        logits : torch.Tensor, shape=[n, length, n_categories]
            Log posterior minus log evidence; minus infinity where the law rules a
            category out.
        """
        log_ratio = x.double()
        self._check_evidence(log_ratio)
        values = log_ratio.detach().cpu().numpy()
        posterior = torch.as_tensor(self.law.log_posterior(values), device=x.device)
        return (posterior - log_ratio).to(x.dtype)

    @staticmethod
    def _check_evidence(log_ratio):
        """Refuse points: their coordinates are no log ratios to the uniform law."""
        mean = log_ratio.logsumexp(-1) - math.log(log_ratio.shape[-1])
        if mean.numel() and float(mean.abs().max()) > 1e-3:
            raise ValueError(
                "expected the log ratios of evidence of a PosteriorField with "
                "evidence=True, got something else"
            )
