"""A head ready to be used: `model(frame, noise)`. Torch-free; the engine may be torch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.restore import Ready, Restoration, Restored
from rcl_cli.inference.result import Result
from rcl_cli.inference.tiling import Float
from rcl_cli.inference.turned import packed, upright
from rcl_cli.inference.unchanged import why_unchanged
from rcl_cli.models.facts import Work
from rcl_cli.nn.balance import Balance
from rcl_cli.raw.defects import mend
from rcl_cli.raw.frame import Frame, RgbFrame
from rcl_cli.raw.greens import even_greens
from rcl_cli.raw.pack import Placement
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.record import Record, source_digest
from rcl_cli.raw.turn import ALL_TURNS, UPRIGHT, Turn

AUTO = "auto"


DECIDED_BY_THE_PICTURE = ("tag", "blind", "extrapolated")
"""Sources of noise levels that are chosen only after a look at the picture itself."""


@dataclass(frozen=True)
class Noise:
    """A noise level, and where it came from."""

    profile: NoiseProfile
    source: str = "given"
    """As `Record.noise`."""
    estimate: NoiseProfile | None = None
    """The estimate that `profile` is the cautious part of; None where they are the same. Photosites are judged by it:
    told of too little noise, `mend` takes glints for defects."""


@dataclass(frozen=True)
class Model:
    """A head of one task on its device, for frames of one domain."""

    task: Work
    domain: Domain
    path: Path
    ready: Ready = field(repr=False)
    weights: str
    """Digest of the file; of an exported head that of the file it was made from."""

    @property
    def name(self) -> str:
        """The file's, without suffix."""
        return self.path.stem

    def __call__(
        self,
        frame: Frame,
        noise: NoiseProfile | Noise | None = None,
        *,
        strength: float | str = 1.0,
        chroma_strength: float | None = None,
        ensemble: bool = False,
        report: Callable[[float], None] = lambda done: None,
    ) -> Result:
        """The task's result for a frame.

        `noise`: that of the frame, needed where the task is noise-aware. `strength`: 0…1, or "auto";
        `chroma_strength`: that of colour, if it is another (see `Restoration`).
        `ensemble`: the network sees the picture in all eight ways to turn it, and the results are
        averaged. `report` hears which fraction is done. Raises RclError where frame, task and settings do not fit.
        """
        known = Noise(noise) if isinstance(noise, NoiseProfile) else noise
        restoration = Restoration(
            self.task, self.domain, None if strength == AUTO else float(strength), chroma_strength
        )
        self._check(frame, known)
        turns = ALL_TURNS if ensemble else UPRIGHT
        output, scale = self.task.output(self.domain), self.task.scale
        told = known.profile if known and self.task.noise_aware else None
        balance = Balance.of(frame) if self.ready.engine.coded else Balance()

        mended = None if restoration.changes_nothing or told is None or known is None else known.estimate or told

        def seen(number: int, turn: Turn) -> tuple[Restored, Placement]:
            x, placement = packed(_values(frame, mended), frame.cfa, turn, self.ready.tiling.multiple)
            # Where a mosaic is the result, its greens are left for the raw developer.
            x = even_greens(x) if self.domain is Domain.BAYER and not output.is_raw else x
            own = turn.profile(told) if told and frame.cfa else told
            part = restoration.run(
                x,
                placement,
                self.ready,
                own,
                lambda done: report((number + done) / len(turns)),
                balance,
                white=Balance.of(frame),
                displayed=isinstance(frame, RgbFrame) and frame.transfer != "linear",
            )
            pixels = upright(part.pixels, placement, turn, output, scale)
            # Divided before they are added: the sum of large values would be no number.
            return replace(part, pixels=pixels / np.float32(len(turns)) if ensemble else pixels), placement

        made, placement = seen(0, turns[0])
        for number, turn in enumerate(turns[1:], start=1):
            made = made.with_another(seen(number, turn)[0])
        used = made.strength / len(turns)
        picture = Picture.from_frame(
            frame,
            made.pixels,
            cfa=placement.cfa(scale) if output.is_raw else None,
            scale=scale,
            noise_profile=self._noise_left(frame, known, as_it_was=max(used, chroma_strength or 0) == 0),
            denoised=self.task.noise_aware and max(used, chroma_strength or 0) > 0,
            peak=frame.peak if frame.camera_rgb else None,
            record=self.record(frame, known, strength, chroma_strength, ensemble=ensemble),
        )
        # Photosites that were mended are a change as well.
        same = made.unchanged and not (frame.cfa and mended and mended.any_noise)
        why = why_unchanged(
            told,
            known.estimate if known else None,
            known.source if known else "",
            asked_for_nothing=restoration.changes_nothing,
        )
        of_color = used if chroma_strength is None else chroma_strength
        return Result(picture, self.path, told, used, of_color, why if same else None)

    def record(
        self, frame: Frame, noise: Noise | None, strength: float | str, chroma: float | None = None, *, ensemble: bool
    ) -> Record:
        """What the result's file says of how it was made."""
        made = Record(
            self.task.name,
            self.name,
            self.weights,
            strength if isinstance(strength, str) else f"{strength:g}",
            ensemble,
            chroma=chroma_words(strength, chroma),
            domain=self.domain.value,
            camera=frame.metadata.camera,
            iso=frame.metadata.iso,
            black_level=tuple(frame.black_level),
            white_level=frame.white_level,
            source=source_digest(frame.metadata.path),
        )
        if noise is None or not self.task.noise_aware:
            return made
        return replace(made, noise=noise.source, levels=levels_digest(noise))

    def _check(self, frame: Frame, noise: Noise | None) -> None:
        if frame.domain is not self.domain:
            raise RclError(f"{self.name} is for {self.domain.value} files; this one is {frame.domain.value}")
        if noise is None and self.task.noise_aware:
            raise RclError(f"{self.task.name} has to be told the noise level of the frame (rcl.estimate_noise)")

    def _noise_left(self, frame: Frame, noise: Noise | None, *, as_it_was: bool) -> NoiseProfile | None:
        """The noise of the result, where it is known: of tasks that remove none, and of pictures left as they are.

        A head that enlarges keeps the variance of flat parts to 0.7…1.15 times (super-resolution of Bayer and RGB).
        """
        as_it_was = as_it_was and self.task.output(self.domain) is self.domain and self.task.scale == 1
        if self.task.noise_aware and not as_it_was:
            return None
        return noise.profile if noise else frame.metadata.noise_profile


def chroma_words(strength: float | str, chroma: float | None) -> str:
    """As `Record.chroma`."""
    return "" if chroma is None or chroma == strength else f"{chroma:g}"


def _values(frame: Frame, noise: NoiseProfile | None) -> Float:
    """What the network sees of a frame; of raws with noise hot and dead photosites are mended."""
    values = frame.normalized()
    if frame.cfa and noise and noise.any_noise:
        return mend(values, frame.cfa, noise)
    return values


def levels_digest(noise: Noise) -> str:
    """Eight hexadecimal digits of λ; "" where the picture itself decides them."""
    if noise.source in DECIDED_BY_THE_PICTURE:
        return ""
    numbers = ",".join(f"{value:.6g}" for value in (*noise.profile.shot, *noise.profile.read))
    return hashlib.sha256(numbers.encode()).hexdigest()[:8]
