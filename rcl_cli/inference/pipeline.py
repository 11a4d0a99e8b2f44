"""From file to file: a decoded frame through a task's network, written as a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rcl_calibration.profile import NoiseProfile
from rcl_cli.calibrate.book import profile_for
from rcl_cli.inference.models import Models
from rcl_cli.inference.restore import Restoration
from rcl_cli.inference.tiling import Float
from rcl_cli.inference.turned import packed, upright
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.pack import Placement
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.turn import ALL_TURNS, UPRIGHT, Turn
from rcl_cli.raw.write import write_picture


@dataclass(frozen=True)
class Pipeline:
    """What one run does to each file. `announce` hears of each source of noise profiles once, in a sentence."""

    models: Models
    strength: float | None = 1.0
    profile: Path | None = None
    """A file of noise profiles to use instead of the store's, the file's own or a blind estimate."""
    ensemble: bool = False
    """The network sees each picture in all eight ways to turn it, and the results are averaged."""
    announce: Callable[[str], None] = lambda sentence: None
    _sources: set[str] = field(default_factory=set)

    def choose_model(self, frame: Frame) -> Path:
        """The model for this frame. Raises RclError where there is none."""
        return self.models.choose(frame.domain, frame.metadata.camera).path

    def restore(self, frame: Frame, report: Callable[[float], None] = lambda done: None) -> Picture:
        """The task's result for a frame, ready to be written; `report` hears which fraction is done.

        Raises RclError where the task, the model and the frame do not fit each other.
        """
        domain = frame.domain
        task = self.models.task
        model = self.choose_model(frame)
        restoration = Restoration(task, domain, self.strength)
        ready = self.models.load(domain, model)
        profile = self._noise(frame) if task.noise_aware else None
        output = task.output(domain)
        source, cfa = frame.normalized(), frame.cfa
        turns = ALL_TURNS if self.ensemble else UPRIGHT

        def seen(number: int, turn: Turn) -> tuple[Float, Placement]:
            x, placement = packed(source, cfa, turn, ready.tiling.multiple)
            noise = turn.profile(profile) if profile and cfa else profile
            result = restoration.run(x, placement, ready, noise, lambda done: report((number + done) / len(turns)))
            return upright(result, placement, turn, output, task.scale), placement

        pixels, placement = seen(0, turns[0])
        for number, turn in enumerate(turns[1:], start=1):
            pixels = pixels + seen(number, turn)[0]
        return Picture.from_frame(
            frame,
            pixels / np.float32(len(turns)),
            cfa=placement.cfa(task.scale) if output.is_raw else None,
            scale=task.scale,
            denoised=task.noise_aware and self.strength != 0,
            note=_note(task.name, model, self.strength),
        )

    def _noise(self, frame: Frame) -> NoiseProfile:
        profile, source = profile_for(frame, given=self.profile, store=self.models.store.root)
        if source not in self._sources:
            self._sources.add(source)
            name = frame.metadata.path.name if frame.metadata.path else "the picture"
            self.announce(f"noise of {name} from {source}")
        return profile

    def apply(
        self,
        frame: Frame,
        target: Path,
        *,
        overwrite: bool = False,
        report: Callable[[float], None] = lambda done: None,
    ) -> None:
        """Restore a frame and write the result, in the format that the suffix of `target` names. Raises RclError."""
        write_picture(target, self.restore(frame, report), overwrite=overwrite)


def _note(task: str, model: Path, strength: float | None) -> str:
    words = "auto" if strength is None else f"{strength:g}"
    return f"{task} by rcl with {model.stem}" + ("" if strength == 1 else f", strength {words}")
