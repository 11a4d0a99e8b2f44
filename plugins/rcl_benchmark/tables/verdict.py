"""What of the paper's claims the figures bear out, in sentences. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from rcl_benchmark.tables import paper
from rcl_benchmark.tables.block import Block, shown
from rcl_benchmark.tables.difference import Difference, difference, labels_needed, spread
from rcl_benchmark.tables.paper import DENSE, DENSE_PLUS, INPUT, N2N, N2S, ORACLE, RCL, RCL_SL, SL, SL_DENOISE
from rcl_benchmark.tables.row import Row

_TASKS = {"denoise": "", "sr": "On SR ", "jdensr": "On JDenSR "}


class Outcome(Enum):
    """What became of a claim."""

    HELD = "Held."
    FAILED = "Did not hold."
    OPEN = "Not decided by these trials."
    FACT = "Besides."


@dataclass(frozen=True)
class Statement:
    """One claim, and by how much it holds."""

    outcome: Outcome
    text: str


def verdict(table: str, block: Block) -> list[Statement]:
    """A statement for each claim of the paper whose rows are there; of other tables, which row is best."""
    if table == "table1":
        return [*_table1(block), *_above_input(block, "denoise")]
    if table == "table2":
        return [s for task in block.tasks for s in (*_table2(block, task), *_above_input(block, task))]
    if table == "table3":
        return list(_table3(block))
    return [s for task in block.tasks for s in _best(block, task)]


def paragraph(statements: Iterable[Statement]) -> str:
    """The statements as text, claims that held first; facts alone have no heading. Empty for none."""
    listed = list(statements)
    groups = {outcome: [s.text for s in listed if s.outcome is outcome] for outcome in Outcome}
    held, failed, still_open = (len(groups[outcome]) for outcome in (Outcome.HELD, Outcome.FAILED, Outcome.OPEN))
    claims = held + failed + still_open
    if not claims:
        return " ".join(groups[Outcome.FACT])
    count = (
        f"Of {claims} claims of the paper {held} held, {failed} did not; {still_open} cannot be told from the trials."
    )
    parts = [f"**{outcome.value}** {' '.join(texts)}" for outcome, texts in groups.items() if texts]
    return "\n\n".join([count, *parts] if claims > 1 else parts)


def compared(block: Block, table: str, task: str, method: str, other: str) -> Iterator[Statement]:
    """How far `method` is from `other`, here and in the paper; nothing where a row or the paper's figure is missing."""
    a, b = block.find(method, task), block.find(other, task)
    theirs = paper.differences(table, task, method, other)
    if a is None or b is None or not theirs:
        return
    where = _TASKS.get(task, f"On {task} ")
    text = f"{where}{distance(a, b)}; the paper has it {_range(theirs)}."
    yield Statement(_outcome(a, b, theirs), text)


def _table1(block: Block) -> Iterator[Statement]:
    for other in (N2N, N2S, "rcl-bd", "rcl-mmd"):
        yield from compared(block, "table1", "denoise", RCL, other)
    yield from compared(block, "table1", "denoise", ORACLE, RCL)
    for plus, plain in zip(DENSE_PLUS, DENSE, strict=True):
        yield from compared(block, "table1", "denoise", plus, plain)
    yield from _dense_below(block)
    yield from _consistency(block)
    yield from _variants(block)


def _table2(block: Block, task: str) -> Iterator[Statement]:
    for other in (N2N, N2S, SL_DENOISE, ORACLE, "rcl-bd", "rcl-mmd"):
        yield from compared(block, "table2", task, RCL, other)


def _table3(block: Block) -> Iterator[Statement]:
    alone, pretrained = block.by_labels(SL), block.by_labels(RCL_SL)
    shared = [labels for labels in alone if labels and labels in pretrained]
    for labels in shared:
        yield _gain(labels, pretrained[labels], alone[labels])
    yield from _falling({labels: difference(pretrained[labels], alone[labels]) for labels in shared})
    for labels in shared:
        yield _labels(labels, pretrained, alone[labels])
    yield from _other_starts(block, pretrained)
    yield from _no_labels(block, pretrained)


def _falling(gains: Mapping[int, Difference]) -> Iterator[Statement]:
    """Whether the gain falls from the fewest labels to the most; nothing where there is none to begin with."""
    if len(gains) < 2:
        return
    first, last = min(gains), max(gains)
    if gains[first].within_spread or gains[first].db < 0:
        return
    fall = gains[first].minus(gains[last])
    outcome = Outcome.OPEN if fall.within_spread else Outcome.HELD if fall.db > 0 else Outcome.FAILED
    measured = f"{gains[first].text} dB with {first}, {gains[last].text} with {last}"
    yield Statement(outcome, f"In the paper the gain falls with the number of labels; here it is {measured}.")


def _gain(labels: int, pretrained: Row, alone: Row) -> Statement:
    text = f"With {labels} labels {distance(pretrained, alone)}"
    if labels not in paper.TABLE3[SL]:
        return Statement(_outcome(pretrained, alone, [1.0]), f"{text}.")
    theirs = [paper.TABLE3[RCL_SL][labels].psnr_db - paper.TABLE3[SL][labels].psnr_db]
    return Statement(_outcome(pretrained, alone, theirs), f"{text}; the paper has it {_range(theirs)}.")


def _labels(labels: int, pretrained: dict[int, Row], alone: Row) -> Statement:
    needed = labels_needed({n: row.psnr_db for n, row in pretrained.items()}, alone.psnr_db)
    if needed.bound == ">":
        return Statement(Outcome.FAILED, f"RCL + SL does not reach what SL reaches with {labels} labels.")
    text = f"For what SL reaches with {labels} labels, RCL + SL needs {needed.words}"
    theirs = paper.LABELS_NEEDED.get(labels)
    also = f"; the paper says {theirs}" if theirs else ""
    fewer = Outcome.HELD if needed.labels < labels else Outcome.OPEN if needed.bound else Outcome.FAILED
    return Statement(fewer, f"{text}{also}.")


def _other_starts(block: Block, pretrained: dict[int, Row]) -> Iterator[Statement]:
    """RCL beside other ways to pretrain, which the paper leaves out of table 3: with the fewest labels of both."""
    for method in block.pretrained():
        other = block.by_labels(method)
        shared = [labels for labels in pretrained if labels and labels in other]
        if method != RCL_SL and shared:
            fewest = shared[0]
            yield Statement(Outcome.FACT, f"With {fewest} labels {distance(pretrained[fewest], other[fewest])}.")


def _no_labels(block: Block, pretrained: dict[int, Row]) -> Iterator[Statement]:
    noisy, row = block.find(INPUT, "denoise"), pretrained.get(0)
    if noisy and row:
        yield Statement(Outcome.FACT, f"Without labels {distance(row, noisy)}.")


def _dense_below(block: Block) -> Iterator[Statement]:
    dense = [row for m in (*DENSE, *DENSE_PLUS) if (row := block.find(m, "denoise"))]
    others = [row for m in (N2N, N2S, RCL) if (row := block.find(m, "denoise"))]
    if not dense or not others:
        return
    best, least = max(dense, key=_psnr), min(others, key=_psnr)
    text = f"The best of the contrasts between places, {shown(best)}, is to stay below {_names(others)}:"
    yield Statement(_outcome(least, best, [1.0]), f"{text} {distance(least, best)}.")


def _consistency(block: Block) -> Iterator[Statement]:
    alone = block.find(paper.CONSISTENCY, "denoise")
    above = [row for m in (N2N, N2S) if (row := block.find(m, "denoise"))]
    below = [row for m in DENSE_PLUS if (row := block.find(m, "denoise"))]
    if alone is None or not above or not below:
        return
    low, high = min(above, key=_psnr), max(below, key=_psnr)
    outcomes = {_outcome(low, alone, [1.0]), _outcome(alone, high, [1.0])}
    outcome = next(o for o in (Outcome.FAILED, Outcome.OPEN, Outcome.HELD) if o in outcomes)
    text = f"Consistency alone is to lie between {_names(above)} and {_names(below)}"
    reached = f"{alone.psnr_db:.2f} dB, {shown(low)} {low.psnr_db:.2f}, {shown(high)} {high.psnr_db:.2f}"
    yield Statement(outcome, f"{text}: {reached}.")


def _variants(block: Block) -> Iterator[Statement]:
    """RCL beside its variants, of which the paper has none."""
    rcl = block.find(RCL, "denoise")
    for method in ("rcl-published", "rcl-neighbours", "rcl-no-contrast"):
        if rcl and (other := block.find(method, "denoise")):
            yield Statement(Outcome.FACT, f"{distance(rcl, other)}.")


def _best(block: Block, task: str) -> Iterator[Statement]:
    networks = [row for row in block.of(task) if row.network]
    if len(networks) < 2:
        return
    best = max(networks, key=_psnr)
    equal = [row for row in networks if row is not best and difference(best, row).within_spread]
    others = f"{_names(equal)} cannot be told from it" if equal else "all others are below it by more than the spread"
    yield Statement(Outcome.FACT, f"{_TASKS.get(task, f'On {task} ')}{shown(best)} is best; {others}.")


def _above_input(block: Block, task: str) -> Iterator[Statement]:
    noisy = block.find(INPUT, task)
    networks = [row for row in block.of(task) if row.network]
    if noisy is None or not networks:
        return
    above = [row for row in networks if row.psnr_db > noisy.psnr_db]
    listed = f": {_names(above)}" if 0 < len(above) < len(networks) else ""
    where = _TASKS.get(task, f"On {task} ")
    verb = "is" if len(above) == 1 else "are"
    count = f"{len(above)} of {len(networks)} networks {verb} above the {shown(noisy)}, {noisy.psnr_db:.2f} dB{listed}."
    yield Statement(Outcome.FACT, f"{where}{count}")


def distance(a: Row, b: Row) -> str:
    """ "RCL-EMD is 0.40 ± 0.20 dB below N2N (within the spread)"."""
    d = difference(a, b)
    side = "above" if d.db >= 0 else "below"
    other = f"the {shown(b)}" if b.method == INPUT else shown(b)
    doubt = "" if not d.within_spread else " (one trial)" if d.two_errors is None else " (within the spread)"
    return f"{shown(a)} is {abs(d.db):.2f}{spread(d.two_errors)} dB {side} {other}{doubt}"


def _outcome(a: Row, b: Row, theirs: Sequence[float]) -> Outcome:
    """Whether `a` stands to `b` as in all the paper's data sets; what they do not agree on is no claim."""
    d = difference(a, b)
    if d.within_spread or min(theirs) < 0 < max(theirs):
        return Outcome.OPEN
    return Outcome.HELD if (d.db > 0) == (theirs[0] > 0) else Outcome.FAILED


def _range(differences: Sequence[float]) -> str:
    """
    >>> _range([0.88, 1.29]), _range([-0.26]), _range([-0.14, 0.86])
    ('0.88 to 1.29 dB above', '0.26 dB below', '0.14 dB below to 0.86 dB above')
    """
    low, high = min(differences), max(differences)
    if low < 0 < high:
        return f"{-low:.2f} dB below to {high:.2f} dB above"
    near, far = sorted((abs(low), abs(high)))
    span = f"{far:.2f}" if near == far else f"{near:.2f} to {far:.2f}"
    return f"{span} dB {'above' if low >= 0 else 'below'}"


def _names(rows: Iterable[Row]) -> str:
    *first, last = [shown(row) for row in rows]
    return f"{', '.join(first)} and {last}" if first else last


def _psnr(row: Row) -> float:
    return row.psnr_db
