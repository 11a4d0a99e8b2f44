"""Real pairs as the denoisers see them: what is learnt from, what is scored, and the noise they are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from rcl_benchmark.zero.data import MULTIPLE, NoisyPicture
from rcl_calibration.profile import NoiseProfile, Planes
from rcl_cli.data.file_pairs import FilePair
from rcl_cli.data.noise_levels import NoiseCovariances
from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.read import read_frame


def real_picture(pair: FilePair) -> NoisyPicture:
    """The values of the files, and the noise as measured in the noisy one: the same at every brightness, correlated.

    Raises FileError where a file cannot be read or is a raw, the sizes differ, or there is no noise to measure.
    """
    noisy, clean = (_rgb(path) for path in (pair.noisy, pair.clean))
    if noisy.rgb.shape != clean.rgb.shape:
        raise FileError(pair.clean, f"is not of the size of {pair.noisy.name}")
    try:
        noise = NoiseCovariances().measure(noisy)
    except ValueError as error:
        raise FileError(pair.noisy, str(error)) from error
    return NoisyPicture(pair.noisy, _tensor(clean), _tensor(noisy), noise)


def middle(picture: NoisyPicture, side: int) -> NoisyPicture:
    """The middle of a picture, `side` pixels each way at most, as far as networks take it; the noise as it was."""
    height, width = (min(length, side) // MULTIPLE * MULTIPLE for length in picture.clean.shape[1:])
    top, left = (picture.clean.shape[1] - height) // 2, (picture.clean.shape[2] - width) // 2
    rows, columns = slice(top, top + height), slice(left, left + width)
    # Copies: a view would keep the whole picture.
    clean, noisy = (image[:, rows, columns].clone() for image in (picture.clean, picture.noisy))
    return replace(picture, clean=clean, noisy=noisy)


def told_more(picture: NoisyPicture, factor: float) -> NoisyPicture:
    """The same with `factor` times the σ, of independent noise."""
    noise = picture.noise
    return replace(picture, noise=NoiseProfile(_times(noise.shot, factor**2), _times(noise.read, factor**2)))


def _times(planes: Planes, factor: float) -> Planes:
    red, green_r, green_b, blue = (factor * variance for variance in planes)
    return red, green_r, green_b, blue


def _rgb(path: Path) -> RgbFrame:
    frame = read_frame(path, linear=True)
    if not isinstance(frame, RgbFrame):
        raise FileError(path, "is a raw; this comparison is of RGB pictures")
    return frame


def _tensor(frame: RgbFrame) -> Tensor:
    return torch.from_numpy(frame.rgb.transpose(2, 0, 1).copy())
