"""Every command line in the documents is run, in the order of its page, on small inputs.

`INPUTS` says what a page takes for granted, `SMALLER` what is made smaller, `NOT_RUN` what is left out and why,
`EXIT_CODES` what does not end with 0. A new page or line needs no entry, unless it needs one of these.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("docs")]  # the inputs are made once

ROOT = Path(__file__).resolve().parent.parent.parent
OF_A_TEMPLATE = {"raws": "raws", "clean": "pictures"}
INPUTS = {
    "docs/calibration.md": {"raws": "raws", "frames": "frames", "flats": "flats", "darks": "darks"},
    "docs/evaluation.md": {"train": "pictures", "test": "pictures"},
    "docs/export.md": {"card": "raws"},
    "docs/faq.md": {"card": "raws"},
    "docs/files.md": {"raws": "raws"},
    "docs/flats-and-darks.md": {
        "frames": "frames", "flats": "flats", "darks": "darks", "pictures": "raws", "raws": "raws",
        "colleague.json": "profiles.json",
    },
    "docs/guide.md": {
        "~/card": "raws", "~/raws-of-many-evenings": "raws", "~/dngs": "raws", "~/Pictures/best": "pictures",
        "~/Pictures/train": "pictures", "~/Pictures/test": "pictures", "~/card/profiles.json": "profiles.json",
        "~/card/last-run": "last-run", "~/card/IMG_1.CR2": "raws/sample-001-iso00100.dng",
    },
    "docs/json.md": {
        "raws": "raws", "pairs": "pairs", "a.dng": "raws/sample-001-iso00100.dng",
        "b.dng": "raws/sample-002-iso00800.dng", "bad.dng": "last-run",
    },
    "docs/pretraining.md": {
        "unlabeled": "raws", "raws": "raws", "jpegs": "jpegs", "clean": "pictures", "clean/train": "pictures",
        "clean/test": "pictures",
    },
    "docs/tasks/denoise.md": {"raws": "raws", "jpegs": "jpegs", "renders": "pictures"},
    "docs/tasks/demosaic.md": {"raws": "raws"},
    "docs/tasks/jdensr.md": {"raws": "raws", "jpegs": "jpegs"},
    "docs/tasks/sr.md": {"raws": "raws", "jpegs": "jpegs"},
    "docs/examples/rcl-network-template/README.md": OF_A_TEMPLATE,
    "docs/examples/rcl-pretext-template/README.md": OF_A_TEMPLATE,
    "docs/examples/rcl-task-template/README.md": OF_A_TEMPLATE,
    "docs/examples/rcl-upscale-template/README.md": OF_A_TEMPLATE,
}  # fmt: skip
"""What lies in the folder in which the lines of a page are typed, by what it is in `material`."""

SMALLER = {
    "samples": {"--size": "96x128"},
    "pretrain": {"--steps": "2", "--batch": "4", "--crop": "16", "--encoder-steps": "2", "--width": "8"},
    "finetune": {"--steps": "2", "--batch": "4", "--crop": "32", "--lr": "0.00003"},
    "judge": {"--steps": "2", "--batch": "2", "--crop": "16", "--trials": "1"},
}
"""Options that a command gets, in place of its own. At this --lr the steps are sure to improve a little."""
KEPT_BY_RESUMED_RUNS = {"--batch", "--crop", "--encoder-steps", "--lr", "--width"}
PLACEHOLDERS = {"rcl judge NAME ": "rcl judge none "}

NOT_RUN = {
    "python3 -m venv": "installs, as tests/test_packaging.py and .ci/run do",
    "pip install": "installs, as tests/plugins/test_template.py does for the templates",
    "python -m pytest": "run by tests/plugins/test_template.py",
    "python -m tests.": "run by tests/fuzz, tests/kill and tests/soak, for a few seconds each",
    "python -m rcl_tasks.train_heads": "takes an hour; a few steps are run by tests/tasks",
    "make ": "installs and runs everything",
    "torchrun ": "needs two machines; two processes are run by tests/pretraining/test_processes.py",
    "dask scheduler": "a cluster; tests/test_cluster.py starts one for these commands",
    "rcl apply --task denoise ~/card -o out --dask": "the same",
    "rcl calibrate ~/card --dask": "the same",
    "rcl benchmark": "takes hours; small ones are run by tests/benchmark",
    "rcl simulate {": "a pattern, filled in by docs/benchmarks/restorer_pretraining.py",
    "rcl pretrain {": "the same",
    "rcl judge {": "the same",
}
"""How lines begin that are not run, and why."""
EXIT_CODES = {
    "rcl apply --task denoise a.dng b.dng bad.dng -o out --json": 1,  # bad.dng
}


def documents() -> list[Path]:
    folders = (ROOT / name for name in ("docs", "plugins", "calibration"))
    return [ROOT / "README.md", *(path for folder in folders for path in folder.rglob("*.md"))]


def pages() -> list[str]:
    """All documents that have commands."""
    return sorted(str(path.relative_to(ROOT)) for path in documents() if any(lines_of(path)))


def lines_of(path: Path) -> Iterator[str]:
    """The commands in the shell blocks of a document that are to be run, without comments."""
    for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            typed = re.sub(r"(^|\s)#.*", "", line).strip()
            if typed and not typed.startswith(tuple(NOT_RUN)):
                yield typed


def smaller(words: list[str]) -> list[str]:
    """The words of a command with its options of SMALLER."""
    options = SMALLER.get(words[0], {})
    if "--resume" in words:
        options = {name: value for name, value in options.items() if name not in KEPT_BY_RESUMED_RUNS}
    kept = list(words)
    for name in options:
        while name in kept:
            del kept[kept.index(name) : kept.index(name) + 2]
    return [*kept, *(word for pair in options.items() for word in pair)]


def expanded(words: list[str]) -> list[str]:
    """As a shell expands ~ and *."""
    home = [str(Path(word).expanduser()) if word.startswith("~") else word for word in words]
    return [found for word in home for found in (sorted(glob.glob(word)) or [word])]  # noqa: PTH207


def run(line: str) -> None:
    """Run a line: what is rcl's in this process, what is piped into or from it by bash. `> FILE` may end it."""
    for placeholder, value in PLACEHOLDERS.items():
        line = line.replace(placeholder, value)
    if line.startswith("cd "):
        os.chdir(Path(line[3:]).expanduser())
        return
    typed, _, target = line.partition(" > ")
    parts = re.split(r" \| (?=(?:rcl|jq) )", typed)
    place = next((number for number, part in enumerate(parts) if part.startswith("rcl ")), None)
    assert place is not None, f"{line!r} is neither run nor named in NOT_RUN"
    given = bash(" | ".join(parts[:place])) if place else b""
    result = CliRunner().invoke(cli, smaller(expanded(shlex.split(parts[place])[1:])), input=given)
    assert result.exit_code == EXIT_CODES.get(line, 0), f"{line}\n{result.output}"
    if parts[place + 1 :]:
        bash(" | ".join(parts[place + 1 :]), result.stdout_bytes)
    if target:
        Path(target).expanduser().write_bytes(result.stdout_bytes)


def bash(line: str, given: bytes = b"") -> bytes:
    """What a line prints that is not rcl's."""
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], input=given, capture_output=True, check=True).stdout


@pytest.fixture
def typing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to type in, and a home."""
    for folder in (typed := tmp_path / "typed", tmp_path / "home"):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(typed)
    return typed


@pytest.mark.parametrize("page", pages())
def test_the_commands_of_a_page_work(page: str, typing: Path, material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in INPUTS.get(page, {}).items():
        place = Path(name).expanduser()
        copied = material / source
        if copied.is_dir():
            shutil.copytree(copied, place, dirs_exist_ok=True)
        else:
            shutil.copy2(copied, place)
    if page.startswith("docs/examples/"):
        add_plugin((ROOT / page).parent, typing, monkeypatch)
    for line in lines_of(ROOT / page):
        if " | jq " in line and not shutil.which("jq"):
            line = line.partition(" | jq ")[0]
        run(line)


def add_plugin(template: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template as installed: on the path, with its entry points."""
    project = (template / "pyproject.toml").read_text(encoding="utf-8")
    (group,) = re.findall(r'^\[project\.entry-points\."(.*?)"\]$', project, re.M)
    (entry,) = re.findall(r'^\[project\.entry-points.*\]\n(\w+) = "(\w+)"', project, re.M)
    info = folder / f"{template.name.replace('-', '_')}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {template.name}\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entry[0]} = {entry[1]}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(template))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("RCL_LOAD_PLUGINS", template.name)


def test_what_is_not_run_is_there() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in documents())
    for start in [*NOT_RUN, *EXIT_CODES]:
        assert f"\n{start}" in texts or f"&& {start}" in texts, f"no document has {start!r} any more"
