"""`Picture`: a result to be written, with what its file format needs from the source."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Frame, Metadata, RawFrame
from rcl_cli.raw.pictures.stored import Stored
from rcl_cli.raw.record import Record
from rcl_cli.raw.srgb import XYZ_TO_SRGB


@dataclass(frozen=True)
class Picture:
    """Linear pixels, 0 = black level, 1 = white level, and how they are to be stored and shown."""

    pixels: NDArray[np.float32]
    """(H, W) mosaic with `cfa`, or (H, W, 3)."""
    cfa: CFA | None = None
    """Of a mosaic; None for RGB."""
    black_level: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """DN of the source, planes R, Gr, Gb, B; zeros where it has none."""
    white_level: float = 65535.0
    """DN of the source."""
    camera_rgb: bool = False
    """True for a mosaic and for camera RGB: white balance and matrix are still to be applied for display."""
    transfer: str = "srgb"
    """Of an RGB source: "srgb", "profile" or "linear", as in `RgbFrame`."""
    bits: int = 16
    """Of an RGB source: bits per value in its file, 1…16, or 32 for floating-point ones."""
    stored: Stored = field(default_factory=Stored)
    """Of an RGB source: what else its file has; transparency of the size of `pixels`."""
    metadata: Metadata = field(default_factory=Metadata)
    """Of the source. Its noise profile is not that of the result and is not written."""
    noise_profile: NoiseProfile | None = None
    """Of the result, where it is known."""
    scale: int = 1
    """Pixels per pixel of the source, along each axis."""
    denoised: bool = False
    """Said in the file, so that nobody denoises it again."""
    source_cfa: CFA | None = None
    """Of the source's mosaic; None for RGB."""
    peak: float | None = None
    """The source's brightest value, for a result to be shown as bright as the source; None to write values as is."""
    record: Record | None = None
    """What made it, said in the file."""

    @property
    def note(self) -> str:
        """What was done, in words for whoever opens the file."""
        return self.record.words if self.record else ""

    @property
    def xyz_to_rgb(self) -> NDArray[np.float64]:
        """(3, 3): XYZ (D65) to the linear RGB of a picture that is no camera's: of its profile, else sRGB."""
        profile = self.stored.profile
        matrix = None if profile is None else profile.to_xyz
        return XYZ_TO_SRGB if matrix is None else np.asarray(np.linalg.inv(matrix), np.float64)

    def __post_init__(self) -> None:
        if self.pixels.ndim != (3 if self.cfa is None else 2):
            raise ValueError("a mosaic needs its pattern, an RGB picture has none")

    @classmethod
    def from_frame(
        cls,
        frame: Frame,
        pixels: NDArray[np.float32],
        *,
        cfa: CFA | None = None,
        scale: int = 1,
        noise_profile: NoiseProfile | None = None,
        denoised: bool = False,
        peak: float | None = None,
        record: Record | None = None,
    ) -> Picture:
        """A result made from `frame`: (H, W) with its `cfa`, or (H, W, 3)."""
        made = cls(
            pixels=pixels,
            cfa=cfa,
            metadata=frame.metadata,
            noise_profile=noise_profile,
            scale=scale,
            denoised=denoised,
            peak=peak,
            record=record,
        )
        made = replace(made, source_cfa=frame.cfa, camera_rgb=frame.camera_rgb)
        if pixels.shape[:2] != tuple(scale * side for side in frame.size):
            made = replace(made, metadata=replace(frame.metadata, default_crop=None))  # a part of it, or reduced
        if isinstance(frame, RawFrame):
            return replace(made, black_level=frame.black_level, white_level=frame.white_level, transfer="linear")
        stored = frame.stored.resized(*pixels.shape[:2])
        return replace(made, transfer=frame.transfer, bits=frame.bits, stored=stored)
