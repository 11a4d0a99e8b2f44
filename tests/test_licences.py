"""All that rcl needs to run is permissively licensed, and `docs/licences.md` lists it."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PERMISSIVE = re.compile(
    r"^(0BSD|MIT(-CMU)?|(new |modified )?BSD|[23]-clause|apache|ISC|zlib|CC0|PSF|python|BSL-1|HPND|LLVM|with)", re.I
)
HARDWARE = ("nvidia-", "cuda-", "triton")
"""What torch brings along for some graphics cards alone, under their makers' terms."""


SILENT = {"openexr": "BSD-3-Clause"}
"""What the files of a distribution say whose metadata say nothing."""


def needed(names: list[str]) -> dict[str, str]:
    """Everything that these distributions need here, extras left out, and its licence."""
    found: dict[str, str] = {}
    waiting = [*names]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found or name.startswith(HARDWARE):
            continue
        distribution = metadata.distribution(name)
        found[name] = licence(distribution) or SILENT.get(name, "")
        for text in distribution.requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def licence(distribution: metadata.Distribution) -> str:
    """As its metadata say, in whichever of the three ways."""
    told = distribution.metadata
    lines = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License")]
    classifiers = "; ".join(line for line in lines if line != "OSI Approved")
    expression, free = ((told.get_all(field) or [""])[0] for field in ("License-Expression", "License"))
    return expression or classifiers or free.partition("\n")[0]


def test_all_is_permissive_and_listed(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = [Requirement(text).name for text in project["dependencies"]]
    listed = dict(re.findall(r"^\| ([\w-]+) \| (.+?) \|$", (root / "docs" / "licences.md").read_text("utf-8"), re.M))
    for name, words in needed(direct).items():
        parts = [part.strip(" ()") for part in re.split(r" AND | OR |;|, | and ", words) if part.strip(" ()")]
        assert parts, f"{name} does not say how it is licensed"
        assert all(map(PERMISSIVE.match, parts)), f"{name}: {words}"
        assert name in listed
