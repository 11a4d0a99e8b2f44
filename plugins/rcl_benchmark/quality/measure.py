"""The jobs: one for each picture in each setting, with a part for every method."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import rcl_calibration
import rcl_cli
import rcl_tasks
from rcl_benchmark.engine.code import beside, code_version
from rcl_benchmark.engine.jobs import Job
from rcl_benchmark.engine.records import digest
from rcl_benchmark.quality import peers
from rcl_benchmark.quality.crops import encoded, hardest
from rcl_benchmark.quality.inputs import Sample, sample, shown
from rcl_benchmark.quality.methods import Method, Tools, methods, version_of
from rcl_benchmark.quality.names import OURS, REAL, base
from rcl_benchmark.quality.pictures import Float, Picture, evenly
from rcl_benchmark.quality.record import TRUTH, Crop, Key, Score
from rcl_benchmark.quality.score import figures
from rcl_benchmark.quality.settings import Setting
from rcl_benchmark.zero import block_matching

SHOWN = 2
"""Pictures of which the page shows crops, in every setting."""
_SHARED = code_version(
    *beside(__file__, "inputs", "methods", "mosaics", "pictures", "resize", "score", "settings", "texture"),
    *beside(block_matching.__file__, "block_matching", "stabilise"),
    *sorted(Path(peers.__path__[0]).glob("*.py")),
)
"""Changes with the code of inputs, scores and peers."""
_CROPS = code_version(*beside(__file__, "crops"))


@dataclass(frozen=True)
class Part:
    """What is wanted of one method on one picture."""

    method: str
    """Or `TRUTH`, of which there is a crop alone."""
    crop: bool
    """A crop to look at, else figures."""


@dataclass(frozen=True)
class Plan:
    """What is measured, by which means."""

    pictures: Sequence[Picture]
    """Clean ones."""
    pairs: Sequence[Picture]
    """Real noisy ones beside clean ones."""
    crop: int | None
    """Pixels of the middle of each, each way at most; None: the whole."""
    tools: Tools

    def of(self, setting: Setting) -> Sequence[Picture]:
        """The pictures of a setting."""
        return self.pairs if setting.protocol == REAL else self.pictures

    def jobs(self, settings: Sequence[Setting], asked: Collection[str]) -> list[Job]:
        """Those of the methods whose names are `asked`."""
        return [job for setting in settings for job in self._jobs(setting, asked)]

    def _jobs(self, setting: Setting, asked: Collection[str]) -> Iterator[Job]:
        pictures = self.of(setting)
        able = [m for m in methods(setting, self.tools) if base(m.name) in asked] if pictures else []
        if not able:
            return
        # Pairs are given for research: figures of them may be shown, they themselves may not.
        displayed = evenly(pictures, SHOWN) if setting.is_shown and setting.protocol != REAL else []
        for picture in pictures:
            parts = {self._key(setting, picture, method, crop=False): Part(method.name, False) for method in able}
            if picture in displayed:
                parts |= {self._key(setting, picture, method, crop=True): Part(method.name, True) for method in able}
                parts[self._key(setting, picture, None, crop=True)] = Part(TRUTH, True)
            name = f"{' '.join(setting.words)}, {picture.group}/{picture.name}"
            yield Job(name, measure, (self.crop, self.tools, setting, picture), parts)

    def _key(self, setting: Setting, picture: Picture, method: Method | None, *, crop: bool) -> str:
        """A digest of everything that decides a record."""
        ours = method is not None and method.name in OURS
        return digest(
            quality=[*setting, picture.identity, picture.name, self.crop],
            method=[method.name, method.weights, *map(version_of, method.needs)] if method else TRUTH,
            code=[_SHARED, own_code() if ours else "", _CROPS if crop else ""],
        )


def measure(crop: int | None, tools: Tools, setting: Setting, picture: Picture, *parts: Part) -> list[Score | Crop]:
    """What is asked of one picture; each method runs once."""
    given, able = sample(setting, picture, crop), {method.name: method for method in methods(setting, tools)}
    results: dict[str, tuple[Float, float]] = {}
    made: list[Score | Crop] = []
    for part in sorted(parts, key=lambda part: part.method):
        key = Key(setting, picture.group, picture.name, part.method)
        if part.method not in results:
            # The earlier ones are not needed again.
            results = {part.method: _timed(able.get(part.method), given)}
        result, seconds = results[part.method]
        if part.crop:
            made.append(_crop(key, result, given))
        else:
            made.append(Score(key, *figures(setting, result, given.truth), round(seconds, 3)))
    order = {(part.method, part.crop): number for number, part in enumerate(parts)}
    return sorted(made, key=lambda record: order[record.key.method, isinstance(record, Crop)])


def _timed(method: Method | None, given: Sample) -> tuple[Float, float]:
    if method is None:
        return given.truth, 0.0
    began = time.perf_counter()
    result = method.run(given.given)
    return result, time.perf_counter() - began


def _crop(key: Key, result: Float, given: Sample) -> Crop:
    truth = shown(key.setting, given.truth)
    return Crop(key, encoded(shown(key.setting, result)[hardest(truth)]))


@lru_cache
def own_code() -> str:
    """Changes with the code by which rcl's heads compute."""
    root, tasks, calibration = (Path(package.__path__[0]) for package in (rcl_cli, rcl_tasks, rcl_calibration))
    folders = (root / "nn", root / "inference", root / "profiles", tasks, calibration)
    return code_version(
        *(file for folder in folders for file in sorted(folder.glob("*.py"))),
        *(root / name for name in ("noise.py", "models/task_model.py", "raw/pack.py")),
        *beside(__file__, "ours"),
    )
