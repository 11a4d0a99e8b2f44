"""The section of pictures before and after: which of many are shown, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rcl_calibration.profile import NoiseProfile
from rcl_cli.errors import FileError, RclError, blamed_on
from rcl_cli.raw.guarded import read_frame
from rcl_cli.report.fidelity import fidelity
from rcl_cli.report.kit import html
from rcl_cli.report.kit.before_after import before_after
from rcl_cli.report.kit.shown import Shown
from rcl_cli.report.matching import Match

SHOWN = 6
"""Pictures that are shown of many."""
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Pair:
    """A file, its result, and what is known of how it was made."""

    match: Match
    about: dict[str, str] = field(default_factory=dict)
    """More figures, by their names."""


def spread(things: Sequence[Thing], count: int) -> list[Thing]:
    """Up to `count` of them at even distances, the first and the last among them.

    >>> spread("abcdefg", 3), spread("ab", 3), spread("abc", 1)
    (['a', 'd', 'g'], ['a', 'b'], ['a'])
    """
    if len(things) <= count:
        return list(things)
    if count < 2:
        return list(things[:count])
    return [things[round(i * (len(things) - 1) / (count - 1))] for i in range(count)]


def pictures(
    pairs: Sequence[Pair],
    *,
    linear: bool = False,
    done: Callable[[], None] = lambda: None,
    failed: Callable[[FileError], None] = lambda error: None,
) -> str:
    """The section; each file that cannot be shown is named in it with its reason. `done` hears of each."""
    parts = []
    for pair in pairs:
        try:
            parts.append(_shown(pair, linear))
        except (RclError, OSError, ValueError) as error:
            fault = error if isinstance(error, FileError) else FileError(pair.match.after, str(error))
            failed(fault)
            reason = fault.reason
            parts.append(html.heading(pair.match.before.name) + html.paragraph(f"Cannot be shown: {reason}", soft=True))
        done()
    return html.section("Pictures", *parts)


def noise_words(profile: NoiseProfile | None, source: str = "") -> str:
    """A noise level in figures: σ at middle grey and λ of green."""
    if profile is None:
        return source
    figures = f"σ(0.18) = {float(profile.sigma(0.18)):.4g}, λ_shot {profile.shot[1]:.3g}, λ_read {profile.read[1]:.3g}"
    return f"{figures} ({source})" if source else figures


def _shown(pair: Pair, linear: bool) -> str:
    match = pair.match
    with blamed_on(match.before):
        before = read_frame(match.before, linear=linear)
    with blamed_on(match.after):
        after = read_frame(match.after, linear=linear)
    metadata = before.metadata
    about = {
        "camera": metadata.camera,
        "ISO": "" if metadata.iso is None else f"{metadata.iso:g}",
        **_made(match),
        **pair.about,
    }
    if match.clean is not None:
        figures = fidelity(before, after, read_frame(match.clean, linear=linear))
        if figures is not None:
            about["PSNR"] = "{:.2f} → {:.2f} dB".format(*figures)
    return before_after(match.before.name, Shown.of(before), Shown.of(after), about)


def _made(match: Match) -> dict[str, str]:
    record = match.record
    if record is None:
        return {"result": match.after.name}
    strength = "" if record.strength == "1" else record.strength
    return {"task": record.task, "head": record.model, "strength": strength, "noise level": record.noise}
