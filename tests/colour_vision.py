"""How far colours are apart for readers of every kind of sight."""

import numpy as np
from matplotlib.colors import to_rgb

# Linear sRGB as seen without the receptors of long, middle or short waves (severity 1):
# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, A Physiologically-based Model for
# Simulation of Color Vision Deficiency, IEEE TVCG 15(6), 2009.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# IEC 61966-2-1: linear sRGB to XYZ, of which the second row is the luminance.
TO_XYZ = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)


def linear(colour):
    """Linear sRGB of a matplotlib colour."""
    value = np.array(to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    """Relative luminance, from 0 for black to 1 for white."""
    return TO_XYZ[1] @ linear(colour)


def contrast(one, other):
    """Ratio of luminances as WCAG 2 defines it, from 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def lab(colour, sight="full"):
    """CIELAB coordinates (white D65) of a colour as it is seen."""
    seen = np.clip(SIGHTS[sight] @ linear(colour), 0.0, 1.0)
    ratio = TO_XYZ @ seen / TO_XYZ.sum(1)
    low = ratio / (3 * (6 / 29) ** 2) + 4 / 29
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), low)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, other, sight="full"):
    """Distance in CIELAB; about 2 is just noticeable, 100 is black to white."""
    return np.linalg.norm(lab(one, sight) - lab(other, sight))
