"""Gain maps of a mosaic become those of its colours."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.dng.opcodes import Opcode, gain_maps_of_rgb, packed, unpacked

GRID = struct.pack(">2I4dI", 2, 3, 0.5, 0.25, 0.0, 0.0, 1)


def gain_map(top: int, left: int, pitch: int, gains: float) -> Opcode:
    area = struct.pack(">8I", top, left, 40, 60, 0, 1, pitch, pitch)
    return Opcode(9, 0x01030000, 1, area + GRID + np.full(6, gains, ">f4").tobytes())


def shown(opcodes: bytes, size: tuple[int, int]) -> NDArray[np.float64]:
    """(H, W, 3) gains of flat maps, by the definition of their areas."""
    gains = np.ones((*size, 3))
    for opcode in unpacked(opcodes) or []:
        top, left, bottom, right, plane, planes, rows, columns = struct.unpack_from(">8I", opcode.parameters)
        (gain,) = struct.unpack_from(">f", opcode.parameters, 32 + len(GRID))
        gains[top:bottom:rows, left:right:columns, plane : plane + planes] *= gain
    return gains


@pytest.mark.parametrize("phase", BAYER_PHASES)
@pytest.mark.parametrize("scale", [1, 2])
def test_each_colour_gets_the_gain_of_its_places(phase: str, scale: int) -> None:
    of_letter = {"R": 1.5, "B": 2.0}
    greens = iter((1.25, 1.75))
    maps = [
        gain_map(number // 2, number % 2, 2, of_letter[letter] if letter != "G" else next(greens))
        for number, letter in enumerate(phase)
    ]
    size = (40 * scale, 60 * scale)
    gains = shown(gain_maps_of_rgb(packed(maps), CFA.bayer(phase), scale), size)
    assert gains == pytest.approx(np.broadcast_to([1.5, 1.5, 2.0], (*size, 3)))


def test_a_map_of_all_pixels_is_one_of_all_colours() -> None:
    opcodes = packed([gain_map(0, 0, 1, 1.5), gain_map(0, 0, 1, 2.0)])
    assert shown(gain_maps_of_rgb(opcodes, CFA.xtrans(), 1), (40, 60)) == pytest.approx(np.full((40, 60, 3), 3.0))


@pytest.mark.parametrize(
    "opcodes",
    [b"", b"\0\0\0\1", packed([]), packed([Opcode(5, 1, 0, b"")]), packed([Opcode(9, 1, 0, bytes(76))])],
    ids=["empty", "cut", "none", "bad pixels", "no gains"],
)
def test_what_has_no_counterpart_is_left_out(opcodes: bytes) -> None:
    assert gain_maps_of_rgb(opcodes, CFA.bayer("RGGB"), 1) == b""


def test_lists_come_back_as_they_were() -> None:
    opcodes = [gain_map(0, 1, 2, 1.5), Opcode(1, 2, 3, b"abcd")]
    assert unpacked(packed(opcodes)) == opcodes
