"""Which methods each setting has, and how each is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2

from rcl_benchmark.quality import ours
from rcl_benchmark.quality.inputs import Noisy
from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.names import (
    BICUBIC,
    BM3D,
    BM3D_MENON,
    BM3D_PLANES,
    CBM3D,
    CODED,
    DEMOSAICNET,
    DENOISE_RAW,
    DENOISE_RGB,
    INPUT,
    JDENSR,
    LANCZOS,
    LIBRAW,
    MARKESTEIJN,
    MENON_CBM3D,
    NLM,
    ON_CODED,
    RCL,
    RCL_BLIND,
    RCL_LINEAR,
    REAL,
    SR,
)
from rcl_benchmark.quality.peers import classical, enlarge, filters, libraw
from rcl_benchmark.quality.peers.demosaicnet import demosaicnet, digest_of, weights_file
from rcl_benchmark.quality.pictures import Float
from rcl_benchmark.quality.settings import BAYER, Setting
from rcl_cli.domain import Domain
from rcl_cli.raw.srgb import srgb_encode

FACTORS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Multiples of the robust σ that CBM3D is told on real noise, which is coarse; the page has the best of them."""
OPENCV, RAWPY = "opencv", "rawpy"
PACKAGES = (filters.PACKAGE, classical.COLOUR_DEMOSAICING, RAWPY, OPENCV, filters.SKIMAGE, enlarge.PACKAGE)
"""All of which a method may need one."""
Run = Callable[[Any], Float]


@dataclass(frozen=True)
class Method:
    """One way from the input to a result in the truth's values."""

    name: str
    run: Run
    needs: tuple[str, ...] = ()
    """Names of the packages without which it is left out, or whose version decides its results."""
    weights: str = ""
    """Names what was learnt."""


@dataclass(frozen=True)
class Tools:
    """What methods need beyond the input."""

    data: Path | None
    """Folder with the weights of demosaicnet."""
    device: str
    """That rcl's heads compute on."""

    def weights(self, domain: Domain) -> Path | None:
        """Those of demosaicnet; None where they are missing."""
        path = None if self.data is None else weights_file(self.data, domain)
        return path if path and path.is_file() else None


def methods(setting: Setting, tools: Tools) -> list[Method]:
    """All that can be run here."""
    return [method for method in possible(setting, tools) if all(installed(name) for name in method.needs)]


def possible(setting: Setting, tools: Tools) -> Iterator[Method]:
    """All, whether their packages are here or not; demosaicnet where its weights are."""
    if setting.protocol == DENOISE_RAW:
        yield Method(INPUT, lambda mosaic: mosaic.values)
        yield Method(BM3D_PLANES, filters.bm3d_planes, (filters.PACKAGE,))
        yield Method(BM3D, filters.bm3d_joint, (filters.PACKAGE,))
        yield _ours(RCL, "denoise", setting, tools, ours.denoise)
        yield _ours(RCL_BLIND, "denoise", setting, tools, partial(ours.denoise, blind=True))
    elif setting.protocol == DENOISE_RGB:
        yield Method(INPUT, lambda noisy: noisy.values)
        yield Method(NLM, filters.non_local_means, (filters.SKIMAGE,))
        yield Method(CBM3D, filters.cbm3d, (filters.PACKAGE,))
        yield _ours(RCL, "denoise", setting, tools, ours.denoise_values)
    elif setting.protocol == SR:
        yield Method(BICUBIC, enlarge.bicubic, (enlarge.PACKAGE,))
        yield Method(LANCZOS, enlarge.lanczos, (enlarge.PACKAGE,))
        yield _ours(RCL, "sr", setting, tools, ours.enlarge)
        yield _ours(RCL_LINEAR, "sr", setting, tools, partial(ours.enlarge, linear=True))
    elif setting.protocol == REAL:
        yield Method(INPUT, lambda noisy: noisy.values)
        for factor in FACTORS:
            run = partial(_cbm3d_by_estimate, factor=factor)
            yield Method(f"{CBM3D} ×{factor:g}", run, (filters.PACKAGE, filters.SKIMAGE))
        yield _ours(RCL, "denoise", setting, tools, lambda noisy, device: ours.denoise_file(noisy.frame, device))
    elif setting.protocol == JDENSR:
        yield from _jdensr(setting, tools)
    else:
        yield from _demosaicing(setting, tools)


def installed(package: str) -> bool:
    """Whether there is one of this name, as pip has it."""
    return bool(version_of(package))


@cache
def version_of(package: str) -> str:
    """ "" where it is not installed."""
    if package == OPENCV:  # comes in packages of several names
        return cv2.__version__
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _demosaicing(setting: Setting, tools: Tools) -> Iterator[Method]:
    formulas = list(_formulas(setting.domain))
    for name, run, needs in formulas:
        yield Method(name, partial(_displayed, run), needs)
    if setting.variant != CODED:
        for name, run, needs in formulas:
            yield Method(name + ON_CODED, partial(_on_coded, run), needs)
    if path := tools.weights(Domain(setting.domain)):
        yield Method(DEMOSAICNET, partial(_on_coded, partial(demosaicnet, weights=path)), (), digest_of(path))
    if setting.level and setting.domain == BAYER:
        packages = filters.PACKAGE, classical.COLOUR_DEMOSAICING
        yield Method(BM3D_MENON, filters.bm3d_menon, packages)
        yield Method(MENON_CBM3D, filters.menon_cbm3d, packages)
    yield _ours(RCL, "demosaic", setting, tools, lambda m, device: _displayed(partial(ours.demosaic, device=device), m))


def _formulas(domain: str) -> Iterator[tuple[str, Run, tuple[str, ...]]]:
    yield "bilinear", classical.bilinear, ()
    if domain == BAYER:
        yield "malvar", classical.malvar, (classical.COLOUR_DEMOSAICING,)
        yield "menon", classical.menon, (classical.COLOUR_DEMOSAICING,)
    yield "soft-directional", classical.soft_directional, ()
    if domain == BAYER:
        yield "opencv-ea", classical.opencv_edge_aware, (OPENCV,)
        for name in LIBRAW:
            algorithm = name.partition("-")[2].upper()
            yield name, partial(libraw.libraw, algorithm=algorithm), (RAWPY,)
    else:
        yield MARKESTEIJN, partial(libraw.libraw, algorithm="AHD"), (RAWPY,)


def _jdensr(setting: Setting, tools: Tools) -> Iterator[Method]:
    pillow, colour = enlarge.PACKAGE, classical.COLOUR_DEMOSAICING
    yield Method("bilinear", partial(enlarge.demosaic_and_enlarge, classical.bilinear), (pillow,))
    yield Method("menon", partial(enlarge.demosaic_and_enlarge, classical.menon), (pillow, colour))
    yield Method(
        BM3D_MENON, lambda mosaic: enlarge.bicubic(filters.bm3d_menon(mosaic)), (filters.PACKAGE, pillow, colour)
    )
    yield _ours(RCL, "jdensr", setting, tools, ours.denoise_and_enlarge)


def _ours(name: str, task: str, setting: Setting, tools: Tools, run: Callable[..., Float]) -> Method:
    model = ours.head(task, Domain(setting.domain), tools.device)
    return Method(name, partial(run, device=tools.device), (), f"{model.name} {model.weights}")


def _displayed(demosaic: Run, mosaic: Mosaic) -> Float:
    rgb = demosaic(mosaic)
    return rgb if mosaic.coded else srgb_encode(rgb)


def _on_coded(demosaic: Run, mosaic: Mosaic) -> Float:
    return demosaic(mosaic if mosaic.coded else mosaic.encoded)


def _cbm3d_by_estimate(noisy: Noisy, factor: float) -> Float:
    return filters.cbm3d(Noisy(noisy.values, factor * filters.robust_sigma(noisy.values)))
