"""What one run does to each file: its model, its noise level, the result, the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rcl_cli.inference.model import Model, Noise
from rcl_cli.inference.models import Models
from rcl_cli.inference.noise import NoiseOfFiles
from rcl_cli.inference.result import Result
from rcl_cli.raw.frame import Frame


@dataclass(frozen=True)
class Prepared:
    """A frame, the model for it and its noise level."""

    frame: Frame
    model: Model
    noise: Noise | None


@dataclass(frozen=True)
class Pipeline:
    """The task's models, noise levels and settings."""

    models: Models
    noise: NoiseOfFiles
    strength: float | str = 1.0
    """0…1, or "auto"."""
    ensemble: bool = False
    chroma_strength: float | None = None
    """That of colour, if it is another."""
    iso: float | None = None
    """Of files that do not say theirs."""

    def model_for(self, frame: Frame) -> Model:
        """Raises RclError where there is none."""
        return self.models.get(frame.domain, frame.metadata.camera)

    def prepare(self, frame: Frame) -> Prepared:
        """What can be done of a frame while the network is busy with another.

        Raises RclError where the task, the model and the frame do not fit each other.
        """
        model = self.model_for(frame)
        if self.iso and frame.metadata.iso is None:
            frame = replace(frame, metadata=replace(frame.metadata, iso=self.iso))
        return Prepared(frame, model, self.noise.of(frame) if model.task.noise_aware else self.noise.of_file(frame))

    def restore(self, frame: Frame | Prepared, report: Callable[[float], None] = lambda done: None) -> Result:
        """The task's result for a frame; `report` hears which fraction is done. Raises RclError as `prepare`."""
        ready = frame if isinstance(frame, Prepared) else self.prepare(frame)
        return ready.model(
            ready.frame,
            ready.noise,
            strength=self.strength,
            chroma_strength=self.chroma_strength,
            ensemble=self.ensemble,
            report=report,
        )
