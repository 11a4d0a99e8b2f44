"""Several processes make of a finetuning what one makes of it, also where others go on with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

PROGRAM = Path(__file__).with_name("divided.py")
Found = dict[str, Tensor]


@pytest.mark.slow
def test_three_processes_and_then_two_make_of_a_finetuning_what_one_makes(
    tmp_path: Path, by_processes: Callable[..., list[Found]]
) -> None:
    """Validations, weights and what the optimiser keeps.

    Batches of 1 to 5 are divided unevenly, or among more processes than there are crops.
    """
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    (whole,) = by_processes(PROGRAM, 1, alone, 100)
    halves = by_processes(PROGRAM, 3, together, 3)
    first, second = by_processes(PROGRAM, 2, together, 100)
    for half in halves:
        heard = {name: value for name, value in half.items() if name.partition("/")[2].startswith(("0 ", "2 "))}
        assert len(heard) > 30
        require_close(heard, whole)
        assert int(half["denoise/steps"]) == 3
    for found in (first, second):
        require_close(found, whole)
        assert found.keys() | halves[0].keys() == whole.keys()
    assert all(torch.equal(second[name], value) for name, value in first.items())
    for file in alone.iterdir():
        states = [load_file(folder / file.name) for folder in (alone, together)]
        assert states[0].keys() == states[1].keys()
        require_close(states[1], states[0])
        learnt = int(whole[f"{file.stem}/best step"]) > 0
        moved = any(not torch.equal(states[0][name], states[0][f"best.{name[6:]}"]) for name in of_model(states[0]))
        assert learnt or moved or file.stem == "astray"
    assert "astray/2 restored" in whole


def of_model(state: Found) -> list[str]:
    return [name for name in state if name.startswith("model.")]


def require_close(found: Found, expected: Found) -> None:
    """Raises AssertionError, with the name of the first that is not."""
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-6, atol=1e-10, msg=f"{name}: {{}}".format)
