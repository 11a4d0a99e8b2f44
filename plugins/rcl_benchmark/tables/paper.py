"""The figures that the paper reports (Dong et al., tables 1 to 3), and its names of the methods. Torch-free.

Its three data sets are not ours: the order and the differences can be compared, the figures themselves cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Figure(NamedTuple):
    """One result of the paper, a mean over five trials; it gives no spread."""

    psnr_db: float
    ssim: float


Column = Mapping[str, Figure]
"""By method, named as in `Row.method`."""

INPUT, ORACLE, SL_DENOISE = "input", "oracle", "supervised"
RCL, N2N, N2S, CONSISTENCY = "rcl-emd", "noise2noise", "noise2self", "consistency"
DENSE = ("vader", "densecl", "pixcontrast")
DENSE_PLUS = tuple(f"{name}+" for name in DENSE)
SL, RCL_SL = "sl", "rcl+sl"
"""Rows of table 3: from scratch, and finetuned from RCL-EMD."""
RCL_NEIGHBOURS_SL = "rcl-neighbours+sl"
"""From ours for pictures of unknown noise."""

NAMES: Mapping[str, str] = {
    INPUT: "noisy input",
    "vader": "VADeR",
    "densecl": "DenseCL",
    "pixcontrast": "PixContrast",
    "vader+": "VADeR+",
    "densecl+": "DenseCL+",
    "pixcontrast+": "PixContrast+",
    CONSISTENCY: "consistency alone",
    N2N: "N2N",
    N2S: "N2S",
    "rcl-bd": "RCL-BD",
    "rcl-mmd": "RCL-MMD",
    RCL: "RCL-EMD",
    "rcl-published": "RCL-EMD, loss as published",
    "rcl-no-contrast": "RCL-EMD without contrast",
    "rcl-neighbours": "RCL-EMD, noise unknown",
    SL_DENOISE: "SL (denoising)",
    ORACLE: "Oracle",
    SL: "SL",
    "consistency+sl": "consistency + SL",
    "noise2noise+sl": "N2N + SL",
    "rcl-published+sl": "RCL as published + SL",
    "rcl-no-contrast+sl": "RCL without contrast + SL",
    RCL_NEIGHBOURS_SL: "RCL, noise unknown + SL",
    RCL_SL: "RCL + SL",
}
"""In the order of the tables."""

TABLE1: Mapping[str, Column] = {
    "MIT": {
        "vader": Figure(14.63, 0.1088),
        "densecl": Figure(13.78, 0.0910),
        "pixcontrast": Figure(14.77, 0.1101),
        "vader+": Figure(19.63, 0.4183),
        "densecl+": Figure(18.87, 0.3998),
        "pixcontrast+": Figure(19.87, 0.4121),
        N2N: Figure(28.66, 0.8614),
        N2S: Figure(28.16, 0.8373),
        "rcl-bd": Figure(28.83, 0.8871),
        "rcl-mmd": Figure(28.68, 0.8864),
        RCL: Figure(29.54, 0.8908),
        ORACLE: Figure(31.26, 0.9187),
    },
    "Stanford": {
        "vader": Figure(17.54, 0.1601),
        "densecl": Figure(16.46, 0.1527),
        "pixcontrast": Figure(17.61, 0.1610),
        "vader+": Figure(21.58, 0.4961),
        "densecl+": Figure(20.58, 0.4705),
        "pixcontrast+": Figure(21.41, 0.4899),
        N2N: Figure(34.14, 0.8699),
        N2S: Figure(34.04, 0.8640),
        "rcl-bd": Figure(34.75, 0.8618),
        "rcl-mmd": Figure(34.87, 0.8687),
        RCL: Figure(35.43, 0.8783),
        ORACLE: Figure(38.25, 0.9422),
    },
    "VOC": {
        "vader": Figure(16.33, 0.1573),
        "densecl": Figure(15.33, 0.1373),
        "pixcontrast": Figure(16.42, 0.1585),
        "vader+": Figure(20.75, 0.4737),
        "densecl+": Figure(20.21, 0.4647),
        "pixcontrast+": Figure(20.82, 0.4858),
        N2N: Figure(30.91, 0.8272),
        N2S: Figure(30.71, 0.8256),
        "rcl-bd": Figure(31.29, 0.8274),
        "rcl-mmd": Figure(31.53, 0.8316),
        RCL: Figure(31.39, 0.8330),
        ORACLE: Figure(33.65, 0.9038),
    },
}
"""Proxy evaluation by denoising, by data set."""

TABLE2: Mapping[str, Column] = {
    "sr": {
        N2N: Figure(31.61, 0.8730),
        N2S: Figure(31.11, 0.8699),
        "rcl-bd": Figure(38.89, 0.9654),
        "rcl-mmd": Figure(38.31, 0.9634),
        RCL: Figure(39.01, 0.9658),
        SL_DENOISE: Figure(34.18, 0.9118),
        ORACLE: Figure(38.93, 0.9603),
    },
    "jdensr": {
        N2N: Figure(27.90, 0.7860),
        N2S: Figure(27.80, 0.7831),
        "rcl-bd": Figure(32.10, 0.8046),
        "rcl-mmd": Figure(31.95, 0.8068),
        RCL: Figure(32.63, 0.8214),
        SL_DENOISE: Figure(32.89, 0.8353),
        ORACLE: Figure(35.98, 0.9175),
    },
}
"""Proxy evaluation by other tasks on the Stanford data, by task."""

TABLE3: Mapping[str, Mapping[int, Figure]] = {
    SL: {
        10: Figure(20.74, 0.7299),
        100: Figure(27.19, 0.8734),
        1_000: Figure(31.31, 0.9184),
        10_000: Figure(33.41, 0.9437),
    },
    RCL_SL: {
        0: Figure(22.62, 0.7989),
        10: Figure(28.20, 0.8834),
        100: Figure(30.24, 0.9028),
        1_000: Figure(32.09, 0.9280),
        10_000: Figure(33.85, 0.9514),
    },
}
"""Finetuning for denoising on the VOC data: by method and number of labels."""

LABELS_NEEDED: Mapping[int, int] = {1_000: 500, 10_000: 4_000}
"""RCL + SL reaches the figure of SL at so many labels with so few (section 5, "Label-Efficient Learning")."""


def name(method: str) -> str:
    """What the paper calls a method, but for SL (Den), spelt out; others keep their own name.

    >>> name("noise2noise"), name("bm3d")
    ('N2N', 'bm3d')
    """
    return NAMES.get(method, method)


def columns(table: str, task: str) -> Mapping[str, Column]:
    """The paper's columns beside which results of `task` stand, by heading; none where it has no such table."""
    if table == "table1" and task == "denoise":
        return TABLE1
    if table == "table2" and task in TABLE2:
        return {"Stanford": TABLE2[task]}
    return {}


def differences(table: str, task: str, method: str, other: str) -> list[float]:
    """PSNR of `method` less that of `other` in dB, in each of the paper's data sets that has both.

    >>> differences("table2", "sr", "rcl-emd", "oracle")
    [0.08]
    """
    return [
        round(column[method].psnr_db - column[other].psnr_db, 2)
        for column in columns(table, task).values()
        if method in column and other in column
    ]
