from __future__ import annotations

import pytest

from rcl_benchmark.tables.block import blocks
from rcl_benchmark.tables.paper import TABLE1
from rcl_benchmark.tables.verdict import Outcome, paragraph, verdict
from rcl_benchmark.tables.zero_verdict import zero_verdict


def statements(table, rows):
    return {s.text: s.outcome for block in blocks(rows) for s in verdict(table, block)}


@pytest.mark.parametrize(
    ("psnr", "outcome", "text"),
    [
        (30.9, Outcome.HELD, "RCL-EMD is 0.90 ± 0.13 dB above N2N; the paper has it 0.48 to 1.29 dB above."),
        (29.6, Outcome.FAILED, "RCL-EMD is 0.40 ± 0.13 dB below N2N; the paper has it 0.48 to 1.29 dB above."),
        (
            30.1,
            Outcome.OPEN,
            "RCL-EMD is 0.10 ± 0.13 dB above N2N (within the spread); the paper has it 0.48 to 1.29 dB above.",
        ),
    ],
)
def test_a_comparison_says_by_how_much(make_row, psnr, outcome, text):
    assert statements("table1", [make_row("rcl-emd", psnr), make_row("noise2noise", 30.0)]) == {text: outcome}


def test_what_the_papers_data_sets_do_not_agree_on_is_no_claim(make_row):
    found = statements("table1", [make_row("rcl-emd", 33.0), make_row("rcl-mmd", 30.0)])
    assert list(found.values()) == [Outcome.OPEN]
    assert "0.14 dB below to 0.86 dB above" in next(iter(found))


def test_all_claims_hold_for_the_papers_own_figures(make_row):
    rows = [make_row(method, figure.psnr_db, psnr_std=0.01) for method, figure in TABLE1["MIT"].items()]
    found = statements("table1", [*rows, make_row("consistency", 25.0)])
    mmd = {outcome for text, outcome in found.items() if "RCL-MMD" in text}
    assert mmd == {Outcome.OPEN}
    assert {outcome for text, outcome in found.items() if "RCL-MMD" not in text} == {Outcome.HELD}


def test_consistency_above_noise2self_does_not_hold(make_row):
    levels = {"noise2noise": 31.0, "noise2self": 30.0, "consistency": 30.5, "vader+": 20.0}
    found = statements("table1", [make_row(method, psnr) for method, psnr in levels.items()])
    (text,) = [text for text in found if text.startswith("Consistency")]
    assert text == "Consistency alone is to lie between N2N and N2S and VADeR+: 30.50 dB, N2S 30.00, VADeR+ 20.00."
    assert found[text] is Outcome.FAILED


def test_what_is_above_the_noisy_input_is_counted(make_row):
    noisy = make_row("input", 29.0, network="", trials=1, psnr_std=0.0)
    found = statements("table1", [noisy, make_row("vader", 20.0), make_row("noise2self", 30.0)])
    assert found["1 of 2 networks is above the noisy input, 29.00 dB: N2S."] is Outcome.FACT


def test_table_2_names_the_task(make_row):
    rows = [make_row("rcl-emd", 32.0, task="jdensr"), make_row("supervised", 32.5, task="jdensr")]
    assert statements("table2", rows) == {
        "On JDenSR RCL-EMD is 0.50 ± 0.13 dB below SL (denoising); the paper has it 0.26 dB below.": Outcome.HELD
    }


def test_table_3_states_gains_and_labels(make_row):
    curves = {"sl": {10: 21.0, 100: 29.0, 198: 32.0}, "rcl+sl": {0: 20.0, 10: 28.0, 100: 30.0, 198: 31.0}}
    rows = [make_row(m, psnr, table="table3", labels=n) for m, points in curves.items() for n, psnr in points.items()]
    found = statements("table3", rows)
    assert found == {
        "With 10 labels RCL + SL is 7.00 ± 0.13 dB above SL; the paper has it 7.46 dB above.": Outcome.HELD,
        "With 100 labels RCL + SL is 1.00 ± 0.13 dB above SL; the paper has it 3.05 dB above.": Outcome.HELD,
        "With 198 labels RCL + SL is 1.00 ± 0.13 dB below SL.": Outcome.FAILED,
        "In the paper the gain falls with the number of labels; here it is +7.00 ± 0.13 dB with 10, −1.00 ± 0.13 with "
        "198.": Outcome.HELD,
        "For what SL reaches with 10 labels, RCL + SL needs at most 10 labels.": Outcome.OPEN,
        # Halfway in dB is halfway in the logarithm: √(10·100).
        "For what SL reaches with 100 labels, RCL + SL needs 32 labels.": Outcome.HELD,
        "RCL + SL does not reach what SL reaches with 198 labels.": Outcome.FAILED,
    }


def test_the_paragraph_counts_and_puts_what_held_first(make_row):
    rows = [make_row("rcl-emd", 30.0), make_row("noise2noise", 31.0), make_row("noise2self", 29.0)]
    (block,) = blocks(rows)
    text = paragraph(verdict("table1", block))
    assert text.startswith(
        "Of 2 claims of the paper 1 held, 1 did not; 0 cannot be told from the trials.\n\n**Held.** "
    )
    assert text.index("above N2S") < text.index("**Did not hold.**") < text.index("below N2N")
    assert paragraph([]) == ""


def test_zero_labels_are_compared_and_variants_with_what_they_change(make_row):
    levels = {"supervised": 35.0, "sure": 34.5, "sure-blind": 34.2, "sure+contrast": 34.6, "recorrupted-blind": 30.0}
    rows = [
        make_row(m, psnr, table="zero", network="skip", labels=198 if m == "supervised" else 0)
        for m, psnr in levels.items()
    ]
    (block,) = blocks([*rows, make_row("bm3d", 34.0, table="zero", network="", psnr_std=0.0, trials=1, labels=None)])
    assert paragraph(zero_verdict(block)) == (
        "Without labels sure+contrast is 0.40 ± 0.13 dB below supervised. "
        "Without labels sure+contrast is 0.60 ± 0.09 dB above bm3d. "
        "With noise levels measured in the pictures instead of the true ones, sure-blind is 0.30 ± 0.13 dB below sure. "
        "Joined by the residual contrast, sure+contrast is 0.10 ± 0.13 dB above sure (within the spread)."
    )


@pytest.mark.parametrize(
    ("third", "text"),
    [
        (30.9, "tau 1 is best; tau 2 cannot be told from it."),
        (30.8, "tau 1 is best; all others are below it by more than the spread."),
    ],
)
def test_other_tables_name_the_best_and_its_equals(make_row, third, text):
    levels = {"tau 0.5": 30.0, "tau 1": 31.0, "tau 2": third}
    found = statements("sweep", [make_row(m, psnr, table="sweep") for m, psnr in levels.items()])
    assert found == {text: Outcome.FACT}


@pytest.mark.parametrize(("last", "outcome"), [(22.9, Outcome.HELD), (23.1, Outcome.OPEN), (23.3, Outcome.FAILED)])
def test_whether_the_gain_falls_is_judged_by_the_spread(make_row, last, outcome):
    # Gains of 1.1 dB and of `last` − 22 dB, each ± 0.126: two standard errors of their difference are 0.179.
    curves = {"sl": {10: 20.0, 100: 22.0}, "rcl+sl": {10: 21.1, 100: last}}
    rows = [make_row(m, psnr, table="table3", labels=n) for m, points in curves.items() for n, psnr in points.items()]
    (found,) = [outcome for text, outcome in statements("table3", rows).items() if text.startswith("In the paper")]
    assert found is outcome


def test_no_gain_cannot_fall(make_row):
    curves = {"sl": {10: 20.0, 100: 22.0}, "rcl+sl": {10: 19.0, 100: 22.0}}
    rows = [make_row(m, psnr, table="table3", labels=n) for m, points in curves.items() for n, psnr in points.items()]
    assert not [text for text in statements("table3", rows) if text.startswith("In the paper")]


def test_the_input_of_super_resolution_is_an_enlarged_one(make_row):
    enlarged = make_row("input", 28.0, table="table2", task="sr", network="", trials=1, psnr_std=0.0)
    found = statements("table2", [enlarged, make_row("rcl-emd", 29.0, table="table2", task="sr")])
    assert list(found) == ["On SR 1 of 1 networks is above the enlarged input, 28.00 dB."]
