"""The jobs of the calibration benchmark: groups of simulated scenes, and the time that large raws take."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import rcl_cli.samples
from rcl_benchmark.calibration.draws import Exposure, draw
from rcl_benchmark.calibration.estimators import METHODS, Method
from rcl_benchmark.calibration.names import BLIND, PROCEDURAL, REGIMES, SHEET, SINGLE, XTRANS, is_ours
from rcl_benchmark.calibration.photographs import Sheets, Singles
from rcl_benchmark.calibration.pictures import Kept, Picture, Pictures
from rcl_benchmark.calibration.processing import PROCESSES, process
from rcl_benchmark.calibration.record import PLAIN, Key, Record, Timing
from rcl_benchmark.calibration.simulate import clean_mosaic, expose, texture
from rcl_benchmark.engine.code import beside, code_version
from rcl_benchmark.engine.jobs import Job
from rcl_benchmark.engine.records import digest
from rcl_calibration.profile import Interval
from rcl_cli.raw.frame import RawFrame

GROUP = 4
"""Scenes made together; a pool takes all of them."""
SIZES = ((1728, 2312), (4000, 6000))
"""Rows and columns of the raws that are timed: 4 MP and 24 MP."""
_REPEATS = 3
SIMULATION = code_version(
    *beside(__file__, "draws", "group", "photographs", "pictures", "processing", "simulate"),
    *sorted(Path(rcl_cli.samples.__path__[0]).glob("*.py")),
)
"""Changes with the code that makes the draws."""


@dataclass(frozen=True)
class Group:
    """Some scenes, GROUP of them or, at the end, fewer."""

    pictures: Pictures
    indices: tuple[int, ...]
    seed: int
    kind: str = PROCEDURAL
    """What the pictures are: PROCEDURAL, or one of `names.KINDS`."""

    def keys(self, regimes: Sequence[str], methods: Sequence[str]) -> Iterator[Key]:
        """What there is to measure. The `draw` of a pool is its first scene."""
        for regime in regimes:
            for method in (METHODS[name] for name in methods if self.kind != XTRANS or is_ours(name)):
                if method.scenes == 1:
                    yield from (Key(index, regime, method.name, PLAIN, self.kind) for index in self.indices)
                elif method.scenes == len(self.indices):
                    yield Key(self.indices[0], regime, method.name, PLAIN, self.kind)
            if BLIND in methods and self.kind == PROCEDURAL:
                yield from (Key(index, regime, BLIND, process_of(index, regime)) for index in self.indices)


@dataclass(frozen=True)
class Draw:
    """Raws of one scene, or of several, all of one camera at one ISO."""

    exposure: Exposure
    frames: tuple[RawFrame, ...]
    seen: Interval
    """1st and 99th percentile of the clean mosaics."""
    texture: float


def jobs(pictures: Pictures, draws: int, regimes: Sequence[str], methods: Sequence[str], seed: int) -> list[Job]:
    """One for each group of scenes, and then, when nothing else runs, one for each size that is timed."""
    made = _group_jobs(pictures, draws, regimes, methods, seed, PROCEDURAL)
    for shape in SIZES:
        first = Group(pictures, (0,), seed)
        key = _digest(first, timing=shape, code=METHODS[BLIND].version)
        made.append(Job(f"time {shape}", time_blind, (pictures, seed), {key: shape}, needs=tuple(made)))
    return made


def photograph_jobs(
    singles: Singles, draws: int, regimes: Sequence[str], methods: Sequence[str], kinds: Sequence[str], seed: int
) -> list[Job]:
    """One for each group of raws from photographs, of each of `kinds`."""
    sources: dict[str, Pictures] = {SINGLE: singles, SHEET: Sheets(singles), XTRANS: singles}
    return [job for kind in kinds for job in _group_jobs(sources[kind], draws, regimes, methods, seed, kind)]


def _group_jobs(
    pictures: Pictures, draws: int, regimes: Sequence[str], methods: Sequence[str], seed: int, kind: str
) -> list[Job]:
    made = []
    for start in range(0, draws, GROUP):
        group = Group(pictures, tuple(range(start, min(start + GROUP, draws))), seed, kind)
        parts = {
            _digest(group, draw=key, code=METHODS[key.method].version): key for key in group.keys(regimes, methods)
        }
        made.append(Job(f"{kind or 'draws'} from {start}", measure_group, (group,), parts))
    return made


def measure_group(group: Group, *keys: Key) -> list[Record]:
    """Make the scenes and measure what is asked."""
    pictures = {index: group.pictures.get(index) for index in group.indices}
    draws: dict[tuple[int, str, int, int], Draw] = {}
    records = []
    for key in keys:
        method = METHODS[key.method]
        at = key.draw, key.regime, method.scenes, method.frames
        if at not in draws:
            draws[at] = _draw(group, key, method, pictures)
        records.append(_record(key, draws[at], np.random.default_rng([group.seed, key.draw, _number(key.regime), 99])))
    return records


def time_blind(pictures: Pictures, seed: int, *shapes: tuple[int, int]) -> list[Timing]:
    """The fastest of three runs on a raw of each shape: the first picture, mirrored until it is large enough."""
    found = []
    for shape in shapes:
        rng = np.random.default_rng([seed, *shape])
        exposure = draw("sensor", rng)
        frame = expose(_mirrored(clean_mosaic(pictures.get(0), exposure), shape), exposure, rng)
        seconds = []
        for _ in range(_REPEATS):
            begun = time.process_time()
            METHODS[BLIND].run([frame])
            seconds.append(time.process_time() - begun)
        found.append(Timing(frame.mosaic.size / 1e6, min(seconds)))
    return found


def process_of(index: int, regime: str) -> str:
    """Which process is done to a draw: each in turn, another one in the other regime."""
    return list(PROCESSES)[(index + 3 * _number(regime)) % len(PROCESSES)]


def kept(pictures: Pictures, seed: int, work: Path) -> Kept:
    """The same, in a folder of their own."""
    return Kept(pictures, work / f"pictures-{_digest(Group(pictures, (), seed))}")


def _digest(group: Group, **parts: object) -> str:
    return digest(pictures=group.pictures.describe(), seed=group.seed, simulation=SIMULATION, **parts)


def _draw(group: Group, key: Key, method: Method, pictures: Mapping[int, Picture]) -> Draw:
    rng = np.random.default_rng([group.seed, key.draw, _number(key.regime), method.scenes])
    exposure = draw(key.regime, rng, photograph=key.kind != PROCEDURAL)
    if key.kind == XTRANS:
        exposure = replace(exposure, phase="X-Trans")
    scenes = [pictures[key.draw]] if method.scenes == 1 else list(pictures.values())
    clean = [clean_mosaic(picture, exposure) for picture in scenes]
    seen = np.quantile(np.concatenate([mosaic[::7, ::7].ravel() for mosaic in clean]), [0.01, 0.99])
    frames = tuple(expose(mosaic, exposure, rng) for mosaic in clean for _ in range(method.frames))
    return Draw(exposure, frames, (float(seen[0]), float(seen[1])), max(map(texture, scenes)))


def _record(key: Key, drawn: Draw, rng: np.random.Generator) -> Record:
    exposure, frames = drawn.exposure, drawn.frames
    if key.process:
        span = exposure.white_level - exposure.black_level
        sigma = span * float(np.sqrt(exposure.noise.shot * 0.18 + exposure.noise.read))
        frames = tuple(process(key.process, frame, sigma, rng) for frame in frames)
    begun = time.process_time()
    estimate = METHODS[key.method].run(frames)
    seconds = time.process_time() - begun
    camera = {name: getattr(exposure, name) for name in ("phase", "bits", "black_level", "white_level")}
    return Record(
        key=key,
        truth=exposure.noise,
        estimate=estimate,
        seen=drawn.seen,
        seconds=seconds,
        megapixels=sum(frame.mosaic.size for frame in frames) / 1e6,
        texture=drawn.texture,
        camera={**camera, "gain": round(exposure.gain, 3)},
    )


def _mirrored(mosaic: Picture, shape: tuple[int, int]) -> Picture:
    # Mirrored about a pixel, not between two, so that every pixel keeps the colour of its filter.
    rest = [max(0, wanted - have) for wanted, have in zip(shape, mosaic.shape, strict=True)]
    return np.pad(mosaic, [(0, rest[0]), (0, rest[1])], mode="reflect")[: shape[0], : shape[1]]


def _number(regime: str) -> int:
    return REGIMES.index(regime)
