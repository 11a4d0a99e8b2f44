"""All cases, and the jobs that measure them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import rcl_cli
from rcl_benchmark.engine.code import code_version
from rcl_benchmark.engine.jobs import Job
from rcl_benchmark.engine.page import hardware
from rcl_benchmark.engine.records import digest
from rcl_benchmark.quality.methods import version_of
from rcl_benchmark.speed.measure import measure
from rcl_benchmark.speed.names import APPLY, CALIBRATE, EMD, PARTS, PEERS, SCALE, START, STEP, WORKERS
from rcl_benchmark.speed.side import Case, Size


def peer_packages() -> dict[str, str]:
    """The package of each tool that is none of ours."""
    from rcl_benchmark.speed import emd, peers, workers

    return {**emd.PACKAGES, **peers.PACKAGES, **workers.PACKAGES}


def missing() -> dict[str, str]:
    """The tools that cannot be run here, with the package that each needs."""
    return {name: package for name, package in peer_packages().items() if not version_of(package)}


def cases(part: str, size: Size, folder: Path) -> list[Case]:
    """Those of a part; its inputs go to `folder`."""
    from rcl_benchmark.speed import apply, calibrate, emd, peers, scale, start, step, workers

    away = set(missing())
    match part:
        case _ if part == START:
            return start.cases()
        case _ if part == CALIBRATE:
            return calibrate.cases(size, folder)
        case _ if part == EMD:
            return emd.cases(size, away)
        case _ if part == STEP:
            return step.cases(size, folder)
        case _ if part == APPLY:
            return apply.cases(size, folder)
        case _ if part == PEERS:
            return peers.cases(size, folder, away)
        case _ if part == WORKERS:
            return workers.cases(size, folder, away)
        case _ if part == SCALE:
            return scale.cases(size, folder)
    raise ValueError(f"there is no part {part!r}")


def jobs(parts: Sequence[str], size: Size, folder: Path) -> list[Job]:
    """One for each case of some parts. What was measured by other code, or on another machine, does not count."""
    return list(_jobs(parts, size, folder.resolve()))


def _jobs(parts: Sequence[str], size: Size, folder: Path) -> Iterator[Job]:
    versions = {name: version_of(name) for name in (*peer_packages().values(), "torch", "rawpy")}
    for case in (case for part in PARTS if part in parts for case in cases(part, size, folder)):
        key = digest(
            speed=[case.part, case.name, [side.name for side in case.sides]],
            size=asdict(size),
            machine=hardware(),
            versions=versions,
            code=_code(),
        )
        yield Job(f"{case.part}: {case.name}", measure, (case, size.repeats, size.memory), {key: None})


@cache
def _code() -> str:
    from rcl_benchmark import speed

    root, here = Path(rcl_cli.__file__).parent, Path(speed.__path__[0])
    ours = [root, here, *(here.parent.parent / name for name in ("rcl_tasks", "rcl_pretexts"))]
    return code_version(*(file for folder in ours for file in sorted(folder.rglob("*.py"))))
