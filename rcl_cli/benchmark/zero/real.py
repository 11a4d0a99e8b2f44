"""Real noise: noisy JPEGs and PNGs of a camera, beside the means of many shots, which only the score sees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from rcl_cli.benchmark.tables.row import Row
from rcl_cli.benchmark.zero.block_matching import installed
from rcl_cli.benchmark.zero.data import NoisyPicture
from rcl_cli.benchmark.zero.methods import BM3D, INPUT, Method
from rcl_cli.benchmark.zero.presets import Budget
from rcl_cli.benchmark.zero.score import Denoiser, network, noisy_input, peer, score
from rcl_cli.benchmark.zero.train import train
from rcl_cli.data.file_pairs import find_pairs
from rcl_cli.data.noise_levels import NoiseCovariances
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.read import read_frame

SETS = ("srgb-cc", "srgb-polyu")
NOISY_AS_CLEAN = Method("noisy-as-clean", "noisy-as-clean")


def real_pictures(folder: Path) -> list[NoisyPicture]:
    """The pairs in a folder, with the values of the files, and the noise as measured in the noisy one.

    Raises FileError where there is no pair, or one cannot be used.
    """
    return [_real_picture(pair.noisy, pair.clean) for pair in find_pairs(folder)[0]]


def measure_real(
    folder: Path,
    budget: Budget,
    seed: int = 0,
    device: str = "cpu",
    *,
    sets: Sequence[str] = SETS,
    on_step: Callable[[object], None] = lambda metrics: None,
) -> Iterator[Row]:
    """The noisy input, BM3D where it is installed, and noisy-as-clean on each set, a folder of pairs in `folder`.

    One network learns from the noisy pictures of all sets. BM3D is told the level measured in each picture's flat
    blocks, and takes the noise for white. `budget.test_side` bounds the part of each picture that is scored. Raises
    FileError as `real_pictures` does.
    """
    pictures = {name: real_pictures(folder / name) for name in sets}
    everything = [picture for some in pictures.values() for picture in some]
    chosen = torch.device(device)
    began = time.perf_counter()
    backbone = train(NOISY_AS_CLEAN, budget, everything, Domain.RGB, seed, chosen, on_step=on_step)
    trained = time.perf_counter() - began
    denoisers: dict[str, Denoiser] = {INPUT: noisy_input}
    if installed():
        denoisers[BM3D] = peer(Domain.RGB)
    denoisers[NOISY_AS_CLEAN.name] = network(backbone, Domain.RGB, chosen, told=False)
    for name, some in pictures.items():
        tests = [_middle(picture, budget.test_side) for picture in some]
        for method, denoiser in denoisers.items():
            learnt = method == NOISY_AS_CLEAN.name
            began = time.perf_counter()
            psnr, ssim = score(denoiser, tests)
            seconds = round(time.perf_counter() - began + (trained if learnt else 0.0), 1)
            net, labels = ("skip", 0) if learnt else ("", None)
            yield Row("zero", method, "denoise", net, name, labels, psnr, 0.0, ssim, 0.0, 1, seconds)


def _real_picture(noisy: Path, clean: Path) -> NoisyPicture:
    frames = [read_frame(path, linear=True) for path in (noisy, clean)]
    tensors: list[Tensor] = []
    for path, frame in zip((noisy, clean), frames, strict=True):
        if not isinstance(frame, RgbFrame):
            raise FileError(path, "is a raw; this comparison is of RGB pictures")
        tensors.append(torch.from_numpy(frame.rgb.transpose(2, 0, 1).copy()))
    if tensors[0].shape != tensors[1].shape:
        raise FileError(clean, f"is not of the size of {noisy.name}")
    try:
        return NoisyPicture(noisy, tensors[1], tensors[0], NoiseCovariances().of(frames[0]))
    except ValueError as error:
        raise FileError(noisy, str(error)) from error


def _middle(picture: NoisyPicture, side: int) -> NoisyPicture:
    height, width = (min(length, side) for length in picture.clean.shape[1:])
    top, left = (picture.clean.shape[1] - height) // 2, (picture.clean.shape[2] - width) // 2
    rows, columns = slice(top, top + height), slice(left, left + width)
    clean, noisy = (image[:, rows, columns] for image in (picture.clean, picture.noisy))
    return NoisyPicture(picture.path, clean, noisy, picture.noise)
