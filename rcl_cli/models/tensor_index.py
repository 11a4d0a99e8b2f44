"""The index of a safetensors file, checked before anything is allocated for what it promises. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from rcl_cli.errors import CheckpointError, FileError
from rcl_cli.files import require_file

_BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "I32": 4, "I64": 8, "F16": 2, "BF16": 2, "F32": 4, "F64": 8}
"""Of an element, by type. Those of other types are not numbers that a network has."""
_LARGEST_INDEX = 10_000_000
_MOST_AXES = 8
_LONGEST = 120
_FOREIGN = "is not a safetensors file; use a model that rcl wrote"
_AGAIN = "copy or train it again"


def checked_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file, whose tensors are all there in full, with nothing between and after them.

    Raises CheckpointError where it is damaged, or something else.
    """
    index, data_bytes = _read(path)
    metadata = index.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise CheckpointError(path, _FOREIGN)
    try:
        spans = sorted(_span(name, tensor) for name, tensor in index.items())
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(path, f"is damaged ({_short(error)}); {_AGAIN}") from error
    end = 0
    for first, last, name in spans:
        if first != end:
            raise CheckpointError(
                path, f"is damaged ({_short(f'tensor {name}')} is not where the one before it ends); {_AGAIN}"
            )
        end = last
    if end != data_bytes:
        what = "is cut short" if end > data_bytes else "is damaged (more follows its tensors)"
        raise CheckpointError(path, f"{what}; {_AGAIN}")
    return metadata


def parsed(text: str | bytes) -> Mapping[str, Any]:
    """The JSON object in a text. Raises ValueError for anything else, however deep it is nested."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("is no JSON object")
    return found


def _read(path: Path) -> tuple[dict[str, Any], int]:
    """The JSON object at the start of a file, and how many bytes follow it."""
    try:
        require_file(path)
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_LARGEST_INDEX, size - 8):
                raise CheckpointError(path, "is not a safetensors file, or is cut short; use a model that rcl wrote")
            return dict(parsed(file.read(length))), size - 8 - length
    except CheckpointError:
        raise
    except FileError as error:
        raise CheckpointError(path, error.reason) from error
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CheckpointError(path, _FOREIGN) from error


def _short(words: object) -> str:
    text = " ".join(str(words).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _span(name: str, tensor: Any) -> tuple[int, int, str]:
    """Where a tensor starts and ends. Raises ValueError unless that is as many bytes as its shape has."""
    shape, (first, last) = tensor["shape"], tensor["data_offsets"]
    numbers = (*shape, first, last)
    if len(shape) > _MOST_AXES or not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError(f"tensor {name} has no possible shape")
    if tensor["dtype"] not in _BYTES:
        raise ValueError(f"tensor {name} has an unknown type")
    if last - first != prod(shape) * _BYTES[tensor["dtype"]]:
        raise ValueError(f"tensor {name} has another size than its shape")
    return first, last, name


def with_metadata(data: bytes, metadata: Mapping[str, str]) -> bytes:
    """A safetensors file with this metadata in place of its own; the same bytes whenever, and its tensors untouched."""
    end = 8 + int.from_bytes(data[:8], "little")
    index = json.loads(data[8:end])
    index.pop("__metadata__", None)
    text = json.dumps({"__metadata__": dict(sorted(metadata.items())), **index}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at multiples of 8
    return len(text).to_bytes(8, "little") + text + data[end:]
