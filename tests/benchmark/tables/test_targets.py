from __future__ import annotations

import pytest

from rcl_benchmark.tables.block import blocks
from rcl_benchmark.tables.targets import targets


def reached(table, rows):
    return {t.what: t.reached for block in blocks(rows) for t in targets(table, block)}


LEVELS = {"vader": 14.0, "densecl": 15.0, "vader+": 19.0, "densecl+": 20.0, "noise2self": 30.0, "rcl-emd": 31.0}
ORDER = 'RCL-EMD ≥ N2S ≥ any "+" row ≥ any plain row'


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({}, True), ({"rcl-emd": 29.9}, False), ({"densecl+": 30.1}, False), ({"vader+": 14.9}, False)],
)
def test_table_1_needs_the_whole_order(make_row, changed, expected):
    assert reached("table1", [make_row(m, psnr) for m, psnr in (LEVELS | changed).items()]) == {ORDER: expected}


@pytest.mark.parametrize(("oracle", "expected"), [(33.8, True), (33.9, False)])
def test_the_gap_to_the_oracle_is_at_most_the_papers(make_row, oracle, expected):
    rows = [make_row("rcl-emd", 31.0), make_row("oracle", oracle)]
    assert reached("table1", rows) == {"Oracle less RCL-EMD": expected}


def test_table_2_has_a_bound_for_each_task(make_row):
    rows = [make_row(m, psnr, task=t) for t in ("sr", "jdensr") for m, psnr in (("rcl-emd", 29.8), ("supervised", 30))]
    assert list(reached("table2", rows).values()) == [False, True]


def curves(make_row, network, alone, pretrained):
    named = {"sl": alone, "rcl+sl": pretrained}
    return [make_row(m, psnr, labels=n, network=network) for m, points in named.items() for n, psnr in points.items()]


@pytest.mark.parametrize(("gain", "expected"), [(7.47, True), (7.4, False)])
def test_the_papers_gain_is_asked_of_the_plain_network(make_row, gain, expected):
    rows = curves(make_row, "plain", {10: 20.0}, {10: 20.0 + gain})
    assert list(reached("table3", rows).values()) == [expected]


@pytest.mark.parametrize(
    ("pretrained", "expected"),
    [
        ({0: 30.0, 10: 31.0, 100: 33.0}, [True, True]),
        # 32 dB at 10^1.5 = 32 of 100 labels, but the 30 dB of 10 labels not with 5: at most 10 were tried.
        ({0: 29.0, 10: 31.0, 100: 33.0}, [True, False]),
        ({0: 30.0, 10: 31.0, 100: 32.1}, [True, False]),
        ({0: 30.0, 10: 31.0, 100: 31.9}, [False, False]),
    ],
)
def test_few_labels_are_asked_of_the_products_network(make_row, pretrained, expected):
    rows = curves(make_row, "skip", {10: 30.0, 100: 32.0}, pretrained)
    assert list(reached("table3", rows).values()) == expected


def test_zero_labels_take_the_best_network_without_clean_pictures(make_row):
    levels = {"noise2noise": 36.0, "supervised": 34.9, "supervised-told": 35.0, "sure": 34.6, "noise2self": 30.0}
    rows = [make_row(m, psnr, table="zero", labels=0, network="skip") for m, psnr in levels.items()]
    rows.append(make_row("bm3d", 34.7, table="zero", network="", trials=1, psnr_std=0.0, labels=None))
    assert reached("zero", rows) == {
        "no labels (sure) less supervised-told, rgb": True,
        "no labels (sure) less BM3D, rgb": False,
    }


def test_real_pairs_are_judged_by_their_input(make_row):
    rows = [
        make_row("input", 31.0, table="zero", data="srgb-cc", network=""),
        make_row("recorrupted", 33.1, table="zero", data="srgb-cc", network="skip", labels=0),
        make_row("recorrupted", 32.9, table="zero", data="srgb-polyu", network="skip", labels=0),
        make_row("input", 31.0, table="zero", data="srgb-polyu", network=""),
    ]
    assert list(reached("zero", rows).values()) == [True, False]


def test_real_pairs_are_judged_by_the_better_bm3d(make_row):
    rows = [
        make_row("bm3d", 33.0, table="zero", data="srgb-cc", network="", labels=None),
        make_row("bm3d-strong", 34.0, table="zero", data="srgb-cc", network="", labels=None),
        make_row("noisy-as-clean", 33.5, table="zero", data="srgb-cc", network="skip", labels=0),
    ]
    assert reached("zero", rows) == {"no labels (noisy-as-clean) less BM3D (bm3d-strong), srgb-cc": False}
    assert reached("zero", [rows[0], rows[2]]) == {"no labels (noisy-as-clean) less BM3D, srgb-cc": True}


def test_there_are_no_targets_without_rows(make_row):
    assert reached("table1", [make_row("vader", 14.0)]) == {}
    assert reached("sweep", [make_row("tau 1", 14.0)]) == {}
