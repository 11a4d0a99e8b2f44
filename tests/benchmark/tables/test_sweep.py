from __future__ import annotations

import pytest

from rcl_cli.benchmark.tables.presets import PRESETS
from rcl_cli.benchmark.tables.sweep import JUDGES, KNOBS, cells
from rcl_cli.pretrain.parts import Parts
from rcl_cli.pretrain.settings import with_changes

SMALL = PRESETS["small"]


def test_each_cell_changes_one_setting_of_the_defaults() -> None:
    found = cells(["tau", "layers"], SMALL, pictures=198)
    assert [cell.name for cell in found][:3] == ["defaults", "tau 0.25", "tau 0.5"]
    defaults, *changed = (with_changes(SMALL.pretrain, cell.method.changes) for cell in found)
    for settings in changed:
        assert (settings.options != defaults.options) + (settings.layers != defaults.layers) == 1


@pytest.mark.parametrize("name", list(KNOBS))
def test_every_value_can_be_set_up(name: str) -> None:
    for cell in cells([name], SMALL, pictures=198):
        Parts.load(with_changes(SMALL.pretrain, cell.method.changes)).region_plan(198)


def test_folders_and_rows_of_all_knobs_have_names_of_their_own() -> None:
    found = cells([], SMALL, pictures=198, networks=("plain", "skip"))
    assert (
        len({(cell.method.name, cell.network) for cell in found}) == len({cell.title for cell in found}) == len(found)
    )


def test_judges_differ_in_labels_and_table() -> None:
    by_judge = {judge: cells(["tau"], SMALL, judge=judge, pictures=198)[0] for judge in JUDGES}
    labels = {judge: cell.protocol.labels for judge, cell in by_judge.items() if cell.protocol}
    assert labels == {"proxy": 10, "finetune": 10, "output": 0}
    assert len({cell.table for cell in by_judge.values()}) == 3
