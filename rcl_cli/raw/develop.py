"""From camera RGB to a picture for the screen: white balance, colour matrix, sRGB curve, upright."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.disk import scratch
from rcl_cli.raw.cfa import CFA, tent
from rcl_cli.raw.frame import Frame, Metadata
from rcl_cli.raw.light import XYZ_D50_TO_SRGB
from rcl_cli.raw.orientation import upright
from rcl_cli.raw.pack import pack
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.srgb import XYZ_TO_SRGB, srgb_encode

Float = NDArray[np.float32]

_LEAST_FACTOR, _ROWS = 2, 64
_D65 = np.array([0.95047, 1.0, 1.08883])


def develop(picture: Picture) -> Float:
    """The picture in sRGB values, (H, W, 3) in [0, 1], cropped as the file asks, with square pixels, upright.

    A mosaic is demosaiced by linear interpolation.
    """
    rgb = picture.pixels if picture.cfa is None else interpolate(picture.pixels, picture.cfa)
    srgb = _encode(cropped(rgb, picture), picture)
    height, width = square_size(srgb, picture.metadata)
    if (height, width) != srgb.shape[:2]:
        srgb = np.clip(cv2.resize(srgb, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)
    return upright(srgb, picture.metadata.orientation)


def preview(source: Picture | Frame, longest: int = 1024) -> NDArray[np.uint8]:
    """A small version of what `develop` gives, (h, w, 3) uint8 sRGB, at most `longest` pixels a side; fast."""
    picture = source if isinstance(source, Picture) else _as_picture(source)
    rgb = picture.pixels if picture.cfa is None else _one_pixel_per_element(picture.pixels, picture.cfa)
    rgb = cropped(rgb, picture)
    height, width = square_size(rgb, picture.metadata)
    shrink = min(1.0, longest / max(height, width))
    height, width = max(1, round(height * shrink)), max(1, round(width * shrink))
    if rgb.nbytes >= scratch.LARGE:
        rgb = _reduced(rgb, max(rgb.shape[:2]) // (2 * longest))
    if (height, width) != rgb.shape[:2]:
        rgb = cv2.resize(np.ascontiguousarray(rgb), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    srgb = upright(_encode(rgb, picture), picture.metadata.orientation)
    return np.rint(srgb * 255).astype(np.uint8)


def cropped(rgb: Float, picture: Picture) -> Float:
    """The part of `rgb` (H, W, 3), a version of the picture in any size, that the file wants shown."""
    crop = picture.metadata.default_crop
    if crop is None:
        return rgb
    (full_height, full_width), (height, width) = picture.pixels.shape[:2], rgb.shape[:2]
    y, x = picture.scale * height / full_height, picture.scale * width / full_width
    top, left, bottom, right = crop[0] * y, crop[1] * x, (crop[0] + crop[2]) * y, (crop[1] + crop[3]) * x
    shown = rgb[round(top) : round(bottom), round(left) : round(right)]
    return shown if shown.size else rgb


def square_size(rgb: Float, metadata: Metadata) -> tuple[int, int]:
    """Height and width that `rgb` (H, W, 3) has with square pixels, neither smaller than before."""
    (height, width, _), aspect = rgb.shape, metadata.pixel_aspect
    return (height, round(width * aspect)) if aspect >= 1 else (round(height / aspect), width)


def camera_to_srgb(metadata: Metadata) -> NDArray[np.float64]:
    """(3, 3): white-balanced camera RGB to linear sRGB, equal values staying equal; identity without a matrix."""
    if metadata.camera_to_xyz is not None:
        return XYZ_D50_TO_SRGB @ metadata.camera_to_xyz
    if metadata.xyz_to_camera is None:
        return np.eye(3)
    srgb_to_camera = metadata.xyz_to_camera @ np.linalg.inv(XYZ_TO_SRGB)
    inverse: NDArray[np.float64] = np.linalg.inv(srgb_to_camera / srgb_to_camera.sum(axis=1, keepdims=True))
    return inverse


def display_gains(metadata: Metadata) -> NDArray[np.float64]:
    """(3,) gains of R, G, B, the smallest 1, so that what is saturated becomes white.

    As shot; else those of daylight (D65) by the matrix; else ones.
    """
    gains: NDArray[np.float64] = np.ones(3)
    if metadata.white_balance is not None:
        gains = np.array(metadata.white_balance)
    elif metadata.xyz_to_camera is not None:
        gains = 1 / np.maximum(metadata.xyz_to_camera @ _D65, 1e-3)
    return np.asarray(gains / gains.min())


def interpolate(mosaic: Float, cfa: CFA) -> Float:
    """(H, W) → (H, W, 3) by linear interpolation by the weights of `tent`; known values are kept."""
    known = cfa.colors(*mosaic.shape)
    weights = np.array(tent(cfa.domain), np.float32)
    rgb = np.empty((*mosaic.shape, 3), np.float32)
    for color in range(3):
        mask = (known == color).astype(np.float32)
        weight = cv2.sepFilter2D(mask, -1, weights, weights, borderType=cv2.BORDER_CONSTANT)
        total = cv2.sepFilter2D(mosaic * mask, -1, weights, weights, borderType=cv2.BORDER_CONSTANT)
        rgb[..., color] = np.where(mask > 0, mosaic, total / np.maximum(weight, 1e-6))
    return rgb


def _one_pixel_per_element(mosaic: Float, cfa: CFA) -> Float:
    planes, _ = pack(mosaic, cfa)
    noise_planes = np.array(cfa.domain.noise_planes)
    colors = (planes[noise_planes == 0], planes[np.isin(noise_planes, (1, 2))], planes[noise_planes == 3])
    return np.stack([color.mean(axis=0) for color in colors], axis=-1)


def _reduced(rgb: Float, factor: int) -> Float:
    """(H, W, 3) → means of factor × factor pixels, some rows at a time; what is left over at the end is left out."""
    if factor < _LEAST_FACTOR:
        return rgb
    height, width = (side // factor for side in rgb.shape[:2])
    small = np.empty((height, width, 3), np.float32)
    for row in range(0, height, _ROWS):
        rows = np.ascontiguousarray(rgb[row * factor : min(row + _ROWS, height) * factor, : width * factor])
        cv2.resize(rows, (width, len(rows) // factor), dst=small[row : row + _ROWS], interpolation=cv2.INTER_AREA)
        scratch.let_go(rgb)
    return small


def _encode(rgb: Float, picture: Picture) -> Float:
    metadata = picture.metadata
    if not picture.camera_rgb:
        if picture.stored.profile is None:
            return srgb_encode(rgb)
        to_srgb = XYZ_TO_SRGB @ np.linalg.inv(picture.xyz_to_rgb)
        return srgb_encode(rgb @ to_srgb.T.astype(np.float32))
    balanced = np.minimum(rgb * display_gains(metadata).astype(np.float32), 1)
    return srgb_encode(balanced @ camera_to_srgb(metadata).T.astype(np.float32))


def _as_picture(frame: Frame) -> Picture:
    return Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa)
