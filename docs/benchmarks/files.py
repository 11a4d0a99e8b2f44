"""Are results shown as their source is? Written files against raw developers, as the page `files.md`.

    python docs/benchmarks/files.py [--raws DIR] [--output docs/benchmarks/files.md]

It wants darktable-cli, rawtherapee-cli, dcraw_emu and exiftool; what is missing is left out of the table. With
`--raws`, each file of a folder of real raws is denoised and demosaicked as well.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
from developers import DARKTABLE, DEVELOPERS, PILLOW, RAWTHERAPEE, Developer, Difference, difference
from numpy.typing import NDArray
from picture_files import REFERENCE, lost, write_pictures

from rcl_cli.raw.cfa import BAYER_PHASES, CFA, mosaic
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame, raw_frame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.write import write_picture

MOST_BRIGHTNESS, MOST_COLOUR, MOST_BORDER = 0.005, 0.01, 16
"""What passes: share of brightness; values from 0 to 1 as displayed; rows and columns that a program may cut more."""
CFAS = {
    **{phase: CFA.bayer(phase) for phase in BAYER_PHASES},
    "X-Trans": CFA.xtrans(),
    "X-Trans 1, 2": CFA.xtrans(1, 2),
}
GAINS = (2.0, 1.0, 1 / 0.7)
MATRIX = np.array([[0.9, -0.2, -0.1], [-0.4, 1.2, 0.2], [-0.1, 0.2, 0.6]])
SIZE = (576, 768)
TASKS = ("denoise", "demosaic")
PILLOWS_REFERENCE = "PNG, 8 bits"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """One file in one program."""

    source: str
    result: str
    program: str
    found: Difference | str
    """Or why there is none."""

    @property
    def passes(self) -> bool:
        """Size, brightness and colour are the source's."""
        return (
            isinstance(self.found, Difference)
            and abs(self.found.brightness) <= MOST_BRIGHTNESS
            and self.found.colour <= MOST_COLOUR
            and max(map(abs, self.found.size)) <= MOST_BORDER
        )

    def cells(self) -> list[str]:
        """Of a Markdown table."""
        if isinstance(self.found, str):
            return [self.source, self.result, self.program, "–", "", "", self.found]
        rows, columns = self.found.size
        size = "same" if (rows, columns) == (0, 0) else f"{rows:+d} × {columns:+d}"
        return [
            *(self.source, self.result, self.program, "yes" if self.passes else "**no**"),
            *(f"{100 * self.found.brightness:+.2f} %", f"{self.found.colour:.4f}", size),
        ]


def scene() -> NDArray[np.float32]:
    """(H, W, 3) camera RGB: patches of grey and soft colours, bright to dark, of soft edges."""
    rng = np.random.default_rng(3)
    tints = rng.uniform(0.8, 1.2, (4, 6, 3))
    tints[0] = 1
    light = np.geomspace(0.7, 0.05, 24).reshape(4, 6, 1)
    patches = (light * tints / np.array(GAINS)).astype(np.float32)
    large = cv2.resize(patches, SIZE[::-1], interpolation=cv2.INTER_NEAREST)
    soft: NDArray[np.float32] = cv2.GaussianBlur(large, (0, 0), 1.0).astype(np.float32)
    return soft


def source(cfa: CFA, orientation: int = 6) -> tuple[RawFrame, NDArray[np.float32]]:
    """A noisy mosaic of the scene, and the scene."""
    clean = scene()
    noisy = mosaic(clean, cfa) + np.random.default_rng(0).normal(0, 0.001, SIZE)
    dn = np.rint(512 + noisy * (16383 - 512)).astype(np.uint16)
    frame = raw_frame(
        dn, cfa, black=512, white=16383, make="Tester", model="One", iso=100.0, exposure_s=0.01,
        white_balance=GAINS, xyz_to_camera=MATRIX, orientation=orientation,
    )  # fmt: skip
    return frame, clean


def write_case(folder: Path, name: str, cfa: CFA) -> tuple[Path, dict[str, Path]]:
    """The source, and as results the scene without noise: mosaic and linear RGB."""
    frame, clean = source(cfa)
    before = folder / f"{name}.dng"
    write_dng(before, frame)
    made = {
        "mosaic": Picture.from_frame(frame, mosaic(clean, cfa), cfa=cfa, denoised=True, peak=frame.peak),
        "linear": Picture.from_frame(frame, clean, denoised=True, peak=frame.peak),
    }
    for kind, picture in made.items():
        write_picture(folder / f"{name}-{kind}.dng", picture)
    return before, {f"{kind} DNG": folder / f"{name}-{kind}.dng" for kind in made}


def compare(name: str, before: Path, results: dict[str, Path], developer: Developer) -> Iterator[Row]:
    """The rows of a source and its results in one program."""
    try:
        with tempfile.TemporaryDirectory() as own:
            expected = developer.develop(before, Path(own))
    except (OSError, RuntimeError, ValueError):
        yield from (Row(name, kind, developer.name, "does not open the source") for kind in results)
        return
    for kind, path in results.items():
        try:
            with tempfile.TemporaryDirectory() as own:
                yield Row(name, kind, developer.name, difference(developer.develop(path, Path(own)), expected))
        except (OSError, RuntimeError, ValueError) as error:
            yield Row(name, kind, developer.name, f"does not open it ({_short(error)})")


def real_results(path: Path, folder: Path) -> dict[str, Path]:
    """What the shipped heads make of a raw."""
    results = {}
    for task in TASKS:
        if apply(task, path, folder / task, "--format", "dng"):
            results[f"{task} DNG"] = folder / task / f"{path.stem}.dng"
    return results


def apply(task: str, path: Path, folder: Path, *options: str) -> bool:
    """False where a file failed, which is printed."""
    command = [sys.executable, "-m", "rcl_cli", "apply", "--task", task, str(path), "-o", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


def picture_rows(folder: Path) -> tuple[list[Row], list[list[str]]]:
    """Of pictures that are no raws: what programs show of the results, and what exiftool finds kept in them."""
    (folder / "sources").mkdir()
    sources = write_pictures(folder / "sources", scene())
    apply("denoise", folder / "sources", folder / "results")
    results = {name: next((folder / "results").glob(f"{path.stem}.*")) for name, path in sources.items()}
    rows: list[Row] = []
    for developer in (PILLOW, DARKTABLE, RAWTHERAPEE):
        before = PILLOWS_REFERENCE if developer is PILLOW else REFERENCE
        if developer.is_here:
            rows += compare(before, sources[before], results, developer)
    kept = [[name, path.suffix[1:], lost(sources[name], path) or "all"] for name, path in results.items()]
    return rows, kept if shutil.which("exiftool") else []


def case_rows() -> list[list[str]]:
    """What the tests of the shared cases say."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "cases.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-n0", "tests/cases", f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        found = [
            (test.get("name", ""), [one.tag for one in test]) for test in ElementTree.parse(report).iter("testcase")
        ]
    words = {"skipped": "–", "failure": "**no**", "error": "**no**"}
    return [
        [name.removeprefix("test_").replace("_", " "), next((words[tag] for tag in tags if tag in words), "yes")]
        for name, tags in found
    ]


def judged_by_exiftool(path: Path) -> str:
    """What `exiftool -validate -warning -error` has to say; "OK" for nothing."""
    command = ["exiftool", "-s3", "-a", "-validate", "-warning", "-error", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    # "0 0 0": errors, warnings, minor ones.
    return "OK" if said in (["OK"], ["0 0 0"]) else "; ".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raws", type=Path, help="folder of real raws")
    parser.add_argument("--keep", type=Path, help="folder for the files of the raws, to look at; made if missing")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    given = parser.parse_args()
    developers = [developer for developer in DEVELOPERS if developer.is_here]
    rows: list[Row] = []
    validated: list[list[str]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        cases = [(name, *write_case(folder, name, cfa)) for name, cfa in CFAS.items()]
        for path in sorted(given.raws.iterdir()) if given.raws else []:
            cases.append((path.name, path, real_results(path, given.keep or folder)))
        for name, before, results in cases:
            for developer in developers:
                rows += compare(name, before, results, developer)
                print(*(" | ".join(row.cells()) for row in rows[-len(results) :]), sep="\n", file=sys.stderr)
            if shutil.which("exiftool"):
                validated += [[name, kind, judged_by_exiftool(path)] for kind, path in results.items()]
        pictures, kept = picture_rows(folder)
    given.output.write_text(page(rows, validated, pictures, kept, case_rows()))


def page(
    rows: list[Row],
    validated: list[list[str]],
    pictures: list[Row],
    kept: list[list[str]],
    cases: list[list[str]],
) -> str:
    """Markdown."""
    titles = ["source", "result", "program", "as the source", "brightness", "colour", "size"]
    return f"""# Results in raw developers

Written by `python docs/benchmarks/files.py`; do not edit.

Each source and its results are developed by the same program at its default settings (rawpy: the camera's white
balance, no automatic brightness) and compared block by block. A result passes if it is within
{100 * MOST_BRIGHTNESS:g} % of the source's brightness, in nine of ten blocks within {MOST_COLOUR:g} of its colours
(of 1, as displayed), and of its size, but for the few pixels that demosaicers leave off at borders.

{table(titles, [row.cells() for row in rows])}

darktable before 4.4 gives its tone curve to mosaics alone, so it shows any linear DNG otherwise than a mosaic; without
the tone curve of its workflow the two can be compared. Raws that are no DNG it and RawTherapee develop by their own
tables of cameras, results by LibRaw's matrix, which the file holds. For the Kodaks LibRaw has colours that rawpy does
not show, so results are in sRGB's. The DC120's oblong pixels are made square in linear DNGs;
RawTherapee shows its own files squeezed.

`exiftool -validate -warning -error` says:

{table(["source", "result", "exiftool"], validated)}

## Pictures that are no raws

The same scene in every format, with a profile (Display P3), a resolution and a shot, denoised. Each result is compared
with the source named first, as the program shows it. Half and float are TIFF and OpenEXR of 16 and 32 bits.

{table(titles, [row.cells() for row in pictures])}

By exiftool a result keeps of size, profile, resolution, camera and shot:

{table(["source", "result", "kept"], kept)}

## Inputs that once went wrong

Small files, and what is right for each; the tests of `tests/cases`.

{table(["case", "right"], cases)}
"""


def table(titles: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (titles, ["---"] * len(titles), *rows))


def _short(error: Exception) -> str:
    words = re.sub(r"\S*/\S*", "…", " ".join(str(error).split()))  # where the file was is of no interest
    return words[:60].replace("|", "/")


if __name__ == "__main__":
    main()
