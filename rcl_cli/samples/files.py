"""Raw files of the sample camera, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.write import write_picture
from rcl_cli.samples.camera import SAMPLE_CAMERA
from rcl_cli.samples.canvas import Image
from rcl_cli.samples.scenes import scene
from rcl_cli.samples.truth import Record


@dataclass(frozen=True)
class Shot:
    """One photograph to be taken; the same values always give the same file."""

    index: int
    """From 1 on."""
    iso: float
    cfa: CFA
    height: int
    width: int
    seed: int = 0
    kind: str | None = None
    """Kind of scene, or None: one is drawn."""

    @property
    def name(self) -> str:
        """The file's name without folder."""
        return f"sample-{self.index:03d}-iso{self.iso:05.0f}.dng"

    def scene(self) -> Image:
        """(H, W, 3) linear sRGB, the same for every ISO and CFA."""
        return scene(self.height, self.width, np.random.default_rng([self.seed, self.index]), self.kind)

    def take(self) -> tuple[RawFrame, Image]:
        """The raw frame (H, W), and the camera RGB (H, W, 3) in [0, 1] that it would hold without mosaic and noise."""
        view = self.scene()
        rng = np.random.default_rng([self.seed, self.index, round(self.iso)])
        frame = SAMPLE_CAMERA.expose(view, self.iso, self.cfa, rng)
        metadata = replace(frame.metadata, noise_profile=SAMPLE_CAMERA.noise_profile(self.iso))
        return replace(frame, metadata=metadata), SAMPLE_CAMERA.camera_rgb(view)

    def truth(self) -> Record:
        """File, camera, ISO, CFA, levels in DN, and λ_shot and λ_read of R, Gr, Gb, B in normalised units."""
        profile = SAMPLE_CAMERA.noise_profile(self.iso)
        return {
            "file": self.name,
            "camera": profile.camera,
            "iso": self.iso,
            "cfa": self.cfa.name,
            "height": self.height,
            "width": self.width,
            "black_level": profile.black_level,
            "white_level": profile.white_level,
            "shot": profile.shot,
            "read": profile.read,
            "seed": self.seed,
        }


def write_shot(shot: Shot, folder: Path, *, clean: Path | None = None, overwrite: bool = False) -> None:
    """Write the raw to `folder` and, where asked for, its noise-free camera RGB as a linear DNG to `clean`.

    Both have the same name: folders called `noisy` and `clean` side by side are training pairs. Raises FileError if
    a file exists and not `overwrite`, or cannot be written.
    """
    frame, rgb = shot.take()
    if clean is not None:
        write_picture(clean / shot.name, Picture.from_frame(frame, rgb), overwrite=overwrite)
    write_dng(folder / shot.name, frame, overwrite=overwrite)
