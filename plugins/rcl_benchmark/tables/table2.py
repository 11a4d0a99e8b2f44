"""Table 2 of the paper: other tasks with the backbone frozen."""

from __future__ import annotations

from typing import ClassVar

from rcl_benchmark.engine.block import INPUT
from rcl_benchmark.engine.row import Row
from rcl_benchmark.engine.row_table import Figure
from rcl_benchmark.tables.methods import METHODS, ORACLE, SUPERVISED
from rcl_benchmark.tables.table import Table

_PAPER = {
    "noise2noise": ((31.61, 0.8730), (27.90, 0.7860)),
    "noise2self": ((31.11, 0.8699), (27.80, 0.7831)),
    "rcl-bd": ((38.89, 0.9654), (32.10, 0.8046)),
    "rcl-mmd": ((38.31, 0.9634), (31.95, 0.8068)),
    "rcl-emd": ((39.01, 0.9658), (32.63, 0.8214)),
    SUPERVISED: ((34.18, 0.9118), (32.89, 0.8353)),
    ORACLE: ((38.93, 0.9603), (35.98, 0.9175)),
}
"""PSNR in dB and SSIM of Dong et al., table 2, on the Stanford data: of super-resolution, alone and with denoising."""


class Table2(Table):
    """Proxy evaluation by super-resolution, alone and with denoising."""

    name = "table2"
    title = "Table 2: other tasks with the backbone frozen"
    help = """As table1, with other tasks: super-resolution, alone (sr) and with denoising (jdensr).

    Every method gets the same pictures, noise, steps and seeds. Writes a page with the paper's figures beside ours.
    """
    methods: ClassVar = {name: METHODS[name] for name in METHODS if name == INPUT or name in _PAPER}
    tasks = ("sr", "jdensr")
    paper: ClassVar = {
        task: {"Stanford": {method: Figure(*figures[i]) for method, figures in _PAPER.items()}}
        for i, task in enumerate(tasks)
    }
    references = ("rcl-emd", SUPERVISED, ORACLE)

    def shown(self, row: Row) -> str:
        return "enlarged input" if row.method == INPUT else super().shown(row)


TABLE2 = Table2()
