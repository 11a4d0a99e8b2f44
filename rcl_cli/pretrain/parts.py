"""Which pretexts a run consists of, and what they need from the host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rcl_cli.data.noise_levels import NoiseCovariances, NoiseLevels
from rcl_cli.data.regions import RegionPlan, plan_regions
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.noise import SigmaNoise
from rcl_cli.plugins import get_pretext
from rcl_cli.pretext import Pretext, PretextSetup
from rcl_cli.pretrain.combined import Combined
from rcl_cli.pretrain.settings import PretrainSettings

CONTRAST, CONSISTENCY = "rcl", "consistency"
"""The pretexts behind --contrast and --consistency."""


@dataclass(frozen=True)
class Parts:
    """The pretext asked for, and those that join it."""

    settings: PretrainSettings
    main: type[Pretext]
    joining: tuple[type[Pretext], ...] = ()

    @classmethod
    def load(cls, settings: PretrainSettings) -> Parts:
        """Raises PluginError for a pretext that there is not, RclError where settings and pretext do not fit."""
        main = get_pretext(settings.pretext)
        if main.needs_clean and settings.sigma_range is None:
            raise RclError(
                f"the pretext {main.name} learns from clean pictures, to which it adds noise: give such pictures and"
                " --sigma-range LOW HIGH; for pictures that are noisy themselves use another, see `rcl plugins`"
            )
        if settings.consistency and main.uses_encoder:
            raise RclError(f"the pretext {main.name} has the consistency term already; leave out --consistency")
        if settings.contrast is not None and main.name == CONTRAST:
            raise RclError("the pretext rcl has the contrast already; set its weight with --alpha, not --contrast")
        names = [CONSISTENCY] * settings.consistency + [CONTRAST] * (settings.contrast is not None)
        return cls(settings, main, tuple(map(get_pretext, names)))

    def encoder(self, noise_levels: bool) -> str:
        """`PretrainSettings.encoder` with "auto" decided; "none" where no loss has a use for one.

        `noise_levels`: whether those of most pictures are known.
        """
        settings = self.settings
        if not (self.main.uses_encoder or settings.consistency):
            return "none"
        if settings.encoder != "auto":
            return settings.encoder
        wanted = settings.consistency or settings.layers or self.main.wants_encoder(settings.options, noise_levels)
        return "self" if wanted else "none"

    def check_domain(self, domain: Domain) -> None:
        """Raises RclError where the pretext does not know the domain."""
        if domain not in self.main.domains:
            known = ", ".join(sorted(d.value for d in self.main.domains))
            raise RclError(f"the pretext {self.main.name} is for {known} pictures, these are {domain.value}")

    def make(self, setup: PretextSetup) -> Pretext:
        """The run's pretext; the options in `setup` are replaced by each part's own. Raises RclError for wrong ones."""
        alone = self.settings.contrast is None
        main = self.main(replace(setup, options=self.settings.options, noise_input=alone))
        if not self.joining:
            return main
        return Combined(setup, main, [self._joining(pretext, setup) for pretext in self.joining])

    def _joining(self, pretext: type[Pretext], setup: PretextSetup) -> Pretext:
        if pretext.name == CONSISTENCY:
            return pretext(replace(setup, options={}))
        options = {
            "recorrupted": 0.0,
            "neighbours": 0.0,
            **self.settings.contrast_options,
            "alpha": self.settings.contrast,
        }
        return pretext(replace(setup, encoder=None, options=options))

    def region_plan(self, pictures: int, store: Path | None = None) -> RegionPlan:
        """Regions large enough for the crops of the parts and of the self encoder, in any domain, and their noise."""
        settings = self.settings
        margins = [self.make(PretextSetup(domain, settings.crop)).margin for domain in self.main.domains]
        least_side = settings.crop + max(*margins, settings.crop // 2)
        noise = SigmaNoise(*settings.sigma_range) if settings.sigma_range else None
        given = None if settings.profile is None else Path(settings.profile)
        levels: NoiseLevels | NoiseCovariances | None = None
        if self.main.needs_covariance:
            levels = NoiseCovariances()
        elif self.main.needs_noise or self.main.uses_noise:
            levels = NoiseLevels(given, store, required=self.main.needs_noise)
        return plan_regions(
            pictures,
            settings.cache_size,
            least_side,
            noise,
            keep_clean=self.main.needs_clean,
            levels=levels,
            linear=settings.linear,
        )
