"""Which pretexts a run consists of, and what they need from the host."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from rcl_cli.data.noise_levels import NoiseCovariances, NoiseLevels
from rcl_cli.data.regions import RegionPlan, plan_regions
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.network import Network, get_network
from rcl_cli.noise import SigmaNoise
from rcl_cli.pretext import NoiseLevel, Pictures, Pretext, PretextSetup, get_pretext
from rcl_cli.pretraining.combined import Combined
from rcl_cli.pretraining.settings import LEAST_CROP, PretrainSettings


@dataclass(frozen=True)
class Parts:
    """The pretext asked for, those that join it, and the network that they train."""

    settings: PretrainSettings
    main: type[Pretext]
    joining: tuple[type[Pretext], ...]
    network: type[Network]

    @classmethod
    def load(cls, settings: PretrainSettings) -> Parts:
        """Raises PluginError for plugins that there are not, RclError where settings and plugins do not fit."""
        main, joining = get_pretext(settings.pretext), tuple(map(get_pretext, settings.joins))
        if main.pictures is Pictures.CLEAN and settings.sigma_range is None:
            raise RclError(
                f"the pretext {main.name} learns from clean pictures, to which it adds noise: give such pictures and"
                " --sigma-range LOW HIGH; for pictures that are noisy themselves use another, see `rcl pretexts`"
            )
        if main in joining:
            raise RclError(f"the pretext {main.name} cannot join itself; set its options with --option")
        parts = cls(settings, main, joining, get_network(settings.network))
        parts._check_crop()
        return parts

    def make_network(self, domain: Domain) -> Network:
        """The network, untrained. Raises RclError where it does not take the domain, or for wrong options."""
        if domain not in self.network.domains:
            raise RclError(f"the network {self.network.name} does not take {domain.value} pictures; choose another")
        return self.network(domain, self.settings.network_options)

    def encoder(self, noise_levels: bool) -> str:
        """`PretrainSettings.encoder` with "auto" decided; "none" where no loss has a use for one.

        `noise_levels`: whether those of most pictures are known.
        """
        settings = self.settings
        wanted = [self.main.wants_encoder(settings.options, noise_levels)]
        wanted += [
            pretext.wants_encoder(settings.joins[pretext.name], noise_levels, joins=True) for pretext in self.joining
        ]
        if all(answer is None for answer in wanted):
            return "none"
        if settings.encoder != "auto":
            return settings.encoder
        return "self" if settings.layers or any(wanted) else "none"

    def check_domain(self, domain: Domain) -> None:
        """Raises RclError where the pretext does not know the domain."""
        if domain not in self.main.domains:
            known = ", ".join(sorted(d.value for d in self.main.domains))
            raise RclError(f"the pretext {self.main.name} is for {known} pictures, these are {domain.value}")

    def make(self, setup: PretextSetup) -> Pretext:
        """The run's pretext; the options in `setup` are replaced by each part's own. Raises RclError for wrong ones."""
        main = self.main(replace(setup, options=self.settings.options, noise_input=not self.joining))
        if not self.joining:
            return main
        joining = [
            pretext(replace(setup, options=self.settings.joins[pretext.name], joins=True)) for pretext in self.joining
        ]
        return Combined(setup, main, joining)

    def least_side(self, crop: int | None = None) -> int:
        """Elements of a picture's shorter side that crops of so many take, in any domain; None: those of the run."""
        crop = self.settings.crop if crop is None else crop
        margins = [self.make(PretextSetup(domain, crop)).margin for domain in self.main.domains]
        return crop + max(*margins, crop // 2)

    def largest_crop(self, side: int) -> int:
        """The largest --crop that pictures whose shorter side has so many elements can have; 0: there is none."""
        step = self._crop_step
        for crop in range(min(side, self.settings.crop) // step * step, LEAST_CROP - 1, -step):
            with suppress(RclError):  # a pretext may not take crops as small as this one
                if self.least_side(crop) <= side:
                    return crop
        return 0

    def region_plan(self, pictures: int, store: Path | None = None) -> RegionPlan:
        """Regions large enough for the crops of the parts and of the self encoder, in any domain, and their noise."""
        settings = self.settings
        noise = SigmaNoise(*settings.sigma_range) if settings.sigma_range else None
        given = None if settings.profile is None else Path(settings.profile)
        levels: NoiseLevels | NoiseCovariances | None = None
        match self.main.noise_level:
            case NoiseLevel.COVARIANCE:
                levels = NoiseCovariances()
            case NoiseLevel.REQUIRED | NoiseLevel.WHERE_KNOWN as use:
                levels = NoiseLevels(given, store, required=use is NoiseLevel.REQUIRED)
        return plan_regions(
            pictures,
            settings.cache_size,
            self.least_side(),
            noise,
            keep_clean=self.main.pictures is Pictures.CLEAN,
            levels=levels,
            linear=settings.linear,
        )

    @cached_property
    def _crop_step(self) -> int:
        network = self.make_network(min(self.network.domains & self.main.domains, key=lambda domain: domain.value))
        return 2 * network.multiple  # one factor of 2 more, for the phase of X-Trans

    def _check_crop(self) -> None:
        if self.settings.crop % self._crop_step:
            raise RclError(f"--crop must be a multiple of {self._crop_step} with this network")
