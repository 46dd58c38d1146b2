"""Small images as categories: the handwritten digits that come with scikit-learn."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class DigitImages:
    """Images whose pixels are grey levels, taken as categories.

    Parameters
    ----------
    images : int64 array, shape=[n_images, n_pixels]
        Grey levels, 0 (blank) to ``n_categories - 1`` (full), row by row.
    classes : int64 array, shape=[n_images,]
        The digit that each image shows.
    shape : tuple of int
        Height and width, in pixels.
    n_categories : int
        Number of grey levels.

    Examples
    --------
    >>> from fisher_manifold import data
    >>> digits = data.load_digits_labels()
    >>> train, test = digits.split(seed=0)
    >>> train.images.shape, test.images.shape, test.images[0].reshape(test.shape).shape
    ((1438, 64), (359, 64), (8, 8))
    """

    images: np.ndarray
    classes: np.ndarray
    shape: tuple[int, int] = (8, 8)
    n_categories: int = 17

    def split(
        self, seed: int = 0, train_fraction: float = 0.8
    ) -> tuple["DigitImages", "DigitImages"]:
        """Split into training and test images, with equal shares of each class.

        Parameters
        ----------
        seed : int
            Seed; the same one gives the same split.
        train_fraction : float
            Share of each class that goes to training, rounded, strictly between 0 and
            1.

        Returns
        -------
        train, test : DigitImages
            Disjoint sets that together are all images, in their original order.

        Raises
        ------
        ValueError
            If a part would have no images of a class.
        """
        if not 0 < train_fraction < 1:
            raise ValueError(
                f"train_fraction must lie between 0 and 1, not be {train_fraction}"
            )
        generator = np.random.default_rng(seed)
        in_train = np.zeros(len(self.classes), dtype=bool)
        for name in np.unique(self.classes):
            members = generator.permutation(np.flatnonzero(self.classes == name))
            n_train = round(train_fraction * len(members))
            if n_train in (0, len(members)):
                raise ValueError(
                    f"train_fraction={train_fraction} gives {n_train} of the "
                    f"{len(members)} images of class {name} to training; choose a "
                    "share that leaves some to both parts"
                )
            in_train[members[:n_train]] = True
        return self._select(in_train), self._select(~in_train)

    def _select(self, mask):
        return replace(self, images=self.images[mask], classes=self.classes[mask])


def load_digits_labels() -> DigitImages:
    """Return the 1797 handwritten digits of scikit-learn: 8 x 8 pixels, 17 grey levels.

    Returns
    -------
    digits : DigitImages
        Images of shape [1797, 64] with values 0 to 16, and their classes 0 to 9.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    E. Alpaydin, C. Kaynak, Optical recognition of handwritten digits, UCI Machine
    Learning Repository, 1998, https://doi.org/10.24432/C50P49 (the test part).

    Examples
    --------
    >>> from fisher_manifold import data
    >>> digits = data.load_digits_labels()
    >>> digits.images.shape, int(digits.images.max()), digits.classes[:5]
    ((1797, 64), 16, array([0, 1, 2, 3, 4]))
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: "
            "pip install scikit-learn"
        ) from error
    data = load_digits()
    return DigitImages(data.data.astype(np.int64), data.target.astype(np.int64))
