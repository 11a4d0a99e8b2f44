"""The pictures of a run: decoded into the cache, of one domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rcl_cli.data.cache import CachedPicture, RegionCache
from rcl_cli.data.crops import RegionSource
from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.data.regions import RegionPlan
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError


@dataclass(frozen=True)
class Pictures:
    """What a run trains on."""

    domain: Domain
    used: list[CachedPicture]
    left_out: list[FileError]
    others: list[Path] = field(default_factory=list)
    """Pictures of walked folders that are of another domain, such as the JPEGs that cameras write beside raws."""

    @property
    def source(self) -> RegionSource:
        """Batches of crops."""
        known = [picture.noise for picture in self.used if picture.noise is not None]
        return RegionSource(self.used, self.domain, known if len(known) == len(self.used) else ())

    @property
    def camera(self) -> str:
        """The one camera of all pictures, or ""."""
        cameras = {picture.camera for picture in self.used}
        return cameras.pop() if len(cameras) == 1 else ""

    def require_two(self) -> None:
        """Raises RclError for fewer than two pictures: one is told apart from others."""
        if len(self.used) < 2:
            count = len(self.used) or "none"
            raise RclError(f"pretraining needs at least two usable {self.domain.value} pictures, and found {count}")

    @property
    def data(self) -> str:
        """Fingerprint of the files used."""
        return fingerprint(picture.path for picture in self.used)


def collect_pictures(
    paths: Sequence[Path],
    domain: Domain | None,
    plan: RegionPlan,
    cache: RegionCache,
    *,
    workers: int = 2,
    on_picture: Callable[[], None] = lambda: None,
    walked: Container[Path] = (),
) -> Pictures:
    """Decode what is not yet cached; bad pictures and those of another domain are left out, each with its reason.

    Those of `walked` that are of another domain are no mistake, and need none. `domain` None takes that of most
    pictures; a tie goes to RAW.
    """
    ready: list[CachedPicture] = []
    left_out: list[FileError] = []
    for result in cache.pictures(paths, plan, workers):
        if isinstance(result, FileError):
            left_out.append(result)
        else:
            ready.append(result)
        on_picture()
    chosen = domain or _most_common(ready)
    used = [picture for picture in ready if picture.domain is chosen]
    others = [picture for picture in ready if picture.domain is not chosen]
    left_out += [_of_another_domain(picture, chosen) for picture in others if picture.path not in walked]
    return Pictures(chosen, used, left_out, [picture.path for picture in others if picture.path in walked])


def _most_common(pictures: Sequence[CachedPicture]) -> Domain:
    counts = Counter(picture.domain for picture in pictures)
    return max(Domain, key=lambda domain: (counts[domain], domain.is_raw))


def _of_another_domain(picture: CachedPicture, chosen: Domain) -> FileError:
    reason = f"is {picture.domain.value}, the run is on {chosen.value}; use --domain {picture.domain.value} for it"
    return FileError(picture.path, reason)
