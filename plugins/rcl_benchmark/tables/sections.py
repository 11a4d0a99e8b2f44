"""The tables of a page: our figures beside those of the paper, and the differences that matter. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rcl_benchmark.tables import paper
from rcl_benchmark.tables.block import Block, shown
from rcl_benchmark.tables.difference import difference, labels_needed, signed
from rcl_benchmark.tables.markdown import table as markdown_table
from rcl_benchmark.tables.paper import INPUT, ORACLE, RCL, RCL_SL, SL, SL_DENOISE, Figure, name
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.targets import BM3D, BM3D_STRONG, SUPERVISED

NONE = "–"
TASKS = {"denoise": "Denoising", "sr": "Super-resolution", "jdensr": "Joint denoising and super-resolution"}
_REFERENCES: Mapping[str, tuple[str, ...]] = {
    "table1": (RCL, ORACLE),
    "table2": (RCL, SL_DENOISE, ORACLE),
    "zero": (INPUT, BM3D, BM3D_STRONG, *SUPERVISED),
}
"""By table: the methods that the others are compared with. Elsewhere it is the best."""


def sections(table: str, block: Block) -> list[str]:
    """The tables of a block, as Markdown."""
    if table == "table3":
        noisy = block.find(INPUT, "denoise")
        line = f"Noisy input: {psnr(noisy)} dB / {ssim(noisy)}." if noisy else ""
        return [_labels_table(block), line, _gains_table(block)]
    parts = []
    for task in block.tasks:
        rows = block.of(task)
        if len(block.tasks) > 1:
            parts.append(f"### {TASKS.get(task, task)}")
        parts.append(_results(table, task, rows))
        parts.append(_differences(table, task, block, rows))
    return parts


def _results(table: str, task: str, rows: Sequence[Row]) -> str:
    theirs = paper.columns(table, task)
    with_labels = len({row.labels for row in rows if row.labels is not None}) > 1
    head = ["", *(["labels"] if with_labels else []), "PSNR (dB)", "SSIM", *(f"paper: {column}" for column in theirs)]
    lines = [
        [
            shown(row),
            *([NONE if row.labels is None else str(row.labels)] if with_labels else []),
            psnr(row),
            ssim(row),
            *(published(column.get(row.method)) for column in theirs.values()),
        ]
        for row in rows
    ]
    return markdown_table(head, lines)


def _differences(table: str, task: str, block: Block, rows: Sequence[Row]) -> str:
    wanted = _REFERENCES.get(table)
    best = max(rows, key=lambda row: row.psnr_db)
    references = [row for m in wanted if (row := block.find(m, task))] if wanted else [best]
    if len(rows) < 2 or not references:
        return ""
    beside = bool(paper.columns(table, task))
    head = ["PSNR less that of (dB)"]
    for reference in references:
        head += [shown(reference), *(["paper"] if beside else [])]
    lines = []
    for row in rows:
        line = [shown(row)]
        for reference in references:
            line.append(NONE if row is reference else difference(row, reference).text)
            line += [_published_differences(table, task, row, reference)] if beside else []
        lines.append(line)
    return markdown_table(head, lines)


def _published_differences(table: str, task: str, row: Row, reference: Row) -> str:
    found = paper.differences(table, task, row.method, reference.method)
    return " · ".join(map(signed, found)) if found and row is not reference else NONE


def _labels_table(block: Block) -> str:
    methods = [SL, *block.pretrained()]
    curves = [block.by_labels(method) for method in methods]
    theirs = [paper.TABLE3[method] for method in (SL, RCL_SL)]
    counts = sorted({n for points in (*curves, *theirs) for n in points})
    head = ["labels", *map(name, methods), "paper: SL", "paper: RCL + SL"]
    lines = [
        [str(n), *(_both(c.get(n)) for c in curves), *(published(column.get(n)) for column in theirs)] for n in counts
    ]
    return markdown_table(head, lines)


def _gains_table(block: Block) -> str:
    """Gain over SL, and the labels that are needed for its figure."""
    alone = {n: row for n, row in block.by_labels(SL).items() if n}
    curves = {method: block.by_labels(method) for method in block.pretrained()}
    if not alone or not curves:
        return ""
    head = ["PSNR less that of SL (dB), and labels for the figure of SL", *map(name, curves), "paper: RCL + SL"]
    lines = [
        [f"{n} labels", *(_gain(curve, n, row) for curve in curves.values()), _published_gain(n)]
        for n, row in alone.items()
    ]
    return markdown_table(head, lines)


def _gain(curve: Mapping[int, Row], labels: int, alone: Row) -> str:
    if not curve:
        return NONE
    gain = difference(curve[labels], alone).text if labels in curve else NONE
    needed = labels_needed({n: row.psnr_db for n, row in curve.items()}, alone.psnr_db)
    return f"{gain}; {needed.text}"


def _published_gain(labels: int) -> str:
    if labels not in paper.TABLE3[SL]:
        return NONE
    curve, alone = {n: figure.psnr_db for n, figure in paper.TABLE3[RCL_SL].items()}, paper.TABLE3[SL][labels].psnr_db
    return f"{signed(curve[labels] - alone)}; {labels_needed(curve, alone).text}"


def psnr(row: Row) -> str:
    """Mean and standard deviation, the latter where there are several trials."""
    return f"{row.psnr_db:.2f}" + (f" ± {row.psnr_std:.2f}" if row.trials > 1 else "")


def ssim(row: Row) -> str:
    """As `psnr`."""
    return f"{row.ssim:.4f}" + (f" ± {row.ssim_std:.4f}" if row.trials > 1 else "")


def published(figure: Figure | None) -> str:
    """
    >>> published(Figure(29.54, 0.8908)), published(None)
    ('29.54 / 0.8908', '–')
    """
    return NONE if figure is None else f"{figure.psnr_db:.2f} / {figure.ssim:.4f}"


def _both(row: Row | None) -> str:
    return NONE if row is None else f"{psnr(row)} / {row.ssim:.4f}"
