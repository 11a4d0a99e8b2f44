"""What is kept of one estimator on one simulated raw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from statistics import fmean
from typing import Any, NamedTuple

from rcl_benchmark.calibration.names import PROCEDURAL
from rcl_calibration.model import Noise
from rcl_calibration.profile import Interval

PLAIN = ""
"""`Key.process` of a raw as the sensor gives it."""


class Key(NamedTuple):
    """What a record is of."""

    draw: int
    regime: str
    method: str
    process: str
    """What the camera did to the raw: PLAIN, or one of `processing.PROCESSES`."""
    kind: str = PROCEDURAL
    """What the raw is made of: PROCEDURAL, or one of `names.KINDS`."""


@dataclass(frozen=True)
class Estimate:
    """What an estimator says of one raw, or of several of one camera at one ISO."""

    planes: tuple[Noise, ...]
    """Of R, Gr, Gb and B, or one for all of them; none where it found nothing to measure."""
    x_range: Interval | None = None
    sigma_ci: tuple[tuple[Interval, ...], ...] = ()
    """For each of `planes` 90 % intervals of σ at `rcl_calibration.profile.SIGMA_X`; none where it gives none."""
    shot_ci: tuple[Interval, ...] = ()
    """For each of `planes` the 90 % interval of λ_shot."""
    read_ci: tuple[Interval, ...] = ()
    quality: str = "ok"
    reason: str = ""

    @property
    def noise(self) -> Noise | None:
        """The mean of the planes; None where nothing was found."""
        if not self.planes:
            return None
        return Noise(fmean(noise.shot for noise in self.planes), fmean(noise.read for noise in self.planes))


@dataclass(frozen=True)
class Record:
    """One estimator on one draw."""

    key: Key
    truth: Noise
    estimate: Estimate
    seen: Interval
    """Where the picture's brightness lies, from its 1st to its 99th percentile, normalised."""
    seconds: float
    """Processor time beyond decoding, for all images of the draw."""
    megapixels: float
    texture: float = 0.0
    """How much detail the picture has, its flattest places apart: `simulate.texture`."""
    camera: dict[str, Any] = field(default_factory=dict)
    """Phase, bits, levels and gain: where a result is bad, what was special."""

    @classmethod
    def load(cls, values: dict[str, Any]) -> Record:
        """From the values of its fields as JSON has them. Raises ValueError, KeyError or TypeError."""
        found = {name: _tuples(value) for name, value in values["estimate"].items()}
        found["planes"] = tuple(Noise(**noise) for noise in found["planes"])
        plain = {f.name: values[f.name] for f in fields(cls)}
        nested = {"key": Key(*values["key"]), "truth": Noise(**values["truth"]), "seen": _tuples(values["seen"])}
        return cls(**{**plain, **nested, "estimate": Estimate(**found)})

    @property
    def own_range(self) -> Interval:
        """Where the estimator has seen brightness; where it does not say, where the picture has it."""
        return self.estimate.x_range or self.seen


@dataclass(frozen=True)
class Timing:
    """Seconds of processor time of the blind estimator for a raw of one size, beyond decoding, on one core."""

    megapixels: float
    seconds: float


def plain(records: Iterable[Record]) -> list[Record]:
    """Those of raws as the sensor gives them."""
    return [record for record in records if record.key.process == PLAIN]


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
