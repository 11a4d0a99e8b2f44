"""Cutting a picture into tiles so that the stitched result is that of the whole picture.

Each tile is the part of the picture that it answers for, its core, and a halo around it at least as wide as the
network looks. A halo ends at the picture's border, where the network's own padding then acts as on the whole picture.
Torch-free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rcl_cli.disk.scratch import let_go, new_array
from rcl_cli.errors import is_out_of_memory as is_out_of_memory
from rcl_cli.inference.memory import give_back_freed_memory
from rcl_cli.part import Part, asked_for, grown, outer, within
from rcl_cli.part import size as size_of

Float = NDArray[np.float32]
Network = Callable[[Float], Float]
"""(C, h, w) → (C_out, h·U, w·U), or that of the part alone that is `wanted`."""
Crew = Callable[[], AbstractContextManager[Executor]]
"""Who works on tiles, for one picture."""


@dataclass(frozen=True)
class Span:
    """One axis of a tile, in elements: the network sees `window`, its result counts in `core`."""

    core: slice
    window: slice

    def inner(self, upsample: int) -> slice:
        """Where the core lies in the network's result for the window."""
        start = self.core.start - self.window.start
        return slice(start * upsample, (start + self.core.stop - self.core.start) * upsample)

    def outer(self, upsample: int) -> slice:
        """Where the core lies in the stitched result."""
        return slice(self.core.start * upsample, self.core.stop * upsample)


def spans(length: int, size: int, halo: int, multiple: int) -> list[Span]:
    """Cut an axis of `length` elements, a multiple of `multiple`, into about equal cores of at most `size`.

    Cores and windows start and end on multiples of `multiple`, so that a network which halves its input meets the
    same 2×2 grids as on the whole axis; `halo` is rounded up to one. `size` below `multiple` counts as `multiple`.

    >>> [(s.core, s.window) for s in spans(8, size=4, halo=1, multiple=2)]
    [(slice(0, 4, None), slice(0, 6, None)), (slice(4, 8, None), slice(2, 8, None))]
    """
    halo = -(-halo // multiple) * multiple
    pieces = -(-length // max(multiple, size // multiple * multiple))
    step = -(-length // (pieces * multiple)) * multiple
    cores = [slice(start, min(start + step, length)) for start in range(0, length, step)]
    return [Span(core, slice(max(core.start - halo, 0), min(core.stop + halo, length))) for core in cores]


_LARGE = 1 << 26
"""Bytes of a picture or a result beside which what was used before is not kept for later."""
_COLORS = 3
Tile = tuple[Span, Span]
"""Rows and columns."""


@dataclass(frozen=True)
class Tiling:
    """How to cut a picture for one network."""

    halo: int
    """How far the network looks, in elements."""
    multiple: int
    """Tiles start and end on multiples of this many elements."""
    upsample: int
    """U, output elements per input element along each axis."""
    head: int = 0
    """Elements of the halo that only the head looks at."""

    def tiles(self, height: int, width: int, size: int) -> list[Tile]:
        """Rows and columns of each tile, from the top left on; `size`: the largest side of a core, in elements."""
        rows, columns = (spans(length, size, self.halo, self.multiple) for length in (height, width))
        return [(row, column) for row in rows for column in columns]


def run_tiled(
    network: Network,
    x: Float,
    tiling: Tiling,
    *,
    size: int,
    workers: int = 1,
    crew: Crew | None = None,
    report: Callable[[float], None] = lambda done: None,
) -> Float:
    """`network` on the whole of `x`, tile by tile: (C, h, w) → (C_out, h·U, w·U) float32.

    h and w are multiples of `tiling.multiple`. `workers` tiles are worked on at a time by the `crew`; None: one after
    another, in this thread. Where memory runs out, the work starts again with tiles of half the size. `report` hears
    after each tile which fraction is done.
    """
    if x.nbytes > _LARGE:
        give_back_freed_memory()  # what `x` was made from took several times as much
    while True:
        try:
            result = _stitch(network, x, tiling, size, workers, crew, report)
            if result.nbytes > _LARGE:
                give_back_freed_memory()  # what comes now takes as much again
            return result
        except (RuntimeError, MemoryError) as error:
            if size <= tiling.multiple or not is_out_of_memory(error):
                raise
            size //= 2


def _stitch(
    network: Network,
    x: Float,
    tiling: Tiling,
    size: int,
    workers: int,
    crew: Crew | None,
    report: Callable[[float], None],
) -> Float:
    _, height, width = x.shape
    u = tiling.upsample
    tiles = tiling.tiles(height, width, size)
    result = np.empty((0, height * u, width * u), np.float32)
    for number, ((row, column), prediction) in enumerate(
        _predictions(network, x, tiles, tiling, workers, crew), start=1
    ):
        if number == 1:
            result = _empty(len(prediction), height * u, width * u)
        result[:, row.outer(u), column.outer(u)] = prediction
        let_go(result)
        report(number / len(tiles))
    return result


def _empty(channels: int, height: int, width: int) -> Float:
    """(channels, height, width). The three colours of a pixel lie together, as files want them."""
    if channels == _COLORS:
        return new_array((height, width, channels)).transpose(2, 0, 1)
    return new_array((channels, height, width))


def _predictions(
    network: Network, x: Float, tiles: Sequence[Tile], tiling: Tiling, workers: int, crew: Crew | None
) -> Iterator[tuple[Tile, Float]]:
    """Each tile with what the network makes of its core, in any order; at most `workers` are waited with."""

    def predict(tile: Tile) -> tuple[Tile, Float]:
        row, column = tile
        window = np.ascontiguousarray(x[:, row.window, column.window])
        core: Part = (row.inner(1), column.inner(1))
        part = grown(core, tiling.head, tiling.multiple, *window.shape[1:])
        with asked_for(part):
            found = network(window)
        if found.shape[1:] == size_of(outer(part, tiling.upsample)):
            core = within(core, part)
        rows, columns = outer(core, tiling.upsample)
        return tile, found[:, rows, columns]

    if crew is None:
        yield from map(predict, tiles)
        return
    coming = iter(tiles)
    with crew() as pool:
        running = {pool.submit(predict, tile) for tile in islice(coming, workers)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            # The next ones are begun before these are stitched.
            running |= {pool.submit(predict, tile) for tile in islice(coming, len(done))}
            for future in done:
                yield future.result()
