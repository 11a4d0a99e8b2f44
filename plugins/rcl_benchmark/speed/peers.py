"""Demosaicing and denoising by rcl and by other tools, one raw each, decoding and writing left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rcl_benchmark.quality.mosaics import NOISY_LEVELS, Mosaic
from rcl_benchmark.speed.apply import network
from rcl_benchmark.speed.inputs import raw_file
from rcl_benchmark.speed.names import PEERS
from rcl_benchmark.speed.side import Case, Side, Size, Work

MENON, MALVAR, BM3D = "colour-demosaicing, Menon", "colour-demosaicing, Malvar", "bm3d, each plane"
PACKAGES = {MENON: "colour-demosaicing", MALVAR: "colour-demosaicing", BM3D: "bm3d"}
LIBRAW = ("LINEAR", "VNG", "PPG", "AHD", "DCB", "DHT", "AAHD")
"""Names of `rawpy.DemosaicAlgorithm` that LibRaw has without its packs under other licences."""
_OURS = "rcl, the network"


def cases(size: Size, folder: Path, missing: set[str]) -> list[Case]:
    """On a raw that no tool takes gigabytes or minutes for."""
    given, amount = (folder, size.crop), size.crop
    small = min(size.crop, 0.25)
    demosaicing = (
        Side(_OURS, prepare=network, arguments=("demosaic", *given), amount=amount),
        Side(MENON, prepare=menon, arguments=given, amount=amount),
        Side(MALVAR, prepare=malvar, arguments=given, amount=amount),
        *(
            Side(f"LibRaw by rawpy, {name}", prepare=libraw, arguments=(*given, name), amount=amount)
            for name in algorithms()
        ),
    )
    denoising = (
        Side(_OURS, prepare=network, arguments=("denoise", folder, small), amount=small),
        Side(BM3D, prepare=bm3d, arguments=(folder, small), amount=small),
    )
    return [
        Case(PEERS, name, "MP", tuple(side for side in sides if side.name not in missing), _OURS)
        for name, sides in (("demosaicing", demosaicing), ("denoising", denoising))
    ]


def algorithms() -> list[str]:
    """Those of `LIBRAW` that this LibRaw can do."""
    import rawpy

    return [name for name in LIBRAW if rawpy.DemosaicAlgorithm[name].isSupported]


def menon(folder: Path, megapixels: float) -> Work:
    """A mosaic → RGB."""
    from rcl_benchmark.quality.peers.classical import menon as demosaic

    return _of_mosaic(demosaic, folder, megapixels)


def malvar(folder: Path, megapixels: float) -> Work:
    """A mosaic → RGB."""
    from rcl_benchmark.quality.peers.classical import malvar as demosaic

    return _of_mosaic(demosaic, folder, megapixels)


def bm3d(folder: Path, megapixels: float) -> Work:
    """A mosaic → a mosaic, the noise told."""
    from rcl_benchmark.quality.peers.filters import bm3d_planes

    return _of_mosaic(bm3d_planes, folder, megapixels)


def libraw(folder: Path, megapixels: float, algorithm: str) -> Work:
    """A DNG → RGB of 16 bits, its decoding included: LibRaw does both in one."""
    import rawpy

    path = str(raw_file(folder, megapixels))

    def work() -> None:
        with rawpy.imread(path) as raw:
            raw.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm[algorithm],
                gamma=(1, 1),
                no_auto_bright=True,
                output_bps=16,
                output_color=rawpy.ColorSpace.raw,
            )

    return work


def _of_mosaic(tool: Callable[[Mosaic], object], folder: Path, megapixels: float) -> Work:
    import rcl_cli
    from rcl_cli.raw.frame import RawFrame

    frame = rcl_cli.read(raw_file(folder, megapixels))
    assert isinstance(frame, RawFrame)  # as it was written
    mosaic = Mosaic(frame.normalized(), frame.cfa, rcl_cli.estimate_noise(frame), NOISY_LEVELS)

    def work() -> None:
        tool(mosaic)

    return work
