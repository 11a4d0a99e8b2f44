"""The rows of the comparison: how each denoiser comes about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rcl_benchmark.engine.block import INPUT

DOMAINS, REAL = ("rgb", "bayer"), "real"
"""Simulated noise on RGB pictures and on raws; real noise."""
TRUE, BLIND = "true", "blind"


@dataclass(frozen=True)
class Method:
    """One row."""

    name: str
    pretext: str | None = None
    """None: there is nothing to train."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the pretext."""
    told: bool = False
    """The network is told σ(x)."""
    contrast: bool = False
    """The residual contrast joins; the network is then not told σ(x)."""
    clean: bool = False
    """Learns from clean pictures, with new noise in every step; the others from one noisy copy of each."""
    supervised: bool = False
    """The clean pictures are its targets, and so count as labels."""
    levels: str = TRUE
    """Noise levels that the method knows: the true ones, or those that `rcl_calibration` measures in each picture."""
    factor: float = 1.0
    """On real pairs, σ that it is told, as a multiple of the measured one."""


BM3D, BM3D_STRONG = "bm3d", "bm3d-strong"
PEERS = (BM3D, BM3D_STRONG)
NOISY_AS_CLEAN = "noisy-as-clean"
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(INPUT),
        Method(BM3D),
        Method("supervised-told", "supervised", {"noise_aware": True}, told=True, clean=True, supervised=True),
        Method("supervised", "supervised", clean=True, supervised=True),
        Method("noise2noise", "noise2noise", clean=True),
        Method("noise2self", "noise2self"),
        Method("recorrupted", "recorrupted", told=True),
        Method("sure", "sure", told=True),
        Method("rcl", "rcl", told=True),
        Method("recorrupted-blind", "recorrupted", told=True, levels=BLIND),
        Method("sure+contrast", "sure", contrast=True),
    )
}
"""In the order of the table. The yardstick is supervised-told, which learns from clean pictures and is told σ(x)."""
REAL_METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(INPUT),
        Method(BM3D),
        # Makes up for the correlation of the noise.
        Method(BM3D_STRONG, factor=2.5),
        Method(NOISY_AS_CLEAN, NOISY_AS_CLEAN, {"strength": 3.0}),
    )
}
"""On real pairs, whose noise is not independent and whose clean pictures nothing but the score sees."""
