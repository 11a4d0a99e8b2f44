"""Protocols and methods by name, in the order of the page."""

from __future__ import annotations

DEMOSAIC, DEMOSAIC_NOISY, DENOISE_RAW, DENOISE_RGB = "demosaic", "demosaic-noisy", "denoise-raw", "denoise-rgb"
SR, JDENSR, REAL, TEXTURE = "sr", "jdensr", "real", "texture"
PROTOCOLS = {
    DEMOSAIC: "Demosaicing without noise",
    DEMOSAIC_NOISY: "Demosaicing with noise",
    DENOISE_RAW: "Denoising of raws",
    TEXTURE: "Texture that is kept by denoising of raws",
    DENOISE_RGB: "Denoising of RGB pictures",
    SR: "Twice the resolution",
    JDENSR: "Noise removed and twice the resolution, of Bayer raws",
    REAL: "Real noise",
}
"""Headings by name."""

CODED, LINEAR = "coded", "linear"
"""What a mosaic is made of: values as stored, or linear light."""
BICUBIC, AREA = "bicubic", "area"
"""How a picture is reduced: antialiased in stored values, or by the mean of linear light."""

INPUT, RCL, RCL_BLIND, RCL_LINEAR = "input", "rcl", "rcl-blind", "rcl-linear"
ON_CODED = "-coded"
"""Ending of the name of a method for linear mosaics that works on the sRGB-coded one."""
LIBRAW = ("libraw-ahd", "libraw-aahd", "libraw-dht", "libraw-vng", "libraw-ppg", "libraw-dcb")
MARKESTEIJN = "libraw-markesteijn"
CLASSICAL = ("bilinear", "malvar", "menon", "soft-directional", "opencv-ea", *LIBRAW, MARKESTEIJN)
"""Demosaicing by formulas."""
CBM3D, NLM = "cbm3d", "nlm"
BM3D, BM3D_PLANES = "bm3d", "bm3d-planes"
MENON_CBM3D, BM3D_MENON = "menon-cbm3d", "bm3d-menon"
DEMOSAICNET = "demosaicnet"
LANCZOS = "lanczos"
METHODS = (
    INPUT,
    *CLASSICAL,
    *(name + ON_CODED for name in CLASSICAL),
    DEMOSAICNET,
    BM3D_PLANES,
    BM3D,
    BM3D_MENON,
    MENON_CBM3D,
    NLM,
    CBM3D,
    BICUBIC,
    LANCZOS,
    RCL,
    RCL_BLIND,
    RCL_LINEAR,
)
"""All, each once."""
OURS = (RCL, RCL_BLIND, RCL_LINEAR)


def base(method: str) -> str:
    """The name by which a method is asked for, of one that is measured with several settings.

    >>> base("cbm3d ×1.5"), base("bm3d-planes")
    ('cbm3d', 'bm3d-planes')
    """
    return method.partition(" ")[0]
