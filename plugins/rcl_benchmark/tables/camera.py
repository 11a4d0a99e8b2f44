"""Simulated raws: what a camera would have recorded of clean pictures, for tables of raws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rcl_benchmark.engine.code import code_version
from rcl_cli.data import clean_pairs
from rcl_cli.data.clean_pairs import camera_light
from rcl_cli.data.clean_pictures import CleanReader
from rcl_cli.domain import Domain
from rcl_cli.evaluate.labels import PictureFiles
from rcl_cli.nn.cfa import mosaic
from rcl_cli.noise import SensorNoise
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.simulate.files import BLACK_DN, WHITE_DN
from rcl_cli.simulate.source import picture_generator

NOISE = SensorNoise()
"""Base ISO to the highest. The paper's σ ∈ [0, 20] has read noise that no sensor has in such light."""
CODE = code_version(Path(__file__), Path(clean_pairs.__file__))
"""Changes with the code that decides on the raws, noise apart."""
_PERIOD = 6
"""Of every colour filter array, in pixels, or a multiple of it."""


def sensor_light(path: Path, least_side: int) -> Tensor:
    """(3, H, W) float32, linear: a clean picture under an exposure and sensor gains that its file's name decides.

    Raises FileError where the file cannot be read or is too small.
    """
    picture = CleanReader(least_side, reduce=1)(path)
    return picture.rgb.float() * camera_light(not picture.camera_rgb, picture_generator(0, path.name))


@dataclass(frozen=True)
class MosaicReader:
    """Reads clean pictures as raws without noise, as `read_frame` reads files."""

    domain: Domain

    def __call__(self, path: Path, *, linear: bool = False) -> RawFrame:
        """`linear` does not apply: a sensor's values are linear. Raises FileError as `sensor_light` does."""
        light = sensor_light(path, _PERIOD)
        height, width = (side // _PERIOD * _PERIOD for side in light.shape[-2:])
        flat = mosaic(light[:, :height, :width], self.domain).numpy()
        dn = np.rint(BLACK_DN + (WHITE_DN - BLACK_DN) * flat).astype(np.uint16)
        black = (float(BLACK_DN),) * 4
        return RawFrame(dn, canonical(self.domain), black, float(WHITE_DN), Metadata(make="rcl", model="simulated"))


class LitPictures(PictureFiles):
    """Clean pictures as the sensor sees them, before its colour filters."""

    def get(self, index: int) -> Tensor:
        """As `sensor_light`."""
        path = self.paths[index]
        if path not in self._read:
            self._read[path] = sensor_light(path, self.least_side).to(torch.float16)
        return self._read[path].float()
