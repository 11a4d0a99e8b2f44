"""What readers say arrives as it was, and nothing else can be said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rcl_cli.raw.apart.wire import Buffer, from_wire, to_wire
from rcl_cli.raw.frame import Metadata, RgbFrame, raw_frame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.optical_black import OpticalBlack
from rcl_cli.raw.pictures.icc import ColorProfile
from rcl_cli.raw.pictures.stored import Alpha, Stored
from rcl_cli.raw.pictures.tone import Power, Srgb, Table
from rcl_cli.raw.read import read_frame as read_here
from rcl_cli.raw.sniff import Kind
from rcl_cli.raw.tags.ifd import rationals


def sent(value: object) -> Any:
    buffers: list[Buffer] = []
    text = json.dumps(to_wire(value, buffers))
    return from_wire(json.loads(text), [np.array(buffer) for buffer in buffers])


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 0.1, float("inf"), "é\udce9", b"\0\xff", b"", (1, (2.5, None)), [1, "a"], {"a": (1,), "b": b"c"},
        Path("/a/caf\udce9.dng"), Kind.RAW, rationals(33434, [0.5]),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values_arrive_as_they_are(value: object) -> None:
    arrived = sent(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_numbers_of_numpy_become_plain() -> None:
    assert sent((np.float32(0.5), np.float64(0.25), np.int64(3), np.bool_(True))) == (0.5, 0.25, 3, True)


def test_frames_arrive_whole() -> None:
    metadata = Metadata(Path("a.dng"), "make", "model", 100.0, 0.1, (2.0, 1.0, 1.5), np.eye(3), dng_tags=(
        rationals(1, [0.25]),
    ))  # fmt: skip
    raw = raw_frame(np.arange(36).reshape(6, 6), "xtrans", black=3, white=99, metadata=metadata)
    raw = replace(raw, optical_black=OpticalBlack((1.0,) * 4, (2.0,) * 4, 9))
    arrived = sent(raw)
    np.testing.assert_array_equal(arrived.mosaic, raw.mosaic)
    assert arrived.mosaic.dtype == np.uint16
    assert (arrived.cfa, arrived.black_level, arrived.white_level) == (raw.cfa, raw.black_level, raw.white_level)
    assert arrived.optical_black == raw.optical_black
    assert repr(arrived.metadata) == repr(raw.metadata)
    curves = (Power(2.2), Srgb(), Table(np.linspace(0, 1, 9) ** 3))
    profile = ColorProfile(b"icc", curves, np.eye(3) / 3)
    stored = Stored(profile, True, Alpha(np.full((2, 3), 0.5, np.float32), 1), {"owner": "me", "odd": object()})
    rgb = RgbFrame(np.random.default_rng(0).random((2, 3, 3), np.float32), "profile", 16, stored=stored)
    arrived = sent(rgb)
    np.testing.assert_array_equal(arrived.rgb, rgb.rgb)
    assert (arrived.stored.profile.data, arrived.stored.profile.transfer) == (b"icc", "profile")
    steps: Any = np.linspace(-0.2, 1.2, 50, dtype=np.float32)
    for mine, theirs in zip(profile.curves, arrived.stored.profile.curves, strict=True):
        np.testing.assert_array_equal(mine.decode(steps), theirs.decode(steps))
    np.testing.assert_array_equal(arrived.stored.alpha.values, stored.alpha.values)  # type: ignore[union-attr]
    assert arrived.stored.exr == {"owner": "me"}


@pytest.mark.parametrize(
    "value", [object(), np.array([object()]), {1, 2}, print], ids=["object", "objects", "set", "function"]
)
def test_what_has_no_place_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be handed over"):
        sent(value)


@pytest.mark.parametrize(
    "tree", [["class", "Popen", "true"], ["os.system", "true"], ["enum", "Signals", 9], ["array", 7], ["bytes"]]
)
def test_a_reader_that_was_taken_over_can_name_nothing_of_its_own(tree: Any) -> None:
    with pytest.raises((KeyError, IndexError, TypeError, ValueError)):
        from_wire(tree, [])


@pytest.mark.realdata
@pytest.mark.slow
def test_real_files_are_the_same_read_either_way(realdata: Path) -> None:
    names = ("bayer", "xtrans")
    files = [min(folder.iterdir(), key=lambda path: path.stat().st_size) for name in names
             if (folder := realdata / "raw" / name).is_dir()]  # fmt: skip
    assert files
    for path in files:
        here, apart = read_here(path), read_frame(path)
        np.testing.assert_array_equal(here.normalized(), apart.normalized())
        assert repr(here.metadata) == repr(apart.metadata)
