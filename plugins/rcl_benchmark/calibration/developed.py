"""Pictures as cameras store them: demosaiced, denoised, sharpened, resized and compressed, with noise that is known."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from importlib import import_module

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.samples.camera import Camera

Float = NDArray[np.float32]
RAW, WHITE, CLEAN_RAW, CLEAN = "noisy raw", "noisy picture", "clean raw", "clean picture"
_KINDS = {RAW: 0.45, WHITE: 0.15, CLEAN_RAW: 0.2, CLEAN: 0.2}
_DEMOSAICING = {"bilinear": 0.3, "edge-aware": 0.3, "Malvar2004": 0.25, "Menon2007": 0.15}
_DENOISING = {"": 0.5, "bilateral": 0.2, "non-local means": 0.15, "gaussian": 0.1, "median": 0.05}
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_DN = 12_000
"""Light of 1 in the 16 bits of OpenCV's demosaicing, above `_PEDESTAL`."""
_PEDESTAL = 2_000


@dataclass(frozen=True)
class Development:
    """All that is done to a picture."""

    kind: str
    seed: int
    gain: float
    """Of exposure."""
    camera: Camera
    shot: float
    read: float
    sigma: float
    """Of a noisy picture's noise, as displayed."""
    spread: float
    """σ of the Gaussian that it is blurred by, in pixels; 0 for white noise."""
    common: float
    """Part of its variance that the channels share."""
    demosaicing: str
    denoising: str
    strength: float
    colour_blur: float
    """σ of the Gaussian that colour is smoothed by, in pixels; 0 for none."""
    colour_left: float
    """Part of the colour's detail that this leaves."""
    contrast: float
    sharpening: float
    radius: float
    factor: float
    """Of each side."""
    interpolation: int
    grey: bool
    quality: int
    """Of JPEG; 0 for none."""
    subsampled: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Development:
        """One at random."""

        def either(share: float, value: float, other: float = 0.0) -> float:
            return value if rng.random() < share else other

        def named(shares: dict[str, float]) -> str:
            return str(rng.choice(list(shares), p=list(shares.values())))

        shot = _log_uniform(rng, 2e-5, 2e-2)
        return cls(
            kind=named(_KINDS),
            seed=int(rng.integers(2**31)),
            gain=rng.uniform(0.35, 1.0),
            camera=Camera(white_balance=(rng.uniform(1.3, 2.6), 1.0, rng.uniform(1.2, 2.4))),
            shot=shot,
            read=shot * _log_uniform(rng, 3e-4, 3e-2),
            sigma=_log_uniform(rng, 0.5, 15) / 255,
            spread=either(0.65, rng.uniform(0.35, 1.2)),
            common=rng.uniform(0, 0.6),
            demosaicing=named(_DEMOSAICING),
            denoising=named(_DENOISING),
            strength=rng.uniform(0.3, 1.6),
            colour_blur=either(0.8, _log_uniform(rng, 0.8, 8)),
            colour_left=either(0.4, rng.uniform(0, 0.7)),
            contrast=rng.uniform(0, 0.6),
            sharpening=either(0.5, rng.uniform(0.2, 1.5)),
            radius=rng.uniform(0.5, 1.5),
            factor=either(0.5, 1.0, either(0.5, rng.uniform(0.5, 1), rng.uniform(1, 2))),
            interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])),
            grey=rng.random() < 0.06,
            quality=int(either(0.75, float(rng.integers(70, 99)))),
            subsampled=rng.random() < 0.5,
        )

    @property
    def noisy(self) -> bool:
        """Whether there is any noise."""
        return self.kind in (RAW, WHITE)

    def pictures(self, light: Float) -> tuple[Float, Float]:
        """Two of one scene (H, W, 3) of linear sRGB, with the same noise level: (3, h, w), 8 bits in [0, 1] each.

        The same picture twice where there is no noise.
        """
        first = self._stored(light, np.random.default_rng([self.seed, 0]))
        return first, self._stored(light, np.random.default_rng([self.seed, 1])) if self.noisy else first

    def _stored(self, light: Float, rng: np.random.Generator) -> Float:
        light = light * np.float32(self.gain)
        if self.kind in (RAW, CLEAN_RAW):
            values, level = self._demosaiced(light, rng), math.sqrt(0.18 * self.shot + self.read)
        else:
            values, level = srgb_encode(light), self.sigma
            if self.noisy:
                values = values + np.float32(self.sigma) * self._noise(light.shape, rng)
        values = np.clip(values, 0, 1)
        values += np.float32(self.contrast) * (values * values * (3 - 2 * values) - values)
        values = self._denoised(255 * values, max(255 * level, 0.7) if self.noisy else 0.7)
        if self.colour_blur and self.kind != CLEAN:
            luma = (values @ _LUMA)[..., None]
            colour = values - luma
            smooth = cv2.GaussianBlur(colour, (0, 0), self.colour_blur)
            values = luma + smooth + np.float32(self.colour_left) * (colour - smooth)
        if self.factor != 1:
            height, width = values.shape[:2]
            size = round(width * self.factor), round(height * self.factor)
            interpolation = self.interpolation if self.factor > 1 else cv2.INTER_AREA
            values = np.asarray(cv2.resize(values, size, interpolation=interpolation), np.float32)
        if self.sharpening:
            values = values + np.float32(self.sharpening) * (values - cv2.GaussianBlur(values, (0, 0), self.radius))
        if self.grey:
            values = np.repeat((values @ _LUMA)[..., None], 3, axis=2)
        return self._compressed(np.rint(np.clip(values, 0, 255)).astype(np.uint8))

    def _demosaiced(self, light: Float, rng: np.random.Generator) -> Float:
        """As displayed."""
        cfa = CFA.named("RGGB")
        plane = mosaic(np.clip(self.camera.camera_rgb(light), 0, 1), cfa).astype(np.float64)
        if self.noisy:
            plane = self.shot * rng.poisson(plane / self.shot) + math.sqrt(self.read) * rng.standard_normal(plane.shape)
        gains = np.broadcast_to(np.array(self.camera.white_balance, np.float32), light.shape)
        found = _demosaic(plane * mosaic(gains, cfa), self.demosaicing)
        return srgb_encode(found @ np.linalg.inv(np.array(self.camera.crosstalk)).T)

    def _noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> Float:
        """Of variance 1."""
        white = rng.standard_normal((*shape[:2], 4))
        noise = math.sqrt(1 - self.common) * white[..., :3] + math.sqrt(self.common) * white[..., 3:]
        if self.spread:
            noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), self.spread), np.float64)
        return np.asarray(noise / noise.std(), np.float32)

    def _denoised(self, values: Float, level: float) -> Float:
        """Lightly; values and level of 255."""
        strength = float(self.strength * level)
        if self.kind == CLEAN or not self.denoising:
            return values
        if self.denoising == "bilateral":
            return np.asarray(cv2.bilateralFilter(values, 5, 3 * strength, 1.5), np.float32)
        if self.denoising == "gaussian":
            return np.asarray(cv2.GaussianBlur(values, (0, 0), 0.3 + self.strength / 2), np.float32)
        if self.denoising == "median":
            return np.asarray(cv2.medianBlur(values, 3), np.float32)
        whole = np.rint(values).astype(np.uint8)
        return np.asarray(cv2.fastNlMeansDenoisingColored(whole, None, 0.8 * strength, strength, 5, 11), np.float32)

    def _compressed(self, values: NDArray[np.uint8]) -> Float:
        if self.quality:
            layout = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if self.subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
            settings = [cv2.IMWRITE_JPEG_QUALITY, self.quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, layout]
            encoded = cv2.imencode(".jpg", np.ascontiguousarray(values[..., ::-1]), settings)[1]
            values = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]  # type: ignore[assignment, index]
        return np.asarray(values.transpose(2, 0, 1), np.float32) / np.float32(255)


def _demosaic(plane: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """(H, W) RGGB → (H, W, 3)."""
    if name == "edge-aware":
        whole = np.rint(np.clip(_DN * plane + _PEDESTAL, 0, 65535)).astype(np.uint16)
        # RGGB, which OpenCV calls BG after its second row.
        found = cv2.demosaicing(whole, cv2.COLOR_BayerBG2RGB_EA)
        return np.asarray((found.astype(np.float64) - _PEDESTAL) / _DN)
    with np.printoptions(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        package = import_module("colour_demosaicing")
    return np.asarray(getattr(package, f"demosaicing_CFA_Bayer_{name}")(plane, "RGGB"), np.float64)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
