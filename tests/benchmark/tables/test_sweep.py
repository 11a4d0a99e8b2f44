from __future__ import annotations

import pytest

from rcl_benchmark.engine.block import INPUT
from rcl_benchmark.tables.presets import PRESETS
from rcl_benchmark.tables.sweep import DOMAINS, JUDGES, KNOBS, Sweep
from rcl_benchmark.tables.table import Cell
from rcl_cli.domain import Domain
from rcl_cli.pretext import PretextSetup, get_pretext
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.settings import with_changes

SMALL = PRESETS["small"]


def cells(domain: str, *of: str, judge: str = "proxy") -> list[Cell]:
    return Sweep(judge).cells(SMALL, 198, domain=domain, of=of)


def test_each_cell_changes_one_setting_of_the_defaults() -> None:
    found = cells("rgb", "tau", "layers")
    assert [cell.name for cell in found][:3] == [INPUT, "defaults", "tau 0.1"]
    _, defaults, *changed = (with_changes(SMALL.pretrain, cell.method.changes) for cell in found)
    for settings in changed:
        assert (settings.options != defaults.options) + (settings.layers != defaults.layers) == 1


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_setting_can_be_set_up_and_differs_from_the_defaults(domain: str) -> None:
    setup = PretextSetup(Domain(domain), 48, noise=0.03, noise_levels=True)
    defaults = get_pretext("rcl")(setup).describe()
    for cell in cells(domain)[2:]:
        settings = with_changes(SMALL.pretrain, cell.method.changes)
        parts = Parts.load(settings)
        parts.region_plan(198)
        kept = ("encoder", "layers", "crop", "skip")
        changed = any(getattr(settings, name) != getattr(SMALL.pretrain, name) for name in kept)
        assert changed or cell.network == "plain" or parts.make(setup).describe() != defaults, cell.name


@pytest.mark.parametrize("domain", DOMAINS)
def test_folders_and_rows_of_all_knobs_have_names_of_their_own(domain: str) -> None:
    found = cells(domain)
    assert len({cell.method.name for cell in found}) == len({cell.title for cell in found}) == len(found)
    assert len(found) <= 1 + 20


def test_knobs_hold_the_pretext_options_by_name() -> None:
    known = get_pretext("rcl")(PretextSetup(Domain.RGB, 48)).describe()
    for settings in KNOBS.values():
        for setting in settings:
            assert setting.options.keys() <= known.keys()


def test_judges_differ_in_labels_and_table() -> None:
    by_judge = {j: cells("rgb", "tau", judge=j)[1] for j in JUDGES}
    modes = {judge: (cell.protocol.mode, cell.protocol.labels) for judge, cell in by_judge.items() if cell.protocol}
    fewest = sorted(SMALL.label_counts)[1]
    assert modes == {"proxy": ("proxy", SMALL.proxy.labels), "finetune": ("finetune", fewest)}
    assert len({cell.table for cell in by_judge.values()}) == 2
