"""Training pairs for the heads that are shipped: photographs under any light, noise and exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.clean_pairs import BLUE_GAINS, RED_GAINS
from rcl_cli.data.clean_pictures import CleanReader
from rcl_cli.data.crops import random_window
from rcl_cli.data.pairs import Pair, stacked
from rcl_cli.data.seeds import drawn
from rcl_cli.domain import Domain
from rcl_cli.nn.balance import Balance
from rcl_cli.nn.curve import bend_for
from rcl_cli.noise import RANGE_255, SensorNoise, SigmaNoise, sigma_map
from rcl_cli.raw.folder import find_files
from rcl_cli.task import Task
from rcl_tasks.processed import compressed, processed_noise

STOPS = (-2.5, 1.0)
"""Exposure of linear pictures; what is brighter than white is clipped, as on a sensor."""
DISPLAY_STOPS = (-1.0, 0.0)
DISPLAY_SHARE = 0.3
"""Of pictures whose values are those of a display, taken as they are: RGB files are often used so."""
UNBALANCED_SHARE = 0.6
MISJUDGED, MISJUDGED_PROCESSED = (-0.2, 0.2), (-0.5, 0.3)
"""How far the logarithm of the noise level that a network is told may be wrong: of noise that is independent from pixel
to pixel, and of processed noise, which is hard to measure."""
OVERESTIMATED = (-0.2, 0.4)
"""The same for denoising: where there is texture everywhere, blind estimates are too high, and detail would be lost."""
MISJUDGED_BALANCE = (-0.1, 0.1)
WHITE_SHARE = 0.5
"""Of RGB crops whose noise is independent from pixel to pixel."""
COMPRESSED_SHARE = 0.3
"""Of RGB crops with processed noise and values of a display that have been through JPEG."""
LEAST_COMPRESSED_255 = 3.0
JPEG_QUALITY = (80.0, 98.0)
_GAUSSIAN = SigmaNoise(0.0, 60.0)
_SENSOR = SensorNoise()


@dataclass(frozen=True)
class Photograph:
    """A clean picture, both as light and as values for a display; (3, H, W) float16 each."""

    linear: Tensor
    display: Tensor


@dataclass(frozen=True)
class Photographs:
    """Pairs for `task` on `domain`."""

    task: Task
    domain: Domain
    pictures: Sequence[Photograph]
    side: int
    """Of crops, in target pixels."""
    noiseless: float = 0.0
    """Share of crops without noise."""
    misjudged: tuple[float, float] = MISJUDGED

    def batch(self, count: int, rng: torch.Generator) -> Pair:
        """`count` crops, stacked."""
        return stacked([self.draw(rng) for _ in range(count)])

    def draw(self, rng: torch.Generator) -> Pair:
        """One crop. The rougher of two windows is taken: flat parts are soon learnt."""
        picture, display = drawn(self.pictures, rng), _share(DISPLAY_SHARE, rng)
        whole = picture.display if display else picture.linear
        windows = [random_window(whole.shape, self.side, 1, rng) for _ in range(2)]
        crop = max((window.of(whole).float() for window in windows), key=_roughness)
        light = self._light(display, rng)
        clean = (_turned(crop, rng) * light).clamp_max(1.0)
        noise = self._noise(display, rng)
        white = self.domain.is_raw or _share(WHITE_SHARE, rng)
        if white:
            x, target = self.task.degrade(clean, self.domain, noise, rng)
        else:
            x, target = self._processed(clean, noise, display, rng)
        balance = _guess(light, rng)
        x = x * torch.from_numpy(balance.planes(self.domain))
        target = target * torch.from_numpy(balance.planes(self.task.output(self.domain)))
        wrong = _uniform(*(self.misjudged if white else MISJUDGED_PROCESSED), rng)
        told = _scaled(balance.profile(noise), math.exp(2 * wrong))
        return Pair(x, sigma_map(x, told, self.domain), target, torch.tensor(bend_for(told)))

    def _processed(
        self, clean: Tensor, noise: NoiseProfile, display: bool, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        x, target = self.task.degrade(clean, self.domain, _scaled(noise, 0.0), rng)
        sigma = sigma_map(x, noise, self.domain)
        x = x + processed_noise(x.shape, rng) * sigma
        # What JPEG adds to a picture with fainter noise would be more than the noise that is told.
        if display and _share(COMPRESSED_SHARE, rng) and float(sigma.mean()) > LEAST_COMPRESSED_255 / RANGE_255:
            x = compressed(x, round(_uniform(*JPEG_QUALITY, rng)))
        return x, target

    def _light(self, display: bool, rng: torch.Generator) -> Tensor:
        exposure = 2 ** _uniform(*(DISPLAY_STOPS if display else STOPS), rng)
        red, blue = _uniform(*RED_GAINS, rng), _uniform(*BLUE_GAINS, rng)
        unbalanced = self.domain.is_raw and not display and _share(UNBALANCED_SHARE, rng)
        gains = (1 / red, 1.0, 1 / blue) if unbalanced else (1.0, 1.0, 1.0)
        return exposure * torch.tensor(gains).view(3, 1, 1)

    def _noise(self, display: bool, rng: torch.Generator) -> NoiseProfile:
        drawn_noise = (_GAUSSIAN if display and not self.domain.is_raw else _SENSOR).draw(rng)
        return _scaled(drawn_noise, 0.0) if _share(self.noiseless, rng) else drawn_noise


def load_photographs(folder: Path, least_side: int) -> list[Photograph]:
    """Every picture of a folder that is large enough. Raises FileError where one cannot be read."""
    files = [item.path for item in find_files([folder])[0]]
    linear, display = (CleanReader(least_side, reduce=1, linear=as_stored) for as_stored in (False, True))
    return [Photograph(linear(path).rgb, display(path).rgb) for path in files]


def _turned(crop: Tensor, rng: torch.Generator) -> Tensor:
    rows, columns, swap = (torch.rand(3, generator=rng) < 0.5).tolist()
    crop = crop.flip([axis for axis, wanted in ((-2, rows), (-1, columns)) if wanted])
    return crop.mT if swap else crop


def _roughness(crop: Tensor) -> float:
    green = crop[1]
    return float((green[1:] - green[:-1]).abs().mean() + (green[:, 1:] - green[:, :-1]).abs().mean())


def _guess(light: Tensor, rng: torch.Generator) -> Balance:
    red, green, blue = Balance.undoing(light.flatten().tolist()).gains
    wrong = [math.exp(_uniform(*MISJUDGED_BALANCE, rng)) for _ in range(2)]
    return Balance((red * wrong[0], green, blue * wrong[1])) if red != 1 or blue != 1 else Balance()


def _scaled(noise: NoiseProfile, by: float) -> NoiseProfile:
    """The same noise with `by` times its variance."""
    return NoiseProfile(
        tuple(by * value for value in noise.shot),  # type: ignore[arg-type]
        tuple(by * value for value in noise.read),  # type: ignore[arg-type]
    )


def _share(share: float, rng: torch.Generator) -> bool:
    return float(torch.rand((), generator=rng)) < share


def _uniform(low: float, high: float, rng: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=rng))
