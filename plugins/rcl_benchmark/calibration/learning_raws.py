"""Simulated raws of known noise that the blind estimator's laws are learnt on.

Single photographs, each with several draws of noise, reduction and exposure; sheets of six, and procedural scenes of
two sizes, which hold a law near what is right where there is little texture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rcl_benchmark.calibration.draws import draw
from rcl_benchmark.calibration.names import PROCEDURAL, SHEET, SINGLE
from rcl_benchmark.calibration.photographs import Sheets, Singles, singles
from rcl_benchmark.calibration.pictures import Pictures, Scenes
from rcl_benchmark.calibration.simulate import clean_mosaic, expose
from rcl_calibration.model import Noise
from rcl_calibration.single_image import Measurement, measure
from rcl_cli.profiles.lattices import close_lattices

PATTERNS = {"Bayer": 12, "X-Trans": 6}
"""Times that each photograph is drawn alone."""
SHEETS, SCENES = 56, 36
"""Of each pattern; scenes of each size."""
SIDES = (1024, 512)
_PER_SOURCE = 10_000


@dataclass(frozen=True)
class LearningRaw:
    """One raw and what was measured in it."""

    pattern: str
    kind: str
    """SINGLE, SHEET or PROCEDURAL"""
    photograph: int
    """Which photograph, of SINGLE; a number of its own for all else."""
    measurement: Measurement
    truth: Noise


def learning_raws(folders: Sequence[Path], seed: int) -> Iterator[LearningRaw]:
    """All of them, one after the other."""
    photographs = singles(folders, seed)
    count = len(photographs.paths)
    sources: list[tuple[str, str, Pictures, int]] = []
    for pattern, draws in PATTERNS.items():
        sources += [(pattern, SINGLE, replace(photographs, seed=seed + more), count) for more in range(draws)]
        sources += [(pattern, SHEET, Sheets(photographs), SHEETS)]
        sources += [(pattern, PROCEDURAL, Scenes(side, seed), SCENES) for side in SIDES]
    for number, (pattern, kind, pictures, wanted) in enumerate(sources):
        for index in range(wanted):
            rng = np.random.default_rng([seed, number, index])
            exposure = draw("sensor", rng, photograph=kind != PROCEDURAL)
            if pattern == "X-Trans":
                exposure = replace(exposure, phase=pattern)
            frame = expose(clean_mosaic(pictures.get(index), exposure), exposure, rng)
            own = pictures.which(index) if isinstance(pictures, Singles) else _PER_SOURCE * (1 + number) + index
            yield LearningRaw(pattern, kind, own, measure(close_lattices(frame)), exposure.noise)
