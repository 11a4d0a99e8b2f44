"""What comes out of denoising without labels, in sentences. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator

from rcl_benchmark.tables.block import Block
from rcl_benchmark.tables.paper import INPUT
from rcl_benchmark.tables.targets import best_bm3d, yardstick, zero_label
from rcl_benchmark.tables.verdict import Outcome, Statement, distance

_VARIANTS = {
    "+contrast": "Joined by the residual contrast",
    "-blind": "With noise levels measured in the pictures instead of the true ones",
}
"""Endings of methods, and what they change."""


def zero_verdict(block: Block) -> list[Statement]:
    """How the best network without labels compares, and what each variant of a method changes."""
    return [*_best(block), *_variants(block)]


def _best(block: Block) -> Iterator[Statement]:
    best = zero_label(block)
    others = (yardstick(block), best_bm3d(block), block.find(INPUT, "denoise"))
    for other in others:
        if best and other:
            yield Statement(Outcome.FACT, f"Without labels {distance(best, other)}.")


def _variants(block: Block) -> Iterator[Statement]:
    for row in block.rows:
        for ending, change in _VARIANTS.items():
            plain = block.find(row.method.removesuffix(ending), "denoise")
            if row.method.endswith(ending) and plain:
                yield Statement(Outcome.FACT, f"{change}, {distance(row, plain)}.")
