"""WebP files: values and profile (RFC 9649)."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np

from rcl_cli.raw.pictures.decoded import Decoded, with_alpha
from rcl_cli.raw.pictures.riff import riff_chunks


def decode_webp(path: Path) -> Decoded:
    """A WebP's values, its transparency and its profile. Raises the codec's errors if it is damaged."""
    data = path.read_bytes()
    values, alpha = with_alpha(np.asarray(imagecodecs.webp_decode(data)), 8)
    return Decoded(values, 8, alpha, riff_chunks(data).get(b"ICCP", b""))
