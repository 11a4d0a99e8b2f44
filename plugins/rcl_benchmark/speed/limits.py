"""What limits each part, and the least that it can cost, worked out from the sizes of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from rcl_benchmark.speed.apply import CONVOLUTION, NETWORK
from rcl_benchmark.speed.names import APPLY, CALIBRATE, EMD, PEERS, SCALE, START, STEP, WORKERS
from rcl_benchmark.speed.record import Line
from rcl_benchmark.speed.side import Size


def words(part: str, size: Size, lines: Sequence[Line]) -> str:
    """A paragraph for a part; `lines` are its own."""
    match part:
        case _ if part == START:
            return (
                "Limited by the start of Python and by imports. The floor is a bare `python -c pass`; whatever is "
                "written with click starts with `import click`. Neither numpy nor torch is imported."
            )
        case _ if part == CALIBRATE:
            return _calibrate(size)
        case _ if part == EMD:
            return _emd(size)
        case _ if part == STEP:
            return (
                "Limited by the multiplications of the network: a backward pass takes two for each one of the forward "
                "pass. Loss, optimiser and what draws, cuts and adds noise to crops come on top. The base is what a "
                "step sends through the network, and back. Decoded pictures lie in the cache on the disk, and another "
                "thread makes the crops of a step during the one before."
            )
        case _ if part == APPLY:
            return " ".join(
                [
                    "Limited by the multiplications of the network, in half precision where the processor has it. "
                    "`rcl apply` decodes the next raw and writes the "
                    "last one meanwhile, so that several raws should take as long as their networks.",
                    *_rates(lines),
                ]
            )
        case _ if part == PEERS:
            return (
                "LibRaw's times hold the decoding, which it does in the same go. All tools but rcl's network use as "
                "many cores as they do by themselves. bm3d is told the noise, as rcl's network is."
            )
        case _ if part == WORKERS:
            return (
                "Limited by the workers, as `rcl apply` by itself is. Each has one thread for networks here, and on "
                "Linux one core, by affinity: it reads, measures and writes other files meanwhile, which would "
                "otherwise be work for more than one. What a file costs the scheduler is a few milliseconds; no pixel "
                "passes through it."
            )
        case _ if part == SCALE:
            return (
                "Limited by what is opened for each file: its first bytes and tags to tell what it is, and, where its "
                "result exists, the ends and the record of that and the ends of the file itself. Files are links to "
                "one small raw, in the system's cache. A ratio of 1 says that a file costs the same, however many "
                "there are; with few, the start counts."
            )
    return ""


def _calibrate(size: Size) -> str:
    megabytes = 2 * size.megapixels
    return (
        f"Limited by decoding: lossless JPEG is undone one sample after the other, {size.megapixels:g} million of "
        f"them. The estimate has to see {megabytes:g} MB of samples once, which takes a few hundredths of a second at "
        "the speed of memory; what it takes beyond that is its statistics."
    )


def _emd(size: Size) -> str:
    """How many comparisons and differences there are at least."""
    values = 3 * size.patch**2
    sorting = 2 * size.pairs * values * log2(values)
    differences = size.pairs**2 * values
    return (
        f"Limited by sorting: 2 × {size.pairs} patches of n = {values} values, n·log₂ n each, are "
        f"{sorting / 1e6:,.0f} million steps that wait for one another, where the {differences / 1e6:,.0f} million "
        "differences, made twice, are done many at a time. Memory: two sorted batches and where their values were, "
        f"{2 * size.pairs * values * 12 / 1e6:,.0f} MB. *off* is the largest difference from distances in float64, in "
        "the unit of the values, whose σ is 5."
    )


def _rates(lines: Sequence[Line]) -> list[str]:
    """How near the network comes to its multiplications."""
    said = []
    for case in dict.fromkeys(line.case for line in lines):
        own = {line.side: line for line in lines if line.case == case}
        if NETWORK in own and CONVOLUTION in own and own[NETWORK].operations:
            operations = own[NETWORK].operations or 0.0
            each = operations / own[NETWORK].amount / 1e6
            rate, most = (operations / own[name].median_s / 1e9 for name in (NETWORK, CONVOLUTION))
            said.append(
                f"{case.partition(',')[0].capitalize()}: {each:,.1f} thousand multiplications a pixel, without the "
                f"halos of tiles; they were done at {rate:,.0f} GMAC/s, where one convolution alone reached "
                f"{most:,.0f}."
            )
    return said
