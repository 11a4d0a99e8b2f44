"""Taking the records of one group of scenes: the unit of work of the benchmark."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rcl_benchmark.draws import REGIMES, Exposure, draw
from rcl_benchmark.estimators import BLIND, METHODS, Method
from rcl_benchmark.pictures import Picture, Pictures
from rcl_benchmark.processing import PROCESSES, process
from rcl_benchmark.records import PLAIN, Key, Record
from rcl_benchmark.simulate import clean_mosaic, expose
from rcl_calibration.profile import Interval
from rcl_cli.raw.frame import RawFrame

GROUP = 4
"""Scenes made together; a pool takes all of them."""


@dataclass(frozen=True)
class Group:
    """What is to be measured on some scenes."""

    pictures: Pictures
    indices: tuple[int, ...]
    """Of the scenes, GROUP of them or, at the end, fewer."""
    regimes: tuple[str, ...]
    methods: tuple[str, ...]
    seed: int
    done: frozenset[Key] = frozenset()
    """Records that exist."""

    def missing(self) -> list[Key]:
        """Records to be made. The `draw` of a pool is its first scene."""
        return [key for key in self._keys() if key not in self.done]

    def _keys(self) -> Iterator[Key]:
        for regime in self.regimes:
            for method in (METHODS[name] for name in self.methods):
                if method.scenes == 1:
                    yield from (Key(index, regime, method.name, PLAIN) for index in self.indices)
                elif method.scenes == len(self.indices):
                    yield Key(self.indices[0], regime, method.name, PLAIN)
            if BLIND in self.methods:
                yield from (Key(index, regime, BLIND, process_of(index, regime)) for index in self.indices)


@dataclass(frozen=True)
class Draw:
    """Raws of one scene, or of several, all of one camera at one ISO."""

    exposure: Exposure
    frames: tuple[RawFrame, ...]
    seen: Interval
    """1st and 99th percentile of the clean mosaics."""


def process_of(index: int, regime: str) -> str:
    """Which process is done to a draw: each in turn, another one in the other regime."""
    return list(PROCESSES)[(index + 3 * _number(regime)) % len(PROCESSES)]


def measure_group(group: Group) -> list[Record]:
    """Make the scenes and take all missing records."""
    missing = group.missing()
    pictures = {index: group.pictures.get(index) for index in group.indices}
    draws: dict[tuple[int, str, int, int], Draw] = {}
    records = []
    for key in missing:
        method = METHODS[key.method]
        at = key.draw, key.regime, method.scenes, method.frames
        if at not in draws:
            draws[at] = _draw(group, key, method, pictures)
        records.append(_record(key, draws[at], np.random.default_rng([group.seed, key.draw, _number(key.regime), 99])))
    return records


def _draw(group: Group, key: Key, method: Method, pictures: Mapping[int, Picture]) -> Draw:
    rng = np.random.default_rng([group.seed, key.draw, _number(key.regime), method.scenes])
    exposure = draw(key.regime, rng)
    scenes = [pictures[key.draw]] if method.scenes == 1 else list(pictures.values())
    clean = [clean_mosaic(picture, exposure) for picture in scenes]
    seen = np.quantile(np.concatenate([mosaic[::7, ::7].ravel() for mosaic in clean]), [0.01, 0.99])
    frames = tuple(expose(mosaic, exposure, rng) for mosaic in clean for _ in range(method.frames))
    return Draw(exposure, frames, (float(seen[0]), float(seen[1])))


def _record(key: Key, drawn: Draw, rng: np.random.Generator) -> Record:
    exposure, frames, method = drawn.exposure, drawn.frames, METHODS[key.method]
    if key.process:
        span = exposure.white_level - exposure.black_level
        sigma = span * float(np.sqrt(exposure.noise.shot * 0.18 + exposure.noise.read))
        frames = tuple(process(key.process, frame, sigma, rng) for frame in frames)
    begun = time.process_time()
    estimate = method.run(frames)
    seconds = time.process_time() - begun
    return Record(
        key=key,
        version=method.version,
        truth=exposure.noise,
        estimate=estimate,
        seen=drawn.seen,
        seconds=seconds,
        megapixels=sum(frame.mosaic.size for frame in frames) / 1e6,
        camera={
            "phase": exposure.phase,
            "bits": exposure.bits,
            "black_level": exposure.black_level,
            "white_level": exposure.white_level,
            "gain": round(exposure.gain, 3),
        },
    )


def _number(regime: str) -> int:
    return list(REGIMES).index(regime)
