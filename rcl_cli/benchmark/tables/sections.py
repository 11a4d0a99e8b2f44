"""The tables of a page: our figures beside those of the paper, and the differences that matter. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rcl_cli.benchmark.tables import paper
from rcl_cli.benchmark.tables.block import Block
from rcl_cli.benchmark.tables.difference import difference, labels_needed, signed
from rcl_cli.benchmark.tables.markdown import table as markdown_table
from rcl_cli.benchmark.tables.paper import INPUT, ORACLE, RCL, RCL_SL, SL, SL_DENOISE, Figure, name
from rcl_cli.benchmark.tables.row import Row
from rcl_cli.benchmark.tables.targets import BM3D

NONE = "–"
TASKS = {"denoise": "Denoising", "sr": "Super-resolution", "jdensr": "Joint denoising and super-resolution"}
_REFERENCES: Mapping[str, tuple[str, ...]] = {
    "table1": (RCL, ORACLE),
    "table2": (RCL, SL_DENOISE, ORACLE),
    "zero": (INPUT, BM3D, SL_DENOISE),
}
"""By table: the methods that the others are compared with. Elsewhere it is the best."""


def sections(table: str, block: Block) -> list[str]:
    """The tables of a block, as Markdown."""
    if table == "table3":
        return [_labels_table(block), _gains_table(block)]
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
            name(row.method),
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
        head += [name(reference.method), *(["paper"] if beside else [])]
    lines = []
    for row in rows:
        line = [name(row.method)]
        for reference in references:
            line.append(NONE if row is reference else difference(row, reference).text)
            line += [_published_differences(table, task, row, reference)] if beside else []
        lines.append(line)
    return markdown_table(head, lines)


def _published_differences(table: str, task: str, row: Row, reference: Row) -> str:
    found = paper.differences(table, task, row.method, reference.method)
    return " · ".join(map(signed, found)) if found and row is not reference else NONE


def _labels_table(block: Block) -> str:
    alone, pretrained = block.by_labels(SL), block.by_labels(RCL_SL)
    counts = sorted({*alone, *pretrained, *paper.TABLE3[SL], *paper.TABLE3[RCL_SL]})
    head = ("labels", "SL: PSNR (dB)", "SSIM", "RCL + SL: PSNR (dB)", "SSIM", "paper: SL", "paper: RCL + SL")
    lines = [
        (
            str(n),
            *(_of(rows.get(n), show) for rows in (alone, pretrained) for show in (psnr, ssim)),
            *(published(paper.TABLE3[method].get(n)) for method in (SL, RCL_SL)),
        )
        for n in counts
    ]
    noisy = block.find(INPUT, "denoise")
    if noisy:
        lines.insert(0, (name(INPUT), psnr(noisy), ssim(noisy), NONE, NONE, NONE, NONE))
    return markdown_table(head, lines)


def _gains_table(block: Block) -> str:
    alone, pretrained = block.by_labels(SL), block.by_labels(RCL_SL)
    shared = [n for n in alone if n in pretrained]
    if not shared:
        return ""
    curve = {n: row.psnr_db for n, row in pretrained.items()}
    theirs, their_curve = paper.TABLE3[SL], {n: figure.psnr_db for n, figure in paper.TABLE3[RCL_SL].items()}
    lines = []
    for n in shared:
        known = n in theirs
        lines.append(
            (
                str(n),
                difference(pretrained[n], alone[n]).text,
                signed(their_curve[n] - theirs[n].psnr_db) if known else NONE,
                labels_needed(curve, alone[n].psnr_db).text,
                labels_needed(their_curve, theirs[n].psnr_db).text if known else NONE,
            )
        )
    head = ("labels", "RCL + SL less SL (dB)", "paper", "labels RCL + SL needs for the figure of SL", "paper")
    return markdown_table(head, lines)


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


def _of(row: Row | None, show: Callable[[Row], str]) -> str:
    return NONE if row is None else show(row)
