"""Parts of a batch: each file in one of them, by its name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rcl_cli.errors import RclError
from rcl_cli.inference.shard import Shard, shard_here

NAMES = [Path(f"day {number % 7}/img_{number:04}.nef") for number in range(2000)]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 64])
def test_each_file_is_in_one_part_and_parts_are_alike(count: int) -> None:
    parts = [[name for name in NAMES if Shard(number, count).has(name)] for number in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    mean = len(NAMES) / count
    assert all(abs(len(part) - mean) < 5 * mean**0.5 for part in parts)


def test_the_part_is_told_by_the_hash_of_the_name() -> None:
    """Of `printf a/b.nef | sha256sum`, for ever: other machines may run another version."""
    assert 0x7D98C455FA7EF16C % 5 + 1 == 4
    assert [part for part in range(1, 6) if Shard(part, 5).has(Path("a/b.nef"))] == [4]


@pytest.mark.parametrize("words", ["", "3", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2", "١/٤", "1.0/4"])
def test_what_is_no_part_is_refused(words: str) -> None:
    with pytest.raises(RclError, match="shard"):
        Shard.named(words)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, (1, 4)),
        ({"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1"}, (4, 4)),
        (
            {
                "SLURM_ARRAY_TASK_ID": "16",
                "SLURM_ARRAY_TASK_COUNT": "3",
                "SLURM_ARRAY_TASK_MIN": "4",
                "SLURM_ARRAY_TASK_STEP": "6",
            },
            (3, 3),
        ),
        ({"RANK": "1", "WORLD_SIZE": "2"}, (2, 2)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "1"}, None),
        ({"SLURM_JOB_ID": "7"}, None),
        ({"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "4", "RANK": "0", "WORLD_SIZE": "8"}, (3, 4)),
    ],
)
def test_schedulers_say_the_part(environment: dict[str, str], expected: tuple[int, int] | None) -> None:
    found = shard_here(environment)
    assert (None if found is None else found[0]) == (None if expected is None else Shard(*expected))


@pytest.mark.parametrize(
    "environment",
    [
        {"RANK": "2", "WORLD_SIZE": "2"},
        {"RANK": "x", "WORLD_SIZE": "2"},
        {"SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "4"},
    ],
)
def test_schedulers_that_make_no_sense_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(RclError, match="--shard I/N"):
        shard_here(environment)
