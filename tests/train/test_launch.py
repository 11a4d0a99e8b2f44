"""Who is who among processes, and what is said of one that was lost."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rcl_cli.errors import RclError
from rcl_cli.train.launch import LOST, Place, _why, _Worker


def test_a_process_is_alone_unless_torchrun_has_started_others() -> None:
    assert Place.here({}) is None
    assert Place.here({"RANK": "0", "WORLD_SIZE": "1"}) is None
    variables = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    assert Place.here(variables) == Place(5, 8, 1, 4, "env://")
    assert Place.here({"RANK": "1", "WORLD_SIZE": "2"}) == Place(1, 2, 1, 2, "env://")


@pytest.mark.parametrize(
    "variables",
    [
        {"RANK": "2", "WORLD_SIZE": "2"},
        {"RANK": "-1", "WORLD_SIZE": "2"},
        {"RANK": "a", "WORLD_SIZE": "2"},
        {"RANK": "", "WORLD_SIZE": ""},
        {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "2", "LOCAL_WORLD_SIZE": "2"},
    ],
)
def test_variables_without_sense_are_named(variables: dict[str, str]) -> None:
    with pytest.raises(RclError, match="RANK and WORLD_SIZE are"):
        Place.here(variables)


def test_without_a_place_to_meet_nothing_begins() -> None:
    variables = {"RANK": "0", "WORLD_SIZE": "2"}
    place = Place.here(variables)
    assert place is not None
    with pytest.raises(RclError, match="not MASTER_ADDR and MASTER_PORT, which torchrun sets too; unset RANK"):
        place.require_meeting(variables)
    place.require_meeting({"MASTER_ADDR": "node1", "MASTER_PORT": "29500"})
    Place(0, 2, 0, 2, "file:///tmp/meeting").require_meeting({})


def workers(tmp_path: Path, *ends: tuple[int, str]) -> list[_Worker]:
    made = []
    for rank, (code, said) in enumerate(ends):
        file = tmp_path / f"{rank}"
        file.write_text(said)
        process: Any = SimpleNamespace(returncode=code)
        made.append(_Worker(rank, process, file if rank else None))
    return made


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (((LOST, ""), (-signal.SIGKILL, "")), "process 2 of 2 was killed by SIGKILL"),
        (((-signal.SIGSEGV, ""), (LOST, "")), "process 1 of 2 was killed by SIGSEGV"),
        (((LOST, ""), (LOST, ""), (2, "noise\nError: out of memory\n")), "process 3 of 3 ended: out of memory"),
        (((LOST, ""), (7, "")), "process 2 of 2 ended with exit code 7"),
    ],
)
def test_the_one_that_took_the_others_with_it_is_named(
    tmp_path: Path, ends: tuple[tuple[int, str], ...], words: str
) -> None:
    assert _why(workers(tmp_path, *ends)).startswith(words)


def test_one_that_had_to_be_killed_in_the_end_is_not_the_cause(tmp_path: Path) -> None:
    made = workers(tmp_path, (-signal.SIGKILL, ""), (2, "Error: no room"))
    made[0].killed = True
    assert _why(made) == "process 2 of 2 ended: no room"
