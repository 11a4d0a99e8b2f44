"""Table 1 of the paper: denoising with the backbone frozen."""

from __future__ import annotations

from typing import ClassVar

from rcl_benchmark.engine.row_table import Figure
from rcl_benchmark.tables.methods import FROM_SCRATCH, METHODS, ORACLE, SUPERVISED
from rcl_benchmark.tables.table import Table

_DATA_SETS = ("MIT", "Stanford", "VOC")
_PAPER = {
    "vader": ((14.63, 0.1088), (17.54, 0.1601), (16.33, 0.1573)),
    "densecl": ((13.78, 0.0910), (16.46, 0.1527), (15.33, 0.1373)),
    "pixcontrast": ((14.77, 0.1101), (17.61, 0.1610), (16.42, 0.1585)),
    "vader+": ((19.63, 0.4183), (21.58, 0.4961), (20.75, 0.4737)),
    "densecl+": ((18.87, 0.3998), (20.58, 0.4705), (20.21, 0.4647)),
    "pixcontrast+": ((19.87, 0.4121), (21.41, 0.4899), (20.82, 0.4858)),
    "noise2noise": ((28.66, 0.8614), (34.14, 0.8699), (30.91, 0.8272)),
    "noise2self": ((28.16, 0.8373), (34.04, 0.8640), (30.71, 0.8256)),
    "rcl-bd": ((28.83, 0.8871), (34.75, 0.8618), (31.29, 0.8274)),
    "rcl-mmd": ((28.68, 0.8864), (34.87, 0.8687), (31.53, 0.8316)),
    "rcl-emd": ((29.54, 0.8908), (35.43, 0.8783), (31.39, 0.8330)),
    ORACLE: ((31.26, 0.9187), (38.25, 0.9422), (33.65, 0.9038)),
}
"""PSNR in dB and SSIM of Dong et al., table 1."""


class Table1(Table):
    """Proxy evaluation by denoising."""

    name = "table1"
    title = "Table 1: denoising with the backbone frozen"
    help = """Judge pretraining by denoising: the backbone is frozen, a new last layer learns from few labels.

    Every method gets the same pictures, noise, steps and seeds. Writes a page with the paper's figures beside ours.
    """
    methods: ClassVar = {name: m for name, m in METHODS.items() if name not in (SUPERVISED, FROM_SCRATCH)}
    paper: ClassVar = {
        "denoise": {
            name: {method: Figure(*figures[i]) for method, figures in _PAPER.items()}
            for i, name in enumerate(_DATA_SETS)
        }
    }
    references = ("rcl-emd", ORACLE)


TABLE1 = Table1()
