"""What is measured: each protocol with each of its variants, layouts and noise levels."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from rcl_benchmark.quality.names import (
    AREA,
    BICUBIC,
    CODED,
    DEMOSAIC,
    DEMOSAIC_NOISY,
    DENOISE_RAW,
    DENOISE_RGB,
    JDENSR,
    LINEAR,
    REAL,
    SR,
    TEXTURE,
)

RAW_LEVELS = (1e-4, 1e-3, 1e-2)
"""λ_shot: about base ISO, some ISO 1000 and the highest ISO of a good sensor."""
RGB_LEVELS = (5.0, 15.0, 25.0, 50.0)
"""σ, of 255."""
JDENSR_LEVEL = 1e-3
BAYER, XTRANS, RGB = "bayer", "xtrans", "rgb"
_SHOWN_LEVELS = (0.0, 1e-3, 25.0)


class Setting(NamedTuple):
    """Inputs of one kind."""

    protocol: str
    variant: str
    """What the mosaic is made of, or how the picture is reduced; "" where there is one way only."""
    domain: str
    """Layout of the input: "bayer", "xtrans" or "rgb"."""
    level: float
    """λ_shot of mosaics, σ of 255 of RGB pictures; 0: no noise, or real noise."""

    @property
    def is_shown(self) -> bool:
        """Whether the page shows crops of it: of one noise level alone."""
        return self.level in _SHOWN_LEVELS

    @property
    def level_words(self) -> str:
        """
        >>> Setting("denoise-raw", "", "bayer", 1e-3).level_words, Setting("denoise-rgb", "", "rgb", 5.0).level_words
        ('λ_shot 0.001', 'σ 5')
        """
        if not self.level:
            return ""
        return f"{'σ' if self.domain == RGB else 'λ_shot'} {self.level:g}"

    @property
    def words(self) -> list[str]:
        """All that there is to say, in the order of the fields."""
        return [word for word in (self.protocol, self.variant, self.domain, self.level_words) if word]


def settings(protocols: Collection[str]) -> list[Setting]:
    """All settings of some protocols, in the order of the page. Texture is measured with the denoising of raws."""
    asked = {DENOISE_RAW if name == TEXTURE else name for name in protocols}
    return [setting for setting in _all() if setting.protocol in asked]


def _all() -> Iterator[Setting]:
    raws = (BAYER, XTRANS)
    yield from (Setting(DEMOSAIC, variant, domain, 0.0) for variant in (CODED, LINEAR) for domain in raws)
    for protocol in (DEMOSAIC_NOISY, DENOISE_RAW):
        yield from (Setting(protocol, "", domain, level) for domain in raws for level in RAW_LEVELS)
    yield from (Setting(DENOISE_RGB, "", RGB, level) for level in RGB_LEVELS)
    yield from (Setting(SR, variant, RGB, 0.0) for variant in (BICUBIC, AREA))
    yield Setting(JDENSR, "", BAYER, JDENSR_LEVEL)
    yield Setting(REAL, "", RGB, 0.0)
