"""A made-up camera whose noise is known exactly: from a linear scene to a raw frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.srgb import XYZ_TO_SRGB

LOWEST_ISO, HIGHEST_ISO = 50.0, 12800.0


@dataclass(frozen=True)
class Camera:
    """Levels, colours and noise of a camera; the defaults are those of the "rcl Sample", an average small sensor."""

    make: str = "rcl"
    model: str = "Sample"
    black_level: int = 1024
    """DN, of every plane."""
    white_level: int = 16383
    """DN: 14 bits."""
    white_balance: tuple[float, float, float] = (2.0, 1.0, 1.6)
    """Gains of R, G, B that make a D65 grey neutral."""
    crosstalk: tuple[tuple[float, float, float], ...] = ((0.78, 0.19, 0.03), (0.12, 0.79, 0.09), (0.02, 0.26, 0.72))
    """(3, 3), linear sRGB to white-balanced camera RGB: the filters overlap. Rows sum to 1, so that grey stays grey."""
    base_iso: float = 100.0
    full_well: float = 10_000.0
    """Electrons that reach the white level at the base ISO."""
    read_noise: float = 1.2
    """Standard deviation before the amplifier, in electrons."""
    converter_noise: float = 1.0e-4
    """Standard deviation after the amplifier, in normalised units."""

    @property
    def srgb_to_camera(self) -> NDArray[np.float64]:
        """(3, 3), linear sRGB to what the sensor sees: in daylight red and blue are weaker than green."""
        matrix: NDArray[np.float64] = np.array(self.crosstalk) / np.array(self.white_balance)[:, None]
        return matrix

    def noise_profile(self, iso: float) -> NoiseProfile:
        """The true λ_shot and λ_read at an ISO: Var = λ_shot·x + λ_read of the stored values, rounding included.

        One electron is worth iso / (base ISO · full well) of the range, hence λ_shot (Janesick 2007, "Photon
        Transfer"). Read noise from before the amplifier grows with the ISO, that from behind it does not.
        """
        electron = iso / (self.base_iso * self.full_well)
        read = (self.read_noise * electron) ** 2 + self.converter_noise**2
        levels = (float(self.black_level),) * 4
        return NoiseProfile.uniform(
            electron,
            read,
            camera=f"{self.make} {self.model}",
            iso=iso,
            black_level=levels,
            white_level=float(self.white_level),
            method="truth",
        )

    def camera_rgb(self, scene: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, 3) camera RGB in [0, 1], without noise, of a scene (H, W, 3) of linear sRGB in [0, 1]."""
        return scene @ self.srgb_to_camera.T.astype(np.float32)

    def metadata(self, iso: float) -> Metadata:
        """What the camera writes into its files. It gives no noise profile, as many cameras do not."""
        return Metadata(
            make=self.make,
            model=self.model,
            iso=iso,
            exposure_s=1.0 / iso,
            white_balance=self.white_balance,
            xyz_to_camera=self.srgb_to_camera @ XYZ_TO_SRGB,
        )

    def expose(self, scene: NDArray[np.float32], iso: float, cfa: CFA, rng: np.random.Generator) -> RawFrame:
        """One raw frame (H, W) of a scene (H, W, 3) of linear sRGB in [0, 1].

        Poisson electrons, Gaussian read noise, then rounding to DN and clipping to 0…white level. Raises ValueError
        for an ISO that the camera lacks: beyond the highest, noise around black would be clipped at DN 0.
        """
        if not LOWEST_ISO <= iso <= HIGHEST_ISO:
            raise ValueError(f"the sample camera has ISO {LOWEST_ISO:.0f} to {HIGHEST_ISO:.0f}, not {iso:g}")
        clean = mosaic(self.camera_rgb(scene), cfa)
        profile = self.noise_profile(iso)
        span = self.white_level - self.black_level
        # Rounding adds 1/12 DN² (Widrow), which is part of the profile's λ_read.
        read = np.sqrt(profile.read[0] - 1 / (12 * span**2))
        signal = profile.shot[0] * rng.poisson(np.maximum(clean, 0.0) / profile.shot[0])
        noisy = signal + read * rng.standard_normal(clean.shape)
        dn = np.clip(np.rint(self.black_level + span * noisy), 0, self.white_level)
        return RawFrame(
            dn.astype(np.uint16), cfa, (float(self.black_level),) * 4, float(self.white_level), self.metadata(iso)
        )


SAMPLE_CAMERA = Camera()


def expose(scene: NDArray[np.float32], iso: float, cfa: CFA, rng: np.random.Generator) -> RawFrame:
    """`Camera.expose` of the sample camera."""
    return SAMPLE_CAMERA.expose(scene, iso, cfa, rng)
