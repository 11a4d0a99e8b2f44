"""What is kept of one method on one picture, and what comes of it over many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

from rcl_benchmark.quality.names import INPUT, METHODS, base
from rcl_benchmark.quality.settings import Setting


class Key(NamedTuple):
    """What a record is of."""

    setting: Setting
    group: str
    """The folder of the picture."""
    picture: str
    method: str

    @classmethod
    def load(cls, values: Sequence[Any]) -> Key:
        """From what JSON has of it. Raises ValueError or TypeError."""
        setting, group, picture, method = values
        return cls(Setting(*setting), group, picture, method)


@dataclass(frozen=True)
class Score:
    """One result, judged."""

    key: Key
    psnr_db: float
    ssim: float
    texture: float | None
    """Kept texture, of raws that were denoised."""
    seconds: float


@dataclass(frozen=True)
class Crop:
    """The hardest place of one result, or of the truth."""

    key: Key
    png: str
    """8 bits a channel, base64."""


TRUTH = "truth"
"""`Key.method` of the crop of the truth."""


@dataclass(frozen=True)
class Line:
    """One method in one setting, over the pictures of one folder."""

    protocol: str
    variant: str
    domain: str
    level: float
    data: str
    """The folder's name."""
    method: str
    pictures: int
    psnr_db: float
    """Mean over the pictures."""
    ssim: float
    texture: float | None
    least_gain_db: float | None
    """PSNR less that of the input, of the picture where it is least; None for the input, or without one."""
    seconds: float
    """Mean wall time of a picture."""

    @property
    def setting(self) -> Setting:
        """What it was measured in."""
        return Setting(self.protocol, self.variant, self.domain, self.level)


def load(values: dict[str, Any]) -> Score | Crop:
    """From the values of the fields as JSON has them. Raises ValueError, KeyError or TypeError."""
    made = {**values, "key": Key.load(values["key"])}
    return Crop(**made) if "png" in made else Score(**made)


def lines(records: Iterable[Score | Crop]) -> list[Line]:
    """In the order of folders and methods; of methods with several settings the best one alone."""
    found: dict[tuple[Setting, str, str], list[Score]] = {}
    for score in (record for record in records if isinstance(record, Score)):
        found.setdefault((score.key.setting, score.key.group, score.key.method), []).append(score)
    made = [_line(scores, found.get((setting, group, INPUT), ())) for (setting, group, _), scores in found.items()]
    best: dict[tuple[Setting, str, str], Line] = {}
    for line in made:
        at = line.setting, line.data, base(line.method)
        if at not in best or best[at].psnr_db < line.psnr_db:
            best[at] = line
    return sorted(best.values(), key=lambda line: METHODS.index(base(line.method)))


def _line(scores: Sequence[Score], inputs: Sequence[Score]) -> Line:
    key = scores[0].key
    before = {score.key.picture: score.psnr_db for score in inputs}
    gains = [s.psnr_db - before[s.key.picture] for s in scores if s.key.picture in before and key.method != INPUT]
    textures = [score.texture for score in scores if score.texture is not None]
    return Line(
        *key.setting,
        key.group,
        key.method,
        len(scores),
        fmean(score.psnr_db for score in scores),
        fmean(score.ssim for score in scores),
        fmean(textures) if textures else None,
        min(gains) if gains else None,
        round(fmean(score.seconds for score in scores), 2),
    )
