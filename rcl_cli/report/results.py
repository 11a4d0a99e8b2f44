"""The page of a run of a task on files: what became of each, and some of them before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rcl_calibration.profile import NoiseProfile
from rcl_cli.errors import FileError
from rcl_cli.report.kit import html
from rcl_cli.report.matching import Match
from rcl_cli.report.pairs import SHOWN, Pair, noise_words, pictures, spread

_MOST_ROWS = 2000


@dataclass(frozen=True)
class Made:
    """One file that has a result, made just now or before."""

    match: Match
    status: str = "done"
    """As in `Outcome`; "" where nothing was done now."""
    seconds: float = 0.0
    megapixels: float = 0.0
    profile: NoiseProfile | None = None
    strength: float | None = None

    @property
    def iso(self) -> float:
        """0 where nobody knows."""
        return (self.match.record.iso or 0.0) if self.match.record else 0.0


def results_page(
    made: Sequence[Made],
    failures: Sequence[FileError],
    *,
    title: str = "Before and after",
    linear: bool = False,
    count: int = SHOWN,
    done: Callable[[], None] = lambda: None,
    failed: Callable[[FileError], None] = lambda error: None,
) -> str:
    """The page; `count` pictures at most are shown, spread over the ISOs, and `done` hears of each.

    `failed` hears of those that cannot be shown.
    """
    shown = spread(sorted(made, key=lambda one: -one.iso), count)
    counts = Counter(one.status for one in made) + Counter(failed=len(failures))
    said = ", ".join(_counted(number, status) for status, number in counts.items() if number)
    if len(shown) < len(made):
        said += f". {len(shown)} of {len(made)} are shown, from the highest ISO to the lowest"
    seconds, megapixels = (sum(getattr(one, name) for one in made) for name in ("seconds", "megapixels"))
    about = {"work": f"{seconds:.1f} s, {megapixels:.1f} MP"} if seconds else {}
    lead = html.paragraph(f"{said}.") + html.facts(about)
    pairs = [Pair(one.match, _about(one)) for one in shown]
    return html.page(
        title, lead, [pictures(pairs, linear=linear, done=done, failed=failed), failed_section(failures), _files(made)]
    )


def _counted(number: int, status: str) -> str:
    return f"{number} {status or ('result' if number == 1 else 'results')}"


def failed_section(failures: Sequence[FileError]) -> str:
    """Which files could not be used, and why; empty without any."""
    rows = [(str(failure.path), failure.reason) for failure in failures]
    return html.section("Failed", html.table(["file", "reason"], rows))


def _about(one: Made) -> dict[str, str]:
    about = {"time": f"{one.seconds:.1f} s ({one.megapixels:.1f} MP)"} if one.seconds else {}
    record = one.match.record
    if one.profile is not None:
        about["noise level"] = noise_words(one.profile, record.noise if record else "")
    if one.strength is not None and record is not None and record.strength != "1":
        about["strength"] = f"{one.strength:.3g}" + (" (auto)" if record.strength == "auto" else "")
    return about


def _files(made: Sequence[Made]) -> str:
    rows = [
        (
            one.match.before.name,
            str(one.match.after),
            one.status,
            one.match.record.model if one.match.record else "",
            f"{one.iso:g}" if one.iso else "",
            f"{float(one.profile.sigma(0.18)):.4f}" if one.profile else "",
            f"{one.seconds:.1f}" if one.seconds else "",
        )
        for one in made[:_MOST_ROWS]
    ]
    more = len(made) - len(rows)
    head = ["file", "result", "status", "head", "ISO", "σ(0.18)", "seconds"]
    return html.section(
        "All files", html.table(head, rows), html.paragraph(f"And {more} more.", soft=True) if more else ""
    )
