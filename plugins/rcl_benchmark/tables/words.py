"""What the pages say about every table, whatever its figures. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "table1": "Table 1: denoising with the backbone frozen",
    "table2": "Table 2: other tasks with the backbone frozen",
    "table3": "Table 3: denoising with few labels",
    "fig2": "Figure 2: does the residual become the noise?",
    "zero": "Denoising without labels",
}

_TABLE1 = """\
Each method pretrains a backbone on noisy pictures. Then all but the last layer are frozen, and a new last layer learns
to denoise from few clean pictures. Oracle: the whole network, trained on all clean pictures for as long as the others
pretrain. The paper's columns are PSNR / SSIM on its three data sets. They are not ours: compare the order and the
differences, not the figures.
"""
_TABLE2 = """\
As table 1, with another task for the new last layer. SL (denoising), the paper's SL (Den): the backbone was pretrained
to denoise with clean pictures. Oracle: the whole network, trained for the task itself. Enlarged input: interpolated
to the size of the result. The paper's column is PSNR / SSIM on its Stanford data, which is not ours: compare the order
and the differences, not the figures.
"""
_TABLE3 = """\
SL: the whole network, trained from scratch with so many clean pictures. RCL + SL: the same from the backbone that
RCL-EMD pretrained on noisy pictures; the other rows likewise. 0 labels: the pretrained backbone as it is. The paper's
columns are PSNR / SSIM on its VOC data, which is not ours: compare the differences.

How many labels a method needs for a figure: PSNR is taken as linear in the logarithm of their number. ≤: the fewest
that were tried reach it; >: the most that were tried do not. The paper says 500 for the 1000 of
SL, and 4000 for 10 000.
"""
_ZERO = """\
Every network has the same size, starts from the same weights and learns for as long. *supervised* learns from clean
pictures with new noise in every step, *supervised-told* is told the noise level of each element as well, *noise2noise*
draws both its copies from a clean picture. The others have one noisy copy of each picture: *sure* and *recorrupted*
know its noise level, *-blind* as `rcl calibrate` measures it; *+contrast* is joined by the residual contrast. *bm3d* is
told the true noise level, after variance stabilisation.
"""
READING: Mapping[str, str] = {"table1": _TABLE1, "table2": _TABLE2, "table3": _TABLE3, "zero": _ZERO}

SPREAD = """\
± after a figure: standard deviation of the trials. ± after a difference: two standard errors, as of independent
trials; a network with one trial is taken to spread as the one that it is compared with. Pretraining was done once, so
its spread is in neither. A difference below its ± is *within the spread*. Claims are judged by PSNR.
"""
