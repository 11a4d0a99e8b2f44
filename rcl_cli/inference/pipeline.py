"""What one run does to each file: its model, its noise level, the result, the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.inference.model import Model
from rcl_cli.inference.models import Models
from rcl_cli.inference.noise import NoiseOfFiles
from rcl_cli.inference.result import Result
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.write import write_picture


@dataclass(frozen=True)
class Pipeline:
    """The task's models, noise levels and settings."""

    models: Models
    noise: NoiseOfFiles
    strength: float | str = 1.0
    """0…1, or "auto"."""
    ensemble: bool = False

    def model_for(self, frame: Frame) -> Model:
        """Raises RclError where there is none."""
        return self.models.get(frame.domain, frame.metadata.camera)

    def restore(self, frame: Frame, report: Callable[[float], None] = lambda done: None) -> Result:
        """The task's result for a frame; `report` hears which fraction is done.

        Raises RclError where the task, the model and the frame do not fit each other.
        """
        model = self.model_for(frame)
        noise = self.noise.of(frame) if model.task.noise_aware else self.noise.of_file(frame)
        return model(frame, noise, strength=self.strength, ensemble=self.ensemble, report=report)

    def apply(
        self,
        frame: Frame,
        target: Path,
        *,
        overwrite: bool = False,
        report: Callable[[float], None] = lambda done: None,
    ) -> Result:
        """Restore a frame and write the result, in the format that the suffix of `target` names. Raises RclError."""
        result = self.restore(frame, report)
        write_picture(target, result.picture, overwrite=overwrite)
        return result
