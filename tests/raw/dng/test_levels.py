"""Levels of DNGs in every form of the specification, against its formula written out pixel by pixel."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

from .dng_files import Tag, black_of, fractions, numbers, octets, shorts, write_dng_file

WHITE = 16383
SIGNAL = 1000
SHAPE = (50, 62)
RGGB, XTRANS = CFA.bayer("RGGB"), CFA.xtrans(2, 1)
CFAS = [*map(CFA.bayer, BAYER_PHASES), XTRANS]
REPEAT, BLACK, DELTA_H, DELTA_V, WHITE_LEVEL, TABLE = 50713, 50714, 50715, 50716, 50717, 50712
ACTIVE, MASKED = 50829, 50830


def read_mosaic(path: Path) -> RawFrame:
    frame = read_frame(path)
    assert isinstance(frame, RawFrame)
    return frame


def above_black(frame: RawFrame) -> NDArray[np.float64]:
    """DN above black: by the mosaic and by the normalised values, which must agree."""
    black = np.array(frame.black_level)[frame.cfa.planes(*frame.size)]
    above = frame.mosaic - black
    assert frame.normalized() * (frame.white_level - black) == pytest.approx(above, abs=0.01)
    return np.asarray(above)


def write_flat(path: Path, black: Any, *tags: Tag, cfa: CFA = RGGB) -> None:
    write_dng_file(path, np.rint(black + SIGNAL).astype(np.uint16), numbers(WHITE_LEVEL, WHITE), *tags, cfa=cfa)


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("repeat", [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (4, 4), (6, 6), (8, 2), (50, 1)])
def test_a_pattern_of_any_size_is_taken_off(cfa: CFA, repeat: tuple[int, int], tmp_path: Path) -> None:
    pattern = 512 + 4.0 * np.random.default_rng(0).permutation(repeat[0] * repeat[1]).reshape(repeat)
    tags = [shorts(REPEAT, *repeat), fractions(BLACK, *pattern.ravel())]
    write_flat(tmp_path / "a.dng", black_of(pattern, SHAPE), *tags, cfa=cfa)
    frame = read_mosaic(tmp_path / "a.dng")
    assert (above_black(frame) == SIGNAL).all()
    assert frame.white_level == WHITE
    levels = black_of(pattern, SHAPE)
    planes = cfa.planes(*SHAPE)
    assert frame.black_level[0] == levels[planes == 0].max()
    assert frame.black_level[3] == levels[planes == 3].max()


def test_levels_of_the_colours_are_kept_as_they_are(tmp_path: Path) -> None:
    pattern = np.array([[400.0, 500.25], [501.5, 600.0]])
    write_flat(tmp_path / "a.dng", black_of(pattern, SHAPE), shorts(REPEAT, 2, 2), fractions(BLACK, *pattern.ravel()))
    assert read_mosaic(tmp_path / "a.dng").black_level == (400.0, 500.25, 501.5, 600.0)


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("step", [1.0, 0.37])
def test_rows_and_columns_may_differ(cfa: CFA, step: float, tmp_path: Path) -> None:
    rows, columns = step * (np.arange(50) % 7 - 3), step * (np.arange(62) // 5)
    pattern = np.array([[400.0, 500.0], [500.0, 600.0]])
    tags = [shorts(REPEAT, 2, 2), fractions(BLACK, *pattern.ravel())]
    deltas = [fractions(DELTA_V, *rows, signed=True), fractions(DELTA_H, *columns, signed=True)]
    write_flat(tmp_path / "a.dng", black_of(pattern, SHAPE, rows, columns), *tags, *deltas, cfa=cfa)
    # Rounded to whole DN when written and when read.
    assert np.abs(above_black(read_mosaic(tmp_path / "a.dng")) - SIGNAL).max() <= (0 if step == 1 else 1)


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize(("top", "left"), [(0, 0), (1, 0), (0, 1), (1, 1), (3, 5)])
def test_levels_and_filters_count_from_the_active_area(cfa: CFA, top: int, left: int, tmp_path: Path) -> None:
    pattern, rows = 512 + 4.0 * np.arange(12).reshape(4, 3), np.arange(40.0)
    whole = np.full((45, 60), 9000.0)
    whole[top : top + 40, left : left + 50] = black_of(pattern, (40, 50), rows)
    area = numbers(ACTIVE, top, left, top + 40, left + 50)
    tags = [shorts(REPEAT, 4, 3), fractions(BLACK, *pattern.ravel()), fractions(DELTA_V, *rows, signed=True)]
    write_flat(tmp_path / "a.dng", whole, area, *tags, cfa=cfa)
    frame = read_mosaic(tmp_path / "a.dng")
    assert frame.cfa == cfa
    assert frame.size == (40, 50)
    assert (above_black(frame) == SIGNAL).all()


def test_saturated_pixels_stay_saturated_and_dark_ones_negative(tmp_path: Path) -> None:
    pattern = 512 + 4.0 * np.arange(16).reshape(4, 4)
    values = np.where(np.arange(62) < 31, WHITE, black_of(pattern, SHAPE) - 500)
    tags = [shorts(REPEAT, 4, 4), fractions(BLACK, *pattern.ravel()), numbers(WHITE_LEVEL, WHITE)]
    write_dng_file(tmp_path / "a.dng", values.astype(np.uint16), *tags, cfa=RGGB)
    x = read_mosaic(tmp_path / "a.dng").normalized()
    assert x[:, :31].min() >= 1
    assert x[:, 31:].max() < -0.03


def test_a_raw_has_its_own_levels_not_its_neighbours(tmp_path: Path) -> None:
    """A raw in a SubIFD that names no black level, beside a reduced one that does."""
    own = [octets(50706, 1, 4, 0, 0), shorts(33421, 2, 2), octets(33422, 0, 1, 1, 2)]
    with tifffile.TiffWriter(tmp_path / "a.dng") as tiff:
        preview = np.zeros((12, 16, 3), np.uint8)
        tiff.write(preview, photometric="rgb", subifds=2, subfiletype=1, extratags=own[:1], metadata=None)
        small, levels = np.full((10, 12), 999, np.uint16), [numbers(BLACK, 900), numbers(WHITE_LEVEL, 950)]
        tiff.write(small, photometric="cfa", subfiletype=1, extratags=[*own[1:], *levels], metadata=None)
        tiff.write(np.full(SHAPE, 2000, np.uint16), photometric="cfa", extratags=own[1:], metadata=None)
    frame = read_mosaic(tmp_path / "a.dng")
    assert frame.size == SHAPE
    assert (frame.black_level, frame.white_level) == ((0,) * 4, 65535)


def test_a_result_has_the_same_levels_for_every_reader(tmp_path: Path) -> None:
    pattern = 512 + 4.0 * np.arange(16).reshape(4, 4)
    write_flat(tmp_path / "a.dng", black_of(pattern, SHAPE), shorts(REPEAT, 4, 4), fractions(BLACK, *pattern.ravel()))
    source = read_mosaic(tmp_path / "a.dng")
    write_picture(tmp_path / "b.dng", Picture.from_frame(source, source.normalized(), cfa=source.cfa))
    result = read_mosaic(tmp_path / "b.dng")
    assert result.normalized() == pytest.approx(source.normalized(), abs=1e-5)


@pytest.mark.parametrize(
    ("count", "cfa", "expected"),
    [
        (1, RGGB, (500,) * 4),
        (4, RGGB, (500, 501, 502, 503)),
        (4, CFA.bayer("BGGR"), (503, 502, 501, 500)),
        (36, CFA.xtrans(), (531, 535, 535, 534)),
    ],
)
def test_without_a_repeat_the_pattern_is_that_of_the_filters(
    count: int, cfa: CFA, expected: tuple[float, ...], tmp_path: Path
) -> None:
    write_dng_file(
        tmp_path / "a.dng", np.full(SHAPE, 2000, np.uint16), numbers(BLACK, *range(500, 500 + count)), cfa=cfa
    )
    assert read_mosaic(tmp_path / "a.dng").black_level == expected


@pytest.mark.parametrize(
    ("tags", "word"),
    [
        ([numbers(BLACK, 1, 2, 3)], "3 black levels"),
        ([shorts(REPEAT, 4, 4), numbers(BLACK, 1, 2, 3, 4)], "4 black levels"),
        ([fractions(DELTA_H, 1.0, 2.0, signed=True)], "2 values of BlackLevelDeltaH for 62 lines"),
        ([fractions(DELTA_V, 1.0, 2.0, signed=True)], "2 values of BlackLevelDeltaV for 50 lines"),
        ([(BLACK, "2I", 1, (5, 0), True)], "no number"),
        ([numbers(BLACK, 700), numbers(WHITE_LEVEL, 700)], "white level of 700"),
        ([numbers(WHITE_LEVEL, 0)], "white level of 0"),
        ([numbers(WHITE_LEVEL, 2**32 - 1)], "far above what its pixels can hold"),
        ([numbers(BLACK, 15000), numbers(WHITE_LEVEL, 16383)], "a black level of 15000, but nearly all of its values"),
        ([numbers(ACTIVE, 10, 0, 10, 62)], "active area"),
        ([numbers(ACTIVE, 0, 0, 500, 620)], "an active area of 0, 0, 500, 620 on a sensor of 50 by 62"),
        ([numbers(ACTIVE, 40, 50, 10, 20)], "an active area of 40, 50, 10, 20 on a sensor of 50 by 62"),
        ([numbers(ACTIVE, 10, 20, 14, 26)], "is a raw of 6 by 4 pixels"),
        ([shorts(50711, 2)], "staggered"),
        ([shorts(50975, 2)], "out of order"),
        ([shorts(33421, 4, 4), octets(33422, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2)], "pattern other than"),
        ([shorts(33421, 2, 2), octets(33422, 3, 4, 1, 5)], "pattern other than"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(tags: list[Tag], word: str, tmp_path: Path) -> None:
    write_dng_file(tmp_path / "a.dng", np.full(SHAPE, 2000, np.uint16), *tags, cfa=RGGB)
    with pytest.raises(FileError, match=word) as told:
        read_frame(tmp_path / "a.dng")
    assert "\n" not in told.value.reason


def test_a_pattern_given_several_times_is_the_same(tmp_path: Path) -> None:
    twice = [shorts(33421, 4, 2), octets(33422, 1, 0, 2, 1, 1, 0, 2, 1)]
    write_dng_file(tmp_path / "a.dng", np.full(SHAPE, 2000, np.uint16), *twice, cfa=RGGB)
    assert read_mosaic(tmp_path / "a.dng").cfa.name == "GRBG"


@pytest.mark.parametrize("size", [16384, 5000, 900])
def test_a_linearization_table_is_looked_up_its_last_value_for_what_is_beyond(size: int, tmp_path: Path) -> None:
    stored = np.random.default_rng(0).integers(0, 16384, SHAPE).astype(np.uint16)
    table = np.minimum(np.arange(size) ** 2 // 4096 + 300, 65535)
    tags = [shorts(TABLE, *table.tolist()), numbers(BLACK, 300), numbers(WHITE_LEVEL, 60000)]
    write_dng_file(tmp_path / "a.dng", stored, *tags, cfa=RGGB)
    expected = (table[np.minimum(stored, size - 1)] - 300) / (60000 - 300)
    assert read_mosaic(tmp_path / "a.dng").normalized() == pytest.approx(expected, abs=1e-6)


def test_white_levels_that_a_file_does_not_name(tmp_path: Path) -> None:
    eight = np.random.default_rng(0).integers(0, 256, SHAPE).astype(np.uint8)
    write_dng_file(tmp_path / "a.dng", eight, cfa=RGGB)
    assert read_mosaic(tmp_path / "a.dng").white_level == 255
    write_dng_file(tmp_path / "b.dng", eight.astype(np.uint16), cfa=RGGB)
    assert read_mosaic(tmp_path / "b.dng").white_level == 65535
    write_dng_file(tmp_path / "c.dng", eight, shorts(TABLE, *(257 * np.arange(256)).tolist()), cfa=RGGB)
    assert read_mosaic(tmp_path / "c.dng").white_level == 65535


def test_of_white_levels_for_one_sample_the_first_is_used_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_dng_file(
        tmp_path / "a.dng", np.full(SHAPE, 2000, np.uint16), numbers(WHITE_LEVEL, 9000, 8000, 7000), cfa=RGGB
    )
    assert read_mosaic(tmp_path / "a.dng").white_level == 9000
    assert "3 white levels for 1; the first, 9000, is used" in caplog.text


def test_a_mosaic_has_one_value_a_pixel_at_least(tmp_path: Path) -> None:
    """The fuzzer's: the number of samples is said to be a float, of which 1 is a tiny one. LibRaw reads the file."""
    path = tmp_path / "a.dng"
    write_dng_file(path, np.full(SHAPE, 2000, np.uint16), numbers(WHITE_LEVEL, WHITE), numbers(BLACK, 64), cfa=RGGB)
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages.first.tags["SamplesPerPixel"].offset
    data = bytearray(path.read_bytes())
    data[at + 2 : at + 4] = int(tifffile.DATATYPE.FLOAT).to_bytes(2, "little")
    path.write_bytes(data)
    assert read_mosaic(path).black_level == (64,) * 4


def test_floating_point_raws_have_their_levels_scaled_with_them(tmp_path: Path) -> None:
    true = np.random.default_rng(0).uniform(0, 1, SHAPE)
    stored = (50 + 1000 * true).astype(np.float32)
    write_dng_file(tmp_path / "a.dng", stored, numbers(BLACK, 50), numbers(WHITE_LEVEL, 1050), cfa=RGGB)
    assert read_mosaic(tmp_path / "a.dng").normalized() == pytest.approx(true, abs=2e-5)


@pytest.mark.parametrize("cfa", [RGGB, XTRANS], ids=lambda cfa: cfa.name)
def test_the_tag_goes_before_the_masked_pixels_and_a_difference_is_said(
    cfa: CFA, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    values = np.full(SHAPE, 3000, np.uint16)
    values[:, :12] = 700
    masked = [numbers(ACTIVE, 0, 12, *SHAPE), numbers(MASKED, 0, 0, 50, 12), numbers(WHITE_LEVEL, WHITE)]
    write_dng_file(tmp_path / "a.dng", values, *masked, numbers(BLACK, 512), cfa=cfa)
    assert read_mosaic(tmp_path / "a.dng").black_level == (512,) * 4
    assert "masked pixels show a black level of 700.0; its tag's, 512.0, is used" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        write_dng_file(tmp_path / "b.dng", values, *masked, numbers(BLACK, 705), cfa=cfa)
        assert read_mosaic(tmp_path / "b.dng").black_level == (705,) * 4
        # A file that tells no level has those of its masked pixels.
        write_dng_file(tmp_path / "c.dng", values, *masked, cfa=cfa)
        assert read_mosaic(tmp_path / "c.dng").black_level == (700,) * 4
    assert not caplog.text


def test_masked_pixels_give_each_colour_its_level(tmp_path: Path) -> None:
    values = black_of(np.array([[400, 500], [510, 600]]), SHAPE)
    tags = [numbers(ACTIVE, 5, 7, *SHAPE), numbers(MASKED, 0, 0, 5, 62, 5, 0, 50, 7)]
    write_dng_file(tmp_path / "a.dng", values.astype(np.uint16), *tags, cfa=RGGB)
    # The active area's corner, on an odd row and column, is red by definition: there the pattern is turned round.
    assert read_mosaic(tmp_path / "a.dng").black_level == (600, 510, 500, 400)


@pytest.mark.parametrize(
    ("repeat", "black"), [((1, 1), [700]), ((1, 1), [100, 200, 300]), ((2, 2), list(range(100, 220, 10)))]
)
@pytest.mark.parametrize("white", [[15000], [16000, 15000, 14000]])
def test_linear_raws_have_levels_of_each_sample(
    repeat: tuple[int, int], black: list[int], white: list[int], tmp_path: Path
) -> None:
    values = np.random.default_rng(0).integers(0, 16000, (*SHAPE, 3)).astype(np.uint16)
    rows, area = np.arange(40.0), (3, 5, 43, 55)
    tags = [shorts(REPEAT, *repeat), numbers(BLACK, *black), numbers(WHITE_LEVEL, *white), numbers(ACTIVE, *area)]
    write_dng_file(tmp_path / "a.dng", values, *tags, fractions(DELTA_V, *rows, signed=True))
    frame = read_frame(tmp_path / "a.dng")
    assert isinstance(frame, RgbFrame)
    pattern = np.broadcast_to(np.reshape(black, (*repeat, -1)), (*repeat, 3))
    for sample in range(3):
        levels = black_of(pattern[..., sample], (40, 50), rows)
        span = np.broadcast_to(white, 3)[sample] - levels.max()
        expected = (values[3:43, 5:55, sample] - levels) / span
        assert frame.rgb[..., sample] == pytest.approx(expected, abs=1e-6)
