"""The page: a table for every setting, and crops to look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rcl_benchmark.engine.compare import NONE, signed
from rcl_benchmark.engine.page import Benchmark, picture, table
from rcl_benchmark.quality.names import DENOISE_RAW, METHODS, PROTOCOLS, TEXTURE, base
from rcl_benchmark.quality.record import Crop, Line, Score, lines, load
from rcl_benchmark.quality.settings import Setting, settings
from rcl_benchmark.quality.strips import file_name, strips, write_all
from rcl_benchmark.quality.words import INTRODUCTION, TITLES

Record = Score | Crop
Value = Callable[[Line], str]


class Quality(Benchmark[Record]):
    """Mean PSNR of each method by folder and noise level."""

    name = "quality"
    title = "Quality beside other tools"
    words: ClassVar[int] = 4
    columns: ClassVar[Mapping[str, Callable[[Line], str]]] = {
        "protocol": lambda line: " ".join(filter(None, (line.protocol, line.variant, line.domain))),
        "level": lambda line: line.setting.level_words,
        "data": lambda line: line.data,
        "method": lambda line: line.method,
        "n": lambda line: str(line.pictures),
        "PSNR (dB)": lambda line: f"{line.psnr_db:.2f}",
        "SSIM": lambda line: f"{line.ssim:.4f}",
    }

    def load(self, values: dict[str, Any]) -> Record:
        return load(values)

    def lines(self, results: Sequence[Record]) -> list[Line]:
        """What the terminal and JSON show: by setting, folder and method."""
        order = settings(PROTOCOLS)
        return sorted(lines(results), key=lambda line: order.index(line.setting))

    def sections(self, results: Sequence[Record]) -> list[str]:
        every = self.lines(results)
        parts = [INTRODUCTION]
        for protocol, heading in PROTOCOLS.items():
            measured = DENOISE_RAW if protocol == TEXTURE else protocol
            own = [line for line in every if line.protocol == measured]
            if own:
                parts += [f"## {heading}", TITLES[protocol], *self._tables(protocol, own, results)]
        return parts

    def draw(self, results: Sequence[Record], folder: Path) -> None:
        write_all(strips(results, self.lines(results)), folder / self.name)

    def _tables(self, protocol: str, own: Sequence[Line], results: Sequence[Record]) -> list[str]:
        parts = []
        for kind in dict.fromkeys((line.variant, line.domain) for line in own):
            of_kind = [line for line in own if (line.variant, line.domain) == kind]
            title = ", ".join(_WORDS.get(word, word) for word in kind if word)
            if len({(line.variant, line.domain) for line in own}) > 1:
                parts.append(f"### {title[0].upper()}{title[1:]}")
            if protocol == TEXTURE:
                parts.append(_table(of_kind, lambda line: NONE if line.texture is None else f"{line.texture:.0%}"))
                continue
            parts.append(_table(of_kind, lambda line: f"{line.psnr_db:.2f}", best=True))
            if protocol == DENOISE_RAW:
                parts += ["Least gain over the input of any picture (dB):", _table(of_kind, _gain)]
            parts += _pictures(results, of_kind)
        return parts


_WORDS = {
    "coded": "mosaics of stored values",
    "linear": "mosaics of linear light",
    "bicubic": "reduced by antialiased bicubic",
    "area": "reduced by area in linear light",
    "bayer": "Bayer",
    "xtrans": "X-Trans",
    "rgb": "RGB",
}


def _table(of_kind: Sequence[Line], value: Value, *, best: bool = False) -> str:
    """A row for each method, a column for each folder and level; `best`: the best of a column is bold."""
    columns = list(dict.fromkeys((line.data, line.setting) for line in of_kind))
    methods = sorted({base(line.method) for line in of_kind}, key=METHODS.index)
    cells = {(base(line.method), line.data, line.setting): line for line in of_kind}
    tops = {at: max(line.psnr_db for line in of_kind if (line.data, line.setting) == at) for at in columns}
    rows = []
    for method in methods:
        row = [_shown(method, [cells[method, *at] for at in columns if (method, *at) in cells])]
        for at in columns:
            line = cells.get((method, *at))
            text = NONE if line is None else value(line)
            row.append(f"**{text}**" if best and line and line.psnr_db == tops[at] else text)
        rows.append(row)
    return table(["", *(_column(of_kind, *at) for at in columns)], rows)


def _column(of_kind: Sequence[Line], data: str, setting: Setting) -> str:
    count = max(line.pictures for line in of_kind if (line.data, line.setting) == (data, setting))
    return ", ".join(filter(None, (f"{data} ({count})", setting.level_words)))


def _shown(method: str, found: Sequence[Line]) -> str:
    """With the settings that were best, where there are several."""
    chosen = dict.fromkeys(line.method.partition(" ")[2] for line in found)
    return " ".join(filter(None, (method, "; ".join(filter(None, chosen)))))


def _gain(line: Line) -> str:
    return NONE if line.least_gain_db is None else signed(line.least_gain_db)


def _pictures(results: Sequence[Record], of_kind: Collection[Line]) -> list[str]:
    shown = {record.key.setting for record in results if isinstance(record, Crop)}
    wanted = [setting for setting in dict.fromkeys(line.setting for line in of_kind) if setting in shown]
    return [picture(f"Crops: {' '.join(setting.words)}", f"quality/{file_name(setting)}") for setting in wanted]


QUALITY = Quality()
