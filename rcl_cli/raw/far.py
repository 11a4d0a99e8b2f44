"""Values of floating-point files that are so far from black and white that they are no light: marks of what is missing,
or faults of what has written them. Their squares are no numbers any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import Frame, RgbFrame

FAR = 1e4
"""Of white, either way."""


def far(values: NDArray[np.floating[Any]]) -> str:
    """What is wrong with normalised values; "" where nothing is."""
    most = max(-float(values.min(initial=0.0)), float(values.max(initial=0.0)))
    return f"holds values as far from 0 (black) and 1 (white) as {most:.2g}" if most > FAR else ""


def refuse_far(frame: Frame, path: Path) -> Frame:
    """The frame. Raises FileError where it has values that nothing can be learnt from, nor noise be added to."""
    words = far(frame.rgb) if isinstance(frame, RgbFrame) and frame.bits == 32 else ""
    if words:
        raise FileError(path, f"{words}, which are no light; bring them near the others, or leave the file out")
    return frame
