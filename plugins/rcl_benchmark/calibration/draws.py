"""Random cameras and noise levels: what is drawn for each simulated raw."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rcl_benchmark.calibration.names import REGIMES
from rcl_calibration.model import Noise
from rcl_cli.raw.cfa import BAYER_PHASES

SHOT_RANGE = (1e-4, 1.2e-2)
"""λ_shot of the sensor regime, log-uniform."""
SIGMA_RANGE = (0.5, 20.0)
"""σ at white of the paper's regime, of 255, uniform."""
PHOTOGRAPH_SHOT_RANGE, PHOTOGRAPH_SIGMA_RANGE = (2e-3, 1.2e-2), (5.0, 20.0)
"""The same where the picture is a photograph: its own noise, 0.35 of 255 at most, stays below 0.5 % of the variance."""


@dataclass(frozen=True)
class Exposure:
    """One shot of one made-up camera, but for the scene."""

    noise: Noise
    poisson: bool
    """Photon counts with Gaussian read noise; else Gaussian noise of the same variance."""
    phase: str
    """One of BAYER_PHASES, or "X-Trans"."""
    bits: int
    black_level: int
    white_level: int
    """DN; the sensor's values end there."""
    white_balance: tuple[float, float, float]
    """Gains that make daylight grey: the sensor sees red and blue darker by them."""
    gain: float
    """Factor on the scene's light: below 1 underexposed, above 1 with blown highlights."""


def sensor_noise(rng: np.random.Generator, *, photograph: bool = False) -> Noise:
    """As of real sensors: ln λ_read = 2.18·ln λ_shot + 1.2 + N(0, 0.26) (Brooks et al. 2019)."""
    log_shot = rng.uniform(*np.log(PHOTOGRAPH_SHOT_RANGE if photograph else SHOT_RANGE))
    log_read = 2.18 * log_shot + 1.2 + 0.26 * rng.standard_normal()
    return Noise(math.exp(log_shot), math.exp(log_read))


def paper_noise(rng: np.random.Generator, *, photograph: bool = False) -> Noise:
    """As in RCL's paper: σ at white uniform, shot noise's share of its square uniform (Dong et al., section 4)."""
    variance = (rng.uniform(*(PHOTOGRAPH_SIGMA_RANGE if photograph else SIGMA_RANGE)) / 255) ** 2
    share = rng.uniform()
    return Noise(share * variance, (1 - share) * variance)


_NOISES: dict[str, Callable[..., Noise]] = dict(zip(REGIMES, (sensor_noise, paper_noise), strict=True))
"""How noise is drawn, by the regime's name."""


def draw(regime: str, rng: np.random.Generator, *, photograph: bool = False) -> Exposure:
    """Noise of one of REGIMES, and a camera of any Bayer phase, 12 or 14 bit, any white balance and exposure."""
    bits = int(rng.choice((12, 14)))
    return Exposure(
        noise=_NOISES[regime](rng, photograph=photograph),
        poisson=regime == "sensor",
        phase=str(rng.choice(BAYER_PHASES)),
        bits=bits,
        black_level=2**bits // int(rng.choice((8, 16, 32))),
        white_level=round((2**bits - 1) * rng.uniform(0.92, 1.0)),
        white_balance=(math.exp(rng.uniform(0.2, 0.95)), 1.0, math.exp(rng.uniform(0.1, 0.85))),
        gain=2 ** rng.uniform(-2.0, 0.5),
    )
