"""Results on real raws, to look at: crops at 100 % beside other developers, as the page `raw-crops.md`.

    python docs/benchmarks/raw_crops.py RAW ... [--output docs/benchmarks/raw-crops.md]

Each raw is demosaicked by LibRaw's AHD and DCB, and by `rcl apply --task demosaic`, with its noise and without; LibRaw
turns each into a picture in the same way. Crops are of the place with the most detail, of the most saturated edge, and
of the darkest flat place.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.disk.write import write_bytes, write_text

SIDE = 128
_ENLARGED = 2
_HEADER, _GAP = 24, 4
_BORDER = 32
_SHADOWS = (0.06, 0.25)
"""Values as displayed that count as dark."""
_MIDDLE, _MOST = 0.4, 6.0
"""The dark place is brightened to this mean, and by no more than this factor."""
Shown = NDArray[np.float32]
"""(H, W, 3), from 0 to 1 as displayed."""
WORDS = """\
# Real raws, developed

Crops at 100 %, enlarged twice, of raws whose truth nobody knows: look for shifts of colour, rows of dots along
saturated edges, green and magenta blotches in flat parts, lattices, seams and worms. From above: the place with the
most detail, the most saturated edge, and the darkest flat place, brightened. From the left: LibRaw's AHD and DCB; `rcl
apply --task demosaic --strength 0`, which keeps the noise; `rcl apply --task demosaic`. LibRaw develops all four in the
same way, at the camera's white balance.
"""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raws", type=Path, nargs="+", metavar="RAW")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("raw-crops.md"))
    options = parser.parse_args()
    pictures = options.output.with_suffix("")
    parts = [WORDS]
    for raw in options.raws:
        png = pictures / f"{raw.stem.lower()}.png"
        write_bytes(png, _png(sheet(raw)), overwrite=True)
        parts.append(f"## {raw.name}\n\n![{raw.name}: crops]({pictures.name}/{png.name})\n")
        print(png, file=sys.stderr)
    command = shlex.join(["docs/benchmarks/raw_crops.py", *(raw.name for raw in options.raws)])
    write_text(options.output, "\n".join([*parts, f"Written by `{command}`.\n"]), overwrite=True)


def sheet(raw: Path) -> NDArray[np.uint8]:
    """All crops of a raw, places from above, developers from the left: (h, w, 3)."""
    with tempfile.TemporaryDirectory() as folder:
        shown = {
            "LibRaw AHD": develop(raw, rawpy.DemosaicAlgorithm.AHD),
            "LibRaw DCB": develop(raw, rawpy.DemosaicAlgorithm.DCB),
            "rcl, with its noise": develop(_demosaicked(raw, Path(folder) / "kept", "--strength", "0")),
            "rcl": develop(_demosaicked(raw, Path(folder) / "clean")),
        }
    height, width = np.min([picture.shape[:2] for picture in shown.values()], axis=0)
    even = {name: picture[:height, :width] for name, picture in shown.items()}
    flat = places(even["LibRaw AHD"])
    rows = []
    for number, place in enumerate(flat):
        gain = min(_MIDDLE / float(even["LibRaw AHD"][place].mean()), _MOST) if number == len(flat) - 1 else 1.0
        rows.append(np.hstack([_framed(name, picture[place], gain) for name, picture in even.items()]))
    return np.vstack(rows)


def develop(path: Path, algorithm: rawpy.DemosaicAlgorithm | None = None) -> Shown:
    """By LibRaw at the camera's white balance."""
    with rawpy.imread(str(path)) as raw:
        shown = raw.postprocess(use_camera_wb=True, no_auto_bright=True, demosaic_algorithm=algorithm, output_bps=16)
    return np.asarray(shown, np.float32) / np.float32(65535)


def places(shown: Shown) -> Sequence[tuple[slice, slice]]:
    """The squares with the most detail, with the most saturated edge, and the dark one with the least detail."""
    # Hot photosites are neither detail nor edges.
    shown = np.asarray(cv2.medianBlur(shown, 5), np.float32)
    grey = shown.mean(axis=2)
    detail = cv2.GaussianBlur(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.5), cv2.CV_32F)), (0, 0), 2)
    chroma = shown.max(axis=2) - shown.min(axis=2)
    edge = np.abs(cv2.Sobel(chroma, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(chroma, cv2.CV_32F, 0, 1))
    dark = cv2.boxFilter(grey, -1, (SIDE, SIDE))
    rough = cv2.boxFilter(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 3), cv2.CV_32F)), -1, (SIDE, SIDE))
    rough[(dark < _SHADOWS[0]) | (dark > _SHADOWS[1])] = np.inf
    return [_around(cv2.boxFilter(detail, -1, (SIDE, SIDE))), _around(edge), _around(-rough)]


def _around(wanted: NDArray[np.float32]) -> tuple[slice, slice]:
    """The square about the greatest value, away from the borders."""
    margin = SIDE // 2 + _BORDER
    inner = wanted[margin:-margin, margin:-margin]
    row, column = np.unravel_index(int(inner.argmax()), inner.shape)
    top, left = int(row) + _BORDER, int(column) + _BORDER
    return slice(top, top + SIDE), slice(left, left + SIDE)


def _demosaicked(raw: Path, folder: Path, *options: str) -> Path:
    command = [sys.executable, "-m", "rcl_cli", "apply", "--task", "demosaic", "--model", "shipped", str(raw)]
    subprocess.run([*command, "-o", str(folder), *options], check=True)
    return next(folder.glob("*.dng"))


def _framed(label: str, rgb: Shown, gain: float) -> NDArray[np.uint8]:
    brighter = np.rint(np.clip(rgb * gain, 0, 1) * 255).astype(np.uint8)
    large = brighter.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
    framed = np.pad(large, ((_HEADER, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)
    cv2.putText(framed, label, (_GAP, _HEADER - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return framed


def _png(rgb: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()


if __name__ == "__main__":
    main()
