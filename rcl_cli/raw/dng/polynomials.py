"""The polynomials by which lossy DNGs store light: MapPolynomial, an opcode (DNG specification 1.7, chapter 7)."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.dng.jpegxl import is_jpegxl
from rcl_cli.raw.dng.opcodes import Opcode, unpacked
from rcl_cli.raw.tags.tiff_tags import TiffTags

_MAP_POLYNOMIAL = 8
_HEAD = struct.Struct(">9I")
"""Top, left, bottom, right, plane, planes, row and column pitch, degree; then the coefficients, constant first."""
_MOST_DEGREE = 8


def is_mapped(tags: TiffTags) -> bool:
    """True for a DNG of JPEG XL whose values are light by polynomials alone; LibRaw applies those of lossy JPEG."""
    return is_jpegxl(tags) and any(opcode.identifier == _MAP_POLYNOMIAL for opcode in _opcodes(tags))


def mapped(values: NDArray[np.float32], tags: TiffTags) -> NDArray[np.float32]:
    """(H, W, S) of the active area, 0 = black and 1 = white, by all MapPolynomials of OpcodeList2 but damaged ones.

    Below 0 and above 1 a polynomial goes on as a straight line.
    """
    for opcode in _opcodes(tags):
        if opcode.identifier == _MAP_POLYNOMIAL:
            values = _mapped(values, opcode.parameters)
    return values


def _opcodes(tags: TiffTags) -> list[Opcode]:
    found = tags.values.get("OpcodeList2")
    return (unpacked(found) or []) if isinstance(found, bytes) else []


def _mapped(values: NDArray[np.float32], parameters: bytes) -> NDArray[np.float32]:
    if len(parameters) < _HEAD.size:
        return values
    top, left, bottom, right, plane, planes, down, across, degree = _HEAD.unpack_from(parameters)
    if degree > _MOST_DEGREE or 0 in (down, across) or len(parameters) < _HEAD.size + 8 * (degree + 1):
        return values
    coefficients = np.frombuffer(parameters, ">f8", degree + 1, _HEAD.size).astype(np.float64)
    if not np.isfinite(coefficients).all():
        return values
    result = values.copy()
    part = result[top:bottom:down, left:right:across, plane : plane + planes]
    part[...] = _of(part, np.polynomial.Polynomial(coefficients))
    return result


def _of(x: NDArray[np.float32], polynomial: np.polynomial.Polynomial) -> NDArray[np.float32]:
    held = np.clip(x, 0, 1)
    beyond = np.where(x < 0, polynomial.deriv()(0.0), polynomial.deriv()(1.0)) * (x - held)
    return np.asarray(polynomial(held) + beyond, np.float32)
