"""What a file holds once decoded: `RawFrame` for a mosaic, `RgbFrame` for three planes, `Metadata` for both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.optical_black import OpticalBlack
from rcl_cli.raw.pictures.stored import Stored
from rcl_cli.raw.tags.ifd import Entry


@dataclass(frozen=True)
class Metadata:
    """What the file says of the shot; None or empty where it says nothing."""

    path: Path | None = None
    make: str = ""
    model: str = ""
    iso: float | None = None
    exposure_s: float | None = None
    white_balance: tuple[float, float, float] | None = None
    """As-shot gains of R, G, B that make grey neutral, G = 1."""
    xyz_to_camera: NDArray[np.float64] | None = None
    """(3, 3), XYZ to camera RGB: a DNG's for the light of the shot, calibration included; others' for D65."""
    camera_to_xyz: NDArray[np.float64] | None = None
    """(3, 3), white-balanced camera RGB to XYZ (D50), where the file has more to say of it than `xyz_to_camera`."""
    orientation: int = 1
    """EXIF orientation, 1–8: how the stored rows and columns are to be turned for display."""
    noise_profile: NoiseProfile | None = None
    """From the file's own NoiseProfile tag."""
    default_crop: tuple[float, float, float, float] | None = None
    """Top, left, height and width, in pixels of the frame, of what is to be shown of it; None for all."""
    pixel_aspect: float = 1.0
    """Width of a pixel over its height."""
    resolution: tuple[float, float] | None = None
    """Pixels per inch in print, across and down."""
    dng_tags: tuple[Entry, ...] = ()
    """What a DNG says of its camera, colours and frame, as its result should: see `rcl_cli.raw.dng.carried_tags`."""
    lost_corrections: tuple[str, ...] = ()
    """The DNG's opcodes that are not in `dng_tags`, as they do not hold for what was decoded."""

    @property
    def camera(self) -> str:
        """Make and model as one name, the make not said twice.

        >>> Metadata(make="NIKON CORPORATION", model="NIKON D70").camera
        'NIKON D70'
        """
        make, model = self.make.strip(), self.model.strip()
        first_word = model.partition(" ")[0].lower()
        return model if first_word in make.lower().split() else f"{make} {model}".strip()


@dataclass(frozen=True)
class RawFrame:
    """One colour filter mosaic: the visible area, as a copy, in DN."""

    mosaic: NDArray[np.uint16]
    """(H, W). Where the file's black level varies within a plane, that is evened out."""
    cfa: CFA
    black_level: tuple[float, float, float, float]
    """DN, of the planes R, Gr, Gb, B."""
    white_level: float
    """DN"""
    metadata: Metadata = field(default_factory=Metadata)
    optical_black: OpticalBlack | None = None
    """What the sensor's shielded border says, where the file has one."""

    camera_rgb = True
    """White balance and matrix are still to be applied, as to every mosaic."""

    @property
    def domain(self) -> Domain:
        """BAYER or XTRANS: the layout that the frame is packed into."""
        return self.cfa.domain

    @property
    def layout(self) -> str:
        """ "RGGB", …, "X-Trans": what the JSON output calls `cfa`."""
        return self.cfa.name

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in sensor pixels."""
        height, width = self.mosaic.shape
        return height, width

    @property
    def megapixels(self) -> float:
        """Sensor pixels, in millions."""
        return self.mosaic.size / 1e6

    @property
    def peak(self) -> float:
        """The brightest value, normalized; above 1 where the sensor goes on beyond the white level."""
        black = min(self.black_level)
        return (float(self.mosaic.max()) - black) / (self.white_level - black)

    def normalized(self) -> NDArray[np.float32]:
        """(H, W) float32, 0 = black level, 1 = white level; not clipped: noise below black stays negative."""
        x = self.mosaic.astype(np.float32)
        if len(set(self.black_level)) == 1:
            x -= self.black_level[0]
            x /= self.white_level - self.black_level[0]
            return x
        period = self.cfa.period
        for (row, column), plane in np.ndenumerate(self.cfa.planes(period, period)):
            lattice, black = x[row::period, column::period], self.black_level[plane]
            lattice -= black
            lattice /= self.white_level - black
        return x


@dataclass(frozen=True)
class RgbFrame:
    """Three planes: a PNG, JPEG or TIFF, or a raw file that holds RGB instead of a mosaic."""

    rgb: NDArray[np.float32]
    """(H, W, 3), linear, 0 = black, 1 = white, in the primaries of the file."""
    transfer: str = "srgb"
    """How the file stored the values: "srgb" (decoded by the sRGB curve), "profile" (by the curves of its ICC profile)
    or "linear" (kept as they are)."""
    bits: int = 8
    """Bits per value in the file: 1…16, or 32 for floating-point ones of any size."""
    camera_rgb: bool = False
    """True where the planes are camera RGB (a linear raw), white balance and matrix still to be applied."""
    metadata: Metadata = field(default_factory=Metadata)
    stored: Stored = field(default_factory=Stored)
    """What else the file has that its results are to have."""

    # What a mosaic has and three planes have not, so that code which asks for it need not tell the two apart.
    cfa = None
    black_level = (0.0, 0.0, 0.0, 0.0)
    white_level = 1.0
    optical_black = None

    @property
    def domain(self) -> Domain:
        """RGB."""
        return Domain.RGB

    @property
    def layout(self) -> str:
        """ "RGB": what the JSON output calls `cfa`."""
        return "RGB"

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width, _ = self.rgb.shape
        return height, width

    @property
    def megapixels(self) -> float:
        """Pixels, in millions."""
        return self.rgb.size / 3e6

    @property
    def peak(self) -> float:
        """The brightest value."""
        return float(self.rgb.max())

    def normalized(self) -> NDArray[np.float32]:
        """(H, W, 3), `rgb` itself."""
        return self.rgb


Frame = RawFrame | RgbFrame


def raw_frame(
    mosaic: NDArray[Any],
    cfa: CFA | str,
    *,
    black: ArrayLike = 0.0,
    white: SupportsFloat,
    metadata: Metadata | None = None,
    **shot: Any,
) -> RawFrame:
    """A frame from an array of DN, (H, W).

    `cfa`: "RGGB", …, "xtrans" or a pattern; `black`: of all planes, or of R, Gr, Gb, B; `white`: DN; `shot`: fields of
    `Metadata`, such as make, model, iso. Raises ValueError for arrays, patterns and levels that are no raw.

    >>> raw_frame(np.full((4, 6), 100), "GRBG", black=64, white=1023, iso=800.0).normalized()[0, 0].round(4)
    np.float32(0.0375)
    """
    values = np.asarray(mosaic)
    if values.ndim != 2 or values.dtype.kind not in "ui" or not values.size:
        raise ValueError(f"a mosaic is a (H, W) array of whole numbers, not {values.shape} {values.dtype}")
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("a mosaic has values from 0 to 65535")
    r, gr, gb, b = np.broadcast_to(np.asarray(black, np.float64), 4).tolist()
    if not max(r, gr, gb, b) < float(white) < np.inf:
        raise ValueError(f"the white level, {float(white):g}, must be above the black level, {max(r, gr, gb, b):g}")
    pattern = cfa if isinstance(cfa, CFA) else CFA.named(cfa)
    told = replace(metadata or Metadata(), **shot)
    return RawFrame(values.astype(np.uint16), pattern, (r, gr, gb, b), float(white), told)
