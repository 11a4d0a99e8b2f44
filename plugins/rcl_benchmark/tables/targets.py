"""What was to be reached, and whether it was. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rcl_benchmark.tables import paper
from rcl_benchmark.tables.block import PLAIN, SKIP, Block
from rcl_benchmark.tables.difference import Needed, labels_needed, signed
from rcl_benchmark.tables.paper import (
    DENSE,
    DENSE_PLUS,
    INPUT,
    N2N,
    N2S,
    ORACLE,
    RCL,
    RCL_SL,
    SL,
    SL_DENOISE,
    name,
)
from rcl_benchmark.tables.row import Row

BM3D, BM3D_STRONG = "bm3d", "bm3d-strong"
"""Told the noise level; on real pairs also told a multiple of it."""
GAP_TO_ORACLE_DB = 2.82
"""The largest of the paper's table 1."""
GAIN_AT_10_DB = 7.46
JDENSR_SHORT_DB = 0.3
ZERO_SHORT_DB = 0.5
REAL_GAIN_DB = 2.0
SIMULATED = ("rgb", "bayer")
"""`Row.data` with clean pictures, on which a supervised network is the yardstick; other data are real pairs."""
SUPERVISED = ("supervised-told", SL_DENOISE)
"""The yardsticks of denoising without labels; the first is told the noise level."""


@dataclass(frozen=True)
class Target:
    """One line of what was to be reached."""

    what: str
    wanted: str
    measured: str
    reached: bool


def targets(table: str, block: Block) -> list[Target]:
    """Each target of a table whose rows are there."""
    if table == "table1":
        return [*_order(block), *_gap(block)]
    if table == "table2":
        return [*_transfer(block, "sr", 0.0), *_transfer(block, "jdensr", -JDENSR_SHORT_DB)]
    if table == "table3":
        return [*_gain_at_10(block), *_every_count(block)]
    if table == "zero":
        return list(_zero(block) if block.data in SIMULATED else _real(block))
    return []


def zero_label(block: Block) -> Row | None:
    """The best network that learnt without clean pictures. (Noise2Noise adds two noises to a clean one.)"""
    found = [row for row in block.rows if row.network and not row.labels and row.method not in (*SUPERVISED, N2N)]
    return max(found, key=lambda row: row.psnr_db, default=None)


def yardstick(block: Block) -> Row | None:
    """The better of the networks that learnt from clean pictures."""
    found = [row for method in SUPERVISED if (row := block.find(method, "denoise"))]
    return max(found, key=lambda row: row.psnr_db, default=None)


def best_bm3d(block: Block) -> Row | None:
    """The better of BM3D's rows."""
    found = [row for method in (BM3D, BM3D_STRONG) if (row := block.find(method, "denoise"))]
    return max(found, key=lambda row: row.psnr_db, default=None)


def _order(block: Block) -> Iterator[Target]:
    rcl, n2s = (block.find(method, "denoise") for method in (RCL, N2S))
    plus, plain = ([row for m in group if (row := block.find(m, "denoise"))] for group in (DENSE_PLUS, DENSE))
    if rcl is None or n2s is None or not plus or not plain:
        return
    steps = [[rcl], [n2s], plus, plain]
    spans = [(min(row.psnr_db for row in step), max(row.psnr_db for row in step)) for step in steps]
    reached = all(low >= high for (low, _), (_, high) in pairwise(spans))
    measured = ", ".join(_span(*span) for span in spans)
    yield Target('RCL-EMD ≥ N2S ≥ any "+" row ≥ any plain row', "this order", f"{measured} dB", reached)


def _gap(block: Block) -> Iterator[Target]:
    rcl, oracle = (block.find(method, "denoise") for method in (RCL, ORACLE))
    if rcl and oracle:
        gap = oracle.psnr_db - rcl.psnr_db
        wanted = f"≤ {GAP_TO_ORACLE_DB:.2f} dB (paper: 1.72 to 2.82)"
        yield Target("Oracle less RCL-EMD", wanted, f"{signed(gap)} dB", gap <= GAP_TO_ORACLE_DB)


def _transfer(block: Block, task: str, least: float) -> Iterator[Target]:
    rcl, supervised = (block.find(method, task) for method in (RCL, SL_DENOISE))
    if rcl and supervised:
        gain = rcl.psnr_db - supervised.psnr_db
        (theirs,) = paper.differences("table2", task, RCL, SL_DENOISE)
        wanted = f"≥ {signed(least)} dB (paper: {signed(theirs)})"
        what = f"RCL-EMD less {name(SL_DENOISE)}, {'SR' if task == 'sr' else 'JDenSR'}"
        yield Target(what, wanted, f"{signed(gain)} dB", gain >= least)


def _gain_at_10(block: Block) -> Iterator[Target]:
    alone, pretrained = block.by_labels(SL).get(10), block.by_labels(RCL_SL).get(10)
    if block.network == PLAIN and alone and pretrained:
        gain = pretrained.psnr_db - alone.psnr_db
        what = "RCL + SL less SL with 10 labels"
        yield Target(what, f"≥ {GAIN_AT_10_DB} dB (the paper's)", f"{signed(gain)} dB", gain >= GAIN_AT_10_DB)


def _every_count(block: Block) -> Iterator[Target]:
    alone, pretrained = block.by_labels(SL), block.by_labels(RCL_SL)
    shared = [labels for labels in alone if labels and labels in pretrained]
    if block.network != SKIP or not shared:
        return
    gains = [pretrained[n].psnr_db - alone[n].psnr_db for n in shared]
    measured = ", ".join(f"{signed(gain)} ({n})" for gain, n in zip(gains, shared, strict=True))
    yield Target(f"{name(RCL_SL)} less SL at every number of labels", "≥ 0 dB", f"{measured} dB", min(gains) >= 0)
    curve = {n: row.psnr_db for n, row in pretrained.items()}
    needed = [labels_needed(curve, alone[n].psnr_db) for n in shared]
    measured = ", ".join(f"{found.text} for {n}" for found, n in zip(needed, shared, strict=True))
    reached = all(_at_most_half(found, n) for found, n in zip(needed, shared, strict=True))
    yield Target(f"labels with which {name(RCL_SL)} reaches the figure of SL", "at most half", measured, reached)


def _at_most_half(needed: Needed, labels: int) -> bool:
    return needed.bound != ">" and needed.labels <= labels / 2


def _zero(block: Block) -> Iterator[Target]:
    best, supervised = zero_label(block), yardstick(block)
    if best and supervised:
        gap = best.psnr_db - supervised.psnr_db
        what = f"no labels ({best.method}) less {supervised.method}, {block.data}"
        yield Target(what, f"≥ {signed(-ZERO_SHORT_DB)} dB", f"{signed(gap)} dB", gap >= -ZERO_SHORT_DB)
    yield from _above_bm3d(block)


def _real(block: Block) -> Iterator[Target]:
    best = zero_label(block)
    yield from _above(best, block.find(INPUT, "denoise"), REAL_GAIN_DB, "the noisy input", block.data)
    yield from _above_bm3d(block)


def _above_bm3d(block: Block) -> Iterator[Target]:
    peer = best_bm3d(block)
    called = "BM3D" if peer is None or peer.method == BM3D else f"BM3D ({peer.method})"
    yield from _above(zero_label(block), peer, 0.0, called, block.data)


def _above(best: Row | None, other: Row | None, least: float, called: str, data: str) -> Iterator[Target]:
    if best and other:
        gain = best.psnr_db - other.psnr_db
        wanted = f"≥ {signed(least)} dB" if least else "> 0 dB"
        reached = gain >= least if least else gain > 0
        yield Target(f"no labels ({best.method}) less {called}, {data}", wanted, f"{signed(gain)} dB", reached)


def _span(low: float, high: float) -> str:
    return f"{low:.2f}" if low == high else f"{low:.2f}–{high:.2f}"


def reached_count(found: Sequence[Target]) -> str:
    """
    >>> reached_count([Target("", "", "", True), Target("", "", "", False)])
    '1 of 2 reached'
    """
    return f"{sum(target.reached for target in found)} of {len(found)} reached"
