"""What an OpenEXR file of a picture holds: its channels, and the attributes of its header."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.icc import chromaticities
from rcl_cli.raw.pictures.stored import PREMULTIPLIED

_WINDOWS = ("dataWindow", "displayWindow")


def exr_content(picture: Picture) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """Channels by name, the linear values as they are, and attributes by name.

    A source in OpenEXR gives its own attributes, its windows enlarged as its pixels are; others their primaries and
    their resolution.
    """
    pixels, stored = picture.pixels, picture.stored
    if picture.cfa is not None:
        return {"Y": pixels}, {}
    channels = {name: pixels[..., plane] for plane, name in enumerate("RGB")}
    if stored.grey:
        channels = {"Y": pixels.mean(axis=2, dtype=np.float32)}
    if stored.alpha is not None and (stored.alpha.meaning == PREMULTIPLIED or stored.alpha.opaque):
        channels["A"] = stored.alpha.values
    attributes = dict(stored.exr)
    windows = {name: _enlarged(attributes.pop(name), picture.scale) for name in _WINDOWS if name in attributes}
    if len(windows) == 2 and _size(windows["dataWindow"]) == pixels.shape[:2]:
        attributes |= windows
    if not picture.camera_rgb and stored.profile is not None and stored.profile.to_xyz is not None:
        attributes.setdefault("chromaticities", chromaticities(stored.profile.to_xyz))
    if picture.metadata.resolution is not None:
        across, down = picture.metadata.resolution
        attributes.setdefault("xDensity", across)
        attributes.setdefault("pixelAspectRatio", across / down)
    return channels, attributes


def _enlarged(window: tuple[Any, Any], scale: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    first, last = (np.asarray(corner, np.int32) for corner in window)
    return first * scale, (last + 1) * scale - 1


def _size(window: tuple[NDArray[np.int32], NDArray[np.int32]]) -> tuple[int, int]:
    width, height = (window[1] - window[0] + 1).tolist()
    return height, width
