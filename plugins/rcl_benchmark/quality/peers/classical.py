"""Demosaicing by formulas: a `Mosaic` → RGB (H, W, 3) in the mosaic's values."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import cv2
import numpy as np

from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.pictures import Float
from rcl_cli.domain import Domain
from rcl_cli.raw.develop import interpolate
from rcl_cli.raw.pack import pack

COLOUR_DEMOSAICING = "colour-demosaicing"


def bilinear(mosaic: Mosaic) -> Float:
    """The mean of the nearest samples of each colour."""
    return interpolate(mosaic.values, mosaic.cfa)


def malvar(mosaic: Mosaic) -> Float:
    """Malvar, He and Cutler 2004: linear filters of 5×5, of the package colour-demosaicing. Bayer alone."""
    return np.asarray(_package().demosaicing_CFA_Bayer_Malvar2004(mosaic.values, mosaic.cfa.name), np.float32)


def menon(mosaic: Mosaic) -> Float:
    """Menon, Andriani and Calvagno 2007: directional, with refinement, of colour-demosaicing. Bayer alone."""
    return menon_of(mosaic.values, mosaic.cfa.name)


def menon_of(values: Float, pattern: str) -> Float:
    """The same of any values (H, W)."""
    return np.asarray(_package().demosaicing_CFA_Bayer_Menon2007(values, pattern), np.float32)


def soft_directional(mosaic: Mosaic) -> Float:
    """Where rcl's own heads start from: directions weighted softly, on the curve of `rcl_cli.nn.curve` if linear."""
    import torch

    from rcl_cli.nn.curve import REST, Code
    from rcl_cli.nn.directed import directed
    from rcl_cli.nn.directed_xtrans import directed_xtrans

    domain = mosaic.cfa.domain
    planes, placement = pack(mosaic.values, mosaic.cfa, 2 if domain is Domain.XTRANS else 1)
    code = Code.of(REST, coded=not mosaic.coded)
    spread = directed if domain is Domain.BAYER else directed_xtrans
    rgb = code.decode(spread(code.encode(torch.from_numpy(planes)[None])))[0].numpy()
    return np.ascontiguousarray(placement.crop(rgb).transpose(1, 2, 0))


def opencv_edge_aware(mosaic: Mosaic) -> Float:
    """OpenCV's edge-aware demosaicing, on 16 bits. RGGB alone, which OpenCV calls BG after its second row."""
    frame = mosaic.frame
    rgb = cv2.demosaicing(frame.mosaic, cv2.COLOR_BayerBG2RGB_EA)
    black, white = mosaic.levels
    return np.asarray((rgb.astype(np.float32) - black) / (white - black), np.float32)


def _package() -> Any:
    # It changes how NumPy prints numbers, and imports from a namespace of SciPy that is to go.
    with np.printoptions(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module("colour_demosaicing")
