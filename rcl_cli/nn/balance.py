"""White balance for coded networks: grey has equal values in all planes, so that edges have equal heights in them.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile, Planes
from rcl_cli.domain import Domain
from rcl_cli.raw.develop import display_gains
from rcl_cli.raw.frame import Frame

_PLANE_COLORS = (0, 1, 1, 2)
_MOST = 4.0
"""Larger gains are those of odd light or of damaged tags."""


@dataclass(frozen=True)
class Balance:
    """Gains of R, G, B, 1 and more."""

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def of(cls, frame: Frame) -> Balance:
        """As shot, else those of daylight; none for pictures that are balanced already."""
        if not frame.camera_rgb:
            return cls()
        red, green, blue = np.clip(display_gains(frame.metadata), 1.0, _MOST).tolist()
        return cls((red, green, blue))

    @classmethod
    def undoing(cls, light: Sequence[float]) -> Balance:
        """The gains for colours that were multiplied by these factors, the smallest gain 1."""
        red, green, blue = (max(light) / factor for factor in light)
        return cls((red, green, blue))

    def planes(self, domain: Domain) -> NDArray[np.float32]:
        """The gain of each channel, (C, 1, 1)."""
        gains = [self.gains[_PLANE_COLORS[plane]] for plane in domain.noise_planes]
        return np.array(gains, np.float32).reshape(-1, 1, 1)

    def profile(self, profile: NoiseProfile) -> NoiseProfile:
        """The noise of values that were multiplied: Var[g·x] = g·λ_shot·(g·x) + g²·λ_read."""
        return replace(profile, shot=self._times(profile.shot, 1), read=self._times(profile.read, 2))

    def _times(self, planes: Planes, power: int) -> Planes:
        (r, gr, gb, b), (red, green, blue) = planes, (gain**power for gain in self.gains)
        return (r * red, gr * green, gb * green, b * blue)
