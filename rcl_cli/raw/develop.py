"""From camera RGB to a picture for the screen: white balance, colour matrix, sRGB curve, upright."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA, tent
from rcl_cli.raw.frame import Frame, Metadata
from rcl_cli.raw.light import XYZ_D50_TO_SRGB
from rcl_cli.raw.orientation import upright
from rcl_cli.raw.pack import pack
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.srgb import XYZ_TO_SRGB, srgb_encode

Float = NDArray[np.float32]

_D65 = np.array([0.95047, 1.0, 1.08883])


def develop(picture: Picture) -> Float:
    """The picture in sRGB values, (H, W, 3) in [0, 1], upright; a mosaic is demosaiced by linear interpolation."""
    rgb = picture.pixels if picture.cfa is None else interpolate(picture.pixels, picture.cfa)
    return upright(_encode(rgb, picture.camera_rgb, picture.metadata), picture.metadata.orientation)


def preview(source: Picture | Frame, longest: int = 1024) -> NDArray[np.uint8]:
    """A small version for the screen, (h, w, 3) uint8 sRGB, upright, at most `longest` pixels a side; fast."""
    picture = source if isinstance(source, Picture) else _as_picture(source)
    rgb = picture.pixels if picture.cfa is None else _one_pixel_per_element(picture.pixels, picture.cfa)
    shrink = longest / max(rgb.shape[:2])
    if shrink < 1:
        size = (max(1, round(rgb.shape[1] * shrink)), max(1, round(rgb.shape[0] * shrink)))
        rgb = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    srgb = upright(_encode(rgb, picture.camera_rgb, picture.metadata), picture.metadata.orientation)
    return np.rint(srgb * 255).astype(np.uint8)


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


def _encode(rgb: Float, camera_rgb: bool, metadata: Metadata) -> Float:
    if not camera_rgb:
        return srgb_encode(rgb)
    balanced = np.minimum(rgb * display_gains(metadata).astype(np.float32), 1)
    return srgb_encode(balanced @ camera_to_srgb(metadata).T.astype(np.float32))


def _as_picture(frame: Frame) -> Picture:
    return Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa)
