"""Random fields of one plane: power-law noise like the fine detail of natural surfaces, and woven fabric."""

from __future__ import annotations

import numpy as np

from rcl_cli.samples.canvas import Canvas, Image


def power_law(canvas: Canvas, rng: np.random.Generator, exponent: float) -> Image:
    """(rows, columns), mean 0, variance 1, amplitude spectrum 1/f^exponent up to the picture's Nyquist frequency.

    Photographs have an exponent near 1 (Field 1987); smaller is grainier, above 2 is cloudy.
    """
    height, width = canvas.height, canvas.width
    spectrum = np.fft.rfft2(rng.standard_normal((height, width), np.float32))
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = np.inf
    spectrum *= np.where(frequency < 0.5, frequency**-exponent, 0.0).astype(np.float32)
    field = np.fft.irfft2(spectrum, (height, width))
    field /= field.std() or 1.0
    return canvas.enlarge(field.astype(np.float32))


def rotated(canvas: Canvas, angle: float) -> tuple[Image, Image]:
    """Coordinates (rows, columns) in pixels along and across `angle` (radians)."""
    y, x = canvas.grid()
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * c + y * s, y * c - x * s


def weave(canvas: Canvas, rng: np.random.Generator) -> tuple[Image, Image]:
    """Woven threads: their shading in [0, 1], and which of the two directions lies on top, in [0, 1]; (rows, columns).

    A thread is 2.5 to 9 pixels wide; the cloth is turned and gently warped.
    """
    period = np.float32(np.exp(rng.uniform(np.log(2.5), np.log(9.0))))
    u, v = rotated(canvas, rng.uniform(0, np.pi))
    warp = np.float32(period * rng.uniform(0.0, 2.0)) * power_law(canvas, rng, 2.5)
    along_u = np.sin(np.pi * (u + warp) / period)
    along_v = np.sin(np.pi * (v - warp) / period)
    top = 0.5 + 0.5 * np.tanh(3.0 * along_u * along_v)
    shading = top * along_v**2 + (1.0 - top) * along_u**2
    return shading.astype(np.float32), top.astype(np.float32)
