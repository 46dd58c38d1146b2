"""Reference networks, all with the signature ``network(x, t, **conditions)``.

They are small and plain; any module with that signature serves.  ``x`` are points,
[n, *shape], ``t`` times, [n]; ``label`` is the one condition they know: class labels,
[n], with ``n_classes`` more than 0.  `Conditional` makes one of them know labels,
vectors and signals, all of which may be missing.
"""

from .conditional import Conditional
from .embedding import TimeEmbedding
from .image import ImageCNN
from .mlp import MLP, FourierMLP
from .sequence import SequenceCNN, Transformer
from .two_times import TwoTimes

__all__ = [
    "MLP",
    "Conditional",
    "FourierMLP",
    "ImageCNN",
    "SequenceCNN",
    "TimeEmbedding",
    "Transformer",
    "TwoTimes",
]
